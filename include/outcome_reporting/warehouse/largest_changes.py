"""The changes of one run that an operator hears of first: totals of an outcome and year, the largest ten."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

# Totals alone: one correction also changes SDG lines, partners, rates and the plan period, and is told once.
_LARGEST = """
with changed as (
    select figure_id, string_to_array(figure_id, ':') as part, before, after, cause, file_name,
        after::numeric - before::numeric as difference
    from report.figure_change
    where run_id = %(run)s
        and figure_id ~ '^[^:=]+:[0-9]{4}-[0-9]{4}:[0-9]{4}:(planned|available|expense)$'
),
known as materialized (
    select distinct outcome, plan_period from report.resource_line
    where outcome in (select part[1] from changed)
)
select changed.*, known.outcome, known.plan_period,
    coalesce(name.name, split_part(known.outcome, '_', 1)) as office_name
from changed
join known on known.outcome = changed.part[1] and known.plan_period = changed.part[2]
left join (
    select office.office, office.name
    from core.office as office
    join core.slice_org_life as life on life.slice_id = office.slice_id
    where life.valid_from <= %(snapshot)s and (life.valid_to is null or life.valid_to > %(snapshot)s)
) as name on name.office = split_part(known.outcome, '_', 1)
order by abs(changed.difference) desc, changed.figure_id
limit %(count)s
"""


def largest_changes(
    connection: Connection, run_id: uuid.UUID, snapshot_at: datetime, count: int = 10
) -> list[dict[str, str]]:
    """The run's largest changes of planned, available and expense totals, largest first; plain texts.

    Keys: figure_id, figure (in words), before, after, difference (dollars as `-1234.56`), cause (load, undo, redo,
    expiry), file_name (empty for an expiry), words (all of it in one line).
    """
    given = {"run": run_id, "snapshot": snapshot_at, "count": count}
    found = []
    for row in connection.exec_driver_sql(_LARGEST, given).mappings():
        figure = f"{row['office_name']}, {row['outcome']} ({row['plan_period']}), {row['part'][2]}, {row['part'][3]}"
        cause = f"{row['cause']} of {row['file_name']}" if row["file_name"] else row["cause"]
        before, after, difference = (Decimal(row[name]) for name in ("before", "after", "difference"))
        found.append(
            {
                "figure_id": row["figure_id"],
                "figure": figure,
                "before": str(before),
                "after": str(after),
                "difference": str(difference),
                "cause": row["cause"],
                "file_name": row["file_name"],
                "words": f"{figure}: {before:,.2f} -> {after:,.2f} ({difference:+,.2f}), {cause}",
            }
        )
    return found
