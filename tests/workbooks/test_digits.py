"""Whole numbers read eight bytes at a time are those that stand there."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.workbooks.digits import whole_numbers, words_of

DIGITS = st.text("0123456789", max_size=7)
NO_DIGIT = st.integers(0, 255).filter(lambda byte: not 48 <= byte <= 57)
WHATEVER = st.binary(min_size=8, max_size=8)


@given(st.lists(st.tuples(DIGITS, NO_DIGIT, WHATEVER), min_size=1, max_size=20))
def test_a_number_ends_before_the_first_byte_that_is_no_digit(pieces):
    written = [digits.encode() + bytes([end]) + rest for digits, end, rest in pieces]
    places = np.cumsum([0, *map(len, written[:-1])])
    numbers, counts = whole_numbers(words_of(b"".join(written))[places])
    assert numbers.tolist() == [int(digits or "0") for digits, _, _ in pieces]
    assert counts.tolist() == [len(digits) for digits, _, _ in pieces]


def test_every_place_of_bytes_begins_a_word_but_the_last_seven():
    data = bytes(range(30))
    assert words_of(data).tolist() == [int.from_bytes(data[at : at + 8], "little") for at in range(23)]
    assert len(words_of(b"1234567")) == len(words_of(b"")) == 0
