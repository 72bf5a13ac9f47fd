"""The columns of a table as distinct values and numbers: what every check looks at instead of a million cells.

A value is looked at once, however many rows hold it, and a bad one is found again in every row by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import KEY_SEPARATOR
from outcome_reporting.domain.table import TypedTable

# numbers of combinations up to this many times the rows are counted in an array, more are sorted
_DENSE = 4


@dataclass(frozen=True)
class Distinct:
    """The distinct values of one column in the order in which they first stand there, and which one a row holds.

    `of_row` holds the number of each row's value; an empty cell has the number after the last value.
    """

    values: pa.Array
    of_row: np.ndarray

    @cached_property
    def listed(self) -> list:
        """The values as Python objects, None after them for the empty cell."""
        return [*self.values.to_pylist(), None]

    @property
    def count(self) -> int:
        return len(self.values)

    @cached_property
    def has_empty(self) -> bool:
        return bool(len(self.of_row)) and int(self.of_row.max()) == self.count


@dataclass(frozen=True)
class Combos:
    """Distinct combinations of some columns, and which one each row holds."""

    values: list[tuple]
    of_row: np.ndarray

    def rows(self, index: int) -> np.ndarray:
        """Ascending. The rows of all are sorted once: a hundred thousand bad codes are asked for one by one."""
        first, last = np.searchsorted(self._sorted, [index, index + 1])
        return self._order[first:last]

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(self.of_row, kind="stable")

    @cached_property
    def _sorted(self) -> np.ndarray:
        return self.of_row[self._order]


class Columns:
    """The columns of one table, each reduced to its distinct values when it is first asked for."""

    def __init__(self, table: TypedTable) -> None:
        self.table = table
        self._names = frozenset(table.data.column_names)
        self._distinct: dict[str, Distinct] = {}
        self._combos: dict[tuple[str, ...], Combos] = {}
        self._prints: dict[tuple[str, ...], np.ndarray] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def distinct(self, name: str) -> Distinct:
        """A column that the sheet lacks is empty in every row."""
        if name not in self._distinct:
            column = self.table.data[name] if name in self else None
            if column is None or pa.types.is_null(column.type):
                self._distinct[name] = Distinct(pa.nulls(0), np.zeros(self.table.row_count, np.int32))
            else:
                self._distinct[name] = _distinct(column)
        return self._distinct[name]

    def encoded(self, name: str) -> pa.DictionaryArray:
        """A column by its distinct values."""
        found = self.distinct(name)
        is_empty = found.of_row == found.count if found.has_empty else None
        return pa.DictionaryArray.from_arrays(pa.array(found.of_row, mask=is_empty), found.values)

    def has_empty(self, name: str) -> bool:
        """Whether a row has nothing there, told without a look at the values."""
        return bool(self.table.data[name].null_count if name in self else self.table.row_count)

    def keys(self, names: Sequence[str]) -> Distinct:
        """The business key of each row: one field as it is, several as texts with KEY_SEPARATOR between.

        An empty part of several is an empty text, so that keys with an optional field compare.
        """
        if len(names) == 1:
            return self.distinct(names[0])
        return _distinct(pa.chunked_array([self.key_texts(names)]))

    def key_texts(self, names: Sequence[str]) -> pa.Array:
        """The business key of each row as a text, made as `keys` makes it."""
        if len(names) == 1:
            column = self.table.data[names[0]] if names[0] in self else pa.nulls(self.table.row_count)
            return column.combine_chunks().cast(pa.string())
        parts = [self.distinct(name) for name in names]
        texts = [
            pa.concat_arrays([part.values.cast(pa.string()), pa.array([""])]).take(pa.array(part.of_row))
            for part in parts
        ]
        return pc.binary_join_element_wise(*texts, KEY_SEPARATOR)

    def key_prints(self, names: Sequence[str]) -> np.ndarray:
        """The fingerprint of each row's business key (see `fingerprints`)."""
        key = tuple(names)
        if key not in self._prints:
            self._prints[key] = fingerprints(self.key_texts(names))
        return self._prints[key]

    def combos(self, names: Sequence[str]) -> Combos:
        """The combinations in the order of their parts' first appearance, an empty cell (None) last."""
        key = tuple(names)
        if key not in self._combos:
            self._combos[key] = self._combine(key)
        return self._combos[key]

    def _combine(self, names: tuple[str, ...]) -> Combos:
        count = self.table.row_count
        if not count:
            return Combos([], np.zeros(0, np.int64))
        parts = [self.distinct(name) for name in names]
        if len(parts) == 1:
            (part,) = parts
            return Combos([(value,) for value in part.listed[: part.count + part.has_empty]], part.of_row)
        numbers = combined([part.of_row for part in parts], [part.count + 1 for part in parts])
        present, of_row = _renumbered(numbers)
        firsts = np.zeros(len(present), np.int64)
        firsts[of_row[::-1]] = np.arange(count)[::-1]
        columns = [[part.listed[number] for number in part.of_row[firsts]] for part in parts]
        return Combos(list(zip(*columns, strict=True)), of_row)


