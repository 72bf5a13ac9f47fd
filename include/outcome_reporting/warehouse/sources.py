"""The cells behind the totals of every outcome and year, grouped: what a page shows when a figure is opened.

A total's cells are taken whole (nothing is split yet), so a group's share is the plain sum of its cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from outcome_reporting.domain.figures import figure_id
from outcome_reporting.domain.outcome import Explanation, SourceGroup, SourceLine

LARGEST = 10
# One pass over the cells of all offices asked for: a pass for each would read all facts again.
_CELLS = """
create temp table explained_total on commit drop as
select * from core.explained_expense(%(snapshot)s, %(office)s, null, null, null) where office = any(%(offices)s)
union all
select * from core.explained_budget(%(snapshot)s, %(office)s, null, null, null) where office = any(%(offices)s)"""
_GROUPS = """
select outcome, plan_period, fiscal_year, measure, file_name, sheet, output, fund_type,
  case when partner = any(%(withheld)s) then '' else partner end as partner,
  count(*)::integer as lines, sum(cents)::bigint as cents
from explained_total group by 1, 2, 3, 4, 5, 6, 7, 8, 9
order by 1, 2, 3, 4, abs(sum(cents)) desc, 5, 6, 7, 8, 9"""
_LINES = """
select * from (
  select cell.*, row_number() over (
    partition by outcome, plan_period, fiscal_year, measure
    order by abs(cents) desc, file_name, sheet, row_no, column_letter) as place
  from explained_total as cell) as ranked
where place <= %(largest)s order by outcome, plan_period, fiscal_year, measure, place"""


def explain_totals(
    connection: Connection, snapshot: datetime, offices: Sequence[str], withheld: Collection[str]
) -> dict[tuple[str, str], dict[str, Explanation]]:
    """{(outcome, plan period): {figure id: explanation}} of the planned, available and expense totals of each year.

    Withheld partners are left unnamed; each explanation has every group and the largest cells.
    """
    groups: dict[tuple, list[SourceGroup]] = defaultdict(list)
    lines: dict[tuple, list[SourceLine]] = defaultdict(list)
    given = {
        "snapshot": snapshot,
        "office": offices[0] if len(offices) == 1 else None,
        "offices": list(offices),
        "withheld": list(withheld),
        "largest": LARGEST,
    }
    connection.exec_driver_sql("drop table if exists pg_temp.explained_total")
    connection.exec_driver_sql(_CELLS, given)
    for row in connection.exec_driver_sql(_GROUPS, given).mappings():
        groups[_total(row)].append(
            SourceGroup(
                row["file_name"],
                row["sheet"],
                row["output"],
                row["fund_type"],
                row["partner"],
                row["lines"],
                "100",
                row["cents"],
            )
        )
    for row in connection.exec_driver_sql(_LINES, given).mappings():
        lines[_total(row)].append(
            SourceLine(
                row["file_name"],
                row["sheet"],
                row["row_no"],
                row["column_letter"],
                _plain(row["amount"]),
                row["currency"],
                "" if row["rate"] is None else _plain(row["rate"]),
                "" if row["rate_date"] is None else row["rate_date"].isoformat(),
                "100",
                int(row["cents"]),
            )
        )
    found: dict[tuple[str, str], dict[str, Explanation]] = defaultdict(dict)
    for (outcome, period, year, measure), own in groups.items():
        figure = figure_id(outcome, period, year, (), measure)
        found[(outcome, period)][figure] = Explanation(tuple(own), tuple(lines[(outcome, period, year, measure)]))
    return found


def _total(row: RowMapping) -> tuple:
    return (row["outcome"], row["plan_period"], row["fiscal_year"], row["measure"])


def _plain(amount: Any) -> str:
    """An exact decimal with at least two places and no zeros that say nothing."""
    text = format(amount, "f").rstrip("0") if "." in format(amount, "f") else format(amount, "f")
    whole, _, places = text.partition(".")
    return f"{whole}.{places:0<2}"
