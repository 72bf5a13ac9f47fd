"""Exact money: integers in units of 10 ** -scale of a currency (scale 2: cents), never a float.

The one float allowed is the number cell that a spreadsheet itself holds, taken at its 15 significant digits.
Text is read under one convention for its whole column, so that `1,234` is never guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from enum import StrEnum

MINUS = "\u2212"
_SIGNIFICANT_DIGITS = 15
_EXACT = Context(prec=400, traps=[Inexact])
# A page writes a thousand amounts. Read from here, three digits take half the time of a format of their own.
UP_TO_THREE = tuple(map(str, range(1000)))
THREE = tuple(f"{digits:03}" for digits in range(1000))
COMMA_THREE = tuple(f",{digits:03}" for digits in range(1000))
DECIMALS = tuple(f".{cents:02}" for cents in range(100))


class Convention(StrEnum):
    """Which mark stands before the decimals: `1,234.56` (point) or `1.234,56` (comma)."""

    POINT = "."
    COMMA = ","


def decimal_from_number(number: float | int) -> Decimal:
    """A number cell as the spreadsheet shows it: 15 significant digits (1234.5600000000002 is 1234.56).

    Raises ValueError when it is not a finite number.
    """
    if isinstance(number, int):
        return Decimal(number)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return Decimal(format(number, f".{_SIGNIFICANT_DIGITS}g"))


def plain_decimal(value: Decimal) -> str:
    """The shortest plain form, without exponent: `100`, `33.33`, `79.5`, `0`."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def units_from_decimal(value: Decimal, scale: int) -> int:
    """`value` in units of 10 ** -scale. Raises ValueError when it has more decimals than that."""
    scaled = value.scaleb(scale, _EXACT)
    units = int(scaled)
    if units != scaled:
        raise ValueError(f"{plain_decimal(value)} has more than {scale} decimals")
    return units


def cents_from_decimal(value: Decimal) -> int:
    """Dollars as cents. Raises ValueError when there is a part of a cent."""
    return units_from_decimal(value, 2)


def number_to_units(number: float | int, scale: int) -> int | None:
    """A number cell in units of 10 ** -scale; None when it is not finite or has more decimals than that."""
    try:
        return units_from_decimal(decimal_from_number(number), scale)
    except ValueError:
        return None


def convert_to_usd_cents(amount_units: int, scale: int, rate: Decimal) -> int:
    """An amount in another currency as US cents: divided exactly, rounded once, half away from zero.

    `amount_units` counts 10 ** -scale of the currency; `rate` is local units for one dollar, its own digits
    never rounded. Raises ValueError when the rate is not above zero.
    """
    if not rate.is_finite() or rate <= 0:
        raise ValueError("an exchange rate must be above zero")
    top, bottom = rate.as_integer_ratio()
    dividend, divisor = abs(amount_units) * 100 * bottom, 10**scale * top
    cents = (2 * dividend + divisor) // (2 * divisor)
    return -cents if amount_units < 0 else cents


def format_usd(cents: int) -> str:
    """For people: `1,234.56`, with a true minus sign before a negative amount."""
    thousands = cents // 100_000
    if 0 < thousands < 1_000:
        return f"{UP_TO_THREE[thousands]}{COMMA_THREE[cents // 100 % 1_000]}{DECIMALS[cents % 100]}"
    if cents < 0:
        return MINUS + format_usd(-cents)
    return f"{cents // 100:,}{DECIMALS[cents % 100]}"


def plain_usd(cents: int) -> str:
    """For machines: `-1234.56`."""
    if cents < 0:
        return "-" + plain_usd(-cents)
    return f"{cents // 100}{DECIMALS[cents % 100]}"


def plain_usd_column(cents: Iterable[int]) -> list[str]:
    """The same down a column: a page has hundreds, and to call for each takes a third longer."""
    return [f"{one // 100}{DECIMALS[one % 100]}" if one >= 0 else plain_usd(one) for one in cents]


_SIGNS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-") | {ord("\u2019"): "'"}
_RAISED = ("<super>", "<sub>", "<fraction>", "<circle>")  # 1,234² is no number of five digits
_GROUPED = r"[1-9][0-9]{{0,2}}(?:{0}[0-9]{{3}})+"
_INDIAN = r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
_WHOLE_BY_OTHER_MARKS = rf"{_GROUPED.format(' ')}|{_GROUPED.format(chr(39))}"
_SHAPES = {
    Convention.POINT: re.compile(
        rf"(?P<whole>{_GROUPED.format(',')}|{_INDIAN}|{_WHOLE_BY_OTHER_MARKS}|[0-9]+|)(?:\.(?P<part>[0-9]*))?"
    ),
    Convention.COMMA: re.compile(
        rf"(?P<whole>{_GROUPED.format('[.]')}|{_WHOLE_BY_OTHER_MARKS}|[0-9]+|)(?:,(?P<part>[0-9]*))?"
    ),
}


