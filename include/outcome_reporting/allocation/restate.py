"""Making the published rows anew from what was live at one moment, and writing only what differs.

Idempotent by construction: rows are computed from the slices live at the snapshot alone, compared with the
published ones, and only differences are stamped and inserted; a second run finds none and writes nothing.

All staging is temporary: dimensions with their numbers and sums of cells, analyzed before they are joined, gone with
the transaction. The cells themselves are summed and split in numpy (`cells.py`), where the many rows are made too
(`lines.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import psycopg

from outcome_reporting.allocation.cells import (
    read_cells,
    read_shares,
    split_cells,
    split_long_cells,
    stage_sums,
)
from outcome_reporting.allocation.codes import Codes
from outcome_reporting.allocation.lines import Lines, direct_money, partner_lines, sdg_lines
from outcome_reporting.allocation.published import (
    BY_YEAR,
    RECONCILIATION,
    PublishedTable,
    ReconciliationRow,
    stage_reconciliation,
)
from outcome_reporting.allocation.statements import (
    Connection,
    Parameters,
    cursor_of,
    run_statement,
    run_statements,
    set_up_for_computing,
    statements,
)

_DIMENSIONS = ("1_dimensions.sql",)
_WEIGHTS = ("3_weights.sql",)
_AFTER_CELLS = ("4_lines.sql", "5_plan.sql")


@dataclass(frozen=True, slots=True)
class Restatement:
    """What one restatement did.

    `rows_changed` counts, for each table of `report`, the rows inserted or stamped; `figures_changed` the rows
    of the record of changes. `is_published` is False when nothing at all had changed since the last one.
    """

    run_id: UUID
    snapshot_at: datetime
    published_at: datetime
    fiscal_years: tuple[int, ...] | None
    is_published: bool
    is_first: bool
    figures_changed: int
    rows_changed: dict[str, int] = field(default_factory=dict)


def restate(
    connection: Connection,
    *,
    snapshot_at: datetime,
    published_at: datetime,
    run_id: UUID,
    run_date: date,
    fiscal_years: Sequence[int] | None,
    impute: bool,
    offices: Sequence[str] | None = None,
    reconciliation: Iterable[ReconciliationRow] | None = None,
    once_read: Callable[[], object] | None = None,
) -> Restatement:
    """Restates the published rows of these fiscal years and offices (None: all) as of `snapshot_at`.

    No year at all ([]) looks at the withhold list and the reconciliation alone.
    Runs inside the caller's transaction, which also gets settings for computing until it ends. `run_date` decides
    which partners are withheld; `impute` splits the core pool by core revenue; `reconciliation` are all its rows
    (None leaves them as they are); `once_read` is called when the money was read. Raises ValueError when `published_at`
    is not after the last publication: a moment is published once.
    """
    cursor = cursor_of(connection)
    last = cursor.execute(statements("8_publication.sql")["last_publication"]).fetchone()
    if last is not None and published_at <= last[1]:
        raise ValueError(f"published_at {published_at} is not after the last publication of {last[1]}")
    parameters: Parameters = {
        "snapshot_at": snapshot_at,
        "published_at": published_at,
        "run_id": run_id,
        "run_date": run_date,
        "years": None if fiscal_years is None else sorted(set(fiscal_years)),
        "offices": None if offices is None else sorted(set(offices)),
        "impute": impute,
        "since": None if last is None else last[2],
    }
    set_up_for_computing(cursor)
    tables = list(BY_YEAR) if parameters["years"] != [] else []
    with ThreadPoolExecutor(1) as beside:
        if not tables:
            _run(cursor, parameters, _DIMENSIONS)
            made: dict[str, Callable[[], Lines]] = {}
        else:
            made = _make_new_rows(cursor, parameters, once_read, beside)
        if reconciliation is not None:
            stage_reconciliation(cursor, reconciliation)
            tables.append(RECONCILIATION)
        return _publish(cursor, parameters, tables, made, last)


def _make_new_rows(
    cursor: psycopg.Cursor,
    parameters: Parameters,
    once_read: Callable[[], object] | None,
    beside: ThreadPoolExecutor,
) -> dict[str, Callable[[], Lines]]:
    """Makes every `new_<table>` but those of many rows: what makes these comes back, by table.

    What needs no database is computed in `beside`, while the database makes or takes other rows.
    """
    _run(cursor, parameters, _DIMENSIONS)
    codes = Codes(cursor)
    cells = read_cells(cursor, parameters, codes)
    if once_read:
        once_read()
    direct = beside.submit(direct_money, cells, codes)
    stage_sums(cursor, cells, codes)
    _run(cursor, parameters, _WEIGHTS)
    shares = read_shares(cursor)
    split = beside.submit(split_cells, cells, codes, shares)
    _run(cursor, parameters, _AFTER_CELLS)

    def by_sdg() -> Lines:
        return sdg_lines(split.result().and_more(split_long_cells(cursor, cells, codes, shares)), shares, codes)

    return {"partner_line": lambda: partner_lines(cursor, direct.result(), codes), "sdg_line": by_sdg}


def _run(cursor: psycopg.Cursor, parameters: Parameters, file_names: Iterable[str]) -> None:
    """Every statement of these files in order: dimensions, cells, weights, new rows."""
    run_statements(cursor, [text for name in file_names for text in statements(name).values()], parameters)


def _publish(
    cursor: psycopg.Cursor,
    parameters: Parameters,
    tables: list[PublishedTable],
    made: dict[str, Callable[[], Lines]],
    last: tuple | None,
) -> Restatement:
    if last is None:
        rows_changed = {
            table.name: table.insert_first(cursor, parameters, made[table.name]() if table.name in made else None)
            for table in tables
        }
        figures = 0
    else:
        for table in tables:
            if table.name in made:
                table.stage(cursor, parameters, made[table.name]())
            table.compare(cursor, parameters)
        figures = _record_changes(cursor, parameters, tables)
        rows_changed = {table.name: table.write_differences(cursor, parameters) for table in tables}
    publication = statements("8_publication.sql")
    withheld = sum(run_statement(cursor, publication[name], parameters) for name in ("forget_withheld", "withheld"))
    changed = sum(rows_changed.values())
    is_published = bool(last is None or changed or withheld or last[4] != parameters["impute"])
    if not is_published:
        found = cursor.execute(publication["has_events"], parameters).fetchone()
        is_published = bool(found and found[0])
    if is_published:
        run_statement(cursor, publication["publication"], parameters | {"rows_changed": changed})
    years = parameters["years"]
    return Restatement(
        run_id=parameters["run_id"],
        snapshot_at=parameters["snapshot_at"],
        published_at=parameters["published_at"],
        fiscal_years=None if years is None else tuple(years),
        is_published=is_published,
        is_first=last is None,
        figures_changed=figures,
        rows_changed=rows_changed,
    )


def _record_changes(cursor: psycopg.Cursor, parameters: Parameters, tables: Iterable[PublishedTable]) -> int:
    """Writes the figures that change, with their cause; returns how many. Costs nothing when none does."""
    if not any(table.has_differences(cursor) for table in tables if table.has_figures):
        return 0
    return run_statements(cursor, statements("7_changes.sql").values(), parameters)
