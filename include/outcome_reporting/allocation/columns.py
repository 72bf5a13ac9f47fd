"""Columns between the server and numpy, as PostgreSQL's binary COPY writes them.

A row at a time a million values would be a million Python objects. So the server sends a column of many rows as one
value: integers as an array, codes as one text that is cut and numbered by Arrow. It takes blocks of rows, put together
from columns the same way. Arrow's arrays are made of buffers and read from them: converting them would import pandas.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString, cast

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.allocation.statements import Parameters

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_BEFORE_ELEMENTS = 20  # of an array: dimensions, whether nulls are in it, type, length, lower bound
_ELEMENT = np.dtype([("size", ">i4"), ("value", ">i8")])
_BETWEEN_TEXTS = ord("\n")  # no code holds it: in them whitespace is one space (`fold_code`)
_AT_ONCE = 1 << 14  # rows: the server takes some while the next are put together
_FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's

Row = tuple[bytes | None, ...]


def read_rows(cursor: psycopg.Cursor, query: str, parameters: Parameters | None = None) -> Iterator[Row]:
    """Each row of a query, its values as the server sends them."""
    with cursor.copy(cast(LiteralString, f"copy ({query}) to stdout (format binary)"), parameters or {}) as copy:
        yield from cast(Iterator[Row], copy.rows())


def integers_of(value: bytes | None) -> np.ndarray:
    """The elements of an array of bigint without nulls; an aggregate over no row at all is null."""
    if value is None or len(value) < _BEFORE_ELEMENTS:
        return np.zeros(0, np.int64)
    if value[4:8] != bytes(4):
        raise ValueError("an array of integers holds a null")
    return np.frombuffer(value, _ELEMENT, offset=_BEFORE_ELEMENTS)["value"].astype(np.int64)


def texts_of(values: Sequence[bytes | None], count: int) -> tuple[np.ndarray, list[str]]:
    """The number of each of `count` texts, and the distinct texts in the order of the numbers.

    A value is `string_agg(column, E'\\n')`; those of several rows of a query are read as one column.
    """
    if not count:
        return np.zeros(0, np.int64), []
    content = b"\n".join([*(value or b"" for value in values), b""])
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _BETWEEN_TEXTS)
    if len(ends) != count:
        raise ValueError(f"{len(ends)} texts where {count} were expected: a newline stands in one")
    offsets = np.zeros(count + 1, np.int32)
    offsets[1:] = ends + 1
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    numbered = pa.Array.from_buffers(pa.string(), count, buffers).dictionary_encode()
    number = np.frombuffer(numbered.indices.buffers()[1], np.int32, count).astype(np.int64)
    return number, [text[:-1] for text in numbered.dictionary.to_pylist()]


def looked_up(number: np.ndarray, value: np.ndarray) -> np.ndarray:
    """A table in which each number stands for its value."""
    found = np.zeros(int(number.max(initial=0)) + 1, np.int64)
    found[number] = value
    return found


def starts_of(ordered: np.ndarray) -> np.ndarray:
    """The first place of each distinct number of an array in order."""
    is_first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


def write_integers(cursor: psycopg.Cursor, table: str, *columns: np.ndarray) -> None:
    """Appends rows to a table whose columns are all bigint, in their order."""
    write_rows(cursor, table, len(columns), columns)


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields that stand together in a row and are few in kind: `values` are their bytes, `number` says which."""

    number: np.ndarray
    values: list[bytes]


def text_fields(*texts: str) -> bytes:
    """Texts as fields of a row."""
    written = [text.encode() for text in texts]
    return b"".join(struct.pack(">i", len(one)) + one for one in written)


def year_field(year: int) -> bytes:
    """A smallint as a field of a row."""
    return struct.pack(">ih", 2, year)


def moment_field(moment: datetime) -> bytes:
    """A timestamp as a field of a row."""
    return struct.pack(">iq", 8, (moment - _FIRST_MOMENT) // timedelta(microseconds=1))


def write_rows(cursor: psycopg.Cursor, table: str, fields: int, columns: Sequence[Fields | np.ndarray]) -> int:
    """Appends rows of so many fields, in the order of the table's columns: an array is a bigint. Returns how many."""
    first = columns[0]
    count = len(first.number if isinstance(first, Fields) else first)
    with cursor.copy(cast(LiteralString, f"copy {table} from stdin (format binary)")) as copy:
        copy.write(_HEADER)
        named = [_as_arrow(column.values) if isinstance(column, Fields) else _NO_VALUES for column in columns]
        for start in range(0, count, _AT_ONCE):
            copy.write(_rows(fields, columns, named, slice(start, min(start + _AT_ONCE, count))))
        copy.write(_TRAILER)
    return count


def _rows(fields: int, columns: Sequence[Fields | np.ndarray], named: Sequence[pa.Array], part: slice) -> memoryview:
    """These rows, one after another; of the columns that are fields, `named` are the values."""
    count = part.stop - part.start
    joined: list[pa.Array] = []
    fixed = [np.full((count, 1), fields, ">i2").view(np.uint8)]
    for column, values_of in zip(columns, named, strict=True):
        if isinstance(column, Fields):
            if fixed:
                joined.append(_of_one_length(np.hstack(fixed)))
            number = np.ascontiguousarray(column.number[part])
            joined.append(values_of.take(pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(number)])))
            fixed = []
        else:
            values = np.empty(count, _ELEMENT)
            values["size"], values["value"] = 8, column[part]
            fixed.append(values.view(np.uint8).reshape(count, -1))
    if fixed:
        joined.append(_of_one_length(np.hstack(fixed)))
    rows = pc.binary_join_element_wise(*joined, _as_arrow([b""])[0]) if len(joined) > 1 else joined[0]
    _, offsets, content = rows.buffers()
    return memoryview(content)[: int(np.frombuffer(offsets, np.int32)[count])]


def _as_arrow(values: Sequence[bytes]) -> pa.Array:
    return _binary(np.cumsum([0, *map(len, values)], dtype=np.int32), b"".join(values))


def _of_one_length(rows: np.ndarray) -> pa.Array:
    return _binary(np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32), np.ascontiguousarray(rows))


def _binary(ends: np.ndarray, content: bytes | np.ndarray) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(content)])


_NO_VALUES = _as_arrow([])
