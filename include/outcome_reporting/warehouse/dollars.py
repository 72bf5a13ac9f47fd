"""What a file's rows are worth in dollars: read from the file for its control sum, from the database for ours.

A row's dollars are its `amount_usd` where that stands; else its amount at the rate in force on its date, divided
exactly and rounded once; else nothing. A dataset without amount fields has no dollars.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.money import convert_to_usd_cents
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse.live_sql import live_slices_sql

Rates = Mapping[str, Sequence[tuple[date, Decimal]]]  # by currency, in the order of their dates


def rate_on(rates: Rates, currency: str, day: date) -> tuple[date, Decimal] | None:
    """The rate in force on a day: date and local units for one dollar; None when there is none yet."""
    dated = rates.get(currency, ())
    place = bisect_right([known for known, _ in dated], day)
    return dated[place - 1] if place else None


def live_rates(connection: Connection) -> dict[str, list[tuple[date, Decimal]]]:
    """All live exchange rates."""
    found = connection.exec_driver_sql(
        f"with live as ({live_slices_sql(None, 'exchange_rates', is_organization_wide=True)}) "
        "select currency, effective_date, rate_per_usd from core.exchange_rate join live using (slice_id) "
        "order by currency, effective_date"
    )
    rates: dict[str, list[tuple[date, Decimal]]] = {}
    for currency, day, rate in found:
        rates.setdefault(currency, []).append((day, rate))
    return rates


def date_field(contract: Contract) -> str:
    """The field whose day decides the rate: the contract's first date."""
    return next(field.name for field in contract.fields if field.kind is Kind.DATE)


def row_cents(contract: Contract, table: TypedTable, rates: Rates) -> np.ndarray:
    """Cents of each row (int64), by the file alone and the rates given."""
    cents = np.zeros(table.data.num_rows, np.int64)
    for name in contract.amount_fields:
        if name in table.data.column_names:
            column = table.data.column(name).combine_chunks()
            cents += column.fill_null(0).to_numpy()
    if _is_convertible(contract):
        for index, value in _converted(contract, table, rates):
            cents[index] += value
    return cents


def has_unstated(contract: Contract, tables: Sequence[TypedTable]) -> bool:
    """Whether a row gives no dollars and so needs a rate."""
    return _is_convertible(contract) and any(
        "amount_usd" not in table.data.column_names or table.data.column("amount_usd").null_count for table in tables
    )


def _is_convertible(contract: Contract) -> bool:
    names = {field.name for field in contract.fields}
    return "amount_usd" in contract.amount_fields and {"currency", "amount"} <= names


def _converted(contract: Contract, table: TypedTable, rates: Rates):
    """(row index, cents) of the rows whose dollars are empty and whose amount can be converted."""
    data = table.data
    if "amount_usd" in data.column_names:
        empty = data.column("amount_usd").is_null().to_numpy()
    else:
        empty = np.ones(data.num_rows, bool)
    indices = np.flatnonzero(empty)
    if len(indices) == 0 or not {"currency", "amount", date_field(contract)} <= set(data.column_names):
        return
    scale = contract.field("amount").scale
    chosen = data.select(["currency", "amount", date_field(contract)]).take(pa.array(indices))
    columns = (column.to_pylist() for column in chosen.columns)
    for index, currency, units, day in zip(indices, *columns, strict=True):
        if currency is None or units is None or day is None:
            continue
        rate = (day, Decimal(1)) if currency == "USD" else rate_on(rates, currency, day)
        if rate is not None:
            yield index, convert_to_usd_cents(units, scale, rate[1])


def usd_sql(row: str = "f", rate: str = "r.rate_per_usd") -> str:
    """The dollars of a row in SQL: exact division, rounded once to cents, half away from zero; null without rate.

    `div` cuts an exact quotient, which a plain division followed by round() would round twice.
    """
    factor = f"(case when {row}.currency = 'USD' then 1 else {rate} end)"
    return (
        f"coalesce({row}.amount_usd, (sign({row}.amount) * "
        f"div(200 * abs({row}.amount) + {factor}, 2 * {factor}) / 100)::numeric(20,2))"
    )


def loaded_dollars(
    connection: Connection, contract: Contract, table_no: int, slices: Sequence[tuple[str, uuid.UUID]]
) -> Decimal:
    """Dollars in the database of one table's rows, in these (office, slice) pairs: the other side of the control.

    Each table is asked for by itself: to group rows by their table takes the server a third of the sum's time.
    """
    if not contract.amount_fields or not slices:
        return Decimal(0)
    of_rows = "f.slice_id = any(%(slices)s) and f.table_no = %(table_no)s"
    if not contract.is_organization_wide:
        of_rows += " and f.office = any(%(offices)s)"
    table = "core." + contract.table.removeprefix("core.")
    if _is_convertible(contract):
        stated, unstated = "coalesce(sum(f.amount_usd), 0)", "coalesce(bool_or(f.amount_usd is null), false)"
    else:
        stated = " + ".join(f"coalesce(sum(f.{name}), 0)" for name in contract.amount_fields)
        unstated = "false"
    given = {
        "slices": [one for _, one in slices],
        "table_no": table_no,
        "offices": sorted({office for office, _ in slices}),
    }
    query = f"select {stated}, {unstated} from {table} f where {of_rows}"
    dollars, is_unstated = connection.exec_driver_sql(query, given).one()
    if is_unstated:
        dollars += connection.exec_driver_sql(_converted_sql(contract, of_rows), given).scalar_one()
    return dollars


def _converted_sql(contract: Contract, of_rows: str) -> str:
    """The dollars of the rows that give none, each at the rate of its day."""
    day, table = date_field(contract), "core." + contract.table.removeprefix("core.")
    return f"""
        with live as ({live_slices_sql(None, "exchange_rates", is_organization_wide=True)}),
        unstated as materialized (select f.* from {table} f where {of_rows} and f.amount_usd is null),
        wanted as materialized (select distinct currency, {day} as day from unstated where currency <> 'USD'),
        rate as materialized (
          select distinct on (w.currency, w.day) w.currency, w.day, e.rate_per_usd
          from wanted w join core.exchange_rate e on e.currency = w.currency and e.effective_date <= w.day
          join live using (slice_id) order by w.currency, w.day, e.effective_date desc)
        select coalesce(sum({usd_sql("f", "r.rate_per_usd")}), 0)
        from unstated f left join rate r on r.currency = f.currency and r.day = f.{day}"""
