"""Puts rows into core as loads do, slice by slice, without reading any file: the tests' own small loader."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from outcome_reporting.domain.codes import fold_name
from outcome_reporting.warehouse.tables import metadata

START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE_OF = {
    "offices": "office",
    "outcomes": "outcome",
    "outputs": "output",
    "funds": "fund",
    "partners": "partner",
    "exchange_rates": "exchange_rate",
    "budgets": "budget",
    "expenses": "expense",
    "contributions": "contribution",
    "sdg_weights": "sdg_weight",
    "plan_links": "plan_link",
    "results": "result",
    "progress_notes": "progress_note",
}
OF_ORGANIZATION = {"offices", "funds", "partners", "exchange_rates", "contributions"}


def day(number: float) -> datetime:
    """The moment `number` days after the tests' first day."""
    return START + timedelta(days=number)


def partner(code: str, name: str = "", aliases: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """A row of partners, with its spellings as loading writes them."""
    name = name or f"Partner {code}"
    spellings = list(dict.fromkeys(fold_name(text) for text in (code, name, *aliases)))
    row = {"partner": code, "name": name, "contributor_type": "C01", "withhold_until": None}
    return row | {"aliases": "\n".join(aliases) or None, "spellings": spellings} | more


class Drops:
    """Each `drop` is one file with one slice; it replaces the live slice of the same key."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._count = 0

    def drop(
        self,
        dataset: str,
        key: str,
        rows: Iterable[dict[str, Any]],
        at: datetime,
        office: str = "",
        held: Sequence[dict[str, Any]] = (),
    ) -> uuid.UUID:
        """Loads one slice at a moment and returns its load; `held` rows wait beside it."""
        rows = list(rows)
        load_id, slice_id = self._file(at), uuid.uuid4()
        place = {} if dataset in OF_ORGANIZATION else {"office": office}
        self._insert(
            self._slices(dataset),
            [
                place
                | {
                    "slice_id": slice_id,
                    "load_id": load_id,
                    "dataset": dataset,
                    "slice_key": key,
                    "row_count": len(rows),
                    "held_count": len(held),
                    "digest": str(slice_id),
                }
            ],
        )
        self._close(dataset, key, office, at, load_id)
        self._open(dataset, key, office, at, load_id, slice_id, "load")
        provenance = [place | {"slice_id": slice_id, "table_no": 1, "row_no": n} for n in range(2, len(rows) + 2)]
        self._insert(f"core.{TABLE_OF[dataset]}", [a | b for a, b in zip(provenance, rows, strict=True)])
        self._insert(
            "intake.held_row",
            [
                {
                    "load_id": load_id,
                    "office": office,
                    "dataset": dataset,
                    "slice_key": key,
                    "slice_id": slice_id,
                    "group_key": key,
                    "table_no": 1,
                    "row_no": 1000 + n,
                    "cells": cells,
                    "reason": "held",
                }
                for n, cells in enumerate(held)
            ],
        )
        return load_id

    def undo(self, load_id: uuid.UUID, at: datetime) -> None:
        """Closes what the load opened and opens again what it replaced."""
        for dataset in TABLE_OF:
            slices = metadata.tables[self._slices(dataset)]
            lives = metadata.tables[self._slices(dataset) + "_life"]
            office = lives.c.office if "office" in lives.c else None
            mine = select(slices.c.slice_id).where(slices.c.load_id == load_id, slices.c.dataset == dataset)
            for life in self.connection.execute(select(lives).where(lives.c.slice_id.in_(mine))).mappings():
                at_office = life["office"] if office is not None else ""
                self._close(dataset, life["slice_key"], at_office, at, load_id)
                before = (
                    select(lives)
                    .where(lives.c.slice_key == life["slice_key"], lives.c.dataset == dataset)
                    .where(lives.c.slice_id != life["slice_id"], lives.c.valid_to <= life["valid_from"])
                    .order_by(lives.c.valid_to.desc())
                )
                older = self.connection.execute(before).mappings().first()
                if older:
                    self._open(dataset, life["slice_key"], at_office, at, load_id, older["slice_id"], "undo")

    def _file(self, at: datetime) -> uuid.UUID:
        self._count += 1
        file_id, load_id = uuid.uuid4(), uuid.uuid4()
        name = f"file-{self._count}.xlsx"
        self._insert(
            "intake.file",
            [
                {
                    "file_id": file_id,
                    "sha256": f"{self._count:064x}",
                    "file_name": name,
                    "source": "finance",
                    "byte_count": 1,
                    "dropped_at": at,
                    "first_seen_at": at,
                    "verdict": "accepted",
                }
            ],
        )
        self._insert(
            "intake.load",
            [
                {
                    "load_id": load_id,
                    "file_id": file_id,
                    "loaded_at": at,
                    "file_name": name,
                    "source": "finance",
                    "dropped_at": at,
                }
            ],
        )
        return load_id

    def _slices(self, dataset: str) -> str:
        return "core.slice_org" if dataset in OF_ORGANIZATION else "core.slice"

    def _close(self, dataset: str, key: str, office: str, at: datetime, load_id: uuid.UUID) -> None:
        table = metadata.tables[self._slices(dataset) + "_life"]
        live = [table.c.dataset == dataset, table.c.slice_key == key, table.c.valid_to.is_(None)]
        if "office" in table.c:
            live.append(table.c.office == office)
        self.connection.execute(update(table).where(*live).values(valid_to=at, closed_by_load_id=load_id))

    def _open(
        self,
        dataset: str,
        key: str,
        office: str,
        at: datetime,
        load_id: uuid.UUID,
        slice_id: uuid.UUID,
        cause: str,
    ) -> None:
        place = {} if dataset in OF_ORGANIZATION else {"office": office}
        self._insert(
            self._slices(dataset) + "_life",
            [
                place
                | {
                    "slice_id": slice_id,
                    "valid_from": at,
                    "dataset": dataset,
                    "slice_key": key,
                    "cause": cause,
                    "cause_load_id": load_id,
                }
            ],
        )

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(insert(metadata.tables[table]), rows)


def digest(connection: Connection) -> dict[str, str]:
    """A fingerprint of every table of report: row by row, stamps included."""
    found = {}
    for name, table in metadata.tables.items():
        if table.schema == "report":
            rows = connection.exec_driver_sql(f"select to_jsonb(t)::text from {name} as t").scalars().all()
            found[name] = json.dumps(sorted(rows))
    return found
