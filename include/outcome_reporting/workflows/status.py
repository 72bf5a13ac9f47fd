"""Who has dropped what, for which year; what is rejected and what waits."""

from __future__ import annotations

from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.server import open_session

_LOADS = """
select s.dataset, s.office, count(*) as slices, sum(s.row_count) as rows,
       string_agg(distinct l.file_name, ', ' order by l.file_name) as files, max(l.loaded_at) as at
from core.slice s join core.slice_life e on e.office = s.office and e.slice_id = s.slice_id and e.valid_to is null
join intake.load l on l.load_id = s.load_id group by 1, 2
union all
select s.dataset, 'all', count(*), sum(s.row_count),
       string_agg(distinct l.file_name, ', ' order by l.file_name), max(l.loaded_at)
from core.slice_org s join core.slice_org_life e on e.slice_id = s.slice_id and e.valid_to is null
join intake.load l on l.load_id = s.load_id group by 1
order by 1, 2"""
_MISSING = """
select distinct b.office, b.fiscal_year from core.budget b
join core.slice_life e on e.office = b.office and e.slice_id = b.slice_id and e.valid_to is null
where not exists (
  select 1 from core.slice_life x where x.office = b.office and x.dataset = 'expenses' and x.valid_to is null
  and split_part(x.slice_key, '|', 2) = b.fiscal_year::text)
order by 1, 2"""


def describe_status(settings: Settings) -> str:
    """Live slices by dataset and office, budgets whose expenses are missing, held groups, rejected files."""
    lines = ["Live"]
    with open_session(settings) as connection:
        for row in connection.execute(_LOADS):
            files = row.files if len(row.files) <= 60 else row.files[:59] + "…"
            lines.append(f"  {row.dataset:<15} {row.office:<4} {row.rows:>9,} rows, {row.slices} slices, {files}")
        lines.append("Missing: a budget stands, no expenses do")
        lines += [f"  {row.office} {row.fiscal_year}" for row in connection.execute(_MISSING)] or ["  none"]
        lines.append("Held")
        held = connection.execute(
            "select dataset, group_key, count(*) as rows, min(reason) as reason from intake.held_row "
            "where released_at is null group by 1, 2 order by 1, 2"
        )
        lines += [f"  {row.dataset} {row.group_key}: {row.rows} rows, {row.reason}" for row in held] or ["  none"]
        lines.append("Rejected")
        rejected = connection.execute(
            "select f.file_name, f.source, count(n.n) filter (where n.severity = 'error') as errors "
            "from intake.file f left join intake.finding n using (file_id) "
            "where f.verdict = 'rejected' group by 1, 2 order by 2, 1"
        )
        lines += [f"  {row.source}/{row.file_name}: {row.errors} errors" for row in rejected] or ["  none"]
    return "\n".join(lines)
