"""`make demo`: sample workbooks, one night by the real DAGs, and whether the night did what it should.

Exit 0 exactly when every good workbook is in, every deliberately bad one was rejected for the rules that
`include/samples/bad/expected.json` names, no other task was red, and the difference is 0.00.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from airflow_local.environment import PROJECT, airflow_environment, metadata_url
from airflow_local.services import migrate
from outcome_reporting.settings import Settings, load_settings

SAMPLES = PROJECT / "include" / "samples"


@dataclass
class Night:
    """What the runs said: every finished run, and the summaries by DAG."""

    runs: list[dict[str, Any]] = field(default_factory=list)

    def summaries(self, dag_id: str) -> list[dict[str, Any]]:
        return [run["summary"] for run in self.runs if run["dag"] == dag_id and run["summary"]]


def main() -> int:
    settings = load_settings()
    started = time.monotonic()
    logs = settings.folder("logs")
    database_url = metadata_url(settings)
    environment = {**os.environ, **airflow_environment(settings, database_url)}
    print(f"One night in {settings.home}")
    try:
        with step("databases to their newest version, sample workbooks into inbox/"):
            samples = make_samples(settings, environment, logs)
            migrate(environment, logs)
            if samples.wait():
                raise subprocess.CalledProcessError(samples.returncode, f"the samples failed, see {logs}/samples.log")
        night = run_night(environment, logs)
    except subprocess.CalledProcessError as error:
        print(f"\nThe night could not run: {error.cmd}")
        return 1
    problems = judge(settings, night)
    show(settings, night, problems, time.monotonic() - started)
    return 1 if problems else 0


class step:
    """Says what is being done and how long it took."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __enter__(self) -> None:
        self.started = time.monotonic()
        print(f"  {self.words} ...", end="", flush=True)

    def __exit__(self, *_: object) -> None:
        print(f" {time.monotonic() - self.started:.1f} s", flush=True)


def make_samples(settings: Settings, environment: dict[str, str], logs: Path) -> subprocess.Popen:
    command = [sys.executable, str(SAMPLES / "make_samples.py"), "--out", str(settings.home), "--bad"]
    with (logs / "samples.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def run_night(environment: dict[str, str], logs: Path) -> Night:
    """Runs the DAGs in a process of their own, which logs to `logs/night.log`, and shows what it reports."""
    night = Night()
    reading, writing = os.pipe()
    with (logs / "night.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow_local.night_dags", str(writing)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[writing],
        )
    os.close(writing)
    started = time.monotonic()
    with os.fdopen(reading) as events:
        for event in map(json.loads, events):
            if event["state"] == "running":
                started = time.monotonic()
                print(f"  DAG {event['dag']}:", end="", flush=True)
            elif event["state"] == "task":
                print(f" {event['task']}", end="", flush=True)
            else:
                night.runs.append(event)
                print(f": {color(event)}, {time.monotonic() - started:.1f} s", flush=True)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, f"the DAGs failed, see {logs}/night.log")
    return night


def color(run: dict[str, Any]) -> str:
    if run["state"] == "success":
        return "green"
    meant = ", as it must be while bad workbooks lie there" if is_red_as_meant(run) else ""
    return f"red at {', '.join(run['failed'])}{meant}"


def is_red_as_meant(run: dict[str, Any]) -> bool:
    return (run["dag"], run["failed"]) == ("intake", ["verdict"])


def judge(settings: Settings, night: Night) -> list[str]:
    """What the night did otherwise than it should; empty when all is well."""
    problems = [
        f"DAG {run['dag']}: red at {', '.join(run['failed']) or run['state']}"
        for run in night.runs
        if run["state"] != "success" and not is_red_as_meant(run)
    ]
    if not night.summaries("intake"):
        return [*problems, "the intake has no summary"]
    problems += judge_verdicts(settings, night.summaries("intake")[-1])
    problems += [
        f"year {summary['years']}: difference {summary['reconciliation_difference']} USD"
        for summary in night.summaries("allocation")
        if summary["is_bad"] or summary["reconciliation_difference"] != "0.00"
    ]
    if difference(settings):
        problems.append(f"the reconciliation of files is off by {difference(settings)} USD")
    if not pages(settings):
        problems.append("no report page is released")
    return problems


def judge_verdicts(settings: Settings, summary: dict[str, Any]) -> Iterator[str]:
    """Rejected must be exactly the bad samples, each for the rules it was made for."""
    expected = json.loads((SAMPLES / "bad" / "expected.json").read_text(encoding="utf-8"))
    must = {case["file"] for case in expected if case["verdict"] == "rejected"}
    may = {case["file"] for case in expected if case["verdict"] == "either"}
    rejected = set(summary["rejected_files"])
    yield from (f"{name} should have been rejected" for name in sorted(must - rejected))
    yield from (f"{name} should have been accepted" for name in sorted(rejected - must - may))
    for case in expected:
        if case["file"] in rejected & must:
            found = rules_of_last_answer(settings, case["source"], case["file"])
            missing = sorted(set(case["rules"]) - found)
            if missing:
                yield f"{case['file']}: rejected, but its answer lacks {', '.join(missing)}"


def rules_of_last_answer(settings: Settings, source: str, file_name: str) -> set[str]:
    """The rules that the newest answer to a file names; empty when there is none."""
    newest: tuple[str, set[str]] = ("", set())
    for twin in (settings.home / "answers" / source).glob("*.json"):
        answer = json.loads(twin.read_text(encoding="utf-8"))
        if answer["file"] == file_name and answer["at"] > newest[0]:
            newest = (answer["at"], {finding["rule"] for finding in answer.get("findings", [])})
    return newest[1]


def difference(settings: Settings) -> Decimal:
    """Dollars by which any accepted file differs from what is loaded and held, summed without signs."""
    from sqlalchemy import text

    from outcome_reporting.workflows import connect

    query = text("select coalesce(sum(abs(difference_usd)), 0.00) from report.reconciliation")
    with connect(settings).connect() as connection:
        return connection.execute(query).scalar_one()


def pages(settings: Settings) -> int:
    return sum(1 for _ in (settings.home / "reports" / "site").rglob("index.html"))


def show(settings: Settings, night: Night, problems: list[str], seconds: float) -> None:
    summary = (night.summaries("intake") or [{}])[-1]
    allocated = night.summaries("allocation")
    released = night.summaries("outcome_reports")
    lines = {
        "files accepted": summary.get("accepted", "?"),
        "files identical": f"{summary.get('identical', '?')} (loaded on an earlier night)",
        "files rejected": f"{summary.get('rejected', '?')} (wrong on purpose: include/samples/bad)",
        "rows loaded": summary.get("rows", "?"),
        "USD loaded": summary.get("usd", "?"),
        "years allocated": ", ".join(map(str, allocated[-1]["years"])) if allocated else "none (nothing changed)",
        "reports built": released[-1]["reports"] if released else "0 (nothing changed)",
        "report pages": pages(settings),
        "difference": f"{difference(settings):.2f} USD between files, warehouse and reports",
    }
    print()
    for name, value in lines.items():
        print(f"  {name:<16} {value}")
    print(f"\n  reports          {settings.home}/reports/site/index.html")
    print(f"  answers          {settings.home}/answers/")
    print("  in Airflow       make up")
    for problem in problems:
        print(f"\nNot as it should be: {problem}")
    outcome = "did NOT do what it should" if problems else "did what it should"
    print(f"\nThe night {outcome}, in {seconds:.0f} s.")


if __name__ == "__main__":
    sys.exit(main())
