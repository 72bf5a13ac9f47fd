"""Cells as columns of whole numbers: taken together in groups, summed in totals, and the largest of them found.

All that PostgreSQL would have to sort and store for this is here a few operations on whole columns. Cents are
64-bit integers throughout; sums that might not fit are refused, never rounded.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

Numbers = NDArray[np.int64]

_HEAD = struct.Struct(">5i")  # before the elements of an array: dimensions, gaps, type, length, first index
_ELEMENTS = {
    23: np.dtype([("bytes", ">i4"), ("number", ">i4")]),  # integer
    20: np.dtype([("bytes", ">i4"), ("number", ">i8")]),  # bigint
}
_LIMIT = 2**63


class NumbersLoader(Loader):
    """PostgreSQL's binary arrays of whole numbers as numpy arrays, not as lists of a hundred thousand integers."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Numbers:
        _, has_gaps, kind, *_ = _HEAD.unpack_from(data)
        if has_gaps:
            raise ValueError("a column of numbers has gaps")
        return np.frombuffer(data, _ELEMENTS[kind], offset=_HEAD.size)["number"]


@dataclass(frozen=True, slots=True)
class Cells:
    """What each cell measures, where it stands, whose it is, and its cents.

    `place`, `fund` and `partner` are numbers in the order of the codes that they stand for.
    """

    measure: Numbers
    part: Numbers  # of a sheet: the rows of one slice
    place: Numbers
    fund: Numbers
    partner: Numbers
    row: Numbers
    cents: Numbers
    is_dollars: NDArray[np.bool_]  # what is written is its dollars

    @classmethod
    def joined(cls, those: Sequence[Cells]) -> Cells:
        """All of them, one after the other."""
        return cls(*(np.concatenate([getattr(one, field.name) for one in those]) for field in fields(cls)))

    def some(self, wanted: NDArray[Any]) -> Cells:
        """Those at these indexes, or where it is true."""
        return Cells(*(getattr(self, field.name)[wanted] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Groups:
    """Members that share their keys, taken together; groups stand in the order of the keys."""

    order: Numbers  # the members, group by group
    starts: Numbers  # where each group starts among them

    @property
    def first(self) -> Numbers:
        """Of each group one member."""
        return self.order[self.starts]

    @property
    def count(self) -> Numbers:
        return np.diff(self.starts, append=len(self.order))

    @property
    def of_member(self) -> Numbers:
        """For each member the number of its group."""
        found = np.empty_like(self.order)
        found[self.order] = np.repeat(np.arange(len(self.starts)), self.count)
        return found

    def sums(self, values: Numbers) -> Numbers:
        """The sum of each group's members. Raises OverflowError where one might not fit."""
        if len(values) and int(np.abs(values).max()) * len(values) >= _LIMIT:
            raise OverflowError("so much money cannot be summed in 64-bit cents")
        return np.add.reduceat(values[self.order], self.starts) if len(values) else values


def grouped(*keys: Numbers) -> Groups:
    """The members by all their keys, the first of which weighs most in the order."""
    packed, room = _packed(keys)
    order, packed = _ordered(packed, room)
    return Groups(order, starts_of(packed))


def largest(total: Numbers, cents: Numbers, shown: int | Numbers, ties: Sequence[Numbers] = ()) -> Numbers:
    """The indexes of the `shown` members of each total that are largest without their sign; by total, then by size.

    `shown` may be a number for each member. Of equals those come first whose `ties` are smaller, then the earlier.
    """
    try:
        order, _ = _ordered(*_packed((total, -np.abs(cents), *ties)))
    except OverflowError:  # rare amounts, or many ties: the same several times slower
        order = np.lexsort((*reversed(ties), -np.abs(cents), total))
    starts = starts_of(total[order])
    place = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order[place < (shown if isinstance(shown, int) else shown[order])]


def large_enough(total: Numbers, cents: Numbers, shown: int) -> Numbers:
    """The indexes of members that may be among the `shown` largest of their total: few are left to be ranked."""
    of_shown = largest(total, cents, shown)
    starts = starts_of(total[of_shown])
    least = of_shown[np.append(starts[1:], len(of_shown)) - 1] if len(starts) else of_shown
    limit = np.zeros(int(total.max(initial=0)) + 1, np.int64)
    limit[total[least]] = np.abs(cents[least])
    return np.flatnonzero(np.abs(cents) >= limit[total])


def starts_of(ordered: Numbers) -> Numbers:
    """Where each run of equal numbers starts."""
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(is_first)


def _ordered(packed: Numbers, room: int) -> tuple[Numbers, Numbers]:
    """The members by a key that is less than `room`, of equals the earlier first, and their keys in that order.

    Numbers are sorted three times as fast as places are: so each takes its place along where both have room.
    """
    bits = len(packed).bit_length()
    if room << bits >= _LIMIT:
        order = np.argsort(packed, kind="stable")
        return order, packed[order]
    both = packed << bits
    both |= np.arange(len(packed))
    both.sort()
    return both & ((1 << bits) - 1), both >> bits


def _packed(keys: Sequence[Numbers]) -> tuple[Numbers, int]:
    """Several keys as one number in their order, and what that is less than: one number is sorted many times faster."""
    packed = np.zeros(len(keys[0]), np.int64)
    room = 1
    for key in keys:
        low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        room *= high - low + 1
        if room >= _LIMIT:
            raise OverflowError("too many keys to be packed into one number")
        packed *= high - low + 1
        packed += key
        packed -= low
    return packed, room


def repeated(values: Sequence[int], times: Sequence[int]) -> Numbers:
    return np.repeat(np.array(values, np.int64), times)


def concatenated(columns: Sequence[Numbers]) -> Numbers:
    """Columns of any width, or none at all, as one."""
    return np.concatenate([np.empty(0, np.int64), *columns])
