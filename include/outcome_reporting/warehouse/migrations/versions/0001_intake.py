"""Layer intake: files, loads, findings, held rows, runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create schema intake")
    op.create_table(
        "file",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("verdict_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict_digest", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("file_id"),
        sa.UniqueConstraint("sha256"),
        schema="intake",
    )
    op.create_table(
        "load",
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["intake.file.file_id"],
        ),
        sa.PrimaryKeyConstraint("load_id"),
        schema="intake",
    )
    op.create_table(
        "sheet_table",
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("header_row", sa.Integer(), nullable=False),
        sa.Column("columns", postgresql.JSONB(), nullable=False),
        sa.Column("rows_in_file", sa.Integer(), nullable=False),
        sa.Column("rows_loaded", sa.Integer(), nullable=False),
        sa.Column("rows_held", sa.Integer(), nullable=False),
        sa.Column("amount_in_file_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("loaded_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("held_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.ForeignKeyConstraint(
            ["load_id"],
            ["intake.load.load_id"],
        ),
        sa.PrimaryKeyConstraint("load_id", "table_no"),
        schema="intake",
    )
    op.create_table(
        "finding",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), server_default="", nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.Column("sheet", sa.Text(), server_default="", nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.Column("column_letter", sa.Text(), server_default="", nullable=False),
        sa.Column("found", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), server_default="", nullable=False),
        sa.Column("remedy", sa.Text(), server_default="", nullable=False),
        sa.Column("nearest", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["intake.file.file_id"],
        ),
        sa.PrimaryKeyConstraint("file_id", "n"),
        schema="intake",
    )
    op.create_table(
        "held_row",
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("slice_key", sa.Text(), nullable=False),
        sa.Column("slice_id", sa.Uuid(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("table_no", sa.SmallInteger(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount_usd", sa.Numeric(precision=20, scale=2), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["load_id"],
            ["intake.load.load_id"],
        ),
        sa.PrimaryKeyConstraint("load_id", "table_no", "row_no"),
        schema="intake",
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_date", sa.Date(), nullable=True),
        sa.Column("fiscal_years", postgresql.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("run_id"),
        schema="intake",
    )


def downgrade() -> None:
    op.drop_table("run", schema="intake")
    op.drop_table("held_row", schema="intake")
    op.drop_table("finding", schema="intake")
    op.drop_table("sheet_table", schema="intake")
    op.drop_table("load", schema="intake")
    op.drop_table("file", schema="intake")
    op.execute("drop schema intake")
