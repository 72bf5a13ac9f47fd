"""One line for each accepted file and table: what stood in it, what was loaded and held, what is still live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outcome_reporting.warehouse.live import valid_sql

_ROWS = f"""
with last as materialized (
  -- the load that speaks for a file: its last one that stands, else its last one
  select distinct on (f.sha256) f.sha256, l.load_id, l.file_name,
    (l.undone_at is not null and l.undone_at <= %(moment)s) as is_undone
  from intake.load l join intake.file f using (file_id)
  where l.loaded_at <= %(moment)s
  order by f.sha256, (l.undone_at is not null and l.undone_at <= %(moment)s), l.loaded_at desc),
every as materialized (
  select load_id, office, dataset, slice_key, coalesce(same_as, slice_id) as slice_id, rows_by_table,
    held_count, row_count
  from core.slice
  union all
  select load_id, '', dataset, slice_key, coalesce(same_as, slice_id), rows_by_table, held_count, row_count
  from core.slice_org),
part as (
  -- where held rows were loaded later, the load has a second slice of that key, which holds them all
  select distinct on (load_id, office, dataset, slice_key) load_id, office, slice_id, rows_by_table
  from every order by load_id, office, dataset, slice_key, held_count, row_count desc),
live as materialized (
  select office, slice_id from core.slice_life where {valid_sql("%(moment)s")}
  union all
  select '', slice_id from core.slice_org_life where {valid_sql("%(moment)s")}),
gone as (
  select p.load_id, t.key::smallint as table_no, sum(t.value::integer) as row_count
  from part p
  join last using (load_id)
  left join live on live.office = p.office and live.slice_id = p.slice_id
  cross join lateral jsonb_each_text(p.rows_by_table) t
  where live.slice_id is null or last.is_undone
  group by 1, 2)
select last.sha256, s.table_no, last.file_name, s.dataset, s.sheet,
  s.rows_in_file, s.rows_loaded, s.rows_held,
  coalesce(gone.row_count, 0)::integer as rows_superseded,
  s.amount_in_file_usd, s.loaded_usd, s.held_usd,
  s.amount_in_file_usd - s.loaded_usd - s.held_usd as difference_usd
from last
join intake.sheet_table s using (load_id)
left join gone on gone.load_id = s.load_id and gone.table_no = s.table_no
order by last.file_name, last.sha256, s.table_no
"""


def reconciliation_rows(connection: Connection, moment: datetime) -> list[dict[str, Any]]:
    """Rows for report.reconciliation_line as of a moment, without their valid_from and valid_to.

    A file undone keeps its row, all superseded; a file loaded again counts its last load.
    """
    return [dict(row) for row in connection.exec_driver_sql(_ROWS, {"moment": moment}).mappings()]
