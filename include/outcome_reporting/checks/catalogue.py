"""The codes that a night may refer to: what is live, overlaid with what the night's own files bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outcome_reporting.domain.codes import fold_name, plan_period_years
from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.slices import slice_key
from outcome_reporting.domain.table import TypedTable

DIMENSIONS = ("offices", "outcomes", "outputs", "funds", "partners", "exchange_rates")
Row = Mapping[str, Any]
# dataset -> slice key -> rows
Dimensions = Mapping[str, Mapping[str, Sequence[Row]]]


@dataclass(slots=True)
class Catalogue:
    """Known codes. Periods are (first year, last year, plan period, outcome); an outcome is its own."""

    offices: set[str] = field(default_factory=set)
    outcomes: dict[str, list[tuple[int, int, str, str]]] = field(default_factory=lambda: defaultdict(list))
    outputs: dict[str, list[tuple[int, int, str, str]]] = field(default_factory=lambda: defaultdict(list))
    funds: dict[str, str] = field(default_factory=dict)
    partners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    rates: dict[str, list[tuple[date, str]]] = field(default_factory=lambda: defaultdict(list))

    def period_of(self, codes: Mapping[str, list], code: str, year: int):
        for period in codes.get(code, ()):
            if period[0] <= year <= period[1]:
                return period
        return None

    def rate_on(self, currency: str, day: date) -> str | None:
        """The rate in force: the latest effective date that is not after the day."""
        found = None
        for effective, rate in self.rates.get(currency, ()):
            if effective <= day:
                found = rate
        return found


def rows_by_slice(contract: Contract, tables: Iterable[TypedTable]) -> dict[str, list[Row]]:
    """The rows of small tables (dimensions) as mappings, by slice key; rows without a whole key are left out."""
    slices: dict[str, list[Row]] = defaultdict(list)
    for table in tables:
        for row in table.data.to_pylist():
            if all(row.get(name) is not None for name in contract.key):
                slices[slice_key(contract, row)].append(row)
    return slices


def overlay(live: Dimensions, brought: Dimensions) -> Dimensions:
    """Live dimensions with the slices that files bring in their place."""
    return {name: {**live.get(name, {}), **brought.get(name, {})} for name in DIMENSIONS}


def partner_spellings(row: Row) -> list[str]:
    """Code, name and aliases of a partner, folded: whatever a spreadsheet may call it."""
    names = [row["partner"], row.get("name"), *str(row.get("aliases") or "").split("\n")]
    return sorted({fold_name(str(name)) for name in names if name and str(name).strip()})


def build_catalogue(dimensions: Dimensions) -> Catalogue:
    """Index the rows of all live slices; a malformed row is left to the checks of its own file."""
    catalogue = Catalogue()
    for row in _rows(dimensions, "offices"):
        catalogue.offices.add(str(row["office"]))
    for name, codes in (("outcomes", catalogue.outcomes), ("outputs", catalogue.outputs)):
        for row in _rows(dimensions, name):
            try:
                first, last = plan_period_years(str(row["plan_period"]))
            except ValueError:
                continue
            codes[str(row[name[:-1]])].append((first, last, str(row["plan_period"]), str(row["outcome"])))
    for row in _rows(dimensions, "funds"):
        catalogue.funds[str(row["fund"])] = str(row["fund_type"])
    for row in _rows(dimensions, "partners"):
        for spelling in partner_spellings(row):
            catalogue.partners[spelling].add(str(row["partner"]))
    for row in _rows(dimensions, "exchange_rates"):
        if row.get("effective_date") is not None and row.get("rate_per_usd") is not None:
            catalogue.rates[str(row["currency"])].append((row["effective_date"], str(row["rate_per_usd"])))
    for dated in catalogue.rates.values():
        dated.sort()
    return catalogue


def _rows(dimensions: Dimensions, name: str) -> Iterable[Row]:
    for rows in dimensions.get(name, {}).values():
        yield from rows
