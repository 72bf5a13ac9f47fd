"""The warehouse's tables: the description that Alembic's history leads to.

Three layers. `intake`: files, loads, findings, held rows (where everything came from). `core`: what the cells
say, one row a spreadsheet row, by slice. `report`: allocations, stamped with valid_from / valid_to.

Rules kept throughout, so that the same schema also runs distributed: `office` (never null) stands in every key
of facts, slices and allocations; whole-organization data has slices and tables of its own; no triggers, no
sequences; nothing references a fact. Facts are only ever inserted: time lives in `slice_life`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()
MOMENT = DateTime(timezone=True)
USD = Numeric(20, 2)

# ---------------------------------------------------------------- intake: where everything came from

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

# ---------------------------------------------------------------- core: slices and their time


def _slice_columns() -> list[Column]:
    return [
        Column("slice_id", Uuid, nullable=False),
        Column("load_id", Uuid, nullable=False),
        Column("dataset", Text, nullable=False),
        Column("slice_key", Text, nullable=False),  # values of the contract's slice fields joined by |
        Column("row_count", Integer, nullable=False),
        Column("rows_by_table", JSONB, nullable=False, server_default="{}"),  # {table_no: rows}
        Column("held_count", Integer, nullable=False, server_default="0"),  # > 0: a held group stands here
        Column("amount_usd", USD),
        Column("digest", Text, nullable=False),  # of rows and their positions: equal slices are not replaced
        Column("same_as", Uuid),  # the live slice that this one repeated: no rows of its own
    ]


def _life_columns() -> list[Column]:
    return [
        Column("slice_id", Uuid, nullable=False),
        Column("valid_from", MOMENT, nullable=False),
        Column("valid_to", MOMENT),
        Column("dataset", Text, nullable=False),
        Column("slice_key", Text, nullable=False),
        Column("cause", Text, nullable=False),  # load, undo, redo
        Column("cause_load_id", Uuid, nullable=False),  # the load or the undone load that opened the interval
        Column("closed_by_load_id", Uuid),
    ]


slice_ = Table(
    "slice",
    metadata,
    Column("office", Text, nullable=False),
    *_slice_columns(),
    PrimaryKeyConstraint("office", "slice_id"),
    schema="core",
)
slice_life = Table(
    "slice_life",
    metadata,
    Column("office", Text, nullable=False),
    *_life_columns(),
    PrimaryKeyConstraint("office", "slice_id", "valid_from"),
    Index(
        "slice_life_live",
        "office",
        "dataset",
        "slice_key",
        unique=True,
        postgresql_where=text("valid_to is null"),
    ),
    schema="core",
)
slice_org = Table("slice_org", metadata, *_slice_columns(), PrimaryKeyConstraint("slice_id"), schema="core")
slice_org_life = Table(
    "slice_org_life",
    metadata,
    *_life_columns(),
    PrimaryKeyConstraint("slice_id", "valid_from"),
    Index("slice_org_life_live", "dataset", "slice_key", unique=True, postgresql_where=text("valid_to is null")),
    schema="core",
)

# ---------------------------------------------------------------- core: what the cells say


def _facts(name: str, *columns: Column, has_office: bool = True) -> Table:
    """A table of rows by slice: provenance first, then the contract's fields under their own names."""
    office = [Column("office", Text, nullable=False)] if has_office else []
    key = ["office"] if has_office else []
    return Table(
        name,
        metadata,
        *office,
        Column("slice_id", Uuid, nullable=False),
        Column("table_no", SmallInteger, nullable=False),
        Column("row_no", Integer, nullable=False),
        *columns,
        PrimaryKeyConstraint(*key, "slice_id", "table_no", "row_no"),
        schema="core",
    )


