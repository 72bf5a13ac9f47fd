"""The SQL files beside this module, read once: statements by name, and how they are run.

A file holds statements, each under a line `-- name: <name>`. `macros.sql` holds pieces that stand in statements as
`/* piece(arguments) */`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, cast

import psycopg
import sqlalchemy

Connection = psycopg.Connection | sqlalchemy.Connection
Parameters = dict[str, Any]

_NAME = re.compile(r"^-- name: (.+)$", re.MULTILINE)
_PIECE = re.compile(r"/\* (\w+)\(([^()]*)\) \*/")
_TABLE = re.compile(r"\s*create temp table (\w+)")


@cache
def statements(file_name: str) -> dict[str, str]:
    """The statements of one file of `sql/`, in its order, pieces filled in."""
    return {name: _PIECE.sub(_piece, text) for name, text in _sections(file_name).items()}


@cache
def _sections(file_name: str) -> dict[str, str]:
    text = (files(__package__) / "sql" / file_name).read_text(encoding="utf-8")
    pieces = _NAME.split(text)[1:]
    return {name.strip(): _without_comments(body) for name, body in zip(pieces[::2], pieces[1::2], strict=True)}


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--")).strip()


def _piece(match: re.Match[str]) -> str:
    name, arguments = match[1], [one.strip() for one in match[2].split(",") if one.strip()]
    for heading, text in _sections("macros.sql").items():
        if heading.startswith(f"{name}("):
            parameters = [one.strip() for one in heading[len(name) + 1 : -1].split(",") if one.strip()]
            for parameter, argument in zip(parameters, arguments, strict=True):
                text = text.replace(f"{{{parameter}}}", argument)
            return text
    raise KeyError(name)


def cursor_of(connection: Connection) -> psycopg.ClientCursor:
    """A cursor on the driver's own connection, inside the caller's transaction.

    Values are bound by the client, so that the planner sees them and every kind of statement takes them.
    """
    if isinstance(connection, sqlalchemy.Connection):
        connection.exec_driver_sql("select 1")  # begins the caller's transaction where it has not begun
        driver = cast(psycopg.Connection, connection.connection.driver_connection)
    else:
        driver = connection
    return psycopg.ClientCursor(driver)


def set_up_for_computing(cursor: psycopg.Cursor) -> None:
    """Settings of this transaction alone, for statements over whole tables.

    The planner takes columns that depend on each other (office, slice, output) for independent, guesses a handful
    of rows where a million come, and would loop over them or sort instead of hashing: so neither, where there is
    another way. A small sample tells it enough of the temporary tables, which are analyzed one by one.
    """
    settings = (
        "jit = off",
        "work_mem = '128MB'",
        "hash_mem_multiplier = 4",
        "enable_nestloop = off",
        "enable_mergejoin = off",
        "enable_sort = off",
        "default_statistics_target = 10",
    )
    cursor.execute(cast(LiteralString, ";".join(f"set local {setting}" for setting in settings)))


def run_statement(cursor: psycopg.Cursor, text: str, parameters: Parameters | None = None) -> int:
    """Runs one statement and returns its number of rows; a temporary table of its name is made anew."""
    return run_statements(cursor, [text], parameters)


def run_statements(cursor: psycopg.Cursor, texts: Iterable[str], parameters: Parameters | None = None) -> int:
    """Runs statements and returns the number of rows of the last, where it makes no temporary table.

    They go to the server together: most take less time than to hear of each one's end and to send the next, while
    other threads of this process compute.
    """
    cursor.execute(cast(LiteralString, ";\n".join(_with_statistics(text) for text in texts)), parameters or {})
    while cursor.nextset():
        pass
    return cursor.rowcount


def _with_statistics(text: str) -> str:
    """A statement, where it makes a temporary table with what comes before and after it."""
    made = _TABLE.match(text)
    return f"drop table if exists pg_temp.{made[1]};\n{text};\nanalyze pg_temp.{made[1]}" if made else text
