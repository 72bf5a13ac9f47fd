"""The split on integer arrays, amount for amount the split of the domain."""

from __future__ import annotations

import random

import numpy as np
import pytest

from outcome_reporting.allocation.cells import sum_by_key
from outcome_reporting.allocation.split import LARGEST_TOTAL, Weights, split_by_line
from outcome_reporting.domain.allocation import split

TIES = [[1], [1, 1, 1], [50, 30, 20], [3, 3, 3, 1], [1429] * 7, [9998, 1, 1], [700_000_001, 650_000_000, 649_999_999]]


def _pieces(line: list[int], group: list[int], cents: list[int], weights: Weights) -> dict[tuple[int, int], int]:
    found = split_by_line(*(np.array(one, np.int64) for one in (line, group, cents)), weights)
    sums: dict[tuple[int, int], int] = {}
    for one, place, amount in zip(found.line, found.place, found.cents, strict=True):
        sums[int(one), int(place)] = sums.get((int(one), int(place)), 0) + int(amount)
    return sums


def _weights(groups: list[list[int]]) -> Weights:
    numbers = [number for number, weights in enumerate(groups) for _ in weights]
    return Weights.of(np.array(numbers, np.int64), np.array([one for weights in groups for one in weights], np.int64))


@pytest.mark.parametrize("seed", range(5))
def test_every_amount_is_split_as_the_domain_splits_it(seed: int) -> None:
    dice = random.Random(seed)
    groups = [sorted((dice.randint(1, 9999) for _ in range(dice.randint(1, 12))), reverse=True) for _ in range(40)]
    groups += TIES
    lines, expected = [], {}
    for line in range(200):
        group = dice.randrange(len(groups))
        for _ in range(dice.randint(1, 9)):
            amount = dice.choice([-1, 1, 2, 3, 10**15, -(10**15) - 7]) * dice.randint(1, 10 ** dice.randint(0, 2))
            lines.append((line, group, amount))
            named = [(str(place), weight) for place, weight in enumerate(groups[group], start=1)]
            for place, part in split(amount, named, order=int):
                expected[line, int(place)] = expected.get((line, int(place)), 0) + part
    assert _pieces(*map(list, zip(*lines, strict=True)), _weights(groups)) == expected  # type: ignore[arg-type]


def test_nothing_splits_into_nothing() -> None:
    assert _pieces([], [], [], _weights(TIES)) == {}
    assert _pieces([], [], [], _weights([])) == {}


def test_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(OverflowError):
        _weights([[LARGEST_TOTAL, 1]])


def test_keys_are_summed_in_order_and_zeros_left_out() -> None:
    parts = [(np.array([3, 1]), np.array([5, 7])), (np.array([1, 2, 2]), np.array([-7, 1, 1]))]
    key, cents = sum_by_key(parts)
    assert (key.tolist(), cents.tolist()) == ([2, 3], [2, 5])
    assert [len(one) for one in sum_by_key([])] == [0, 0]


def test_sums_that_could_leave_64_bits_are_refused() -> None:
    with pytest.raises(OverflowError):
        sum_by_key([(np.array([1, 1, 1]), np.array([2**61, 2**61, 2**61]))])
