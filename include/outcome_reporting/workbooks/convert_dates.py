"""Dates from date cells, ISO text, and text with one order of day and month for the whole column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import Field
from outcome_reporting.workbooks.columns import RawColumn, as_numbers, is_valid, number_text
from outcome_reporting.workbooks.distinct import Converted, Distinct, Problem, Reading, merged, rows_by_value

_TIME = r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*(?:Z|[AaPp]\.?[Mm]\.?|[+-][0-9]{2}:?[0-9]{2})?)?"
_ISO = re.compile(rf"([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}")
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_PAIR = re.compile(rf"([0-9]{{1,2}})([-/. ])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}")
_SHORT_YEAR = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{2})")
_DAY_NAME = re.compile(r"([0-9]{1,2})[ .\-]*(?:de |of )?([^\W\d_]+)\.?[ ,.\-]*(?:de )?([0-9]{4})(?: г\.?)?")
_NAME_DAY = re.compile(r"([^\W\d_]+)\.?[ .\-]*([0-9]{1,2})(?:st|nd|rd|th)?[ ,.\-]+([0-9]{4})")
_EXPECTED = "A date such as 2022-03-31"
_LANGUAGES = ("en", "fr", "es", "ru")
_LIKELY = date(1900, 1, 1), date(2199, 12, 31)
_DAY = 86_400_000  # milliseconds


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    from babel.dates import get_month_names

    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    names.setdefault(_bare(name), number)
    return names


def _bare(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in folded if letter.isalpha())


def _problem(text: str) -> Problem:
    return Problem("unreadable_date", f"“{text}” is not a date", _EXPECTED)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _unmistakable(text: str) -> date | None:
    """The date of a text whose order nobody can doubt; None for all others."""
    if match := _ISO.fullmatch(text):
        return _made(int(match[1]), int(match[3]), int(match[4]))
    if match := _COMPACT.fullmatch(text):
        return _made(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_NAME.fullmatch(text):
        month = _months().get(_bare(match[2]))
        return _made(int(match[3]), month, int(match[1])) if month else None
    if match := _NAME_DAY.fullmatch(text):
        month = _months().get(_bare(match[1]))
        return _made(int(match[3]), month, int(match[2])) if month else None
    return None


class _Pairs:
    """Texts such as 03/04/2022 of one column, by the number of their distinct value."""

    def __init__(self, declared: str | None) -> None:
        self.pairs: dict[int, tuple[int, int, int]] = {}
        self.day_first: list[int] = []
        self.month_first: list[int] = []
        self.declared = declared

    def add(self, number: int, text: str) -> bool:
        match = _PAIR.fullmatch(text)
        if match is None:
            return False
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        self.pairs[number] = (first, second, year)
        if first > 12 >= second or (match[2] == "." and second <= 12):
            self.day_first.append(number)
        elif second > 12 >= first:
            self.month_first.append(number)
        return True

    def order(self) -> str | None:
        if self.declared:
            return self.declared
        if len(self.day_first) == len(self.month_first):
            return None
        return "dmy" if len(self.day_first) > len(self.month_first) else "mdy"

    def resolve(self, texts: list[str]) -> tuple[dict[int, date], dict[int, Problem]]:
        dates: dict[int, date] = {}
        problems: dict[int, Problem] = {}
        order = self.order()
        odd: set[int] = set()
        if self.day_first and self.month_first:
            odd = {"dmy": set(self.month_first), "mdy": set(self.day_first)}.get(
                order or "", {*self.day_first, *self.month_first}
            )
        for number, (first, second, year) in self.pairs.items():
            text = texts[number]
            if number in odd:
                message = f"“{text}” writes day and month in another order than the rest of the column"
                problems[number] = Problem("mixed_date_order", message, "One order of day and month, best 2022-03-31")
                continue
            if order is None and first != second and number not in (*self.day_first, *self.month_first):
                message = f"“{text}” can be read in two ways, and nothing else in the column settles it"
                problems[number] = Problem("ambiguous_date", message, _EXPECTED)
                continue
            day, month = (second, first) if order == "mdy" else (first, second)
            made = _made(year, month, day)
            if made is None:
                problems[number] = _problem(text)
            else:
                dates[number] = made
        return dates, problems


def _dates_of_texts(distinct: Distinct, reading: Reading) -> tuple[pa.Array, dict[int, Problem]]:
    texts = [" ".join(unicodedata.normalize("NFKC", value).split()) for value in distinct.values]
    pairs = _Pairs(reading.date_order)
    dates: dict[int, date] = {}
    problems: dict[int, Problem] = {}
    for number, text in enumerate(texts):
        found = _unmistakable(text)
        if found is not None:
            dates[number] = found
        elif not pairs.add(number, text):
            problems[number] = _problem(distinct.values[number])
            if _SHORT_YEAR.fullmatch(text):
                message = f"“{text}” writes its year with two digits"
                problems[number] = Problem("unreadable_date", message, _EXPECTED)
    more, doubts = pairs.resolve(texts)
    dates |= more
    problems |= doubts
    return pa.array([dates.get(number) for number in range(len(texts))], pa.date32()), problems


def _number_problem(number: float) -> Problem:
    shown = number_text(number)
    nearest = ""
    if match := _COMPACT.fullmatch(shown):
        made = _made(int(match[1]), int(match[2]), int(match[3]))
        nearest = made.isoformat() if made else ""
    elif 20_000 <= number <= 80_000:
        nearest = (date(1899, 12, 30) + timedelta(days=int(number))).isoformat()
    return Problem("unreadable_date", f"{shown} is a number, not a date", _EXPECTED, nearest=nearest)


def convert_date(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """date32. A time of day is left out, with a note."""
    result = Converted(pa.nulls(0))
    of_moments = of_texts = None
    if raw.moments is not None:
        of_moments = raw.moments.cast(pa.date32(), safe=False)
        clock = as_numbers(raw.moments.cast(pa.int64()))
        with_time = np.flatnonzero(clock - clock // _DAY * _DAY)
        if len(with_time):
            message = f"{len(with_time):,} dates of the column carry a time of day; the date alone was read"
            result.notes.append((int(with_time[0]), Problem("time_left_out", message)))
    if raw.has_texts:
        distinct = raw.distinct
        new, by_value = _dates_of_texts(distinct, reading)
        of_texts = distinct.spread(new)
        result.problems += distinct.rows_of(by_value)
    if raw.numbers is not None:
        for number, rows in rows_by_value(raw.numbers, np.flatnonzero(is_valid(raw.numbers))):
            result.problems.append((rows, _number_problem(number)))
    result.array = merged(of_moments, of_texts, raw.length, pa.date32())
    result.problems += _unlikely(result.array)
    return result


def _unlikely(dates: pa.Array) -> Iterator[tuple[np.ndarray, Problem]]:
    ends = pc.min_max(dates).as_py()
    if ends["min"] is None or _LIKELY[0] <= ends["min"] <= ends["max"] <= _LIKELY[1]:
        return
    strange = pc.or_(pc.less(dates, pa.scalar(_LIKELY[0])), pc.greater(dates, pa.scalar(_LIKELY[1]))).fill_null(False)
    for day, rows in rows_by_value(dates, np.flatnonzero(strange.to_numpy(zero_copy_only=False))):
        message = f"{day.isoformat()} lies outside every year that is reported on"
        yield rows, Problem("unlikely_date", message, _EXPECTED)
