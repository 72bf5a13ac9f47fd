"""Cells are read as columns: expenses with the codes that stand in them, looked up here once for each distinct text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import tuple_row

from outcome_reporting.warehouse import source_statements as statements
from outcome_reporting.warehouse.cells import Cells, Numbers, NumbersLoader, concatenated, repeated
from outcome_reporting.warehouse.source_names import SourceNames

_BETWEEN = ord("\n")  # no code holds it: in codes whitespace is one space (`fold_code`)
_UNKNOWN_FUND = -1


class _BytesLoader(Loader):
    """A text as PostgreSQL sends it."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def read_cells(connection: psycopg.Connection[Any], names: SourceNames) -> Cells:
    """The cells of everything that `statements.PREPARATION` found."""
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        types = cursor.adapters.types
        for number in ("int4", "int8"):
            cursor.adapters.register_loader(types[number].array_oid, NumbersLoader)
        cursor.adapters.register_loader(types["text"].oid, _BytesLoader)
        spent = [*cursor.execute(statements.EXPENSES), *cursor.execute(statements.FOREIGN_EXPENSES)]
        others = [*cursor.execute(statements.BUDGETS), *cursor.execute(statements.CONTRIBUTIONS)]
    return Cells.joined([expenses(spent, names), Cells.of_rows(others)])


def expenses(rows: Sequence[tuple[Any, ...]], names: SourceNames) -> Cells:
    """Of the rows of `statements.EXPENSES` the cells that stand in a place that is asked for and name a known fund."""
    parts, *columns = zip(*rows, strict=True) if rows else ([],) * 7
    sizes = [len(column) for column in columns[0]]
    row, year, cents = (concatenated(columns[place]) for place in (0, 1, 5))
    output, outputs = texts_of(columns[2], len(row))
    fund, funds = texts_of(columns[3], len(row))
    partner, spellings = texts_of(columns[4], len(row))
    number_of_fund = {code: number for number, (code, _) in enumerate(names.funds)}
    fund = _looked_up(fund, (number_of_fund.get(one, _UNKNOWN_FUND) for one in funds))
    partner = _looked_up(
        partner, (names.spelled.get(one, statements.UNKNOWN) if one else statements.NOBODY for one in spellings)
    )
    is_direct = np.append(names.is_direct, False)  # an unknown fund takes the last place
    partner[~is_direct[fund]] = statements.NOBODY
    member, place = _places(output, outputs, year, names)
    is_told = fund[member] != _UNKNOWN_FUND
    member, place = member[is_told], place[is_told]
    return Cells(
        np.full(len(member), statements.EXPENSE),
        repeated(parts, sizes)[member],
        place,
        *(column[member] for column in (fund, partner, row, cents)),
    )


def _places(output: Numbers, outputs: Sequence[str], year: Numbers, names: SourceNames) -> tuple[Numbers, Numbers]:
    """The members that have a place, each as often as it has one, and the places: a year may be of two plan periods."""
    first, last = (int(year.min()), int(year.max())) if len(year) else (0, 0)
    years = last - first + 1
    code = output * years + (year - first)
    of_code = [names.places_of.get((one, year), ()) for one in outputs for year in range(first, last + 1)]
    times = _looked_up(code, map(len, of_code))
    starts = np.cumsum([0, *map(len, of_code)])
    member = np.repeat(np.arange(len(code)), times)
    nth = np.arange(len(member)) - np.repeat(np.cumsum(times) - times, times)
    every = np.array([place for places in of_code for place in places], np.int64)
    return member, every[starts[code[member]] + nth]


def _looked_up(number: Numbers, values: Iterable[int]) -> Numbers:
    return np.array([*values], np.int64)[number]


def texts_of(values: Sequence[bytes], count: int) -> tuple[Numbers, list[str]]:
    """The number of each of `count` texts, and the distinct texts by number.

    A value is `string_agg(column, E'\\n')`; those of several rows are read as one column.
    """
    content = b"\n".join([*values, b""])
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _BETWEEN)
    if len(ends) != count:
        raise ValueError(f"{len(ends)} texts where {count} were expected: a newline stands in one")
    offsets = np.zeros(count + 1, np.int32)
    offsets[1:] = ends + 1  # the text and its newline
    # made of buffers and read from them: Arrow's own conversions would import pandas
    texts = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(content)])
    numbered = texts.dictionary_encode()
    numbers = np.frombuffer(numbered.indices.buffers()[1], np.int32, count).astype(np.int64)
    return numbers, [text[:-1] for text in numbered.dictionary.to_pylist()]
