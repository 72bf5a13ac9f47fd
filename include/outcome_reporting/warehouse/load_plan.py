"""What is to be loaded of one file, and what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse.slices import SliceRows, is_cut_by_spelling, split_slices

if TYPE_CHECKING:
    from outcome_reporting.warehouse.ready_rows import ReadyRows


@dataclass(slots=True)
class HeldRow:
    """One row that waits: its place, its cells as read (JSON-able), why, and its dollars where it has any."""

    table_no: int
    row_no: int
    cells: dict[str, Any]
    reason: str
    amount_usd: Decimal | None = None


@dataclass(slots=True)
class HeldGroup:
    """Rows held together. Their slice counts as present with no rows and replaces the older one of its key."""

    contract: Contract
    office: str  # '' for the whole organization
    slice_key: str
    group_key: str
    rows: list[HeldRow]


@dataclass(slots=True)
class DatasetLoad:
    """The tables of one dataset in a file; only rows that are to be stored (held ones are taken out)."""

    contract: Contract
    tables: list[TypedTable]
    slices: list[SliceRows] | None = None  # once they are cut (`cut_slices`)


@dataclass(slots=True)
class LoadPlan:
    """One accepted file, ready to be written. `datasets` in the order of contract.rank."""

    file_id: uuid.UUID
    file_name: str
    source: str
    dropped_at: datetime
    datasets: list[DatasetLoad]
    held: list[HeldGroup] = field(default_factory=list)
    owner: str = ""
    run_id: uuid.UUID | None = None
    cause: str = "load"  # or redo
    moment: datetime | None = None  # for tests; taken from the database otherwise
    ready: list[ReadyRows] | None = None  # its rows as they will be written, once they are made (`make_ready`)

    @property
    def with_held_only(self) -> list[DatasetLoad]:
        """The datasets, those included of which every row is held."""
        present = {one.contract.dataset for one in self.datasets}
        missing = {g.contract.dataset: g.contract for g in self.held if g.contract.dataset not in present}
        every = [*self.datasets, *(DatasetLoad(contract, [], []) for contract in missing.values())]
        return sorted(every, key=lambda one: one.contract.rank)


@dataclass(slots=True)
class SliceResult:
    """What became of one slice: `new`, `replaced` (an older one ended) or `same` (the older one stays)."""

    dataset: str
    office: str
    slice_key: str
    slice_id: uuid.UUID
    action: str
    row_count: int
    held_count: int
    live_before: uuid.UUID | None
    rows_by_table: dict[int, int] = field(default_factory=dict)
    amounts: dict[str, Decimal] = field(default_factory=dict)  # of its rows in the file: each amount field, summed


@dataclass(slots=True)
class LoadResult:
    load_id: uuid.UUID
    moment: datetime
    slices: list[SliceResult]
    rows_loaded: int
    rows_held: int
    loaded_usd: Decimal | None
    difference_usd: Decimal | None

    @property
    def changed(self) -> bool:
        """Whether anything that is live became different."""
        return any(one.action != "same" for one in self.slices)


def cut_slices(plan: LoadPlan, spellings: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """Cuts what is not yet cut of a plan into slices; (dataset, office, slice key) of all of it.

    `spellings` are those of the live partners, who may not change before the load.
    """
    keys = {(group.contract.dataset, group.office, group.slice_key) for group in plan.held}
    for one in plan.datasets:
        if one.slices is None:
            one.slices = split_slices(one.contract, one.tables, spellings)
        keys.update((one.contract.dataset, part.office, part.slice_key) for part in one.slices)
    return keys


def needs_spellings(plan: LoadPlan) -> bool:
    """Whether `cut_slices` must know which partner a spelling means."""
    return any(one.slices is None and is_cut_by_spelling(one.contract) for one in plan.datasets)
