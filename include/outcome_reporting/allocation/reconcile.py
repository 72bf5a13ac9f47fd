"""The proof that nothing was lost or made up: live facts against every axis of what is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from outcome_reporting.allocation.statements import Connection, cursor_of, run_statement, statements


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where published rows do not sum to the live facts.

    `axis` is resources, sdg, partners, plan, revenue or exchange rates; `part` names the code, fund type, kind
    or stage and the measure. Dollars are exact. `unconverted` counts rows without any rate in force, which no
    sum can hold. `office` is empty for money of the whole organization.
    """

    axis: str
    office: str
    fiscal_year: int
    part: str
    live_usd: Decimal
    published_usd: Decimal
    unconverted: int = 0

    @property
    def difference_usd(self) -> Decimal:
        return self.live_usd - self.published_usd

    def __str__(self) -> str:
        place = f"{self.office or 'whole organization'} {self.fiscal_year}, {self.axis}, {self.part}"
        if self.unconverted:
            return f"{place}: {self.unconverted} rows have no exchange rate in force on their date"
        return (
            f"{place}: live {self.live_usd} USD, published {self.published_usd} USD, "
            f"difference {self.difference_usd} USD"
        )


def reconcile(connection: Connection, snapshot_at: datetime) -> list[Problem]:
    """Every place where the current published rows differ by a cent from the facts live at `snapshot_at`.

    Budgets and expenses equal resources, SDG lines, partner lines and each kind of plan lines, contributions
    equal revenue lines and the partners' contributions. Empty when all is well; changes nothing.
    """
    cursor = cursor_of(connection)
    texts = dict(statements("reconcile.sql"))
    query = texts.pop("problems")
    for text in texts.values():
        run_statement(cursor, text, {"snapshot_at": snapshot_at})
    return [
        Problem(axis, office, year, part, _usd(live), _usd(published), unconverted)
        for axis, office, year, part, live, published, unconverted in cursor.execute(query).fetchall()
    ]


def _usd(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
