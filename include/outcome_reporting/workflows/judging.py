"""Which files of a night are right, judged together: a code is known if it is live or any right file brings it.

The files that are wrong by themselves fall first; what then refers to nothing falls next; until nothing more
falls. The order and the names of files play no part, except that of two files on one slice the later counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.checks.catalogue import DIMENSIONS, Catalogue
from outcome_reporting.checks.columns import Columns, repeated, united
from outcome_reporting.checks.groups import judge_groups
from outcome_reporting.checks.references import check_references, prepare_references
from outcome_reporting.domain.contract import KEY_SEPARATOR, BadRows, Contract
from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.domain.rules import RULES
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse.slices import is_cut_by_spelling
from outcome_reporting.workflows.evidence import (
    Candidate,
    Evidence,
    SliceKey,
    Slices,
    TableColumns,
    in_drop_order,
    slices_of,
)
from outcome_reporting.workflows.house import House

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Alone", "Candidate", "judge"]


def judge(house: House, connection: Connection, candidates: Sequence[Candidate], alone: Alone | None = None) -> None:
    """Fill `findings` and `held` of every candidate; a candidate is then rejected or not by what it holds.

    `alone` has checked some of them already.
    """
    alone = alone or Alone(house)
    alone.check([candidate for candidate in candidates if candidate.file_id not in alone.checked])
    evidence = Evidence(house, connection, alone.columns)
    for candidate in candidates:
        candidate.base = list(candidate.findings)
        if not candidate.datasets and not candidate.is_rejected:
            candidate.findings.append(_whole_file(candidate, "no_rows", "at least one row"))
    standing = [candidate for candidate in candidates if not _fails_alone(house, candidate)]
    catalogue = None
    while True:
        catalogue = _refer(evidence, standing, catalogue)
        fallen = [c for c in standing if c.is_rejected] or _judge_together(evidence, standing, catalogue)
        if not fallen:
            break
        standing = [candidate for candidate in standing if candidate not in fallen]
    _tell_everything(evidence, standing, [c for c in candidates if c not in standing], catalogue)


def _tell_everything(
    evidence: Evidence, standing: Sequence[Candidate], fallen: Sequence[Candidate], catalogue: Catalogue
) -> None:
    """A file that failed by itself is judged against the others too: every problem is told in one pass.

    What the file itself brings counts as known, so that one bad cell is not told as a hundred.
    """
    for candidate in fallen:
        brings_codes = any(candidate.tables_of(dataset) for dataset in DIMENSIONS)
        known = evidence.catalogue(evidence.brought([*standing, candidate])) if brings_codes else catalogue
        told = set(candidate.findings)
        references = [finding for finding in _references(evidence, candidate, known) if finding not in told]
        candidate.findings.extend(references)
        _hold_groups(evidence.house, candidate)


def _references(evidence: Evidence, candidate: Candidate, catalogue: Catalogue) -> list[Finding]:
    return [
        finding
        for table in candidate.tables
        for finding in check_references(
            evidence.house.contracts[table.dataset], table, catalogue, evidence.columns.of(table)
        )
    ]


class Alone:
    """What Great Expectations says of files by themselves, in one group or several: one batch of each for a contract.

    What judging them together will look at is made too: `columns` are those of all their tables.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.columns = TableColumns()
        self.checked: set[str] = set()

    def check(self, candidates: Sequence[Candidate]) -> None:
        """Adds to the findings of each. The order within a file is that of contracts, checks and rows."""
        for contract in self.house.contracts.values():
            self._check(contract, candidates)
        for candidate in candidates:
            if not candidate.is_rejected:
                self._prepare(candidate)
        self.checked.update(candidate.file_id for candidate in candidates)

    def _prepare(self, candidate: Candidate) -> None:
        for table in candidate.tables:
            prepare_references(self.house.contracts[table.dataset], self.columns.of(table))
        for dataset in candidate.datasets:
            if not is_cut_by_spelling(self.house.contracts[dataset]):
                slices_of(self.house.contracts[dataset], candidate, self.columns, {})

    def _check(self, contract: Contract, candidates: Sequence[Candidate]) -> None:
        owned = [(n, c, table) for n, c in enumerate(candidates) for table in c.tables_of(contract.dataset)]
        if not owned:
            return
        from outcome_reporting.checks.expectations import check_tables  # a file that is none never waits for it

        found = check_tables(
            contract,
            [table for _, _, table in owned],
            self.house.code_lists,
            [self.columns.of(table) for _, _, table in owned],
            [number for number, _, _ in owned],
        )
        if not found:
            return
        for place, finding in found:
            _, candidate, _ = owned[place]
            told = _not_told_yet(finding, candidate) if finding.rule == "missing_value" else finding
            if told:
                candidate.findings.append(told)


