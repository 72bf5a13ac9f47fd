"""From the cells of a worksheet to its first rows, and to columns of the rows under its headings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.cells import Cells
from outcome_reporting.workbooks.columns import RawColumn, number_text
from outcome_reporting.workbooks.distinct import Distinct
from outcome_reporting.workbooks.head import HEAD_ROWS, HeadRow
from outcome_reporting.workbooks.serial_dates import moments

_NUMBER, _DATE, _EMPTY = -1, -2, -3  # what a cell is that holds no text


def head_of_cells(cells: Cells) -> list[HeadRow]:
    """The first rows that hold something; numbers and dates as the numbers that they are stored as."""
    ends = _ends_of_rows(cells.row, HEAD_ROWS)
    count = ends[-1] if ends else 0
    column, text = cells.column[:count].tolist(), cells.text[:count]
    texts = cells.texts.take(pa.array(text, mask=text < 0)).to_pylist()
    numbers = cells.number[:count].tolist()
    shown = [number_text(number) if text is None else text for text, number in zip(texts, numbers, strict=True)]
    return [
        HeadRow(int(cells.row[begin]), dict(zip(column[begin:end], shown[begin:end], strict=True)))
        for begin, end in zip([0, *ends], ends, strict=False)
    ]


def _ends_of_rows(row: np.ndarray, count: int) -> list[int]:
    """Where the first `count` rows end, or all where there are fewer."""
    looked_at = 64 * count
    while True:
        ends = np.flatnonzero(np.diff(row[:looked_at])) + 1
        if len(ends) >= count:
            return ends[:count].tolist()
        if looked_at >= len(row):
            return [*ends.tolist(), len(row)] if len(row) else []
        looked_at *= 64


def columns_of_cells(cells: Cells, first_row: int) -> dict[int, RawColumn]:
    """The columns of all cells from a row on, each down to the last of them.

    Every cell is put at its place in one array of the whole box, which the scan has bounded, column after column: in
    half of the time that it takes to sort the cells by their columns.
    """
    start = int(np.searchsorted(cells.row, first_row))
    length = max(0, int(cells.row[-1]) - first_row + 1)
    first, last = int(cells.column.min()), int(cells.column.max())
    columns = {number: RawColumn(length) for number in range(first, last + 1)}
    if not length:
        return columns
    places = ((cells.column[start:] - first) * length + (cells.row[start:] - first_row)).astype(np.intp)
    kinds = np.full((len(columns), length), _EMPTY, np.int32)
    kinds.ravel()[places] = cells.text[start:] - cells.is_date[start:].view(np.int8)
    numbers = np.zeros(kinds.shape)
    numbers.ravel()[places] = cells.number[start:]
    for column, its_kinds, its_numbers in zip(columns.values(), kinds, numbers, strict=True):
        _fill(column, cells.texts, its_kinds, its_numbers)
    return columns


def _fill(column: RawColumn, texts: pa.Array, kinds: np.ndarray, numbers: np.ndarray) -> None:
    """Takes the cells of one column: `kinds` are the places of texts, or what a cell is that holds none."""
    least, most = int(kinds.min()), int(kinds.max())
    if most >= 0:
        column.set_distinct(Distinct.of_places(texts, kinds))
    if least > _NUMBER:
        return
    is_number, is_date = kinds == _NUMBER, kinds == _DATE
    if is_number.any():
        column.numbers = pa.array(numbers, mask=None if is_number.all() else ~is_number)
    if is_date.any():
        days = moments(np.where(is_date, numbers, 1))
        column.moments = pa.array(days, mask=None if is_date.all() else ~is_date).cast(pa.timestamp("ms"))
