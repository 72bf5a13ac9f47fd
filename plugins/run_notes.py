"""Writes what a run did as its note, so that the list of runs reads like a diary."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from airflow_inner import describe_run

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

log = logging.getLogger(__name__)


def night_note(summary: dict[str, Any]) -> str:
    lines = [
        f"{summary['accepted']} files accepted, {summary['rejected']} rejected, "
        f"{summary['identical']} identical; {summary['rows']} rows, {summary['usd']} USD."
    ]
    return "\n".join([*lines, *(f"- {finding}" for finding in summary["findings"])])


def allocation_note(summary: dict[str, Any]) -> str:
    years = ", ".join(str(year) for year in summary["years"])
    lines = [
        f"Years {years}: {summary['rows_changed']} rows changed, difference {summary['reconciliation_difference']} USD."
    ]
    return "\n".join([*lines, *(f"- {change['words']}" for change in summary.get("largest_changes", ()))])


def reports_note(summary: dict[str, Any]) -> str:
    return f"{summary['reports']} reports, {summary['files_written']} files written."


# DAG -> the task whose return value is the run's summary, and how it reads
NOTES: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "intake": ("close", night_note),
    "allocation": ("restate", allocation_note),
    "outcome_reports": ("build", reports_note),
}


class RunNotes:
    """A listener; it runs in the scheduler, inside the transaction that ends the run."""

    @hookimpl
    def on_dag_run_success(self, dag_run: DagRun, msg: str) -> None:
        self._write(dag_run)

    @hookimpl
    def on_dag_run_failed(self, dag_run: DagRun, msg: str) -> None:
        self._write(dag_run)

    def _write(self, dag_run: DagRun) -> None:
        if dag_run.dag_id not in NOTES:
            return
        try:
            describe_run(dag_run, *NOTES[dag_run.dag_id])
        except Exception:  # a note is never worth the run
            log.exception("No note for %s", dag_run.run_id)


class RunNotesPlugin(AirflowPlugin):
    name = "run_notes"
    listeners = [RunNotes()]  # noqa: RUF012 (Airflow's own form)
