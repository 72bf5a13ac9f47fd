"""A worksheet taken apart in one go: every cell with a value, as arrays of places and values.

Programs write worksheets in one narrow form (`cell_forms`). Stretches of rows that hold numbers and shared strings
alone are proved to have it and taken apart by the same arithmetic (`plain_cells`); whether others have it is decided
by one expression over all their bytes (RE2 takes one look at each), so that arithmetic on their tags (`cell_block`)
cannot meet anything else. A sheet written in another way is read cell by cell. To parse it event by event took half
of all that a reader does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.cell_block import Block, addresses
from outcome_reporting.workbooks.cell_forms import Form
from outcome_reporting.workbooks.number_formats import DATE, DURATION
from outcome_reporting.workbooks.plain_cells import PlainCells, plain_cells
from outcome_reporting.workbooks.serial_dates import LAST_DAY, durations, is_countable, times_of_day
from outcome_reporting.workbooks.texts import Texts, UnusualXml, has, refuse_bare_edges, replaced

_BLOCK = 1 << 20  # bytes taken apart at once: what is worked on stays in the processor's cache
_TRIAL, _TRIALS = 1 << 16, 2  # bytes, where it is not yet known whether rows are plain
_OPEN, _CLOSE, _END_OF_ROW = b"<sheetData>", b"</sheetData>", b"</row>"
_SPACE = re.compile(rb"\s")
_SPACE_BETWEEN_TAGS = r">\s+<([^/]|/[^vtf])"  # not what a value, text or formula holds
_NOT_PLAIN = re.compile(rb"""<!|encoding=["'](?!utf-8["'])""", re.IGNORECASE)
_BOOLEANS = pa.array(["FALSE", "TRUE"], pa.string())


@dataclass(slots=True)
class Cells:
    """The cells of a sheet that hold a value, one element of each array a cell, row by row from left to right.

    `row` counts from 1, `column` from 0. `text` is the place of a text in `texts`, -1 where the cell is a number;
    `number` is float64, `is_date` says that it is shown as a date. `errors` are (cell, text) of `#REF!` and its
    like, `unvalued` formulas without a stored value; neither is among the cells.
    """

    row: np.ndarray
    column: np.ndarray
    text: np.ndarray
    number: np.ndarray
    is_date: np.ndarray
    texts: pa.Array
    errors: list[tuple[str, str]]
    unvalued: list[str]


class _Collector:
    """Puts the blocks of a sheet together."""

    def __init__(self, shared: Texts, styles: np.ndarray) -> None:
        self.shared, self.styles = shared, styles
        self.own_texts: list[pa.Array] = [_BOOLEANS]
        self.own_count = len(_BOOLEANS)
        self.parts: dict[str, list[np.ndarray]] = {"row": [], "column": [], "text": [], "number": [], "is_date": []}
        self.errors: list[tuple[str, str]] = []
        self.unvalued: list[str] = []

    def add_plain(self, cells: PlainCells) -> None:
        """Takes cells that are numbers or shared strings. Raises UnusualXml as `add` does."""
        text, number = cells.shared, cells.number
        self._refuse_unknown(text)
        styled = np.flatnonzero((cells.style > 0) & (text < 0))
        is_date = self._find_dates(styled, cells.style[styled], text, number)
        self._append(cells.row, cells.column, text, number, is_date)

    def add(self, block: Block) -> None:
        """Takes a block's cells. Raises UnusualXml for what only a whole reader can judge."""
        text, number = np.full(len(block.row), -1, np.int32), np.zeros(len(block.row))
        shared, own, numbers = block.of_sort("s"), block.of_sort("r"), block.numbers()
        text[shared] = block.indices(shared)
        self._refuse_unknown(text)
        booleans, errors = block.of_sort("b"), block.of_sort("e")
        text[booleans] = len(self.shared.place_of) + block.indices(booleans)
        if len(own):
            refuse_bare_edges(block.xml, block.starts[own], block.stops[own])
            text[own] = self._keep(block.texts(own))
        number[numbers] = block.floats(numbers)
        is_date = self._find_dates(numbers, block.styles(numbers), text, number)
        if len(errors):
            places = addresses(block.row[errors], block.column[errors])
            self.errors += zip(places, block.texts(errors).to_pylist(), strict=True)
        self.unvalued += block.unvalued
        kept = block.sort != ord("e") if len(errors) else slice(None)
        self._append(*(part[kept] for part in (block.row, block.column, text, number, is_date)))

    def _append(self, *found: np.ndarray) -> None:
        for parts, part in zip(self.parts.values(), found, strict=True):
            parts.append(part)

    def _refuse_unknown(self, shared: np.ndarray) -> None:
        """Raises UnusualXml when a number is not that of a shared string."""
        if len(shared) and shared.max() >= len(self.shared.place_of):
            raise UnusualXml

    def _find_dates(self, which: np.ndarray, styles: np.ndarray, text: np.ndarray, number: np.ndarray) -> np.ndarray:
        """Which cells are dates, from the styles of some that are numbers; puts the texts of times into `text`."""
        is_date = np.zeros(len(text), bool)
        sorts = self.styles[np.minimum(styles, len(self.styles) - 1)]
        if sorts.any():
            is_date[which], text[which] = self._times(sorts, number[which])
        return is_date

    def _keep(self, texts: pa.Array) -> np.ndarray:
        """Adds texts of the sheet's own; the numbers under which they are found."""
        first = len(self.shared.place_of) + self.own_count
        self.own_texts.append(texts)
        self.own_count += len(texts)
        return np.arange(first, first + len(texts))

    def _times(self, sorts: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which numbers are dates, and for times of day and durations the texts that the exact reader makes of them;
        -1 for all others."""
        is_past_end = (sorts == DATE) & (numbers > LAST_DAY)  # just past it a reader may round up or down
        is_duration, is_time = sorts == DURATION, (sorts == DATE) & (numbers < 1)
        if (numbers[is_past_end] < LAST_DAY + 1).any() or not is_countable(numbers[is_duration | is_time]):
            raise UnusualXml
        text = np.full(len(numbers), -1, np.int32)
        for which, shown in ((is_time, times_of_day), (is_duration, durations)):
            if which.any():
                text[which] = self._keep(pa.array(shown(numbers[which]), pa.string()))
        return (sorts == DATE) & ~is_past_end & ~is_time, text

    def cells(self) -> Cells:
        if not self.parts["row"]:
            raise UnusualXml
        row, column, text, number, is_date = (np.concatenate(parts) for parts in self.parts.values())
        is_behind = row[1:] > row[:-1]
        is_behind |= (row[1:] == row[:-1]) & (column[1:] > column[:-1])
        if not is_behind.all():  # a cell stands twice, or out of order
            raise UnusualXml
        has_own = (text >= len(self.shared.place_of)).any()
        texts = self.shared.with_own(pa.concat_arrays(self.own_texts)) if has_own else self.shared
        if np.array_equal(texts.place_of, np.arange(len(texts.place_of))):  # as programs write it: each once
            return Cells(row, column, text, number, is_date, texts.distinct, self.errors, self.unvalued)
        is_number = text < 0
        text = np.append(texts.place_of, np.int32(-1))[text]  # its last for numbers
        if (texts.place_of < 0).any():  # a cell of spaces is an empty cell
            kept = is_number | (text >= 0)
            row, column, text, number, is_date = (part[kept] for part in (row, column, text, number, is_date))
        return Cells(row, column, text, number, is_date, texts.distinct, self.errors, self.unvalued)


def cells_of_sheet(data: bytes, shared: Texts, styles: np.ndarray) -> Cells:
    """The cells of a worksheet's XML. Raises UnusualXml when it is written in a way that is not read here."""
    start, end = data.find(_OPEN) + len(_OPEN), data.rfind(_CLOSE)
    if start < len(_OPEN) or end < start or _NOT_PLAIN.search(data[:start]) or b"<!" in data[end:]:
        raise UnusualXml
    if _SPACE.match(data, start, end):
        data = replaced(memoryview(data)[start - len(_OPEN) :], _SPACE_BETWEEN_TAGS, r"><\1")
        start, end = len(_OPEN), data.rfind(_CLOSE)
    collector = _Collector(shared, styles)
    try:
        _collect(collector, data, start, end)
        return collector.cells()
    except pa.ArrowInvalid as fault:  # a number that is none, a text that is not UTF-8
        raise UnusualXml from fault


def _collect(collector: _Collector, data: bytes, start: int, end: int) -> None:
    """Takes the rows of a sheet, stretch by stretch. Raises UnusualXml when they are not all in one form.

    `trust` rises with each stretch that is plain and falls with each that is not. Without any no more are tried, and
    the expression looks at all that are left at once.
    """
    form: Form | None = None
    proved, row_count = start, 0
    trust = 0 if collector.styles[0] else _TRIALS  # without a style a cell has the first: here no date
    while start < end:
        stop = _end_of_rows(data, start, end, _TRIAL if 0 < trust <= _TRIALS else _BLOCK)
        plain = plain_cells(data, start, stop) if trust and form in (None, Form.ADDRESSED) else None
        if plain is not None:
            form, trust = Form.ADDRESSED, trust + 1
            collector.add_plain(plain)
        else:
            trust = max(0, trust - 1)
            if form is None or start >= proved:
                proved = stop if trust else end
                form = _form(memoryview(data)[start:proved], form)
            block = Block(memoryview(data)[start:stop], form, row_count)
            collector.add(block)
            row_count += block.row_count
        start = stop


def _end_of_rows(data: bytes, start: int, end: int, size: int) -> int:
    """Where about so many bytes of whole rows end; all when not many more are left."""
    stop = data.find(_END_OF_ROW, start + size, end) if end - start > 2 * size else -1
    return end if stop < 0 else stop + len(_END_OF_ROW)


def _form(rows: memoryview, form: Form | None) -> Form:
    """The form of some rows, the same as before. Raises UnusualXml when they have none."""
    for each in [form] if form else Form:
        if has(rows, each.pattern):
            return each
    raise UnusualXml
