"""Rows of a worksheet in the form that most ledgers have, proved and taken apart at once by arithmetic.

In it every cell is `<c r="A1"`, a style or none, the type of a number or a shared string, `><v>`, digits and
`</v></c>`. What proves a cell is what is computed of it anyway: its opening tag as integers of eight bytes, the
number of its digits against that of its bytes. Each byte is then known to be one that the expression of `cell_forms`
allows there, in a third of its time. Rows that hold anything else are left to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.digits import FIRST_BYTES, whole_numbers, word, words_of
from outcome_reporting.workbooks.plain_rows import CLOSE, PlainRows, plain_rows
from outcome_reporting.workbooks.texts import UnusualXml, slices

_OPEN, _VALUE = b'<c r="', b"<v>"
_NUMBER, _TYPED_NUMBER, _SHARED, _STYLE = b'"><v>', b'" t="n">', b'" t="s">', b'" s="'
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
    """Arrays with one element for each cell. `shared` is the number of its shared string, -1 where it is a number.

    `styled` are the cells with a style, `styles` what it is.
    """

    row: np.ndarray
    column: np.ndarray
    shared: np.ndarray
    number: np.ndarray
    styled: np.ndarray
    styles: np.ndarray


def plain_cells(data: bytes, start: int, stop: int) -> PlainCells | None:
    """The cells of the rows between two places of a worksheet; None when they are not all plain."""
    try:
        return _taken_apart(data, start, stop)
    except (UnusualXml, pa.ArrowInvalid):  # the latter of a number with another tag inside
        return None


def _taken_apart(data: bytes, start: int, stop: int) -> PlainCells:
    _require(stop + _READ_BEHIND <= len(data))
    words = words_of(data)
    rows = plain_rows(data, words, start, stop)
    around = _records(data, rows.cells - len(CLOSE), _AROUND_OPEN)
    _require(np.count_nonzero(around["before"] == word(CLOSE)) == len(rows.cells) - len(rows.firsts))
    _require((words[rows.stops[rows.firsts - 1]] == word(CLOSE)).all())  # of the last cell of each row
    column, at, rest = _addresses(words, rows, around)
    is_number, styled, styles = _types(words, at, rest)
    shared, number = _values(data, words, at, rows.stops, is_number)
    return PlainCells(rows.of_cells(rows.number), column, shared, number, styled, styles)


def _require(is_so: bool | np.bool) -> None:
    if not is_so:
        raise UnusualXml


def _records(data: bytes, places: np.ndarray, kind: np.dtype) -> np.ndarray:
    """What stands at places of the bytes: to fetch all fields of a record takes no longer than to fetch one."""
    count = len(data) - kind.itemsize + 1
    _require(places.max() < count)
    return np.ndarray((count,), f"V{kind.itemsize}", data, strides=(1,))[places].view(kind)


def _addresses(words: np.ndarray, rows: PlainRows, around: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns (from 0), the places where the addresses end, and the eight bytes from there on."""
    _require((around["open"] & FIRST_BYTES[len(_OPEN)] == word(_OPEN)).all())
    at, digits, more = rows.cells + len(_OPEN + b"A"), around["digits"].copy(), around["more"].copy()
    column = _letters(around["letter"].copy())
    longer = np.flatnonzero(around["next"] >= ord("A"))
    for _ in range(_MOST_LETTERS - 1):
        if len(longer):
            column[longer] = 26 * (column[longer] + 1) + _letters(digits[longer] & FIRST_BYTES[1])
            at[longer] += 1
            digits[longer], more[longer] = words[at[longer]], words[at[longer] + 8]
            longer = longer[digits[longer] & FIRST_BYTES[1] >= ord("A")]
    first, mask = digits[rows.firsts], FIRST_BYTES[rows.digits]
    _require((rows.digits > 0).all() and (first & FIRST_BYTES[1] > ord("0")).all())
    count = rows.digits[:1] if (rows.digits == rows.digits[0]).all() else rows.of_cells(rows.digits)
    _require((digits & FIRST_BYTES[count] == rows.of_cells(first & mask)).all())
    at += count
    bits = count.astype(np.uint64) << np.uint64(3)
    return column, at, digits >> bits | more << np.uint64(64) - bits


def _letters(letters: np.ndarray) -> np.ndarray:
    """Letters as numbers, from 0."""
    _require(letters.min() >= ord("A") and letters.max() <= ord("Z"))
    return letters.astype(np.int32) - ord("A")


def _types(words: np.ndarray, at: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which cells are numbers, which have styles, and these. Moves `at` from the end of the address to the value."""
    is_bare = rest & FIRST_BYTES[len(_NUMBER)] == word(_NUMBER)
    is_number = is_bare.copy()
    others = np.flatnonzero(~(is_bare | (rest == word(_SHARED))))
    styled = others[rest[others] & FIRST_BYTES[len(_STYLE)] == word(_STYLE)]
    styles, digits = whole_numbers(words[at[styled] + len(_STYLE)])
    _require(((digits > 0) & (digits <= _LONGEST_STYLE)).all())
    at[styled] += len(_STYLE) + digits
    rest[styled] = words[at[styled]]
    rest = rest[others]
    is_bare[others] = rest & FIRST_BYTES[len(_NUMBER)] == word(_NUMBER)
    is_number[others] = is_bare[others] | (rest == word(_TYPED_NUMBER))
    _require((is_number[others] | (rest == word(_SHARED))).all())
    at += np.where(is_bare, len(_NUMBER), len(_SHARED + _VALUE))
    return is_number, styled, styles


def _values(
    data: bytes, words: np.ndarray, at: np.ndarray, stops: np.ndarray, is_number: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of shared strings, -1 for numbers; and the numbers."""
    around = _records(data, at - len(_VALUE), _AROUND_VALUE)
    _require((around["tag"] & FIRST_BYTES[len(_VALUE)] == word(_VALUE)).all())
    lengths = stops - at
    whole, digits = whole_numbers(around["value"])
    others = np.flatnonzero(digits != lengths)
    _require(lengths.min() > 0 and is_number[others].all())
    number = whole.astype(np.float64)
    number[others] = _decimals(data, words, at[others], stops[others], whole[others], digits[others])
    return np.where(is_number, np.int32(-1), whole), number


def _decimals(
    data: bytes, words: np.ndarray, starts: np.ndarray, stops: np.ndarray, whole: np.ndarray, digits: np.ndarray
) -> np.ndarray:
    """Numbers that are not just up to seven digits. With up to seven before and behind the point, they are a whole
    number and a power of ten, both exact, and so is their quotient to the last bit."""
    point = starts + digits
    behind, decimals = whole_numbers(words[point + 1])
    tens = _TENS[decimals]
    number = (whole * tens + behind) / tens
    is_exact = (words[point] & FIRST_BYTES[1] == ord(".")) & (digits > 0) & (decimals > 0)
    others = np.flatnonzero(~is_exact | (point + decimals + 1 != stops))
    if len(others):
        starts, stops = starts[others], stops[others]
        is_negative = words[starts] & FIRST_BYTES[1] == ord("-")
        first = words[starts + is_negative] & FIRST_BYTES[1]
        _require(((first >= ord("0")) & (first <= ord("9"))).all())  # Arrow takes words such as inf, but else numbers
        number[others] = slices(data, starts, stops).cast(pa.float64()).to_numpy()
    return number
