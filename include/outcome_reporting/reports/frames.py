"""The frames around pages: files of `templates/` whose slots `str.format` fills.

All that repeats in a page is made in Python, so no template engine is needed: one took ten times as long for what is
left, and 0.02 s of each process to import and compile its templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from .html_parts import escape
from .texts import Texts

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _frame(name: str) -> tuple[str, str]:
    before, _, after = (TEMPLATES / name).read_text(encoding="utf-8").removesuffix("\n").partition("{content}")
    return before, after


@cache
def fixed_texts(language: str) -> dict[str, str]:
    """The texts of a language by their keys, safe for html; places for values are left open."""
    return {key: escape(text) for key, text in Texts(language).all().items()}


def framed(name: str, language: str, html: dict[str, str], content: Iterable[str] = (), **words: str) -> list[str]:
    """The page in pieces: `{title}` in the file is a slot, `{t[site.skip]}` a fixed text of the language.

    `words` are escaped; what is given as `html` stands as it is, and so do the pieces of its `{content}`.
    """
    slots = {slot: escape(text) for slot, text in words.items()}
    slots |= html
    fixed = fixed_texts(language)
    before, after = [part.format(t=fixed, language=language, **slots) for part in _frame(name)]
    return [before, *content, after]


def encoded(pieces: Iterable[str]) -> bytes:
    """The page as it is written: most pieces are ASCII, which costs nothing; as one long text none of them would be."""
    return b"".join(map(str.encode, pieces))
