"""What live rows need of other datasets: the reason why an undo may be refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, Table, func, literal, null, select

from outcome_reporting.domain.codes import fold_name, plan_period_years
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live import catalogue, live_select

# (table, its field, the dataset that field refers to); the year or plan period decides which one is meant
REFERENCES: tuple[tuple[Table, str, str], ...] = (
    (tables.outcome, "office", "offices"),
    (tables.output, "outcome", "outcomes"),
    (tables.budget, "output", "outputs"),
    (tables.budget, "fund", "funds"),
    (tables.expense, "office", "offices"),
    (tables.expense, "output", "outputs"),
    (tables.expense, "fund", "funds"),
    (tables.expense, "partner", "partners"),
    (tables.contribution, "partner", "partners"),
    (tables.contribution, "fund", "funds"),
    (tables.contribution, "outcome", "outcomes"),
    (tables.sdg_weight, "output", "outputs"),
    (tables.plan_link, "outcome", "outcomes"),
    (tables.result, "outcome", "outcomes"),
    (tables.result, "output", "outputs"),
    (tables.progress_note, "outcome", "outcomes"),
)
_CONVERTED = ((tables.expense, "posting_date"), (tables.contribution, "date"))


@dataclass(frozen=True, slots=True)
class Use:
    """Live rows of one table that need one code, in one year where the year matters."""

    table: str
    dataset: str  # whose code it is
    code: str
    fiscal_year: int | None
    plan_period: str | None
    row_count: int
    day: date | None = None  # of a rate: the first day that needs it

    def sentence(self) -> str:
        """`1,204 rows of expense in 2022: KGZ_D_1.1.1 (outputs)`."""
        when = f" in {self.fiscal_year}" if self.fiscal_year else f" of {self.plan_period}" if self.plan_period else ""
        rows = "1 row" if self.row_count == 1 else f"{self.row_count:,} rows"
        return f"{rows} of {self.table}{when}: {self.code} ({self.dataset})"


def live_uses(connection: Connection, dataset: str, codes: Collection[str] | None = None) -> list[Use]:
    """Which live rows need these codes of a dataset (all codes where none are given).

    A partner's code is compared with the cell's own spelling, a rate's with the currency.
    """
    if dataset == "exchange_rates":
        uses = [use for table, day in _CONVERTED for use in _rate_uses(connection, table, day)]
    else:
        uses = [
            use
            for table, field, referred in REFERENCES
            if referred == dataset
            for use in _code_uses(connection, table, field, referred)
        ]
    wanted = None if codes is None else set(codes)
    return [use for use in uses if wanted is None or use.code in wanted]


def unmet_needs(connection: Connection, datasets: Collection[str]) -> dict[tuple, Use]:
    """The uses of codes that are not live, among the datasets referred to, by what is needed and by whom."""
    known = catalogue(connection)
    return {
        (use.table, use.dataset, use.code, use.fiscal_year, use.plan_period, use.day): use
        for dataset in datasets
        for use in live_uses(connection, dataset)
        if not _is_met(known, use)
    }


def code_clashes(connection: Connection) -> set[str]:
    """Live codes that mean two things in one year: plan periods that overlap, an outcome that is an output too."""
    known = catalogue(connection)
    outcomes = {code: [(period, period) for period in periods] for code, periods in known["outcomes"].items()}
    outputs = {code: [(f"{period} of {outcome}", period) for outcome, period in found]
               for code, found in known["outputs"].items()}  # fmt: skip
    pairs = [
        (code, one, other)
        for meanings in (outcomes, outputs)
        for code, found in meanings.items()
        for one, other in combinations(found, 2)
    ]
    pairs += [(code, one, other) for code in outcomes.keys() & outputs.keys() for one in outcomes[code]
              for other in outputs[code]]  # fmt: skip
    return {f"{code} in {one[0]} and in {other[0]}" for code, one, other in pairs if _overlap(one[1], other[1])}


def _overlap(one: str, other: str) -> bool:
    (first, last), (start, end) = plan_period_years(one), plan_period_years(other)
    return first <= end and start <= last


def _code_uses(connection: Connection, table: Table, field: str, dataset: str) -> list[Use]:
    live = live_select(table).subquery()
    year = live.c.fiscal_year if "fiscal_year" in live.c and dataset in ("outcomes", "outputs") else null()
    period = live.c.plan_period if "plan_period" in live.c and dataset == "outcomes" else null()
    query = (
        select(live.c[field], year.label("year"), period.label("period"), func.count())
        .where(live.c[field].is_not(None))
        .group_by(live.c[field], *(c for c in (year, period) if not c.compare(null())))
    )
    return [
        Use(table.name, dataset, code, fiscal_year, plan_period, count)
        for code, fiscal_year, plan_period, count in connection.execute(query)
    ]


def _rate_uses(connection: Connection, table: Table, day: str) -> list[Use]:
    live = live_select(table).subquery()
    query = (
        select(live.c.currency, live.c.fiscal_year, func.count(), func.min(live.c[day]))
        .where(live.c.amount_usd.is_(None), live.c.currency != literal("USD"))
        .group_by(live.c.currency, live.c.fiscal_year)
    )
    return [
        Use(table.name, "exchange_rates", currency, year, None, count, first)
        for currency, year, count, first in connection.execute(query)
    ]


def _is_met(known: Mapping[str, Any], use: Use) -> bool:
    if use.dataset == "exchange_rates":
        days = known["rates"].get(use.code)
        return bool(days) and use.day is not None and days[0] <= use.day
    if use.dataset == "partners":
        return fold_name(use.code) in known["partners"]
    found = known[use.dataset]
    if use.dataset not in ("outcomes", "outputs"):
        return use.code in found
    periods = found.get(use.code, ())
    periods = periods if use.dataset == "outcomes" else [period for _, period in periods]
    if use.plan_period:
        return use.plan_period in periods
    year = use.fiscal_year
    return year is not None and any(first <= year <= last for first, last in map(plan_period_years, periods))
