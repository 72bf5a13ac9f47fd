"""The benchmark: ours, a peer, the floor and a strong script in turn over a seeded night. `make bench`.

    LINES=1000000 BOOKS=100 ROUNDS=3 SEED=1 PARTS=night,growth,allocation,interactive,airflow python -m benchmark

Prints the tables and writes them to docs/benchmarks.md and docs/benchmarks.json (OUT=folder elsewhere). Exit 0
when all rows are equal, whatever targets are missed; those are printed.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import psutil
from tqdm import tqdm

from benchmark import runs
from benchmark.generate import generate
from benchmark.targets import Line, table

PARTS = ("night", "growth", "allocation", "interactive", "airflow")
READ_CHECK_LOAD = ("notice", "read", "check", "load")
OPEN = "open"  # the start of server and library, in which a night that starts cold begins to read


class Bench:
    """One run of the benchmark: its tables, and whether every comparison of rows held."""

    def __init__(self) -> None:
        env = os.environ.get
        self.lines, self.books = int(env("LINES", "1000000")), int(env("BOOKS", "100"))
        self.rounds, self.seed = int(env("ROUNDS", "3")), int(env("SEED", "1"))
        self.parts = env("PARTS", ",".join(PARTS)).split(",")
        self.tables: list[tuple[str, list[Line]]] = []
        self.is_equal = True
        self.cold: list[float] = []

    def night(self, books: Path) -> None:
        """Peer, floor, strong script, ours cold and ours warm, one after the other, round by round."""
        others, colds, warms = [], [], []
        memory, database = [], []
        with tqdm(total=self.rounds * 3, desc="night", unit="run") as bar:
            for _ in range(self.rounds):
                with runs.home_over(None) as beside:
                    others.append(runs.run_beside(books, beside))
                    bar.update()
                    run, summary, is_equal = runs.cold_night(books / "inbox", beside)
                self.is_equal &= is_equal
                colds.append((run.seconds, summary["seconds"]))
                memory.append(run.memory_mib)
                database.append(run.database_mib)
                bar.update()
                warms.append(runs.warm_nights(books, self.lines, self.books, self.seed))
                bar.update()
        self.cold = [seconds for seconds, _ in colds]
        warm = [one["first"]["seconds"] for one in warms]
        peers, floors = [one.peer for one in others], [one.floor for one in others]
        strong = [one.strong_seconds for one in others]
        floor_s = [sum(one.values()) for one in floors]
        peer_s = [sum(one.values()) for one in peers]
        loaded = [sum(one.values()) - one["allocate"] - one["report"] for one in peers]
        warm_loaded = [sum(one["first"]["phases"][name] for name in READ_CHECK_LOAD) for one in warms]
        cold_loaded = [sum(phases[name] for name in (OPEN, *READ_CHECK_LOAD)) for _, phases in colds]
        changed = [one["one book changed"] for one in warms]
        unchanged = [one["unchanged"] for one in warms]
        limit = max(2.0, 0.05 * Line("", warm).median)
        self.tables.append(
            (
                f"The night of {self.books}",
                [
                    Line("peer: the whole night", peer_s),
                    Line("floor: its stages one after the other", floor_s),
                    Line("strong script: the whole night", strong),
                    Line("ours, started cold", self.cold),
                    Line("ours, in a warm process", warm),
                    Line("read + check + load warm, against the peer", _ratio(loaded, warm_loaded), "x", 15, True),
                    Line("open + read + check + load cold, against it", _ratio(loaded, cold_loaded), "x", 15, True),
                    Line("the whole night cold, against the peer", _ratio(peer_s, self.cold), "x", 10, True),
                    Line("the whole night warm, against the floor", _ratio(warm, floor_s), "x", 1.5),
                    Line("the whole night cold, against the strong script", _ratio(self.cold, strong), "x", 1.5),
                    Line("the whole night warm, against the strong script", _ratio(warm, strong), "x", 1.2),
                    Line("second night, one book changed, warm", [one["seconds"] for one in changed], "s", limit),
                    Line("second night, nothing changed, warm", [one["seconds"] for one in unchanged], "s", 2),
                    Line("rows written when nothing changed", [one["rows_written"] for one in unchanged], "rows", 0),
                    Line("files written when nothing changed", [one["files_written"] for one in unchanged], "files", 0),
                    Line("peak memory of our processes", memory, "MiB", 1536),
                    Line("peak memory of PostgreSQL", database, "MiB"),
                ],
            )
        )
        self._phases("Phases of ours, started cold", [phases for _, phases in colds])
        self._phases("Phases of ours, warm", [one["first"]["phases"] for one in warms])
        self._phases("Phases of ours, one book changed, warm", [one["phases"] for one in changed])
        self._phases("Stages of the floor", floors)
        self._phases("Phases of the strong script", [one.strong for one in others])
        self._phases("Phases of the peer", peers)

    def _phases(self, title: str, found: list[dict[str, float]]) -> None:
        by_name: dict[str, list[float]] = defaultdict(list)
        for one in found:
            for name, seconds in one.items():
                by_name[name].append(seconds)
        self.tables.append((title, [Line(name, seconds) for name, seconds in by_name.items()]))

    def growth(self) -> None:
        """A tenth, three tenths and the whole of the lines, in as many books."""
        measured = []
        for part in tqdm((0.1, 0.3, 1.0), desc="growth", unit="run"):
            with tempfile.TemporaryDirectory(prefix="outcomes-books-", dir="/tmp") as folder:
                generate(Path(folder), int(self.lines * part), self.books, self.seed)
                run, _, _ = runs.cold_night(Path(folder) / "inbox")
            name = f"{int(self.lines * part):,} lines"
            measured += [Line(name, [run.seconds]), Line(f"{name}: memory", [run.memory_mib], "MiB", 1536)]
        grown = measured[-2].median / measured[0].median
        self.tables.append(("Growth", [*measured, Line("10 x the lines, times the time", [grown], "x", 10)]))

    def allocation(self) -> None:
        """Ten times the lines, allocated and compared row by row with integer arithmetic."""
        from benchmark.allocation_reference import measure

        found = measure(self.lines * 10, self.seed)
        self.is_equal &= found["rows_different"] == 0
        self.tables.append(
            (
                f"Allocation of {self.lines * 10:,} expense lines",
                [
                    Line("restate and publish", [found["seconds"]], "s", 20),
                    Line("rows compared", [found["rows_compared"]], "rows"),
                    Line("rows different from the integer reference", [found["rows_different"]], "rows", 0),
                ],
            )
        )

    def interactive(self) -> None:
        found = runs.interactive(self.lines // 10, self.seed)
        limits = {"check, cold command": None, "check, second call": 5.0}
        lines = [Line(name, [seconds], "s", limits.get(name, 0.5)) for name, seconds in found.items()]
        self.tables.append((f"Interactive (one workbook of {self.lines // 10:,} lines)", lines))

    def airflow(self, books: Path) -> None:
        nights, plain = [], []
        for _ in tqdm(range(self.rounds), desc="airflow", unit="run"):
            nights.append(runs.airflow_night(books / "inbox"))
            plain.append(runs.cold_night(books / "inbox")[0].seconds)
        more = [ours - bare for ours, bare in zip(nights, plain, strict=True)]
        limit = max(10.0, 0.25 * Line("", plain).median)
        self.tables.append(
            (
                "What Airflow adds",
                [
                    Line("the night by the DAGs", nights),
                    Line("the night by outcomes run", plain),
                    Line("more", more, "s", limit),
                ],
            )
        )

    def run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="outcomes-books-", dir="/tmp") as folder:
            books = Path(folder)
            if {"night", "airflow"} & set(self.parts):
                print(f"Making {self.books} workbooks of {self.lines // self.books:,} lines", flush=True)
                generate(books, self.lines, self.books, self.seed)
            if "night" in self.parts:
                self.night(books)
                self.write()
            if "airflow" in self.parts:
                self.airflow(books)
                self.write()
        for part in ("interactive", "growth", "allocation"):
            if part in self.parts:
                getattr(self, part)()
                self.write()

    def write(self) -> None:
        """The tables so far: a run that is stopped keeps what it has measured."""
        folder = Path(os.environ.get("OUT", "docs"))
        folder.mkdir(parents=True, exist_ok=True)
        text = "\n".join(table(title, lines) for title, lines in self.tables)
        intro = (
            "# Benchmarks\n\nMade by `make bench`; see `include/benchmark/`. A cold night is the command "
            "`outcomes run` over an empty home: its warehouse is unpacked (`make setup` packs a blank one) and its "
            "server started in that time, and builders read ahead while money is allocated. Phases are seconds on "
            "the clock, one after the other, but for answers, which are written while the database allocates; "
            "files that are checked by themselves while others are read count as read, and what is read while server "
            "and library start as open. The lines of the readers "
            "are of both together: to scan takes a sheet apart, to convert makes typed columns of it.\n\n"
        )
        (folder / "benchmarks.md").write_text(f"{intro}{self.head()}\n\n{text}")
        found: dict[str, Any] = {title: [line.as_dict() for line in lines] for title, lines in self.tables}
        (folder / "benchmarks.json").write_text(json.dumps({"run": self.head(), "tables": found}, indent=1) + "\n")

    def head(self) -> str:
        memory = psutil.virtual_memory().total / 1024**3
        return (
            f"{date.today().isoformat()}: {self.lines:,} lines in {self.books} workbooks, {self.rounds} rounds, "
            f"seed {self.seed}; {os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, "
            f"Python {platform.python_version()}. Rows {'equal' if self.is_equal else 'DIFFER'}."
        )


def _ratio(parts: list[float], wholes: list[float]) -> list[float]:
    return [part / whole for part, whole in zip(parts, wholes, strict=True)]


def main() -> int:
    bench = Bench()
    bench.run()
    print(f"\n{bench.head()}\n")
    for title, lines in bench.tables:
        print(table(title, lines))
    missed = [line.name for _, lines in bench.tables for line in lines if line.is_missed]
    print("Missed: " + "; ".join(missed) if missed else "Every target is met.")
    return 0 if bench.is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
