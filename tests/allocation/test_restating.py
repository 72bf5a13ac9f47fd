"""Restating: only differences are written, changes are recorded with their cause, sums are proved."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Connection
from tests.allocation.drops import Drops, day, digest
from tests.allocation.house import OUTCOME, OUTPUT, House, expense_row
from tests.allocation.worlds import load_world, random_world

from outcome_reporting.allocation import reconcile, touched_scope, touched_years


def changes(house: House) -> dict[str, tuple[str, str, str, str]]:
    query = "select figure_id, before, after, cause, file_name from report.figure_change"
    return {row[0]: tuple(row[1:]) for row in house.connection.exec_driver_sql(query)}


def file_of(house: House, load_id) -> str:
    query = "select file_name from intake.load where load_id = %s"
    return house.connection.exec_driver_sql(query, (load_id,)).scalar_one()


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_a_second_night_changes_nothing(connection: Connection, seed: int) -> None:
    world = random_world(seed, office_count=3)
    house = House.__new__(House)
    house.connection, house.drops = connection, Drops(connection)
    load_world(house.drops, world, day(0))
    first = house.night(1, impute=world.impute_core)
    before = digest(connection)
    again = house.night(2, impute=world.impute_core)
    assert first.is_first and first.is_published
    assert not again.is_published and sum(again.rows_changed.values()) == 0
    assert digest(connection) == before
    assert house.night(3, years=[], impute=world.impute_core).is_published is False
    assert digest(connection) == before
    assert reconcile(connection, day(2)) == []
    assert connection.exec_driver_sql("select count(*) from report.figure_change").scalar_one() == 0


def test_a_correction_stamps_the_old_row_and_leaves_the_others(house: House) -> None:
    house.expense("1.00", period=1)
    house.expense("5.00", year=2021)
    house.night(1)
    load_id = house.expense("3.00", at=1.5)
    done = house.night(2, years=touched_years(house.connection, day(1)))
    assert done.fiscal_years == (2020,)
    assert done.rows_changed["resource_line"] == 2
    query = (
        "select fiscal_year, expense_cents, valid_from, valid_to from report.resource_line "
        "order by fiscal_year, valid_from"
    )
    assert [tuple(row) for row in house.connection.exec_driver_sql(query)] == [
        (2020, 100, day(1), day(2)),
        (2020, 300, day(2), None),
        (2021, 500, day(1), None),
    ]
    assert reconcile(house.connection, day(2)) == []
    found = changes(house)
    name = file_of(house, load_id)
    assert found[f"{OUTCOME}:2018-2022:2020:expense"] == ("1.00", "3.00", "load", name)
    assert found[f"{OUTCOME}:2018-2022:2020:non-core:expense"] == ("1.00", "3.00", "load", name)
    assert found[f"{OUTCOME}:2018-2022:expense"] == ("6.00", "8.00", "load", name)
    assert found[f"{OUTPUT}:2018-2022:2020:sdg:X00:expense"] == ("1.00", "3.00", "load", name)
    assert found[f"{OUTCOME}:2018-2022:2020:partner:SWE:expense"] == ("1.00", "3.00", "load", name)
    assert not any("planned" in figure or ":2021:" in figure for figure in found)


def test_weights_move_money_between_targets_and_name_their_file(house: House) -> None:
    house.expense("1.00")
    house.expense("1.00", year=2021)
    house.weights(t5_2="100")
    house.night(1)
    load_id = house.weights(at=1.5, t5_6="100")
    years = touched_years(house.connection, day(1))
    assert years == [2020, 2021]
    house.night(2, years=years)
    found, name = changes(house), file_of(house, load_id)
    assert found[f"{OUTCOME}:2018-2022:2021:sdg:5.2:expense"] == ("1.00", "0.00", "load", name)
    assert found[f"{OUTCOME}:2018-2022:sdg:5.6:expense"] == ("0.00", "2.00", "load", name)
    assert f"{OUTCOME}:2018-2022:2020:sdg:5:expense" not in found
    assert f"{OUTCOME}:2018-2022:2020:expense" not in found


def test_an_undo_restores_and_names_the_undone_file(house: House) -> None:
    house.expense("1.00")
    house.night(1)
    load_id = house.expense("3.00", at=1.5)
    house.night(2)
    house.drops.undo(load_id, day(2.5))
    house.night(3, years=touched_years(house.connection, day(2)))
    query = (
        "select before, after, cause, file_name from report.figure_change where published_at = %s and figure_id = %s"
    )
    figure = f"{OUTCOME}:2018-2022:2020:expense"
    row = house.connection.exec_driver_sql(query, (day(3), figure)).one()
    assert tuple(row) == ("3.00", "1.00", "undo", file_of(house, load_id))
    assert house.rows("resource_line", "expense_cents") == [(100,)]


def test_a_new_rate_restates_what_used_it_and_no_other(house: House) -> None:
    house.rate("KGS", date(2019, 12, 1), "10")
    house.drop("expenses", "KGZ|2020|1", [expense_row(None, currency="KGS", amount=Decimal(100))])
    house.expense("4.00", year=2021, currency="KGS")
    house.night(1)
    later = house.rate("KGS", date(2020, 6, 1), "50", at=1.2)  # after the posting date: changes nothing
    load_id = house.rate("KGS", date(2019, 12, 1), "20", at=1.5)
    years = touched_years(house.connection, day(1))
    assert years == [2020]
    house.night(2, years=years)
    found = changes(house)[f"{OUTCOME}:2018-2022:2020:expense"]
    assert found == ("10.00", "5.00", "load", file_of(house, load_id))
    assert later != load_id


def test_an_expiry_restates_by_itself(house: House) -> None:
    house.partners(SWE=date(2025, 6, 2))
    house.expense("1.00")
    house.night(1, run_date=date(2025, 6, 1))
    assert house.rows("partner_line", "kind", "partner") == [("withheld", "")]
    assert house.connection.exec_driver_sql("select partner from report.withheld").scalars().all() == ["SWE"]
    assert touched_years(house.connection, day(1), date(2025, 6, 1)) == []
    years = touched_years(house.connection, day(1), date(2025, 6, 2))
    assert years == [2020]
    house.night(2, years=years, run_date=date(2025, 6, 2))
    assert house.rows("partner_line", "kind", "partner") == [("direct", "SWE")]
    assert house.connection.exec_driver_sql("select partner from report.withheld").scalars().all() == []
    found = changes(house)
    assert found[f"{OUTCOME}:2018-2022:2020:partner:SWE:expense"] == ("0.00", "1.00", "expiry", "")
    assert found[f"{OUTCOME}:2018-2022:2020:partner:(withheld):expense"] == ("1.00", "0.00", "expiry", "")


def test_a_year_published_for_the_first_time_is_no_change(house: House) -> None:
    house.expense("1.00")
    house.night(1)
    house.expense("1.00", year=2021, at=1.5)
    house.night(2)
    assert not any(":2021:" in figure for figure in changes(house))
    assert changes(house)[f"{OUTCOME}:2018-2022:expense"][:2] == ("1.00", "2.00")


def test_a_slice_that_changes_no_figure_is_still_a_publication(house: House) -> None:
    load_id = house.expense("1.00")
    house.night(1)
    assert house.expense("1.00", at=1.5, description="other words") != load_id
    done = house.night(2)
    assert done.is_published and sum(done.rows_changed.values()) == 0


def test_results_change_as_texts(house: House) -> None:
    row = {
        "outcome": OUTCOME,
        "indicator": "I 1",
        "indicator_title": "t",
        "measure": "unit",
        "fiscal_year": 2020,
        "result": "35%",
    }
    house.drop("results", f"{OUTCOME}|2020", [row])
    house.night(1)
    house.drop("results", f"{OUTCOME}|2020", [row | {"result": "Yes"}], at=1.5)
    house.night(2, years=touched_years(house.connection, day(1)))
    assert changes(house)[f"{OUTCOME}:2018-2022:2020:result:I%201:result"][:2] == ("35%", "Yes")


def test_a_missing_cent_names_office_year_axis_and_difference(house: House) -> None:
    house.expense("1.00")
    house.night(1)
    house.connection.exec_driver_sql("update report.sdg_line set expense_cents = expense_cents - 1")
    (problem,) = reconcile(house.connection, day(1))
    assert (problem.office, problem.fiscal_year, problem.axis) == ("KGZ", 2020, "sdg")
    assert problem.difference_usd == Decimal("0.01")
    assert str(problem).endswith("live 1.00 USD, published 0.99 USD, difference 0.01 USD")


def test_money_without_rate_or_output_is_reported_not_dropped(house: House) -> None:
    house.drop("expenses", "KGZ|2020|1", [expense_row(None, currency="KGS", amount=Decimal(100))])
    house.expense("2.00", period=2, output="KGZ_D_9.9")
    house.night(1)
    found = {(problem.axis, problem.difference_usd) for problem in reconcile(house.connection, day(1))}
    assert ("exchange rates", Decimal("0.00")) in found
    assert ("resources", Decimal("2.00")) in found


def test_one_moment_is_published_once(house: House) -> None:
    house.night(1)
    with pytest.raises(ValueError, match="is not after the last publication"):
        house.night(1)


def test_only_touched_offices_are_looked_at_and_the_rows_are_the_same(connection: Connection) -> None:
    world = random_world(5, office_count=3)
    house = House.__new__(House)
    house.connection, house.drops = connection, Drops(connection)
    load_world(house.drops, world, day(0))
    house.night(1)
    assert touched_scope(connection, None).offices is None
    outputs = sorted({row.output for row in world.outputs if row.output.startswith("OAA")})
    row = expense_row("7.77", output=outputs[0], fund="XB1")
    house.drops.drop("expenses", "OAA|2020|99", [row], day(1.5), "OAA")
    scope = touched_scope(connection, day(1))
    assert (scope.fiscal_years, scope.offices) == ([2020], ["OAA"])
    done = house.night(2, years=scope.fiscal_years, offices=scope.offices)
    assert done.rows_changed["resource_line"] > 0
    assert reconcile(connection, day(2)) == []
    before = digest(connection)
    assert sum(house.night(3).rows_changed.values()) == 0
    assert digest(connection) == before
