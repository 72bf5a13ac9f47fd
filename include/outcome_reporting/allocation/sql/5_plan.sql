-- Money by strategic-plan element: each kind of a framework is a partition of its own.

-- name: plan_money
create temp table plan_money on commit drop as
with summed as (
    select office, plan_period, outcome, fiscal_year, sum(planned_cents)::bigint as planned,
        sum(expense_cents)::bigint as expense
    from new_resource_line
    group by office, plan_period, outcome, fiscal_year
)
select summed.office, summed.plan_period, summed.outcome, summed.fiscal_year, amount.measure, amount.cents
from summed
cross join lateral (values ('planned', summed.planned), ('expense', summed.expense)) as amount (measure, cents)
where amount.cents <> 0

-- name: held_link
-- Links that wait: they name a framework, and their kind's money stands whole.
create temp table held_link on commit drop as
select
    slice.office, split_part(slice.slice_key, '|', -2) as outcome,
    split_part(slice.slice_key, '|', -1)::smallint as fiscal_year,
    held.cells ->> 'framework' as framework, element.kind
from live_slice as slice
join intake.held_row as held on held.slice_id = slice.slice_id
left join core.plan_element as element
    on element.framework = held.cells ->> 'framework' and element.element = held.cells ->> 'element'
where slice.dataset = 'plan_links' and slice.held_count > 0
    and held.office = slice.office and held.dataset = 'plan_links' and held.load_id = slice.load_id

-- name: live_link
create temp table live_link on commit drop as
select
    link.office, link.outcome, link.fiscal_year, link.framework, element.kind, link.element,
    link.weight_percent as weight, element.place
from core.plan_link as link
join live_slice as slice on slice.office = link.office and slice.slice_id = link.slice_id
left join (
    select
        known.framework, known.element, known.kind,
        row_number() over (order by ordered.key collate "C", known.element collate "C") as place
    from core.plan_element as known
    cross join lateral (/* natural_key(known.element) */) as ordered
) as element on element.framework = link.framework and element.element = link.element

-- name: plan_framework
-- The framework of an outcome and year: the one its links name, else held links if they name one alone, else
-- the one in force; '' where there is none.
create temp table plan_framework on commit drop as
with named as (
    select office, outcome, fiscal_year, min(framework) as framework
    from live_link group by office, outcome, fiscal_year
),
held as (
    select office, outcome, fiscal_year, min(framework) as framework
    from held_link group by office, outcome, fiscal_year having count(distinct framework) = 1
),
year as (select distinct office, outcome, fiscal_year from plan_money)
select
    year.office, year.outcome, year.fiscal_year,
    coalesce(named.framework, held.framework, in_force.framework, '') as framework
from year
left join named
    on named.office = year.office and named.outcome = year.outcome and named.fiscal_year = year.fiscal_year
left join held
    on held.office = year.office and held.outcome = year.outcome and held.fiscal_year = year.fiscal_year
left join lateral (
    select framework.framework from core.framework as framework
    where year.fiscal_year between framework.first_year and framework.last_year
    order by framework.first_year desc, framework.framework limit 1
) as in_force on true

-- name: plan_weight
create temp table plan_weight on commit drop as
with counted as (
    select link.* from live_link as link
    where link.kind is not null and not exists (
        select from held_link as held
        where held.office = link.office and held.outcome = link.outcome
            and held.fiscal_year = link.fiscal_year and held.framework = link.framework
            and held.kind = link.kind
    )
),
grouped as (
    select
        office, outcome, fiscal_year, framework, kind,
        count(weight) = 0 as is_equal,
        coalesce(max(scale(trim_scale(weight))), 0) as scale,
        coalesce(sum(weight), count(*)) as total
    from counted
    group by office, outcome, fiscal_year, framework, kind
)
select
    link.office, link.outcome, link.fiscal_year, link.framework, link.kind, link.element,
    row_number() over (
        partition by link.office, link.outcome, link.fiscal_year, link.kind order by link.weight desc, link.place
    ) as place,
    case when grouped.is_equal then 1 else trim_scale(link.weight * power(10::numeric, grouped.scale)) end as weight,
    trim_scale(grouped.total * power(10::numeric, grouped.scale)) as total
from counted as link
join grouped using (office, outcome, fiscal_year, framework, kind)

-- name: new_plan_line
create temp table new_plan_line on commit drop as
with kind_of as (
    select distinct framework, kind from core.plan_element
),
job as (
    select
        money.*, framework.framework, coalesce(kind_of.kind, '') as kind,
        row_number() over () as job_no
    from plan_money as money
    join plan_framework as framework
        on framework.office = money.office and framework.outcome = money.outcome
        and framework.fiscal_year = money.fiscal_year
    left join kind_of on kind_of.framework = framework.framework
),
part as (
    select
        job.office, job.plan_period, job.outcome, job.fiscal_year, job.framework, job.kind, job.measure,
        job.job_no, coalesce(weight.element, '') as element, coalesce(weight.weight, 1) as weight,
        coalesce(weight.total, 1) as total, coalesce(weight.place, 0) as place,
        mod(abs(job.cents), coalesce(weight.total, 1)) as rest,
        sign(job.cents)::numeric * div(abs(job.cents), coalesce(weight.total, 1)) as whole,
        sign(job.cents)::numeric as times
    from job
    left join plan_weight as weight
        on weight.office = job.office and weight.outcome = job.outcome
        and weight.fiscal_year = job.fiscal_year and weight.framework = job.framework
        and weight.kind = job.kind
),
/* largest_remainder() */
select
    office, plan_period, outcome, fiscal_year, framework, kind, element,
    coalesce(sum(cents) filter (where measure = 'planned'), 0)::bigint as planned_cents,
    coalesce(sum(cents) filter (where measure = 'expense'), 0)::bigint as expense_cents
from piece
group by office, plan_period, outcome, fiscal_year, framework, kind, element
having
    coalesce(sum(cents) filter (where measure = 'planned'), 0) <> 0
    or coalesce(sum(cents) filter (where measure = 'expense'), 0) <> 0
