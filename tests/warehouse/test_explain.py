"""The cells behind a figure sum to the figure: every kind of figure, over random worlds."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from decimal import Decimal

import pytest
from sqlalchemy import Connection
from tests.allocation.drops import Drops, day
from tests.allocation.worlds import load_world, random_world

from outcome_reporting.allocation import restate
from outcome_reporting.domain.figures import figure_id, parse_figure_id, sdg_what

from .explained import explain, published_figures, value_of, write_sheets

AMOUNTS = ("planned", "available", "expense")


def _publish(connection: Connection, seed: int) -> Drops:
    world, drops = random_world(seed), Drops(connection)
    load_world(drops, world, day(1))
    write_sheets(connection)
    restate(
        connection,
        snapshot_at=day(2),
        published_at=day(3),
        run_id=uuid.uuid4(),
        run_date=world.run_date,
        fiscal_years=None,
        impute=world.impute_core,
    )
    return drops


def _rows(connection: Connection, view: str) -> list[dict]:
    return [dict(row) for row in connection.exec_driver_sql(f"select * from report.{view}").mappings()]


def _figures(connection: Connection) -> dict[str, Decimal]:
    """Every figure of the public views by its id, totals of years, periods, goals and offices among them."""
    figures: dict[str, Decimal] = defaultdict(Decimal)

    def add(scope, row, what, measure, usd) -> None:
        figures[figure_id(scope, row.get("plan_period"), row["fiscal_year"], what, measure)] += usd
        if row.get("plan_period"):
            figures[figure_id(scope, row["plan_period"], None, what, measure)] += usd

    for row in _rows(connection, "outcome_resources"):
        for measure in (*AMOUNTS, "shortfall"):
            usd = row[f"{measure}_usd"]
            add(row["outcome"], row, None, measure, usd)
            add(row["outcome"], row, row["fund_type"], measure, usd)
            for scope in ("all", ("office", row["office"])):
                figures[figure_id(scope, None, row["fiscal_year"], None, measure)] += usd
    for row in _rows(connection, "sdg_allocation"):
        for measure in AMOUNTS:
            usd = row[f"{measure}_usd"]
            for scope in (row["outcome"], row["output"]):
                add(scope, row, sdg_what(row["goal"], row["target"]), measure, usd)
                if row["goal"] != "X00":
                    add(scope, row, ("sdg", row["goal"]), measure, usd)
            add(row["output"], row, None, measure, usd)
            figures[figure_id(("sdg", row["goal"]), None, row["fiscal_year"], None, measure)] += usd
    names = {"core pool": "(core)", "withheld": "(withheld)", "unattributed": "(none)"}
    for row in _rows(connection, "partner_contribution"):
        what = ("partner", names.get(row["kind"]) or row["partner"])
        add(row["outcome"], row, what, "imputed" if row["kind"] == "imputed" else "expense", row["expense_usd"])
        add(row["outcome"], row, what, "contribution", row["contribution_usd"])
    for row in _rows(connection, "plan_contribution"):
        if row["kind"]:
            what = ("plan", row["framework"], row["element"] or f"({row['kind']})")
            for measure in ("planned", "expense"):
                add(row["outcome"], row, what, measure, row[f"{measure}_usd"])
                figures[figure_id(what, None, row["fiscal_year"], None, measure)] += row[f"{measure}_usd"]
    for row in _rows(connection, "partner_revenue"):
        scope = ("partner", row["partner"] or "(withheld)")
        add(scope, row, row["fund_type"], row["stage"], row["amount_usd"])
        add(scope, row, None, row["stage"], row["amount_usd"])
    return figures


@pytest.mark.parametrize("seed", range(12))
def test_the_cells_sum_to_the_figure(connection, seed):
    _publish(connection, seed)
    figures = _figures(connection)
    for figure in random.Random(seed).sample(sorted(figures), min(120, len(figures))):
        cells = explain(connection, figure)
        assert sum(cell["share_usd"] for cell in cells) == figures[figure], figure
        assert all(cell["file_name"] and cell["sheet"] and cell["column"] and cell["row"] for cell in cells)
        assert {cell["figure_id"] for cell in cells} <= {figure}


def test_a_withheld_partners_own_id_explains_nothing(connection):
    _publish(connection, 3)
    connection.exec_driver_sql("insert into report.withheld values ('NOR') on conflict do nothing")
    assert explain(connection, "partner=NOR:2020:revenue") == []


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_every_kind_of_published_figure_has_its_value_and_its_cells(connection, seed):
    """A sample of all ids that the pages can have, with some of each kind; a rate lists cells and no shares."""
    _publish(connection, seed)
    by_kind: dict[tuple, list[str]] = defaultdict(list)
    for figure in published_figures(connection):
        asked = parse_figure_id(figure)
        by_kind[(len(asked.scope), asked.scope[0] == "all", asked.year is None, asked.what[:1], asked.measure)].append(
            figure
        )
    assert len(by_kind) > 40
    dice = random.Random(seed)
    for figures in by_kind.values():
        for figure in dice.sample(figures, min(4, len(figures))):
            value, cells = value_of(connection, figure), explain(connection, figure)
            if figure.endswith("_rate"):
                assert all(cell["share_usd"] is None for cell in cells), figure
            else:
                assert value is not None and sum(cell["share_usd"] for cell in cells) == Decimal(value), figure


def test_a_past_figure_is_explained_by_what_was_live_then(connection):
    drops = _publish(connection, 5)
    before = {
        (row["outcome"], row["plan_period"], row["fiscal_year"]) for row in _rows(connection, "outcome_resources")
    }
    live = connection.exec_driver_sql(
        "select office, slice_key from core.slice_life where dataset = 'expenses' and valid_to is null"
    ).all()
    for office, key in live:
        drops.drop("expenses", key, [], day(4), office)
    restate(
        connection,
        snapshot_at=day(5),
        published_at=day(6),
        run_id=uuid.uuid4(),
        run_date=day(0).date(),
        fiscal_years=None,
        impute=False,
    )
    for outcome, period, year in before:
        figure = figure_id(outcome, period, year, None, "expense")
        given = {"figure": figure, "then": day(3), "outcome": outcome, "period": period, "year": year}
        published = connection.exec_driver_sql(
            "select sum(expense_usd) from report.outcome_resources_as_of(%(then)s) "
            "where outcome = %(outcome)s and plan_period = %(period)s and fiscal_year = %(year)s",
            given,
        ).scalar_one()
        cells = connection.exec_driver_sql(
            "select coalesce(sum(share_usd), 0) from report.explain(%(figure)s, %(then)s)", given
        ).scalar_one()
        assert cells == published
        assert explain(connection, figure) == []
