"""The suites of the real contracts over small tables: every failing cell is named, none twice, none left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from outcome_reporting.checks.expectations import check_tables
from outcome_reporting.checks.library import open_library
from outcome_reporting.contracts.load import load_contracts
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.settings import load_settings

EXPENSES = load_contracts(load_settings({}).contracts)["expenses"]
CODES = {"currencies": ("USD", "EUR")}
GOOD = {
    "transaction": "T",
    "posting_date": date(2022, 5, 1),
    "fiscal_year": 2022,
    "period": 5,
    "office": "KGZ",
    "output": "KGZ_D_1.1.1",
    "fund": "F1",
    "currency": "USD",
    "amount": 100,
    "amount_usd": 100,
}
TYPES = {
    "posting_date": pa.date32(),
    "fiscal_year": pa.int32(),
    "period": pa.int32(),
    "amount": pa.int64(),
    "amount_usd": pa.int64(),
}


def _ledger(*changes: dict, file_name: str = "Ledger.xlsx", is_encoded: bool = False) -> TypedTable:
    rows = [GOOD | {"transaction": f"T{number}"} | change for number, change in enumerate(changes)]
    columns: dict[str, pa.Array] = {"row_no": pa.array(range(4, 4 + len(rows)), pa.int32())}
    for name in GOOD:
        column = pa.array([row[name] for row in rows], TYPES.get(name, pa.string()))
        columns[name] = column.dictionary_encode() if is_encoded and pa.types.is_string(column.type) else column
    letters = {name: chr(ord("A") + place) for place, name in enumerate(GOOD)}
    return TypedTable("expenses", file_name, "Ledger", 1, 3, letters, pa.table(columns))


def _told(*tables: TypedTable, **more) -> list[tuple[int, str, str, str]]:
    return [(place, one.rule, one.cells, one.found) for place, one in check_tables(EXPENSES, tables, CODES, **more)]


@pytest.mark.parametrize("is_encoded", [False, True], ids=["texts", "encoded"])
def test_every_failing_cell_is_named(is_encoded):
    first = _ledger(
        {"fund": None},
        {"period": 14},
        {"transaction": "T1"},
        {"office": "kgz"},
        {"posting_date": date(1950, 1, 1), "amount_usd": None},
        is_encoded=is_encoded,
    )
    second = _ledger(
        {"period": 14, "office": "K"}, {"office": "kgz"}, {"amount_usd": 50_000_001_00}, file_name="Other.xlsx"
    )
    assert _told(first, second) == [
        (0, "out_of_range", "B8", "1950-01-01"),
        (0, "out_of_range", "D5", "14"),
        (1, "out_of_range", "D4", "14"),
        (0, "missing_value", "G4", ""),
        (1, "expectation_warning", "J6", "50000001.00"),
        (0, "duplicate_key", "A5:A6", "T1"),
        (0, "pattern", "E7", "kgz"),
        (1, "pattern", "E5", "kgz"),
        (1, "pattern", "E4", "K"),
    ]


def test_a_good_table_tells_nothing():
    assert _told(_ledger({}, {}, {"amount_usd": None})) == []
    assert _told(_ledger()) == []


def test_an_empty_amount_is_not_told_for_the_value_that_stands_in_its_place():
    """Amounts are judged as whole numbers, an empty one filled with the first: that may be a bad one."""
    assert _told(_ledger({"amount_usd": None}, {"amount_usd": -50_000_001_00}, {"amount_usd": None})) == [
        (0, "expectation_warning", "J5", "-50000001.00")
    ]


def test_keys_are_unique_in_a_file_whatever_its_name():
    tables = [_ledger({}, {}), _ledger({}, {})]
    assert [cell for _, rule, cell, _ in _told(*tables) if rule == "duplicate_key"] == ["A4", "A5", "A4", "A5"]
    assert _told(*tables, files=[0, 1]) == []
    sheets = [replace(tables[0]), replace(_ledger({"transaction": "T1"}), table_no=2, sheet="More")]
    assert _told(*sheets, files=[7, 7]) == [(0, "duplicate_key", "A5", "T1"), (1, "duplicate_key", "A4", "T1")]


def test_a_sheet_without_a_required_column_is_told_with_its_rows():
    table = _ledger({}, {})
    bare = replace(table, data=table.data.drop_columns(["fund"]), columns={"transaction": "A"})
    assert _told(bare) == [(0, "missing_value", "4:5", "")]


def test_what_the_library_puts_off_is_there_when_it_is_used():
    open_library()
    import altair
    from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as distributions
    from scipy import stats

    assert altair.Chart is distributions.alt.Chart
    assert distributions.stats.norm is stats.norm
