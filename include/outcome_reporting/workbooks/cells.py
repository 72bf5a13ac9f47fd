"""A worksheet taken apart in one go: every cell with a value, as arrays of places and values.

Programs write worksheets in one narrow form. Whether a sheet has it is decided by one expression over all its
bytes (RE2 takes one look at each), so that the arithmetic below cannot meet anything else; a sheet written in
another way is read cell by cell. To parse it event by event took half of all that a reader does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.number_formats import DATE, DURATION
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.texts import Texts, UnusualXml, has, refuse_bare_edges, slices

_BLOCK = 1 << 19  # bytes taken apart at once: what is worked on stays in the processor's cache
_OPEN, _CLOSE, _END_OF_ROW = b"<sheetData>", b"</sheetData>", b"</row>"
_PRESERVE = ' xml:space="preserve"'
_FORMULA = "(?:<f(?: [^<>]*)?/>|<f(?: [^<>]*)?>[^<]*</f>)?"
_NUMBER = r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?"
_CELL = (
    '<c r="[A-Z]{1,3}[1-9][0-9]{0,6}"(?: s="[0-9]{1,5}")?(?:'
    '(?: t="[a-zA-Z]{1,9}")? ?/>|'
    f'(?: t="n")?>{_FORMULA}(?:<v>(?:{_NUMBER})?</v>|<v ?/>)?</c>|'
    ' t="s"><v>[0-9]{1,7}</v></c>|'
    f' t="(?:str|e)">{_FORMULA}<v(?:{_PRESERVE})?>[^<]*</v></c>|'
    f' t="b">{_FORMULA}<v>[01]</v></c>|'
    f' t="inlineStr"><is><t(?:{_PRESERVE})?>[^<]*</t></is></c>)'
)
_USUAL_ROWS = rf"\A(?:<row[^<>]*>(?:(?:{_CELL})*</row>)?)*\z"
_NOT_PLAIN = re.compile(rb"""<!|encoding=["'](?!utf-8["'])""", re.IGNORECASE)
_FIRST_DATE, _LAST_DATE = 61, 2_958_465  # before March 1900 spreadsheets count a day that never was
_COLUMN_LETTERS, _INDEX_DIGITS, _STYLE_DIGITS = 3, 7, 5  # at most, by the expression above
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

    def __init__(self, data: memoryview) -> None:
        self.data, self.xml = data, np.frombuffer(data, np.uint8)
        tags = np.flatnonzero(self.xml == ord("<"))
        names = self.xml[tags + 1]
        is_cell = names == ord("c")
        cell_of_tag = np.cumsum(is_cell, dtype=np.int32) - 1
        values = np.flatnonzero(((names == ord("v")) | (names == ord("t"))) & (self.xml[tags + 2] != ord("/")))
        starts = tags[values] + np.where(self.xml[tags[values] + 2] == ord(" "), len("<v>" + _PRESERVE), len("<v>"))
        stops = tags[values + 1]
        is_filled = starts < stops  # neither <v></v> nor <v />
        values, self.starts, self.stops = values[is_filled], starts[is_filled], stops[is_filled]
        cells = np.flatnonzero(is_cell)
        owners = cell_of_tag[values]
        self.begins, self.ends = tags[cells[owners]], tags[cells[owners] + 1]  # of the opening tags
        self.row, self.column = self._places(self.begins)
        self.sort = self._sorts(self.ends)
        formulas = cell_of_tag[np.flatnonzero(names == ord("f"))]
        self.unvalued = self._addresses_without(owners, formulas, tags, cells) if len(formulas) else []

    def of_sort(self, letter: str) -> np.ndarray:
        return np.flatnonzero(self.sort == ord(letter))

    def numbers(self) -> np.ndarray:
        return np.flatnonzero((self.sort == ord("n")) | (self.sort <= ord("9")))

    def texts(self, which: np.ndarray) -> pa.Array:
        """The values of some cells as written."""
        return slices(self.data, self.starts[which], self.stops[which])

    def indices(self, which: np.ndarray) -> np.ndarray:
        """The values of some cells that are whole numbers of at most seven digits."""
        return self._digits(self.starts[which])

    def styles(self, which: np.ndarray) -> np.ndarray:
        """The numbers of the styles of some number cells, read backwards from the end of their tags; 0 without."""
        at = self.ends[which] - len('">') - np.where(self.sort[which] == ord("n"), len(' t="n"'), 0) - 1
        style, power = np.zeros(len(at), np.int32), np.ones(len(at), np.int32)
        for _ in range(_STYLE_DIGITS):
            digit = self.xml[at] - np.uint8(ord("0"))
            is_digit = digit < 10
            style += np.where(is_digit, digit * power, 0)
            power *= np.where(is_digit, 10, 1)
            at = at - is_digit
        return np.where(self.xml[at] == ord('"'), style, 0)  # a letter: these were the digits of its address

    def _sorts(self, ends: np.ndarray) -> np.ndarray:
        """The last letter of each cell's type: s(hared), st(r) or inlineSt(r), (b)oolean, (e)rror, (n)umber. A
        cell without a type is a number; there a digit stands, of its style or address."""
        return self.xml[ends - len('s">')]

    def _places(self, begins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row (from 1) and column (from 0) of cells, from their addresses."""
        at = begins + len('<c r="')
        column = np.zeros(len(at), np.int32)
        for _ in range(_COLUMN_LETTERS):
            sign = self.xml[at]
            is_letter = sign >= ord("A")
            column = np.where(is_letter, 26 * column + sign - (ord("A") - 1), column)
            at = at + is_letter
        return self._digits(at), column - 1

    def _digits(self, at: np.ndarray) -> np.ndarray:
        """The whole numbers that begin at some places."""
        number = np.zeros(len(at), np.int32)
        for _ in range(_INDEX_DIGITS):
            digit = self.xml[at] - np.uint8(ord("0"))
            is_digit = digit < 10
            if not is_digit.any():
                break
            number = np.where(is_digit, 10 * number + digit, number)
            at = at + is_digit
        return number

    def _addresses_without(self, owners, formulas, tags, cells) -> list[str]:
        """The cells that hold a formula and neither a value nor a text, not even an empty one."""
        is_valued = np.zeros(len(cells), bool)
        is_valued[owners] = True
        empty = formulas[~is_valued[formulas]]
        empty = empty[self._sorts(tags[cells[empty] + 1]) != ord("r")]
        return _addresses(*self._places(tags[cells[empty]]))


def _addresses(rows: np.ndarray, columns: np.ndarray) -> list[str]:
    return [f"{column_letter(column)}{row}" for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]


def _blocks(data: memoryview, whole: bytes, start: int, end: int) -> Iterator[_Block]:
    while start < end:
        stop = whole.find(_END_OF_ROW, start + _BLOCK, end)
        stop = end if stop < 0 else stop + len(_END_OF_ROW)
        yield _Block(data[start:stop])
        start = stop


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
        text[own] = first + self.own_count + np.arange(len(own))
        if len(own):
            refuse_bare_edges(block.xml, block.starts[own], block.stops[own])
            self.own_texts.append(block.texts(own))
            self.own_count += len(own)
        number[numbers] = block.texts(numbers).cast(pa.float64()).to_numpy()
        is_date[numbers] = self._are_dates(block.styles(numbers), number[numbers])
        if len(errors):
            places = _addresses(block.row[errors], block.column[errors])
            self.errors += zip(places, block.texts(errors).to_pylist(), strict=True)
        self.unvalued += block.unvalued
        kept = block.sort != ord("e")
        found = {"row": block.row, "column": block.column, "text": text, "number": number, "is_date": is_date}
        for name, part in found.items():
            self.parts[name].append(part if kept.all() else part[kept])

    def _are_dates(self, styles: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        sorts = self.styles[np.minimum(styles, len(self.styles) - 1)]
        dates = numbers[sorts == DATE]
        if (sorts == DURATION).any() or (len(dates) and not _FIRST_DATE <= dates.min() <= dates.max() < _LAST_DATE):
            raise UnusualXml
        return sorts == DATE

    def cells(self) -> Cells:
        if not self.parts["row"]:
            raise UnusualXml
        row, column, text, number, is_date = (np.concatenate(parts) for parts in self.parts.values())
        place = row.astype(np.int64) * _MOST_COLUMNS + column
        if not (place[1:] > place[:-1]).all():  # a cell that stands twice, or out of order
            raise UnusualXml
        has_own = (text >= len(self.shared.place_of)).any()
        texts = self.shared.with_own(pa.concat_arrays(self.own_texts)) if has_own else self.shared
        is_text = text >= 0
        text[is_text] = texts.place_of[text[is_text]]
        kept = ~is_text | (text >= 0)
        if not kept.all():  # a cell of spaces is an empty cell
            row, column, text, number, is_date = (part[kept] for part in (row, column, text, number, is_date))
        return Cells(row, column, text, number, is_date, texts.distinct, self.errors, self.unvalued)


def cells_of_sheet(data: bytes, shared: Texts, styles: np.ndarray) -> Cells:
    """The cells of a worksheet's XML. Raises UnusualXml when it is written in a way that is not read here."""
    start, end = data.find(_OPEN) + len(_OPEN), data.rfind(_CLOSE)
    if start < len(_OPEN) or end < start or _NOT_PLAIN.search(data[:start]) or b"<!" in data[end:]:
        raise UnusualXml
    view = memoryview(data)
    if not has(view[start:end], _USUAL_ROWS):
        raise UnusualXml
    collector = _Collector(shared, styles)
    try:
        for block in _blocks(view, data, start, end):
            collector.add(block)
        return collector.cells()
    except pa.ArrowInvalid as fault:  # a number that is none, a text that is not UTF-8
        raise UnusualXml from fault
