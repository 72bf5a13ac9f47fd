"""Nights in a process that has already done one: what a worker that stays up sees.

    python -m benchmark.warm HOME SMALL_HOME BOOK

Runs a night over SMALL_HOME (imports, caches), the first night over HOME, one with nothing changed, and one
after BOOK has been put into the finance folder. Prints one line of JSON: for each the seconds, its phases, rows
written by the database's own counters, and files of the home written.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from outcome_reporting.settings import Settings, load_settings
from outcome_reporting.warehouse.server import stop_server
from outcome_reporting.workflows.house import connect
from outcome_reporting.workflows.night import run_night


def timed_night(settings: Settings) -> dict[str, Any]:
    rows, files = rows_written(settings), files_of(settings.home)
    started = time.perf_counter()
    summary = run_night(settings)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "phases": summary["seconds"],
        "rows_written": rows_written(settings) - rows,
        "files_written": len(files_of(settings.home) - files),
        "is_bad": summary["is_bad"],
    }


def rows_written(settings: Settings) -> int:
    """Rows inserted, updated and deleted since the warehouse began, by PostgreSQL's own counters; 0 before it is."""
    query = "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables"
    with connect(settings).connect() as connection:
        connection.exec_driver_sql("select pg_stat_force_next_flush()")
        return int(connection.exec_driver_sql(query).scalar_one())


def files_of(home: Path) -> set[tuple[int, int]]:
    """Every file of the home but the database's own, by number and time: a further link to a file is no other one."""
    files = (path for path in home.rglob("*") if path.is_file() and path.relative_to(home).parts[0] != "warehouse")
    return {(path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def main(home: Path, small: Path, book: Path) -> None:
    results = {}
    settings = load_settings({"OUTCOMES_HOME": str(home)})
    try:
        run_night(load_settings({"OUTCOMES_HOME": str(small)}))
        results["first"] = timed_night(settings)
        results["unchanged"] = timed_night(settings)
        shutil.copy(book, home / "inbox" / "finance" / book.name)
        results["one book changed"] = timed_night(settings)
        results["unchanged again"] = timed_night(settings)
    finally:
        stop_server(load_settings({"OUTCOMES_HOME": str(small)}))
    print(json.dumps(results))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
