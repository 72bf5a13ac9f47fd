"""What tests of explanations ask the warehouse, and the sheets that hand-made drops do not have."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

# The columns of every dataset's sheet: expenses, budgets, contributions, results.
COLUMNS = {
    "amount": "L",
    "amount_usd": "M",
    "planned_usd": "E",
    "available_usd": "F",
    "baseline": "G",
    "milestone": "H",
    "target": "I",
    "result": "J",
}
_SHEETS = """
insert into intake.sheet_table (load_id, table_no, sheet, dataset, header_row, columns,
  rows_in_file, rows_loaded, rows_held)
select load_id, 1, 'Sheet', min(dataset), 1, cast(%(columns)s as jsonb), 0, 0, 0
from (select load_id, dataset from core.slice union all select load_id, dataset from core.slice_org) s
where not exists (select from intake.sheet_table t where t.load_id = s.load_id)
group by load_id"""


def write_sheets(connection: Connection) -> None:
    """One sheet table for each load that has none."""
    connection.exec_driver_sql(_SHEETS, {"columns": json.dumps(COLUMNS)})


def explain(connection: Connection, figure: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
    found = connection.exec_driver_sql(
        "select * from report.explain(%(figure)s, %(as_of)s)", {"figure": figure, "as_of": as_of}
    )
    return [dict(row) for row in found.mappings()]


def files_of(connection: Connection, figure: str) -> list[dict[str, Any]]:
    found = connection.exec_driver_sql("select * from report.explain_files(%(figure)s)", {"figure": figure})
    return [dict(row) for row in found.mappings()]


def value_of(connection: Connection, figure: str, as_of: datetime | None = None) -> str | None:
    query = "select report.published_value(%(figure)s, %(as_of)s)"
    return connection.exec_driver_sql(query, {"figure": figure, "as_of": as_of}).scalar_one()


def published_figures(connection: Connection) -> list[str]:
    return sorted(connection.exec_driver_sql("select core.published_figures('infinity')").scalars())
