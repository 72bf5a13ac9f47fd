"""Which fiscal years a restatement has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString, cast

import psycopg

from outcome_reporting.allocation.statements import (
    Connection,
    Parameters,
    cursor_of,
    run_statements,
    set_up_for_computing,
    statements,
)

_END = "infinity"


@dataclass(frozen=True, slots=True)
class Scope:
    """What `restate` has to look at: fiscal years, and offices (None: all of them)."""

    fiscal_years: list[int]
    offices: list[str] | None


def touched_years(
    connection: Connection,
    since: datetime | None,
    run_date: date | None = None,
    *,
    snapshot_at: datetime | None = None,
) -> list[int]:
    """The fiscal years of `touched_scope`, in order."""
    return touched_scope(connection, since, run_date, snapshot_at=snapshot_at).fiscal_years


def touched_scope(
    connection: Connection,
    since: datetime | None,
    run_date: date | None = None,
    *,
    snapshot_at: datetime | None = None,
) -> Scope:
    """Fiscal years and offices whose figures may differ from those published.

    `since` is the snapshot of the last publication (None: there is none, and every year is touched). A year is
    touched when facts, weights, links, results or notes of it changed life after that; weights also touch the
    later years of their plan period, rates the years that use their currency, outcomes and outputs their plan
    period, funds and partners every year. With `run_date` a partner whose withholding began or ended since the
    last run touches every year as well. Only what happened up to `snapshot_at` counts (None: everything).
    Whatever belongs to the whole organization touches every office.
    """
    cursor = cursor_of(connection)
    texts = statements("touched.sql")
    parameters: Parameters = {"since": since, "run_date": run_date, "until": snapshot_at or _END}
    parameters["is_withholding_changed"] = False
    if run_date is not None:
        parameters["is_withholding_changed"] = _is(cursor, "is_withholding_changed", parameters)
    if since is not None and not parameters["is_withholding_changed"] and not _is(cursor, "has_changed", parameters):
        return Scope([], [])
    set_up_for_computing(cursor)  # what a night has loaded may be unknown to the planner as yet
    run_statements(cursor, [texts[name] for name in ("changed_slice", "used_year")], parameters)
    years = [year for (year,) in cursor.execute(texts["touched"], parameters).fetchall()]
    row = cursor.execute(texts["touched_offices"], parameters).fetchone()
    return Scope(years, row[0] if row else None)


def has_news(connection: Connection, since: datetime, run_date: date) -> bool:
    """Whether anything happened after `since` that a restatement would look at; only reads, no temporary table.

    Slices that changed life, files loaded or undone, and partners whose withholding began or ended by `run_date`.
    """
    cursor = cursor_of(connection)
    parameters: Parameters = {"since": since, "run_date": run_date, "until": _END}
    return any(_is(cursor, name, parameters) for name in ("has_changed", "has_loads", "is_withholding_changed"))


def _is(cursor: psycopg.Cursor, name: str, parameters: Parameters) -> bool:
    found = cursor.execute(cast(LiteralString, statements("touched.sql")[name]), parameters).fetchone()
    return bool(found and found[0])
