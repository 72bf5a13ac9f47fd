"""Summing cents into the rows of one view."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

Row = dict[str, Any]


class Rows:
    """Rows of one view: cents added under the values of its key columns.

    `key` and `money` are the view's columns; money is integer cents under the view's own names.
    """

    def __init__(self, key: tuple[str, ...], money: tuple[str, ...]) -> None:
        self._key, self._money = key, money
        self._sums: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(money, 0))

    def add(self, key: tuple[Any, ...], **cents: int) -> None:
        """Adds to the row of that key; a measure not named gains nothing."""
        if len(key) != len(self._key):
            raise ValueError("a key has one value for each key column")
        sums = self._sums[key]
        for measure, amount in cents.items():
            sums[measure] += amount

    def rows(self) -> list[Row]:
        """Every row with a figure other than zero, in the order of its key (empty first)."""
        ordered = sorted(self._sums, key=lambda key: [(value is not None, value or 0) for value in key])
        return [
            dict(zip(self._key, key, strict=True)) | self._sums[key] for key in ordered if any(self._sums[key].values())
        ]
