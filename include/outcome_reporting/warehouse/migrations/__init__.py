"""The warehouse's history, run without an alembic.ini: `migrate` to the newest version, `downgrade` back.

A version writes its own statements, so that changing tables.py never changes the past; a test proves that the
last version and tables.py agree. Every execute holds one statement only (a distributed server insists).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

HERE = Path(__file__).resolve().parent
SQL_FOLDER = HERE.parent / "sql"
PUBLIC_VIEWS = (
    "outcome_resources",
    "sdg_allocation",
    "partner_contribution",
    "partner_revenue",
    "plan_contribution",
    "result",
    "progress_note",
    "reconciliation",
    "change",
    "lineage",
)
LOCK = 7_301_001  # one migration at a time
_STATEMENT_END = re.compile(r"^-- end$", re.MULTILINE)


def migrate(engine: Engine, revision: str = "head") -> str:
    """Brings the schema to a version (the newest by default) and returns its name; twice changes nothing."""
    return _run(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str) -> str:
    """Takes the schema back to an older version; `base` removes everything."""
    return _run(engine, command.downgrade, revision)


def newest_revision() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def statements(name: str) -> list[str]:
    """The statements of one file of warehouse/sql; each ends with a line `-- end`."""
    text = (SQL_FOLDER / name).read_text(encoding="utf-8")
    return [part.strip() for part in _STATEMENT_END.split(text) if part.strip()]


def run_sql_file(connection: Connection, name: str) -> None:
    """Runs the statements of one file of warehouse/sql one by one, as they stand (a percent sign is one)."""
    driver = connection.connection.driver_connection
    for statement in statements(name):
        driver.execute(statement)  # type: ignore[union-attr]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def _run(engine: Engine, action: Callable[[Config, str], None], revision: str) -> str:
    config = _config()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
        config.attributes["connection"] = connection
        action(config, revision)
        return current_revision(connection) or ""


def current_revision(connection: Connection) -> str | None:
    """The version that this database stands at, None before the first migration."""
    return MigrationContext.configure(connection).get_current_revision()
