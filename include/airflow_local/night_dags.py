"""One night by the real DAGs, in one process: `dag.test()` runs each, this module hands on the asset events.

    python -m airflow_local.night_dags <file descriptor>

Needs a migrated metadata database and the variables of `environment.py`. Writes one JSON line to the
descriptor as each run or task starts and as each run ends: dag, state, task, failed tasks, summary. Airflow's own
log goes to standard output.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any, TextIO

# In the order of the night: each DAG reacts to the asset of the one before.
SUMMARY_TASKS = {"intake": "close", "allocation": "restate", "outcome_reports": "build"}


def run_night(reports_to: TextIO) -> None:
    """Intake; allocation when a fiscal year was announced; the reports when one was allocated."""
    from airflow.dag_processing.dagbag import DagBag

    logging.getLogger("airflow.sdk.definitions.dag").addHandler(TaskStarts(reports_to))
    dags = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags

    for dag_id in SUMMARY_TASKS:
        say(reports_to, dag=dag_id, state="running")
        finished = dags[dag_id].test()
        failed = [task.task_id for task in finished.get_task_instances() if str(task.state) == "failed"]
        summary = returned(dag_id, finished.run_id)
        say(reports_to, dag=dag_id, state=str(finished.state), failed=failed, summary=summary)
        if not announced(dag_id, finished.run_id):
            return


class TaskStarts(logging.Handler):
    """Hands on the task that `dag.test()` says it starts."""

    def __init__(self, reports_to: TextIO) -> None:
        super().__init__()
        self.reports_to = reports_to

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage().partition("[DAG TEST] starting task_id=")[2]
        if words:
            say(self.reports_to, state="task", task=words.split()[0])


def say(reports_to: TextIO, **event: Any) -> None:
    print(json.dumps(event), file=reports_to, flush=True)


def announced(dag_id: str, run_id: str) -> set[str]:
    """The partitions (fiscal years) of the asset events that a run has put out."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(AssetEvent.partition_key).where(
        AssetEvent.source_dag_id == dag_id, AssetEvent.source_run_id == run_id
    )
    with create_session() as session:
        return {key for key in session.scalars(query) if key}


def returned(dag_id: str, run_id: str) -> dict[str, Any] | None:
    """What the summary task of a run returned; None when it did not run."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    query = XComModel.get_many(
        run_id=run_id, key="return_value", task_ids=SUMMARY_TASKS[dag_id], dag_ids=dag_id, limit=1
    )
    with create_session() as session:
        row = session.scalars(query).first()
        return XComModel.deserialize_value(row) if row is not None else None


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "w") as pipe:
        run_night(pipe)
