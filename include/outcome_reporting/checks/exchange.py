"""Amounts in other currencies: is there a rate, and do the dollars that stand beside an amount agree with it?"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.checks.catalogue import Catalogue
from outcome_reporting.checks.columns import Distinct, grouped
from outcome_reporting.checks.faults import Faults
from outcome_reporting.domain.money import convert_to_usd_cents, plain_decimal
from outcome_reporting.domain.table import TypedTable

_EPOCH = date(1970, 1, 1)


def check_exchange(faults: Faults, catalogue: Catalogue) -> None:
    """A rate must exist where Amount (USD) is empty; where both stand they should agree within 0.5 %."""
    day_field = "posting_date" if "posting_date" in faults.columns else "date"
    if not all(name in faults.columns for name in ("currency", "amount", day_field)):
        return
    currencies, days = faults.columns.distinct("currency"), faults.columns.distinct(day_field)
    rates = _rates_in_force(catalogue, currencies, days)[currencies.of_row, days.of_row]
    has_usd = _is_filled(faults.table, "amount_usd")
    lacks_rate = np.isnan(rates) & (currencies.of_row < currencies.count) & (days.of_row < days.count)
    rows = np.flatnonzero((lacks_rate & ~has_usd) | _may_disagree(faults, rates, has_usd))
    if not len(rows):
        return
    found = faults.columns.combos(["currency", day_field])
    of_row = found.of_row[rows]
    for places in sorted(grouped(of_row), key=lambda places: of_row[places[0]]):
        currency, day = found.values[of_row[places[0]]]
        rate = "1" if currency == "USD" else catalogue.rate_on(currency, day)
        if rate is not None:
            _agreement(faults, rows[places], Decimal(rate))
            continue
        expected = f"a rate of {currency} with an effective date on or before {day.isoformat()}"
        faults.at(rows[places], "currency", "missing_rate", currency, expected)


def _rates_in_force(catalogue: Catalogue, currencies: Distinct, days: Distinct) -> np.ndarray:
    """For each currency and day of a table, the empty cells last, its rate as `Catalogue.rate_on` finds it, in floating
    point: for a look; nan where there is none.
    """
    rates = np.full((currencies.count + 1, days.count + 1), np.nan)
    since_1970 = days.values.cast(pa.date32()).cast(pa.int32()).to_numpy()
    for number, currency in enumerate(currencies.values.to_pylist()):
        dated = [(date.min, "1")] if currency == "USD" else catalogue.rates.get(currency, [])
        latest = np.searchsorted([(effective - _EPOCH).days for effective, _ in dated], since_1970, side="right")
        rates[number, :-1] = np.array([np.nan, *(float(rate) for _, rate in dated)])[latest]
    return rates


def _is_filled(table: TypedTable, name: str) -> np.ndarray:
    if name not in table.data.column_names:
        return np.zeros(table.row_count, dtype=bool)
    return table.data[name].is_valid().to_numpy(zero_copy_only=False)


def _may_disagree(faults: Faults, rates: np.ndarray, has_usd: np.ndarray) -> np.ndarray:
    """Whether the two amounts of a row may disagree.

    A look in floating point with a wide margin; only what is near or past the limit is computed exactly.
    """
    data = faults.table.data
    if not has_usd.any():
        return has_usd
    usd, amount = (pc.fill_null(data[name], 0).to_numpy() for name in ("amount_usd", "amount"))
    scale = faults.contract.field("amount").scale
    # without a rate nothing is comparable: a comparison with nan is never true
    implied = amount / (10**scale) / rates * 100
    return (np.abs(implied - usd) > 0.0049 * np.abs(usd)) & has_usd & _is_filled(faults.table, "amount")


def _agreement(faults: Faults, rows: np.ndarray, rate: Decimal) -> None:
    """The exact comparison of the rows of one currency and day; of rows with the same two amounts once."""
    data = faults.table.data
    scale = faults.contract.field("amount").scale
    taken = pa.array(rows)
    pairs: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, *pair in zip(
        rows.tolist(), data["amount"].take(taken).to_pylist(), data["amount_usd"].take(taken).to_pylist(), strict=True
    ):
        pairs[tuple(pair)].append(row)
    for (amount, usd), same in pairs.items():
        exact = convert_to_usd_cents(amount, scale, rate)
        difference = abs(exact - usd)
        if difference * 1000 > 5 * max(abs(usd), 1) and difference > 1:
            near = plain_decimal(Decimal(exact).scaleb(-2))
            faults.at(
                same,
                "amount_usd",
                "usd_disagrees",
                plain_decimal(Decimal(usd).scaleb(-2)),
                f"about {near}, Amount at its rate; at most 0.5 % apart",
                near,
            )
