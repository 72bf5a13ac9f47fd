"""Which files of a night are right, judged together: a code is known if it is live or any right file brings it.

The files that are wrong by themselves fall first; what then refers to nothing falls next; until nothing more
falls. The order and the names of files play no part, except that of two files on one slice the later counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from outcome_reporting.checks.catalogue import DIMENSIONS, Catalogue, build_catalogue, overlay, rows_by_slice
from outcome_reporting.checks.expectations import check_tables
from outcome_reporting.checks.groups import Group, judge_groups
from outcome_reporting.checks.references import check_references
from outcome_reporting.domain.contract import BadRows, Contract
from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.domain.rules import RULES
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse import live, uses
from outcome_reporting.warehouse.slices import split_slices
from outcome_reporting.workflows.house import House

if TYPE_CHECKING:
    from sqlalchemy import Connection


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

    def tables_of(self, dataset: str) -> list[TypedTable]:
        return [table for table in self.tables if table.dataset == dataset]

    @property
    def datasets(self) -> list[str]:
        return list(dict.fromkeys(table.dataset for table in self.tables if table.row_count))

    @property
    def is_rejected(self) -> bool:
        return any(finding.is_error and not self._is_held(finding) for finding in self.findings)

    def _is_held(self, finding: Finding) -> bool:
        return any(finding in group.findings for groups in self.held.values() for group in groups)


def judge(house: House, connection: Connection, candidates: Sequence[Candidate]) -> None:
    """Fill `findings` and `held` of every candidate; a candidate is then rejected or not by what it holds."""
    _check_alone(house, candidates)
    for candidate in candidates:
        candidate.base = list(candidate.findings)
        if not candidate.datasets and not candidate.is_rejected:
            candidate.findings.append(_whole_file(candidate, "no_rows", "at least one row"))
    standing = [candidate for candidate in candidates if not _fails_alone(house, candidate)]
    facts = _LiveFacts(house, connection)
    while True:
        fallen = _judge_together(house, facts, standing)
        if not fallen:
            break
        standing = [candidate for candidate in standing if candidate not in fallen]
    _tell_everything(house, facts, standing, [c for c in candidates if c not in standing])


def _tell_everything(
    house: House, facts: _LiveFacts, standing: Sequence[Candidate], fallen: Sequence[Candidate]
) -> None:
    """A file that failed by itself is judged against the others too: every problem is told in one pass.

    What the file itself brings counts as known, so that one bad cell is not told as a hundred.
    """
    for candidate in fallen:
        catalogue = _catalogue(house, facts, [*standing, candidate])
        known = set(candidate.findings)
        references = [
            finding
            for table in candidate.tables
            for finding in check_references(house.contracts[table.dataset], table, catalogue)
            if finding not in known
        ]
        candidate.findings.extend(references)
        _hold_groups(house, candidate, references)


def _catalogue(house: House, facts: _LiveFacts, candidates: Sequence[Candidate]) -> Catalogue:
    """Live codes overlaid with what these files bring, the later drop over the earlier one."""
    return build_catalogue(overlay(facts.dimensions, _brought(house, candidates)))


def _brought(house: House, candidates: Sequence[Candidate]) -> dict[str, dict]:
    brought: dict[str, dict] = defaultdict(dict)
    for candidate in sorted(candidates, key=lambda c: (c.dropped_at, c.file_name)):
        for dataset in DIMENSIONS:
            if tables := candidate.tables_of(dataset):
                brought[dataset].update(rows_by_slice(house.contracts[dataset], tables))
    return brought


def _check_alone(house: House, candidates: Sequence[Candidate]) -> None:
    """Great Expectations, one batch for each contract over all files of the night."""
    for contract in house.contracts.values():
        owned = [(c, table) for c in candidates for table in c.tables_of(contract.dataset)]
        found = check_tables(contract, [table for _, table in owned], house.code_lists)
        cells = {id(candidate): {(f.sheet, f.cell) for f in candidate.findings if f.is_error} for candidate, _ in owned}
        for number, finding in found:
            candidate = owned[number][0]
            # a cell that could not be read is told once: its emptiness is not a second problem
            if finding.rule == "missing_value" and (finding.sheet, finding.cell) in cells[id(candidate)]:
                continue
            candidate.findings.append(finding)


def _holds(house: House, dataset: str) -> bool:
    contract = house.contracts.get(dataset)
    return contract is not None and contract.bad_rows is BadRows.HOLD_ROWS


def _row_errors(house: House, candidate: Candidate, findings: Iterable[Finding]) -> list[Finding]:
    """Errors of single rows that hold their group instead of rejecting the file."""
    return [f for f in findings if f.is_error and f.row and _holds(house, f.dataset) and not _is_slice_gap(house, f)]


def _is_slice_gap(house: House, finding: Finding) -> bool:
    """A row without its slice fields belongs to no group: it cannot be held."""
    names = {name.partition(".")[0] for name in house.contracts[finding.dataset].slice}
    return finding.field in names and finding.rule in (
        "missing_value",
        "unreadable_integer",
        "unreadable_year",
    )


def _fails_alone(house: House, candidate: Candidate) -> bool:
    held = _row_errors(house, candidate, candidate.findings)
    return any(finding.is_error and finding not in held for finding in candidate.findings)


def _judge_together(house: House, facts: _LiveFacts, standing: list[Candidate]) -> list[Candidate]:
    """One round: references, groups, slices and keys of those still standing; returns those that fall."""
    for candidate in standing:
        candidate.findings = list(candidate.base)
    brought = _brought(house, standing)
    catalogue = build_catalogue(overlay(facts.dimensions, brought))
    for candidate in standing:
        references = [
            finding
            for table in candidate.tables
            for finding in check_references(house.contracts[table.dataset], table, catalogue)
        ]
        candidate.findings.extend(references)
        _hold_groups(house, candidate, references)
    fallen = [candidate for candidate in standing if candidate.is_rejected]
    if fallen:
        return fallen
    slices = {candidate.file_id: _slices(house, candidate, catalogue) for candidate in standing}
    _judge_slices(house, facts, standing, slices)
    _judge_keys(house, facts, standing, slices)
    if any(candidate.is_rejected for candidate in standing):
        return [candidate for candidate in standing if candidate.is_rejected]
    _judge_needs(house, facts, standing, brought, slices)
    return [candidate for candidate in standing if candidate.is_rejected]


def _hold_groups(house: House, candidate: Candidate, references: list[Finding]) -> None:
    candidate.held = {}
    for dataset in candidate.datasets:
        if not _holds(house, dataset):
            continue
        contract = house.contracts[dataset]
        errors = [f for f in _row_errors(house, candidate, candidate.findings) if f.dataset == dataset]
        groups = judge_groups(contract, candidate.tables_of(dataset), house.reference, errors)
        candidate.held[dataset] = [group for group in groups if group.is_held]
        known = set(candidate.findings)
        candidate.findings.extend(f for group in groups for f in group.findings if f not in known)


Slices = Mapping[tuple[str, str, str], "np.ndarray | None"]


def _slices(house: House, candidate: Candidate, catalogue: Catalogue) -> dict[tuple[str, str, str], dict]:
    """(dataset, office, slice key) -> rows of each table of the dataset."""
    spellings = {spelling: next(iter(codes)) for spelling, codes in catalogue.partners.items()}
    found = {}
    for dataset in candidate.datasets:
        for part in split_slices(house.contracts[dataset], candidate.tables_of(dataset), spellings):
            found[(dataset, part.office, part.slice_key)] = part.rows
    return found


def _judge_slices(house: House, facts: _LiveFacts, standing: list[Candidate], slices: Mapping[str, dict]) -> None:
    """Two files on one slice: the later counts; without a key in common both fall. An old file is overtaken."""
    owners: dict[tuple, list[Candidate]] = defaultdict(list)
    for candidate in standing:
        for key in slices[candidate.file_id]:
            owners[key].append(candidate)
    told = set()
    for key, sharing in owners.items():
        for candidate in sharing:
            newer = facts.loaded_since(candidate, key)
            if newer and (candidate.file_id, "overtaken") not in told:
                told.add((candidate.file_id, "overtaken"))
                candidate.findings.append(
                    _whole_file(candidate, "overtaken", "the newest drop", f"overtaken by {newer}", is_error=True)
                )
        if len(sharing) < 2:
            continue
        sharing.sort(key=lambda c: (c.dropped_at, c.file_name))
        for earlier, later in pairwise(sharing):
            if (earlier.file_id, later.file_id) in told:
                continue
            told.add((earlier.file_id, later.file_id))
            contract = house.contracts[key[0]]
            share = _keys(contract, earlier, slices, key) & _keys(contract, later, slices, key)
            rule = "same_slice_replaced" if share else "same_slice_conflict"
            what = f"{contract.title} {key[2].replace('|', ' ')}".strip()
            for one, other in ((earlier, later), (later, earlier)):
                one.findings.append(
                    _whole_file(one, rule, "one file for each", f"{what} stands in {other.file_name} too")
                )


def _keys(contract: Contract, candidate: Candidate, slices: Mapping[str, dict], key: tuple) -> set[tuple]:
    found: set[tuple] = set()
    for place, rows in slices[candidate.file_id][key].items():
        data = candidate.tables_of(contract.dataset)[place].data
        names = [name for name in contract.key if name in data.column_names]
        found.update(tuple(row[name] for name in names) for row in data.select(names).take(rows).to_pylist())
    return found


def _judge_keys(house: House, facts: _LiveFacts, standing: list[Candidate], slices: Mapping[str, dict]) -> None:
    """Business keys are unique among live rows: also across slices, where a contract says `unique`."""
    for contract in house.contracts.values():
        unique = [f.name for f in contract.fields if f.unique and contract.key == (f.name,) and contract.slice]
        if not unique:
            continue
        owned = [(c, number, table) for c in standing for number, table in enumerate(c.tables_of(contract.dataset))]
        texts = [text for _, _, table in owned for text in table.data[unique[0]].to_pylist()]
        if not texts:
            continue
        replaced = {key[1:] for c in standing for key in slices[c.file_id] if key[0] == contract.dataset}
        elsewhere = facts.keys_elsewhere(contract, unique[0], texts, replaced)
        winners = _winning_rows(contract, standing, slices)
        seen: dict[str, Candidate] = {}
        for candidate, number, table in owned:
            for index, text in enumerate(table.data[unique[0]].to_pylist()):
                other = elsewhere.get(text)
                if (candidate.file_id, number, index) in winners and other is None:
                    first = seen.setdefault(text, candidate)
                    other = first.file_name if first is not candidate else None
                if other:
                    candidate.findings.append(
                        _at_cell(
                            candidate,
                            table,
                            index,
                            unique[0],
                            "key_loaded_elsewhere",
                            text,
                            f"not in {other}",
                        )
                    )


def _winning_rows(contract: Contract, standing: list[Candidate], slices: Mapping[str, dict]) -> set[tuple]:
    """(file, table, row) of the rows that will be live: those of the latest file of each slice."""
    latest: dict[tuple, Candidate] = {}
    for candidate in sorted(standing, key=lambda c: (c.dropped_at, c.file_name)):
        for key in slices[candidate.file_id]:
            if key[0] == contract.dataset:
                latest[key] = candidate
    return {
        (candidate.file_id, place, int(row))
        for key, candidate in latest.items()
        for place, rows in slices[candidate.file_id][key].items()
        for row in rows
    }


def _judge_needs(
    house: House,
    facts: _LiveFacts,
    standing: list[Candidate],
    brought: Mapping[str, dict],
    slices: Mapping[str, dict],
) -> None:
    """A slice that no longer brings a code which live facts need; facts that this night replaces do not count."""
    replaced = {key for candidate in standing for key in slices[candidate.file_id]}
    for candidate in standing:
        for dataset in DIMENSIONS:
            if dataset not in candidate.datasets:
                continue
            for code, users in facts.needed_codes(dataset, brought, replaced).items():
                candidate.findings.append(
                    _whole_file(candidate, "live_facts_need", code, f"{code} is needed by {users}")
                )


class _LiveFacts:
    """What the warehouse holds, read when it is first needed and once a night."""

    def __init__(self, house: House, connection: Connection) -> None:
        self.house, self.connection = house, connection
        self.dimensions = live.dimensions(connection)
        self._loads: dict | None = None

    def loaded_since(self, candidate: Candidate, key: tuple[str, str, str]) -> str | None:
        """The file that covers this slice and was dropped after this one was first judged."""
        if candidate.seen_before_at is None:
            return None
        if self._loads is None:
            self._loads = uses.live_loads(self.connection)
        found = self._loads.get(key)
        if found is None:
            return None
        file_name, loaded_at, dropped_at = found
        is_later = loaded_at > candidate.seen_before_at and dropped_at > candidate.dropped_at
        return file_name if is_later else None

    def keys_elsewhere(self, contract: Contract, name: str, texts: list, replaced: set) -> dict[str, str]:
        return uses.keys_elsewhere(self.connection, contract, name, texts, replaced)

    def needed_codes(self, dataset: str, brought: Mapping[str, dict], replaced: set) -> dict[str, str]:
        """Codes that vanish with what is brought, though live facts need them: code -> who."""
        now = build_catalogue(self.dimensions)
        then = build_catalogue(overlay(self.dimensions, brought))
        gone = _vanished(dataset, now, then)
        return uses.users_of(self.connection, self.house.contracts, dataset, gone, replaced) if gone else {}


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


def _whole_file(candidate: Candidate, rule: str, expected: str, message: str = "", is_error: bool = False) -> Finding:
    meaning = RULES[rule]
    return Finding(
        rule=rule,
        severity=Severity.ERROR if is_error or rule == "no_rows" else meaning.severity,
        file_name=candidate.file_name,
        message=f"{meaning.title}: {message}" if message else meaning.title,
        expected=expected,
        remedy=meaning.remedy,
    )


def _at_cell(
    candidate: Candidate, table: TypedTable, index: int, field_name: str, rule: str, found: str, expected: str
) -> Finding:
    meaning = RULES[rule]
    return Finding(
        rule=rule,
        severity=meaning.severity,
        file_name=candidate.file_name,
        message=meaning.title,
        expected=expected,
        remedy=meaning.remedy,
        sheet=table.sheet,
        row=int(table.data["row_no"][index].as_py()),
        column=table.columns.get(field_name, ""),
        found=found,
        dataset=table.dataset,
        field=field_name,
    )
