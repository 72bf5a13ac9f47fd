"""An accepted file becomes a load: good rows, held groups, one transaction; and what is known of loads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from outcome_reporting.checks.catalogue import DIMENSIONS
from outcome_reporting.domain.codes import office_of
from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.reference import Reference
from outcome_reporting.domain.slices import slice_key
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse.difference import difference_of_load
from outcome_reporting.warehouse.files import write_findings, write_verdict
from outcome_reporting.warehouse.load import write_load
from outcome_reporting.warehouse.load_plan import DatasetLoad, HeldGroup, HeldRow, LoadPlan, LoadResult
from outcome_reporting.workflows.house import House

if TYPE_CHECKING:
    from outcome_reporting.workflows.judging import Candidate


@dataclass(slots=True)
class Loaded:
    """What a load did, for its answer: the warehouse's own result and the difference by dataset."""

    result: LoadResult
    parts: list[dict[str, Any]]

    @property
    def rows_loaded(self) -> int:
        return self.result.rows_loaded

    @property
    def rows_held(self) -> int:
        return self.result.rows_held

    @property
    def loaded_usd(self) -> Decimal | None:
        return self.result.loaded_usd


def in_load_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Files that bring codes and rates before files that use them; among equals the earlier drop first.

    The later drop of two on one slice must load last: a file with facts that shares a dataset with a later file
    of the first group goes into that group too.
    """
    first = {c.file_id for c in candidates if set(c.datasets) & set(DIMENSIONS)}
    by_drop = sorted(candidates, key=lambda c: (c.dropped_at, c.file_name))
    for place, candidate in enumerate(by_drop):
        later = {d for c in by_drop[place + 1 :] if c.file_id in first for d in c.datasets}
        if candidate.file_id not in first and set(candidate.datasets) & later:
            first.add(candidate.file_id)
    return sorted(by_drop, key=lambda c: c.file_id not in first)


def plan_load(house: House, run_id: str, entry: dict, candidate: Candidate) -> LoadPlan:
    """What is to be written of an accepted file: good rows by dataset, and the groups that are held."""
    return LoadPlan(
        file_id=UUID(candidate.file_id),
        file_name=entry["file_name"],
        source=entry["source"],
        dropped_at=datetime.fromisoformat(entry["dropped_at"]),
        datasets=[
            DatasetLoad(
                house.contracts[dataset],
                [with_element_codes(house.reference, table) for table in _good_tables(candidate, dataset)],
                None if candidate.held.get(dataset) else candidate.slices.get(dataset),
            )
            for dataset in sorted(candidate.datasets, key=lambda name: house.contracts[name].rank)
        ],
        held=[group for dataset in candidate.held for group in _held_groups(house.contracts[dataset], candidate)],
        owner=entry["owner"],
        run_id=UUID(run_id),
        cause=entry["cause"],
    )


def write_plan(
    house: House,
    connection: Connection,
    run_id: str,
    candidate: Candidate,
    plan: LoadPlan,
    wait: Callable[[], object] = lambda: None,
) -> Loaded:
    """Write one accepted file in the caller's transaction, with its findings and its verdict (`wait`: `write_load`)."""
    result = write_load(
        connection, plan, wait, lambda: store_verdict(connection, run_id, candidate, verdict="accepted", digest="")
    )
    return Loaded(result, difference_of_load(connection, house.contracts, result))


def store_verdict(connection: Connection, run_id: str, candidate: Candidate, verdict: str, digest: str) -> None:
    """The verdict of a file and its findings, in place of those of an earlier verdict."""
    write_verdict(connection, UUID(candidate.file_id), verdict, datetime.now(UTC), digest, UUID(run_id))
    write_findings(connection, UUID(candidate.file_id), candidate.findings, UUID(run_id))


def years_of(candidate: Candidate) -> set[int]:
    """The fiscal years that a file's rows speak of."""
    years: set[int] = set()
    for table in candidate.tables:
        if "fiscal_year" in table.data.column_names:
            years.update(year for year in table.data["fiscal_year"].unique().to_pylist() if year is not None)
    return years


def last_change(connection: Connection) -> datetime | None:
    """When anything was last loaded or undone."""
    return connection.exec_driver_sql("select greatest(max(loaded_at), max(undone_at)) from intake.load").scalar_one()


