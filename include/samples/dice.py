"""Numbers that look random and are the same on every machine: the samples must come out byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """A seeded source; only `Random.random` is used, whose sequence Python guarantees for a seed."""

    def __init__(self, *seed: object) -> None:
        self._random = Random("|".join(str(part) for part in seed))

    def share(self) -> float:
        return self._random.random()

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.whole(0, len(items) - 1)]

    def split(self, total: int, parts: int) -> list[int]:
        """`total` cut into integers that sum to it exactly; each between a third and three times the mean."""
        weights = [self.whole(35, 100) for _ in range(parts)]
        return split_by(total, weights)


def split_by(total: int, weights: Sequence[int]) -> list[int]:
    """`total` cut in proportion to whole weights; the last part takes what rounding leaves."""
    whole = sum(weights)
    pieces = [total * weight // whole for weight in weights]
    pieces[-1] += total - sum(pieces)
    return pieces


def half_away(value: Fraction) -> int:
    """The nearest integer; halves go away from zero."""
    magnitude = (abs(value) + Fraction(1, 2)).__floor__()
    return magnitude if value >= 0 else -magnitude
