-- How much each office has to compute.

-- name: lines_by_office
-- Every office with a live slice in scope, so that shares leave none out; lines of expenses weigh.
select life.office, coalesce(sum(slice.row_count) filter (where life.dataset = 'expenses'), 0)::bigint as lines
from core.slice_life as life
join core.slice as slice on slice.office = life.office and slice.slice_id = life.slice_id
where life.valid_from <= %(snapshot_at)s and (life.valid_to is null or life.valid_to > %(snapshot_at)s)
    and (%(offices)s::text[] is null or life.office = any(%(offices)s::text[]))
group by life.office
order by lines desc, life.office
