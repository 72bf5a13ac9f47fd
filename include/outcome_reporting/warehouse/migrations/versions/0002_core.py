"""Layer core: slices and their time, what the cells say, code lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create schema core")
    op.create_table(
        "slice",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("slice_key", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("rows_by_table", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("held_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("amount_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id"),
        schema="core",
    )
    op.create_table(
        "slice_life",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("slice_key", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_load_id", sa.Uuid(), nullable=False),
        sa.Column("closed_by_load_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id", "valid_from"),
        schema="core",
    )
    op.create_index(
        "slice_life_live",
        "slice_life",
        ["office", "dataset", "slice_key"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_table(
        "slice_org",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("slice_key", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("rows_by_table", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("held_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("amount_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("slice_id"),
        schema="core",
    )
    op.create_table(
        "slice_org_life",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("slice_key", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_load_id", sa.Uuid(), nullable=False),
        sa.Column("closed_by_load_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("slice_id", "valid_from"),
        schema="core",
    )
    op.create_index(
        "slice_org_life_live",
        "slice_org_life",
        ["dataset", "slice_key"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_table(
        "office",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "outcome",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("un_system_function", sa.Text(), nullable=True),
        sa.Column("markers", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "output",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "fund",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fund_type", sa.Text(), nullable=False),
        sa.Column("financing_instrument", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "partner",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contributor_type", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("aliases", sa.Text(), nullable=True),
        sa.Column("withhold_until", sa.Date(), nullable=True),
        sa.Column("withhold_reason", sa.Text(), nullable=True),
        sa.Column("spellings", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "exchange_rate",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("rate_per_usd", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "budget",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("planned_usd", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.Column("available_usd", sa.Numeric(precision=20, scale=2), nullable=False),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "expense",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("transaction", sa.Text(), nullable=False),
        sa.Column("posting_date", sa.Date(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("period", sa.SmallInteger(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=22, scale=4), nullable=False),
        sa.Column("amount_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "contribution",
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=22, scale=4), nullable=False),
        sa.Column("amount_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "sdg_weight",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("sdg", sa.Text(), nullable=False),
        sa.Column("weight_percent", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "plan_link",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("weight_percent", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "result",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=True),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("indicator_title", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("baseline", sa.Text(), nullable=True),
        sa.Column("milestone", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "progress_note",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("office", "slice_id", "table_no", "row_no"),
        schema="core",
    )
    op.create_table(
        "framework",
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("first_year", sa.SmallInteger(), nullable=False),
        sa.Column("last_year", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("framework"),
        schema="core",
    )
    op.create_table(
        "plan_element",
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("framework", "element"),
        schema="core",
    )
    op.create_table(
        "sdg",
        sa.Column("sdg", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sdg"),
        schema="core",
    )


def downgrade() -> None:
    op.drop_table("sdg", schema="core")
    op.drop_table("plan_element", schema="core")
    op.drop_table("framework", schema="core")
    op.drop_table("progress_note", schema="core")
    op.drop_table("result", schema="core")
    op.drop_table("plan_link", schema="core")
    op.drop_table("sdg_weight", schema="core")
    op.drop_table("contribution", schema="core")
    op.drop_table("expense", schema="core")
    op.drop_table("budget", schema="core")
    op.drop_table("exchange_rate", schema="core")
    op.drop_table("partner", schema="core")
    op.drop_table("fund", schema="core")
    op.drop_table("output", schema="core")
    op.drop_table("outcome", schema="core")
    op.drop_table("office", schema="core")
    op.drop_table("slice_org_life", schema="core")
    op.drop_table("slice_org", schema="core")
    op.drop_table("slice_life", schema="core")
    op.drop_table("slice", schema="core")
    op.execute("drop schema core")
