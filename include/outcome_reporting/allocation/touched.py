"""Which fiscal years a restatement has to look at."""

from __future__ import annotations

from datetime import date, datetime

from outcome_reporting.allocation.statements import Connection, cursor_of, run_statement, statements

_END = "infinity"


def touched_years(
    connection: Connection,
    since: datetime | None,
    run_date: date | None = None,
    *,
    snapshot_at: datetime | None = None,
) -> list[int]:
    """Fiscal years whose figures may differ from those published, in order.

    `since` is the snapshot of the last publication (None: there is none, and every year is touched). A year is
    touched when facts, weights, links, results or notes of it changed life after that; weights also touch the
    later years of their plan period, rates the years that use their currency, outcomes and outputs their plan
    period, funds and partners every year. With `run_date` a partner whose withholding began or ended since the
    last run touches every year as well. Only what happened up to `snapshot_at` counts (None: everything).
    """
    cursor = cursor_of(connection)
    texts = statements("touched.sql")
    parameters = {"since": since, "run_date": run_date, "until": snapshot_at or _END}
    parameters["is_withholding_changed"] = False
    if run_date is not None:
        found = cursor.execute(texts["is_withholding_changed"], parameters).fetchone()
        parameters["is_withholding_changed"] = bool(found and found[0])
    for name in ("changed_slice", "used_year"):
        run_statement(cursor, texts[name], parameters)
    return [year for (year,) in cursor.execute(texts["touched"], parameters).fetchall()]
