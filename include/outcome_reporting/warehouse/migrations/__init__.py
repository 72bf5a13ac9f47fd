"""The warehouse's history, run without an alembic.ini: `migrate` to the newest version, `downgrade` back.

A version writes its own statements, so that changing `tables` never changes the past; a test proves that the
last version and `tables` agree. Every execute holds one statement only (a distributed server insists).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

if TYPE_CHECKING:
    from alembic.config import Config

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
    """Brings the schema to a version (the newest by default) and returns its name; twice changes nothing.

    A schema that is at the newest version is only looked at: importing Alembic costs more than that.
    """
    if revision == "head":
        with engine.connect() as connection:
            if current_revision(connection) == newest_revision():
                return newest_revision()
    from alembic import command

    return _run(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str) -> str:
    """Takes the schema back to an older version; `base` removes everything."""
    from alembic import command

    return _run(engine, command.downgrade, revision)


def newest_revision() -> str:
    """The last of the versions, whose files are named `<revision>_<what>.py` in the order of their history."""
    return max(path.name.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*_*.py"))


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
    from alembic.config import Config

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
    if connection.exec_driver_sql("select to_regclass('alembic_version')").scalar_one() is None:
        return None
    return connection.exec_driver_sql("select version_num from alembic_version").scalar_one_or_none()
