"""A business key is live once: also where its fields do not say which slice a row belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.warehouse.books import CONTRACTS, DROPPED, expense, load, references, sheet

from outcome_reporting.settings import load_settings
from outcome_reporting.warehouse.server import stop_server
from outcome_reporting.workflows.house import House, migrate_warehouse, open_house
from outcome_reporting.workflows.judging import Candidate, judge

GIFT = {
    "agreement": "A-1", "partner": "SWE", "fund": "30000", "stage": "cash", "date": "2022-02-01",
    "fiscal_year": 2022, "currency": "USD", "amount": "5.00", "amount_usd": "5.00",
}  # fmt: skip
LATER = {**GIFT, "date": "2022-03-01"}
NAMED = {**GIFT, "outcome": "KGZ_D_1.1"}


@pytest.fixture
def opened(home: Path) -> Iterator[tuple[House, Connection]]:
    """A migrated warehouse with one office, and Sweden's gifts of 2022 live."""
    settings = load_settings({"OUTCOMES_HOME": str(home)})
    migrate_warehouse(settings)
    house = open_house(settings)
    with house.engine.connect() as connection:
        load(connection, *references())
        load(connection, sheet("contributions", [GIFT, NAMED]), file_name="Sweden.xlsx")
        yield house, connection
        connection.rollback()
    stop_server(settings)


def told(opened: tuple[House, Connection], **files: list[dict]) -> list[tuple[str, str, str, str]]:
    """(file, cell, found, expected) of all errors, which are keys that stand elsewhere; each file is one dataset."""
    candidates = []
    for place, (name, rows) in enumerate(files.items()):
        _, table = sheet("expenses" if "transaction" in rows[0] else "contributions", rows)
        dropped = DROPPED + timedelta(minutes=place)
        candidates.append(Candidate(name, f"{name}.xlsx", dropped, [table], []))
    judge(*opened, candidates)

    errors = [(c, finding) for c in candidates for finding in c.findings if finding.is_error]
    assert {finding.rule for _, finding in errors} <= {"key_loaded_elsewhere"}
    return [(c.file_name, f.cell, f.found, f.expected) for c, f in errors]


SAME = "with the same Fund and Stage and Date and Outcome"


def test_a_contribution_may_not_stand_under_two_partners_or_years(opened) -> None:
    norway = {"partner": "NOR"}
    assert told(opened, norway=[LATER | norway]) == []  # another day is another key
    assert told(opened, norway=[LATER | norway, GIFT | norway]) == [
        ("norway.xlsx", "A3", "A-1", f"not in Sweden.xlsx {SAME}")
    ]
    assert told(opened, year=[NAMED | {"fiscal_year": 2021}]) == [
        ("year.xlsx", "A2", "A-1", f"not in Sweden.xlsx {SAME}")
    ]
    # the slice where it stood comes too, without it: then it has only moved
    assert told(opened, moved=[LATER, GIFT | norway]) == []


def test_two_files_of_one_night_bring_it(opened) -> None:
    files = {"first": [LATER | {"partner": "NOR"}], "second": [GIFT, LATER]}
    assert told(opened, **files) == [("second.xlsx", "A3", "A-1", f"not in first.xlsx {SAME}")]
    files = {"first": [LATER | {"partner": "NOR"}], "second": [GIFT, LATER | {"outcome": "KGZ_D_1.1"}]}
    assert told(opened, **files) == []


def test_a_transaction_of_another_period_is_found(opened) -> None:
    _, connection = opened
    load(connection, sheet("expenses", [expense("T1")]), file_name="May.xlsx")
    june = [expense("T2", period=6), expense("T1", period=6)]
    assert told(opened, june=june) == [("june.xlsx", "A3", "T1", "not in May.xlsx")]


def test_which_keys_do_not_say_their_slice() -> None:
    spanning = {name for name, contract in CONTRACTS.items() if contract.may_key_span_slices}
    assert spanning == {"outcomes", "expenses", "contributions"}