def _not_told_yet(missing: Finding, candidate: Candidate) -> Finding | None:
    """A cell that could not be read is told once: its emptiness is not a second problem."""
    errors = [f for f in candidate.findings if f.is_error and (f.sheet, f.column) == (missing.sheet, missing.column)]
    unread = [row for error in errors for first, last in error.runs() for row in range(first, last + 1)]
    return missing.without(unread) if unread else missing


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
    held = set(_row_errors(house, candidate, candidate.findings))
    return any(finding.is_error and finding not in held for finding in candidate.findings)


def _refer(evidence: Evidence, standing: list[Candidate], before: Catalogue | None) -> Catalogue:
    """References and groups of those still standing, against what they bring; the codes that are known.

    `before` is the catalogue of the round before: where the fallen had brought no code, nothing that was said of
    the others changes.
    """
    catalogue = evidence.catalogue(evidence.brought(standing))
    for candidate in standing if catalogue != before else ():
        candidate.findings = [*candidate.base, *_references(evidence, candidate, catalogue)]
        _hold_groups(evidence.house, candidate)
    return catalogue


def _judge_together(evidence: Evidence, standing: list[Candidate], catalogue: Catalogue) -> list[Candidate]:
    """Slices, keys and needs of those still standing; returns those that fall."""
    before = {candidate.file_id: list(candidate.findings) for candidate in standing}
    slices = evidence.slices(standing, catalogue)
    _judge_slices(evidence, standing, slices)
    _judge_keys(evidence, standing, slices)
    if not any(candidate.is_rejected for candidate in standing):
        _judge_needs(evidence, standing, catalogue, slices)
    fallen = [candidate for candidate in standing if candidate.is_rejected]
    if fallen:
        for candidate in standing:
            if candidate not in fallen:  # what was said beside the fallen is said anew without them
                candidate.findings = before[candidate.file_id]
    return fallen


def _hold_groups(house: House, candidate: Candidate) -> None:
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


def _judge_slices(evidence: Evidence, standing: list[Candidate], slices: Mapping[str, Slices]) -> None:
    """Two files on one slice: the later counts; without a key in common both fall. An old file is overtaken."""
    owners: dict[SliceKey, list[Candidate]] = defaultdict(list)
    for candidate in standing:
        for key in slices[candidate.file_id]:
            owners[key].append(candidate)
    told = set()
    for key, sharing in owners.items():
        for candidate in sharing:
            newer = evidence.loaded_since(candidate, key)
            if newer and (candidate.file_id, "overtaken") not in told:
                told.add((candidate.file_id, "overtaken"))
                candidate.findings.append(
                    _whole_file(candidate, "overtaken", "the newest drop", f"overtaken by {newer}", is_error=True)
                )
        if len(sharing) < 2:
            continue
        for earlier, later in pairwise(in_drop_order(sharing)):
            if (earlier.file_id, later.file_id) in told:
                continue
            told.add((earlier.file_id, later.file_id))
            contract = evidence.house.contracts[key[0]]
            share = _keys(contract, earlier, slices, key) & _keys(contract, later, slices, key)
            rule = "same_slice_replaced" if share else "same_slice_conflict"
            what = f"{contract.title} {key[2].replace('|', ' ')}".strip()
            for one, other in ((earlier, later), (later, earlier)):
                one.findings.append(
                    _whole_file(one, rule, "one file for each", f"{what} stands in {other.file_name} too")
                )


def _keys(contract: Contract, candidate: Candidate, slices: Mapping[str, Slices], key: SliceKey) -> set[tuple]:
    found: set[tuple] = set()
    for place, rows in slices[candidate.file_id][key].items():
        data = candidate.tables_of(contract.dataset)[place].data
        names = [name for name in contract.key if name in data.column_names]
        found.update(tuple(row[name] for name in names) for row in data.select(names).take(rows).to_pylist())
    return found


