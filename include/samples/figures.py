"""The figures that the samples are made of: small csv files beside this module, from public pages."""

from __future__ import annotations

import csv
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

from dice import Dice, half_away

FOLDER = Path(__file__).resolve().parent / "figures"
LAST_YEAR = 2025  # the last fiscal year with money; 2026 and later are kept free for the bad workbooks
FIRST_YEAR = 2018


def read_figures(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@dataclass(frozen=True, slots=True)
class Output:
    """One output of one plan period; `jwp` holds published (planned, available, spent) cents, or nothing."""

    code: str
    outcome: str
    period: str
    title: str
    years: tuple[int, ...]
    jwp: tuple[int, ...] = ()

    @property
    def office(self) -> str:
        return self.code[:3]


@cache
def read_outputs() -> list[Output]:
    """Outputs with the years in which they have money. A title `*1.1.18` is a published sub-output."""
    plan = {row["code"]: row for row in read_figures("kgz_joint_work_plan.csv")}
    outputs = []
    for row in read_figures("outputs.csv"):
        first, last = (int(year) for year in row["plan_period"].split("-"))
        years = tuple(range(max(first, FIRST_YEAR), min(last, LAST_YEAR) + 1))
        title, published = row["title"], plan.get(row["title"].removeprefix("*"))
        money: tuple[int, ...] = ()
        if published:
            title = published["title"]
            money = tuple(int(published[f"{kind}_usd"]) * 100 for kind in ("planned", "available", "spent"))
        outputs.append(Output(row["output"], row["outcome"], row["plan_period"], title, years, money))
    return outputs


@cache
def currencies() -> dict[str, str]:
    """Office -> currency of its local lines."""
    return {row["office"]: row["currency"] for row in read_figures("offices.csv")}


# Yearly levels in local units per dollar, from which the months of the currencies that no published table at
# hand covers are drawn. Levels are of the right size; the months are invented.
LEVELS = {
    "KGS": (68.8, 69.8, 77.3, 84.7, 84.1, 87.9, 87.2, 87.4, 87.5),
    "MDL": (16.8, 17.6, 17.3, 17.7, 18.9, 18.2, 17.8, 17.4, 17.2),
    "UAH": (27.2, 25.8, 27.0, 27.3, 32.3, 36.6, 40.2, 41.6, 42.0),
    "MZN": (60.3, 62.5, 69.5, 65.5, 63.8, 63.9, 63.9, 63.9, 63.9),
    "SEK": (8.7, 9.5, 9.2, 8.6, 10.1, 10.6, 10.6, 9.9, 9.6),
    "CHF": (0.98, 0.99, 0.94, 0.91, 0.95, 0.9, 0.88, 0.83, 0.81),
    "EUR": (0.85, 0.89, 0.88, 0.85, 0.95, 0.925, 0.924, 0.9, 0.88),
    "GBP": (0.75, 0.78, 0.78, 0.73, 0.81, 0.8, 0.78, 0.77, 0.76),
    "ALL": (108.0, 109.9, 108.6, 103.5, 113.0, 100.6, 93.1, 87.0, 85.0),
}
PUBLISHED = "IMF, end of month"
INVENTED = "Sample rate"


class Rates:
    """Local units per dollar by currency and date; `rows` are those of the dataset exchange_rates."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, date, Decimal, str]] = []
        for currency, levels in LEVELS.items():
            published = self._published(currency)
            self.rows += published
            last = published[-1][1] if published else date(2017, 12, 31)
            self.rows += [row for row in self._invented(currency, levels) if row[1] > last]
        self.rows.sort(key=lambda row: (row[0], row[1]))
        self._days: dict[str, list[date]] = {}
        self._values: dict[str, list[Decimal]] = {}
        for currency, day, value, _ in self.rows:
            self._days.setdefault(currency, []).append(day)
            self._values.setdefault(currency, []).append(value)

    def on(self, currency: str, day: date) -> Decimal:
        """The rate in force: the latest whose effective date is not after the day."""
        return self._values[currency][bisect_right(self._days[currency], day) - 1]

    def to_cents(self, currency: str, amount: Decimal, day: date) -> int:
        """Dollar cents of a local amount: divided exactly, rounded once, half away from zero."""
        return half_away(Fraction(amount) * 100 / Fraction(self.on(currency, day)))

    def to_local(self, currency: str, cents: int, day: date) -> Decimal:
        """The local amount, two decimals, that comes closest to dollar cents."""
        return Decimal(half_away(Fraction(cents) * Fraction(self.on(currency, day)))) / 100

    @staticmethod
    def _published(currency: str) -> list[tuple[str, date, Decimal, str]]:
        if currency not in ("EUR", "GBP", "ALL"):
            return []
        return [
            (currency, date.fromisoformat(row["month_end"]), Decimal(row[currency]), PUBLISHED)
            for row in read_figures("monthly_rates.csv")
            if row[currency]
        ]

    @staticmethod
    def _invented(currency: str, levels: tuple[float, ...]) -> list[tuple[str, date, Decimal, str]]:
        rows = []
        dice = Dice("rates", currency)
        for year, level in enumerate(levels, start=FIRST_YEAR):
            for month in range(1, 13):
                days = (1, 15) if month in (3, 4, 9) else (1,)  # rates that change within the month
                for day in days:
                    value = Decimal(str(round(level * (0.985 + 0.03 * dice.share()), 4)))
                    rows.append((currency, date(year, month, day), value, INVENTED))
        return rows
