"""Set-based SQL that splits money over SDG targets, partners and plan elements, to the cent."""

from __future__ import annotations

from outcome_reporting.allocation.published import ReconciliationRow
from outcome_reporting.allocation.reconcile import Problem, reconcile
from outcome_reporting.allocation.restate import Restatement, restate
from outcome_reporting.allocation.touched import Scope, touched_scope, touched_years

__all__ = [
    "Problem",
    "ReconciliationRow",
    "Restatement",
    "Scope",
    "reconcile",
    "restate",
    "touched_scope",
    "touched_years",
]
