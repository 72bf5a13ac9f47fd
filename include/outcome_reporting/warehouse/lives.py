"""Intervals of slices: the only rows of core that are ever changed, and only by giving them an end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Table, bindparam, update

from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.many_rows import insert_rows


class Sliced(Protocol):
    """Whatever names a slice and its key; office is '' for the whole organization."""

    @property
    def dataset(self) -> str: ...
    @property
    def office(self) -> str: ...
    @property
    def slice_key(self) -> str: ...
    @property
    def slice_id(self) -> uuid.UUID: ...


def close_lives(
    connection: Connection,
    life: Table,
    slices: Sequence[tuple[str, uuid.UUID]],
    moment: datetime,
    load_id: uuid.UUID,
) -> None:
    """Ends the live intervals of (office, slice) pairs; their held rows no longer wait."""
    if not slices:
        return
    closing = (
        update(life)
        .where(life.c.slice_id == bindparam("of_slice"), life.c.valid_to.is_(None))
        .values(valid_to=moment, closed_by_load_id=load_id)
    )
    if life is tables.slice_life:
        closing = closing.where(life.c.office == bindparam("of_office"))
        given: list[dict[str, Any]] = [{"of_office": office, "of_slice": one} for office, one in slices]
    else:
        given = [{"of_slice": one} for _, one in slices]
    connection.execute(closing, given)
    held = tables.held_row
    waiting = held.c.slice_id.in_([one for _, one in slices]) & held.c.released_at.is_(None)
    connection.execute(update(held).where(waiting).values(released_at=moment))


def open_lives(
    connection: Connection, life: Table, slices: Sequence[Sliced], moment: datetime, cause: str, load_id: uuid.UUID
) -> None:
    """Begins an interval for each slice."""
    begun = {"valid_from": str(moment), "cause": cause, "cause_load_id": str(load_id)}  # made text once
    rows = [
        {
            **({"office": one.office} if life is tables.slice_life else {}),
            "slice_id": one.slice_id,
            "dataset": one.dataset,
            "slice_key": one.slice_key,
            **begun,
        }
        for one in slices
    ]
    insert_rows(connection, life, rows)


def let_wait_again(connection: Connection, slices: Sequence[Sliced]) -> None:
    """The held rows of slices that have been live before and are again wait as they did then."""
    held = tables.held_row
    again = held.c.slice_id.in_([one.slice_id for one in slices]) & held.c.released_at.is_not(None)
    connection.execute(update(held).where(again).values(released_at=None))
