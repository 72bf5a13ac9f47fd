"""Colours, formats and safe text of the workbooks that are handed back."""

from __future__ import annotations

INK = "14202B"
MUTED = "4F5D6A"
HAIRLINE = "D9E0E6"
LINK = "0A558F"
HEAD_FILL = "F5F7F9"
ANSWER_FILL = "FFFBE6"
COLOURS = {  # severity -> (ink, fill, edge)
    "error": ("A8261C", "FDECEA", "A8261C"),
    "warning": ("6A4700", "FFF3CF", "E0B64A"),
    "note": ("4F5D6A", "F3F7FB", "A9C4DB"),
}
USD_FORMAT = "#,##0.00;\u2212#,##0.00;0.00"
DIFFERENCE_FORMAT = "+#,##0.00;\u2212#,##0.00;0.00"
CELL_LIMIT = 32_767
_CUT = " … (cut; the whole text is in the warehouse)"


def safe_text(text: object) -> str:
    """Text for a cell: control characters visible, lone surrogates replaced, cut with a pointer when too long."""
    plain = str(text)
    if not plain.isprintable():
        from outcome_reporting.workbooks.convert import visible  # whose libraries most nights do without

        plain = visible(plain).encode("utf-8", "replace").decode("utf-8")
    return plain if len(plain) <= CELL_LIMIT else plain[: CELL_LIMIT - len(_CUT)] + _CUT
