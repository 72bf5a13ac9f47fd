"""What is loaded before there is work: what a scheduler parses each half minute, what a command waits for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import OFFICES, Nights

DAGS = Path(__file__).resolve().parents[2] / "dags"
HEAVY = {
    "airflow", "alembic", "altair", "fastexcel", "great_expectations", "jinja2", "numpy", "openpyxl", "pandas",
    "polars", "pyarrow", "scipy", "xlsxwriter",
}  # fmt: skip
_OF_A_DAG = """
import airflow.sdk, importlib.util, json, sys
before = set(sys.modules)
spec = importlib.util.spec_from_file_location("parsed", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(json.dumps(sorted(set(sys.modules) - before)))
"""
_OF_A_COMMAND = """
import json, sys
from outcome_reporting import cli
try:
    code = cli.main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def _command(*arguments: str, **environment: str) -> tuple[int, set[str]]:
    """The exit code of a command in a process of its own, and the packages that it had loaded by its end."""
    run = subprocess.run(
        [sys.executable, "-c", _OF_A_COMMAND, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(run.stderr.splitlines()[-1])
    return code, {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("dag", sorted(DAGS.glob("*.py")), ids=lambda path: path.stem)
def test_parsing_a_dag_loads_little_beside_airflow(dag: Path, tmp_path: Path) -> None:
    environment = os.environ | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    command = [sys.executable, "-c", _OF_A_DAG, str(dag)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    loaded = json.loads(run.stdout.splitlines()[-1])
    # measured: croniter and packaging, which are Airflow's own
    assert {name.partition(".")[0] for name in loaded} - {"airflow", "outcome_reporting"} <= {"croniter", "packaging"}
    ours = {name for name in loaded if name.startswith("outcome_reporting.") and ".domain" not in name}
    assert ours <= {
        "outcome_reporting.contracts", "outcome_reporting.contracts.load", "outcome_reporting.settings",
        "outcome_reporting.workflows", "outcome_reporting.workflows.chain", "outcome_reporting.workflows.house",
    }  # fmt: skip


def test_help_loads_nothing_but_the_standard_library() -> None:
    code, packages = _command("--help")
    assert code == 0
    assert packages - set(sys.stdlib_module_names) <= {"__main__", "_distutils_hack", "outcome_reporting"}


@pytest.mark.parametrize("command", ["status", "explain"])
def test_a_question_to_the_warehouse_loads_nothing_that_only_a_night_needs(nights: Nights, command: str) -> None:
    figure = [f"{OFFICES[0]}_D_1:2022-2025:2023:expense"] if command == "explain" else []
    code, packages = _command(command, *figure, OUTCOMES_HOME=str(nights.home.path))
    assert code == 0
    assert "psycopg" in packages and not packages & {*HEAVY, "sqlalchemy"}
