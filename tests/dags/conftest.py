"""An Airflow of its own for these tests, in a temporary folder; set before Airflow is imported."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
_AIRFLOW_HOME = tempfile.mkdtemp(prefix="airflow-", dir="/tmp")
os.environ.update(
    {
        "AIRFLOW_HOME": _AIRFLOW_HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_AIRFLOW_HOME}/airflow.db",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__API_AUTH__JWT_SECRET": "t" * 64,
        "AIRFLOW__API__BASE_URL": "http://testserver",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
)


@pytest.fixture(scope="session")
def airflow_database() -> Iterator[None]:
    """A migrated metadata database; its folder goes with the session."""
    import shutil

    subprocess.run([str(Path(sys.executable).with_name("airflow")), "db", "migrate"], check=True, capture_output=True)
    yield
    shutil.rmtree(_AIRFLOW_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def dags(airflow_database: None) -> dict:
    """Our DAGs by id, as Airflow parses them; never empty, never with an import error."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(PROJECT / "dags"))
    assert bag.dags, "the bag is empty"
    assert bag.import_errors == {}
    return bag.dags
