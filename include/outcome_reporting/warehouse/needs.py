"""Who needs what: live rows and the codes and rates of other datasets that they refer to.

A contract says what its fields refer to; the year or plan period of a row decides which of a code's meanings it
needs. Intake asks who needs a code that is about to go, an undo which needs would be unmet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from sqlalchemy import Connection, Table, func, literal, null, select

from outcome_reporting.domain.codes import fold_name, plan_period_years
from outcome_reporting.domain.contract import Contract
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.copying import core_table
from outcome_reporting.warehouse.live import SliceKey, catalogue, live_select
from outcome_reporting.warehouse.live_sql import live_slices_sql

_RATES = "exchange_rates"


def references_to(contracts: Mapping[str, Contract], dataset: str) -> Iterator[tuple[Contract, str]]:
    """(contract, its field) of all that refer to a dataset, itself left out; to rates by the currency of an amount."""
    for contract in contracts.values():
        for field in contract.fields:
            is_rate = dataset == _RATES and field.name == "currency" and _is_converted(contract)
            refers = field.refers_to is not None and field.refers_to[0] == dataset
            if (is_rate or refers) and contract.dataset != dataset:
                yield contract, field.name


def _is_converted(contract: Contract) -> bool:
    return {"amount", "amount_usd"} <= {field.name for field in contract.fields}


def _day(contract: Contract) -> str:
    """The field whose day decides the rate."""
    return "posting_date" if any(field.name == "posting_date" for field in contract.fields) else "date"


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


def live_uses(connection: Connection, contracts: Mapping[str, Contract], dataset: str) -> list[Use]:
    """Which live rows need which codes of a dataset: a partner in the cell's own spelling, a rate by its currency."""
    return [
        use
        for contract, field in references_to(contracts, dataset)
        for use in (
            _rate_uses(connection, _table(contract), _day(contract))
            if dataset == _RATES
            else _code_uses(connection, _table(contract), field, dataset)
        )
    ]


def unmet_needs(
    connection: Connection, contracts: Mapping[str, Contract], datasets: Collection[str]
) -> dict[tuple, Use]:
    """The uses of codes that are not live, among the datasets referred to, by what is needed and by whom."""
    known = catalogue(connection)
    return {
        (use.table, use.dataset, use.code, use.fiscal_year, use.plan_period, use.day): use
        for dataset in datasets
        for use in live_uses(connection, contracts, dataset)
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


def _table(contract: Contract) -> Table:
    return tables.metadata.tables[core_table(contract)]


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
        Use(table.name, _RATES, currency, year, None, count, first)
        for currency, year, count, first in connection.execute(query)
    ]


def _is_met(known: Mapping[str, Any], use: Use) -> bool:
    if use.dataset == _RATES:
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


def users_of(
    connection: Connection,
    contracts: Mapping[str, Contract],
    dataset: str,
    gone: Sequence[tuple],
    replaced: Collection[SliceKey],
) -> dict[str, str]:
    """Live facts that need what is gone: {code: "expenses of expense.xlsx"}; slices in `replaced` do not count.

    `gone` holds (code,), for outcomes and outputs (code, first year, last year), for rates (currency, first day
    that was covered, first day that still is or None).
    """
    needed: dict[str, str] = {}
    for contract, field in references_to(contracts, dataset):
        found = connection.exec_driver_sql(_users_sql(contract, field, dataset), _parameters(gone))
        for code, office, key, file_name in found:
            if (contract.dataset, office, key) not in replaced:
                needed.setdefault(code, f"{contract.title.lower()} of {file_name}")
    return needed


def _parameters(gone: Sequence[tuple]) -> dict[str, Any]:
    return {
        "codes": [one[0] for one in gone],
        "first": [one[1] if len(one) > 1 else None for one in gone],
        "last": [one[2] if len(one) > 1 else None for one in gone],
    }


def _users_sql(contract: Contract, name: str, dataset: str) -> str:
    table, is_org = core_table(contract), contract.is_organization_wide
    names = {field.name for field in contract.fields}
    slice_table, office = ("core.slice_org", "''") if is_org else ("core.slice", "f.office")
    same = "" if is_org else "e.office = f.office and "
    own = "" if is_org else "s.office = f.office and "
    gone = "select unnest(%(codes)s::text[]) as code"
    condition = ""
    if dataset in ("outcomes", "outputs"):
        gone += ", unnest(%(first)s::int[]) as first, unnest(%(last)s::int[]) as last"
        if "fiscal_year" in names:
            condition = " and f.fiscal_year between g.first and g.last"
        elif "plan_period" in names:
            condition = " and f.plan_period = g.first || '-' || g.last"
    elif dataset == _RATES:
        gone += ", unnest(%(first)s::date[]) as first, unnest(%(last)s::date[]) as last"
        condition = f" and f.amount_usd is null and (g.last is null or f.{_day(contract)} < g.last)"
    return f"""
    with live as ({live_slices_sql(None, contract.dataset, is_organization_wide=is_org)}), gone as ({gone})
    select distinct g.code, {office} as office, e.slice_key, l.file_name
    from {table} f join gone g on g.code = f.{name}{condition}
    join live e on {same}e.slice_id = f.slice_id
    join {slice_table} s on {own}s.slice_id = f.slice_id join intake.load l on l.load_id = s.load_id"""
