"""What the verdicts of a night look at, each read or made when it is first needed and once: the live facts,
the columns of each table as distinct values, the codes that a file brings, the slices that it covers.

The rounds of judging ask again and again; only what a fallen file had brought changes between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from outcome_reporting.checks.catalogue import DIMENSIONS, Catalogue, build_catalogue, overlay, rows_by_slice
from outcome_reporting.checks.columns import Columns
from outcome_reporting.checks.groups import Group
from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.finding import Finding
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse import live, needs
from outcome_reporting.warehouse.slices import SliceRows, is_cut_by_spelling, split_slices
from outcome_reporting.workflows.house import House

if TYPE_CHECKING:
    from sqlalchemy import Connection

SliceKey = tuple[str, str, str]  # dataset, office, slice key
# slice -> the rows of each table of the dataset, by its place among the file's tables of the dataset
Slices = Mapping[SliceKey, Mapping[int, np.ndarray]]


@dataclass(slots=True)
class Candidate:
    """One file on trial. `findings` grows until the verdict; `held` are its bad groups by dataset."""

    file_id: str
    file_name: str
    dropped_at: datetime
    tables: list[TypedTable]
    findings: list[Finding]
    seen_before_at: datetime | None = None  # a file judged before, in an earlier night
    held: dict[str, list[Group]] = field(default_factory=dict)
    base: list[Finding] = field(default_factory=list)  # what does not depend on the other files
    slices: dict[str, list[SliceRows]] = field(default_factory=dict)  # by dataset, once cut (`slices_of`)

    def tables_of(self, dataset: str) -> list[TypedTable]:
        return [table for table in self.tables if table.dataset == dataset]

    @property
    def datasets(self) -> list[str]:
        return list(dict.fromkeys(table.dataset for table in self.tables if table.row_count))

    @property
    def is_rejected(self) -> bool:
        errors = [finding for finding in self.findings if finding.is_error]
        if not errors or not self.held:
            return bool(errors)
        held = {finding for groups in self.held.values() for group in groups for finding in group.findings}
        return any(finding not in held for finding in errors)


def in_drop_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The later drop last: on one slice it counts."""
    return sorted(candidates, key=lambda candidate: (candidate.dropped_at, candidate.file_name))


class TableColumns:
    """The columns of each table, made when they are first asked for and once."""

    def __init__(self) -> None:
        self._columns: dict[int, Columns] = {}

    def of(self, table: TypedTable) -> Columns:
        if id(table) not in self._columns:  # the table lives as long as its columns do
            self._columns[id(table)] = Columns(table)
        return self._columns[id(table)]

    def encoded(self, table: TypedTable, name: str) -> pa.DictionaryArray:
        return self.of(table).encoded(name)


def slices_of(
    contract: Contract, candidate: Candidate, columns: TableColumns, spellings: Mapping[str, str]
) -> list[SliceRows]:
    """The slices of a file's tables of one dataset; they are kept with the file where no spelling decides them."""
    tables = candidate.tables_of(contract.dataset)
    if is_cut_by_spelling(contract):
        return split_slices(contract, tables, spellings, columns.encoded)
    if contract.dataset not in candidate.slices:
        candidate.slices[contract.dataset] = split_slices(contract, tables, encoded=columns.encoded)
    return candidate.slices[contract.dataset]