def _sign_and_digits(text: str) -> tuple[int, str]:
    """Sign and what remains of a cell's text; a dash alone leaves `0`. Raises ValueError for two signs."""
    if any(unicodedata.decomposition(letter).startswith(_RAISED) for letter in text):
        raise ValueError(f"“{text}” is not a number")
    plain = " ".join(unicodedata.normalize("NFKC", text).translate(_SIGNS).split())
    if plain == "-":
        return 1, "0"
    sign = 1
    marks = 0
    if plain.startswith("(") and plain.endswith(")"):
        plain, sign, marks = plain[1:-1].strip(), -1, 1
    if plain.startswith(("-", "+")):
        sign, marks, plain = (-1 if plain[0] == "-" else sign), marks + 1, plain[1:].strip()
    if plain.endswith("-"):
        sign, marks, plain = -1, marks + 1, plain[:-1].strip()
    if marks > 1 and plain:
        raise ValueError(f"“{text}” carries more than one sign")
    return sign, plain


def _read(digits: str, convention: Convention) -> Decimal | None:
    match = _SHAPES[convention].fullmatch(digits)
    if match is None or not (match["whole"] or match["part"]) or match["part"] == "":
        return None
    whole = re.sub(r"[^0-9]", "", match["whole"]) or "0"
    return Decimal(f"{whole}.{match['part'] or '0'}")


def _readings(digits: str) -> dict[Convention, Decimal]:
    found = {convention: _read(digits, convention) for convention in Convention}
    return {convention: value for convention, value in found.items() if value is not None}


def parse_decimal_text(text: str, convention: Convention | None = None) -> Decimal:
    """The exact number that a cell's text writes; of rates, weights and money alike.

    Reads `(1,234.00)`, `1234-`, U+2212, spaces of any width and apostrophes between thousands, and a dash
    alone as zero. Without a convention (`detect_convention` finds that of a column) a text with two readings,
    such as `1,234`, is refused. Raises ValueError, worded for a person.
    """
    sign, digits = _sign_and_digits(text)
    readings = _readings(digits)
    if not readings:
        raise ValueError(f"“{text}” is not a number")
    if convention is not None:
        if convention not in readings:
            raise ValueError(f"“{text}” does not write its decimals after “{convention}” as its column does")
        return sign * readings[convention]
    if len(set(readings.values())) > 1:
        raise ValueError(f"“{text}” can be read as {' or as '.join(map(plain_decimal, readings.values()))}")
    return sign * next(iter(readings.values()))


def parse_money_text(text: str, scale: int, convention: Convention | None = None) -> int:
    """A cell's text as units of 10 ** -scale; see `parse_decimal_text`. Raises ValueError for a person."""
    return units_from_decimal(parse_decimal_text(text, convention), scale)


@dataclass(frozen=True, slots=True)
class ColumnConvention:
    """What the texts of one column say together; the numbers are indices into the list that was given.

    `convention` is the one to read by (None only when no text needs one, or when there are problems).
    `point` and `comma` are the texts that write their decimals after that mark beyond doubt; `ambiguous`
    those with two readings; `unreadable` those with none.
    """

    convention: Convention | None
    point: tuple[int, ...]
    comma: tuple[int, ...]
    ambiguous: tuple[int, ...]
    unreadable: tuple[int, ...]

    @property
    def mixed(self) -> tuple[int, ...]:
        """The texts that write the rarer way (all when neither is rarer); empty in a column of one way."""
        if not (self.point and self.comma):
            return ()
        if len(self.point) == len(self.comma):
            return tuple(sorted(self.point + self.comma))
        return min(self.point, self.comma, key=len)

    @property
    def undecided(self) -> tuple[int, ...]:
        """The ambiguous texts, when nothing else in the column settles how to read them."""
        return self.ambiguous if self.convention is None else ()


def detect_convention(texts: Sequence[str]) -> ColumnConvention:
    """Finds the one convention of a column's non-empty texts, or the texts that stand in its way."""
    point: list[int] = []
    comma: list[int] = []
    ambiguous: list[int] = []
    unreadable: list[int] = []
    for index, text in enumerate(texts):
        try:
            readings = _readings(_sign_and_digits(text)[1])
        except ValueError:
            readings = {}
        if not readings:
            unreadable.append(index)
        elif len(readings) == 1:
            (point if Convention.POINT in readings else comma).append(index)
        elif len(set(readings.values())) > 1:
            ambiguous.append(index)
    convention = None
    if bool(point) != bool(comma):
        convention = Convention.POINT if point else Convention.COMMA
    return ColumnConvention(convention, tuple(point), tuple(comma), tuple(ambiguous), tuple(unreadable))
