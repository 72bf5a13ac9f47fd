"""The rows of one table of a file into its table of core, through binary COPY."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

_ROWS_AT_ONCE = 1 << 16  # bounds the memory of a large table


def core_table(contract: Contract) -> str:
    """`core.expense`: the qualified name of a contract's table."""
    return "core." + contract.table.removeprefix("core.")


class RowsToCopy:
    """The rows of one table whose slice is given (-1: not to be stored; at least one is), as COPY takes them.

    `slice_of_row` gives for each row the place of its slice in `slice_ids`. The first rows are encoded at once; the
    others of a large table in their turn, while the server stores those before them.
    """

    def __init__(
        self, contract: Contract, table: TypedTable, slice_ids: Sequence[UUID], slice_of_row: np.ndarray
    ) -> None:
        columns = _columns(contract, table, slice_ids, slice_of_row)
        chosen = slice_of_row >= 0
        if not chosen.all():
            kept = pa.array(chosen)
            columns = {name: column.filter(kept) for name, column in columns.items()}
        names = ", ".join(f'"{name}"' for name in columns)
        self._statement = f"copy {core_table(contract)} ({names}) from stdin (format binary)"
        self._batches = _encoded(contract, columns, int(chosen.sum()))
        self._first = next(self._batches)

    def copy(self, connection: Connection) -> None:
        """Writes the rows; once."""
        driver = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(self._statement) as copy:  # type: ignore[union-attr]
            copy.write(HEAD)
            copy.write(self._first)
            for batch in self._batches:
                copy.write(batch)
            copy.write(END)


def _encoded(contract: Contract, columns: Mapping[str, pa.Array], count: int) -> Iterator[memoryview]:
    stored = tables.metadata.tables[core_table(contract)]
    types = [stored.c[name].type for name in columns]
    money = {field.name: field.scale for field in contract.fields if field.kind is Kind.MONEY}
    scales = [money.get(name, 0) for name in columns]
    for start in range(0, count, _ROWS_AT_ONCE):
        yield encode_rows([column.slice(start, _ROWS_AT_ONCE) for column in columns.values()], types, scales)


def _columns(
    contract: Contract, table: TypedTable, slice_ids: Sequence[UUID], slice_of_row: np.ndarray
) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    office = office_column(contract, table) if contract.office_from else None
    if office is not None:  # one that has a column of its own comes with the fields
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
