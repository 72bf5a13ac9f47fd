"""Who uses what: the load behind each live slice, keys that stand elsewhere, facts that need a code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outcome_reporting.domain.contract import Contract
from outcome_reporting.warehouse.copying import core_table
from outcome_reporting.warehouse.live import SliceKey, live_slices_sql

_LOADS = """
select s.dataset, {office} as office, s.slice_key, l.file_name, l.loaded_at, l.dropped_at
from core.{slice} s join core.{slice}_life e on {join} join intake.load l on l.load_id = s.load_id
where e.valid_to is null"""


def live_loads(connection: Connection) -> dict[SliceKey, tuple[str, datetime, datetime]]:
    """The load of every live slice: {slice: (file name, loaded at, dropped at)}."""
    query = " union all ".join(
        (
            _LOADS.format(office="s.office", slice="slice", join="e.office = s.office and e.slice_id = s.slice_id"),
            _LOADS.format(office="''", slice="slice_org", join="e.slice_id = s.slice_id"),
        )
    )
    found = connection.exec_driver_sql(query)
    return {(dataset, office, key): (name, at, dropped) for dataset, office, key, name, at, dropped in found}


def keys_elsewhere(
    connection: Connection, contract: Contract, name: str, keys: Sequence[Any], replaced: Collection[tuple[str, str]]
) -> dict[Any, str]:
    """Keys that a live row has in a slice that is not about to be replaced: {key: name of its file}.

    `replaced` are (office, slice key) pairs. Reads the live rows of the dataset once, set-based.
    """
    table, is_org = core_table(contract), contract.is_organization_wide
    slice_table = "core.slice_org" if is_org else "core.slice"
    office = "''" if is_org else "f.office"
    join = "" if is_org else "e.office = f.office and "
    own = "" if is_org else "s.office = f.office and "
    query = f"""
    with live as ({live_slices_sql(None, contract.dataset, is_organization_wide=is_org)})
    select f.{name}, {office} as office, e.slice_key, l.file_name
    from {table} f join live e on {join}e.slice_id = f.slice_id
    join {slice_table} s on {own}s.slice_id = f.slice_id join intake.load l on l.load_id = s.load_id
    where f.{name} = any(%(keys)s)"""
    found = connection.exec_driver_sql(query, {"keys": list(keys)})
    return {key: file_name for key, of_office, slice_key, file_name in found if (of_office, slice_key) not in replaced}


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
    for contract in contracts.values():
        for field in contract.fields:
            target = _currency(contract, field) if dataset == "exchange_rates" else field.refers_to
            if not target or target[0] != dataset or contract.dataset == dataset:
                continue
            for code, office, key, file_name in connection.exec_driver_sql(
                _users_sql(contract, field.name, dataset), _parameters(gone)
            ):
                if (contract.dataset, office, key) not in replaced:
                    needed.setdefault(code, f"{contract.title.lower()} of {file_name}")
    return needed


def _currency(contract: Contract, field) -> tuple[str, str] | None:
    is_converted = {"amount", "amount_usd"} <= {f.name for f in contract.fields}
    return ("exchange_rates", "currency") if field.name == "currency" and is_converted else None


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
    elif dataset == "exchange_rates":
        gone += ", unnest(%(first)s::date[]) as first, unnest(%(last)s::date[]) as last"
        day = "posting_date" if "posting_date" in names else "date"
        condition = f" and f.amount_usd is null and (g.last is null or f.{day} < g.last)"
    return f"""
    with live as ({live_slices_sql(None, contract.dataset, is_organization_wide=is_org)}), gone as ({gone})
    select distinct g.code, {office} as office, e.slice_key, l.file_name
    from {table} f join gone g on g.code = f.{name}{condition}
    join live e on {same}e.slice_id = f.slice_id
    join {slice_table} s on {own}s.slice_id = f.slice_id join intake.load l on l.load_id = s.load_id"""
