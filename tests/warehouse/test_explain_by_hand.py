"""Explanations in a small world by hand: smaller partners, indicators, files, withheld names, lineage, ids."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from tests.allocation.drops import day, partner
from tests.allocation.house import OUTCOME, OUTPUT, PERIOD, House, expense_row

from outcome_reporting.domain.partner_lines import LISTED, SPARE, PartnerAmount, smaller_partners
from outcome_reporting.reports.numbers import number

from .explained import explain, files_of, published_figures, value_of, write_sheets

PAGE = f"{OUTCOME}:{PERIOD}:2020"


@pytest.fixture
def house(connection) -> House:
    return House(connection)


def _night(house: House, at: int = 1, **more) -> None:
    write_sheets(house.connection)
    house.night(at, **more)


def _many_partners(house: House, count: int) -> None:
    """Partners of whom many have equal amounts, with and without a sign, and some the same name."""
    house.drop("partners", "", [partner(f"P{n}", name=f"Name {n % 9}") for n in range(count)])
    rows = [
        expense_row(f"{(-1) ** n * (1 + n % 7)}.00", 2020, 1, partner=f"P{n}") | {"transaction": f"T{n}"}
        for n in range(count)
    ]
    house.drop("expenses", "KGZ|2020|1", rows)
    house.contribution("P3", [{"amount_usd": Decimal("7.00"), "outcome": OUTCOME}])
    _night(house)


@pytest.mark.parametrize("count", [LISTED + SPARE, LISTED + SPARE + 1, LISTED + 30])
def test_the_smaller_partners_are_those_that_the_page_sums(house, count):
    _many_partners(house, count)
    found = house.connection.exec_driver_sql(
        "select partner, partner_name, expense_usd, contribution_usd from report.partner_contribution "
        "where kind = 'direct'"
    ).all()
    assert len(found) == count
    smaller = smaller_partners(PartnerAmount(one, name, int(e * 100), int(c * 100)) for one, name, e, c in found)
    assert len(smaller) == (0 if count == LISTED + SPARE else count - LISTED)
    for measure, place in (("expense", 2), ("contribution", 3)):
        figure = f"{PAGE}:partner:(other):{measure}"
        whole = sum((row[place] for row in found if row[0] in smaller), Decimal(0))
        assert sum((cell["share_usd"] for cell in explain(house.connection, figure)), Decimal(0)) == whole
        assert value_of(house.connection, figure) == (f"{whole:.2f}" if smaller else None)
    cells = explain(house.connection, f"{PAGE}:partner:(other):expense")
    assert len(cells) == len(smaller)


def test_an_indicator_names_its_one_cell(house):
    row = {"outcome": OUTCOME, "indicator_title": "t", "measure": "unit", "fiscal_year": 2020}
    row |= {"baseline": None, "target": None, "result": None}
    rows = [
        row | {"output": None, "indicator": "I 1/a", "target": "1,402", "result": "Yes"},
        row | {"output": OUTPUT, "indicator": "I2", "target": "−3.5 %", "baseline": "0"},
    ]
    load = house.drop("results", f"{OUTCOME}|2020", rows)
    _night(house)
    named = {
        f"{PAGE}:result:I%201%2Fa:target": ("I", 2, Decimal(1402)),
        f"{PAGE}:result:I%201%2Fa:result": ("J", 2, None),
        f"{OUTPUT}:{PERIOD}:2020:result:I2:target": ("I", 3, Decimal("-3.5")),
        f"{OUTPUT}:{PERIOD}:2020:result:I2:baseline": ("G", 3, Decimal(0)),
    }
    name = house.connection.exec_driver_sql(
        "select file_name from intake.load where load_id = %s", (load,)
    ).scalar_one()
    for figure, (column, number_of_row, amount) in named.items():
        (cell,) = explain(house.connection, figure)
        place = (cell["file_name"], cell["sheet"], cell["column"], cell["row"], cell["amount"])
        assert place == (name, "Sheet", column, number_of_row, amount)
        assert (cell["currency"], cell["share_usd"]) == (None, None)
    assert set(named) <= set(published_figures(house.connection))
    for empty in (
        f"{PAGE}:result:I%201%2Fa:baseline",
        f"{PAGE}:result:I2:target",
        f"{OUTPUT}:{PERIOD}:2021:result:I2:target",
    ):
        assert explain(house.connection, empty) == [] and value_of(house.connection, empty) is None


@pytest.mark.parametrize(
    "text", ["35%", "1,402", "12,34", "-- ", "NA", "−7", "+ 4.50 %", "1.", ".5", "1 000", " 8\u00a0%"]
)
def test_a_number_is_what_the_page_takes_for_one(connection, text):
    found = connection.exec_driver_sql("select core.number_of(%(text)s)", {"text": text}).scalar_one()
    assert found == number(text)


def test_files_say_who_dropped_them(house):
    house.expense("10.00")
    house.expense("5.00", period=2)
    _night(house)
    files = files_of(house.connection, f"{PAGE}:expense")
    dropped = house.connection.exec_driver_sql(
        "select l.file_name, f.sha256, l.dropped_at, l.source from intake.load l join intake.file f using (file_id) "
        "join core.slice s using (load_id) where s.dataset = 'expenses' order by l.file_name"
    ).all()
    assert [(f["file_name"], f["sha256"], f["dropped_at"], f["source"]) for f in files] == [tuple(d) for d in dropped]
    assert sorted((f["cells"], f["share_usd"]) for f in files) == [(1, Decimal("5.00")), (1, Decimal("10.00"))]


def test_a_withheld_partner_is_never_named(house):
    house.expense("10.00", partner="SWE")
    house.expense("5.00", period=2, partner="NOR")
    house.contribution("SWE", [{"amount_usd": Decimal("7.00"), "outcome": OUTCOME}])
    _night(house)
    figure = f"{PAGE}:partner:SWE:expense"
    assert value_of(house.connection, figure) == "10.00" and len(explain(house.connection, figure)) == 1
    house.partners(at=2, SWE=date(2030, 1, 1))
    _night(house, 3)
    for hidden in (figure, f"{PAGE}:partner:SWE:contribution", "partner=SWE:2020:revenue"):
        for moment in (None, day(1)):
            assert explain(house.connection, hidden, moment) == []
            assert value_of(house.connection, hidden, moment) is None
    for moment in (None, day(1)):
        (cell,) = explain(house.connection, f"{PAGE}:partner:(withheld):expense", moment)
        assert cell["share_usd"] == Decimal("10.00")
        assert value_of(house.connection, f"{PAGE}:partner:(withheld):expense", moment) == "10.00"
    assert not [one for one in published_figures(house.connection) if "SWE" in one]


def test_lineage_is_what_each_figure_explains(house):
    house.framework("2018-2021", 2018, 2021, E1="impact area", E2="impact area", S1="systemic outcome")
    house.links(("2018-2021", "E1", "60"), ("2018-2021", "E2", "40"))
    house.weights(t5_2="33.33", t5_6="33.33", t8_5="33.33")
    house.budgets(("original", "100.01", "90.00"))
    house.expense("10.01", partner="SWE")
    house.expense("-3.33", period=2, fund="CORE")
    house.contribution("SWE", [{"amount_usd": Decimal("7.00"), "outcome": OUTCOME}])
    row = {"outcome": OUTCOME, "indicator_title": "t", "measure": "unit", "fiscal_year": 2020, "output": None}
    house.drop("results", f"{OUTCOME}|2020", [row | {"indicator": "I", "target": "3"}])
    _night(house)
    lineage = defaultdict(list)
    for cell in house.connection.exec_driver_sql("select * from report.lineage").mappings():
        lineage[cell["figure_id"]].append(dict(cell))
    figures = published_figures(house.connection)
    assert set(lineage) <= set(figures)
    assert {f"{PAGE}:result:I:target", f"{OUTCOME}:{PERIOD}:planned", f"{PAGE}:delivery_rate"} <= set(lineage)
    assert all(lineage.get(figure, []) == explain(house.connection, figure) for figure in figures)


def test_what_is_not_published_explains_nothing(house):
    house.expense("10.00", partner="SWE")
    _night(house)
    for figure in (
        "nonsense",
        f"{OUTCOME}:2020:expense",  # no plan period
        f"{PAGE}:sdg:5.2:partner",
        f"{PAGE}:sdg:4.1:expense",
        f"{PAGE}:partner:SWE:planned",
        "partner=SWE:2020:core:expense",
        "partner=SWE:2020:sdg:X00:expense",
        f"{PAGE}:institutional:expense",
    ):
        assert value_of(house.connection, figure) is None, figure
        assert explain(house.connection, figure) == [], figure
    assert value_of(house.connection, f"{PAGE}:planned") == "0.00"
