"""Where rows and cells begin and end in a worksheet whose cells hold nothing but numbers and shared strings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcome_reporting.workbooks.cell_forms import Form
from outcome_reporting.workbooks.digits import FIRST_BYTES, word
from outcome_reporting.workbooks.texts import UnusualXml

_CELL, _ROW_END, _NEXT = b"<c ", b"</row>", b'</row><row r="'
_SHORT = 100  # bytes; longer stretches are not fetched to be compared


@dataclass(slots=True)
class PlainRows:
    """Places in a sheet's bytes: `cells` where each cell begins, `ends` where it ends.

    `firsts` says which cell is the first of each row, `counts` how many it has. The rows are those from `start` to
    `stop`; what stands between two of them, and behind the last, begins at `gaps`.
    """

    start: int
    stop: int
    cells: np.ndarray
    ends: np.ndarray
    firsts: np.ndarray
    counts: np.ndarray
    gaps: np.ndarray

    def of_cells(self, of_rows: np.ndarray) -> np.ndarray:
        """What is said of each row, for each of its cells."""
        return np.repeat(of_rows, self.counts)


def plain_rows(data: bytes, start: int, stop: int) -> PlainRows:
    """The rows between two places, by the letter r: it stands once in each cell, `<c r=`, and else only between rows.
    Nothing is proved yet. Raises UnusualXml when there is no cell."""
    xml = np.frombuffer(data, np.uint8)
    letters = _places_of(b"r", xml[start:stop])
    letters += start
    is_cell = xml[letters - len("c ")] == ord("c")
    cells, others = letters[is_cell], np.flatnonzero(~is_cell)
    if not len(cells) or is_cell[0] or is_cell[-1]:
        raise UnusualXml
    cells -= len(_CELL)
    lasts = np.flatnonzero(others[1:] - others[:-1] != 1)  # of the letters that stand before the first cell of a row
    firsts, gaps = others[lasts] - lasts, letters[others[lasts + 1]] - len("</")
    ends = np.append(cells[1:], gaps[-1])
    ends[firsts[1:] - 1] = gaps[:-1]
    return PlainRows(start, stop, cells, ends, firsts, np.append(firsts[1:], len(cells)) - firsts, gaps)


def _places_of(letter: bytes, xml: np.ndarray) -> np.ndarray:
    """Where a letter stands, found in words of eight bytes and only once in each. Cells are longer; a row whose first
    cell is missed is found out, as all that stands between two rows is looked at."""
    found = np.zeros(-(-len(xml) // 8) * 8, bool)
    np.equal(xml, ord(letter), out=found[: len(xml)])
    eights = found.view("<u8")
    places = np.flatnonzero(eights != 0)
    bits = eights[places]
    bits ^= bits - np.uint64(1)  # of all bytes up to the first that is found
    places <<= 3
    places += np.bitwise_count(bits) >> 3
    return places


def refuse_other_rows(data: bytes, words: np.ndarray, rows: PlainRows, numbers: np.ndarray, digits: np.ndarray) -> None:
    """Raises UnusualXml when what stands before, between and after the cells does not begin and end rows. `numbers`
    are words that begin with the number of each row, which has so many `digits`."""
    gaps, begins = rows.gaps[:-1], rows.cells[rows.firsts[1:]]
    is_usual = (words[gaps + len(_NEXT)] ^ numbers[1:]) & FIRST_BYTES[digits[1:]] == 0
    is_usual &= words[gaps] == word(_NEXT[:8])
    is_usual &= words[gaps + 8] & FIRST_BYTES[len(_NEXT) - 8] == word(_NEXT[8:])
    rests = _different(data, (gaps + len(_NEXT) + digits[1:])[is_usual], begins[is_usual])
    found = [_NEXT + b"1000000" + rest for rest in rests]  # as if all had the same number, the longest
    found += _different(data, gaps[~is_usual], begins[~is_usual])
    found += [_ROW_END + data[rows.start : rows.cells[0]], data[rows.gaps[-1] : rows.stop] + b"<row>"]
    if not all(map(Form.ADDRESSED.between_rows.fullmatch, found)):
        raise UnusualXml


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
