"""What a load changed: rows new, changed, removed and unchanged against the slices that it replaced."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from outcome_reporting.domain.contract import Contract
from outcome_reporting.warehouse.copying import core_table
from outcome_reporting.warehouse.load_plan import LoadResult, SliceResult

_PROVENANCE = {"slice_id", "table_no", "row_no"}


def difference_of_load(
    connection: Connection, contracts: Mapping[str, Contract], result: LoadResult
) -> list[dict[str, Any]]:
    """For each dataset of the load: counts and sums before and after, by what happened to a row.

    Rows are matched by the contract's key; sums are of the contract's amount fields, as dollars, where those
    stand. Each entry: dataset, replaces (slices replaced), same (slices that stayed), lines {new, changed,
    removed, unchanged: (rows before, rows after, [(before, after) for each amount field])}.
    """
    parts = []
    for dataset in dict.fromkeys(one.dataset for one in result.slices):
        contract = contracts[dataset]
        slices = [one for one in result.slices if one.dataset == dataset]
        old = [one.live_before for one in slices if one.action == "replaced"]
        new = [one.slice_id for one in slices if one.action != "same"]
        offices = sorted({one.office for one in slices})
        parts.append(
            {
                "dataset": dataset,
                "replaced": len(old),
                "same": sum(one.action == "same" for one in slices),
                "same_rows": sum(one.row_count for one in slices if one.action == "same"),
                "amounts": list(contract.amount_fields),
                "lines": _lines(connection, contract, offices, old, new) if old else _all_new(contract, slices),
            }
        )
    return parts


def _all_new(contract: Contract, slices: list[SliceResult]) -> dict[str, list[Any]]:
    """The lines of a load that replaced nothing: the load has summed its rows already."""
    new = [one for one in slices if one.action == "new"]
    rows = sum(one.row_count for one in new)
    pairs = [(Decimal(0), sum(one.amounts[name] for one in new)) for name in contract.amount_fields]
    return {"new": [0, rows, pairs]} if rows else {}


def _lines(
    connection: Connection, contract: Contract, offices: list[str], old: list[Any], new: list[Any]
) -> dict[str, list[Any]]:
    table = core_table(contract)
    of_office = "" if contract.is_organization_wide else " and office = any(%(offices)s)"
    keys = ", ".join(f"coalesce({name}::text, '')" for name in contract.key)
    fields = ", ".join(f.name for f in contract.fields)
    sums = "".join(
        f", coalesce(sum(o.{name}), 0) as {name}_before, coalesce(sum(n.{name}), 0) as {name}_after"
        for name in contract.amount_fields
    )
    amounts = "".join(f", {name}" for name in contract.amount_fields)

    def side(name: str) -> str:
        return (
            f"select array[{keys}] as key, md5(row({fields})::text) as content{amounts} from {table} "
            f"where slice_id = any(%({name})s){of_office}"
        )

    query = f"""
    with o as materialized ({side("old")}), n as materialized ({side("new")})
    select case when o.key is null then 'new' when n.key is null then 'removed'
                when o.content = n.content then 'unchanged' else 'changed' end as what,
           count(o.key) as rows_before, count(n.key) as rows_after{sums}
    from o full join n using (key) group by 1"""
    given = {"old": old, "new": new, "offices": offices}
    lines = {}
    for row in connection.exec_driver_sql(query, given).mappings():
        pairs = [(row[f"{name}_before"], row[f"{name}_after"]) for name in contract.amount_fields]
        lines[row["what"]] = [row["rows_before"], row["rows_after"], pairs]
    return lines
