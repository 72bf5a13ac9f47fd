"""From the cells of a worksheet to its first rows, and to columns of the rows under its headings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.cells import Cells
from outcome_reporting.workbooks.columns import RawColumn, number_text
from outcome_reporting.workbooks.distinct import Distinct
from outcome_reporting.workbooks.head import HEAD_ROWS, HeadRow
from outcome_reporting.workbooks.serial_dates import moments


def head_of_cells(cells: Cells) -> list[HeadRow]:
    """The first rows that hold something; numbers and dates as the numbers that they are stored as."""
    end = 0
    for _ in range(HEAD_ROWS):
        if end < len(cells.row):
            end = int(np.searchsorted(cells.row, cells.row[end], side="right"))
    numbers, text = cells.number[:end].tolist(), cells.text[:end]
    texts = cells.texts.take(pa.array(text, mask=text < 0)).to_pylist()
    head: dict[int, HeadRow] = {}
    for row, column, text, number in zip(
        cells.row[:end].tolist(), cells.column[:end].tolist(), texts, numbers, strict=True
    ):
        head.setdefault(row, HeadRow(row)).cells[column] = number_text(number) if text is None else text
    return list(head.values())


def columns_of_cells(cells: Cells, first_row: int) -> dict[int, RawColumn]:
    """The columns of all cells from a row on, each down to the last of them."""
    start = int(np.searchsorted(cells.row, first_row))
    length = int(cells.row[-1]) - first_row + 1
    column = cells.column[start:].astype(np.uint16)
    by_column = start + np.argsort(column, kind="stable")
    first, last = int(cells.column.min()), int(cells.column.max())
    bounds = np.searchsorted(column[by_column - start], np.arange(first, last + 2))
    return {
        first + i: _column(cells, by_column[bounds[i] : bounds[i + 1]], first_row, max(0, length))
        for i in range(last - first + 1)
    }


def _column(cells: Cells, which: np.ndarray, first_row: int, length: int) -> RawColumn:
    column = RawColumn(length)
    rows, text = cells.row[which] - first_row, cells.text[which]
    is_text = text >= 0
    if is_text.any():
        places = np.full(length, -1, np.int32)
        places[rows] = text
        column.set_distinct(Distinct.of_places(cells.texts, places))
    if is_text.all():
        return column
    is_date, number = cells.is_date[which], cells.number[which]
    is_number = ~is_text & ~is_date
    if is_number.any():
        column.numbers = _spread(rows[is_number], number[is_number], length, pa.float64())
    if is_date.any():
        column.moments = _spread(rows[is_date], moments(number[is_date]), length, pa.timestamp("ms"))
    return column


def _spread(rows: np.ndarray, values: np.ndarray, length: int, kind: pa.DataType) -> pa.Array:
    """The values at their rows; null in all others."""
    if len(rows) == length:
        return pa.array(values).cast(kind)
    whole, is_empty = np.zeros(length, values.dtype), np.ones(length, bool)
    whole[rows], is_empty[rows] = values, False
    return pa.array(whole, mask=is_empty).cast(kind)
