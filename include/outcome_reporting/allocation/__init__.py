"""Set-based SQL that splits money over SDG targets, partners and plan elements, to the cent."""

from __future__ import annotations

from outcome_reporting.allocation.published import ReconciliationRow
from outcome_reporting.allocation.restate import Restatement, restate

__all__ = ["ReconciliationRow", "Restatement", "restate"]
