"""Which fiscal years a restatement has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from outcome_reporting.allocation.statements import Connection, Parameters, cursor_of, run_statement, statements

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
        found = cursor.execute(texts["is_withholding_changed"], parameters).fetchone()
        parameters["is_withholding_changed"] = bool(found and found[0])
    for name in ("changed_slice", "used_year"):
        run_statement(cursor, texts[name], parameters)
    years = [year for (year,) in cursor.execute(texts["touched"], parameters).fetchall()]
    row = cursor.execute(texts["touched_offices"], parameters).fetchone()
    return Scope(years, row[0] if row else None)
