-- New rows against published ones: only differences are written. {table}, {same_key}, ... are filled in from
-- the list of published tables; no name comes from data.

-- name: difference
create temp table difference_{table} on commit drop as
with live as materialized (
    select * from report.{table} where valid_to is null and {in_scope}
)
select {keys}, live.valid_from as live_from, fresh.{first_key} is not null as is_fresh, {old_and_new}
from live
full join new_{table} as fresh on {same_key}
where live.{first_key} is null or fresh.{first_key} is null or ({live_values}) is distinct from ({fresh_values})

-- name: stamp
update report.{table} as live set valid_to = %(published_at)s
from difference_{table} as fresh
where {same_key} and live.valid_from = fresh.live_from

-- name: insert
insert into report.{table} ({columns}, valid_from)
select {new_columns}, %(published_at)s from difference_{table} where is_fresh

-- name: first_insert
insert into report.{table} ({columns}, valid_from)
select {columns}, %(published_at)s from new_{table}