def _judge_keys(evidence: Evidence, standing: list[Candidate], slices: Mapping[str, Slices]) -> None:
    """Business keys are unique among live rows: also across slices, where a key does not say which slice it is of."""
    for contract in evidence.house.contracts.values():
        owned = [(c, place, table) for c in standing for place, table in enumerate(c.tables_of(contract.dataset))]
        if not contract.may_key_span_slices or not owned:
            continue
        columns = [evidence.columns.of(table) for _, _, table in owned]
        elsewhere = _keys_of_staying_slices(evidence, contract, columns, standing, slices)
        # only a key that seems to stand in two places, or stands elsewhere, needs a look at its rows
        suspects = repeated([one.key_prints(contract.key) for one in columns])
        if elsewhere:
            listed = pa.array(list(elsewhere), pa.string())
            suspects = [
                is_suspect | pc.is_in(one.key_texts(contract.key), listed).to_numpy(zero_copy_only=False)
                for is_suspect, one in zip(suspects, columns, strict=True)
            ]
        if not any(is_suspect.any() for is_suspect in suspects):
            continue
        winners = _winning_rows(contract, standing, slices)
        seen: dict[str, Candidate] = {}
        for (candidate, place, table), column, is_suspect in zip(owned, columns, suspects, strict=True):
            keys = column.key_texts(contract.key)
            for row in np.flatnonzero(is_suspect):
                text = keys[row].as_py()
                if text is None:
                    continue
                other = elsewhere.get(text)
                if other is None and row in winners.get((candidate.file_id, place), ()):
                    first = seen.setdefault(text, candidate)
                    other = first.file_name if first is not candidate else None
                if other:
                    candidate.findings.append(_key_elsewhere(contract, table, int(row), text, other))


def _keys_of_staying_slices(
    evidence: Evidence,
    contract: Contract,
    columns: Sequence[Columns],
    standing: list[Candidate],
    slices: Mapping[str, Slices],
) -> dict[str, str]:
    """The keys of these tables that live rows have in slices which none of the files replaces: key -> file name."""
    replaced = {key[1:] for c in standing for key in slices[c.file_id] if key[0] == contract.dataset}
    if not evidence.slices_stay(contract, replaced):
        return {}
    keys, _ = united([one.keys(contract.key) for one in columns])
    return evidence.keys_elsewhere(contract, keys, replaced)


def _key_elsewhere(contract: Contract, table: TypedTable, row: int, key: str, other: str) -> Finding:
    """At the cell of the key's first field; the other fields of the key are named."""
    first, *rest = contract.key
    same = " and ".join(contract.field(name).heading for name in rest)
    expected = f"not in {other}" + (f" with the same {same}" if rest else "")
    return _at_cell(table, row, first, "key_loaded_elsewhere", key.partition(KEY_SEPARATOR)[0], expected)


def _winning_rows(
    contract: Contract, standing: list[Candidate], slices: Mapping[str, Slices]
) -> dict[tuple[str, int], set[int]]:
    """The rows that will be live, by file and place of the table: those of the latest file of each slice."""
    latest: dict[SliceKey, Candidate] = {}
    for candidate in in_drop_order(standing):
        for key in slices[candidate.file_id]:
            if key[0] == contract.dataset:
                latest[key] = candidate
    winning: dict[tuple[str, int], set[int]] = defaultdict(set)
    for key, candidate in latest.items():
        for place, rows in slices[candidate.file_id][key].items():
            winning[(candidate.file_id, place)].update(rows.tolist())
    return winning


def _judge_needs(
    evidence: Evidence, standing: list[Candidate], catalogue: Catalogue, slices: Mapping[str, Slices]
) -> None:
    """A slice that no longer brings a code which live facts need; facts that this night replaces do not count."""
    replaced = {key for candidate in standing for key in slices[candidate.file_id]}
    for dataset in DIMENSIONS:
        bringing = [candidate for candidate in standing if dataset in candidate.datasets]
        needed = evidence.needed_codes(dataset, catalogue, replaced) if bringing else {}
        for candidate in bringing:
            for code, users in needed.items():
                candidate.findings.append(
                    _whole_file(candidate, "live_facts_need", code, f"{code} is needed by {users}")
                )


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


def _at_cell(table: TypedTable, index: int, field_name: str, rule: str, found: str, expected: str) -> Finding:
    meaning = RULES[rule]
    return Finding(
        rule=rule,
        severity=meaning.severity,
        file_name=table.file_name,
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
