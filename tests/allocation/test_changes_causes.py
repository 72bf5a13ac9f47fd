"""Which file is named as the cause of a changed figure: the nearest one, also for totals and partners' stages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.allocation.drops import day
from tests.allocation.house import OTHER_OUTPUT, OUTCOME, House, expense_row

from outcome_reporting.allocation import touched_years


def changes(house: House, night: int) -> dict[str, tuple]:
    """(before, after, cause, file) of the public view."""
    query = "select figure_id, before, after, cause, file_name from report.change where published_at = %s"
    return {row[0]: tuple(row[1:]) for row in house.connection.exec_driver_sql(query, (day(night),))}


def file_of(house: House, load_id) -> str:
    query = "select file_name from intake.load where load_id = %s"
    return house.connection.exec_driver_sql(query, (load_id,)).scalar_one()


def test_rates_change_with_their_amounts_and_name_their_file(house: House) -> None:
    house.budgets(("original", "200.00", "100.00"))
    house.expense("25.00")
    house.night(1)
    load_id = house.expense("33.35", at=1.5)
    house.night(2)
    found = changes(house, 2)
    for scope in (f"{OUTCOME}:2018-2022:2020", f"{OUTCOME}:2018-2022", "office=KGZ:2020", "all:2020"):
        assert found[f"{scope}:delivery_rate"] == ("25.0", "33.4", "load", file_of(house, load_id))
        assert f"{scope}:funding_rate" not in found
    house.budgets(("original", "200.00", "0.00"), at=2.5)
    house.night(3)
    assert changes(house, 3)[f"{OUTCOME}:2018-2022:2020:delivery_rate"][:2] == ("33.4", None)


def test_a_total_names_the_file_of_its_largest_change(house: House) -> None:
    house.expense("10.00", period=1)
    house.expense("10.00", period=2, output=OTHER_OUTPUT)
    house.drop("outcomes", "KGZ|2018-2022", [
        {"plan_period": "2018-2022", "outcome": code, "title": "t"} for code in (OUTCOME, "KGZ_D_2")
    ])  # fmt: skip
    house.drop("outputs", "KGZ|2018-2022", [
        {"plan_period": "2018-2022", "outcome": OUTCOME, "output": f"{OUTCOME}.1", "title": "t"},
        {"plan_period": "2018-2022", "outcome": "KGZ_D_2", "output": OTHER_OUTPUT, "title": "t"},
    ])  # fmt: skip
    house.night(1)
    large = house.expense("60.00", period=1, at=1.3)
    small = house.expense("11.00", period=2, output=OTHER_OUTPUT, at=1.6)
    house.night(2)
    found = changes(house, 2)
    assert found["office=KGZ:2020:expense"] == ("20.00", "71.00", "load", file_of(house, large))
    assert found["KGZ_D_2:2018-2022:2020:expense"][3] == file_of(house, small)


def test_a_total_changes_when_an_outcome_is_published_for_the_first_time(house: House) -> None:
    house.expense("1.00")
    house.night(1)
    outcome = {"plan_period": "2018-2022", "outcome": "FJI_D_1", "title": "t"}
    house.drops.drop("outcomes", "FJI|2018-2022", [outcome], day(1.2), "FJI")
    output = {"plan_period": "2018-2022", "outcome": "FJI_D_1", "output": "FJI_D_1.1", "title": "t"}
    house.drops.drop("outputs", "FJI|2018-2022", [output], day(1.3), "FJI")
    load_id = house.drops.drop("expenses", "FJI|2020|1", [expense_row("4.00", output="FJI_D_1.1")], day(1.4), "FJI")
    house.night(2)
    found = changes(house, 2)
    assert found["all:2020:expense"] == ("1.00", "5.00", "load", file_of(house, load_id))
    assert not any("FJI" in figure for figure in found)


def test_a_partners_stages_change_with_their_file(house: House) -> None:
    house.contribution("SWE", [{"amount_usd": Decimal(5), "fund": "CORE"}])
    house.night(1)
    load_id = house.contribution("SWE", [{"amount_usd": Decimal(7), "fund": "CORE"}], at=1.5)
    house.contribution("NOR", [{"amount_usd": Decimal(1)}], at=1.6)
    house.night(2, years=touched_years(house.connection, day(1)))
    found = changes(house, 2)
    told = ("5.00", "7.00", "load", file_of(house, load_id))
    assert (found["partner=SWE:2020:core:revenue"], found["partner=SWE:2020:revenue"]) == (told, told)
    assert found["partner=NOR:2020:non-core:revenue"][:2] == ("0.00", "1.00")


def test_what_a_withheld_partner_changed_is_told_once_and_without_a_name(house: House) -> None:
    house.expense("1.00", period=1)
    house.expense("2.00", period=2, partner="NOR")
    house.contribution("SWE", [{"amount_usd": Decimal(5)}])
    house.night(1)
    house.expense("1.50", period=1, at=1.3)
    house.expense("2.25", period=2, partner="NOR", at=1.4)
    house.contribution("SWE", [{"amount_usd": Decimal(6)}], at=1.5)
    house.night(2)
    house.partners(at=2, SWE=date(2026, 1, 1), NOR=date(2026, 1, 1))
    house.night(3)
    found = changes(house, 2)
    assert found[f"{OUTCOME}:2018-2022:2020:partner:(withheld):expense"][:2] == ("3.00", "3.75")
    assert found["partner=(withheld):2020:revenue"][:2] == ("5.00", "6.00")
    assert not any("SWE" in figure or "NOR" in figure for figure in found)
    assert not any("partner" in figure for figure in changes(house, 3))  # masked, the night changed nothing
