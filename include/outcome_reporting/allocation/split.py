"""The split of many amounts at once by largest remainder, on integer arrays: the rule of the domain, row for row.

Every amount is split alone, by its absolute value, and gets its sign back; ties go to the earlier place, and places
stand in the order of the rule (larger weight, then natural code order). All numbers are int64 and proved to fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcome_reporting.allocation.columns import looked_up, starts_of

LARGEST_TOTAL = 2_000_000_000  # no product of two numbers below it leaves int64
_AT_ONCE = 1 << 15  # amounts: what is computed between fits the processor's cache


@dataclass(frozen=True, slots=True)
class Weights:
    """Groups of weights, one for each number of `group` (ascending); a group's weights stand together, in order."""

    group: np.ndarray
    start: np.ndarray
    count: np.ndarray
    total: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, groups: np.ndarray, weights: np.ndarray) -> Weights:
        """From the group of each weight and the weight, sorted by group and place."""
        group, start, count = np.unique(groups, return_index=True, return_counts=True)
        total = np.add.reduceat(weights, start) if len(weights) else weights
        if len(total) and total.max() > LARGEST_TOTAL:
            raise OverflowError(f"weights that sum to {total.max()} do not fit")
        return cls(group, start, count, total, weights)

    def of_size(self, size: int) -> np.ndarray:
        """The places of the groups with so many weights."""
        return np.flatnonzero(self.count == size)

    def table(self, places: np.ndarray, size: int) -> np.ndarray:
        """The weights of these groups of one size, a row for each."""
        return self.weight[self.start[places][:, None] + np.arange(size)]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Sums of pieces by line and place (1 is the first weight); the same line and place may come several times."""

    line: np.ndarray
    place: np.ndarray
    cents: np.ndarray


def split_by_line(line: np.ndarray, group: np.ndarray, cents: np.ndarray, weights: Weights) -> Pieces:
    """Splits each amount by the weights of its group and sums the pieces over the amounts of a line.

    The amounts of a line stand together and are of one group. Every group must be among the weights.
    """
    place = looked_up(weights.group, np.arange(len(weights.group)))[group]
    size_of = weights.count[place]
    found = []
    for size in np.unique(size_of).tolist():
        chosen = np.flatnonzero(size_of == size)
        rests = _Rests(weights, size, len(chosen))
        for first in range(0, len(chosen), _AT_ONCE):
            some = chosen[first : first + _AT_ONCE]
            found.append(_split_some(line[some], place[some], cents[some], weights, rests))
    if not found:
        return Pieces(*(np.zeros(0, np.int64) for _ in range(3)))
    return Pieces(*map(np.concatenate, zip(*found, strict=True)))


def _split_some(
    line: np.ndarray, place: np.ndarray, cents: np.ndarray, weights: Weights, rests: _Rests
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Amounts whose groups have the same number of weights are one table: a row an amount, a column a weight.

    An amount is quotient * total + rest: the quotient divides without remainder, so that only the rest, which is
    below the total, is rounded, and quotients are summed by line before they are multiplied.
    """
    sign = np.sign(cents)
    quotient, rest = np.divmod(np.abs(cents), weights.total[place])
    pieces = rests.split(place, rest) * sign[:, None]
    starts = starts_of(line)
    whole = np.add.reduceat(sign * quotient, starts)[:, None] * weights.table(place[starts], rests.size)
    sums = np.add.reduceat(pieces, starts, axis=0) + whole
    places = np.tile(np.arange(1, rests.size + 1), len(starts))
    return np.repeat(line[starts], rests.size), places, sums.ravel()


class _Rests:
    """The split of rests over the groups of one size.

    Many groups have the same weights, and totals are small (5, 3 and 2 of 10): where there are fewer rests than
    amounts, each is split once, and the amounts look it up.
    """

    def __init__(self, weights: Weights, size: int, amounts: int) -> None:
        self.size, self._weights = size, weights
        places = weights.of_size(size)
        shapes, first, shape = np.unique(weights.table(places, size), axis=0, return_index=True, return_inverse=True)
        totals = weights.total[places[first]]
        self._known: np.ndarray | None = None
        if int(totals.sum()) < amounts:
            starts = np.cumsum(totals) - totals
            self._start = looked_up(places, starts[shape])
            rest = np.arange(int(totals.sum())) - np.repeat(starts, totals)
            self._known = _split(rest, np.repeat(shapes, totals, axis=0), np.repeat(totals, totals))

    def split(self, place: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """The pieces of each rest, by the weights of the group at its place."""
        if self._known is not None:
            return self._known[self._start[place] + rest]
        return _split(rest, self._weights.table(place, self.size), self._weights.total[place])


def _split(rest: np.ndarray, weights: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Each rest (rows) over its weights (columns).

    Remainder and place are one number, so that no two of a row are equal and the smallest that still gets a cent is
    found by sorting.
    """
    size = weights.shape[1]
    low, remainder = np.divmod(rest[:, None] * weights, totals[:, None])
    leftover = rest - low.sum(axis=1)
    rank = remainder * size + np.arange(size - 1, -1, -1)
    ordered = np.sort(rank, axis=1)
    last = np.take_along_axis(ordered, np.minimum(size - leftover, size - 1)[:, None], axis=1)
    return low + ((rank >= last) & (leftover > 0)[:, None])
