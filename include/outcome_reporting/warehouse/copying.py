"""Arrow columns into PostgreSQL through COPY: text of exact decimals, never a float on the way."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection

from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse.partner_names import spellings_of
from outcome_reporting.warehouse.slices import office_column

_WITHOUT_HEADER = pyarrow.csv.WriteOptions(include_header=False)
_UNITS = pa.decimal128(19, 0)


def core_table(contract: Contract) -> str:
    """`core.expense`: the qualified name of a contract's table."""
    return "core." + contract.table.removeprefix("core.")


def exact_decimals(units: pa.Array, scale: int) -> pa.Array:
    """Integers in units of 10 ** -scale as exact decimals with that many places."""
    whole = units.cast(_UNITS)
    return pa.Array.from_buffers(pa.decimal128(19, scale), len(whole), whole.buffers(), offset=whole.offset)


def copy_rows(
    connection: Connection,
    contract: Contract,
    table: TypedTable,
    slice_ids: Sequence[str],
    slice_of_row: np.ndarray,
) -> int:
    """Copies the rows of one table whose slice is given (-1: not to be stored) and returns how many.

    `slice_of_row` gives for each row the place of its slice in `slice_ids`.
    """
    chosen = np.flatnonzero(slice_of_row >= 0)
    if len(chosen) == 0:
        return 0
    columns = _columns(contract, table, slice_ids, slice_of_row)
    rows = pa.table(columns)
    if len(chosen) < rows.num_rows:
        rows = rows.take(pa.array(chosen))
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(rows, buffer, _WITHOUT_HEADER)
    names = ", ".join(f'"{name}"' for name in columns)
    driver = connection.connection.driver_connection
    statement = f"copy {core_table(contract)} ({names}) from stdin (format csv)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]
        copy.write(buffer.getbuffer())
    return len(chosen)


def _columns(
    contract: Contract, table: TypedTable, slice_ids: Sequence[str], slice_of_row: np.ndarray
) -> dict[str, pa.Array]:
    count = table.data.num_rows
    columns: dict[str, pa.Array] = {}
    office = office_column(contract, table)
    if office is not None:
        columns["office"] = office
    places = pa.array(np.maximum(slice_of_row, 0).astype(np.int32))
    columns["slice_id"] = pa.DictionaryArray.from_arrays(places, pa.array(slice_ids, pa.string()))
    columns["table_no"] = pa.repeat(pa.scalar(table.table_no, pa.int16()), count)
    columns["row_no"] = table.data.column("row_no").combine_chunks()
    for field in contract.fields:
        if field.name in table.data.column_names and field.name not in columns:
            column = table.data.column(field.name).combine_chunks()
            columns[field.name] = exact_decimals(column, field.scale) if field.kind is Kind.MONEY else column
    if core_table(contract) == "core.partner":
        columns["spellings"] = spellings_of(table)
    return columns
