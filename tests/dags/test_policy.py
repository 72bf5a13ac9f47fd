"""What every DAG of this project keeps, whatever it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DAG_IDS = {"intake", "allocation", "outcome_reports"}


def test_the_bag_holds_our_dags(dags):
    assert set(dags) == DAG_IDS


def test_a_file_is_named_after_its_dag(dags):
    for dag_id, dag in dags.items():
        assert Path(dag.fileloc).stem == dag_id


def test_the_docstring_is_the_runbook(dags):
    for dag in dags.values():
        assert all(heading in dag.doc_md for heading in ("Reads:", "Writes:", "If red:")), dag.dag_id
        assert dag.doc_md.splitlines()[0].endswith("."), dag.dag_id


def test_tags_come_from_the_list(dags):
    from outcome_reporting.workflows.chain import Tag

    for dag in dags.values():
        assert dag.tags
        assert dag.tags <= {str(tag) for tag in Tag}


def test_every_task_has_our_owner_and_knows_whether_it_retries(dags):
    from outcome_reporting.workflows.chain import OWNER

    never_retried = {("intake", "verdict"), ("allocation", "verify"), ("outcome_reports", "verify")}
    for dag in dags.values():
        for task in dag.tasks:
            assert task.owner == OWNER
            if (dag.dag_id, task.task_id) in never_retried:
                assert task.retries == 0
            else:
                assert task.retries >= 1
                assert task.retry_exponential_backoff


def test_runs_do_not_pile_up(dags):
    for dag in dags.values():
        assert dag.max_active_runs == 1
        assert not dag.catchup


def test_the_dags_readme_lists_every_dag(dags):
    text = (PROJECT / "dags" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{dag_id}`" in text for dag_id in dags)


def test_dags_serialize(dags):
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in dags.values():
        assert DagSerialization.to_dict(dag)["dag"]["dag_id"] == dag.dag_id


def test_parsing_imports_nothing_heavy():
    """A DAG file is parsed every minute: pandas and its like are imported by tasks, when they run."""
    program = """
import sys
sys.path[:0] = [{dags!r}, {plugins!r}]
import allocation, intake, outcome_reports, report_site, run_notes
heavy = {{"pandas", "great_expectations", "pyarrow", "fastexcel", "openpyxl", "psycopg", "fastapi"}}
print(sorted(heavy & set(sys.modules)))
""".format(dags=str(PROJECT / "dags"), plugins=str(PROJECT / "plugins"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
