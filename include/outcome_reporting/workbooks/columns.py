"""One column of a sheet before it has a type: numbers, texts and moments side by side, as the file holds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.workbooks.distinct import Distinct
from outcome_reporting.workbooks.texts import is_blank

_SHOWN_DIGITS = ".15g"


class RawColumn:
    """A column of `length` cells. A part that no cell uses is None; a cell fills at most one part.

    `numbers` is float64, `texts` string (never blank: a cell of spaces counts as empty), `moments` timestamp[ms].
    """

    __slots__ = ("_distinct", "_texts", "length", "moments", "numbers")

    def __init__(
        self,
        length: int,
        numbers: pa.Array | None = None,
        texts: pa.Array | None = None,
        moments: pa.Array | None = None,
    ) -> None:
        self.length, self.numbers, self.moments = length, numbers, moments
        self._texts = texts
        self._distinct: Distinct | None = None

    @property
    def texts(self) -> pa.Array | None:
        """Made of the distinct values only when somebody asks: few look at every cell."""
        if self._texts is None and self._distinct is not None:
            self._texts = self._distinct.spread(self._distinct.dictionary)
        return self._texts

    @texts.setter
    def texts(self, texts: pa.Array | None) -> None:
        self._texts, self._distinct = texts, None

    @property
    def has_texts(self) -> bool:
        return self._distinct is not None or self._texts is not None

    @property
    def distinct(self) -> Distinct:
        """The distinct values of `texts`, found once for all who ask."""
        if self._distinct is None:
            assert self._texts is not None
            self._distinct = Distinct.of_texts(self._texts)
        return self._distinct

    def set_texts(self, texts: pa.Array) -> None:
        """Takes string cells; blank ones become empty."""
        distinct = Distinct.of_texts(texts)
        blank = is_blank(distinct.dictionary)
        if pc.any(blank).as_py():
            kept = pc.if_else(blank, pa.scalar(None, pa.string()), distinct.dictionary)
            texts = distinct.spread(kept)
            distinct = Distinct.of_texts(texts)
        if texts.null_count < len(texts):
            self._texts, self._distinct = texts, distinct

    def set_distinct(self, distinct: Distinct) -> None:
        """Takes string cells of which none is blank as their distinct values."""
        self._texts, self._distinct = None, distinct

    def filled(self) -> np.ndarray:
        """Which cells hold something, as booleans."""
        mask = self.filled_with_text()
        for part in (self.numbers, self.moments):
            if part is not None:
                mask |= is_valid(part)
        return mask

    def filled_with_text(self) -> np.ndarray:
        """Which cells hold a text, as booleans."""
        return self.distinct.index >= 0 if self.has_texts else np.zeros(self.length, bool)

    def text(self, index: int) -> str:
        """A text cell's text; empty for every other cell."""
        number = int(self.distinct.index[index]) if self.has_texts else -1
        return self.distinct.dictionary[number].as_py() if number >= 0 else ""

    def shown(self, index: int) -> str:
        """A cell's text as it stands; empty for an empty cell."""
        if text := self.text(index):
            return text
        if self.numbers is not None and self.numbers[index].is_valid:
            return number_text(self.numbers[index].as_py())
        if self.moments is not None and self.moments[index].is_valid:
            return moment_text(self.moments[index].as_py())
        return ""

    def first(self, length: int) -> RawColumn:
        """Its first cells."""
        if length == self.length:
            return self
        column = RawColumn(length, _first(self.numbers, length), moments=_first(self.moments, length))
        distinct = self.distinct.first(length) if self.has_texts else None
        if distinct is not None and len(distinct.dictionary):
            column.set_distinct(distinct)
        return column

    def slice(self, start: int, length: int) -> RawColumn:
        parts = [None if p is None else p.slice(start, length) for p in (self.numbers, self.texts, self.moments)]
        return RawColumn(length, *parts)


def _first(part: pa.Array | None, length: int) -> pa.Array | None:
    cut = None if part is None else part.slice(0, length)
    return None if cut is None or cut.null_count == length else cut


def is_valid(part: pa.Array) -> np.ndarray:
    """Which values of an Arrow array are not null, as booleans."""
    if part.null_count == 0:
        return np.ones(len(part), dtype=bool)
    return pc.is_valid(part).to_numpy(zero_copy_only=False)


def as_numbers(part: pa.Array) -> np.ndarray:
    """The values of an Arrow array of numbers, 0 where it has none."""
    return (part.fill_null(0) if part.null_count else part).to_numpy(zero_copy_only=False)


def typed_array(values: np.ndarray, valid: np.ndarray, kind: pa.DataType) -> pa.Array:
    """The values as Arrow holds them; null where they are not valid."""
    return pa.array(values, kind, mask=None if valid.all() else ~valid)


def number_text(number: float) -> str:
    """A number cell as a spreadsheet shows it: `1234`, `8.1`, never `1234.0`."""
    text = format(number, _SHOWN_DIGITS)
    if "e" in text and abs(number) < 1e21:
        text = format(float(text), "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text


def moment_text(moment: datetime) -> str:
    """A date cell as text: ISO, with its time only where it has one."""
    return moment.isoformat(sep=" ") if moment.time() != datetime.min.time() else moment.date().isoformat()


def _as_text(value) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if isinstance(value, float | int | date) or value is None:
        return None
    return str(value)


def _as_moment(value) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None


def column_of_values(values: Sequence) -> RawColumn:
    """A column from Python values as python-calamine gives them: the slow, exact way."""
    kinds = set(map(type, values))
    column = RawColumn(len(values))
    if kinds & {float, int}:
        column.numbers = pa.array([float(v) if type(v) in (float, int) else None for v in values], pa.float64())
    if kinds & {date, datetime}:
        column.moments = pa.array([_as_moment(v) for v in values], pa.timestamp("ms"))
    if kinds & {str, bool, timedelta} or kinds - {float, int, date, datetime, type(None)}:
        column.set_texts(pa.array([_as_text(v) for v in values], pa.string()))
    return column


def column_of_arrow(array: pa.Array) -> RawColumn:
    """A column from an Arrow array in which every cell is of the array's type."""
    column = RawColumn(len(array))
    if array.null_count == len(array):
        return column
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        column.numbers = array.cast(pa.float64())
    elif pa.types.is_temporal(array.type):
        column.moments = array.cast(pa.timestamp("ms"))
    else:
        column.set_texts(array.cast(pa.string()))
    return column
