"""Run the benchmark and print its table; exit 0 when both give the same sums.

LINES=1000000 BOOKS=100 ROUNDS=3 SEED=1 python -m benchmark
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from tqdm import tqdm

from benchmark.generate import generate
from outcome_reporting.settings import load_settings
from outcome_reporting.warehouse.server import connect, stop_server, warehouse_url


def timed(command: list[str], **environment: str) -> tuple[float, str]:
    """Wall seconds of a whole process, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start, done.stdout


def one_round(source: Path, times: dict[str, list[float]], bar: tqdm) -> bool:
    """Ours cold, ours again with nothing changed, the peer; whether the sums of both are equal."""
    home = Path(tempfile.mkdtemp(prefix="outcomes-bench-", dir="/tmp"))
    home.chmod(0o755)
    shutil.copytree(source / "inbox", home / "inbox")
    settings = load_settings({"OUTCOMES_HOME": str(home)})
    url = warehouse_url(settings)
    outcomes = [str(Path(sys.executable).with_name("outcomes")), "run"]
    try:
        for name in ("the night, started cold", "a second night, nothing changed (cold)"):
            times.setdefault(name, []).append(timed(outcomes, OUTCOMES_HOME=str(home))[0])
            bar.update()
        seconds, printed = timed([sys.executable, "-m", "benchmark.peer", str(source), url])
        times.setdefault("peer: read, check, load, sum", []).append(seconds)
        bar.update()
        with connect(settings).connect() as connection:
            found = connection.exec_driver_sql(
                "select outcome, sum(expense_usd) from report.outcome_resources group by 1"
            )
            ours = {outcome: str(total) for outcome, total in found}
        wanted = {outcome: f"{Decimal(total):.2f}" for outcome, total in json.loads(printed).items()}
        return ours == wanted
    finally:
        stop_server(settings)
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    lines, books = int(os.environ.get("LINES", "1000000")), int(os.environ.get("BOOKS", "100"))
    rounds, seed = int(os.environ.get("ROUNDS", "3")), int(os.environ.get("SEED", "1"))
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="outcomes-books-", dir="/tmp") as folder:
        generate(Path(folder), lines, books, seed)
        with tqdm(total=rounds * 3, desc="bench", unit="run") as bar:
            equal = [one_round(Path(folder), times, bar) for _ in range(rounds)]
    is_equal = all(equal)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\n{lines:,} lines in {books} workbooks, {rounds} rounds, seed {seed}, {os.cpu_count()} cores\n")
    print("| run | median s | range |\n|---|---|---|")
    for name, seconds in times.items():
        print(f"| {name} | {statistics.median(seconds):.1f} | {min(seconds):.1f}-{max(seconds):.1f} |")
    print(f"\nLargest process {peak:,.0f} MiB. Sums by outcome {'equal' if is_equal else 'DIFFER'}.")
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
