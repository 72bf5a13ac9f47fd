"""Layer report: staging of the allocation, and what is published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create schema report")
    op.create_table(
        "cell",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("fund_type", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        schema="report",
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "weight_eff",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("sdg", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("sort_key", sa.Integer(), nullable=False),
        schema="report",
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "resource_line",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("fund_type", sa.Text(), nullable=False),
        sa.Column("planned_cents", sa.BigInteger(), nullable=False),
        sa.Column("available_cents", sa.BigInteger(), nullable=False),
        sa.Column("expense_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("office", "plan_period", "outcome", "fiscal_year", "fund_type", "valid_from"),
        schema="report",
    )
    op.create_table(
        "sdg_line",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("fund_type", sa.Text(), nullable=False),
        sa.Column("sdg", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("planned_cents", sa.BigInteger(), nullable=False),
        sa.Column("available_cents", sa.BigInteger(), nullable=False),
        sa.Column("expense_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "office", "plan_period", "outcome", "fiscal_year", "output", "fund_type", "sdg", "valid_from"
        ),
        schema="report",
    )
    op.create_table(
        "partner_line",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("contributor_type", sa.Text(), nullable=False),
        sa.Column("expense_cents", sa.BigInteger(), nullable=False),
        sa.Column("contribution_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("office", "plan_period", "outcome", "fiscal_year", "kind", "partner", "valid_from"),
        schema="report",
    )
    op.create_table(
        "revenue_line",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("fund_type", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("contributor_type", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("partner", "fiscal_year", "fund_type", "instrument", "stage", "valid_from"),
        schema="report",
    )
    op.create_table(
        "plan_line",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("planned_cents", sa.BigInteger(), nullable=False),
        sa.Column("expense_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "office", "plan_period", "outcome", "fiscal_year", "framework", "kind", "element", "valid_from"
        ),
        schema="report",
    )
    op.create_table(
        "result_line",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("baseline", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("result_value", sa.Numeric(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("office", "plan_period", "outcome", "fiscal_year", "output", "indicator", "valid_from"),
        schema="report",
    )
    op.create_table(
        "note_line",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("plan_period", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("office", "plan_period", "outcome", "fiscal_year", "language", "valid_from"),
        schema="report",
    )
    op.create_table(
        "reconciliation_line",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("rows_in_file", sa.Integer(), nullable=False),
        sa.Column("rows_loaded", sa.Integer(), nullable=False),
        sa.Column("rows_held", sa.Integer(), nullable=False),
        sa.Column("rows_superseded", sa.Integer(), nullable=False),
        sa.Column("amount_in_file_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("loaded_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("held_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("difference_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sha256", "table_no", "valid_from"),
        schema="report",
    )
    op.create_table(
        "figure_change",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("figure_id", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "figure_id"),
        schema="report",
    )
    op.create_table(
        "withheld", sa.Column("partner", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("partner"), schema="report"
    )
    op.create_table(
        "publication",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_date", sa.Date(), nullable=False),
        sa.Column("fiscal_years", postgresql.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("rows_changed", sa.Integer(), nullable=False),
        sa.Column("is_imputed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
        schema="report",
    )


def downgrade() -> None:
    op.drop_table("publication", schema="report")
    op.drop_table("withheld", schema="report")
    op.drop_table("figure_change", schema="report")
    op.drop_table("reconciliation_line", schema="report")
    op.drop_table("note_line", schema="report")
    op.drop_table("result_line", schema="report")
    op.drop_table("plan_line", schema="report")
    op.drop_table("revenue_line", schema="report")
    op.drop_table("partner_line", schema="report")
    op.drop_table("sdg_line", schema="report")
    op.drop_table("resource_line", schema="report")
    op.drop_table("weight_eff", schema="report")
    op.drop_table("cell", schema="report")
    op.execute("drop schema report")
