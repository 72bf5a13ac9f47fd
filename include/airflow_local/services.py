"""`make up` and `make down`: Airflow's services and the embedded PostgreSQL as processes on 127.0.0.1."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from airflow_local import processes
from airflow_local.environment import (
    PROJECT,
    USER,
    admin_password,
    airflow_environment,
    metadata_url,
)
from outcome_reporting.settings import Settings, load_settings

SERVICES = ["api-server", "scheduler", "dag-processor", "triggerer"]
BIN = Path(sys.executable).parent
READY_SECONDS = 120


def up(settings: Settings) -> int:
    """Starts everything and waits until it is healthy. Exit 0 when it is, 1 with one line when not."""
    run, logs = settings.folder("run"), settings.folder("logs")
    if any(processes.find(name, run) for name in [*SERVICES, "database"]):
        print("Airflow is running already (make down ends it).")
        return _show(settings)
    database_url = metadata_url(settings)  # holds the server until the holder below has it
    environment = {**os.environ, **airflow_environment(settings, database_url)}
    port = int(environment["AIRFLOW__API__PORT"])
    if _is_taken(port):
        print(f"Port {port} is taken by another program; free it, or choose: AIRFLOW__API__PORT=8090 make up")
        return 1
    processes.start("database", [sys.executable, "-m", "airflow_local.services", "hold"], environment, run, logs)
    admin_password(settings)
    print("Bringing both databases to their newest version")
    try:
        migrate(environment, logs)
    except subprocess.CalledProcessError as error:
        print(error.cmd)
        down(settings)
        return 1
    print("Starting Airflow's services", end="", flush=True)
    for name in SERVICES:
        processes.start(name, [str(BIN / "airflow"), name], environment, run, logs)
    problem = _wait_until_ready(port, run)
    if problem:
        print(f"\n{problem} Its log: {logs}/")
        down(settings)
        return 1
    print()
    return _show(settings)


def down(settings: Settings) -> int:
    """Ends what `up` started, the database last. Nothing running is no error."""
    run = settings.folder("run")
    ended = processes.end(SERVICES, run) + processes.end(["database"], run)
    print(f"Ended: {', '.join(ended)}." if ended else "Nothing was running.")
    return 0


def hold(settings: Settings) -> int:
    """Keeps the embedded PostgreSQL alive until SIGTERM: tasks come and go, the server stays."""
    metadata_url(settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        signal.pause()


def migrate(environment: dict[str, str], logs: Path) -> None:
    """Airflow's database and the warehouse, side by side. Raises CalledProcessError; the log says why.

    Airflow's is skipped when this version of Airflow has already done it.
    """
    commands = {"migrate": [str(BIN / "outcomes"), "migrate"]}
    done = Path(environment["AIRFLOW_HOME"]) / "migrated"
    version = importlib.metadata.version("apache-airflow")
    if not (has_tables(environment) and done.exists() and done.read_text() == version):
        commands["airflow-migrate"] = [str(BIN / "airflow"), "db", "migrate"]
    with contextlib.ExitStack() as stack:
        running = {}
        for name, command in commands.items():
            log = stack.enter_context((logs / f"{name}.log").open("wb"))
            running[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=PROJECT)
        for name, process in running.items():
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, f"{name} failed, see {logs / name}.log")
    done.write_text(version)


def has_tables(environment: dict[str, str]) -> bool:
    url = make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    if url.get_backend_name() != "postgresql":
        return False
    libpq = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(libpq) as connection:
        return connection.execute("select to_regclass('alembic_version')").fetchone() != (None,)


def _wait_until_ready(port: int, run: Path) -> str:
    """Empty when all four are healthy, else what is wrong."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        dead = [name for name in SERVICES if not processes.find(name, run)]
        if dead:
            return f"{dead[0]} ended by itself."
        if _healthy(port):
            return ""
        print(".", end="", flush=True)
        time.sleep(1)
    return f"Not healthy after {READY_SECONDS} seconds."


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=3) as response:
            health = json.load(response)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return all(
        health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")
    )


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _show(settings: Settings) -> int:
    port = os.environ.get("AIRFLOW__API__PORT", "8080")
    print(f"Airflow:  http://127.0.0.1:{port}   login {USER}, password {admin_password(settings)}")
    print(f"Drop spreadsheets into {settings.home}/inbox/finance (donors, programme), trigger the DAG intake.")
    print("make down ends everything.")
    return 0


def main() -> int:
    action = {"up": up, "down": down, "hold": hold}[sys.argv[1]]
    return action(load_settings())


if __name__ == "__main__":
    sys.exit(main())
