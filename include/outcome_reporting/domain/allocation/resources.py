"""Planned, available and expenses of each outcome by year and fund type, and split over SDG targets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from outcome_reporting.domain.allocation.facts import Facts
from outcome_reporting.domain.allocation.rows import Row, Rows
from outcome_reporting.domain.allocation.split import split
from outcome_reporting.domain.codes import parse_sdg, plan_period_years
from outcome_reporting.domain.weights import NOT_ATTRIBUTED, Effective, Method, evaluate

_PLACE = ("office", "plan_period", "outcome")
_MONEY = ("planned_usd", "available_usd", "expense_usd")


def outcome_resources(facts: Facts) -> list[Row]:
    """Rows of the view `outcome_resources`: one for each outcome, fiscal year and fund type with money."""
    rows = Rows((*_PLACE, "fiscal_year", "fund_type"), _MONEY)
    for output, year, fund, cents in _cells(facts):
        place = facts.output_place(output, year)
        key = (place.office, place.plan_period, place.outcome, year, facts.fund_type(fund))
        rows.add(key, **cents)
    return [row | {"shortfall_usd": row["planned_usd"] - row["available_usd"]} for row in rows.rows()]


def sdg_allocation(facts: Facts) -> list[Row]:
    """Rows of the view `sdg_allocation`: each cell is split once, and the pieces summed."""
    weights = _weights_by_group(facts)
    rows = Rows((*_PLACE, "output", "fiscal_year", "fund_type", "goal", "target", "method"), _MONEY)
    for output, year, fund, cents in _cells(facts):
        place = facts.output_place(output, year)
        effective = _effective(facts, weights, output, year, place.plan_period)
        for measure, amount in cents.items():
            for code, piece in split(amount, effective.parts):
                sdg = parse_sdg(code)
                line = (sdg.goal, sdg.target, effective.method.value)
                key = (
                    place.office,
                    place.plan_period,
                    place.outcome,
                    output,
                    year,
                    facts.fund_type(fund),
                    *line,
                )
                rows.add(key, **{measure: piece})
    return rows.rows()


def _cells(facts: Facts) -> list[tuple[str, int, str, dict[str, int]]]:
    """(output, fiscal year, fund, {measure: cents}) of every cell; an expense cell is one partner's."""
    budgets = [
        (output, year, fund, {"planned_usd": planned, "available_usd": available})
        for (output, year, fund), (planned, available) in facts.budget_cells.items()
    ]
    expenses = [
        (output, year, fund, {"expense_usd": cents}) for (output, year, fund, _), cents in facts.expense_cells.items()
    ]
    return budgets + expenses


def _weights_by_group(facts: Facts) -> dict[tuple[str, int], Effective]:
    """The live, not held groups; a group that does not hold together cannot be live."""
    rows: dict[tuple[str, int], list[tuple[str, Decimal | None]]] = defaultdict(list)
    for row in facts.world.sdg_weights:
        rows[row.output, row.fiscal_year].append((parse_sdg(row.sdg).code, row.weight))
    groups = {}
    for group, members in rows.items():
        if group in facts.world.held_sdg_groups:
            continue
        verdict = evaluate(members)
        if not isinstance(verdict, Effective):
            raise ValueError(f"weights of {group} do not hold together: {verdict[0].message}")
        groups[group] = verdict
    return groups


def _effective(
    facts: Facts, weights: dict[tuple[str, int], Effective], output: str, year: int, plan_period: str
) -> Effective:
    """The year's weights; the nearest earlier ones of the plan period; else all is not attributable.

    A held year counts as present, so that its own money is not attributable, and is skipped from later years.
    """
    if (output, year) in facts.world.held_sdg_groups:
        return NOT_ATTRIBUTED
    if (output, year) in weights:
        return weights[output, year]
    first, _ = plan_period_years(plan_period)
    for earlier in range(year - 1, first - 1, -1):
        if (output, earlier) in weights:
            return replace(weights[output, earlier], method=Method.INHERITED)
    return NOT_ATTRIBUTED
