"""The frames around pages: files of `templates/` whose slots `str.format` fills.

All that repeats in a page is made in Python, so no template engine is needed: one took ten times as long for what is
left, and its import 0.04 s of each process.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .html_parts import escape
from .texts import Texts

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _frame(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").removesuffix("\n")


@cache
def _fixed_texts(language: str) -> dict[str, str]:
    return {key: escape(text) for key, text in Texts(language).all().items()}


def fill_frame(name: str, language: str, html: dict[str, str], **words: str) -> str:
    """The page: `{title}` in the file is a slot, `{t[site.skip]}` a fixed text of the language.

    `words` are escaped; what is given as `html` stands as it is.
    """
    slots = {slot: escape(text) for slot, text in words.items()}
    return _frame(name).format(t=_fixed_texts(language), language=language, **slots, **html)
