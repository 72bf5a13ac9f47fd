"""Work on the distinct values of a column instead of on every row, and the problems found there with their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import Contract, Field
from outcome_reporting.domain.finding import Severity
from outcome_reporting.domain.money import Convention
from outcome_reporting.domain.reference import Reference

if TYPE_CHECKING:
    from outcome_reporting.workbooks.mended import Mend


_FEW = 4  # rows to a value


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value, before it has a place. `severity` None is the rule's own."""

    rule: str
    message: str
    expected: str = ""
    remedy: str = ""
    nearest: str = ""
    severity: Severity | None = None


@dataclass(slots=True)
class Converted:
    """A typed column: its Arrow array (null where empty or unreadable) and the problems.

    Each problem is that of one value, with the indices of all rows that hold it, ascending. `notes` are problems of
    the column as a whole, placed at the first cell they concern.
    """

    array: pa.Array
    problems: list[tuple[np.ndarray, Problem]] = field(default_factory=list)
    notes: list[tuple[int, Problem]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """What conversion needs to know beside the cells.

    `decimal` and `date_order` (`dmy` or `mdy`) are declared by the source, else None and found in the column.
    `is_text_file` says that every cell is text by nature (csv), so that numbers as text deserve no note.
    """

    contracts: dict[str, Contract] = field(default_factory=dict)
    reference: Reference | None = None
    publisher: str = "XM-DAC-41146"
    decimal: Convention | None = None
    date_order: str | None = None
    is_text_file: bool = False
    constants: Mapping[str, str] = field(default_factory=dict)  # fields (by name) that the source itself gives
    mends: Sequence[Mend] = ()  # right values that were written in the list of an earlier answer

    def is_named(self, column: Field) -> bool:
        """Whether a code column may also hold names: it refers to a dataset that keeps aliases, or to plan elements."""
        if column.code_list == "plan_elements":
            return True
        other = self.contracts.get(column.refers_to[0]) if column.refers_to else None
        return other is not None and any(f.kind.value == "names" for f in other.fields)


class Distinct:
    """The distinct values of a string column in the order of their rows, and which row holds which (-1: empty)."""

    def __init__(self, dictionary: pa.Array, index: np.ndarray) -> None:
        self.dictionary, self.index = dictionary, index
        self._values: list[str] | None = None

    @classmethod
    def of_texts(cls, texts: pa.Array) -> Distinct:
        encoded = texts.dictionary_encode()
        return cls(encoded.dictionary, encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False))

    @classmethod
    def of_places(cls, texts: pa.Array, places: np.ndarray) -> Distinct:
        """Of a column given as the place of each cell's text among all texts of a workbook (below 0: empty)."""
        count = int(places.max()) + 1  # the texts of most columns all stand near the beginning
        empty = max(0, -int(places.min()))  # numbers below 0 count from the end of an array
        upwards = places[::-1].astype(np.intp)
        first_row = np.full(count + empty, -1, np.int32)
        first_row[upwards] = np.arange(
            len(places) - 1, -1, -1, dtype=np.int32
        )  # of many rows the first is written last
        used = np.flatnonzero(first_row[:count] >= 0)
        used = used[np.argsort(first_row[used], kind="stable")]
        number_of = np.full(count + empty, -1, np.int32)
        number_of[used] = np.arange(len(used), dtype=np.int32)
        return cls(texts.take(pa.array(used)), number_of[upwards][::-1].copy())

    @property
    def values(self) -> list[str]:
        if self._values is None:
            self._values = self.dictionary.to_pylist()
        return self._values

    def value(self, number: int) -> str:
        """One of them, without making all."""
        return self.dictionary[number].as_py()

    def first(self, length: int) -> Distinct:
        """Of the first rows: values come in the order of their rows, so those of later rows alone are the last."""
        index = self.index[:length]
        return Distinct(self.dictionary.slice(0, int(index.max(initial=-1)) + 1), index)

    def spread(self, converted: pa.Array) -> pa.Array:
        """One converted value for each distinct value becomes one for each row."""
        is_empty = self.index < 0
        if is_empty.any():
            return converted.take(pa.array(self.index, mask=is_empty))
        if len(converted) == len(self.index):  # each row has a value of its own, and they are in the order of the rows
            return converted
        return converted.take(pa.array(self.index))

    def kept_once(self, converted: pa.Array) -> pa.Array:
        """As `spread`, but texts that stand in many rows are dictionary-encoded, in the order of their rows: whoever
        checks or loads the column takes them as they are, and they are not made distinct again."""
        if _FEW * len(converted) > len(self.index):
            return self.spread(converted)
        index, values = self.index, converted
        if converted is not self.dictionary:  # two spellings may have become one value, or one none
            encoded = converted.dictionary_encode()
            values = encoded.dictionary
            index = np.append(encoded.indices.fill_null(-1).to_numpy(), np.int32(-1))[index]  # its last for -1
        is_empty = index < 0
        numbers = pa.array(index, mask=is_empty if is_empty.any() else None)
        return pa.DictionaryArray.from_arrays(numbers, values)

    def rows_of(self, problems: dict[int, Problem]) -> list[tuple[np.ndarray, Problem]]:
        """Problems of distinct values (by their number), each with the rows that hold its value."""
        if not problems:
            return []
        rows = np.flatnonzero(np.isin(self.index, list(problems)))
        return [(rows[places], problems[number]) for number, places in _grouped(self.index[rows])]

    def first_row(self, number: int) -> int:
        return int(np.argmax(self.index == number))

    def map_strings(
        self, change: Callable[[str], str | Problem], singly: np.ndarray | None = None
    ) -> tuple[pa.Array, dict[int, Problem], list[int]]:
        """Applies `change` to each value. Gives the new values, the problems, and which values were changed.

        With `singly` (booleans, one for each value) only those are looked at; the others stay as they are.
        """
        if singly is not None and not singly.any():
            return self.dictionary, {}, []
        numbers = range(len(self.dictionary)) if singly is None else np.flatnonzero(singly).tolist()
        values = self.dictionary if singly is None else self.dictionary.filter(pa.array(singly))
        new: list[str | None] = []
        problems: dict[int, Problem] = {}
        changed: list[int] = []
        for number, value in zip(numbers, values.to_pylist(), strict=True):
            result = change(value)
            if isinstance(result, Problem):
                problems[number] = result
                new.append(None)
                continue
            new.append(result)
            if result != value:
                changed.append(number)
        if not changed and not problems:
            return self.dictionary, problems, changed
        if singly is None:
            return pa.array(new, pa.string()), problems, changed
        return pc.replace_with_mask(self.dictionary, pa.array(singly), pa.array(new, pa.string())), problems, changed


def _grouped(numbers: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each number with the places where it stands, ascending."""
    if len(numbers):
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        bounds = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        yield from zip(ordered[[0, *bounds]].tolist(), np.split(order, bounds), strict=True)


def rows_by_value(values: pa.Array, rows: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
    """The distinct values of some rows of a column, each with those of the rows that hold it."""
    if not len(rows):
        return
    encoded = values.take(pa.array(rows)).dictionary_encode()
    of_number = encoded.dictionary.to_pylist()
    for number, places in _grouped(encoded.indices.to_numpy(zero_copy_only=False)):
        yield of_number[number], rows[places]


def pc_booleans(array: pa.Array) -> np.ndarray:
    return array.to_numpy(zero_copy_only=False)


def merged(first: pa.Array | None, second: pa.Array | None, length: int, kind: pa.DataType) -> pa.Array:
    """Two arrays of one type of which at most one has a value in each row."""
    parts = [part.cast(kind) for part in (first, second) if part is not None]
    if not parts:
        return pa.nulls(length, kind)
    return parts[0] if len(parts) == 1 else pc.coalesce(*parts)
