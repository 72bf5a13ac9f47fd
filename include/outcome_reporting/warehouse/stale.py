"""Whose pages a publication has made old."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

_LINES = ("resource_line", "sdg_line", "partner_line", "plan_line", "result_line", "note_line")
# Everything that can change what a page says or where it says it comes from: published rows that came or went,
# slices that came or went, and loads that now stand for a slice, or no longer do.
_ORGANIZATION_WIDE = """
select count(*) from (
  select dataset from core.slice_org_life where valid_from > %(then)s or valid_to > %(then)s
  union all
  select s.dataset from core.slice_org s join intake.load l on l.load_id = s.load_id
  where l.loaded_at > %(then)s or l.undone_at > %(then)s) as changed
where dataset <> 'contributions' or %(is_imputed)s"""
_OFFICES = """
select office from core.slice_life where valid_from > %(then)s or valid_to > %(then)s
union
select s.office from core.slice s join intake.load l on l.load_id = s.load_id
where l.loaded_at > %(then)s or l.undone_at > %(then)s
union
select split_part(c.outcome, '_', 1) from core.contribution c
join core.slice_org s on s.slice_id = c.slice_id join intake.load l on l.load_id = s.load_id
left join core.slice_org_life e on e.slice_id = s.slice_id
where c.outcome is not null
  and (l.loaded_at > %(then)s or l.undone_at > %(then)s or e.valid_from > %(then)s or e.valid_to > %(then)s)"""


def offices_changed_since(connection: Connection, then: datetime) -> set[str] | None:
    """The offices whose pages may differ from those of the publication of that moment; None for every office."""
    is_imputed = connection.exec_driver_sql(
        "select is_imputed from report.publication order by published_at desc limit 1"
    ).scalar_one()
    given = {"then": then, "is_imputed": is_imputed}
    if connection.exec_driver_sql(_ORGANIZATION_WIDE, given).scalar_one():
        return None
    published = " union ".join(
        f"select office from report.{table} where valid_from > %(then)s or valid_to > %(then)s" for table in _LINES
    )
    found = connection.exec_driver_sql(f"{_OFFICES} union {published}", given)
    return {office for (office,) in found if office}
