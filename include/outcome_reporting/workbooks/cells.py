"""A worksheet taken apart in one go: every cell with a value, as arrays of places and values.

Programs write worksheets in one narrow form. Whether a sheet has it is decided by one expression over all its
bytes (RE2 takes one look at each), so that the arithmetic below cannot meet anything else; a sheet written in
another way is read cell by cell. To parse it event by event took half of all that a reader does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.digits import whole_numbers, words_of
from outcome_reporting.workbooks.number_formats import DATE, DURATION
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.serial_dates import LAST_DAY, durations, is_countable, times_of_day
from outcome_reporting.workbooks.texts import Texts, UnusualXml, has, refuse_bare_edges, replaced, slices

_BLOCK = 1 << 20  # bytes taken apart at once: what is worked on stays in the processor's cache
_OPEN, _CLOSE, _END_OF_ROW = b"<sheetData>", b"</sheetData>", b"</row>"
_PRESERVE = ' xml:space="preserve"'
_FORMULA = "(?:<f(?: [^<>]*)?/>|<f(?: [^<>]*)?>[^<]*</f>)?"
_NUMBER = r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"
_ADDRESS, _ROW_NUMBER = ' r="[A-Z]{1,3}[1-9][0-9]{0,6}"', ' r="[1-9][0-9]{0,6}"'
_OTHER_ATTRIBUTES = '(?: (?:[a-qs-zA-Z]|[a-zA-Z][a-zA-Z0-9:]+)="[^"<>]*")*'
_REST_OF_CELL = (
    '(?: s="[0-9]{1,5}")?(?:'
    '(?: t="[a-zA-Z]{1,9}")? ?/>|'
    f'(?: t="n")?>{_FORMULA}(?:<v>(?:{_NUMBER})?</v>|<v ?/>)?</c>|'
    ' t="s"><v>[0-9]{1,7}</v></c>|'
    f' t="(?:str|e)">{_FORMULA}<v(?:{_PRESERVE})?>[^<]*</v></c>|'
    f' t="b">{_FORMULA}<v>[01]</v></c>|'
    f' t="inlineStr"><is><t(?:{_PRESERVE})?>[^<]*</t></is></c>)'
)


class _Form(Enum):
    """The form of the rows of a sheet, by what says where a cell stands: the cell itself, its row or their order."""

    ADDRESSED = (f"(?:{_ROW_NUMBER})?", _ADDRESS)
    NUMBERED = (_ROW_NUMBER, "")
    COUNTED = ("", "")

    def __init__(self, row: str, cell: str) -> None:
        inside = rf">(?:<c{cell}{_REST_OF_CELL})*</row>"
        self.pattern = rf"\A(?:<row{row}{_OTHER_ATTRIBUTES} ?(?:/>|{inside}))*\z"


_SPACE = re.compile(rb"\s")
_SPACE_BETWEEN_TAGS = r">\s+<([^/]|/[^vtf])"  # not what a value, text or formula holds
_NOT_PLAIN = re.compile(rb"""<!|encoding=["'](?!utf-8["'])""", re.IGNORECASE)
_MOST_COLUMNS = 26 + 26**2 + 26**3
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


class _Block:
    """Some rows of a sheet: arrays with one element for each cell that has a value."""

    def __init__(self, data: memoryview, form: _Form, rows_before: int) -> None:
        self.data, self.xml = data, np.frombuffer(data, np.uint8)
        self.words = words_of(data)
        tags = np.flatnonzero(self.xml == ord("<"))
        names = self.xml[1:][tags]
        is_cell = names == ord("c")
        cells, rows = np.flatnonzero(is_cell), np.flatnonzero(names == ord("r"))
        self.begins, self.ends = tags[cells], tags[cells + 1]  # of the opening tags of all cells
        self.row_count = len(rows)
        self.order: tuple[np.ndarray, np.ndarray] | None = None  # the places of all cells that do not say theirs
        if form is _Form.NUMBERED:
            self.order = _places_by_order(rows, cells, whole_numbers(self.words[tags[rows] + len('<row r="')])[0])
        elif form is _Form.COUNTED:
            self.order = _places_by_order(rows, cells, rows_before + 1 + np.arange(len(rows), dtype=np.int32))
        values = self._find_values(tags, names)
        owners: np.ndarray | slice = slice(None)  # where each cell has its value, which is usual
        if len(values) < len(cells):
            owners = _cells_of_tags(is_cell, values)
        self.row, self.column, self.attributes = self._places(owners)
        formulas = np.flatnonzero(names == ord("f"))
        self.unvalued = self._addresses_without(owners, _cells_of_tags(is_cell, formulas)) if len(formulas) else []
        self.ends = self.ends[owners]
        self.sort = self._sorts(self.ends)

    def _find_values(self, tags: np.ndarray, names: np.ndarray) -> np.ndarray:
        """The tags after which the values of cells stand; `starts` and `stops` are the places of those."""
        values = np.flatnonzero((names == ord("v")) | (names == ord("t")))
        begins, stops = tags[values], tags[values + 1]
        after = self.xml[2:][begins]
        self.starts, self.stops = begins + len("<v>"), stops
        if (after != ord(">")).any():
            self.starts += np.where(after == ord(" "), len(_PRESERVE), 0)
        is_filled = (self.starts < stops) & (after != ord("/"))  # neither <v></v> nor <v /> nor <v/>
        if is_filled.all():
            return values
        self.starts, self.stops = self.starts[is_filled], stops[is_filled]
        return values[is_filled]

    def of_sort(self, letter: str) -> np.ndarray:
        return np.flatnonzero(self.sort == ord(letter))

    def numbers(self) -> np.ndarray:
        return np.flatnonzero((self.sort == ord("n")) | (self.sort <= ord("<")))

    def texts(self, which: np.ndarray) -> pa.Array:
        """The values of some cells as written."""
        return slices(self.data, self.starts[which], self.stops[which])

    def floats(self, which: np.ndarray) -> np.ndarray:
        """The values of some number cells. Raises ArrowInvalid for a number that is none."""
        starts, stops = self.starts[which], self.stops[which]
        whole, digits = whole_numbers(self.words[starts])
        number = whole.astype(np.float64)
        others = np.flatnonzero(
            digits != stops - starts
        )  # with a sign, decimals, an exponent or more than seven digits
        number[others] = slices(self.data, starts[others], stops[others]).cast(pa.float64()).to_numpy()
        return number

    def indices(self, which: np.ndarray) -> np.ndarray:
        """The values of some cells that are whole numbers of at most seven digits."""
        return whole_numbers(self.words[self.starts[which]])[0]

    def styles(self, which: np.ndarray) -> np.ndarray:
        """The numbers of the styles of some cells; 0 without."""
        attributes = self.attributes[which]
        style = np.zeros(len(attributes), np.int32)
        styled = np.flatnonzero(self.xml[1:][attributes] == ord("s"))
        style[styled] = whole_numbers(self.words[attributes[styled] + len(' s="')])[0]
        return style

    def _sorts(self, ends: np.ndarray) -> np.ndarray:
        """The last letter of each cell's type: s(hared), st(r) or inlineSt(r), (b)oolean, (e)rror, (n)umber. A
        cell without a type is a number; there a digit stands, of its style or address, or the `<` of a bare `<c>`."""
        return self.xml[ends - len('s">')]

    def _places(self, which: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row (from 1) and column (from 0) of some of all cells, and where the rest of their opening tags begins."""
        if self.order is not None:
            rows, columns = self.order
            return rows[which], columns[which], self.begins[which] + len("<c")
        at = self.begins[which] + len('<c r="')
        column = self.xml[at].astype(np.int32) - (ord("A") - 1)
        at += 1
        longer = np.flatnonzero(self.xml[at] >= ord("A"))
        while len(longer):
            column[longer] = 26 * column[longer] + self.xml[at[longer]] - (ord("A") - 1)
            at[longer] += 1
            longer = longer[self.xml[at[longer]] >= ord("A")]
        row, digits = whole_numbers(self.words[at])
        return row, column - 1, at + digits + len('"')

    def _addresses_without(self, owners: np.ndarray | slice, formulas: np.ndarray) -> list[str]:
        """The cells that hold a formula and neither a value nor a text, not even an empty one."""
        is_valued = np.zeros(len(self.begins), bool)
        is_valued[owners] = True
        empty = formulas[~is_valued[formulas]]
        empty = empty[self._sorts(self.ends[empty]) != ord("r")]
        rows, columns, _ = self._places(empty)
        return _addresses(rows, columns)


def _cells_of_tags(is_cell: np.ndarray, which: np.ndarray) -> np.ndarray:
    """The cells in which some tags stand, from which of all tags open a cell."""
    return np.cumsum(is_cell, dtype=np.int32)[which] - 1


def _places_by_order(rows: np.ndarray, cells: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of cells that follow each other in their rows, from the order of both among the tags."""
    row_of_cell = np.searchsorted(rows, cells) - 1
    column = np.arange(len(cells)) - np.searchsorted(row_of_cell, row_of_cell)
    return numbers[row_of_cell], column.astype(np.int32)


def _addresses(rows: np.ndarray, columns: np.ndarray) -> list[str]:
    return [f"{column_letter(column)}{row}" for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]


def _blocks(data: bytes, start: int, end: int, form: _Form) -> Iterator[_Block]:
    view, rows = memoryview(data), 0
    while start < end:
        stop = data.find(_END_OF_ROW, start + _BLOCK, end)
        stop = end if stop < 0 else stop + len(_END_OF_ROW)
        block = _Block(view[start:stop], form, rows)
        yield block
        start, rows = stop, rows + block.row_count


class _Collector:
    """Puts the blocks of a sheet together."""

    def __init__(self, shared: Texts, styles: np.ndarray) -> None:
        self.shared, self.styles = shared, styles
        self.own_texts: list[pa.Array] = [_BOOLEANS]
        self.own_count = len(_BOOLEANS)
        self.parts: dict[str, list[np.ndarray]] = {"row": [], "column": [], "text": [], "number": [], "is_date": []}
        self.errors: list[tuple[str, str]] = []
        self.unvalued: list[str] = []

    def add(self, block: _Block) -> None:
        """Takes a block's cells. Raises UnusualXml for what only a whole reader can judge."""
        text = np.full(len(block.row), -1, np.int32)
        number = np.zeros(len(block.row))
        is_date = np.zeros(len(block.row), bool)
        shared, own, numbers = block.of_sort("s"), block.of_sort("r"), block.numbers()
        text[shared] = block.indices(shared)
        booleans, errors = block.of_sort("b"), block.of_sort("e")
        if len(shared) and text[shared].max() >= len(self.shared.place_of):
            raise UnusualXml
        first = len(self.shared.place_of)
        text[booleans] = first + block.indices(booleans)
        if len(own):
            refuse_bare_edges(block.xml, block.starts[own], block.stops[own])
            text[own] = self._keep(block.texts(own))
        number[numbers] = block.floats(numbers)
        sorts = self.styles[np.minimum(block.styles(numbers), len(self.styles) - 1)]
        if sorts.any():
            is_date[numbers], text[numbers] = self._times(sorts, number[numbers])
        if len(errors):
            places = _addresses(block.row[errors], block.column[errors])
            self.errors += zip(places, block.texts(errors).to_pylist(), strict=True)
        self.unvalued += block.unvalued
        kept = block.sort != ord("e") if len(errors) else slice(None)
        found = {"row": block.row, "column": block.column, "text": text, "number": number, "is_date": is_date}
        for name, part in found.items():
            self.parts[name].append(part[kept])

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
        place = row.astype(np.int64) * _MOST_COLUMNS + column
        if not (place[1:] > place[:-1]).all():  # a cell that stands twice, or out of order
            raise UnusualXml
        has_own = (text >= len(self.shared.place_of)).any()
        texts = self.shared.with_own(pa.concat_arrays(self.own_texts)) if has_own else self.shared
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
        data = replaced(memoryview(data)[start - 1 : end + len(_CLOSE)], _SPACE_BETWEEN_TAGS, r"><\1")
        start, end = 1, len(data) - len(_CLOSE)
    form = next((form for form in _Form if has(memoryview(data)[start:end], form.pattern)), None)
    if form is None:
        raise UnusualXml
    collector = _Collector(shared, styles)
    try:
        for block in _blocks(data, start, end, form):
            collector.add(block)
        return collector.cells()
    except pa.ArrowInvalid as fault:  # a number that is none, a text that is not UTF-8
        raise UnusualXml from fault
