"""One line for each accepted file and table: what stood in it, what was loaded and held, what is still live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from outcome_reporting.warehouse.dollars import usd_sql
from outcome_reporting.warehouse.live_sql import valid_sql

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


@dataclass(frozen=True, slots=True)
class FileDifference:
    """A sheet of a file whose rows in the warehouse are no longer worth what they were when they were loaded."""

    file_name: str
    sha256: str
    sheet: str
    dataset: str
    loaded_usd: Decimal
    found_usd: Decimal

    def __str__(self) -> str:
        return (
            f"{self.file_name} ({self.sha256[:12]}), sheet {self.sheet}: loaded {self.loaded_usd} USD of "
            f"{self.dataset}, now {self.found_usd} USD, difference {self.found_usd - self.loaded_usd} USD"
        )


_MONEY = {"expenses": "posting_date", "contributions": "date", "budgets": None}
# Dollars that stand in the rows are summed in one pass over all facts, which costs less than to look up the slices of
# most of them; rows without dollars are read again, one by one, and converted, where there are any.
_FOUND = """
with part as materialized (
  select s.load_id, l.loaded_at, {office} as office, coalesce(s.same_as, s.slice_id) as slice_id
  from core.{content} s join intake.load l using (load_id)
  where s.dataset = %(dataset)s and l.loaded_at <= %(loaded_until)s and {year}),
stated as materialized (
  select {office_of_fact} as office, f.slice_id, f.table_no, sum({stated}) as usd,
    count(*) > count({stated}) as is_partly
  from core.{table} f group by 1, 2, 3),
{converted}
found as (
  select load_id, table_no, sum(usd) as usd from (
    select p.load_id, s.table_no, s.usd from part p join stated s using (office, slice_id){and_converted}) as worth
  group by 1, 2)
select l.file_name, i.sha256, t.sheet, t.dataset, t.loaded_usd, found.usd
from found join intake.sheet_table t using (load_id, table_no)
join intake.load l using (load_id) join intake.file i using (file_id)
where t.dataset = %(dataset)s and t.loaded_usd <> found.usd
order by 1, 2, 3"""
_OF_YEARS = """s.load_id in (
  select o.load_id from core.{content} o
  where o.dataset = %(dataset)s and split_part(o.slice_key, '|', {place})::int = any(%(years)s))"""
_CONVERTED = """
line as materialized (
  select p.load_id, p.loaded_at, f.table_no, f.currency, f.amount, f.amount_usd, f.{day} as day
  from part p join core.{table} f on f.slice_id = p.slice_id{same_office}
  where f.amount_usd is null and (select bool_or(is_partly) from part join stated using (office, slice_id))),
wanted as (
  select distinct loaded_at, currency, day from line where currency <> 'USD'),
rate as materialized (
  select distinct on (w.loaded_at, w.currency, w.day) w.*, e.rate_per_usd
  from wanted w join core.exchange_rate e on e.currency = w.currency and e.effective_date <= w.day
  join core.slice_org_life life on life.slice_id = e.slice_id
    and life.valid_from <= w.loaded_at and (life.valid_to is null or life.valid_to > w.loaded_at)
  order by w.loaded_at, w.currency, w.day, e.effective_date desc),"""
_AND_CONVERTED = f"""
    union all
    select line.load_id, line.table_no, {usd_sql("line", "rate.rate_per_usd")}
    from line left join rate using (loaded_at, currency, day)"""


def file_differences(
    connection: Connection, loaded_until: datetime, years: Sequence[int] | None
) -> list[FileDifference]:
    """Files of these fiscal years (None: all) that were loaded up to a moment and whose rows have changed since.

    Rows of core are never updated, so that each sheet's rows are worth for ever, at the rates of its loading, what
    was written down then. Loads after the moment are left out: their rows were summed when they were loaded.
    """
    found = []
    for dataset, day in _MONEY.items():
        is_org = dataset == "contributions"
        place = -2 if dataset == "expenses" else -1
        place_of = {
            "content": "slice_org" if is_org else "slice",
            "table": dataset.removesuffix("s"),
            "same_office": "" if is_org else " and f.office = p.office",
        }
        query = _FOUND.format(
            **place_of,
            office="''" if is_org else "s.office",
            office_of_fact="''" if is_org else "f.office",
            year="true" if years is None else _OF_YEARS.format(place=place, **place_of),
            stated="f.amount_usd" if day else "f.planned_usd + f.available_usd",
            converted=_CONVERTED.format(day=day, **place_of) if day else "",
            and_converted=_AND_CONVERTED if day else "",
        )
        given = {"dataset": dataset, "loaded_until": loaded_until, "years": None if years is None else list(years)}
        found += [FileDifference(*row) for row in connection.exec_driver_sql(query, given)]
    return found


def files_of(connection: Connection, moment: datetime, office: str, year: int, measure: str) -> list[str]:
    """Names of the files whose live slices hold this money of an office ('' for contributions) and year."""
    dataset = {"planned": "budgets", "available": "budgets", "expense": "expenses"}.get(measure, "contributions")
    is_org = dataset == "contributions"
    content, at = ("slice_org" if is_org else "slice"), valid_sql("%(moment)s", "life")
    query = f"""
    select distinct l.file_name from core.{content}_life life
    join core.{content} s on s.slice_id = life.slice_id{"" if is_org else " and s.office = life.office"}
    join intake.load l on l.load_id = s.load_id
    where life.dataset = %(dataset)s and {at}{"" if is_org else " and life.office = %(office)s"}
      and split_part(life.slice_key, '|', {-2 if dataset == "expenses" else -1})::int = %(year)s
    order by 1"""
    given = {"moment": moment, "dataset": dataset, "office": office, "year": year}
    return list(connection.exec_driver_sql(query, given).scalars())
