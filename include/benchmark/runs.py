"""What is timed, each in processes of its own over a home of its own."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.generate import generate, ledger_path, offices, write_ledger
from benchmark.memory import MemoryWatch
from outcome_reporting.settings import Settings, load_settings
from outcome_reporting.warehouse.server import connect, stop_server, warehouse_url

OUTCOMES = str(Path(sys.executable).with_name("outcomes"))


@dataclass(frozen=True, slots=True)
class Timed:
    seconds: float
    printed: str
    memory_mib: float
    database_mib: float


def timed(command: list[str], **environment: str) -> Timed:
    """A whole process with all below it. Raises SystemExit with what it said when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with MemoryWatch(process.pid) as peak:
        printed, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{printed}{said}")
    return Timed(time.perf_counter() - started, printed, peak.processes, peak.database)


@contextmanager
def home_over(inbox: Path | None) -> Iterator[Settings]:
    """A home with a copy of these drop folders; its server stops afterwards, its files go when all is measured.

    A file system may walk past what was deleted a moment ago: to make the files of the next night then costs many times
    as much.
    """
    folder = Path(tempfile.mkdtemp(prefix="outcomes-bench-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)  # the embedded server runs under a user of its own when started by root
    if inbox is not None:
        shutil.copytree(inbox, folder / "inbox")
    settings = load_settings({"OUTCOMES_HOME": str(folder)})
    try:
        yield settings
    finally:
        stop_server(settings)


def cold_night(inbox: Path, against: Settings | None = None) -> tuple[Timed, dict[str, Any], bool]:
    """`outcomes run` over a home of its own: its time, its summary, and whether its rows equal the peer's.

    `against` is the home in whose warehouse peer and strong script left their rows; without one nothing is compared.
    """
    with home_over(inbox) as settings:
        run = timed([OUTCOMES, "run", "--json"], OUTCOMES_HOME=str(settings.home))
        is_equal = against is None or all(
            sdg_rows(settings, _OURS) == sdg_rows(against, _THEIRS.format(table=table))
            for table in ("peer_sdg", "strong_sdg")
        )
        return run, json.loads(run.printed), is_equal


_OURS = """
select output, fund_type, coalesce(target, goal) as sdg, (sum(planned_usd) * 100)::bigint as planned,
  (sum(available_usd) * 100)::bigint as available, (sum(expense_usd) * 100)::bigint as expense
from report.sdg_allocation group by 1, 2, 3"""
_THEIRS = "select output, fund_type, sdg, planned, available, expense from {table}"


def sdg_rows(settings: Settings, query: str) -> set[tuple]:
    """Rows (output, fund type, SDG, planned, available, expense in cents) that are not all zero."""
    with connect(settings).connect() as connection:
        return {tuple(row) for row in connection.exec_driver_sql(query) if any(row[3:])}


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs in turn with ours over the same books: seconds by phase, and of the strong script's whole process."""

    peer: dict[str, float]
    floor: dict[str, float]
    strong: dict[str, float]
    strong_seconds: float


def run_beside(books: Path, settings: Settings) -> Beside:
    """Peer, floor and strong script; the rows of the first and the last stay in this home's warehouse."""
    url = warehouse_url(settings)
    peer, floor, strong = (
        timed([sys.executable, "-m", f"benchmark.{name}", str(books), url]) for name in ("peer", "floor", "strong")
    )
    return Beside(json.loads(peer.printed), json.loads(floor.printed), json.loads(strong.printed), strong.seconds)


def warm_nights(books: Path, lines: int, count: int, seed: int) -> dict[str, Any]:
    """Nights of a process that has done one; see `benchmark.warm`."""
    with tempfile.TemporaryDirectory(prefix="outcomes-small-", dir="/tmp") as folder:
        small = Path(folder)
        generate(small, 200, 2, seed)
        office = offices(count)[count // 2]
        corrected = small / ledger_path(small, office).name
        write_ledger(corrected, office, lines // count, seed * 1000 + count // 2, more_cents=12_345)
        with home_over(books / "inbox") as settings, home_over(small / "inbox") as other:
            command = [sys.executable, "-m", "benchmark.warm"]
            run = timed([*command, str(settings.home), str(other.home), str(corrected)])
            return json.loads(run.printed) | {"memory_mib": run.memory_mib}


def airflow_night(inbox: Path) -> float:
    """The same night by the DAGs, in one process, Airflow's database migrated before."""
    from airflow_local.environment import airflow_environment, metadata_url
    from airflow_local.services import migrate

    with home_over(inbox) as settings:
        # a home that is set already would win over the one that is timed, and `make` always sets one
        ours = {"OUTCOMES_HOME": str(settings.home)}
        environment = os.environ | airflow_environment(settings, metadata_url(settings)) | ours
        logs = settings.folder("logs")
        migrate(environment, logs)
        reading, writing = os.pipe()
        started = time.perf_counter()
        with (logs / "night.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "airflow_local.night_dags", str(writing)],
                env=environment,
                stdout=log,
                stderr=log,
                pass_fds=[writing],
            )
        os.close(writing)
        with os.fdopen(reading) as events:
            ended = [event for event in map(json.loads, events) if event["state"] not in ("running", "task")]
        process.wait()
        if [event["state"] for event in ended] != ["success"] * 3:
            raise SystemExit(f"the DAGs did not end well: {ended}")
        return time.perf_counter() - started


def interactive(lines: int, seed: int) -> dict[str, float]:
    """The check of one workbook, cold and at the second call, and commands that should start at once."""
    with tempfile.TemporaryDirectory(prefix="outcomes-check-", dir="/tmp") as folder, home_over(None) as settings:
        books = Path(folder)
        generate(books, 200, 2, seed)
        book = books / "check.xlsx"
        write_ledger(book, offices(1)[0], lines, seed)
        shutil.copytree(books / "inbox", settings.home / "inbox")
        environment = {"OUTCOMES_HOME": str(settings.home)}
        timed([OUTCOMES, "run"], **environment)
        found = {"check, cold command": timed([OUTCOMES, "check", str(book)], **environment).seconds}
        second = timed([sys.executable, "-m", "benchmark.check_twice", str(book)], **environment)
        found["check, second call"] = json.loads(second.printed)["second"]
        figure = f"{offices(1)[0]}_D_1:2022-2025:2023:expense"
        # No database answers at this address, so what is timed is the way up to asking it.
        nowhere = environment | {"OUTCOMES_WAREHOUSE_URL": "postgresql://127.0.0.1:1/none"}
        for name, command in (("--help", ["--help"]), ("status", ["status"]), ("explain", ["explain", figure])):
            found[f"outcomes {name}, until the database is asked"] = sorted(_start(command, nowhere))[2]
        return found


def _start(command: list[str], environment: dict[str, str]) -> list[float]:
    """Wall seconds of five starts of a command, whatever its exit."""
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([OUTCOMES, *command], env=os.environ | environment, capture_output=True, check=False)
        seconds.append(time.perf_counter() - started)
    return seconds