_WORD = 8  # letters that are mixed into a fingerprint at a time
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], np.uint64)
_ODD = np.uint64(0x9E3779B97F4A7C15)


def fingerprints(texts: pa.Array) -> np.ndarray:
    """A number of 64 bits for each text: the same for the same text, and for different ones almost never.

    Whoever finds two alike compares the texts. A million keys are told apart ten times faster than by making them
    distinct. An empty cell has the number of an empty text.
    """
    whole = pc.fill_null(texts, "").cast(pa.large_string())
    _, offsets, letters = whole.buffers()
    places = np.frombuffer(offsets, np.int64)[whole.offset : whole.offset + len(whole) + 1]
    starts, lengths = places[:-1], np.diff(places)
    count = int(places[-1])
    padded = np.zeros(count + _WORD, np.uint8)
    if letters is not None:
        padded[:count] = np.frombuffer(letters, np.uint8)[:count]
    words = np.ndarray((count + 1,), "<u8", padded, strides=(1,))  # the eight letters from each place on
    found = lengths.astype(np.uint64)
    for start in range(0, int(lengths.max(initial=0)), _WORD):
        word = words[np.minimum(starts + start, count)] & _MASKS[np.clip(lengths - start, 0, _WORD)]
        found = (found ^ word) * _ODD
        found ^= found >> np.uint64(29)
    return found


def repeated(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each part, which of its numbers stand more than once in all of them together."""
    every = np.concatenate(parts)
    ordered = np.sort(every)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    found = np.isin(every, twice) if len(twice) else np.zeros(len(every), bool)
    return np.split(found, np.cumsum([len(part) for part in parts])[:-1])


def combined(columns: Sequence[np.ndarray], sizes: Sequence[int]) -> np.ndarray:
    """One number for each row from several below `sizes`; ordered as the columns are, from the left."""
    numbers = columns[0].astype(np.int64)
    size = sizes[0]
    for column, more in zip(columns[1:], sizes[1:], strict=True):
        if size * more >= 2**62:  # renumber rather than overflow
            present, numbers = _renumbered(numbers)
            size = len(present)
        numbers = numbers * more + column
        size *= more
    return numbers


def _renumbered(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that occur, ascending, and the place of each row's number among them."""
    highest = int(numbers.max()) + 1
    if highest > _DENSE * len(numbers) + 1000:
        return np.unique(numbers, return_inverse=True)
    occurs = np.zeros(highest, bool)
    occurs[numbers] = True
    places = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), places[numbers]


def grouped(numbers: np.ndarray) -> list[np.ndarray]:
    """The places of equal numbers together, each group ascending, in the order in which they first stand."""
    if not len(numbers):
        return []
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    groups = np.split(order, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)
    return sorted(groups, key=lambda places: places[0])


def _distinct(column: pa.ChunkedArray) -> Distinct:
    """A column that is dictionary-encoded already keeps its numbers, in the order of first appearance."""
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        if not whole.null_count and whole[1:].equals(whole[:-1]):  # a ledger is often of one office, year or currency
            return Distinct(whole[:1], np.zeros(len(whole), np.int32))
        encoded = whole.dictionary_encode()
        values = encoded.dictionary
        of_row = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
        return Distinct(values, of_row)
    size, count = len(whole.dictionary), len(whole)
    codes = whole.indices.fill_null(size).to_numpy(zero_copy_only=False)
    firsts = np.full(size + 1, count, np.int32)
    firsts[codes[::-1].astype(np.intp)] = np.arange(count - 1, -1, -1, dtype=np.int32)
    firsts = firsts[:size]
    if (firsts < count).all() and (firsts[1:] > firsts[:-1]).all():
        return Distinct(whole.dictionary, codes)
    order = np.argsort(firsts, kind="stable")
    order = order[firsts[order] < count]
    places = np.full(size + 1, len(order), np.int32)
    places[order] = np.arange(len(order))
    return Distinct(whole.dictionary.take(pa.array(order)), places[codes])


def united(parts: Sequence[Distinct]) -> tuple[pa.Array, list[np.ndarray]]:
    """The distinct values of several columns, in the order of first appearance, and each one's numbers in them.

    The second answer maps, for each column, the number of its value to the number in the first; its empty cell
    to the number after the last. All-empty columns have no type and take that of the others.
    """
    arrays = [part.values for part in parts if part.count]
    if not arrays:
        return pa.array([], pa.string()), [np.zeros(1, np.int32) for _ in parts]
    encoded = pa.concat_arrays(arrays).dictionary_encode()
    numbers = encoded.indices.to_numpy()
    ends = np.cumsum([part.count for part in parts])
    last = np.array([len(encoded.dictionary)], numbers.dtype)
    return encoded.dictionary, [
        np.concatenate([numbers[end - part.count : end], last]) for part, end in zip(parts, ends, strict=True)
    ]
