"""Codes and names as they are stored and compared, and the order in which codes stand.

Codes are text everywhere: a number would lose the ten of `8.10`. Folding is the same for codes and names, so
that a partner cell may hold either; letters of another script that only look Latin are named, never mapped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

NOT_ATTRIBUTABLE = "X00"
GOAL_COUNT = 17

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_SDG_WORDS = r"(?:(?:SDG|ODD|ODS|ЦУР|GOAL|TARGET|OBJECTIF|OBJETIVO|CIBLE|META|ЦЕЛЬ|ЗАДАЧА)S?[\s.:#-]*)*"
_SDG = re.compile(_SDG_WORDS + r"(?:(X00)|0?([1-9][0-9]?)(?:\.([1-9][0-9]?|[A-Z]))?)\.?")
_PERIOD = re.compile(r"([0-9]{4})\s*-\s*([0-9]{4})")
_PIECES = re.compile(r"([0-9]+)")


def fold_code(text: str) -> str:
    """The stored form of a code: NFKC, invisible marks removed, trimmed, whitespace collapsed, upper case."""
    if text.isascii():
        return " ".join(text.upper().split())
    seen = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    visible = "".join(letter for letter in seen if unicodedata.category(letter) != "Cf")
    return " ".join(visible.split())


def fold_name(text: str) -> str:
    """The form in which names, aliases and partner cells are compared; the same folding as for codes."""
    return fold_code(text)


def short_code(text: str, publisher: str) -> str:
    """`KGZ_O_2` from `XM-DAC-41146-KGZ_O_2` or from the short code itself, folded."""
    folded = fold_code(text).translate(_DASHES)
    return folded.removeprefix(f"{fold_code(publisher)}-")


def office_of(code: str) -> str:
    """The office that a short outcome or output code belongs to: what stands before the first `_`."""
    return code.split("_", 1)[0]


@dataclass(frozen=True, slots=True)
class Sdg:
    """A goal (`5`), a target of it (`5.2`, written out in `target`), or `X00` (no target)."""

    goal: str
    target: str | None = None

    @property
    def code(self) -> str:
        return self.target or self.goal


@lru_cache(maxsize=4096)
def parse_sdg(text: str) -> Sdg:
    """Goal and target of a cell, in canonical form (`5.a`, `8.10`, `X00`).

    Reads `5.A`, `SDG 5.a`, `Target 5.a`, `5.a.`, `Goal 5`, `x00`. Whether the target exists is not
    judged here (`weights.judge_sdg_group` does). Raises ValueError, worded for a person, for anything else.
    """
    match = _SDG.fullmatch(fold_code(text))
    if match is None:
        foreign = look_alike(text)
        because = f" ({foreign})" if foreign else ""
        raise ValueError(f"“{text}” is not an SDG{because}: write a target (5.2, 5.a), a goal (5) or X00")
    unattributed, goal, part = match.groups()
    if unattributed:
        return Sdg(NOT_ATTRIBUTABLE)
    if int(goal) > GOAL_COUNT:
        raise ValueError(f"“{text}” names goal {goal}; the goals are 1 to {GOAL_COUNT}")
    return Sdg(goal, f"{goal}.{part.lower()}" if part else None)


def sdg_sort_key(code: str) -> int:
    """The natural place of a canonical SDG code: 5, 5.2, 5.10, 5.a, 6, ..., X00."""
    if code == NOT_ATTRIBUTABLE:
        return 999_999
    goal, _, part = code.partition(".")
    place = 0 if not part else int(part) if part.isdigit() else 100 + ord(part)
    return int(goal) * 1000 + place


def ambiguous_readings(code: str, known_targets: Collection[str]) -> tuple[str, str] | None:
    """Both readings of a NUMBER cell such as 8.1, which a spreadsheet also makes of 8.10; None if only one.

    `code` is the number as text (`8.1`); call it for number cells alone.
    """
    longer = f"{code}0"
    return (code, longer) if code in known_targets and longer in known_targets else None


@lru_cache(maxsize=4096)
def natural_key(code: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which `KGZ_D_1.2` stands before `KGZ_D_1.10`, and a code before its extensions."""
    return tuple(
        (0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in _PIECES.split(code) if piece
    )


def plan_period_years(text: str) -> tuple[int, int]:
    """First and last year of `2018-2022`. Raises ValueError, worded for a person, for anything else."""
    match = _PERIOD.fullmatch(fold_code(text).translate(_DASHES))
    if match is None:
        raise ValueError(f"“{text}” is not a plan period: write its first and last year, as 2018-2022")
    first, last = int(match[1]), int(match[2])
    if last < first:
        raise ValueError(f"the plan period “{text}” ends before it begins")
    return first, last


def plan_period_code(text: str) -> str:
    """`2018-2022`, the stored form of a plan period however its dash was typed."""
    return "{:04}-{:04}".format(*plan_period_years(text))


_LOOKS_LIKE = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХԌԚԜаеіјорсухѕԁԛԝһ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονυρα",
        "ABESIJKMHOPCTYXGQWaeijopcyxsdqwh" + "ABEZHIKMNOPTYXovupa",
        strict=True,
    )
)


def _other_script(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("CYRILLIC", "GREEK")) and letter.isalpha()


def _has_latin(text: str) -> bool:
    return any(unicodedata.name(letter, "").startswith("LATIN") for letter in text)


def look_alike(text: str, is_name: bool = False) -> str | None:
    """Names the first Cyrillic or Greek letter of a code: `the 5th character is Cyrillic О, not Latin O`.

    A name may be written in another script altogether: with `is_name` only a word that mixes scripts counts.
    None when there is nothing to say.
    """
    folded = unicodedata.normalize("NFKC", text)
    for match in re.finditer(r"\w+" if is_name else r"(?s).+", folded):
        word = match[0]
        if is_name and not _has_latin(word):
            continue
        for place, letter in enumerate(word, start=match.start() + 1):
            if _other_script(letter):
                script = unicodedata.name(letter).split()[0].capitalize()
                twin = _LOOKS_LIKE.get(letter)
                ending = f", not Latin {twin}" if twin else ""
                return f"character {place} is {script} {letter} (U+{ord(letter):04X}){ending}"
    return None
