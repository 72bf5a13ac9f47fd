"""Rows that waited and may now be loaded: read back, and written as a new slice of the load that brought them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.load import write_again
from outcome_reporting.warehouse.load_plan import DatasetLoad, LoadPlan, SliceResult


@dataclass(frozen=True, slots=True)
class WaitingSlice:
    """A live slice with held rows: all its rows as {field: value}, with `table_no` and `row_no`, loaded ones too."""

    load_id: UUID
    dataset: str
    office: str
    slice_key: str
    slice_id: UUID
    rows: tuple[dict[str, Any], ...]
    held_count: dict[int, int]  # by table_no
    sheets: dict[int, tuple[str, dict[str, str], int]]  # table_no: sheet, columns, header row
    file_name: str


def waiting_slices(connection: Connection) -> list[WaitingSlice]:
    """Every slice that holds rows and is live (a slice that was replaced or undone no longer waits)."""
    held: dict[tuple, list[Any]] = {}
    for row in connection.execute(select(tables.held_row).where(tables.held_row.c.released_at.is_(None))).mappings():
        held.setdefault((row["load_id"], row["dataset"], row["office"], row["slice_key"], row["slice_id"]), []).append(
            row
        )
    waiting = []
    for (load_id, dataset, office, key, slice_id), rows in held.items():
        name, sheets = _sheets(connection, load_id, dataset)
        counts: dict[int, int] = {}
        for row in rows:
            counts[row["table_no"]] = counts.get(row["table_no"], 0) + 1
        cells = [row["cells"] | {"table_no": row["table_no"], "row_no": row["row_no"]} for row in rows]
        cells += _loaded(connection, dataset, office, slice_id)
        waiting.append(WaitingSlice(load_id, dataset, office, key, slice_id, tuple(cells), counts, sheets, name))
    return waiting


def _sheets(connection: Connection, load_id: UUID, dataset: str) -> tuple[str, dict]:
    sheet = tables.sheet_table
    found = connection.execute(
        select(sheet.c.table_no, sheet.c.sheet, sheet.c.columns, sheet.c.header_row, tables.load.c.file_name)
        .join(tables.load, tables.load.c.load_id == sheet.c.load_id)
        .where(sheet.c.load_id == load_id, sheet.c.dataset == dataset)
    ).all()
    return found[0].file_name if found else "", {
        row.table_no: (row.sheet, row.columns, row.header_row) for row in found
    }


def _loaded(connection: Connection, dataset: str, office: str, slice_id: UUID) -> list[dict[str, Any]]:
    table = {"sdg_weights": tables.sdg_weight, "plan_links": tables.plan_link}.get(dataset)
    if table is None:
        return []
    query = select(table).where(table.c.office == office, table.c.slice_id == slice_id)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    for row in rows:
        if row.get("weight_percent") is not None:
            row["weight_percent"] = format(row["weight_percent"], "f")
    return rows


def release(
    connection: Connection, contract: Contract, waiting: WaitingSlice, whole: Sequence[TypedTable]
) -> list[SliceResult]:
    """Load the whole slice anew, in the caller's transaction: it replaces the one that waited.

    `whole` are all rows of the slice. The load's control figures move from held to loaded.
    """
    load = connection.execute(select(tables.load).where(tables.load.c.load_id == waiting.load_id)).mappings().one()
    plan = LoadPlan(
        file_id=load["file_id"],
        file_name=load["file_name"],
        source=load["source"],
        dropped_at=load["dropped_at"],
        datasets=[DatasetLoad(contract, list(whole))],
    )
    results = write_again(connection, plan, waiting.load_id)
    sheet = tables.sheet_table
    for table_no, count in waiting.held_count.items():
        connection.execute(
            update(sheet)
            .where(sheet.c.load_id == waiting.load_id, sheet.c.table_no == table_no)
            .values(rows_loaded=sheet.c.rows_loaded + count, rows_held=sheet.c.rows_held - count)
        )
    return results
