"""Files checked ahead, in a group of their own, are told what they are told when all are checked together."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pytest
from tests.warehouse.books import DROPPED, expense, sheet

from outcome_reporting.checks.catalogue import Catalogue
from outcome_reporting.checks.references import check_references
from outcome_reporting.domain.finding import Finding
from outcome_reporting.settings import load_settings
from outcome_reporting.workflows.ahead import Ahead
from outcome_reporting.workflows.house import House
from outcome_reporting.workflows.judging import Alone, Candidate

COUNT = 30


@pytest.fixture
def house(home: Path) -> House:
    return House(load_settings({"OUTCOMES_HOME": str(home)}))


def files(ids: Collection[str]) -> list[Candidate]:
    """Ledgers: every third has a key twice, every fifth a line without output, every seventh is a month too late."""
    made = []
    for number, file_id in enumerate(map(str, range(COUNT))):
        rows = [expense(f"T-{line}") for line in range(3)]
        rows += [expense("T-1")] if number % 3 == 0 else []
        rows += [expense("T-8") | {"output": None}] if number % 5 == 0 else []
        rows += [expense("T-9") | {"period": 13}] if number % 7 == 0 else []
        _, table = sheet("expenses", rows)
        dropped = DROPPED + timedelta(minutes=number)
        if file_id in ids:
            made.append(Candidate(file_id, f"{file_id}.xlsx", dropped, [table], []))
    return made


def told(candidates: Collection[Candidate]) -> dict[str, list[Finding]]:
    return {one.file_id: one.findings for one in candidates}


def test_most_files_are_checked_while_the_last_are_read(house: House) -> None:
    every = [str(number) for number in range(COUNT)]
    together = files(every)
    Alone(house).check(together)
    assert {f.rule for c in together for f in c.findings} >= {"duplicate_key", "missing_value"}

    arriving, groups = every[::-1], []

    def read_meanwhile(ids: Collection[str]) -> list[Candidate]:
        """Eight more have been read when the first group is taken."""
        groups.append(list(ids))
        if len(groups) == 1:
            for file_id in arriving[18:26]:
                ahead.take(file_id)
        return files(ids)

    ahead = Ahead(house, read_meanwhile)
    for file_id in arriving[:18]:
        ahead.take(file_id)
    ahead.check(COUNT)
    assert groups == [arriving[:18], arriving[18:26]]  # four are too few for a third
    first, alone = ahead.hand_over()
    assert alone is not None and alone.checked == first.keys() == set(every[4:])
    last = files(every[:4])
    alone.check(last)
    assert told([*first.values(), *last]) == told(together)
    assert ahead.hand_over() == ({}, None)  # it has let go of them


def test_what_files_are_judged_by_together_is_made_ready_too(house: House) -> None:
    (ledger,) = files(["1"])
    alone = Alone(house)
    alone.check([ledger])
    contract, columns = house.contracts["expenses"], alone.columns.of(ledger.tables[0])
    ready = set(columns._combos)
    assert list(check_references(contract, ledger.tables[0], Catalogue(), columns))
    assert set(columns._combos) == ready
    assert [(part.office, part.slice_key) for part in ledger.slices["expenses"]] == [("KGZ", "KGZ|2022|5")]


def test_nothing_is_checked_ahead_where_reading_ends_early_or_files_are_few(house: House) -> None:
    for count, read in ((COUNT, 5), (3, 3)):
        ahead = Ahead(house, files)
        for file_id in range(read):
            ahead.take(str(file_id))
        ahead.take(None)
        ahead.check(count)
        assert ahead.hand_over() == ({}, None)
