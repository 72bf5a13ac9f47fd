"""Undo and redo say what is live again, and each happens whole or not at all."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from storm import run_intake
from tests.history.conftest import a_home

from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.settings import Settings
from outcome_reporting.workflows.house import connect, migrate_warehouse
from outcome_reporting.workflows.undo import redo_load, undo_load

FUNDS = "Fund,Name,Fund type\n30000,Regular resources,core\n{}"
DIGESTED = ("intake.load", "core.slice_org", "core.slice_org_life", "core.fund", "intake.held_row")


def state(settings: Settings) -> list[str]:
    """A digest of every table that an undo or a redo may touch."""
    with connect(settings).connect() as connection:
        query = "select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {} t"
        return [connection.execute(text(query.format(table))).scalar_one() for table in DIGESTED]


def drop(settings: Settings, name: str, content: str) -> str:
    """One file dropped and taken in; its hash."""
    folder = settings.home / "inbox" / "finance"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    summary = run_intake(settings)
    assert summary["accepted"] == 1, summary["findings"]
    return hashlib.sha256(content.encode()).hexdigest()


@pytest.fixture(scope="module")
def dropped() -> Iterator[tuple[Settings, str, str]]:
    """Two files of funds, the second over the first: their hashes."""
    with a_home() as settings:
        migrate_warehouse(settings)
        first = drop(settings, "funds 1.csv", FUNDS.format(""))
        second = drop(settings, "funds 2.csv", FUNDS.format("30071,Other resources,non-core\n"))
        yield settings, first, second


def killed_in_the_middle(settings: Settings, call: str) -> None:
    """Starts a call in a process of its own and kills it once it waits for a row that this process holds."""
    program = (
        "from outcome_reporting.settings import load_settings\n"
        "from outcome_reporting.workflows.undo import redo_load, undo_load\n"
        f"{call.replace('SETTINGS', f'load_settings(dict(OUTCOMES_HOME={str(settings.home)!r}))')}\n"
    )
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and state = 'active'"
    with connect(settings).connect() as holder, connect(settings).connect() as watcher:
        watcher = watcher.execution_options(isolation_level="AUTOCOMMIT")
        holder.execute(text("select * from core.slice_org_life where valid_to is null for update"))
        child = subprocess.Popen([sys.executable, "-c", program], cwd=Path.cwd(), env=dict(os.environ))
        try:
            for _ in range(1200):
                if watcher.execute(text(waiting)).scalar_one():
                    break
                assert child.poll() is None, "the call ended without waiting"
                time.sleep(0.05)
            else:
                pytest.fail("the call never came to the row")
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        holder.rollback()
        for _ in range(200):
            if not watcher.execute(text(waiting)).scalar_one():
                break
            time.sleep(0.05)


def test_undo_is_whole_or_nothing_and_says_what_is_live_again(dropped: tuple[Settings, str, str]) -> None:
    settings, _, second = dropped
    before = state(settings)
    killed_in_the_middle(settings, f"undo_load(SETTINGS, {second!r})")
    assert state(settings) == before
    words = undo_load(settings, second, only_look=True)
    assert "would be taken back" in words and state(settings) == before
    words = undo_load(settings, second)
    assert words.splitlines()[:2] == [
        f"funds 2.csv ({second[:12]}) was taken back: 1 slices change.",
        "  funds: 2 rows of funds 2.csv → 1 rows of funds 1.csv live again",
    ]
    with pytest.raises(UsageError, match="is undone already"):
        undo_load(settings, second)


def test_redo_is_whole_or_nothing_and_says_what_is_live_again(dropped: tuple[Settings, str, str]) -> None:
    settings, first, second = dropped
    before = state(settings)
    killed_in_the_middle(settings, f"redo_load(SETTINGS, {second!r})")
    assert state(settings) == before
    words = redo_load(settings, second)
    assert words.splitlines()[:2] == [
        "funds 2.csv was loaded again: 2 rows, 1 slices change.",
        "  funds: 2 rows live again",
    ]
    assert undo_load(settings, first).splitlines()[0].endswith("was taken back: 0 slices change.")


def test_a_hash_that_no_load_has_is_told_so(dropped: tuple[Settings, str, str]) -> None:
    settings = dropped[0]
    for call in (undo_load, redo_load):
        with pytest.raises((UsageError, Refused), match="no loaded file has the hash"):
            call(settings, "f" * 64)
