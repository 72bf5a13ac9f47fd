"""Rows of a worksheet in the form that most ledgers have, proved and taken apart at once by arithmetic.

In it every cell is `<c r="A1"`, a style or none, and then either `/>`, or the type of a number or a shared string,
`><v>`, digits and `</v></c>`. What proves a cell is what is computed of it anyway: its opening tag as integers of
eight bytes, the number of its digits against that of its bytes. Each byte is then known to be one that the expression
of `cell_forms` allows there, in a third of its time. Rows that hold anything else are left to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.digits import FIRST_BYTES, whole_numbers, word, words_of
from outcome_reporting.workbooks.plain_rows import plain_rows, refuse_other_rows
from outcome_reporting.workbooks.texts import UnusualXml, slices

_OPEN, _VALUE, _CLOSE = b'<c r="', b"<v>", b"</v></c>"
_NUMBER, _TYPED_NUMBER, _SHARED, _STYLE = b'"><v>', b'" t="n">', b'" t="s">', b'" s="'
_EMPTY, _SPACED_EMPTY = b'"/>', b'" />'
_LONGEST_STYLE, _MOST_LETTERS = 5, 3
_READ_BEHIND = 24  # bytes that are behind every place among rows: `</sheetData></worksheet>`
_AROUND_OPEN = np.dtype(  # from the end of the cell before it to well behind an address with one letter
    {
        "names": ["before", "open", "letter", "next", "digits", "more"],
        "formats": ["<u8", "<u8", "u1", "u1", "<u8", "<u8"],
        "offsets": [0, 8, 14, 15, 15, 23],
    }
)
_AROUND_VALUE = np.dtype({"names": ["tag", "value"], "formats": 2 * ["<u8"], "offsets": [0, len(_VALUE)]})
_TENS = 10.0 ** np.arange(8)


@dataclass(slots=True)
class PlainCells:
    """Arrays with one element for each cell that has a value. `shared` is the number of its shared string, -1 where it
    is a number; `style` is 0 without one."""

    row: np.ndarray
    column: np.ndarray
    style: np.ndarray
    shared: np.ndarray
    number: np.ndarray


def plain_cells(data: bytes, start: int, stop: int) -> PlainCells | None:
    """The cells of the rows between two places of a worksheet; None when they are not all plain."""
    try:
        return _Stretch(data, start, stop).cells()
    except (UnusualXml, pa.ArrowInvalid):  # the latter of a number with another tag inside
        return None


def _require(is_so: bool | np.bool) -> None:
    if not is_so:
        raise UnusualXml


def _begins(words: np.ndarray, text: bytes) -> np.ndarray:
    """Which words begin with up to eight bytes."""
    return (words if len(text) == 8 else words & FIRST_BYTES[len(text)]) == word(text)


class _Stretch:
    """Some rows, of whose cells more and more is proved; each step raises UnusualXml when it finds something else.

    `at` are the places up to which the cells are proved.
    """

    def __init__(self, data: bytes, start: int, stop: int) -> None:
        _require(stop + _READ_BEHIND <= len(data))
        self.data, self.words = data, words_of(data)
        self.rows = plain_rows(data, start, stop)
        self.at = self.rows.cells + len(_OPEN + b"A")

    def cells(self) -> PlainCells:
        around = self._records(self.rows.cells - len(_CLOSE), _AROUND_OPEN)
        _require(_begins(around["open"], _OPEN).all())
        is_closed = self._closed(around["before"])
        column, digits, more = self._columns(around)
        row, rest = self._rows(digits, more)
        style, is_number = self._types(rest, is_closed)
        stops = self.rows.ends - len(_CLOSE)
        if not is_closed.all():
            self.at, stops, is_number = self.at[is_closed], stops[is_closed], is_number[is_closed]
            row, column, style = row[is_closed], column[is_closed], style[is_closed]
        shared, number = self._values(stops, is_number)
        return PlainCells(row, column, style, shared, number)

    def _records(self, places: np.ndarray, kind: np.dtype) -> np.ndarray:
        """What stands at places of the bytes: to fetch all fields of a record takes no longer than to fetch one."""
        count = len(self.data) - kind.itemsize + 1
        _require(places.max() < count)
        return np.ndarray((count,), f"V{kind.itemsize}", self.data, strides=(1,))[places].view(kind)

    def _closed(self, before: np.ndarray) -> np.ndarray:
        """Which cells end as one with a value does. All others must end as an empty one."""
        lasts = self.rows.firsts - 1
        endings = np.append(before[1:], np.uint64(0))
        endings[lasts] = self.words[self.rows.ends[lasts] - len(_CLOSE)]
        is_closed = endings == word(_CLOSE)
        _require(is_closed.any() and (is_closed | (endings >> np.uint64(48) == word(b"/>"))).all())
        return is_closed

    def _columns(self, around: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Columns (from 0), and twice eight bytes from the end of their letters."""
        digits, more = around["digits"].copy(), around["more"].copy()
        column = _letters(around["letter"].copy())
        longer = np.flatnonzero(around["next"] >= ord("A"))
        for _ in range(_MOST_LETTERS - 1):
            if len(longer):
                column[longer] = 26 * (column[longer] + 1) + _letters(digits[longer] & FIRST_BYTES[1])
                self.at[longer] += 1
                digits[longer], more[longer] = self.words[self.at[longer]], self.words[self.at[longer] + 8]
                longer = longer[digits[longer] & FIRST_BYTES[1] >= ord("A")]
        return column, digits, more

    def _rows(self, digits: np.ndarray, more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows, the same for all cells of one, and eight bytes from the end of the addresses."""
        firsts = digits[self.rows.firsts]
        number, count = whole_numbers(firsts)
        _require((count > 0).all() and (firsts & FIRST_BYTES[1] > ord("0")).all())
        refuse_other_rows(self.data, self.words, self.rows, firsts, count)
        firsts &= FIRST_BYTES[count]
        count = count[:1] if (count == count[0]).all() else self.rows.of_cells(count)  # mostly one for all
        _require((digits & FIRST_BYTES[count] == self.rows.of_cells(firsts)).all())
        self.at += count
        bits = count.astype(np.uint64) << np.uint64(3)
        return self.rows.of_cells(number), digits >> bits | more << np.uint64(64) - bits

    def _types(self, rest: np.ndarray, is_closed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Styles, and which cells are numbers."""
        is_bare = _begins(rest, _NUMBER)
        is_number, style = is_bare.copy(), np.zeros(len(rest), np.int32)
        others = np.flatnonzero(~(is_bare | _begins(rest, _SHARED)))
        if len(others):
            styled = others[_begins(rest[others], _STYLE)]
            style[styled], digits = whole_numbers(self.words[self.at[styled] + len(_STYLE)])
            _require(((digits > 0) & (digits <= _LONGEST_STYLE)).all())
            self.at[styled] += len(_STYLE) + digits
            rest[styled] = self.words[self.at[styled]]
            is_bare[others] = _begins(rest[others], _NUMBER)
            is_number[others] = is_bare[others] | _begins(rest[others], _TYPED_NUMBER)
            _require((is_number[others] | _begins(rest[others], _SHARED) | ~is_closed[others]).all())
        if not is_closed.all():
            self._refuse_filled(rest[~is_closed], self.rows.ends[~is_closed] - self.at[~is_closed])
        self.at += np.where(is_bare, len(_NUMBER), len(_SHARED + _VALUE))
        return style, is_number

    def _refuse_filled(self, rest: np.ndarray, left: np.ndarray) -> None:
        """Cells that do not end as one with a value are empty: what is `left` of their bytes ends the opening tag."""
        is_empty = _begins(rest, _EMPTY) & (left == len(_EMPTY))
        _require((is_empty | _begins(rest, _SPACED_EMPTY) & (left == len(_SPACED_EMPTY))).all())

    def _values(self, stops: np.ndarray, is_number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of shared strings, -1 for numbers; and the numbers."""
        around = self._records(self.at - len(_VALUE), _AROUND_VALUE)
        _require(_begins(around["tag"], _VALUE).all())
        lengths = stops - self.at
        whole, digits = whole_numbers(around["value"])
        others = np.flatnonzero(digits != lengths)
        _require(lengths.min() > 0 and is_number[others].all())
        number = whole.astype(np.float64)
        if len(others):
            number[others] = self._decimals(self.at[others], stops[others], whole[others], digits[others])
        return np.where(is_number, np.int32(-1), whole), number

    def _decimals(self, starts: np.ndarray, stops: np.ndarray, whole: np.ndarray, digits: np.ndarray) -> np.ndarray:
        """Numbers that are not just up to seven digits. With up to seven before and behind the point, they are a whole
        number and a power of ten, both exact, and so is their quotient to the last bit."""
        point = starts + digits
        behind, decimals = whole_numbers(self.words[point + 1])
        tens = _TENS[decimals]
        number = (whole * tens + behind) / tens
        is_exact = _begins(self.words[point], b".") & (digits > 0) & (decimals > 0)
        others = np.flatnonzero(~is_exact | (point + decimals + 1 != stops))
        if len(others):
            starts, stops = starts[others], stops[others]
            first = self.words[starts + _begins(self.words[starts], b"-")] & FIRST_BYTES[1]
            _require(
                ((first >= ord("0")) & (first <= ord("9"))).all()
            )  # Arrow takes words such as inf, but else numbers
            number[others] = slices(self.data, starts, stops).cast(pa.float64()).to_numpy()
        return number


def _letters(letters: np.ndarray) -> np.ndarray:
    """Letters as numbers, from 0."""
    _require(letters.min() >= ord("A") and letters.max() <= ord("Z"))
    return letters.astype(np.int32) - ord("A")
