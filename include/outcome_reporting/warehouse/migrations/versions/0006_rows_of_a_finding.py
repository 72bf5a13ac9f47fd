"""A finding is one problem with all its rows: they stand beside the first one, in compact form (12-90,103)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "finding",
        sa.Column("all_rows", sa.Text(), server_default="", nullable=False),
        schema="intake",
    )


def downgrade() -> None:
    op.drop_column("finding", "all_rows", schema="intake")
