"""Cells are read as columns, with the codes that stand in them: looked up here once for each distinct text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import tuple_row

from outcome_reporting.warehouse import source_statements as statements
from outcome_reporting.warehouse.cells import Cells, Numbers, NumbersLoader, concatenated, repeated
from outcome_reporting.warehouse.source_names import Places, SourceNames

_BETWEEN = ord("\n")  # no code holds it: in codes whitespace is one space (`fold_code`)
_UNKNOWN_FUND = -1
_ROW_BITS = 32  # a row's number is less


class _BytesLoader(Loader):
    """A text as PostgreSQL sends it."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def read_cells(connection: psycopg.Connection[Any], names: SourceNames, given: Mapping[str, Any]) -> Cells:
    """The cells of all parts that stand in a place that is asked for; `given` are the values of every statement."""
    outcomes = {"outcomes": [*{outcome for outcome, _ in names.places_of_outcome}]}
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        types = cursor.adapters.types
        cursor.adapters.register_loader(types["int8"].array_oid, NumbersLoader)
        cursor.adapters.register_loader(types["text"].oid, _BytesLoader)

        def rows(query: str, parts: Sequence[int]) -> list[tuple[Any, ...]]:
            return cursor.execute(query, {**given, **outcomes, **names.given(parts)}).fetchall() if parts else []

        spent = rows(statements.EXPENSES, names.parts_of.get("expenses", ()))
        foreign = rows(statements.FOREIGN_EXPENSES, [row[1] for row in spent if row[-1] is not None])
        budgets = rows(statements.BUDGETS, names.parts_of.get("budgets", ()))
        contributions = rows(statements.CONTRIBUTIONS, names.parts_of.get("contributions", ()))
    return Cells.joined(
        [
            expenses(spent, names),
            cells_of(foreign, names, names.places_of, is_dollars=False),
            cells_of(budgets, names, names.places_of),
            cells_of(contributions, names, names.places_of_outcome),
        ]
    )


def expenses(rows: Sequence[tuple[Any, ...]], names: SourceNames) -> Cells:
    """Of the rows of `statements.EXPENSES` the cells in dollars."""
    every = cells_of([row[:-2] for row in rows], names, names.places_of)
    by_amount, foreign = (_marked(every, {row[1]: row[place] for row in rows}) for place in (-2, -1))
    every = replace(every, is_dollars=~by_amount)
    return every.some(~foreign) if foreign.any() else every


def _marked(cells: Cells, rows_of: Mapping[int, Numbers | None]) -> NDArray[np.bool_]:
    """Whether a cell stands in one of these rows of its part; few parts or none have any."""
    marked = [(part << _ROW_BITS) + rows for part, rows in rows_of.items() if rows is not None]
    if not marked:
        return np.zeros(len(cells.row), bool)
    return np.isin((cells.part << _ROW_BITS) + cells.row, np.concatenate(marked))


def cells_of(rows: Sequence[tuple[Any, ...]], names: SourceNames, places_of: Places, is_dollars: bool = True) -> Cells:
    """Of rows of a measure, a part and columns of money the cells that stand in a place and name a known fund."""
    measures, parts, *columns = zip(*rows, strict=True) if rows else ([],) * 7
    sizes = [len(column) for column in columns[0]]
    row_and_year, cents = concatenated(columns[0]), concatenated(columns[4])
    count = len(cents)
    output, outputs = texts_of(columns[1], count)
    fund, funds = texts_of(columns[2], count)
    partner, spellings = texts_of(columns[3], count)
    number_of_fund = {code: number for number, (code, _) in enumerate(names.funds)}
    fund = _looked_up(fund, (number_of_fund.get(one, _UNKNOWN_FUND) for one in funds))
    partner = _looked_up(
        partner, (names.spelled.get(one, statements.UNKNOWN) if one else statements.NOBODY for one in spellings)
    )
    year = row_and_year & ((1 << statements.YEAR_BITS) - 1)
    member, place = _places(output, outputs, year, places_of)
    is_told = fund[member] != _UNKNOWN_FUND
    member, place = member[is_told], place[is_told]
    measure, fund, partner = repeated(measures, sizes)[member], fund[member], partner[member]
    is_nobodys = ~names.is_direct[fund]
    # who gives is withheld whatever the fund; who spends core money is nobody's
    is_nobodys &= (measure != statements.CONTRIBUTION) | (partner != statements.WITHHELD)
    partner[is_nobodys] = statements.NOBODY
    return Cells(
        measure,
        repeated(parts, sizes)[member],
        place,
        fund,
        partner,
        row_and_year[member] >> statements.YEAR_BITS,
        cents[member],
        np.full(len(member), is_dollars),
    )


def _places(output: Numbers, outputs: Sequence[str], year: Numbers, places_of: Places) -> tuple[Numbers, Numbers]:
    """The members that have a place, each as often as it has one, and the places: a year may be of two plan periods."""
    first, last = (int(year.min()), int(year.max())) if len(year) else (0, 0)
    years = last - first + 1
    code = output * years + (year - first)
    of_code = [places_of.get((one, year), ()) for one in outputs for year in range(first, last + 1)]
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
