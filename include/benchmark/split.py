"""Largest remainder on integer arrays: the allocation that the peer and the floor do, and that rows are compared with.

It follows the same rules as the product and shares no code with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

Weights = Mapping[str, Sequence[tuple[str, Decimal]]]  # output -> (SDG, weight)


def natural(code: str) -> list[tuple[int, int, str]]:
    """1.2 before 1.10, digits before letters."""
    parts = re.findall(r"\d+|[^\d]+", code)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def split_cells(cents: np.ndarray, weights: Sequence[tuple[str, Decimal]]) -> dict[str, np.ndarray]:
    """Each of these cells (one output's, integer cents) over its SDG targets; the pieces of a cell sum to it.

    Ties: larger remainder, then larger weight, then natural order. The sign is taken off and put back.
    """
    if not weights:
        return {"X00": cents.copy()}
    places = max(0, *(-weight.as_tuple().exponent for _, weight in weights))  # type: ignore[operator]
    ordered = sorted(weights, key=lambda one: (-one[1], natural(one[0])))
    parts = np.array([int(weight.scaleb(places)) for _, weight in ordered], np.int64)
    total = int(parts.sum())
    whole, rest = np.divmod(np.abs(cents)[:, None], total)
    low, remainder = np.divmod(rest * parts[None, :], total)
    missing = rest[:, 0] - low.sum(axis=1)
    rank = np.argsort(np.argsort(-remainder, axis=1, kind="stable"), axis=1, kind="stable")
    pieces = (whole * parts[None, :] + low + (rank < missing[:, None])) * np.sign(cents)[:, None]
    return {code: pieces[:, place] for place, (code, _) in enumerate(ordered)}
