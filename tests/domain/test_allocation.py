"""The rules of the allocation, one small world at a time, and the sums that hold in any world."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.domain.allocation import (
    Budget,
    Contribution,
    Element,
    Expense,
    Framework,
    Fund,
    Outcome,
    Output,
    Partner,
    PlanLink,
    Rate,
    SdgWeight,
    World,
    allocate,
)

DAY = date(2024, 6, 30)


def world(**rows) -> World:
    """An office with an outcome of two outputs in 2018-2022 and the same codes again in 2023-2027."""
    fixed = {
        "run_date": DAY,
        "outcomes": [Outcome("KGZ_D_1.1", "2018-2022"), Outcome("KGZ_D_1.1", "2023-2027")],
        "outputs": [
            Output(output, period, "KGZ_D_1.1")
            for output in ("KGZ_D_1.1.1", "KGZ_D_1.1.2")
            for period in ("2018-2022", "2023-2027")
        ],
        "funds": [Fund("C", "core", "R02A"), Fund("N", "non-core", "R03E"), Fund("I", "institutional")],
        "partners": [
            Partner("SWE", "Sweden", "C01", ("SIDA",)),
            Partner("NOR", "Norway", "C01"),
            Partner("HID", "Hidden Friend", "C06", withhold_until=date(2024, 7, 1)),
            Partner("OLD", "Once Hidden", "C06", withhold_until=DAY),
        ],
        "rates": [
            Rate("KGS", date(2022, 1, 1), Decimal("80")),
            Rate("KGS", date(2022, 3, 15), Decimal("100")),
        ],
        "frameworks": [Framework("2018-2021", 2018, 2021), Framework("2022-2025", 2022, 2025)],
        "elements": [
            Element("2018-2021", "SP_D_1", "impact area", "Norms"),
            Element("2022-2025", "SP_D_1", "impact area", "Governance"),
            Element("2022-2025", "SP_D_2", "impact area", "Economy"),
            Element("2022-2025", "SP_D_0.3", "systemic outcome", "Positive social norms"),
        ],
    }
    return World(**(fixed | rows))


def spent(cents: int, fund="N", partner=None, output="KGZ_D_1.1.1", year=2022) -> Expense:
    return Expense(output, year, fund, partner, date(year, 3, 1), "USD", cents * 100, cents)


def given_by(partner: str, cents: int, fund="N", stage="revenue", year=2022, outcome=None) -> Contribution:
    return Contribution(partner, fund, stage, date(year, 3, 1), year, "USD", cents * 100, cents, outcome)


def weight(sdg: str, percent: str | None, year=2022, output="KGZ_D_1.1.1") -> SdgWeight:
    return SdgWeight(output, year, sdg, None if percent is None else Decimal(percent))


def link(element: str, percent: str | None, framework="2022-2025", year=2022) -> PlanLink:
    return PlanLink("KGZ_D_1.1", year, framework, element, None if percent is None else Decimal(percent))


def picked(rows: list[dict], *columns: str) -> list[tuple]:
    return [tuple(row[column] for column in columns) for row in rows]


def sdg_lines(a_world: World) -> list[tuple]:
    return picked(allocate(a_world).sdg_allocation, "fiscal_year", "goal", "target", "method", "expense_usd")


def partner_lines(a_world: World) -> list[tuple]:
    rows = allocate(a_world).partner_contribution
    return picked(rows, "partner", "partner_name", "kind", "expense_usd", "contribution_usd")


def plan_lines(a_world: World) -> list[tuple]:
    return picked(allocate(a_world).plan_contribution, "framework", "kind", "element", "expense_usd", "planned_usd")


# Resources


def test_a_revised_budget_replaces_the_original_whole():
    budgets = [
        Budget("KGZ_D_1.1.1", 2022, "N", "revised", 500, 0),
        Budget("KGZ_D_1.1.1", 2022, "N", "original", 900, 800),
        Budget("KGZ_D_1.1.2", 2022, "N", "original", 100, 50),
    ]
    rows = allocate(world(budgets=budgets, expenses=[spent(70)])).outcome_resources
    assert rows == [
        {
            "office": "KGZ",
            "plan_period": "2018-2022",
            "outcome": "KGZ_D_1.1",
            "fiscal_year": 2022,
            "fund_type": "non-core",
            "planned_usd": 600,
            "available_usd": 50,
            "expense_usd": 70,
            "shortfall_usd": 550,
        }
    ]


def test_the_fiscal_year_selects_the_plan_period():
    rows = allocate(world(expenses=[spent(1, year=2022), spent(2, year=2023)])).outcome_resources
    assert picked(rows, "plan_period", "expense_usd") == [("2018-2022", 1), ("2023-2027", 2)]


def test_rows_that_are_all_zero_are_left_out():
    assert allocate(world(expenses=[spent(5), spent(-5)])).outcome_resources == []


@pytest.mark.parametrize(
    ("on", "usd", "cents"),
    [
        (date(2022, 3, 14), None, 125),
        (date(2022, 3, 15), None, 100),
        (date(2022, 3, 15), 777, 777),
    ],
)
def test_dollars_govern_and_else_the_rate_in_force(on, usd, cents):
    expense = Expense("KGZ_D_1.1.1", 2022, "N", None, on, "KGS", 100_0000, usd)
    assert picked(allocate(world(expenses=[expense])).outcome_resources, "expense_usd") == [(cents,)]


def test_a_rate_of_a_later_date_is_none():
    expense = Expense("KGZ_D_1.1.1", 2021, "N", None, date(2021, 12, 31), "KGS", 100_0000)
    with pytest.raises(ValueError, match="no rate"):
        allocate(world(expenses=[expense]))


# SDG


def test_untagged_money_is_not_attributable():
    assert sdg_lines(world(expenses=[spent(100)])) == [(2022, "X00", None, "none", 100)]


def test_weights_split_and_the_method_stands_on_every_line():
    weights = [weight("5.2", "33.33"), weight("8", "33.33"), weight("X00", "33.33")]
    assert sdg_lines(world(expenses=[spent(100)], sdg_weights=weights)) == [
        (2022, "5", "5.2", "renormalised", 34),
        (2022, "8", None, "renormalised", 33),
        (2022, "X00", None, "renormalised", 33),
    ]


def test_targets_without_weights_share_equally():
    weights = [weight("5.2", None), weight("5.1", None)]
    assert sdg_lines(world(expenses=[spent(3)], sdg_weights=weights)) == [
        (2022, "5", "5.1", "equal", 2),
        (2022, "5", "5.2", "equal", 1),
    ]


def test_each_cell_is_split_once_and_views_sum_the_pieces():
    weights = [weight("5.1", "50"), weight("5.2", "50")]
    one_cell = world(expenses=[spent(1, partner="SWE"), spent(1, partner="SIDA")], sdg_weights=weights)
    two_cells = world(expenses=[spent(1, partner="SWE"), spent(1)], sdg_weights=weights)
    assert [line[-1] for line in sdg_lines(one_cell)] == [1, 1]
    assert [line[-1] for line in sdg_lines(two_cells)] == [2]


def test_a_missing_year_inherits_the_nearest_earlier_one_of_the_plan_period():
    weights = [weight("5.1", "100", year=2019), weight("5.2", None, year=2020)]
    expenses = [spent(10, year=year) for year in (2018, 2019, 2022, 2023)]
    assert sdg_lines(world(expenses=expenses, sdg_weights=weights)) == [
        (2018, "X00", None, "none", 10),
        (2019, "5", "5.1", "weighted", 10),
        (2022, "5", "5.2", "inherited", 10),
        (2023, "X00", None, "none", 10),
    ]


def test_a_held_year_counts_as_present_and_is_skipped_when_looking_back():
    weights = [weight("5.1", "100", year=2019), weight("5.2", "100", year=2020)]
    held = {("KGZ_D_1.1.1", 2020)}
    expenses = [spent(10, year=2020), spent(10, year=2021)]
    assert sdg_lines(world(expenses=expenses, sdg_weights=weights, held_sdg_groups=held)) == [
        (2020, "X00", None, "none", 10),
        (2021, "5", "5.1", "inherited", 10),
    ]


# Partners


def test_the_fund_type_decides_before_the_partner():
    expenses = [
        spent(1, "C"),
        spent(2, "I"),
        spent(4, "C", "HID"),
        spent(8, "N"),
        spent(16, "N", "HID"),
        spent(32, "N", "OLD"),
        spent(64, "N", "SWEDEN"),
        spent(128, "N", "SIDA"),
    ]
    assert partner_lines(world(expenses=expenses)) == [
        (None, None, "core pool", 7, 0),
        (None, None, "unattributed", 8, 0),
        (None, None, "withheld", 16, 0),
        ("OLD", "Once Hidden", "direct", 32, 0),
        ("SWE", "Sweden", "direct", 192, 0),
    ]


def test_contributions_count_where_they_name_the_outcome_as_revenue_or_refund():
    contributions = [
        given_by("SWE", 100, outcome="KGZ_D_1.1"),
        given_by("SIDA", -30, stage="refund", outcome="KGZ_D_1.1"),
        given_by("SWE", 500, stage="pledge", outcome="KGZ_D_1.1"),
        given_by("SWE", 900),
        given_by("HID", 7, outcome="KGZ_D_1.1"),
        given_by("HID", 5, fund="C", outcome="KGZ_D_1.1"),
    ]
    assert partner_lines(world(contributions=contributions)) == [
        (None, None, "core pool", 0, 5),
        (None, None, "withheld", 0, 7),
        ("SWE", "Sweden", "direct", 0, 70),
    ]


def test_an_imputed_core_pool_follows_the_core_revenue_of_the_year():
    a_world = world(
        impute_core=True,
        expenses=[spent(100, "C"), spent(1, "N", "SWE")],
        contributions=[
            given_by("SWE", 300, "C"),
            given_by("SWE", -600, "C"),
            given_by("NOR", 200, "C"),
            given_by("HID", 100, "C"),
            given_by("OLD", 100, "I"),
            given_by("OLD", 100, "C", stage="cash"),
            given_by("OLD", 100, "C", year=2021),
        ],
    )
    assert partner_lines(a_world) == [
        (None, None, "withheld", 33, 0),
        ("NOR", "Norway", "imputed", 67, 0),
        ("SWE", "Sweden", "direct", 1, 0),
    ]


def test_without_core_revenue_the_core_pool_stays():
    a_world = world(impute_core=True, expenses=[spent(100, "C")], contributions=[given_by("SWE", -5, "C")])
    assert partner_lines(a_world) == [(None, None, "core pool", 100, 0)]


def test_withheld_partners_are_one_line_of_revenue():
    partners = [*world().partners, Partner("HI2", "Another", "C02", withhold_until=date(2099, 1, 1))]
    contributions = [
        given_by("HID", 5),
        given_by("HI2", 6),
        given_by("SWE", 7),
        given_by("SWE", 8, outcome="KGZ_D_1.1"),
        given_by("SWE", 9, "I", stage="cash"),
    ]
    rows = allocate(world(partners=partners, contributions=contributions)).partner_revenue
    columns = (
        "partner",
        "partner_name",
        "contributor_type",
        "fund_type",
        "instrument",
        "stage",
        "amount_usd",
    )
    assert picked(rows, *columns) == [
        (None, "Withheld", None, "non-core", "R03E", "revenue", 11),
        ("SWE", "Sweden", "C01", "institutional", None, "cash", 9),
        ("SWE", "Sweden", "C01", "non-core", "R03E", "revenue", 15),
    ]


# Strategic plan


def test_every_kind_splits_the_whole_money_and_names_what_it_does_not_link():
    a_world = world(
        expenses=[spent(100)],
        budgets=[Budget("KGZ_D_1.1.2", 2022, "C", "original", 31, 0)],
        plan_links=[link("SP_D_1", "50"), link("Economy", "50")],
    )
    assert plan_lines(a_world) == [
        ("2022-2025", "impact area", "SP_D_1", 50, 16),
        ("2022-2025", "impact area", "SP_D_2", 50, 15),
        ("2022-2025", "systemic outcome", None, 100, 31),
    ]


def test_links_are_not_inherited_and_the_framework_in_force_stands_in():
    links = [link("SP_D_1", None, "2018-2021", year=2020)]
    assert plan_lines(world(expenses=[spent(9, year=2021)], plan_links=links)) == [
        ("2018-2021", "impact area", None, 9, 0)
    ]


def test_the_links_of_a_year_name_its_framework_held_ones_too():
    linked = world(expenses=[spent(9)], plan_links=[link("Norms", None, "2018-2021")])
    assert plan_lines(linked) == [("2018-2021", "impact area", "SP_D_1", 9, 0)]
    held = world(expenses=[spent(9)], held_plan_groups={("KGZ_D_1.1", 2022, "2018-2021")})
    assert plan_lines(held) == [("2018-2021", "impact area", None, 9, 0)]


def test_a_year_before_any_framework_keeps_its_money():
    assert plan_lines(world(expenses=[spent(9)], frameworks=[])) == [(None, None, None, 9, 0)]


# Any world

OUTPUTS = st.sampled_from(["KGZ_D_1.1.1", "KGZ_D_1.1.2"])
YEARS = st.integers(2018, 2024)
CENTS = st.integers(-10_000, 10_000)
PARTNERS = st.sampled_from([None, "SWE", "NORWAY", "HID", "OLD"])
FUNDS = st.sampled_from(["C", "N", "I"])
GROUPS = st.sampled_from(
    [
        [("5.1", "33.33"), ("5.2", "33.33"), ("8", "33.33")],
        [("5.a", None), ("5.6", None), ("1.2", None), ("1.10", None)],
        [("5", "12.5"), ("X00", "87.5")],
    ]
)


@st.composite
def worlds(draw) -> World:
    groups = draw(st.dictionaries(st.tuples(OUTPUTS, YEARS), GROUPS, max_size=6))
    budgets = draw(st.dictionaries(st.tuples(OUTPUTS, YEARS, FUNDS), st.tuples(CENTS, CENTS), max_size=6))
    contributors = st.sampled_from(["SWE", "NOR", "HID", "OLD"])
    linked = draw(st.sets(st.integers(2022, 2024)))
    return world(
        impute_core=draw(st.booleans()),
        expenses=draw(st.lists(st.builds(spent, CENTS, FUNDS, PARTNERS, OUTPUTS, YEARS), max_size=15)),
        budgets=[Budget(*key, "original", *money) for key, money in budgets.items()],
        contributions=draw(st.lists(st.builds(given_by, contributors, CENTS, FUNDS, year=YEARS), max_size=8)),
        sdg_weights=[weight(*row, year, output) for (output, year), rows in groups.items() for row in rows],
        held_sdg_groups=draw(st.sets(st.tuples(OUTPUTS, YEARS), max_size=2)),
        plan_links=[link(code, "50", year=year) for year in linked for code in ("SP_D_1", "SP_D_2")],
    )


def summed(rows: list[dict], key: tuple[str, ...], measure: str) -> dict:
    sums: dict = defaultdict(int)
    for row in rows:
        sums[tuple(row[column] for column in key)] += row[measure]
    return {key: cents for key, cents in sums.items() if cents}


@given(worlds())
def test_sdg_lines_partition_the_resources(a_world):
    made = allocate(a_world)
    key = ("outcome", "plan_period", "fiscal_year", "fund_type")
    for measure in ("planned_usd", "available_usd", "expense_usd"):
        assert summed(made.sdg_allocation, key, measure) == summed(made.outcome_resources, key, measure)


@given(worlds())
def test_partner_lines_and_every_kind_of_element_partition_the_expense(a_world):
    made = allocate(a_world)
    key = ("outcome", "plan_period", "fiscal_year")
    expense = summed(made.outcome_resources, key, "expense_usd")
    assert summed(made.partner_contribution, key, "expense_usd") == expense
    planned = summed(made.outcome_resources, key, "planned_usd")
    for kind in {row["kind"] for row in made.plan_contribution}:
        rows = [row for row in made.plan_contribution if row["kind"] == kind]
        years = {row["fiscal_year"] for row in rows}
        for measure, whole in (("expense_usd", expense), ("planned_usd", planned)):
            assert summed(rows, key, measure) == {k: v for k, v in whole.items() if k[2] in years}


@given(worlds())
def test_no_withheld_partner_is_named(a_world):
    made = allocate(a_world)
    for row in made.partner_contribution + made.partner_revenue:
        assert row["partner"] != "HID" and row["partner_name"] != "Hidden Friend"


@given(worlds(), st.randoms())
def test_the_order_of_the_rows_changes_nothing(a_world, random):
    lists = (
        "expenses",
        "budgets",
        "contributions",
        "sdg_weights",
        "plan_links",
        "partners",
        "outputs",
        "rates",
    )
    shuffled = {name: random.sample(rows := getattr(a_world, name), len(rows)) for name in lists}
    assert allocate(replace(a_world, **shuffled)) == allocate(a_world)
