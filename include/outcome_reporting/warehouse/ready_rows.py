"""The rows of a plan made ready for the warehouse: all that can be done before it is asked anything.

It takes Python as long as the server takes to store a third of them: done ahead, no connection waits for it.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse.copying import RowsToCopy
from outcome_reporting.warehouse.load_plan import DatasetLoad, HeldGroup, HeldRow, LoadPlan
from outcome_reporting.warehouse.slices import SliceRows, digest_slices, in_slice_order

Held = dict[tuple[str, str], list[tuple[HeldGroup, HeldRow]]]  # by office and slice key


@dataclass(slots=True)
class ReadyRows:
    """One dataset of a file, the rows of a slice one after the other; and of each slice its id, digest and sums."""

    contract: Contract
    tables: list[TypedTable]
    slices: list[SliceRows]
    ids: list[uuid.UUID]
    digests: list[str]
    amounts: list[dict[str, Decimal]]
    held: Held
    to_copy: list[RowsToCopy]  # of each table, as if no slice were live already

    def to_copy_of(self, is_stored: Sequence[bool]) -> list[RowsToCopy]:
        """The rows of these slices alone."""
        return (
            self.to_copy if all(is_stored) else _to_copy(self.contract, self.tables, self.slices, self.ids, is_stored)
        )


def make_ready(plan: LoadPlan) -> None:
    """Makes the rows of a plan that is cut into slices (`cut_slices`)."""
    plan.ready = [_ready(one, _held(one.contract, plan.held)) for one in plan.with_held_only]


def _ready(dataset: DatasetLoad, held: Held) -> ReadyRows:
    contract = dataset.contract
    ordered, slices = in_slice_order(dataset.tables, dataset.slices or [])
    known = {(one.office, one.slice_key) for one in slices}
    slices += [SliceRows(office, key) for office, key in held if (office, key) not in known]
    ids = new_slice_ids(len(slices))
    return ReadyRows(
        contract,
        ordered,
        slices,
        ids,
        digest_slices(contract, ordered, slices, _held_digests(held)),
        _amounts(contract, ordered, slices),
        held,
        _to_copy(contract, ordered, slices, ids, [True] * len(slices)),
    )


def _held(contract: Contract, groups: Sequence[HeldGroup]) -> Held:
    held: Held = {}
    for group in groups:
        if group.contract.dataset == contract.dataset:
            rows = held.setdefault((group.office, group.slice_key), [])
            rows.extend((group, row) for row in group.rows)
    return held


def _held_digests(held: Held) -> dict[tuple[str, str], list[object]]:
    return {key: [[row.table_no, row.row_no, row.cells] for _, row in pairs] for key, pairs in held.items()}


def _to_copy(
    contract: Contract,
    ordered: Sequence[TypedTable],
    slices: Sequence[SliceRows],
    ids: Sequence[uuid.UUID],
    is_stored: Sequence[bool],
) -> list[RowsToCopy]:
    to_copy = []
    for place, table in enumerate(ordered):
        slice_of_row = np.full(table.row_count, -1, np.int32)
        for number, one in enumerate(slices):
            if is_stored[number] and place in one.rows:
                slice_of_row[one.rows[place]] = number
        if (slice_of_row >= 0).any():
            to_copy.append(RowsToCopy(contract, table, ids, slice_of_row))
    return to_copy


def _amounts(
    contract: Contract, ordered: Sequence[TypedTable], slices: Sequence[SliceRows]
) -> list[dict[str, Decimal]]:
    """The sums of the amount fields over the rows of each slice."""
    sums: list[dict[str, Decimal]] = [dict.fromkeys(contract.amount_fields, Decimal(0)) for _ in slices]
    for place, table in enumerate(ordered):
        for name in contract.amount_fields:
            if name not in table.data.column_names:
                continue
            units = table.data.column(name).fill_null(0).to_numpy()
            for number, one in enumerate(slices):
                if place in one.rows:
                    of_slice = int(units[one.rows[place]].sum())
                    sums[number][name] += Decimal(of_slice).scaleb(-contract.field(name).scale)
    return sums


def new_slice_ids(count: int) -> list[uuid.UUID]:
    """Random ids that begin with the time (UUID version 7), each behind the one before it: rows that are written
    later stand later in the key's index, which costs a load half as much as ids without any order would.

    Within a millisecond the twelve bits after the version count on from a random start, over into the next one.
    """
    first = (time.time_ns() // 1_000_000 << _COUNTED) + secrets.randbits(_COUNTED - 1)
    chance = secrets.token_bytes(8 * count)  # drawn at once: each draw asks the system
    return [_slice_id(first + n, int.from_bytes(chance[8 * n : 8 * n + 8])) for n in range(count)]


_COUNTED = 12  # bits


def _slice_id(ticks: int, chance: int) -> uuid.UUID:
    milliseconds, counted = divmod(ticks, 1 << _COUNTED)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | counted << 64 | 2 << 62 | chance >> 2)
