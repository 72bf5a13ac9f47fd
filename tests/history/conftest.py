"""Storms: homes of their own, and the oracle of whole organizations, which stands beside its own tests."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from outcome_reporting.settings import Settings, load_settings
from outcome_reporting.warehouse.migrations import migrate
from outcome_reporting.warehouse.server import connect, stop_server

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1] / "organizations")]


@contextmanager
def a_home() -> Iterator[Settings]:
    """A home of its own; its server is stopped and everything removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    home.chmod(0o755)
    settings = load_settings({"OUTCOMES_HOME": str(home)})
    try:
        yield settings
    finally:
        stop_server(settings)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def settings() -> Iterator[Settings]:
    with a_home() as settings:
        yield settings


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """A migrated warehouse for the tests of a module, each of which takes its work back."""
    with a_home() as settings:
        engine = connect(settings)
        migrate(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection
        connection.rollback()
