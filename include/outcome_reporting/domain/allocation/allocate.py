"""All money views from one `World`."""

from __future__ import annotations

from dataclasses import dataclass

from outcome_reporting.domain.allocation.facts import Facts
from outcome_reporting.domain.allocation.partners import partner_contribution, partner_revenue
from outcome_reporting.domain.allocation.plan import plan_contribution
from outcome_reporting.domain.allocation.resources import outcome_resources, sdg_allocation
from outcome_reporting.domain.allocation.rows import Row
from outcome_reporting.domain.allocation.world import World


@dataclass(frozen=True, slots=True)
class Allocation:
    """The rows of the public money views: dicts by view column, money in integer cents, empty as None.

    Rows whose figures are all zero are left out. Each list is ordered by its key columns.
    """

    outcome_resources: list[Row]
    sdg_allocation: list[Row]
    partner_contribution: list[Row]
    partner_revenue: list[Row]
    plan_contribution: list[Row]


def allocate(world: World) -> Allocation:
    """Every row of the five views. Raises ValueError for a world that intake would have refused."""
    facts = Facts(world)
    return Allocation(
        outcome_resources=outcome_resources(facts),
        sdg_allocation=sdg_allocation(facts),
        partner_contribution=partner_contribution(facts),
        partner_revenue=partner_revenue(facts),
        plan_contribution=plan_contribution(facts),
    )
