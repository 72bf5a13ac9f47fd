"""References that lead nowhere: one finding for a code, with all its rows, however many these are."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from outcome_reporting.checks import faults, references
from outcome_reporting.checks.catalogue import Catalogue
from outcome_reporting.checks.references import check_references
from outcome_reporting.contracts.load import load_contracts
from outcome_reporting.domain import finding as findings
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.settings import load_settings

EXPENSES = load_contracts(load_settings({}).contracts)["expenses"]
KNOWN = Catalogue(
    offices={"KGZ", "MDA"},
    outputs={"KGZ_O_2.1": [(2018, 2022, "2018-2022", "KGZ_O_2")], "MDA_D_1.1": [(2018, 2022, "2018-2022", "MDA_D_1")]},
    outcomes={"KGZ_O_2": [(2018, 2022, "2018-2022", "KGZ_O_2")]},
    funds={"F1": "non-core", "CORE": "core"},
    partners={"SWE": {"SWE"}},
    rates={"EUR": [(date(2020, 1, 1), "0.8")]},
)
GOOD = {"posting_date": date(2022, 5, 1), "fiscal_year": 2022, "office": "KGZ", "output": "KGZ_O_2.1", "fund": "F1"}
GOOD |= {"partner": "SWE", "currency": "USD", "amount": 1_000_000, "amount_usd": 10_000}
TYPES = {"posting_date": pa.date32(), "fiscal_year": pa.int32(), "amount": pa.int64(), "amount_usd": pa.int64()}


def ledger(*changes: dict) -> TypedTable:
    """Rows from 2 on, the columns from A on."""
    rows = [GOOD | change for change in changes]
    columns = {name: pa.array([row[name] for row in rows], TYPES.get(name, pa.string())) for name in GOOD}
    letters = {name: chr(ord("A") + place) for place, name in enumerate(GOOD)}
    data = pa.table({"row_no": pa.array(range(2, 2 + len(rows)), pa.int32())} | columns)
    return TypedTable("expenses", "a.xlsx", "S", 1, 1, letters, data)


def told(*changes: dict) -> list[tuple[str, str, str, str]]:
    return [(f.rule, f.cells, f.found, f.expected) for f in check_references(EXPENSES, ledger(*changes), KNOWN)]


def test_a_code_is_told_once_with_all_its_rows():
    wrong, year = {"output": "KGZ_O_2.7"}, {"output": "KGZ_O_2.7", "fiscal_year": 2021}
    year |= {"posting_date": date(2021, 5, 1)}
    assert told(wrong, {}, wrong, year, wrong) == [
        ("unknown_output", "D2, D4, D6", "KGZ_O_2.7", "an output of KGZ in a plan period with 2022"),
        ("unknown_output", "D5", "KGZ_O_2.7", "an output of KGZ in a plan period with 2021"),
    ]
    assert told({}, {"fund": "F9"}, {"fund": "F9"})[0][:3] == ("unknown_fund", "E3:E4", "F9")


def test_what_differs_by_year_alone_is_still_one_fault():
    other = {"output": "XXX_O_9.9", "office": "KGZ"}
    ((rule, cells, found, expected),) = told(other, other | {"fiscal_year": 2021, "posting_date": date(2021, 1, 1)})
    assert (rule, cells, found) == ("unknown_output", "D2:D3", "XXX_O_9.9")
    assert expected.startswith("the code of an output, which begins with its office, such as KGZ_")


def test_what_is_no_code_is_left_to_the_check_of_how_codes_are_written():
    assert told({"output": "N/A"}) == []
    assert told({"output": "KGZ_0_2.1"})[0][0] == "unknown_output"  # a digit for a letter: the right one is near


def test_a_code_of_another_known_office_is_a_mismatch():
    assert told({"output": "MDA_D_1.1"}) == [("office_mismatch", "C2", "KGZ", "MDA, the office in MDA_D_1.1")]


def test_a_year_outside_the_plan_period_is_told_at_the_code():
    late = {"fiscal_year": 2025, "posting_date": date(2025, 5, 1)}
    (finding,) = check_references(EXPENSES, ledger(late, {}, late), KNOWN)
    assert (finding.rule, finding.cells, finding.found) == ("year_outside_plan_period", "D2, D4", "KGZ_O_2.1")
    assert (finding.message, finding.expected) == ("No plan period of KGZ_O_2.1 contains 2025", "a year of 2018-2022")


def test_amounts_that_disagree_in_the_same_way_are_one_fault():
    off = {"amount_usd": 12_000}
    assert told(off, {}, off, {"amount_usd": 13_000}) == [
        ("usd_disagrees", "I2, I4", "120", "about 100, Amount at its rate; at most 0.5 % apart"),
        ("usd_disagrees", "I5", "130", "about 100, Amount at its rate; at most 0.5 % apart"),
    ]


def test_a_missing_rate_is_told_for_the_rows_without_dollars():
    yen = {"currency": "JPY", "amount_usd": None}
    assert told(yen, {"currency": "JPY"}, yen)[0][:3] == ("missing_rate", "G2, G4", "JPY")


def test_the_rate_in_force_is_the_latest_that_is_not_after_the_day():
    rated = Catalogue(
        rates={"EUR": [(date(2021, 3, 1), "0.8"), (date(2021, 9, 1), "0.5")]},
        **{name: getattr(KNOWN, name) for name in ("offices", "outputs", "outcomes", "funds", "partners")},
    )
    before, first, later = (
        {"currency": "EUR", "posting_date": day, "fiscal_year": 2021}
        for day in (date(2021, 2, 28), date(2021, 3, 1), date(2021, 9, 1))
    )
    rows = [before | {"amount_usd": None}, first | {"amount_usd": 12_500}, later | {"amount_usd": 20_000}, before]
    assert list(check_references(EXPENSES, ledger(*rows[1:]), rated)) == []
    wrong = [*rows, later | {"amount_usd": 12_500}, {"currency": None, "amount_usd": None}]
    assert [(f.rule, f.cells) for f in check_references(EXPENSES, ledger(*wrong), rated)] == [
        ("missing_rate", "G2"),
        ("usd_disagrees", "I6"),
    ]


def test_a_date_outside_its_year_is_told_and_an_empty_one_is_not():
    rows = [{"posting_date": date(2021, 12, 31)}, {"posting_date": None}, {"posting_date": date(2022, 12, 31)}]
    assert told(*rows) == [("date_outside_year", "A2", "2021-12-31", "a date in 2022")]


@pytest.mark.parametrize("count", [10, 20_000])
def test_a_flood_costs_no_more_objects_than_one_row(count, monkeypatch):
    made, looked_up = [], []
    monkeypatch.setattr(faults, "Finding", lambda **given: made.append(given) or findings.Finding(**given))
    near = references.nearest
    monkeypatch.setattr(references, "nearest", lambda *given: looked_up.append(given[0]) or near(*given))
    wrong = {"output": "KGZ_O_2.7", "fund": "F9", "partner": "Nobody knows"}
    found = list(check_references(EXPENSES, ledger(*[wrong] * count), KNOWN))
    assert [one.row_count for one in found] == [count] * 3 and len(made) == 3
    assert sorted(looked_up) == ["F9", "KGZ_O_2.7", "NOBODY KNOWS"]
