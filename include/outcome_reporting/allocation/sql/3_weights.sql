-- The weights that apply to each output and year that has money: `weight_eff`.

-- name: type_sum
-- What the lines of an output have to add up to.
create temp table type_sum on commit drop as
select money.output_no, money.type_no, fund.fund_type, money.measure, money.cents
from type_cents as money
join (select distinct type_no, fund_type from live_fund) as fund on fund.type_no = money.type_no

-- name: greatest_divisor
create or replace aggregate pg_temp.greatest_divisor (numeric) (sfunc = gcd, stype = numeric)

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
    select place.output_no, place.office, place.output, place.fiscal_year, place.plan_period
    from (select distinct output_no from type_sum) as money
    join output_place as place on place.output_no = money.output_no
),
held as (
    select distinct
        office, split_part(slice_key, '|', -2) as output, split_part(slice_key, '|', -1)::smallint as fiscal_year
    from live_slice
    where dataset = 'sdg_weights' and held_count > 0
),
candidate as (
    select distinct on (needed.output_no)
        needed.output_no, grouped.fiscal_year as source_year, grouped.method, grouped.scale, grouped.total
    from needed
    join weight_group as grouped
        on grouped.office = needed.office and grouped.output = needed.output
        and grouped.plan_period = needed.plan_period
    where grouped.fiscal_year <= needed.fiscal_year
    order by needed.output_no, grouped.fiscal_year desc
)
select
    needed.output_no, needed.office, needed.output, candidate.source_year,
    case when candidate.source_year = needed.fiscal_year then candidate.method else 'inherited' end as method,
    candidate.scale, candidate.total, candidate.method = 'equal' as is_equal
from needed
left join held
    on held.office = needed.office and held.output = needed.output and held.fiscal_year = needed.fiscal_year
left join candidate on candidate.output_no = needed.output_no and held.output is null

-- name: weight_eff
-- Shares as integers without a common divisor (50, 30 and 20 are 5, 3 and 2 of 10): the shares are the same, and the
-- smaller their total, the fewer different rests there are to split. `place` is the order in which equal remainders
-- are served: larger weight, then natural code order.
create temp table weight_eff on commit drop as
with effective as (
    select
        source.output_no, weight.sdg, source.method,
        case when source.is_equal then 1 else weight.weight * power(10::numeric, source.scale) end as weight,
        source.total * power(10::numeric, source.scale) as total
    from weight_source as source
    join live_weight as weight
        on weight.office = source.office and weight.output = source.output
        and weight.fiscal_year = source.source_year
    union all
    select output_no, 'X00', 'none', 1, 1 from weight_source where source_year is null
),
divided as (
    select effective.*, pg_temp.greatest_divisor(weight) over (partition by output_no) as divisor
    from effective
)
select
    divided.output_no, divided.sdg, divided.method, trim_scale(divided.weight / divided.divisor) as weight,
    trim_scale(divided.total / divided.divisor) as total,
    (row_number() over (
        partition by divided.output_no
        order by
            divided.weight desc, case when divided.sdg = 'X00' then 99 else split_part(divided.sdg, '.', 1)::int end,
            split_part(divided.sdg, '.', 2) !~ '^[0-9]*$', lpad(split_part(divided.sdg, '.', 2), 4, '0')
    ))::smallint as place
from divided
