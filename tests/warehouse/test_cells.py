"""Columns of integers against the same done row by row."""

from __future__ import annotations

import random
import struct
from collections import defaultdict

import numpy as np
import pytest

from outcome_reporting.warehouse.cells import Groups, Numbers, NumbersLoader, grouped, large_enough, largest


def _column(values: list[int]) -> Numbers:
    return np.array(values, np.int64)


def _random(seed: int, count: int = 500) -> tuple[list[int], list[int], list[int]]:
    rng = random.Random(seed)
    of = [rng.randint(0, 12) for _ in range(count)]
    whose = [rng.randint(-2, 6) for _ in range(count)]
    return of, whose, [rng.randint(-30, 30) * 10 ** rng.randint(0, 9) for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_of_a_dictionary_in_the_order_of_their_keys(seed: int) -> None:
    of, whose, cents = _random(seed)
    expected: dict[tuple[int, int], list[int]] = defaultdict(list)
    for key, amount in zip(zip(of, whose, strict=True), cents, strict=True):
        expected[key].append(amount)
    groups = grouped(_column(of), _column(whose))
    keys = [(of[index], whose[index]) for index in groups.first.tolist()]
    assert keys == sorted(expected)
    assert groups.sums(_column(cents)).tolist() == [sum(expected[key]) for key in keys]
    assert groups.count.tolist() == [len(expected[key]) for key in keys]
    assert [keys[number] for number in groups.of_member.tolist()] == list(zip(of, whose, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_are_those_of_a_sort_and_none_of_them_is_lost_before(seed: int) -> None:
    of, ties, cents = _random(seed)
    members = sorted(range(len(of)), key=lambda index: (of[index], -abs(cents[index]), ties[index], index))
    expected = [one for place, one in enumerate(members) if sum(of[other] == of[one] for other in members[:place]) < 4]
    total, sizes = _column(of), _column(cents)
    assert largest(total, sizes, 4, (_column(ties),)).tolist() == expected
    few = large_enough(total, sizes, 4)
    assert len(few) < len(of)
    assert few[largest(total[few], sizes[few], 4, (_column(ties)[few],))].tolist() == expected


def test_a_number_for_each_member_says_how_many_of_its_total_are_shown() -> None:
    total, cents, shown = _column([0, 0, 0, 1, 1]), _column([5, -9, 7, 1, 2]), _column([2, 2, 2, 1, 1])
    assert largest(total, cents, shown).tolist() == [1, 2, 4]


def test_nothing_has_no_groups_and_no_largest() -> None:
    nothing = _column([])
    groups: Groups = grouped(nothing, nothing)
    assert groups.count.tolist() == groups.sums(nothing).tolist() == groups.of_member.tolist() == []
    assert large_enough(nothing, nothing, 4).tolist() == []
    assert largest(nothing, nothing, 4).tolist() == []


def test_amounts_of_any_size_are_ranked_alike() -> None:
    """Keys that do not fit one number are sorted the slower way, and places beside their keys likewise."""
    cents = [2**62, 5, -(2**62) + 1, 7, 5]
    total, ties = _column([0, 0, 0, 1, 1]), _column([3, 2**40, 1, 0, -5])
    assert largest(total, _column(cents), 2, (ties,)).tolist() == [0, 2, 3, 4]
    assert largest(total, _column([one % 2**60 for one in cents]), 1).tolist() == [1, 3]
    rare = grouped(_column([2**61, 0, 2**61, 1]))
    assert [rare.order.tolist(), rare.starts.tolist()] == [[1, 3, 0, 2], [0, 1, 2]]


def test_what_might_not_fit_is_refused() -> None:
    one = _column([0, 0])
    assert grouped(one).sums(_column([2**61, 2**61])).tolist() == [2**62]
    with pytest.raises(OverflowError, match="money"):
        grouped(one).sums(_column([2**62, 2**62]))
    with pytest.raises(OverflowError, match="keys"):
        grouped(_column([0, 2**32]), _column([0, 2**32]))


@pytest.mark.parametrize(("oid", "form"), [(23, "i"), (20, "q")])
def test_an_array_is_read_as_the_server_writes_it_and_a_gap_is_refused(oid: int, form: str) -> None:
    size = struct.calcsize(f">{form}")
    elements = b"".join(struct.pack(f">i{form}", size, number) for number in (7, -1, 2**31 - 1))
    loader = NumbersLoader(oid)
    assert loader.load(struct.pack(">5i", 1, 0, oid, 3, 1) + elements).tolist() == [7, -1, 2**31 - 1]
    with pytest.raises(ValueError, match="gaps"):
        loader.load(struct.pack(">5i", 1, 1, oid, 3, 1) + elements)
