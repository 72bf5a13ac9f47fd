"""Money, whole numbers and exact decimals from number cells and from text. Never a float past this point.

A number cell counts at its 15 significant digits. That a cell is exactly `r` hundredths is proved for a whole
column at once: `r / 100` is the double nearest to that decimal, so the cell must equal it. Only cells that fail
the proof are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import Field
from outcome_reporting.domain.money import (
    Convention,
    decimal_from_number,
    detect_convention,
    number_to_units,
    parse_decimal_text,
    parse_money_text,
    plain_decimal,
    units_from_decimal,
)
from outcome_reporting.workbooks.columns import RawColumn, as_numbers, is_valid, moment_text, number_text, typed_array
from outcome_reporting.workbooks.distinct import Converted, Distinct, Problem, Reading, merged, rows_by_value

MAX_UNITS = 10**18 - 1
_EXACT_LIMIT = 1e15
_PLAIN_NUMBERS = r"^-?[0-9]{1,15}(\.[0-9]{1,2}|\.[0-9]{4})?$"
_WHOLE = re.compile(r"[+-]?[0-9]+(?:[.,]0+)?")
_TWO_YEARS = re.compile(r"(?:FY\s*)?((?:19|20)[0-9]{2})\s*[/\-–]\s*([0-9]{2,4})", re.IGNORECASE)
_INT32 = 2**31


# ------------------------------------------------------------------------------------------------------- money


def _too_precise(number: float, field: Field) -> Problem:
    shown = number_text(number)
    if not np.isfinite(number) or abs(number) * 10**field.scale > MAX_UNITS:
        return Problem("unreadable_money", f"{shown} is larger than any amount", "An amount below 10 trillion")
    nearest = plain_decimal(decimal_from_number(round(number, field.scale)))
    return Problem(
        "too_many_decimals",
        f"{shown} has more than {field.scale} decimals",
        f"At most {field.scale} decimals",
        nearest=nearest,
    )


def units_of_numbers(
    numbers: pa.Array, field: Field
) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, Problem]]]:
    """Units (int64), which of them are valid, and the problems with their rows, of a column's number cells."""
    valid = is_valid(numbers)
    values = as_numbers(numbers)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.rint(values * 10.0**field.scale)
        proved = (np.abs(scaled) < _EXACT_LIMIT) & (scaled / 10.0**field.scale == values)
    problems: list[tuple[np.ndarray, Problem]] = []
    if proved.all():
        return scaled.astype(np.int64), valid, problems
    units = np.where(proved, scaled, 0).astype(np.int64)
    for value, rows in rows_by_value(numbers, np.flatnonzero(valid & ~proved)):
        exact = number_to_units(value, field.scale)
        if exact is None or abs(exact) > MAX_UNITS:
            problems.append((rows, _too_precise(value, field)))
            valid[rows] = False
        else:
            units[rows] = exact
    return units, valid, problems


def _plain_units(texts: pa.Array, scale: int) -> np.ndarray | None:
    """Units of texts that are all plain numbers with a point; None when any is not, or has too many decimals."""
    if not pc.all(pc.match_substring_regex(texts, _PLAIN_NUMBERS)).as_py():
        return None
    try:
        decimals = texts.cast(pa.decimal128(38, scale))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    halves = np.frombuffer(decimals.buffers()[1], np.int64, 2 * len(decimals), 16 * decimals.offset)
    return halves[::2].copy()


def _convention_problems(texts: Sequence[str]) -> tuple[Convention | None, dict[int, Problem]]:
    found = detect_convention(texts)
    problems = {
        number: Problem(
            "mixed_convention",
            f"“{texts[number]}” writes its decimals in another way than the rest of the column",
            "One way of writing thousands and decimals in the column",
        )
        for number in found.mixed
    }
    convention = found.convention
    if problems and len(found.point) != len(found.comma):
        convention = Convention.POINT if len(found.point) > len(found.comma) else Convention.COMMA
    for number in found.ambiguous if convention is None else ():
        problems[number] = Problem(
            "ambiguous_number",
            f"“{texts[number]}” can be read in two ways, and nothing else in the column settles it",
            "A number without a mark between thousands",
        )
    return convention, problems


