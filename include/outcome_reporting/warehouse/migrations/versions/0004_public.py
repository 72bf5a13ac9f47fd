"""What readers see: the public views, their twins as of a moment, and the explanation of a figure."""

from __future__ import annotations

from alembic import op

from outcome_reporting.warehouse.migrations import PUBLIC_VIEWS, run_sql_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EXPLANATION = ("explain_money", "explain_lines", "explain")
# Every function and composite type of these schemas is made here.
MADE_HERE = """
select statement from (
  select 1 as place, 'drop function ' || p.oid::regprocedure as statement from pg_proc p
  where p.pronamespace in ('core'::regnamespace, 'report'::regnamespace)
  union all
  select 2, 'drop type ' || t.oid::regtype from pg_type t join pg_class c on c.oid = t.typrelid
  where c.relkind = 'c' and t.typnamespace in ('core'::regnamespace, 'report'::regnamespace)
) as made order by place"""


def upgrade() -> None:
    for name in (*EXPLANATION, *PUBLIC_VIEWS):
        run_sql_file(op.get_bind(), f"{name}.sql")


def downgrade() -> None:
    for name in PUBLIC_VIEWS:
        op.execute(f"drop view report.{name}")
    for statement in op.get_bind().exec_driver_sql(MADE_HERE).scalars().all():
        op.execute(statement)
