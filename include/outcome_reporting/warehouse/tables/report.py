"""What is published: rows that are stamped with valid_from and valid_to, and the publications themselves."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from outcome_reporting.warehouse.tables.schema import MOMENT, USD, metadata

CENTS = BigInteger


def _published(
    name: str, key: list[Column], *values: Column, has_office: bool = True, key_order: tuple[str, ...] = ()
) -> Table:
    """Rows that are stamped and never deleted; key columns are never null ('' stands for none). Their order in the key
    is that of the table's columns, unless another is given.
    """
    office = [Column("office", Text, nullable=False)] if has_office else []
    names = key_order or [column.name for column in office + key]
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
    # By far the most rows. What tells neighbours apart comes early: a place in the key is found by fewer comparisons.
    key_order=("office", "outcome", "partner", "fiscal_year", "plan_period", "kind"),
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
