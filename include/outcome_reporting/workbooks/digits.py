"""Whole numbers read out of bytes, many at a time and all digits of each at once: eight bytes are one integer."""

from __future__ import annotations

import numpy as np

FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(8)], np.uint64)  # what keeps so many bytes of a word
_EIGHT_ZEROS = np.uint64(0x3030303030303030)
_SIX_UP_TO_128, _HIGHEST_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
_PAIRS = [  # from eight digits to four numbers of two digits, two of four, one of eight
    (np.uint64(factor), np.uint64(shift), np.uint64(mask))
    for factor, shift, mask in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10_000, 32, 0xFFFFFFFF),
    )
]


def words_of(data: bytes | memoryview) -> np.ndarray:
    """The eight bytes from each place of `data` on, as one integer each; nothing is copied."""
    return np.ndarray((max(0, len(data) - 7),), "<u8", data, strides=(1,))


def word(text: bytes) -> np.uint64:
    """Up to eight bytes as one integer, as `words_of` has them."""
    return np.uint64(int.from_bytes(text, "little"))


def first_bytes(count: int) -> np.uint64:
    """What keeps of a word its first bytes, at most seven of them."""
    return np.uint64((1 << 8 * count) - 1)


def whole_numbers(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The whole numbers that words begin with, and how many digits each has: at most seven, and another byte ends
    them."""
    digits = words ^ _EIGHT_ZEROS  # now a digit is 0 to 9, and what ends the number is more
    other = (digits + _SIX_UP_TO_128 | digits) & _HIGHEST_BITS
    bits = np.bitwise_count(other ^ (other - np.uint64(1)))  # of the digits and of what ends them
    digits <<= (72 - bits).astype(np.uint64)  # leading zeros in the place of all that is no digit
    for factor, shift, mask in _PAIRS:
        digits = (digits * factor + (digits >> shift)) & mask
    return digits.astype(np.int32), (bits >> 3) - 1
