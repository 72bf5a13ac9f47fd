"""What a number is that its cell shows as a date or a time: as spreadsheets count, and as a whole reader gives it."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

LAST_DAY = 2_958_465  # 31 December 9999; a larger number is no date, whatever its format says
_DAY_OF_1970 = 25_569
_DAY_MILLISECONDS = 86_400_000
_DAY_THAT_NEVER_WAS = 60  # 29 February 1900; before it spreadsheets count one day too few
_LONGEST_DAYS = 1_000_000
_MIDNIGHT = datetime(1900, 1, 1)


def _milliseconds(days: np.ndarray) -> np.ndarray:
    """Whole milliseconds; half of one is rounded away from zero."""
    exact = days * _DAY_MILLISECONDS
    return np.trunc(exact + np.copysign(0.5, exact)).astype(np.int64)


def _as_shown(days: np.ndarray) -> np.ndarray:
    return days + (days < _DAY_THAT_NEVER_WAS)


def moments(days: np.ndarray) -> np.ndarray:
    """Milliseconds since 1970 of dates; each of `days` is at least 1."""
    return _milliseconds(_as_shown(days)) - _DAY_OF_1970 * _DAY_MILLISECONDS


def times_of_day(days: np.ndarray) -> list[str]:
    """What cells with the format of a date show that come before the first day: `00:00:00` for 0."""
    return [str((_MIDNIGHT + _length(count)).time()) for count in _milliseconds(_as_shown(days)) % _DAY_MILLISECONDS]


def durations(days: np.ndarray) -> list[str]:
    """Lengths of time as texts, such as `1 day, 2:30:00`."""
    return [str(_length(count)) for count in _milliseconds(days)]


def is_countable(days: np.ndarray) -> bool:
    """Whether all numbers are small enough to be lengths of time."""
    return not len(days) or bool(np.abs(days).max() < _LONGEST_DAYS)


def _length(milliseconds: np.integer) -> timedelta:
    return timedelta(milliseconds=int(milliseconds))
