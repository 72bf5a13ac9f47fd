"""One problem with all its rows, in a form that stays short."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.domain.finding import Finding, Severity, compact_rows


def _finding(*rows: int, column: str = "F") -> Finding:
    row = rows[0] if rows else None
    return Finding("unknown_output", Severity.ERROR, "a.xlsx", "m", row=row, column=column, rows=compact_rows(rows))


def _rows(finding: Finding) -> list[int]:
    return [row for first, last in finding.runs() for row in range(first, last + 1)]


def test_its_cells_are_told_as_a_spreadsheet_writes_them():
    many = _finding(*range(12, 91), 103)
    assert (many.cell, many.cells, many.row_count) == ("F12", "F12:F90, F103", 80)
    assert many.place == "F12 and in 79 more rows"
    assert _finding(4, 5, 9, column="").cells == "4:5, 9:9"
    assert (_finding(4, 9).place, _finding(4).place) == ("F4 and in 1 more row", "F4")
    assert (_finding(7).cells, _finding(7).row_count, _finding().cells, _finding().row_count) == ("F7", 1, "F", 0)


def test_a_program_is_told_all_cells_and_how_many():
    told = _finding(2, 3).told()
    assert (told["row"], told["cell"], told["cells"], told["row_count"]) == (2, "F2", "F2:F3", 2)
    assert told["severity"] == "error" and "rows" not in told


@given(st.sets(st.integers(1, 300), min_size=1), st.sets(st.integers(1, 300)))
def test_no_row_is_lost(rows, taken):
    finding = _finding(*sorted(rows))
    assert _rows(finding) == sorted(rows) and finding.row_count == len(rows)
    assert Finding(**finding.as_dict() | {"severity": Severity.ERROR}) == finding and hash(finding)
    left = finding.without(taken)
    assert (_rows(left) if left else []) == sorted(rows - taken)
