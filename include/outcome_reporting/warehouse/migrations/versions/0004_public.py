"""What readers see: the public views, their twins as of a moment, and the explanation of a figure."""

from __future__ import annotations

from alembic import op

from outcome_reporting.warehouse.migrations import PUBLIC_VIEWS, statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in PUBLIC_VIEWS:
        for statement in statements(f"{name}.sql"):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    for name in reversed(PUBLIC_VIEWS):
        op.execute(f"drop view report.{name}")
        op.execute(f"drop function report.{name}_as_of(timestamptz)")
