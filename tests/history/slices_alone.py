"""What the slices live at a moment give by the plain-Python allocation, with nothing of what was published."""

from __future__ import annotations

from datetime import date, datetime

from organization_oracle import Row
from sqlalchemy import Connection, select
from storm import MONEY_VIEWS

from outcome_reporting.domain import allocation as domain
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live import live_rows
from outcome_reporting.warehouse.live_sql import valid_sql
from outcome_reporting.workflows.house import connect


def published_by_slices(
    settings: Settings, moment: datetime | None, run_date: date, impute: bool = False
) -> dict[str, set[Row]]:
    """View -> rows as the oracle writes them, from the slices live at the moment (None: now)."""
    with connect(settings).connect() as connection:
        return rows_of(world_at(connection, moment, run_date, impute))


def rows_of(world: domain.World) -> dict[str, set[Row]]:
    found = domain.allocate(world)
    rows: dict[str, set[Row]] = {}
    for view, (keys, money) in MONEY_VIEWS.items():
        columns = [*keys.split(), *money.split()]
        rows[view] = {tuple(row[column] for column in columns) for row in getattr(found, view)}
    return rows


def _cents(usd) -> int | None:
    return None if usd is None else int(usd * 100)


def world_at(connection: Connection, moment: datetime | None, run_date: date, impute: bool = False) -> domain.World:
    def rows(table):
        return live_rows(connection, table, moment)

    world = domain.World(run_date=run_date, impute_core=impute)
    world.outcomes = [domain.Outcome(r["outcome"], r["plan_period"]) for r in rows(tables.outcome)]
    world.outputs = [domain.Output(r["output"], r["plan_period"], r["outcome"]) for r in rows(tables.output)]
    world.funds = [domain.Fund(r["fund"], r["fund_type"], r["financing_instrument"]) for r in rows(tables.fund)]
    world.partners = [
        domain.Partner(r["partner"], r["name"], r["contributor_type"], tuple(r["spellings"][2:]), r["withhold_until"])
        for r in rows(tables.partner)
    ]
    world.rates = [
        domain.Rate(r["currency"], r["effective_date"], r["rate_per_usd"]) for r in rows(tables.exchange_rate)
    ]
    world.budgets = [
        domain.Budget(
            r["output"],
            r["fiscal_year"],
            r["fund"],
            r["version"],
            _cents(r["planned_usd"]) or 0,
            _cents(r["available_usd"]) or 0,
        )
        for r in rows(tables.budget)
    ]
    world.expenses = [
        domain.Expense(
            r["output"],
            r["fiscal_year"],
            r["fund"],
            r["partner"],
            r["posting_date"],
            r["currency"],
            int(r["amount"] * 10_000),
            _cents(r["amount_usd"]),
        )
        for r in rows(tables.expense)
    ]
    world.contributions = [
        domain.Contribution(
            r["partner"],
            r["fund"],
            r["stage"],
            r["date"],
            r["fiscal_year"],
            r["currency"],
            int(r["amount"] * 10_000),
            _cents(r["amount_usd"]),
            r["outcome"],
        )
        for r in rows(tables.contribution)
    ]
    world.sdg_weights = [
        domain.SdgWeight(r["output"], r["fiscal_year"], r["sdg"], r["weight_percent"]) for r in rows(tables.sdg_weight)
    ]
    world.plan_links = [
        domain.PlanLink(r["outcome"], r["fiscal_year"], r["framework"], r["element"], r["weight_percent"])
        for r in rows(tables.plan_link)
    ]
    _held(connection, world, moment)
    world.frameworks = [domain.Framework(*row) for row in connection.execute(
        select(tables.framework.c.framework, tables.framework.c.first_year, tables.framework.c.last_year))]  # fmt: skip
    element = tables.plan_element.c
    world.elements = [
        domain.Element(*row)
        for row in connection.execute(select(element.framework, element.element, element.kind, element.name))
    ]
    return world


def _held(connection: Connection, world: domain.World, moment: datetime | None) -> None:
    """Groups that waited: their slices were live with held rows."""
    at = "%(moment)s::timestamptz"
    held = connection.exec_driver_sql(
        f"""
        with live as (select office, slice_id from core.slice_life where {valid_sql(at if moment else None)})
        select distinct h.dataset, h.cells ->> 'output', h.cells ->> 'outcome', (h.cells ->> 'fiscal_year')::int,
          h.cells ->> 'framework'
        from intake.held_row h join live using (office, slice_id)""",
        {"moment": moment},
    )
    for dataset, output, outcome, year, framework in held:
        if dataset == "sdg_weights":
            world.held_sdg_groups.add((output, year))
        else:
            world.held_plan_groups.add((outcome, year, framework))