def _units_of_texts(distinct: Distinct, field: Field, reading: Reading) -> tuple[np.ndarray, dict[int, Problem]]:
    """Units of each distinct text (0 where there is a problem), and the problems by its number."""
    if reading.decimal in (None, Convention.POINT):
        plain = _plain_units(distinct.dictionary, field.scale)
        if plain is not None:
            return plain, {}
    convention = reading.decimal
    problems: dict[int, Problem] = {}
    if convention is None:
        convention, problems = _convention_problems(distinct.values)
    units = np.zeros(len(distinct.values), np.int64)
    for number, text in enumerate(distinct.values):
        if number in problems:
            continue
        try:
            parsed = parse_money_text(text, field.scale, convention)
        except ValueError as reason:
            rule = "too_many_decimals" if "has more than" in str(reason) else "unreadable_money"
            problems[number] = Problem(rule, str(reason), "An amount such as 1234.56")
            continue
        if abs(parsed) > MAX_UNITS:
            problems[number] = Problem("unreadable_money", f"{text} is larger than any amount")
        else:
            units[number] = parsed
    return units, problems


def _moment_problems(raw: RawColumn, rule: str, expected: str) -> list[tuple[np.ndarray, Problem]]:
    if raw.moments is None:
        return []
    return [
        (
            rows,
            Problem(
                rule,
                f"{moment_text(moment)} is a date",
                expected,
                remedy="Write the number; where it looks like one already, format the cell as a number.",
            ),
        )
        for moment, rows in rows_by_value(raw.moments, np.flatnonzero(is_valid(raw.moments)))
    ]


def _as_text_note(raw: RawColumn, reading: Reading, distinct: Distinct, problems: dict) -> list[tuple[int, Problem]]:
    readable = np.flatnonzero((distinct.index >= 0) & ~np.isin(distinct.index, list(problems)))
    if reading.is_text_file or not len(readable):
        return []
    count = len(readable)
    words = "A number of the column stands as text" if count == 1 else f"{count:,} numbers of the column stand as text"
    return [(int(readable[0]), Problem("number_as_text", words))]


