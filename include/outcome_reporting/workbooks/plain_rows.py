"""Where rows and cells begin and end in a worksheet whose cells hold nothing but numbers and shared strings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcome_reporting.workbooks.cell_forms import Form
from outcome_reporting.workbooks.digits import FIRST_BYTES, whole_numbers, word
from outcome_reporting.workbooks.texts import UnusualXml

CLOSE = b"</v></c>"
_SHORT = 100  # bytes
_CELL, _ADDRESS, _END, _NEXT = b"<c ", b'<c r="A', b"</row>", b'</row><row r="'


@dataclass(slots=True)
class PlainRows:
    """Places in a sheet's bytes: `cells` of the opening tags of all cells, `stops` where their values end.

    `firsts` says which cell is the first of each row, `counts` how many it has; `number` is the row's, of so many
    `digits`.
    """

    cells: np.ndarray
    stops: np.ndarray
    firsts: np.ndarray
    counts: np.ndarray
    number: np.ndarray
    digits: np.ndarray

    def of_cells(self, of_rows: np.ndarray) -> np.ndarray:
        """What is said of each row, for each of its cells."""
        return np.repeat(of_rows, self.counts)


def plain_rows(data: bytes, words: np.ndarray, start: int, stop: int) -> PlainRows:
    """The rows between two places. Raises UnusualXml when what stands before, between and after their cells does not
    begin and end rows; the cells are not looked at yet. In each the letter r stands once, `<c r=`."""
    xml = np.frombuffer(data, np.uint8)
    letters = np.flatnonzero(xml[start:stop] == ord("r"))
    letters += start
    is_cell = xml[letters - len("c ")] == ord("c")
    cells, others = letters[is_cell], np.flatnonzero(~is_cell)
    if not len(cells) or is_cell[0] or is_cell[-1]:
        raise UnusualXml
    cells -= len(_CELL)
    lasts = np.flatnonzero(others[1:] - others[:-1] != 1)  # of the letters that stand before the first cell of a row
    firsts, ends = others[lasts] - lasts, letters[others[lasts + 1]] - len("</")
    stops = np.append(cells[1:], ends[-1])
    stops[firsts[1:] - 1] = ends[:-1]
    stops -= len(CLOSE)
    number, digits = whole_numbers(words[cells[firsts] + len(_ADDRESS)])
    rows = PlainRows(cells, stops, firsts, np.append(firsts[1:], len(cells)) - firsts, number, digits)
    found = _between(data, words, rows, ends[:-1])
    found += [_END + data[start : cells[0]], data[ends[-1] : stop] + b"<row>"]
    if not all(map(Form.ADDRESSED.between_rows.fullmatch, found)):
        raise UnusualXml
    return rows


def _between(data: bytes, words: np.ndarray, rows: PlainRows, ends: np.ndarray) -> list[bytes]:
    """What stands between two rows, each once: rows that say the number of their first cell as if it were
    the same seven digits."""
    begins, digits = rows.cells[rows.firsts[1:]], rows.digits[1:]
    differ = words[ends + len(_NEXT)] ^ words[begins + len(_ADDRESS)]
    is_usual = differ & FIRST_BYTES[digits] == 0
    is_usual &= words[ends] == word(_NEXT[:8])
    is_usual &= words[ends + 8] & FIRST_BYTES[len(_NEXT) - 8] == word(_NEXT[8:])
    rests = _different(data, (ends + len(_NEXT) + digits)[is_usual], begins[is_usual])
    return [_NEXT + b"1000000" + rest for rest in rests] + list(_different(data, ends[~is_usual], begins[~is_usual]))


def _different(data: bytes, starts: np.ndarray, stops: np.ndarray) -> set[bytes]:
    """Stretches of bytes, each once. Mostly all are like the first: only what is not is looked at one by one."""
    if not len(starts):
        return set()
    lengths = stops - starts
    length = int(lengths[0])
    if lengths.min() < 1:
        raise UnusualXml
    others = np.arange(1, len(starts))
    if length <= _SHORT:
        last = len(data) - length  # what begins behind it is shorter
        records = np.ndarray((last + 1,), f"S{length}", data, strides=(1,))[np.minimum(starts, last)]
        others = np.flatnonzero((records != records[0]) | (lengths != length))
    pairs = zip(starts[others].tolist(), stops[others].tolist(), strict=True)
    return {data[starts[0] : stops[0]], *(data[start:stop] for start, stop in pairs)}
