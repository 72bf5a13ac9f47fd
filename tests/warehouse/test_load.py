from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from sqlalchemy import func, select

from outcome_reporting.checks.columns import Columns
from outcome_reporting.domain.contract import KEY_SEPARATOR
from outcome_reporting.domain.errors import UsageError
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live import catalogue, keys_elsewhere, live_rows, missing_slices
from outcome_reporting.warehouse.load_plan import HeldGroup, HeldRow
from outcome_reporting.warehouse.moments import next_moment
from outcome_reporting.warehouse.slices import split_slices

from .books import CONTRACTS, expense, load, references, sheet


def _actions(result):
    return {(one.office, one.slice_key): one.action for one in result.slices}


def _count(connection, table):
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_rows_are_stored_exactly(connection):
    load(connection, *references())
    rows = [
        expense("T1", amount_usd=None, currency="KGS", amount="-1234.5678", partner="SIDA"),
        expense("T2", description='a "quoted", text\nof two lines'),
        expense("T3", description="", account=None),
    ]
    result = load(connection, sheet("expenses", rows))
    stored = {row["transaction"]: row for row in live_rows(connection, tables.expense)}
    assert stored["T1"]["amount"] == Decimal("-1234.5678") and stored["T1"]["amount_usd"] is None
    assert stored["T1"]["partner"] == "SIDA" and stored["T1"]["row_no"] == 2
    assert stored["T2"]["description"] == 'a "quoted", text\nof two lines'
    assert stored["T2"]["partner"] is None and stored["T3"]["description"] == ""
    assert str(stored["T2"]["posting_date"]) == "2022-05-10"
    # 1234.5678 KGS at 80 on 10 May is 15.43 USD
    assert result.loaded_usd == Decimal("184.57") and result.difference_usd == 0
    assert result.rows_loaded == 3


def test_a_rate_is_divided_exactly_and_rounded_once(connection):
    load(connection, *references())
    rows = [
        expense("A", amount_usd=None, currency="KGS", amount="0.4000"),  # half a cent, away from zero
        expense("B", amount_usd=None, currency="KGS", amount="-0.4000"),
        expense("C", amount_usd=None, currency="KGS", amount="0.3999"),
    ]
    result = load(connection, sheet("expenses", rows))
    assert result.loaded_usd == Decimal("0.00") and result.difference_usd == 0


def test_a_slice_replaces_its_key_and_nothing_else(connection):
    load(connection, *references())
    may, june = expense("T1"), expense("T2", period=6, posting_date="2022-06-01")
    first = load(connection, sheet("expenses", [may, june]))
    assert _actions(first) == {("KGZ", "KGZ|2022|5"): "new", ("KGZ", "KGZ|2022|6"): "new"}
    second = load(connection, sheet("expenses", [expense("T1", amount_usd="90.00")]))
    assert _actions(second) == {("KGZ", "KGZ|2022|5"): "replaced"}
    amounts = {row["transaction"]: row["amount_usd"] for row in live_rows(connection, tables.expense)}
    assert amounts == {"T1": Decimal("90.00"), "T2": Decimal("100.00")}
    before = live_rows(connection, tables.expense, first.moment)
    assert {row["amount_usd"] for row in before} == {Decimal("100.00")}
    assert missing_slices(connection, second.load_id) == [
        {"dataset": "expenses", "office": "KGZ", "slice_key": "KGZ|2022|6"}
    ]


def test_an_equal_slice_is_recorded_and_nothing_more(connection):
    load(connection, *references())
    first = load(connection, sheet("expenses", [expense("T1"), expense("T2", period=6)]))
    facts, lives = _count(connection, tables.expense), _count(connection, tables.slice_life)
    second = load(connection, sheet("expenses", [expense("T1"), expense("T2", period=6)]))
    assert set(_actions(second).values()) == {"same"} and not second.changed
    assert (_count(connection, tables.expense), _count(connection, tables.slice_life)) == (facts, lives)
    assert {one.live_before for one in second.slices} == {one.slice_id for one in first.slices}
    assert second.loaded_usd == Decimal("200.00") and second.difference_usd == 0
    moved = load(connection, sheet("expenses", [expense("T1")], first_row=3))
    assert _actions(moved) == {("KGZ", "KGZ|2022|5"): "replaced"}  # the same row at another place


