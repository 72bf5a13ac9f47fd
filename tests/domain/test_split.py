"""Cents are divided exactly, the same way every time."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.domain.allocation import split
from outcome_reporting.domain.codes import natural_key, sdg_sort_key

CODES = ["1", "1.2", "1.10", "5.1", "5.6", "5.a", "8", "16.1", "17.19", "X00"]
CENTS = st.integers(-(10**14), 10**14)
WEIGHT = st.decimals("0.01", "100", places=2)


@st.composite
def parts(draw):
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
    return [(code, draw(WEIGHT)) for code in codes]


@pytest.mark.parametrize(
    ("cents", "weights", "expected"),
    [
        (100, {"1.2": 1, "1.10": 1, "5.1": 1}, {"1.2": 34, "1.10": 33, "5.1": 33}),
        (-100, {"1.2": 1, "1.10": 1, "5.1": 1}, {"1.2": -34, "1.10": -33, "5.1": -33}),
        (1, {"5.a": 1, "5.6": 1}, {"5.6": 1, "5.a": 0}),
        (1, {"X00": 1, "17.19": 1}, {"17.19": 1, "X00": 0}),
        (1, {"5.1": 1, "5": 1}, {"5": 1, "5.1": 0}),
        (0, {"5.1": 60, "X00": 40}, {"5.1": 0, "X00": 0}),
        (5, {"1.2": 10, "5.1": 30}, {"1.2": 1, "5.1": 4}),
        (10, {"1.2": 25, "5.1": 75}, {"1.2": 2, "5.1": 8}),
        (1000, {"5.1": "33.33", "5.6": "33.33", "5.a": "33.33"}, {"5.1": 334, "5.6": 333, "5.a": 333}),
    ],
)
def test_splits_by_hand(cents, weights, expected):
    assert dict(split(cents, [(code, Decimal(weight)) for code, weight in weights.items()])) == expected


def test_equal_remainders_go_to_the_larger_weight_before_the_code():
    # 2 cents over 1 : 3 leave halves on both lines.
    assert split(2, [("1.2", 1), ("5.1", 3)]) == [("1.2", 0), ("5.1", 2)]


def test_other_codes_stand_in_their_natural_order():
    assert split(1, [("SP_D_0.10", 1), ("SP_D_0.2", 1)], order=natural_key) == [
        ("SP_D_0.2", 1),
        ("SP_D_0.10", 0),
    ]


def test_a_weight_of_zero_takes_nothing():
    assert split(7, [("5.1", 0), ("5.6", 3), ("5.a", 3)]) == [("5.1", 0), ("5.6", 4), ("5.a", 3)]


@pytest.mark.parametrize("weights", [[], [("5", 0)], [("5", 1), ("5", 1)], [("5", 2), ("6", -1)]])
def test_weights_that_cannot_split_are_refused(weights):
    with pytest.raises(ValueError):
        split(1, weights)


@given(CENTS, parts())
def test_the_parts_sum_to_the_whole_with_its_sign(cents, weights):
    pieces = split(cents, weights)
    assert sum(piece for _, piece in pieces) == cents
    assert all(piece * cents >= 0 for _, piece in pieces)
    assert [code for code, _ in pieces] == sorted((code for code, _ in weights), key=sdg_sort_key)


@given(CENTS, parts())
def test_each_part_is_within_a_cent_of_its_exact_share(cents, weights):
    total = sum(Fraction(weight) for _, weight in weights)
    shares = {code: cents * Fraction(weight) / total for code, weight in weights}
    assert all(abs(piece - shares[code]) < 1 for code, piece in split(cents, weights))


@given(CENTS, parts(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(cents, weights, random):
    shuffled = random.sample(weights, len(weights))
    assert split(cents, shuffled) == split(cents, weights)


@given(CENTS, parts(), st.integers(1, 1000))
def test_only_the_proportions_of_the_weights_matter(cents, weights, factor):
    assert split(cents, [(code, weight * factor) for code, weight in weights]) == split(cents, weights)


@given(CENTS, parts())
def test_a_negative_amount_is_the_mirror_of_the_positive_one(cents, weights):
    assert split(-cents, weights) == [(code, -piece) for code, piece in split(cents, weights)]
