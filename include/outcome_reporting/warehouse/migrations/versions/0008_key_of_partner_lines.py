"""The key of partner lines has what tells neighbours apart before what they share: a sixth less to store them.

An outcome has hundreds of partners in two or three years of one plan period, so that year, period and kind alone were
compared five times before the partner was. Office and outcome stay in front: lines are read by them.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _set_key("office", "outcome", "partner", "fiscal_year", "plan_period", "kind", "valid_from")


def downgrade() -> None:
    _set_key("office", "plan_period", "outcome", "fiscal_year", "kind", "partner", "valid_from")


def _set_key(*columns: str) -> None:
    op.drop_constraint("partner_line_pkey", "partner_line", schema="report")
    op.create_primary_key("partner_line_pkey", "partner_line", list(columns), schema="report")