def test_held_rows_stand_in_the_slice(connection):
    load(connection, *references())
    weights = [{"output": "KGZ_D_1.1.1", "fiscal_year": 2022, "sdg": "5.2", "weight_percent": "100"}]
    load(connection, sheet("sdg_weights", weights))
    group = HeldGroup(
        CONTRACTS["sdg_weights"],
        "KGZ",
        "KGZ_D_1.1.1|2022",
        "KGZ_D_1.1.1|2022",
        [HeldRow(1, 2, {"sdg": "5.2", "weight_percent": "70"}, "the weights sum to 70")],
    )
    result = load(connection, sheet("sdg_weights", []), held=[group])
    assert [(one.action, one.row_count, one.held_count) for one in result.slices] == [("replaced", 0, 1)]
    assert live_rows(connection, tables.sdg_weight) == []
    assert load(connection, sheet("sdg_weights", []), held=[group]).slices[0].action == "same"
    waiting = select(tables.held_row.c.cells).where(tables.held_row.c.released_at.is_(None))
    assert connection.execute(waiting).scalars().all() == [{"sdg": "5.2", "weight_percent": "70"}]
    load(connection, sheet("sdg_weights", weights))
    assert connection.execute(waiting).all() == []
    assert len(live_rows(connection, tables.sdg_weight)) == 1


def test_a_partner_has_one_slice_however_it_is_written():
    rows = [
        {"agreement": "A", "partner": "SIDA", "fiscal_year": 2022},
        {"agreement": "B", "partner": "SWE", "fiscal_year": 2022},
        {"agreement": "C", "partner": "NOR", "fiscal_year": 2021},
    ]
    contract, table = sheet("contributions", rows)
    found = split_slices(contract, [table], {"SIDA": "SWE", "SWE": "SWE", "NOR": "NOR"})
    assert [(one.slice_key, one.rows[0].tolist()) for one in found] == [("NOR|2021", [2]), ("SWE|2022", [0, 1])]


def test_the_catalogue_knows_what_is_live(connection):
    load(connection, *references())
    known = catalogue(connection)
    assert known["offices"] == {"KGZ"} and known["funds"]["30071"] == "non-core"
    assert known["outputs"]["KGZ_D_1.1.1"] == [("KGZ_D_1.1", "2018-2022")]
    assert known["partners"]["SUÈDE"] == known["partners"]["SIDA"] == "SWE"
    assert known["partners"]['NOR"AD, OSLO'] == "NOR"
    assert len(known["rates"]["KGS"]) == 2
    assert catalogue(connection, without=[("funds", "", "")])["funds"] == {}
    assert catalogue(connection, without=[("outcomes", "KGZ", "KGZ|2018-2022")])["outcomes"] == {}


def test_a_key_is_found_in_the_slices_that_stay(connection):
    load(connection, *references())
    load(connection, sheet("expenses", [expense("T1"), expense("T2", period=6)]), file_name="May.xlsx")
    load(connection, sheet("expenses", [expense("T1"), expense("T3")]), file_name="June.xlsx")

    def elsewhere(*keys, replaced=()):
        return keys_elsewhere(connection, CONTRACTS["expenses"], pa.array(keys, pa.string()), replaced)

    assert elsewhere("T1", "T2", "T9") == {"T1": "June.xlsx", "T2": "May.xlsx"}
    assert elsewhere("T1", "T2", replaced={("KGZ", "KGZ|2022|5")}) == {"T2": "May.xlsx"}
    assert elsewhere("T1", "T2", replaced={("KGZ", "KGZ|2022|5"), ("KGZ", "KGZ|2022|6")}) == {}
    assert elsewhere("T9") == elsewhere() == {}


def test_a_key_of_several_fields_is_found_whatever_the_partner_and_with_an_empty_outcome(connection):
    load(connection, *references())
    gift = {"agreement": "A-1", "partner": "SWE", "fund": "30000", "stage": "cash", "date": "2022-02-01",
            "fiscal_year": 2022, "currency": "USD", "amount": "5.00", "amount_usd": "5.00"}  # fmt: skip
    gifts = sheet("contributions", [gift, {**gift, "outcome": "KGZ_D_1.1"}])
    load(connection, gifts, file_name="Gifts.xlsx")
    contract, moved = sheet("contributions", [{**gift, "partner": "NOR"}, {**gift, "date": "2022-02-02"}])

    def elsewhere(table, replaced=()):
        keys = Columns(table).keys(contract.key).values
        found = keys_elsewhere(connection, contract, keys, replaced)
        return {key.split(KEY_SEPARATOR)[-1]: name for key, name in found.items()}

    assert elsewhere(moved) == {"": "Gifts.xlsx"}
    assert elsewhere(gifts[1]) == {"": "Gifts.xlsx", "KGZ_D_1.1": "Gifts.xlsx"}
    assert elsewhere(gifts[1], replaced={("", "SWE|2022")}) == {}


def test_moments_never_go_back(connection):
    first = load(connection, *references()).moment
    second = next_moment(connection)
    assert second > first
    with pytest.raises(UsageError):
        next_moment(connection, first)
