from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live import live_rows
from outcome_reporting.warehouse.load import write_again
from outcome_reporting.warehouse.load_plan import DatasetLoad, HeldGroup, HeldRow, LoadPlan
from outcome_reporting.warehouse.needs import live_uses
from outcome_reporting.warehouse.reconcile import reconciliation_rows
from outcome_reporting.warehouse.undo import find_loaded, undo

from .books import CONTRACTS, DROPPED, expense, load, references, sheet

A, B, C = "a" * 64, "b" * 64, "c" * 64


def _amounts(connection) -> dict[str, Decimal]:
    return {row["transaction"]: row["amount_usd"] for row in live_rows(connection, tables.expense)}


def test_what_it_replaced_is_live_again(connection):
    load(connection, *references())
    load(connection, sheet("expenses", [expense("T1")]), sha256=A)
    load(connection, sheet("expenses", [expense("T1", amount_usd="90.00"), expense("T2", period=6)]), sha256=B)
    result = undo(connection, CONTRACTS, B)
    assert _amounts(connection) == {"T1": Decimal("100.00")}
    before_after = {(c.slice_key, c.before_rows, c.after_rows) for c in result.changes}
    assert before_after == {("KGZ|2022|5", 1, 1), ("KGZ|2022|6", 1, 0)}
    with pytest.raises(UsageError, match="already"):
        undo(connection, CONTRACTS, B)
    with pytest.raises(UsageError, match="no loaded file"):
        undo(connection, CONTRACTS, "f" * 64)
    assert find_loaded(connection, B)["undone_at"] is not None


def test_a_slice_replaced_since_stays_and_falls_back_past_the_undone_one(connection):
    load(connection, *references())
    for sha256, amount in ((A, "1.00"), (B, "2.00"), (C, "3.00")):
        load(connection, sheet("expenses", [expense("T1", amount_usd=amount)]), sha256=sha256)
    assert undo(connection, CONTRACTS, B).changes == ()
    assert _amounts(connection) == {"T1": Decimal("3.00")}
    undo(connection, CONTRACTS, C)
    assert _amounts(connection) == {"T1": Decimal("1.00")}


def test_content_that_two_files_brought_stays_while_one_stands(connection):
    load(connection, *references())
    load(connection, sheet("expenses", [expense("T1")]), sha256=A)
    load(connection, sheet("expenses", [expense("T1")]), sha256=B)
    assert undo(connection, CONTRACTS, A).changes == ()
    assert _amounts(connection) == {"T1": Decimal("100.00")}
    undo(connection, CONTRACTS, B)
    assert _amounts(connection) == {}


def test_undo_is_refused_while_live_rows_need_it(connection):
    contract, partners = references()[4]
    others = [one for one in references() if one[0].dataset != "partners"]
    load(connection, *others, sha256=A)
    load(connection, (contract, partners), sha256=B)
    load(connection, sheet("expenses", [expense("T1", partner="SIDA", fund="30071")]), sha256=C)
    with pytest.raises(Refused) as refused, connection.begin_nested():
        undo(connection, CONTRACTS, B)
    assert refused.value.reasons == ["1 row of expense: SIDA (partners)"]
    with pytest.raises(Refused) as refused, connection.begin_nested():
        undo(connection, CONTRACTS, A)
    assert len(refused.value.reasons) == 3  # office, output, fund
    assert len(live_rows(connection, tables.expense)) == 1
    assert [(u.code, u.row_count) for u in live_uses(connection, CONTRACTS, "outputs")] == [("KGZ_D_1.1.1", 1)]
    undo(connection, CONTRACTS, C)
    undo(connection, CONTRACTS, B)
    undo(connection, CONTRACTS, A)


def test_undo_is_refused_where_a_key_moved_to_another_slice_since(connection):
    load(connection, *references())
    gift = {"agreement": "G-1", "partner": "SWE", "fund": "30000", "stage": "cash", "date": "2022-02-01",
            "fiscal_year": 2022, "currency": "USD", "amount": "5.00", "amount_usd": "5.00"}  # fmt: skip
    moved = {**gift, "partner": "NOR"}
    load(connection, sheet("expenses", [expense("T1")]), sheet("contributions", [gift], 2), sha256=A)
    others = sheet("expenses", [expense("T2")]), sheet("contributions", [{**gift, "stage": "revenue"}], 2)
    load(connection, *others, sha256=B)
    load(connection, sheet("expenses", [expense("T1", period=6)]), sha256=C, file_name="June.xlsx")
    load(connection, sheet("contributions", [moved]), sha256="d" * 64, file_name="Norway.xlsx")
    with pytest.raises(Refused) as refused, connection.begin_nested():
        undo(connection, CONTRACTS, B)
    assert set(refused.value.reasons) == {"transaction T1 stands in June.xlsx", "agreement G-1 stands in Norway.xlsx"}
    undo(connection, CONTRACTS, C)
    undo(connection, CONTRACTS, "d" * 64)
    undo(connection, CONTRACTS, B)
    assert _amounts(connection).keys() == {"T1"}


