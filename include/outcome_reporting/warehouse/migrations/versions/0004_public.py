"""What readers see: the public views, their twins as of a moment, and the explanation of a figure."""

from __future__ import annotations

from alembic import op

from outcome_reporting.warehouse.migrations import PUBLIC_VIEWS, run_sql_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MONEY = "timestamptz, text, text, text, integer"
FUNCTIONS = (
    "report.explain(text, timestamptz)",
    f"core.explained_expense({MONEY})",
    f"core.explained_budget({MONEY})",
    "core.explained_contribution(timestamptz, integer)",
    "core.explained_weight(timestamptz, text)",
    "core.explained_link(timestamptz, text)",
    "core.slice_origin(timestamptz, text, text)",
    "core.encoded(text)",
    "core.decoded(text)",
)


def upgrade() -> None:
    for name in ("explain", *PUBLIC_VIEWS):
        run_sql_file(op.get_bind(), f"{name}.sql")


def downgrade() -> None:
    for name in reversed(PUBLIC_VIEWS):
        op.execute(f"drop view report.{name}")
        op.execute(f"drop function report.{name}_as_of(timestamptz)")
    for function in FUNCTIONS:
        op.execute(f"drop function {function}")
    op.execute("drop type report.explained_cell")