def convert_money(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """int64 in units of 10 ** -scale."""
    units, valid = np.zeros(raw.length, np.int64), np.zeros(raw.length, bool)
    result = Converted(pa.nulls(0))
    if raw.numbers is not None:
        units, valid, of_numbers = units_of_numbers(raw.numbers, field)
        result.problems += of_numbers
    if raw.has_texts:
        distinct = raw.distinct
        of_values, by_value = _units_of_texts(distinct, field, reading)
        good = (distinct.index >= 0) & ~np.isin(distinct.index, list(by_value))
        units = np.where(good, of_values[np.maximum(distinct.index, 0)], units)
        valid = valid | good
        result.problems += distinct.rows_of(by_value)
        result.notes += _as_text_note(raw, reading, distinct, by_value)
    result.problems += _moment_problems(raw, "unreadable_money", "An amount such as 1234.56")
    result.array = typed_array(units, valid, pa.int64())
    return result


# --------------------------------------------------------------------------------------------- whole numbers


def _integer_problem(shown: str, field: Field) -> Problem:
    if not field.name.endswith("year"):
        return Problem("unreadable_integer", f"“{shown}” is not a whole number", "A whole number")
    two = _TWO_YEARS.fullmatch(shown.strip())
    if two is None:
        return Problem("unreadable_year", f"“{shown}” is not a year", "A fiscal year of four digits, such as 2022")
    first = int(two[1])
    return Problem(
        "unreadable_year",
        f"“{shown}” names two years",
        "One fiscal year of four digits",
        remedy=f"Write {first} or {first + 1}, whichever year your ledger counts it in, in the whole column.",
    )


def convert_integer(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """int32."""
    values = np.zeros(raw.length, np.int32)
    valid = np.zeros(raw.length, bool)
    result = Converted(pa.nulls(0))
    if raw.numbers is not None:
        filled = is_valid(raw.numbers)
        numbers = as_numbers(raw.numbers)
        is_whole = (np.rint(numbers) == numbers) & (np.abs(numbers) < _INT32)
        valid = filled & is_whole
        values = np.where(is_whole, numbers, 0).astype(np.int32)
        for number, rows in rows_by_value(raw.numbers, np.flatnonzero(filled & ~is_whole)):
            result.problems.append((rows, _integer_problem(number_text(number), field)))
    if raw.has_texts:
        distinct = raw.distinct
        of_values = np.zeros(len(distinct.values), np.int32)
        by_value: dict[int, Problem] = {}
        for place, text in enumerate(distinct.values):
            plain = text.strip()
            whole = int(re.split("[.,]", plain)[0]) if _WHOLE.fullmatch(plain) else _INT32
            if abs(whole) < _INT32:
                of_values[place] = whole
            else:
                by_value[place] = _integer_problem(text, field)
        good = (distinct.index >= 0) & ~np.isin(distinct.index, list(by_value))
        values = np.where(good, of_values[np.maximum(distinct.index, 0)], values).astype(np.int32)
        valid = valid | good
        result.problems += distinct.rows_of(by_value)
        result.notes += _as_text_note(raw, reading, distinct, by_value)
    rule = "unreadable_year" if field.name.endswith("year") else "unreadable_integer"
    result.problems += _moment_problems(raw, rule, "A number")
    result.array = typed_array(values, valid, pa.int32())
    return result


# ------------------------------------------------------------------------------------------- exact decimals


def _decimals_of_numbers(numbers: pa.Array, result: Converted) -> pa.Array:
    filled = is_valid(numbers)
    values = as_numbers(numbers)
    finite = np.isfinite(values)
    for _, rows in rows_by_value(numbers, np.flatnonzero(filled & ~finite)):
        result.problems.append((rows, Problem("unreadable_number", "The number is not finite", "A number")))
    unique, inverse = np.unique(np.where(finite, values, 0.0), return_inverse=True)
    texts = pa.array([plain_decimal(decimal_from_number(float(number))) for number in unique], pa.string())
    return texts.take(pa.array(inverse.reshape(-1), mask=~(filled & finite)))


def _decimals_of_texts(distinct: Distinct, reading: Reading) -> tuple[pa.Array, dict[int, Problem]]:
    bare = [text.strip().removesuffix("%").removeprefix("%").strip() for text in distinct.values]
    convention = reading.decimal
    problems: dict[int, Problem] = {}
    if convention is None:
        convention, problems = _convention_problems(bare)
    new: list[str | None] = []
    for number, text in enumerate(bare):
        parsed = None
        if number not in problems:
            try:
                parsed = plain_decimal(units_checked(text, convention))
            except ValueError as reason:
                problems[number] = Problem("unreadable_number", str(reason), "A number such as 33.33")
        new.append(parsed)
    return pa.array(new, pa.string()), problems


def units_checked(text: str, convention: Convention | None):
    """The exact decimal of a text with at most 12 decimals. Raises ValueError, worded for a person."""
    value = parse_decimal_text(text, convention)
    units_from_decimal(value, 12)
    return value


def convert_decimal(raw: RawColumn, field: Field, reading: Reading) -> Converted:
    """Strings that hold plain exact decimals; `25%` is 25."""
    result = Converted(pa.nulls(0))
    of_numbers = _decimals_of_numbers(raw.numbers, result) if raw.numbers is not None else None
    of_texts = None
    if raw.has_texts:
        distinct = raw.distinct
        new, by_value = _decimals_of_texts(distinct, reading)
        of_texts = distinct.spread(new)
        result.problems += distinct.rows_of(by_value)
        result.notes += _as_text_note(raw, reading, distinct, by_value)
    result.problems += _moment_problems(raw, "unreadable_number", "A number such as 33.33")
    result.array = merged(of_numbers, of_texts, raw.length, pa.string())
    return result
