"""Columns of integers between the server and numpy, as PostgreSQL's binary COPY writes them.

A row at a time a million values would be a million Python objects: the server sends whole arrays instead, and takes
rows whose columns are all bigint, so that each side is one block of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString, cast

import numpy as np
import psycopg

from outcome_reporting.allocation.statements import Parameters

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_BEFORE_ELEMENTS = 20  # of an array: dimensions, whether nulls are in it, type, length, lower bound
_ELEMENT = np.dtype([("size", ">i4"), ("value", ">i8")])


def read_integers(
    cursor: psycopg.Cursor, query: str, parameters: Parameters | None = None
) -> Iterator[tuple[np.ndarray, ...]]:
    """Each row of a query whose columns are all bigint arrays without nulls, as int64."""
    with cursor.copy(cast(LiteralString, f"copy ({query}) to stdout (format binary)"), parameters or {}) as copy:
        for row in copy.rows():
            yield tuple(_integers(cast(bytes | None, value)) for value in row)


def _integers(value: bytes | None) -> np.ndarray:
    """The elements of one array; an aggregate over no row at all is null."""
    if value is None or len(value) < _BEFORE_ELEMENTS:
        return np.zeros(0, np.int64)
    if value[4:8] != bytes(4):
        raise ValueError("an array of integers holds a null")
    return np.frombuffer(value, _ELEMENT, offset=_BEFORE_ELEMENTS)["value"].astype(np.int64)


def write_integers(cursor: psycopg.Cursor, table: str, *columns: np.ndarray) -> None:
    """Appends rows to a table whose columns are all bigint, in their order."""
    kinds = [("count", ">i2")]
    for place in range(len(columns)):
        kinds += [(f"size{place}", ">i4"), (f"value{place}", ">i8")]
    rows = np.empty(len(columns[0]), kinds)
    rows["count"] = len(columns)
    for place, column in enumerate(columns):
        rows[f"size{place}"] = 8
        rows[f"value{place}"] = column
    with cursor.copy(cast(LiteralString, f"copy {table} from stdin (format binary)")) as copy:
        copy.write(_HEADER)
        copy.write(rows.tobytes())
        copy.write(_TRAILER)
