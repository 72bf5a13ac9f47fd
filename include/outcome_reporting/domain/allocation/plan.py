"""The money of each outcome and year split over the strategic-plan elements it contributes to.

Every kind of element (impact area, systemic outcome, organizational output) splits the whole money once; what
a kind does not link stands in a line without an element.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from outcome_reporting.domain.allocation.facts import Facts
from outcome_reporting.domain.allocation.rows import Row, Rows
from outcome_reporting.domain.allocation.split import split
from outcome_reporting.domain.codes import fold_name, natural_key
from outcome_reporting.domain.weights import Effective, element_index, evaluate

_Group = tuple[str, int, str, str | None]  # outcome, fiscal year, framework, kind


def plan_contribution(facts: Facts) -> list[Row]:
    """Rows of the view `plan_contribution`, for every outcome and year with planned money or an expense.

    In a year of no framework, or of one whose elements are not known, framework or kind stay empty.
    """
    rows = Rows(
        ("office", "plan_period", "outcome", "fiscal_year", "framework", "kind", "element"),
        ("expense_usd", "planned_usd"),
    )
    groups = _groups(facts)
    for (outcome, year), cents in _money(facts).items():
        place = facts.outcome_place(outcome, year)
        for framework in _frameworks(facts, groups, outcome, year):
            for kind in _kinds(facts, framework):
                effective = groups.get((outcome, year, framework or "", kind))
                key = (place.office, place.plan_period, outcome, year, framework, kind)
                for measure, amount in cents.items():
                    for element, piece in _pieces(amount, effective):
                        rows.add((*key, element), **{measure: piece})
    return rows.rows()


def _pieces(amount: int, effective: Effective | None) -> list[tuple[str | None, int]]:
    if effective is None:
        return [(None, amount)]
    return list(split(amount, effective.parts, order=natural_key))


def _money(facts: Facts) -> dict[tuple[str, int], dict[str, int]]:
    """Expense and planned cents of each (outcome, fiscal year)."""
    money: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: {"expense_usd": 0, "planned_usd": 0})
    for (output, year, _, _), cents in facts.expense_cells.items():
        money[facts.output_place(output, year).outcome, year]["expense_usd"] += cents
    for (output, year, _), (planned, _) in facts.budget_cells.items():
        money[facts.output_place(output, year).outcome, year]["planned_usd"] += planned
    return money


def _groups(facts: Facts) -> dict[_Group, Effective]:
    """The live links' weights, judged by kind within each outcome, year and framework."""
    kinds = {(element.framework, element.element): element.kind for element in facts.world.elements}
    members: dict[_Group, list[tuple[str, Decimal | None]]] = defaultdict(list)
    for link in facts.world.plan_links:
        known = element_index((e.element, e.name) for e in facts.world.elements if e.framework == link.framework)
        code = known.get(fold_name(link.element))
        if code is None:
            raise ValueError(f"framework {link.framework} has no element {link.element}")
        kind = kinds[link.framework, code]
        members[link.outcome, link.fiscal_year, link.framework, kind].append((code, link.weight))
    groups: dict[_Group, Effective] = {}
    for group, rows in members.items():
        verdict = evaluate(rows)
        if not isinstance(verdict, Effective):
            raise ValueError(f"links of {group} do not hold together: {verdict[0].message}")
        groups[group] = verdict
    return groups


def _frameworks(facts: Facts, groups: Iterable[_Group], outcome: str, year: int) -> Sequence[str | None]:
    """The framework that the outcome's links of the year name; held links count when they alone name one.

    Without links it is the framework in force in that year. Were links of two frameworks live, each would
    show the whole money.
    """
    linked = {framework for code, when, framework, _ in groups if (code, when) == (outcome, year)}
    if linked:
        return sorted(linked)
    held = {framework for code, when, framework in facts.world.held_plan_groups if (code, when) == (outcome, year)}
    if len(held) == 1:
        return list(held)
    in_force = [f for f in facts.world.frameworks if f.first_year <= year <= f.last_year]
    return [max(in_force, key=lambda f: f.first_year).framework] if in_force else [None]


def _kinds(facts: Facts, framework: str | None) -> Sequence[str | None]:
    kinds = {element.kind for element in facts.world.elements if element.framework == framework}
    return sorted(kinds) if kinds else [None]
