-- The weights that apply to each output and year: report.weight_eff.

-- name: live_weight
-- A held group stands whole: none of its rows counts.
create temp table live_weight on commit drop as
select
    weight.office, weight.output, weight.fiscal_year, year.plan_period, weight.sdg,
    weight.weight_percent as weight
from core.sdg_weight as weight
join live_slice as slice on slice.office = weight.office and slice.slice_id = weight.slice_id
join output_year as year
    on year.office = weight.office and year.output = weight.output and year.fiscal_year = weight.fiscal_year
where slice.held_count = 0

-- name: weight_group
-- `scale` is the smallest that holds the decimals of the whole group; without any weight each row counts one.
create temp table weight_group on commit drop as
select
    office, output, fiscal_year, plan_period,
    case
        when count(weight) = 0 then 'equal'
        when sum(weight) = 100 then 'weighted'
        else 'renormalised'
    end as method,
    coalesce(max(scale(trim_scale(weight))), 0) as scale,
    coalesce(sum(weight), count(*)) as total
from live_weight
group by office, output, fiscal_year, plan_period

-- name: weight_source
-- The year whose weights apply: the money's own, or the nearest earlier one of the same plan period; none for
-- a held group, and where there is nothing.
create temp table weight_source on commit drop as
with needed as (
    select distinct office, output, fiscal_year, plan_period from report.cell as cell
    where /* in_scope(cell) */
),
held as (
    select distinct
        office, split_part(slice_key, '|', -2) as output, split_part(slice_key, '|', -1)::smallint as fiscal_year
    from live_slice
    where dataset = 'sdg_weights' and held_count > 0
),
candidate as (
    select distinct on (needed.office, needed.output, needed.fiscal_year)
        needed.office, needed.output, needed.fiscal_year, grouped.fiscal_year as source_year, grouped.method,
        grouped.scale, grouped.total
    from needed
    join weight_group as grouped
        on grouped.office = needed.office and grouped.output = needed.output
        and grouped.plan_period = needed.plan_period
    where grouped.fiscal_year <= needed.fiscal_year
    order by needed.office, needed.output, needed.fiscal_year, grouped.fiscal_year desc
)
select
    needed.office, needed.output, needed.fiscal_year, candidate.source_year,
    case when candidate.source_year = needed.fiscal_year then candidate.method else 'inherited' end as method,
    candidate.scale, candidate.total, candidate.method = 'equal' as is_equal
from needed
left join held
    on held.office = needed.office and held.output = needed.output and held.fiscal_year = needed.fiscal_year
left join candidate
    on candidate.office = needed.office and candidate.output = needed.output
    and candidate.fiscal_year = needed.fiscal_year and held.output is null

-- name: forget_weights
delete from report.weight_eff as weight where /* in_scope(weight) */

-- name: weights
insert into report.weight_eff (office, output, fiscal_year, sdg, method, weight, total, sort_key)
with effective as (
    select
        source.office, source.output, source.fiscal_year, weight.sdg, source.method,
        case when source.is_equal then 1 else (weight.weight * power(10::numeric, source.scale))::bigint end
            as weight,
        (source.total * power(10::numeric, source.scale))::bigint as total
    from weight_source as source
    join live_weight as weight
        on weight.office = source.office and weight.output = source.output
        and weight.fiscal_year = source.source_year
    union all
    select office, output, fiscal_year, 'X00', 'none', 1, 1 from weight_source where source_year is null
)
select
    office, output, fiscal_year, sdg, method, weight, total,
    case
        when sdg = 'X00' then 999999
        else split_part(sdg, '.', 1)::int * 1000
            + case
                when split_part(sdg, '.', 2) = '' then 0
                when split_part(sdg, '.', 2) ~ '^[0-9]+$' then split_part(sdg, '.', 2)::int
                else 100 + ascii(split_part(sdg, '.', 2))
            end
    end
from effective
