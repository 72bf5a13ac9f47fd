"""Expenses as columns of codes: what each code stands for, and which lines are told of at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from outcome_reporting.warehouse.source_cells import expenses, texts_of
from outcome_reporting.warehouse.source_names import SourceNames
from outcome_reporting.warehouse.source_statements import EXPENSE, NOBODY, UNKNOWN


def _names() -> SourceNames:
    """2022 is a year of two plan periods."""
    none = np.empty(0, np.int64)
    return SourceNames(
        sheets=[],
        sheet_of_part=none,
        pages=[],
        outputs=[],
        page_of_place=none,
        funds=[("C1", "core"), ("N1", "non-core")],
        fund_types=["core", "non-core"],
        type_of_fund=np.array([0, 1]),
        is_direct=np.array([False, True]),
        partners={7: "P7"},
        places_of={("A", 2021): [10], ("A", 2022): [11, 21], ("B", 2022): [12]},
        spelled={"Seven": 7},
    )


def _row(part: int, *lines: tuple[int, int, str, str, str, int]) -> tuple:
    rows, years, outputs, funds, partners, cents = zip(*lines, strict=True)
    texts = ("\n".join(column).encode() for column in (outputs, funds, partners))
    return part, np.array(rows), np.array(years), *texts, np.array(cents)


def _told(rows: list[tuple], names: SourceNames | None = None) -> list[tuple]:
    cells = expenses(rows, names or _names())
    columns = (cells.measure, cells.part, cells.place, cells.fund, cells.partner, cells.row, cells.cents)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_codes_are_looked_up_and_a_line_stands_in_each_plan_period_of_its_year():
    first = _row(4, (1, 2021, "A", "N1", "Seven", 100), (2, 2022, "A", "N1", "nobody knows", 200))
    second = _row(5, (9, 2022, "B", "C1", "Seven", -300), (10, 2022, "B", "N1", "", 400))
    assert _told([first, second]) == [
        (EXPENSE, 4, 10, 1, 7, 1, 100),
        (EXPENSE, 4, 11, 1, UNKNOWN, 2, 200),
        (EXPENSE, 4, 21, 1, UNKNOWN, 2, 200),
        (EXPENSE, 5, 12, 0, NOBODY, 9, -300),  # core money is nobody's
        (EXPENSE, 5, 12, 1, NOBODY, 10, 400),
    ]


def test_lines_of_other_outputs_years_and_funds_are_left_out():
    lines = _row(4, (1, 2020, "A", "N1", "", 1), (2, 2021, "C", "N1", "", 2), (3, 2021, "A", "gone", "", 3))
    assert _told([lines]) == []
    assert _told([]) == []
    nothing_known = replace(_names(), funds=[], type_of_fund=np.empty(0, np.int64), is_direct=np.empty(0, bool))
    assert _told([_row(4, (1, 2021, "A", "N1", "Seven", 1))], nothing_known) == []


def test_a_newline_in_a_code_is_refused():
    with pytest.raises(ValueError, match="3 texts where 2 were expected"):
        texts_of([b"A\nB\nC"], 2)