def test_a_rate_may_go_while_an_older_one_stands(connection):
    load(connection, *references())
    later = {"currency": "KGS", "effective_date": "2022-05-01", "rate_per_usd": "70", "source": "UN"}
    load(connection, sheet("exchange_rates", [later]), sha256=A)
    line = expense("T1", amount_usd=None, currency="KGS", amount="700")
    load(connection, sheet("expenses", [line]), sha256=B)
    undo(connection, CONTRACTS, A)
    assert {row["rate_per_usd"] for row in live_rows(connection, tables.exchange_rate)} == {
        Decimal("80"),
        Decimal("79.5"),
    }


def test_reconciliation_follows(connection):
    load(connection, *references(), sha256="d" * 64)
    load(connection, sheet("expenses", [expense("T1"), expense("T2", period=6)]), sha256=A, file_name="a.xlsx")
    load(connection, sheet("expenses", [expense("T1", amount_usd="90.00")]), sha256=B, file_name="b.xlsx")

    def lines(moment):
        rows = reconciliation_rows(connection, moment)
        return {
            r["file_name"]: (r["rows_loaded"], r["rows_superseded"], r["loaded_usd"], r["difference_usd"]) for r in rows
        }

    moment = connection.execute(select(tables.load.c.loaded_at).order_by(tables.load.c.loaded_at.desc())).scalar()
    money = Decimal
    assert lines(moment)["a.xlsx"] == (2, 1, money("200.00"), 0)
    assert lines(moment)["b.xlsx"] == (1, 0, money("90.00"), 0)
    undone = undo(connection, CONTRACTS, B).moment
    assert lines(undone)["a.xlsx"] == (2, 0, money("200.00"), 0)
    assert lines(undone)["b.xlsx"] == (1, 1, money("90.00"), 0)
    again = load(connection, sheet("expenses", [expense("T1", amount_usd="90.00")]), sha256=B, file_name="b.xlsx")
    assert lines(again.moment)["b.xlsx"] == (1, 0, money("90.00"), 0)
    assert lines(moment)["b.xlsx"] == (1, 0, money("90.00"), 0)
    assert len(reconciliation_rows(connection, again.moment)) == 6 + 2


# Files A, B, C and D each bring some of three periods with some amount; D repeats parts of A and B.
_FILES = {
    "a": {1: 10, 2: 10},
    "b": {2: 20, 3: 20},
    "c": {1: 30, 2: 30, 3: 30},
    "d": {1: 10, 3: 20},
}
_STEPS = st.lists(st.tuples(st.sampled_from(["load", "undo"]), st.sampled_from(sorted(_FILES))), max_size=9)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=_STEPS)
def test_live_is_the_newest_load_not_undone_for_each_key(engine, steps):
    loads: list[tuple[str, bool]] = []  # the model: (file, stands)
    with engine.connect() as connection:
        load(connection, *references())
        for step, name in steps:
            if step == "load":
                rows = [
                    expense(f"{period}", period=period, amount_usd=str(amount))
                    for period, amount in _FILES[name].items()
                ]
                load(connection, sheet("expenses", rows), sha256=name * 64)
                loads.append((name, True))
            elif (name, True) in loads:
                undo(connection, CONTRACTS, name * 64)
                loads = [(other, stands and other != name) for other, stands in loads]
            else:
                with pytest.raises(UsageError):
                    undo(connection, CONTRACTS, name * 64)
            expected = {}
            for other, stands in loads:
                if stands:
                    expected |= {str(period): Decimal(amount) for period, amount in _FILES[other].items()}
            assert _amounts(connection) == expected
        connection.rollback()


def test_held_rows_loaded_later_belong_to_their_load(connection):
    load(connection, *references())
    weight = {"output": "KGZ_D_1.1.1", "fiscal_year": 2022, "sdg": "5.2", "weight_percent": "100"}
    load(connection, sheet("sdg_weights", [weight | {"sdg": "4.1"}]), sha256=A, file_name="a.xlsx")
    group = HeldGroup(
        CONTRACTS["sdg_weights"],
        "KGZ",
        "KGZ_D_1.1.1|2022",
        "KGZ_D_1.1.1|2022",
        [HeldRow(1, 2, weight, "its output was not known yet")],
    )
    first = load(connection, sheet("sdg_weights", []), held=[group], sha256=B, file_name="b.xlsx")
    contract, whole = sheet("sdg_weights", [weight])
    plan = LoadPlan(first.load_id, "b.xlsx", "finance", DROPPED, [DatasetLoad(contract, [whole])])
    write_again(connection, plan, first.load_id)
    assert [row["sdg"] for row in live_rows(connection, tables.sdg_weight)] == ["5.2"]
    load(connection, sheet("sdg_weights", [weight | {"sdg": "1.1"}]), sha256=C)
    undo(connection, CONTRACTS, C)
    assert [row["sdg"] for row in live_rows(connection, tables.sdg_weight)] == ["5.2"]
    last = undo(connection, CONTRACTS, B)
    assert [row["sdg"] for row in live_rows(connection, tables.sdg_weight)] == ["4.1"]
    by_name = {row["file_name"]: row for row in reconciliation_rows(connection, last.moment)}
    assert by_name["a.xlsx"]["rows_superseded"] == 0
