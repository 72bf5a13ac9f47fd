"""A file's rows into the warehouse: one transaction a file, whole or not at all.

Idempotent by content: a slice that repeats what is live (same rows at the same places) is recorded and nothing
else, so loading the same file again adds no row. Facts are only inserted; a slice that is replaced gets an end.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.dollars import has_unstated, live_rates, loaded_dollars, row_cents
from outcome_reporting.warehouse.live import live_spellings
from outcome_reporting.warehouse.lives import close_lives, open_lives
from outcome_reporting.warehouse.load_plan import LoadPlan, LoadResult, SliceResult, cut_slices, needs_spellings
from outcome_reporting.warehouse.many_rows import insert_rows
from outcome_reporting.warehouse.moments import begin_load, next_load_moment, next_moment
from outcome_reporting.warehouse.ready_rows import ReadyRows, make_ready
from outcome_reporting.warehouse.sent_together import sent_together
from outcome_reporting.warehouse.slices import SliceRows

# made once: a statement that is built anew for each file costs as much again as it runs
_INSERT = {table.name: insert(table) for table in (tables.load, tables.sheet_table, tables.held_row)}


def write_load(
    connection: Connection,
    plan: LoadPlan,
    wait: Callable[[], object] = lambda: None,
    with_it: Callable[[], object] = lambda: None,
) -> LoadResult:
    """Writes one file's load in the transaction of the caller, who commits (`with engine.begin()`).

    Reads live rates and partners for dollars and slice keys. intake.file must already hold the file. When its rows
    are written it waits for whatever must be live before it: rates, codes, the load of an earlier moment. `with_it`
    executes what is to be written in the same breath.
    """
    begin_load(connection)
    writer = _Writer(connection, plan, uuid.uuid4())
    for rows in _ready(connection, plan):
        writer.copy(rows)
    wait()
    sheets = writer.sheet_rows()  # before the moment, which keeps other loads waiting
    with sent_together(connection):
        moment = next_load_moment(connection, plan.moment)
        writer.write_load(moment)
        slices = writer.make_live(moment)
        loaded, difference = writer.write_sheets(sheets)
        with_it()
    return LoadResult(
        writer.load_id,
        moment,
        slices,
        sum(one.row_count for one in slices),
        sum(one.held_count for one in slices),
        loaded,
        difference,
    )


def write_again(connection: Connection, plan: LoadPlan, load_id: uuid.UUID) -> list[SliceResult]:
    """Writes slices under a load that exists: rows that waited and may be loaded now. The caller commits."""
    moment = next_moment(connection, plan.moment)
    writer = _Writer(connection, plan, load_id)
    for rows in _ready(connection, plan):
        writer.copy(rows)
    return writer.make_live(moment)


def _ready(connection: Connection, plan: LoadPlan) -> list[ReadyRows]:
    """The rows of the plan; they are made now unless they were before."""
    if plan.ready is None:
        cut_slices(plan, live_spellings(connection) if needs_spellings(plan) else {})
        make_ready(plan)
    return plan.ready or []


@dataclass(slots=True)
class _Stored:
    """One dataset whose rows are written, and what makes them live or not."""

    rows: ReadyRows
    results: list[SliceResult]

    @property
    def contract(self) -> Contract:
        return self.rows.contract


class _Writer:
    """The steps of one load, in order; holds what they share.

    Rows go first, which takes the time and needs no moment: nothing shows them before their slices are live.
    """

    def __init__(self, connection: Connection, plan: LoadPlan, load_id: uuid.UUID) -> None:
        self.connection, self.plan, self.load_id = connection, plan, load_id
        self.stored: list[_Stored] = []

    def copy(self, rows: ReadyRows) -> None:
        """Writes the rows of the slices that differ from what is live."""
        live = self._live(rows.contract, rows.slices)
        results = [
            SliceResult(
                rows.contract.dataset,
                part.office,
                part.slice_key,
                slice_id,
                "new" if before is None else "same" if before[1] == digest else "replaced",
                part.row_count,
                len(rows.held.get((part.office, part.slice_key), ())),
                before[0] if before else None,
                {rows.tables[place].table_no: len(indices) for place, indices in part.rows.items()},
                amounts,
            )
            for part, slice_id, digest, amounts in zip(rows.slices, rows.ids, rows.digests, rows.amounts, strict=True)
            for before in [live.get((part.office, part.slice_key))]
        ]
        for one in rows.to_copy_of([one.action != "same" for one in results]):
            one.copy(self.connection)
        self.stored.append(_Stored(rows, results))

    def write_load(self, moment: datetime) -> None:
        row = {
            "load_id": self.load_id,
            "file_id": self.plan.file_id,
            "run_id": self.plan.run_id,
            "loaded_at": moment,
            "file_name": self.plan.file_name,
            "source": self.plan.source,
            "owner": self.plan.owner,
            "dropped_at": self.plan.dropped_at,
        }
        self.connection.execute(_INSERT["load"], row)

    def make_live(self, moment: datetime) -> list[SliceResult]:
        """Slices, lives and held rows of everything that was copied.

        Raises SystemFault when another load has replaced meanwhile what this one found to be the same; where it
        did so to a slice that this one replaces too, the key of what is live refuses the second.
        """
        for stored in self.stored:
            self._assert_live(stored)
            self._insert_held(stored, moment)
            self._insert_slices(stored.contract, stored.results, stored.rows.digests)
            self._change_lives(stored.contract, stored.results, moment)
        return [one for stored in self.stored for one in stored.results]

    def _assert_live(self, stored: _Stored) -> None:
        same = [one for one in stored.results if one.action == "same"]
        if not same:
            return
        of_office = "" if stored.contract.is_organization_wide else " and office = any(%(offices)s)"
        query = (
            f"select count(*) from core.{_life_table(stored.contract).name} "
            f"where slice_id = any(%(slices)s) and valid_to is null{of_office}"
        )
        given = {"slices": [one.live_before for one in same], "offices": sorted({one.office for one in same})}
        with sent_together(self.connection) as driver:
            [(count,)] = driver.execute(query, given).fetchall()
        if count != len(same):
            raise SystemFault(f"{self.plan.file_name}: another load replaced its slices meanwhile; load it again")

    def _live(self, contract: Contract, parts: Sequence[SliceRows]) -> dict[tuple[str, str], tuple[uuid.UUID, str]]:
        """The live slice and its digest for each (office, key) among these; what mixes two of them may be there too."""
        if not parts:
            return {}
        own = "''" if contract.is_organization_wide else "office"
        joined = "slice_id" if contract.is_organization_wide else "office, slice_id"
        of_office = "" if contract.is_organization_wide else " and office = any(%(offices)s)"
        found = self.connection.exec_driver_sql(
            f"select {own}, life.slice_key, slice_id, content.digest from core.{_life_table(contract).name} life "
            f"join core.{_slice_table(contract).name} content using ({joined}) where life.valid_to is null "
            f"and life.dataset = %(dataset)s and life.slice_key = any(%(keys)s){of_office}",
            {
                "dataset": contract.dataset,
                "offices": sorted({part.office for part in parts}),
                "keys": [part.slice_key for part in parts],
            },
        )
        return {(office, key): (slice_id, digest) for office, key, slice_id, digest in found}

    def _insert_held(self, stored: _Stored, moment: datetime) -> None:
        ids = {(one.office, one.slice_key): one.slice_id for one in stored.results}
        same = {(one.office, one.slice_key) for one in stored.results if one.action == "same"}
        rows = [
            {
                "load_id": self.load_id,
                "office": group.office,
                "dataset": stored.contract.dataset,
                "slice_key": group.slice_key,
                "slice_id": ids[key],
                "group_key": group.group_key,
                "table_no": row.table_no,
                "row_no": row.row_no,
                "cells": row.cells,
                "reason": row.reason,
                "amount_usd": row.amount_usd,
                # A group that repeats the live one waits under the load that brought it first.
                "released_at": moment if key in same else None,
            }
            for key, pairs in stored.rows.held.items()
            for group, row in pairs
        ]
        if rows:
            self.connection.execute(_INSERT["held_row"], rows)

    def _insert_slices(self, contract: Contract, results: list[SliceResult], digests: list[str]) -> None:
        load_id = str(self.load_id)  # made text once, not for each slice
        rows = [
            {
                **({} if contract.is_organization_wide else {"office": one.office}),
                "slice_id": one.slice_id,
                "load_id": load_id,
                "dataset": one.dataset,
                "slice_key": one.slice_key,
                "row_count": one.row_count,
                "rows_by_table": one.rows_by_table,
                "held_count": one.held_count,
                "digest": digest,
                "same_as": one.live_before if one.action == "same" else None,
            }
            for one, digest in zip(results, digests, strict=True)
        ]
        insert_rows(self.connection, _slice_table(contract), rows)

    def _change_lives(self, contract: Contract, results: list[SliceResult], moment: datetime) -> None:
        """Ends what is replaced and begins what is new, at the same moment."""
        life = _life_table(contract)
        ended = [one for one in results if one.action == "replaced"]
        if ended:
            close_lives(
                self.connection,
                life,
                [(one.office, one.live_before) for one in ended if one.live_before],
                moment,
                self.load_id,
            )
        begun = [one for one in results if one.action != "same"]
        open_lives(self.connection, life, begun, moment, self.plan.cause, self.load_id)

    def sheet_rows(self) -> list[dict[str, Any]]:
        """One row for each table of the file with its control sums: of the file, and of what the database holds."""
        return [row for stored in self.stored for row in self._sheet_rows(stored)]

    def write_sheets(self, rows: list[dict[str, Any]]) -> tuple[Decimal | None, Decimal | None]:
        """Writes the sums down; returns dollars loaded and the difference."""
        if rows:
            self.connection.execute(_INSERT["sheet_table"], rows)
        loaded = [row["loaded_usd"] for row in rows if row["loaded_usd"] is not None]
        differences = [
            row["amount_in_file_usd"] - row["loaded_usd"] - row["held_usd"]
            for row in rows
            if row["amount_in_file_usd"] is not None
        ]
        return (sum(loaded, Decimal(0)), sum(differences, Decimal(0))) if loaded else (None, None)

    def _sheet_rows(self, of: _Stored) -> Iterator[dict[str, Any]]:
        contract, results = of.contract, of.results
        held = [row for pairs in of.rows.held.values() for _, row in pairs]
        has_money = bool(contract.amount_fields)
        rates = live_rates(self.connection) if has_money and has_unstated(contract, of.rows.tables) else {}
        # Rows of a slice that repeats the live one are the live one's.
        stored = [(one.office, (one.action == "same" and one.live_before) or one.slice_id) for one in results]
        for table in of.rows.tables:
            held_here = [row for row in held if row.table_no == table.table_no]
            held_usd = sum((row.amount_usd or Decimal(0) for row in held_here), Decimal(0))
            in_file = Decimal(int(row_cents(contract, table, rates).sum())) / 100 if has_money else None
            loaded = loaded_dollars(self.connection, contract, table.table_no, stored)
            yield {
                "load_id": self.load_id,
                "table_no": table.table_no,
                "sheet": table.sheet,
                "dataset": contract.dataset,
                "header_row": table.header_row,
                "columns": table.columns,
                "rows_in_file": table.row_count + len(held_here),
                "rows_loaded": table.row_count,
                "rows_held": len(held_here),
                "amount_in_file_usd": None if in_file is None else in_file + held_usd,
                "loaded_usd": loaded if has_money else None,
                "held_usd": held_usd if has_money else None,
            }


def _life_table(contract: Contract):
    return tables.slice_org_life if contract.is_organization_wide else tables.slice_life


def _slice_table(contract: Contract):
    return tables.slice_org if contract.is_organization_wide else tables.slice_
