"""The published rows of outcomes, read by column: those of one outcome and year are one row of the query.

A page has hundreds of lines of partners. Sent and taken one by one they cost three times what they do as a few
texts and arrays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from outcome_reporting.domain.outcome import PartnerRow, PlanRow, ProgressNote, ResourceRow, ResultRow, SdgRow
from outcome_reporting.warehouse.cells import NumbersLoader
from outcome_reporting.warehouse.live_sql import valid_sql
from outcome_reporting.warehouse.source_names import Key

_BETWEEN = "\x1f"  # no text holds it: a control character is stored as a visible mark


def _note(values: tuple[Any, ...]) -> ProgressNote:
    return ProgressNote(*values)


def _result(values: tuple[Any, ...]) -> ResultRow:
    *texts, number = values
    return ResultRow._make((*texts, Decimal(number) if number else None))


@dataclass(frozen=True, slots=True)
class _Lines:
    """How the lines of a table are read: `columns` are in the order of the row that `row` makes of their values.

    Those that are `grouped` stand once for the lines that share them; amounts are whole numbers, all others texts.
    """

    row: Callable[[tuple[Any, ...]], Any]
    columns: str
    grouped: tuple[str, ...] = ("fiscal_year",)
    shown: str = "true"


LINES = {
    "resource_line": _Lines(ResourceRow._make, "fiscal_year, fund_type, planned_cents, available_cents, expense_cents"),
    "sdg_line": _Lines(
        SdgRow._make,
        "output, fiscal_year, fund_type, goal, target, method, planned_cents, available_cents, expense_cents",
    ),
    "partner_line": _Lines(
        PartnerRow._make,
        "fiscal_year, partner, partner_name, contributor_type, kind, expense_cents, contribution_cents",
        grouped=("fiscal_year", "kind"),
    ),
    "plan_line": _Lines(PlanRow._make, "fiscal_year, framework, kind, element, '', planned_cents, expense_cents"),
    "result_line": _Lines(
        _result,
        "indicator, output, title, measure, fiscal_year, baseline, milestone, target, result, result_value",
    ),
    "note_line": _Lines(_note, "fiscal_year, language, title, note, author, status", shown="status = 'approved'"),
}


class PublishedLines:
    """The lines of one publication of some offices that a page may show, and when they changed last.

    Of each outcome `rows[table]` has the rows, in no set order; `years` those that have any; `dates` the last moment,
    not after the publication, at which a row of any of the tables came or went.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], published_at: datetime, offices: Sequence[str] | None
    ) -> None:
        self.rows: dict[str, dict[Key, list[Any]]] = {}
        self.years: dict[Key, set[int]] = defaultdict(set)
        self.dates: dict[Key, datetime] = {}
        given = {"at": published_at, "offices": None if offices is None else list(offices)}
        with connection.pipeline():  # sent together
            cursors = {
                table: _cursor(connection).execute(_query(table, lines), given) for table, lines in LINES.items()
            }
        for table, cursor in cursors.items():
            lines = LINES[table]
            found = self.rows[table] = defaultdict(list)
            for outcome, period, year, at, count, *columns in cursor:
                key = (outcome, period)
                self.dates[key] = max(at, self.dates.get(key, at))
                if count:
                    self.years[key].add(year)
                    found[key] += map(lines.row, zip(*_values(lines, columns, count), strict=False))


def _cursor(connection: psycopg.Connection[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    """Amounts come as arrays."""
    cursor = connection.cursor(row_factory=tuple_row, binary=True)
    cursor.adapters.register_loader(cursor.adapters.types["int8"].array_oid, NumbersLoader)
    return cursor


def _query(table: str, lines: _Lines) -> str:
    """A row for each outcome and whatever is grouped, of which some or none are shown.

    What is asked of each row is answered below, once, and not again for each of its columns.
    """
    selected = [_selected(column, column in lines.grouped) for column in lines.columns.split(", ")]
    return f"""
    select outcome, plan_period, fiscal_year, max(moved_at), count(*) filter (where is_shown), {", ".join(selected)}
    from (
      select *, case when valid_to <= %(at)s then valid_to else valid_from end as moved_at,
        {valid_sql("%(at)s")} and {lines.shown} as is_shown
      from report.{table}
      where valid_from <= %(at)s and (%(offices)s::text[] is null or office = any(%(offices)s))
      offset 0
    ) as line
    group by {", ".join(("outcome", "plan_period", *lines.grouped))}"""


def _selected(column: str, is_grouped: bool) -> str:
    if is_grouped:
        return column
    if column.endswith("_cents"):
        return f"array_agg({column}) filter (where is_shown)"
    return f"string_agg(coalesce({column}::text, ''), E'\\x1f') filter (where is_shown)"


def _values(lines: _Lines, columns: Sequence[Any], count: int) -> Iterator[Any]:
    """Each column with a value for every line."""
    for name, column in zip(lines.columns.split(", "), columns, strict=True):
        if name in lines.grouped:
            yield repeat(column, count)
            continue
        values = column.split(_BETWEEN) if isinstance(column, str) else column.tolist()
        if len(values) != count:
            raise ValueError(f"{len(values)} texts of {name} where {count} were expected: one holds their separator")
        yield values
