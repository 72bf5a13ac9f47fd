"""One night by the real DAGs, in one process: `dag.test()` runs each, this module hands on the asset events.

    python -m airflow_local.night_dags <file descriptor>

Needs a migrated metadata database and the variables of `environment.py`. Writes one JSON line to the
descriptor as each run starts and ends: dag, year, state, failed tasks, summary. Airflow's own log goes to
standard output.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

SUMMARY_TASKS = {"intake": "close", "allocation": "restate", "outcome_reports": "build"}


def run_night(reports_to: TextIO) -> None:
    """Intake, then allocation for each fiscal year it announced, then the reports when a year was allocated."""
    from airflow.dag_processing.dagbag import DagBag

    dags = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags

    def run(dag_id: str, year: str | None = None) -> set[str]:
        say(reports_to, dag=dag_id, year=year, state="running")
        conf = {"fiscal_year": int(year)} if year else None
        finished = dags[dag_id].test(run_conf=conf)
        failed = [task.task_id for task in finished.get_task_instances() if str(task.state) == "failed"]
        summary = returned(dag_id, finished.run_id)
        say(reports_to, dag=dag_id, year=year, state=str(finished.state), failed=failed, summary=summary)
        return announced(dag_id, finished.run_id)

    allocated: set[str] = set()
    for year in sorted(run("intake")):
        allocated |= run("allocation", year)
    if allocated:
        run("outcome_reports")


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
