"""Splits money over SDG targets, partners and plan elements, to the cent: by SQL, and cells on integer arrays."""

from __future__ import annotations

from outcome_reporting.allocation.beside import Beside
from outcome_reporting.allocation.published import ReconciliationRow
from outcome_reporting.allocation.reconcile import LiveSums, Problem, reconcile, sum_live_facts
from outcome_reporting.allocation.restate import Restatement, restate
from outcome_reporting.allocation.touched import Scope, has_news, touched_scope, touched_years

__all__ = [
    "Beside",
    "LiveSums",
    "Problem",
    "ReconciliationRow",
    "Restatement",
    "Scope",
    "has_news",
    "reconcile",
    "restate",
    "sum_live_facts",
    "touched_scope",
    "touched_years",
]
