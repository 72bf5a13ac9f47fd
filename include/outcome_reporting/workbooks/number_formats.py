"""Which cell styles of a workbook show a number as a date."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np

DATE, DURATION = 1, 2
_BUILT_IN = dict.fromkeys((*range(14, 23), 45, 47), DATE) | {46: DURATION}
_LITERAL = re.compile(r'[\\_].|"[^"]*"?', re.DOTALL)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MOMENT = re.compile(r"[dmyhs]", re.IGNORECASE)


def _sort_of_code(code: str) -> int:
    """0, DATE or DURATION, by the first section of a format code such as `yyyy-mm-dd;@` or `[h]:mm`."""
    bare = _LITERAL.sub("", code).partition(";")[0]
    if _ELAPSED.search(bare):
        return DURATION
    return DATE if _MOMENT.search(_BRACKETS.sub("", bare)) else 0


def date_styles(styles: bytes) -> np.ndarray:
    """For each cell style 0, DATE or DURATION (uint8); one 0 more at the end for styles that are not there.

    Raises ElementTree.ParseError or ValueError when the part is damaged.
    """
    root = ElementTree.fromstring(styles) if styles else ElementTree.Element("styleSheet")
    codes = dict(_BUILT_IN)
    for node in root.iterfind("{*}numFmts/{*}numFmt"):
        codes[int(node.get("numFmtId", "-1"))] = _sort_of_code(node.get("formatCode", ""))
    sorts = [codes.get(int(node.get("numFmtId", "0")), 0) for node in root.iterfind("{*}cellXfs/{*}xf")]
    return np.array([*sorts, 0], np.uint8)
