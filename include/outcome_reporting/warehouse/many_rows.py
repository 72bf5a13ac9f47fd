"""Many rows in one statement: a driver that is given many sends them one by one, which costs either side more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], on_conflict: str = "") -> None:
    """Inserts mappings that all name the same columns; what is not among these gets its default.

    `on_conflict` is a clause of SQL for rows that cannot be inserted; without it they are an error.
    Values go as one JSON text and are read by the types of the table: ids, moments and decimals as they are written.
    """
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in rows[0])
    connection.exec_driver_sql(
        f"insert into {table.fullname} ({names}) "
        f"select {names} from jsonb_populate_recordset(null::{table.fullname}, %(rows)s::jsonb) {on_conflict}",
        {"rows": json.dumps(rows, default=str)},
    )
