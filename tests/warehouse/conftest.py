"""One embedded server for the session, one fresh and migrated database for each module."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine

from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import server
from outcome_reporting.warehouse.migrations import migrate


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    folder.chmod(0o755)  # the database's user must reach it
    settings = Settings(home=folder)
    yield server.warehouse_url(settings)
    server.stop_server(settings)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def empty_database(server_url: str) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield server_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def engine(empty_database: str) -> Engine:
    engine = server.engine_of(empty_database)
    migrate(engine)
    return engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose work is taken back at the end of the test."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()
