"""Expenses as columns of codes: what each code stands for, and which lines are told of at all."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from outcome_reporting.warehouse.source_cells import cells_of, expenses, texts_of
from outcome_reporting.warehouse.source_names import SourceNames, read_names
from outcome_reporting.warehouse.source_statements import (
    CONTRIBUTION,
    EXPENSE,
    NOBODY,
    SPELLINGS,
    UNKNOWN,
    WITHHELD,
    YEAR_BITS,
)


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


def _row(part: int, *lines: tuple[int, int, str, str, str, int], by_amount=(), foreign=(), measure=EXPENSE) -> tuple:
    rows, years, outputs, funds, partners, cents = zip(*lines, strict=True)
    texts = ("\n".join(column).encode() for column in (outputs, funds, partners))
    row_and_year = np.array(rows) << YEAR_BITS | np.array(years)
    marked = (np.array(those) if those else None for those in (by_amount, foreign))
    return measure, part, row_and_year, *texts, np.array(cents), *marked


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


def test_lines_whose_dollars_do_not_stand_in_the_sheet_are_told_apart_by_part_and_row():
    one = _row(4, (1, 2021, "A", "N1", "", 10), (2, 2021, "A", "N1", "", 0), (3, 2021, "A", "N1", "", 30), foreign=(2,))
    other = _row(5, (1, 2021, "A", "N1", "", 40), (2, 2021, "A", "N1", "", 50), by_amount=(1,))
    cells = expenses([one, other], _names())
    found = zip(cells.part.tolist(), cells.row.tolist(), cells.cents.tolist(), cells.is_dollars.tolist(), strict=True)
    assert list(found) == [(4, 1, 10, True), (4, 3, 30, True), (5, 1, 40, False), (5, 2, 50, True)]


def test_who_gives_is_withheld_whatever_the_fund_and_who_spends_core_money_is_nobodys():
    names = replace(_names(), spelled={"Seven": 7, "hidden": WITHHELD}, places_of_outcome={("O", 2021): [3]})
    lines = [(row, 2021, "O", fund, name, row) for row, (fund, name) in enumerate(product(("C1", "N1"), names.spelled))]
    given = cells_of([_row(4, *lines, measure=CONTRIBUTION)[:-2]], names, names.places_of_outcome)
    assert given.partner.tolist() == [NOBODY, WITHHELD, 7, WITHHELD]
    spent = cells_of([_row(4, *lines)[:-2]], names, names.places_of_outcome)
    assert spent.partner.tolist() == [NOBODY, NOBODY, 7, WITHHELD]


def test_a_year_stands_in_each_plan_period_that_has_it_and_money_of_an_outcome_in_a_place_of_its_own():
    outputs_of = {("O", "2021-2022"): ["B", "A"], ("O", "2022-2022"): ["A"]}
    names = read_names(lambda query: [], outputs_of, ["HID"])
    pages = [(("O", "2021-2022"), 2021), (("O", "2021-2022"), 2022), (("O", "2022-2022"), 2022)]
    assert names.pages == pages
    assert names.places_of == {("A", 2021): [3], ("A", 2022): [4, 5], ("B", 2021): [6], ("B", 2022): [7]}
    assert names.places_of_outcome == {("O", 2021): [0], ("O", 2022): [1, 2]}
    assert [(names.outputs[place], pages[names.page_of_place[place]][0][1]) for place in (4, 5, 7)] == [
        ("A", "2021-2022"),
        ("A", "2022-2022"),
        ("B", "2021-2022"),
    ]
    assert names.withheld == {"HID"}


def test_spellings_lead_to_partners_of_whom_the_withheld_have_no_number():
    known = [("swe", "SWE", False), ("sweden", "SWE", False), ("nor", "NOR", True), ("hid", "HID", False)]
    names = read_names(lambda query: known if query == SPELLINGS else [], {}, {"HID"})
    assert names.spelled == {"swe": 3, "sweden": 3, "nor": WITHHELD, "hid": WITHHELD}
    assert names.partners == {3: "SWE"}
    assert names.withheld == {"NOR", "HID"}


def test_a_newline_in_a_code_is_refused():
    with pytest.raises(ValueError, match="3 texts where 2 were expected"):
        texts_of([b"A\nB\nC"], 2)
