"""A few small nights over the benchmark's workbooks, each with what it cost counted where it arises.

Nothing here depends on the speed of a machine: statements are counted at the database's driver, rows by PostgreSQL's
own counters, files by number and time, processes by the interpreter's audit events.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmark.generate import generate, ledger_path, offices, write_ledger
from outcome_reporting.checks.library import open_library
from outcome_reporting.settings import Settings, load_settings
from outcome_reporting.warehouse.server import stop_server, warehouse_url
from outcome_reporting.workflows.house import connect
from outcome_reporting.workflows.night import run_night

OFFICES = offices(8)
LINES = 100  # of each ledger

_started: list[list[str]] = []  # command lines, since the interpreter began
sys.addaudithook(lambda event, given: _started.append(list(given[1])) if event == "subprocess.Popen" else None)


@dataclass(frozen=True)
class Night:
    """What one night did and what it took."""

    summary: dict[str, Any]
    statements: list[str]
    copies: int
    batches: int
    processes: list[list[str]]
    rows: Counter[str]  # written, by table
    files: list[str]  # written anew, below the home


class Home:
    """A home whose nights are counted."""

    def __init__(self, home: Path, books: Path) -> None:
        self.settings: Settings = load_settings({"OUTCOMES_HOME": str(home)})
        self.path, self.books = home, books
        self.inbox = home / "inbox"
        shutil.copytree(books / "inbox", self.inbox, ignore=lambda _, names: [n for n in names if n[:6] == "Ledger"])
        warehouse_url(self.settings)  # the server runs before anything is counted

    def drop(self, *places: int, **more: int) -> None:
        """The ledgers of these offices, by place; with `more_cents` corrected in their first line."""
        for place in places:
            path = ledger_path(self.inbox, OFFICES[place])
            write_ledger(path, OFFICES[place], LINES, 1000 + place, **more)

    def night(self) -> Night:
        rows, files, processes = self._rows(), self._files(), len(_started)
        with _counted() as (statements, copies, batches):
            summary = run_night(self.settings)
            started = _started[processes:]
        written = self._rows()
        written.subtract(rows)
        return Night(
            summary,
            list(statements),
            len(copies),
            len(batches),
            started,
            +written,
            sorted(name for name, state in self._files().items() if state not in files.values()),
        )

    def _rows(self) -> Counter[str]:
        """Rows inserted, updated and deleted so far. Counters reach the server's own when a connection ends."""
        connect(self.settings).dispose()
        others = (
            "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        counters = "select schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables"
        with psycopg.connect(warehouse_url(self.settings), autocommit=True) as connection:
            for _ in range(500):
                if connection.execute(others).fetchone() == (0,):
                    break
                time.sleep(0.01)
            else:
                pytest.fail("connections that a night used are still open")
            return Counter(dict(connection.execute(counters).fetchall()))

    def _files(self) -> dict[str, tuple[int, int]]:
        """Number and time of every file but the database's; a further link to a file is no other one."""
        paths = [path for path in self.path.rglob("*") if path.is_file() and not path.is_symlink()]
        below = {str(path.relative_to(self.path)): path.stat() for path in paths}
        return {
            name: (stat.st_ino, stat.st_mtime_ns)
            for name, stat in below.items()
            if not name.startswith(("warehouse/", "inbox/"))
        }


@contextmanager
def _counted() -> Iterator[tuple[list[str], list[str], list[None]]]:
    """Statements and copies of this process, seen at the driver, and batches handed to Great Expectations."""
    statements: list[str] = []
    copies: list[str] = []
    batches: list[None] = []
    kind = type(open_library()[1])
    with pytest.MonkeyPatch.context() as patch:
        for owner, name, seen in (
            (psycopg.Cursor, "execute", statements),
            (psycopg.Cursor, "executemany", statements),
            (psycopg.Cursor, "copy", copies),
            (kind, "get_batch", batches),
        ):
            patch.setattr(owner, name, _noting(getattr(owner, name), seen))
        yield statements, copies, batches


def _noting(method, seen: list) -> Any:
    def noting(self, *given, **named):
        seen.append(str(given[0]) if given else None)
        return method(self, *given, **named)

    return noting


@dataclass(frozen=True)
class Nights:
    """In their order: two ledgers and one that is rejected, one ledger, four, nothing, one corrected."""

    home: Home
    first: Night
    one: Night
    four: Night
    nothing: Night
    corrected: Night


@pytest.fixture(scope="session")
def nights() -> Iterator[Nights]:
    folders = [Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp")) for _ in range(2)]
    folders[0].chmod(0o755)
    generate(folders[1], LINES * len(OFFICES), len(OFFICES), 1)
    home = Home(*folders)
    done = []
    try:
        home.drop(0, 1)
        write_ledger(home.inbox / "finance" / "Ledger of nobody.xlsx", "XYZ", 5, 1)  # an office that nobody knows
        for dropped in ((), (2,), (3, 4, 5, 6), ()):
            home.drop(*dropped)
            done.append(home.night())
        home.drop(0, more_cents=12_345)
        done.append(home.night())
        yield Nights(home, *done)
    finally:
        stop_server(home.settings)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