def live_load_of(connection: Connection, file_id: UUID) -> str | None:
    """ "<name>, loaded <when>" of the load of these bytes that is whole and live; None when there is none."""
    row = connection.exec_driver_sql(
        """
        with last as (
          select load_id, file_name, loaded_at from intake.load
          where file_id = %(file_id)s and undone_at is null order by loaded_at desc limit 1),
        every as (
          -- where held rows were loaded later, the load has a second slice of that key, which holds them all
          select distinct on (office, dataset, slice_key) office, slice_id, same_as
          from core.slice join last using (load_id)
          order by office, dataset, slice_key, held_count, row_count desc),
        whole as (
          select * from every
          union all select '', slice_id, same_as from core.slice_org join last using (load_id)),
        live as (
          select office, slice_id from core.slice_life where valid_to is null
          union all select '', slice_id from core.slice_org_life where valid_to is null)
        select file_name, loaded_at from last
        where exists (select 1 from whole) and not exists (
          select 1 from whole e where not exists (
            select 1 from live l where l.office = e.office and l.slice_id = coalesce(e.same_as, e.slice_id)))
        """,
        {"file_id": file_id},
    ).one_or_none()
    return f"{row.file_name}, loaded {row.loaded_at:%d %B %Y, %H:%M} UTC" if row else None


def _good_tables(candidate: Candidate, dataset: str) -> list[TypedTable]:
    """The tables of a dataset without the rows that are held."""
    own = candidate.tables_of(dataset)
    held = {place for group in candidate.held.get(dataset, []) for place in group.rows}
    if not held:
        return own
    good = []
    for number, table in enumerate(own):
        keep = np.ones(table.row_count, dtype=bool)
        for at, index in held:
            if at == number:
                keep[index] = False
        good.append(_with_data(table, table.data.filter(pa.array(keep))))
    return good


def with_element_codes(reference: Reference, table: TypedTable) -> TypedTable:
    """A table of links with each element under its code, however the sheet names it; other tables as they are."""
    if table.dataset != "plan_links":
        return table
    rows = table.data.select(["framework", "element"]).to_pylist()
    elements = [reference.plan_element(row["framework"], row["element"]) for row in rows]
    codes = [element.code if element else row["element"] for element, row in zip(elements, rows, strict=True)]
    index = table.data.column_names.index("element")
    return _with_data(table, table.data.set_column(index, "element", pa.array(codes, pa.string())))


def _with_data(table: TypedTable, data: pa.Table) -> TypedTable:
    return TypedTable(
        table.dataset,
        table.file_name,
        table.sheet,
        table.table_no,
        table.header_row,
        table.columns,
        data,
        table.totals,
    )


def _held_groups(contract: Contract, candidate: Candidate) -> Iterator[HeldGroup]:
    own = candidate.tables_of(contract.dataset)
    for group in candidate.held[contract.dataset]:
        by_slice: dict[tuple[str, str], list[HeldRow]] = defaultdict(list)
        reason = "; ".join(dict.fromkeys(f.message for f in group.findings if f.is_error))
        for number, index in group.rows:
            cells = own[number].data.slice(index, 1).to_pylist()[0]
            row_no = cells.pop("row_no")
            office = (
                "" if contract.is_organization_wide else office_of(cells.get("office") or cells[contract.office_from])
            )
            key = slice_key(contract, cells)
            by_slice[(office, key)].append(
                HeldRow(own[number].table_no, row_no, {n: _plain(v) for n, v in cells.items()}, reason)
            )
        for (office, key), rows in by_slice.items():
            yield HeldGroup(contract, office, key, "|".join(str(part) for part in group.key), rows)


def _plain(value: object) -> object:
    """A cell as JSON holds it; dates as ISO text."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def typed_rows(contract: Contract, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Held rows as the columns that they were read into: the way back from JSON."""
    kinds = {Kind.INTEGER: pa.int32(), Kind.MONEY: pa.int64(), Kind.DATE: pa.date32()}
    columns: dict[str, pa.Array] = {"row_no": pa.array([row["row_no"] for row in rows], pa.int32())}
    for field in contract.fields:
        values = [row.get(field.name) for row in rows]
        if field.kind is Kind.DATE:
            values = [datetime.fromisoformat(v).date() if v else None for v in values]
        columns[field.name] = pa.array(values, kinds.get(field.kind, pa.string()))
    return pa.table(columns)
