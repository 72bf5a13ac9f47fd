"""Findings of this package, made from the rule table: severity and remedy are the rule's unless said otherwise."""

from __future__ import annotations

import re

from outcome_reporting.domain.finding import Finding, Severity, shown
from outcome_reporting.domain.rules import RULES

ANSWER_SHEET = "What to fix"  # the list in front of a returned workbook; never read as data
RIGHT_VALUE, ALL_CELLS = "Right value for all of them", "All its cells"  # headings by which it is read again


def say(rule: str, file_name: str, message: str = "", *, severity: Severity | None = None, **place) -> Finding:
    """A finding of `rule`. `place` holds further fields of Finding; an empty message takes the rule's title."""
    known = RULES[rule]
    place.setdefault("remedy", known.remedy)
    if "found" in place:
        place["found"] = shown(place["found"])
    return Finding(rule, severity or known.severity, file_name, message or known.title, **place)


def column_letter(index: int) -> str:
    """The letter of a column counted from 0: 0 is `A`, 26 is `AA`."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_FORBIDDEN_IN_TITLE = re.compile(r"[\[\]:*?/\\]")


def title_of(sheet: str) -> str:
    """A sheet's name as a spreadsheet allows it."""
    return _FORBIDDEN_IN_TITLE.sub("_", sheet)[:31] or "Sheet"
