"""The rows of one table of a file into its table of core, through binary COPY."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.binary_rows import END, HEAD, encode_rows
from outcome_reporting.warehouse.partner_names import spellings_of
from outcome_reporting.warehouse.slices import office_column

_ROWS_AT_ONCE = 1 << 16  # bounds the memory of a large table, and lets the server work while the next are encoded


def core_table(contract: Contract) -> str:
    """`core.expense`: the qualified name of a contract's table."""
    return "core." + contract.table.removeprefix("core.")


def copy_rows(
    connection: Connection,
    contract: Contract,
    table: TypedTable,
    slice_ids: Sequence[UUID],
    slice_of_row: np.ndarray,
) -> int:
    """Copies the rows of one table whose slice is given (-1: not to be stored) and returns how many.

    `slice_of_row` gives for each row the place of its slice in `slice_ids`.
    """
    chosen = slice_of_row >= 0
    count = int(chosen.sum())
    if count == 0:
        return 0
    columns = _columns(contract, table, slice_ids, slice_of_row)
    if count < len(chosen):
        kept = pa.array(chosen)
        columns = {name: column.filter(kept) for name, column in columns.items()}
    stored = tables.metadata.tables[core_table(contract)]
    types = [stored.c[name].type for name in columns]
    scales = [contract.field(name).scale if name in _money(contract) else 0 for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    driver = connection.connection.driver_connection
    statement = f"copy {core_table(contract)} ({names}) from stdin (format binary)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]
        copy.write(HEAD)
        for start in range(0, count, _ROWS_AT_ONCE):
            copy.write(encode_rows([c.slice(start, _ROWS_AT_ONCE) for c in columns.values()], types, scales))
        copy.write(END)
    return count


def _money(contract: Contract) -> set[str]:
    return {field.name for field in contract.fields if field.kind is Kind.MONEY}


def _columns(
    contract: Contract, table: TypedTable, slice_ids: Sequence[UUID], slice_of_row: np.ndarray
) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    office = office_column(contract, table)
    if office is not None:
        columns["office"] = office
    places = pa.array(np.maximum(slice_of_row, 0).astype(np.int32))
    columns["slice_id"] = pa.DictionaryArray.from_arrays(places, pa.array(map(str, slice_ids), pa.string()))
    columns["table_no"] = pa.repeat(pa.scalar(table.table_no, pa.int16()), table.row_count)
    columns["row_no"] = whole(table.data.column("row_no"))
    for field in contract.fields:
        if field.name in table.data.column_names and field.name not in columns:
            columns[field.name] = whole(table.data.column(field.name))
    if core_table(contract) == "core.partner":
        columns["spellings"] = spellings_of(table)
    return columns


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
