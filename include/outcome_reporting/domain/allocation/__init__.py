"""The allocation in plain Python: slow, obvious, and what the warehouse's SQL is compared with row by row.

`split` divides cents exactly; `allocate` makes every row of the money views from the live rows of a `World`.
"""

from __future__ import annotations

from outcome_reporting.domain.allocation.allocate import Allocation, allocate
from outcome_reporting.domain.allocation.split import split
from outcome_reporting.domain.allocation.world import (
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
)

__all__ = [
    "Allocation",
    "Budget",
    "Contribution",
    "Element",
    "Expense",
    "Framework",
    "Fund",
    "Outcome",
    "Output",
    "Partner",
    "PlanLink",
    "Rate",
    "SdgWeight",
    "World",
    "allocate",
    "split",
]
