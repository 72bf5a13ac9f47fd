"""Cells and weights are staged in temporary tables, gone with the transaction: their two tables go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("weight_eff", schema="report")
    op.drop_table("cell", schema="report")


def downgrade() -> None:
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
