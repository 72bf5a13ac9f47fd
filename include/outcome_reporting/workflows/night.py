"""The whole night in one process, in the order in which the DAGs run it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from functools import cache
from typing import Any

from outcome_reporting.settings import Settings
from outcome_reporting.workflows.clock import Clock
from outcome_reporting.workflows.garbage import seldom_collecting
from outcome_reporting.workflows.house import begin_starting_server, migrate_warehouse
from outcome_reporting.workflows.reading_ahead import ReadingAhead
from outcome_reporting.workflows.run_folder import begin_night
from outcome_reporting.workflows.warming import begin_warming


@seldom_collecting()
def run_night(settings: Settings, progress: bool = False) -> dict[str, Any]:
    """Intake, allocation, reports; the summary of all three. `is_bad` when a file stands rejected or a cent
    does not reconcile. Running it twice with nothing dropped in between changes nothing.
    """
    clock = Clock()
    run_id = begin_night(settings)
    begin_starting_server(settings)
    with clock("notice"):
        begun = ReadingAhead(settings, run_id)
    with begun:
        with clock("open"):
            begin_warming(begun.jobs())
            # imported here, for a third of a second in which the server starts and the first files are read
            from outcome_reporting.warehouse.server import begin_checkpoint
            from outcome_reporting.workflows import allocation, intake, reports

            migrate_warehouse(settings)
        with clock("notice"):
            files = intake.notice_files(settings, run_id, begun)
        ahead = intake.check_ahead(settings, run_id)  # what is checked while files are read counts as reading
        with clock("read"), _Bar("read", len(files), progress) as bar:
            intake.read_files(settings, run_id, files, on_file=bar, ahead=ahead, clock=clock, begun=begun)
    # Answers are written in a thread of their own while the database writes, and whatever becomes of it: their seconds
    # are not on top. Builders come up while files are judged and loaded, which leaves cores idle.
    with ThreadPoolExecutor(1) as beside, reports.builders_ahead(len(files)):
        with clock("check"):
            accepted = intake.judge_files(settings, run_id, ahead)
        with clock("load"), _Bar("load", len(accepted), progress) as bar:
            intake.load_files(settings, run_id, accepted, on_file=bar)

        @cache
        def answered() -> Future[dict[str, Any]]:
            return beside.submit(_answer, settings, run_id, clock)

        def once_read(snapshot_at: datetime, run_date: date, offices: list[str]) -> None:
            reports.read_ahead(settings, snapshot_at, run_date, offices)
            answered()

        try:
            with clock("allocate"):
                restated = allocation.restate(settings, clock=clock, once_read=once_read)
        finally:
            answered()
        summary = answered().result()
        with clock("report"), _Bar("report", None, progress) as bar:
            is_due = reports.pending_reports(settings)
            if is_due:
                begin_checkpoint(settings)  # beside the reports, else the end of the command waits for it
            built = reports.build_reports(settings, on_outcome=bar) if is_due else _NO_REPORTS
    is_bad = summary["is_bad"] or restated["is_bad"] or built["is_bad"]
    release = str(settings.home / "reports" / "site" / "index.html")
    return {
        "intake": summary,
        "allocation": restated,
        "reports": {"release": release} | built,
        "is_bad": is_bad,
        "seconds": clock.seconds,
    }


def _answer(settings: Settings, run_id: str, clock: Clock) -> dict[str, Any]:
    from outcome_reporting.workflows import intake

    with clock("answer"):
        intake.answer_files(settings, run_id)
        return intake.close_night(settings, run_id)


_NO_REPORTS: dict[str, Any] = {"reports": 0, "files_written": 0, "problems": [], "is_bad": False}


def describe(summary: dict[str, Any]) -> str:
    """The night in a few lines for a person."""
    intake_part, allocated, built = summary["intake"], summary["allocation"], summary["reports"]
    years = ", ".join(map(str, allocated["years"]))
    lines = [
        f"Files accepted    {intake_part['accepted']}",
        f"Files rejected    {intake_part['rejected']}",
        f"Files identical   {intake_part['identical']}",
        f"Rows loaded       {intake_part['rows']:,}, {intake_part['held']} held",
        f"USD loaded        {float_free(intake_part['usd'])}",
        f"Years restated    {years or 'none'}; {allocated['rows_changed']} rows changed",
        f"Reports           {built['reports']}, {built['files_written']} files written",
        f"Reconciliation    difference {allocated['reconciliation_difference']}",
        f"Look at           {built['release']}",
    ]
    lines += [f"  {name} was rejected" for name in intake_part["rejected_files"]]
    if allocated["largest_changes"]:
        lines.append(f"Figures changed   {allocated['figures_changed']:,}; the largest totals:")
        lines += [f"  {change['words']}" for change in allocated["largest_changes"]]
    return "\n".join(lines + [f"  {problem}" for problem in allocated["problems"] + built["problems"]])


def float_free(amount: str) -> str:
    """An exact decimal text with commas between thousands."""
    from decimal import Decimal

    return f"{Decimal(amount):,.2f}"


class _Bar:
    """A progress bar on stderr while a step runs; nothing when no progress is wanted."""

    def __init__(self, what: str, total: int | None, is_shown: bool) -> None:
        self.what, self.total, self.is_shown = what, total, is_shown
        self.bar: Any = None

    def __enter__(self) -> Callable[[str], None]:
        if self.is_shown:
            from tqdm import tqdm

            self.bar = tqdm(total=self.total, desc=f"{self.what:<8}", unit="", leave=True)
        return self._step

    def _step(self, _name: str) -> None:
        if self.bar is not None:
            self.bar.update(1)

    def __exit__(self, *_exception: object) -> None:
        if self.bar is not None:
            self.bar.close()
