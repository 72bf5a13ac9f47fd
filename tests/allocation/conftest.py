"""One embedded server for these tests, and one warehouse in it; each test's work is taken back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from tests.allocation.house import House

from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import server
from outcome_reporting.warehouse.migrations import migrate


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    folder = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    folder.chmod(0o755)
    settings = Settings(home=folder)
    engine = server.connect(settings)
    migrate(engine)
    yield engine
    engine.dispose()
    server.stop_server(settings)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def house(connection: Connection) -> House:
    return House(connection)