class Evidence:
    """Of one night: what is live, and what its candidates hold."""

    def __init__(self, house: House, connection: Connection, columns: TableColumns) -> None:
        self.house, self.connection, self.columns = house, connection, columns
        self.dimensions = live.dimensions(connection)
        self._brought: dict[str, dict[str, dict]] = {}
        self._spellings: dict[str, str] = {}
        self._slices: dict[str, Slices] = {}
        self._loads: dict | None = None
        self._now: Catalogue | None = None

    def brought(self, candidates: Sequence[Candidate]) -> dict[str, dict]:
        """The rows of offices, outcomes, outputs, funds, partners and rates that these files bring, by slice."""
        brought: dict[str, dict] = defaultdict(dict)
        for candidate in in_drop_order(candidates):
            for dataset, slices in self._rows_of(candidate).items():
                brought[dataset].update(slices)
        return brought

    def _rows_of(self, candidate: Candidate) -> dict[str, dict]:
        if candidate.file_id not in self._brought:
            self._brought[candidate.file_id] = {
                dataset: rows_by_slice(self.house.contracts[dataset], tables)
                for dataset in DIMENSIONS
                if (tables := candidate.tables_of(dataset))
            }
        return self._brought[candidate.file_id]

    def catalogue(self, brought: Mapping[str, dict]) -> Catalogue:
        """Live codes overlaid with what is brought."""
        return build_catalogue(overlay(self.dimensions, brought))

    def slices(self, candidates: Sequence[Candidate], catalogue: Catalogue) -> dict[str, Slices]:
        """The slices of each file, by its id; that of a partner is the same however the partner is written."""
        spellings = {spelling: next(iter(codes)) for spelling, codes in catalogue.partners.items() if codes}
        if spellings != self._spellings:
            self._spellings, self._slices = spellings, {}
        for candidate in candidates:
            if candidate.file_id not in self._slices:
                self._slices[candidate.file_id] = {
                    (dataset, part.office, part.slice_key): part.rows
                    for dataset in candidate.datasets
                    for part in slices_of(self.house.contracts[dataset], candidate, self.columns, spellings)
                }
        return self._slices

    def loaded_since(self, candidate: Candidate, key: SliceKey) -> str | None:
        """The file that covers this slice and was dropped after this one was first judged."""
        if candidate.seen_before_at is None:
            return None
        if self._loads is None:
            self._loads = live.live_loads(self.connection)
        found = self._loads.get(key)
        if found is None:
            return None
        file_name, loaded_at, dropped_at = found
        is_later = loaded_at > candidate.seen_before_at and dropped_at > candidate.dropped_at
        return file_name if is_later else None

    def slices_stay(self, contract: Contract, replaced: set) -> bool:
        """Whether anything of a dataset is live in slices other than these (office, slice key)."""
        return live.slices_stay(self.connection, contract, replaced)

    def keys_elsewhere(self, contract: Contract, keys: pa.Array, replaced: set) -> dict[str, str]:
        """Keys that live rows have in slices other than these (office, slice key): key -> name of its file."""
        return live.keys_elsewhere(self.connection, contract, keys, replaced)

    def needed_codes(self, dataset: str, then: Catalogue, replaced: set) -> dict[str, str]:
        """Codes that are live now and not in `then`, though live facts need them: code -> who."""
        if self._now is None:
            self._now = build_catalogue(self.dimensions)
        gone = _vanished(dataset, self._now, then)
        return needs.users_of(self.connection, self.house.contracts, dataset, gone, replaced) if gone else {}


def _vanished(dataset: str, now: Catalogue, then: Catalogue) -> list[tuple]:
    """What facts could refer to before and no longer: codes, codes in a year range, spellings, dated rates."""
    if dataset == "offices":
        return [(code,) for code in sorted(now.offices - then.offices)]
    if dataset == "funds":
        return [(code,) for code in sorted(now.funds.keys() - then.funds.keys())]
    if dataset == "partners":
        return [(spelling,) for spelling in sorted(now.partners.keys() - then.partners.keys())]
    if dataset == "exchange_rates":
        return [
            (currency, dates[0][0], then.rates[currency][0][0] if then.rates.get(currency) else None)
            for currency, dates in now.rates.items()
            if dates and (not then.rates.get(currency) or then.rates[currency][0][0] > dates[0][0])
        ]
    before, after = (now.outcomes, then.outcomes) if dataset == "outcomes" else (now.outputs, then.outputs)
    return [
        (code, first, last)
        for code, periods in before.items()
        for first, last, *_ in periods
        if not any(a <= first and last <= b for a, b, *_ in after.get(code, ()))
    ]
