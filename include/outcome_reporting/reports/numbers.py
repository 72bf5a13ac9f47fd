"""Numbers as people read them. Values are exact integers or decimals; the words differ, never the amount."""

from __future__ import annotations

import re
from decimal import Decimal

from outcome_reporting.domain.money import DECIMALS, MINUS, format_usd

NBSP = "\u00a0"
_NUMBER = re.compile(r"([-\u2212+]?)\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(%?)")

__all__ = ["MINUS", "NBSP", "format_usd", "measured", "number", "percent", "rate_value", "short_usd"]


def rate_value(part: int, whole: int) -> str:
    """`part` of `whole` in percent with one decimal, rounded half away from zero: "94.4". `whole` is not 0."""
    top, bottom = part * 1000, whole
    if bottom < 0:
        top, bottom = -top, -bottom
    tenths = (2 * abs(top) + bottom) // (2 * bottom)
    return f"{'-' if top < 0 and tenths else ''}{tenths // 10}.{tenths % 10}"


def percent(value: str) -> str:
    """`94.4 %` with a no-break space and a true minus."""
    return value.replace("-", MINUS) + NBSP + "%"


def short_usd(cents: int, unit: str) -> str:
    """An amount for prose and charts in one unit: `1.15 M`, `242 K`, or whole dollars for unit "".

    Rounded half away from zero.
    """
    if unit == "M":
        rounded = (abs(cents) + 500_000) // 1_000_000
        text = f"{rounded // 100:,}{DECIMALS[rounded % 100]}{NBSP}M"
    elif unit == "K":
        rounded = (abs(cents) + 50_000) // 100_000
        text = f"{rounded:,}{NBSP}K"
    else:
        rounded = (abs(cents) + 50) // 100
        text = f"{rounded:,}"
    return MINUS + text if cents < 0 and rounded else text


def unit_of(largest: int) -> str:
    """The one unit of a chart or sentence whose largest amount is `largest` cents."""
    largest = abs(largest)
    return "M" if largest >= 100_000_000 else "K" if largest >= 1_000_000 else ""


def number(text: str) -> Decimal | None:
    """The number that a result's text is (`1,402`, `35%`), or None when it is words."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        return None
    sign = "-" if match[1] in ("-", MINUS) else ""
    return Decimal(sign + match[2].replace(",", "") + (match[3] or ""))


def measured(value: Decimal, is_percentage: bool) -> str:
    """A result as it is set: thousands marked, its own decimals kept, `35 %` for a percentage."""
    text = f"{value:,f}".replace("-", MINUS)
    return text + NBSP + "%" if is_percentage else text
