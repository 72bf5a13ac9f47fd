"""The proof that nothing was lost or made up: live facts against every axis of what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import LiteralString, cast

import psycopg

from outcome_reporting.allocation.statements import (
    Connection,
    Parameters,
    cursor_of,
    run_statement,
    run_statements,
    set_up_for_computing,
    statements,
)
from outcome_reporting.domain.figures import figure_id

_OF_CORE = ("check_slice", "check_rate", "check_fact", "check_contribution")
_HANDED_OVER = ("check_fact", "check_contribution")


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

    @property
    def measure(self) -> str:
        """planned, available, expense, contribution, or a stage of contributions."""
        return self.part.split()[-1]

    def figure(self, plan_period: str) -> str:
        """The id of the published figure that does not hold, in the plan period of its outcome or output.

        Empty where money stands on an output that is not live.
        """
        words = self.part.split()
        if self.axis == "revenue":
            return figure_id("all", "", self.fiscal_year, (), self.measure)
        if self.axis in ("resources", "sdg") and len(words) < 3:
            return ""
        fund_type = words[1] if self.axis in ("resources", "sdg") else ()
        return figure_id(words[0], plan_period, self.fiscal_year, fund_type, self.measure)

    def __str__(self) -> str:
        place = f"{self.office or 'whole organization'} {self.fiscal_year}, {self.axis}, {self.part}"
        if self.unconverted:
            return f"{place}: {self.unconverted} rows have no exchange rate in force on their date"
        return (
            f"{place}: live {self.live_usd} USD, published {self.published_usd} USD, "
            f"difference {self.difference_usd} USD"
        )


@dataclass(frozen=True, slots=True)
class LiveSums:
    """The live facts summed from core alone, as text rows of the server: what published rows are held against."""

    facts: list[bytes]
    contributions: list[bytes]


def sum_live_facts(
    connection: Connection,
    snapshot_at: datetime,
    fiscal_years: Sequence[int] | None = None,
    offices: Sequence[str] | None = None,
) -> LiveSums:
    """The half of `reconcile` that reads core: it needs nothing published, so it can be done while rows are written.

    By one process of the server: it is done long before it is needed, and more of them cost a third more altogether.
    An office's lines are read page by page, which takes less than to go from its key to each.
    """
    cursor = cursor_of(connection)
    set_up_for_computing(cursor)
    cursor.execute("set local max_parallel_workers_per_gather = 0; set local enable_indexscan = off")
    texts = statements("reconcile.sql")
    run_statements(cursor, [texts[name] for name in _OF_CORE], _parameters(snapshot_at, fiscal_years, offices))
    return LiveSums(*(_copied(cursor, name) for name in _HANDED_OVER))


def reconcile(
    connection: Connection,
    snapshot_at: datetime,
    fiscal_years: Sequence[int] | None = None,
    offices: Sequence[str] | None = None,
    live: LiveSums | None = None,
) -> list[Problem]:
    """Every place where the current published rows differ by a cent from the facts live at `snapshot_at`.

    Budgets and expenses equal resources, SDG lines, partner lines and each kind of plan lines, contributions
    equal revenue lines and the partners' contributions; of these fiscal years and offices (None: all), with money
    of the whole organization whatever the offices. `live` are the sums of the same, taken on another connection.
    Empty when all is well; changes nothing.
    """
    cursor = cursor_of(connection)
    set_up_for_computing(cursor)
    parameters = _parameters(snapshot_at, fiscal_years, offices)
    texts = dict(statements("reconcile.sql"))
    query = texts.pop("problems")
    if live:
        texts = {name: text for name, text in texts.items() if name not in _OF_CORE}
        for name, rows in zip(_HANDED_OVER, (live.facts, live.contributions), strict=True):
            run_statement(cursor, statements("live_sums.sql")[name])
            with cursor.copy(cast(LiteralString, f"copy {name} from stdin")) as copy:
                copy.write(b"".join(rows))
    run_statements(cursor, texts.values(), parameters)
    return [
        Problem(axis, office, year, part, _usd(live), _usd(published), unconverted)
        for axis, office, year, part, live, published, unconverted in cursor.execute(query).fetchall()
    ]


def _parameters(snapshot_at: datetime, fiscal_years: Sequence[int] | None, offices: Sequence[str] | None) -> Parameters:
    years = None if fiscal_years is None else list(fiscal_years)
    return {"snapshot_at": snapshot_at, "years": years, "offices": None if offices is None else list(offices)}


def _copied(cursor: psycopg.Cursor, table: str) -> list[bytes]:
    with cursor.copy(cast(LiteralString, f"copy {table} to stdout")) as copy:
        return [bytes(part) for part in copy]


def _usd(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
