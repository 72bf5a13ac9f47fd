"""What the cells say, one row a spreadsheet row: slices and their time, facts by slice, code lists."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    Column,
    Date,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from outcome_reporting.warehouse.tables.schema import MOMENT, USD, metadata

# ---------------------------------------------------------------- slices and their time


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

# ---------------------------------------------------------------- what the cells say


def _facts(name: str, *columns: Column, has_office: bool = True, key: Sequence[str] = ()) -> Table:
    """A table of rows by slice: provenance first, then the contract's fields under their own names."""
    office = [Column("office", Text, nullable=False)] if has_office else []
    of_office = ["office"] if has_office else []
    return Table(
        name,
        metadata,
        *office,
        Column("slice_id", Uuid, nullable=False),
        Column("table_no", SmallInteger, nullable=False),
        Column("row_no", Integer, nullable=False),
        *columns,
        PrimaryKeyConstraint(*(key or (*of_office, "slice_id", "table_no", "row_no"))),
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
    # by far the most rows: they go to the end of a key that begins with ids that count on, and no text is compared
    key=("slice_id", "table_no", "row_no", "office"),
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

# ---------------------------------------------------------------- code lists (unversioned)

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
