"""The published tables, and how new rows replace old ones: stamped and inserted, where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import LiteralString, cast

import psycopg

from outcome_reporting.allocation.lines import Lines
from outcome_reporting.allocation.statements import Parameters, run_statement, statements

_YEARS = "(%(years)s::smallint[] is null or fiscal_year = any(%(years)s::smallint[]))"
_OFFICES = "(%(offices)s::text[] is null or office = any(%(offices)s::text[]))"


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One table of `report` whose rows carry valid_from and valid_to; new rows stand in `new_<name>`."""

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    in_scope: str = f"{_OFFICES} and {_YEARS}"
    has_figures: bool = False

    def compare(self, cursor: psycopg.Cursor, parameters: Parameters) -> None:
        """Makes `difference_<name>`: rows that are new, changed or gone."""
        run_statement(cursor, self._statement("difference"), parameters)

    def has_differences(self, cursor: psycopg.Cursor) -> bool:
        found = cursor.execute(cast(LiteralString, f"select exists (select from difference_{self.name})"))
        return bool(found.fetchone()[0])  # type: ignore[index]

    def write_differences(self, cursor: psycopg.Cursor, parameters: Parameters) -> int:
        """Stamps what changed or vanished, inserts what is new or changed; the number of rows written."""
        if not self.has_differences(cursor):
            return 0
        stamped = run_statement(cursor, self._statement("stamp"), parameters)
        return stamped + run_statement(cursor, self._statement("insert"), parameters)

    def insert_first(self, cursor: psycopg.Cursor, parameters: Parameters, lines: Lines | None = None) -> int:
        """Inserts all new rows of a first publication: these, or those of `new_<name>`."""
        if lines is None:
            return run_statement(cursor, self._statement("first_insert"), parameters)
        return lines.write(cursor, f"report.{self.name} ({self._columns}, valid_from)", parameters["published_at"])

    def stage(self, cursor: psycopg.Cursor, parameters: Parameters, lines: Lines) -> None:
        """Makes `new_<name>` of rows that were made here."""
        table = f"new_{self.name}"
        run_statement(
            cursor,
            f"create temp table {table} on commit drop as "
            f"select {self._columns}, valid_from from report.{self.name} where false",
        )
        lines.write(cursor, table, parameters["published_at"])
        cursor.execute(cast(LiteralString, f"analyze pg_temp.{table}"))

    @property
    def _columns(self) -> str:
        return ", ".join(self.key + self.values)

    def _statement(self, name: str) -> str:
        return statements("6_merge.sql")[name].format(
            table=self.name,
            first_key=self.key[0],
            in_scope=self.in_scope,
            keys=", ".join(f"coalesce(live.{one}, fresh.{one}) as {one}" for one in self.key),
            old_and_new=", ".join(f"live.{one} as old_{one}, fresh.{one} as new_{one}" for one in self.values),
            same_key=" and ".join(f"live.{one} = fresh.{one}" for one in self.key),
            live_values=", ".join(f"live.{one}" for one in self.values),
            fresh_values=", ".join(f"fresh.{one}" for one in self.values),
            columns=self._columns,
            new_columns=", ".join([*self.key, *(f"new_{one}" for one in self.values)]),
        )


_OUTCOME_YEAR = ("office", "plan_period", "outcome", "fiscal_year")

# In the order in which they are written: the last is still computed when the first go to the server.
BY_YEAR = (
    PublishedTable(
        "resource_line",
        (*_OUTCOME_YEAR, "fund_type"),
        ("planned_cents", "available_cents", "expense_cents"),
        has_figures=True,
    ),
    PublishedTable(
        "partner_line",
        (*_OUTCOME_YEAR, "kind", "partner"),
        ("partner_name", "contributor_type", "expense_cents", "contribution_cents"),
        has_figures=True,
    ),
    PublishedTable(
        "revenue_line",
        ("partner", "fiscal_year", "fund_type", "instrument", "stage"),
        ("partner_name", "contributor_type", "amount_cents"),
        in_scope=_YEARS,
        has_figures=True,
    ),
    PublishedTable(
        "plan_line",
        (*_OUTCOME_YEAR, "framework", "kind", "element"),
        ("planned_cents", "expense_cents"),
        has_figures=True,
    ),
    PublishedTable(
        "result_line",
        (*_OUTCOME_YEAR, "output", "indicator"),
        ("title", "measure", "baseline", "milestone", "target", "result", "result_value"),
        has_figures=True,
    ),
    PublishedTable("note_line", (*_OUTCOME_YEAR, "language"), ("title", "note", "author", "status")),
    PublishedTable(
        "sdg_line",
        (*_OUTCOME_YEAR, "output", "fund_type", "sdg"),
        ("goal", "target", "method", "planned_cents", "available_cents", "expense_cents"),
        has_figures=True,
    ),
)


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """One accepted file's sheet table; money is dollars, None for datasets without money."""

    sha256: str
    table_no: int
    file_name: str
    dataset: str
    sheet: str
    rows_in_file: int
    rows_loaded: int
    rows_held: int
    rows_superseded: int
    amount_in_file_usd: Decimal | None
    loaded_usd: Decimal | None
    held_usd: Decimal | None
    difference_usd: Decimal | None


RECONCILIATION = PublishedTable(
    "reconciliation_line",
    ("sha256", "table_no"),
    tuple(ReconciliationRow.__dataclass_fields__)[2:],
    in_scope="true",
)


def stage_reconciliation(cursor: psycopg.Cursor, rows: Iterable[ReconciliationRow]) -> None:
    """Makes `new_reconciliation_line` from the caller's rows."""
    columns = RECONCILIATION.key + RECONCILIATION.values
    run_statement(
        cursor,
        "create temp table new_reconciliation_line on commit drop as "
        f"select {', '.join(columns)} from report.reconciliation_line where false",
    )
    copying = cast(LiteralString, f"copy new_reconciliation_line ({', '.join(columns)}) from stdin")
    with cursor.copy(copying) as copy:
        for row in rows:
            copy.write_row([getattr(row, column) for column in columns])
