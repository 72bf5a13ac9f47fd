-- The record of a restatement: the withhold list, and one row of report.publication where anything changed.

-- name: last_publication
select run_id, published_at, snapshot_at, run_date, is_imputed
from report.publication order by published_at desc limit 1

-- name: forget_withheld
delete from report.withheld
where partner not in (select partner from live_partner where is_withheld)

-- name: withheld
insert into report.withheld (partner)
select partner from live_partner where is_withheld
on conflict (partner) do nothing

-- name: has_events
select exists (
    select from core.slice_life
    where (valid_from > %(since)s and valid_from <= %(snapshot_at)s)
        or (valid_to > %(since)s and valid_to <= %(snapshot_at)s)
) or exists (
    select from core.slice_org_life
    where (valid_from > %(since)s and valid_from <= %(snapshot_at)s)
        or (valid_to > %(since)s and valid_to <= %(snapshot_at)s)
)

-- name: publication
insert into report.publication
    (run_id, published_at, snapshot_at, run_date, fiscal_years, rows_changed, is_imputed)
values (
    %(run_id)s, %(published_at)s, %(snapshot_at)s, %(run_date)s, %(years)s::smallint[], %(rows_changed)s,
    %(impute)s
)