office = _facts(
    "office",
    Column("office", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("country", Text),
    Column("region", Text),
    has_office=False,
)
outcome = _facts(
    "outcome",
    Column("plan_period", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("un_system_function", Text),
    Column("markers", JSONB),
)
output = _facts(
    "output",
    Column("plan_period", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text),
)
fund = _facts(
    "fund",
    Column("fund", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("fund_type", Text, nullable=False),
    Column("financing_instrument", Text),
    has_office=False,
)
partner = _facts(
    "partner",
    Column("partner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("contributor_type", Text, nullable=False),
    Column("country", Text),
    Column("aliases", Text),  # one a line
    Column("withhold_until", Date),
    Column("withhold_reason", Text),
    Column("spellings", ARRAY(Text), nullable=False, server_default="{}"),  # folded code, name and aliases
    has_office=False,
)
exchange_rate = _facts(
    "exchange_rate",
    Column("currency", Text, nullable=False),
    Column("effective_date", Date, nullable=False),
    Column("rate_per_usd", Numeric, nullable=False),
    Column("source", Text, nullable=False),
    has_office=False,
)
budget = _facts(
    "budget",
    Column("output", Text, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("fund", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("planned_usd", USD, nullable=False),
    Column("available_usd", USD, nullable=False),
)
expense = _facts(
    "expense",
    Column("transaction", Text, nullable=False),
    Column("posting_date", Date, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("period", SmallInteger, nullable=False),
    Column("output", Text, nullable=False),
    Column("fund", Text, nullable=False),
    Column("partner", Text),
    Column("account", Text),
    Column("description", Text),
    Column("currency", Text, nullable=False),
    Column("amount", Numeric(22, 4), nullable=False),
    Column("amount_usd", USD),
)
contribution = _facts(
    "contribution",
    Column("agreement", Text, nullable=False),
    Column("partner", Text, nullable=False),
    Column("fund", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", Numeric(22, 4), nullable=False),
    Column("amount_usd", USD),
    Column("outcome", Text),
    has_office=False,
)
sdg_weight = _facts(
    "sdg_weight",
    Column("output", Text, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("sdg", Text, nullable=False),
    Column("weight_percent", Numeric),  # as written; null in an equal split
)
plan_link = _facts(
    "plan_link",
    Column("outcome", Text, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("framework", Text, nullable=False),
    Column("element", Text, nullable=False),  # the element's code; kind by reference data
    Column("weight_percent", Numeric),
)
result = _facts(
    "result",
    Column("outcome", Text, nullable=False),
    Column("output", Text),
    Column("indicator", Text, nullable=False),
    Column("indicator_title", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("baseline", Text),
    Column("milestone", Text),
    Column("target", Text),
    Column("result", Text),
    Column("comment", Text),
)
progress_note = _facts(
    "progress_note",
    Column("outcome", Text, nullable=False),
    Column("fiscal_year", SmallInteger, nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("status", Text, nullable=False),
)

# ---------------------------------------------------------------- core: code lists (unversioned)

framework = Table(
    "framework",
    metadata,
    Column("framework", Text, primary_key=True),
    Column("first_year", SmallInteger, nullable=False),
    Column("last_year", SmallInteger, nullable=False),
    schema="core",
)
plan_element = Table(
    "plan_element",
    metadata,
    Column("framework", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("element", Text, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("framework", "element"),
    schema="core",
)
sdg = Table(
    "sdg",
    metadata,
    Column("sdg", Text, primary_key=True),  # goal, target or X00
    Column("goal", Text, nullable=False),
    Column("target", Text),
    Column("name", Text, nullable=False),
    Column("sort_key", Integer, nullable=False),  # natural order: goal before its targets, X00 last
    schema="core",
)

# ---------------------------------------------------------------- report: what is published

CENTS = BigInteger


def _published(name: str, key: list[Column], *values: Column, has_office: bool = True) -> Table:
    """Rows that are stamped and never deleted; key columns are never null ('' stands for none)."""
    office = [Column("office", Text, nullable=False)] if has_office else []
    names = [column.name for column in office + key]
    return Table(
        name,
        metadata,
        *office,
        *key,
        *values,
        Column("valid_from", MOMENT, nullable=False),
        Column("valid_to", MOMENT),
        PrimaryKeyConstraint(*names, "valid_from"),
        schema="report",
    )


def _outcome_year() -> list[Column]:
    return [
        Column("plan_period", Text, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("fiscal_year", SmallInteger, nullable=False),
    ]


resource_line = _published(
    "resource_line",
    [*_outcome_year(), Column("fund_type", Text, nullable=False)],
    Column("planned_cents", CENTS, nullable=False),
    Column("available_cents", CENTS, nullable=False),
    Column("expense_cents", CENTS, nullable=False),
)
sdg_line = _published(
    "sdg_line",
    [
        *_outcome_year(),
        Column("output", Text, nullable=False),
        Column("fund_type", Text, nullable=False),
        Column("sdg", Text, nullable=False),
    ],
    Column("goal", Text, nullable=False),
    Column("target", Text, nullable=False),  # '' on a goal-level line
    Column("method", Text, nullable=False),
    Column("planned_cents", CENTS, nullable=False),
    Column("available_cents", CENTS, nullable=False),
    Column("expense_cents", CENTS, nullable=False),
)
partner_line = _published(
    "partner_line",
    [*_outcome_year(), Column("kind", Text, nullable=False), Column("partner", Text, nullable=False)],
    Column("partner_name", Text, nullable=False),
    Column("contributor_type", Text, nullable=False),
    Column("expense_cents", CENTS, nullable=False),
    Column("contribution_cents", CENTS, nullable=False),
)
revenue_line = _published(
    "revenue_line",
    [
        Column("partner", Text, nullable=False),
        Column("fiscal_year", SmallInteger, nullable=False),
        Column("fund_type", Text, nullable=False),
        Column("instrument", Text, nullable=False),
        Column("stage", Text, nullable=False),
    ],
    Column("partner_name", Text, nullable=False),
    Column("contributor_type", Text, nullable=False),
    Column("amount_cents", CENTS, nullable=False),
    has_office=False,
)
plan_line = _published(
    "plan_line",
    [
        *_outcome_year(),
        Column("framework", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("element", Text, nullable=False),
    ],
    Column("planned_cents", CENTS, nullable=False),
    Column("expense_cents", CENTS, nullable=False),
)
result_line = _published(
    "result_line",
    [*_outcome_year(), Column("output", Text, nullable=False), Column("indicator", Text, nullable=False)],
    Column("title", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("baseline", Text, nullable=False),
    Column("milestone", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("result_value", Numeric),
)
note_line = _published(
    "note_line",
    [*_outcome_year(), Column("language", Text, nullable=False)],
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("status", Text, nullable=False),
)
reconciliation_line = _published(
    "reconciliation_line",
    [Column("sha256", Text, nullable=False), Column("table_no", SmallInteger, nullable=False)],
    Column("file_name", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("rows_in_file", Integer, nullable=False),
    Column("rows_loaded", Integer, nullable=False),
    Column("rows_held", Integer, nullable=False),
    Column("rows_superseded", Integer, nullable=False),
    Column("amount_in_file_usd", USD),
    Column("loaded_usd", USD),
    Column("held_usd", USD),
    Column("difference_usd", USD),
    has_office=False,
)
figure_change = Table(
    "figure_change",
    metadata,
    Column("run_id", Uuid, nullable=False),
    Column("figure_id", Text, nullable=False),
    Column("published_at", MOMENT, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("partner", Text, nullable=False),  # '' or the partner named by the figure: masked when withheld
    PrimaryKeyConstraint("run_id", "figure_id"),
    schema="report",
)
withheld = Table(
    "withheld",
    metadata,
    # The withhold list of the last run: what `_as_of` and `explain` mask by.
    Column("partner", Text, primary_key=True),
    schema="report",
)
publication = Table(
    "publication",
    metadata,
    # Figures of one moment belong together; `intake.run` says which slices they were computed from.
    Column("run_id", Uuid, primary_key=True),
    Column("published_at", MOMENT, nullable=False),
    Column("snapshot_at", MOMENT, nullable=False),
    Column("run_date", Date, nullable=False),
    Column("fiscal_years", ARRAY(SmallInteger)),
    Column("rows_changed", Integer, nullable=False),
    Column("is_imputed", Boolean, nullable=False, server_default=text("false")),
    schema="report",
)
