"""Whole organizations made up at random, dropped, run by the real command and compared row by row.

The expected rows are computed a second time by `organization_oracle`, which knows only the written rules.
`ORGANIZATIONS=n` tries n seeds instead of three; `ORGANIZATION_SEED=s` tries that one alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from organization_oracle import Row, expected, split
from organization_rows import random_organization
from organization_workbooks import write_workbooks

VIEWS = {
    # view -> (columns of the key, columns of money)
    "outcome_resources": (
        "office plan_period outcome fiscal_year fund_type",
        "planned_usd available_usd expense_usd shortfall_usd",
    ),
    "sdg_allocation": (
        "office plan_period outcome output fiscal_year fund_type goal target method",
        "planned_usd available_usd expense_usd",
    ),
    "partner_contribution": (
        "office plan_period outcome fiscal_year partner partner_name contributor_type kind",
        "expense_usd contribution_usd",
    ),
    "partner_revenue": (
        "partner partner_name contributor_type fiscal_year fund_type instrument stage",
        "amount_usd",
    ),
    "plan_contribution": (
        "office plan_period outcome fiscal_year framework kind element",
        "expense_usd planned_usd",
    ),
}
SEEDS = (
    [int(os.environ["ORGANIZATION_SEED"])]
    if os.environ.get("ORGANIZATION_SEED")
    else list(range(1, 1 + int(os.environ.get("ORGANIZATIONS", "3"))))
)
COMMAND = Path(sys.executable).with_name("outcomes")


def run_outcomes(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OUTCOMES_HOME": str(home), "OUTCOMES_IMPUTE_CORE": ""}
    environment.pop("OUTCOMES_WAREHOUSE_URL", None)
    return subprocess.run([str(COMMAND), *arguments], env=environment, capture_output=True, text=True, timeout=300)


def rows_of_views(home: Path) -> Iterator[tuple[str, set[Row]]]:
    from sqlalchemy import text

    from outcome_reporting.settings import load_settings
    from outcome_reporting.workflows import connect

    engine = connect(load_settings({"OUTCOMES_HOME": str(home)}))
    try:
        with engine.connect() as connection:
            for view, (keys, money) in VIEWS.items():
                columns = [*keys.split(), *money.split()]
                found = connection.execute(text(f"select {', '.join(columns)} from report.{view}")).fetchall()
                rows = [_row(view, tuple(row), len(keys.split())) for row in found]
                assert len(rows) == len(set(rows)), f"{view} holds a row twice"
                yield view, {row for row in rows if any(row[len(keys.split()) :])}
    finally:
        engine.dispose()


def _row(view: str, row: tuple, width: int) -> Row:
    """Money as integer cents; lines without a partner may be named as the product likes."""
    key = list(row[:width])
    if view == "partner_contribution" and key[4] is None:
        key[5] = key[6] = None
    amounts = [Decimal(str(value)) * 100 for value in row[width:]]
    assert all(amount == int(amount) for amount in amounts), f"{view}: part of a cent in {row}"
    return (*key, *(int(amount) for amount in amounts))


def differences(found: set[Row], wanted: set[Row]) -> str:
    missing = sorted(map(repr, wanted - found))
    surplus = sorted(map(repr, found - wanted))
    lines = [f"{len(missing)} rows missing, {len(surplus)} rows too many of {len(wanted)}"]
    lines += [f"  missing  {row}" for row in missing[:12]]
    lines += [f"  too many {row}" for row in surplus[:12]]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_of_every_view_is_as_the_rules_say(seed: int, home: Path) -> None:
    run_date = datetime.now(UTC).date()
    org = random_organization(seed, run_date)
    paths = write_workbooks(org, home / "inbox")
    migrated = run_outcomes(home, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    ran = run_outcomes(home, "run")
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    assert not [path.name for path in paths if path.exists()], "a file was not accepted"
    wanted = expected(org, run_date)
    wrong = {view: differences(rows, wanted[view]) for view, rows in rows_of_views(home) if rows != wanted[view]}
    assert not wrong, "\n".join(f"{view}: {lines}" for view, lines in wrong.items())


@pytest.mark.parametrize("seed", range(20))
def test_the_oracle_itself_loses_no_cent(seed: int) -> None:
    """Every view of money spent is a partition of the same dollars, for every outcome and year."""
    run_date = datetime.now(UTC).date()
    views = expected(random_organization(seed, run_date), run_date)
    totals: dict[str, dict[tuple, int]] = {}
    for view, outcome, year, expense in (
        ("outcome_resources", 2, 3, 7),
        ("sdg_allocation", 2, 4, 11),
        ("partner_contribution", 2, 3, 8),
    ):
        sums: dict[tuple, int] = defaultdict(int)
        for row in views[view]:
            sums[row[outcome], row[year]] += row[expense]  # type: ignore[operator]
        totals[view] = {key: amount for key, amount in sums.items() if amount}
    assert totals["sdg_allocation"] == totals["outcome_resources"]
    assert totals["partner_contribution"] == totals["outcome_resources"]
    by_kind: dict[str, dict[tuple, int]] = defaultdict(lambda: defaultdict(int))
    for row in views["plan_contribution"]:
        by_kind[str(row[5])][row[2], row[3]] += row[7]  # type: ignore[operator]
    for kind, sums in by_kind.items():
        assert all(totals["outcome_resources"].get(key, 0) == amount for key, amount in sums.items()), kind


def test_the_oracle_splits_as_the_rules_say() -> None:
    from fractions import Fraction

    thirds = {"5.a": Fraction(1), "5.6": Fraction(1), "5.10": Fraction(1)}
    assert split(100, thirds) == {"5.6": 34, "5.10": 33, "5.a": 33}
    assert split(-101, thirds) == {"5.6": -34, "5.10": -34, "5.a": -33}
    assert split(1, {"X00": Fraction(50), "16.10": Fraction(50), "16": Fraction(50)})["16"] == 1
    assert split(0, thirds) == dict.fromkeys(thirds, 0)


def test_the_files_of_an_organization_are_repeatable_in_content(tmp_path: Path) -> None:
    run_date = datetime.now(UTC).date()
    first = write_workbooks(random_organization(7, run_date), tmp_path / "a")
    second = write_workbooks(random_organization(7, run_date), tmp_path / "b")
    assert [path.relative_to(tmp_path / "a") for path in first] == [path.relative_to(tmp_path / "b") for path in second]
    assert len(first) > 5
