"""The split of many amounts at once by largest remainder, on integer arrays: the rule of the domain, row for row.

Every amount is split alone, by its absolute value, and gets its sign back; ties go to the earlier place, and places
stand in the order of the rule (larger weight, then natural code order). All numbers are int64 and proved to fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

LARGEST_TOTAL = 2_000_000_000  # no product of two numbers below it leaves int64
_AT_ONCE = 1 << 17  # amounts: what is computed between fits the processor's cache


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


@dataclass(frozen=True, slots=True)
class Pieces:
    """Sums of pieces by line and place (1 is the first weight); the same line and place may come several times."""

    line: np.ndarray
    place: np.ndarray
    cents: np.ndarray


def split_by_line(line: np.ndarray, group: np.ndarray, cents: np.ndarray, weights: Weights) -> Pieces:
    """Splits each amount by the weights of its group and sums the pieces over the amounts of a line.

    The amounts of a line stand together. Every group must be among the weights.
    """
    some = (slice(first, first + _AT_ONCE) for first in range(0, len(cents), _AT_ONCE))
    found = [piece for part in some for piece in _split_some(line[part], group[part], cents[part], weights)]
    if not found:
        return Pieces(*(np.zeros(0, np.int64) for _ in range(3)))
    return Pieces(*map(np.concatenate, zip(*found, strict=True)))


def _split_some(
    line: np.ndarray, group: np.ndarray, cents: np.ndarray, weights: Weights
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Amounts whose groups have the same number of weights are one table: a row an amount, a column a place."""
    place = np.searchsorted(weights.group, group)
    size_of = weights.count[place]
    for size in np.unique(size_of):
        chosen = np.flatnonzero(size_of == size)
        at = place[chosen]
        pieces = _split(cents[chosen], weights.weight[weights.start[at][:, None] + np.arange(size)], weights.total[at])
        lines = line[chosen]
        starts = np.flatnonzero(np.diff(lines, prepend=lines[0] - 1))
        sums = np.add.reduceat(pieces, starts, axis=0)
        yield np.repeat(lines[starts], size), np.tile(np.arange(1, size + 1), len(starts)), sums.ravel()


def _split(cents: np.ndarray, weights: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Each amount (rows) over its weights (columns).

    An amount is quotient * total + rest: the quotient divides without remainder, so that only the rest, which is
    below the total, is floored and ranked. Remainder and place are one number, so that no two of a row are equal and
    the smallest that still gets a cent is found by sorting.
    """
    size = weights.shape[1]
    quotient, rest = np.divmod(np.abs(cents), totals)
    low, remainder = np.divmod(rest[:, None] * weights, totals[:, None])
    leftover = rest - low.sum(axis=1)
    rank = remainder * size + np.arange(size - 1, -1, -1)
    ordered = np.sort(rank, axis=1)
    last = np.take_along_axis(ordered, np.minimum(size - leftover, size - 1)[:, None], axis=1)
    bonus = (rank >= last) & (leftover > 0)[:, None]
    return np.sign(cents)[:, None] * (quotient[:, None] * weights + low + bonus)
