"""Where everything came from: files, loads, findings, rows that are held, runs."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from outcome_reporting.warehouse.tables.schema import MOMENT, USD, metadata

file = Table(
    "file",
    metadata,
    # One row for each content ever looked at (by hash), under the name it was last dropped as.
    Column("file_id", Uuid, primary_key=True),
    Column("sha256", Text, nullable=False, unique=True),
    Column("file_name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("byte_count", BigInteger, nullable=False),
    Column("dropped_at", MOMENT, nullable=False),  # the file's own modification time
    Column("first_seen_at", MOMENT, nullable=False),
    Column("verdict", Text, nullable=False),  # noticed, accepted, rejected
    Column("verdict_at", MOMENT),
    Column("verdict_digest", Text, nullable=False, server_default=""),  # of the findings: same digest, no new answer
    Column("run_id", Uuid),
    schema="intake",
)

load = Table(
    "load",
    metadata,
    # One row for each time a file's rows went in; an undo stamps it and never removes it.
    Column("load_id", Uuid, primary_key=True),
    Column("file_id", Uuid, ForeignKey("intake.file.file_id"), nullable=False),
    Column("run_id", Uuid),
    Column("loaded_at", MOMENT, nullable=False),
    Column("undone_at", MOMENT),
    Column("file_name", Text, nullable=False),  # the name as dropped this time
    Column("source", Text, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("dropped_at", MOMENT, nullable=False),
    schema="intake",
)

sheet_table = Table(
    "sheet_table",
    metadata,
    # Each table of a load: what it held, and in which column each field stands.
    Column("load_id", Uuid, ForeignKey("intake.load.load_id"), nullable=False),
    Column("table_no", SmallInteger, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("header_row", Integer, nullable=False),
    Column("columns", JSONB, nullable=False),  # {field: column letter}
    Column("rows_in_file", Integer, nullable=False),
    Column("rows_loaded", Integer, nullable=False),
    Column("rows_held", Integer, nullable=False),
    Column("amount_in_file_usd", USD),  # null for datasets without money
    Column("loaded_usd", USD),
    Column("held_usd", USD),
    PrimaryKeyConstraint("load_id", "table_no"),
    schema="intake",
)

finding = Table(
    "finding",
    metadata,
    Column("file_id", Uuid, ForeignKey("intake.file.file_id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("run_id", Uuid),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("dataset", Text, nullable=False, server_default=""),
    Column("field", Text, nullable=False, server_default=""),
    Column("sheet", Text, nullable=False, server_default=""),
    Column("row_no", Integer),
    Column("column_letter", Text, nullable=False, server_default=""),
    Column("found", Text, nullable=False, server_default=""),
    Column("message", Text, nullable=False),
    Column("expected", Text, nullable=False, server_default=""),
    Column("remedy", Text, nullable=False, server_default=""),
    Column("nearest", Text, nullable=False, server_default=""),
    Column("all_rows", Text, nullable=False, server_default=""),  # of several 12-90,103; row_no is the first
    PrimaryKeyConstraint("file_id", "n"),
    schema="intake",
)

held_row = Table(
    "held_row",
    metadata,
    # A row of a load that waits; `cells` holds it as read, so that it can be judged again each night.
    Column("load_id", Uuid, ForeignKey("intake.load.load_id"), nullable=False),
    Column("office", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("slice_key", Text, nullable=False),
    Column("slice_id", Uuid, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("table_no", SmallInteger, nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("cells", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("amount_usd", USD),
    Column("released_at", MOMENT),  # loaded by a later run, or replaced
    PrimaryKeyConstraint("load_id", "table_no", "row_no"),
    schema="intake",
)

run = Table(
    "run",
    metadata,
    # One restatement. `snapshot_at` is the moment whose slices it read; `run_date` decides withholding.
    Column("run_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # intake, allocation
    Column("started_at", MOMENT, nullable=False),
    Column("snapshot_at", MOMENT),
    Column("published_at", MOMENT),
    Column("run_date", Date),
    Column("fiscal_years", ARRAY(SmallInteger)),  # null: all
    Column("finished_at", MOMENT),
    Column("summary", JSONB),
    schema="intake",
)
