"""What Airflow is told on one machine, in one place; `docker-compose.yaml` says the same for containers."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import replace
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.server import warehouse_url

PROJECT = Path(__file__).resolve().parents[2]
METADATA_DATABASE = "airflow"
USER = "admin"


def airflow_home(settings: Settings) -> Path:
    return settings.folder("airflow")


def metadata_url(settings: Settings) -> str:
    """SQLAlchemy URL of Airflow's own database in the embedded server, made when missing.

    The calling process holds the server from now on. A warehouse elsewhere is left alone.
    """
    server = warehouse_url(replace(settings, warehouse_url=""))
    with psycopg.connect(server, autocommit=True) as connection:
        known = "select 1 from pg_database where datname = %s"
        if connection.execute(known, [METADATA_DATABASE]).fetchone() is None:
            connection.execute(f"create database {METADATA_DATABASE}")
    url = make_url(server).set(drivername="postgresql+psycopg", database=METADATA_DATABASE)
    return url.render_as_string(hide_password=False)


def airflow_environment(settings: Settings, database_url: str) -> dict[str, str]:
    """Every variable that differs from Airflow's defaults, each with its reason. What is set already wins."""
    home = airflow_home(settings)
    secret = _secrets(home)
    port = os.environ.get("AIRFLOW__API__PORT", "8080")
    wanted = {
        "AIRFLOW_HOME": str(home),
        "OUTCOMES_HOME": str(settings.home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",  # the nightly chain works from the start
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",  # the default forks 32 workers
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database_url,  # psycopg speaks both
        # Tasks are forked from a process that has the heavy libraries already: seconds less for each.
        "AIRFLOW__SCHEDULER__MP_START_METHOD": "forkserver",
        "AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD": "airflow.executors.local_executor,airflow_local.preload",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # at 5 a short task holds its slot for 5 s
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__API__SECRET_KEY": secret["api"],
        "AIRFLOW__API_AUTH__JWT_SECRET": secret["jwt"],
        "AIRFLOW__CORE__FERNET_KEY": secret["fernet"],
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {name: os.environ.get(name, value) for name, value in wanted.items()}


def admin_password(settings: Settings) -> str:
    """The password of this home's `admin`, written where Airflow's simple login looks for it."""
    home = airflow_home(settings)
    password = _secrets(home)["password"]
    _write_private(home / "simple_auth_manager_passwords.json.generated", json.dumps({USER: password}))
    return password


def _secrets(home: Path) -> dict[str, str]:
    """Made once for each home, readable by its owner alone."""
    path = home / "secrets.json"
    if not path.exists():
        made = {
            "api": secrets.token_hex(32),
            "jwt": secrets.token_hex(64),
            "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "password": secrets.token_urlsafe(12),
        }
        _write_private(path, json.dumps(made))
    return json.loads(path.read_text())


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as file:
        file.write(text)
