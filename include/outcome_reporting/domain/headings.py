"""How two headings are compared: case, spaces, punctuation and accents do not matter.

`Amount (USD)`, `amount_usd`, ` AMOUNT USD ` and `Amount, USD` are one heading; so are `Année` and `annee`.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=8192)  # the headings of all contracts are compared with every file
def normalise_heading(text: str) -> str:
    """The letters and digits of a heading, folded; an empty text when it has none (`%`, `---`)."""
    if text.isascii():  # which nothing but capitals folds: most cells that are looked at for headings
        return "".join(filter(str.isalnum, text.lower()))
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if character.isalnum())
