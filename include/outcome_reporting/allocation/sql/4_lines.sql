-- The rows to publish, in temporary tables named after their report tables: new_<table>. Those of SDG and partner lines,
-- the many, are made in numpy (`lines.py`), of shared_money and the cells.

-- name: new_resource_line
create temp table new_resource_line on commit drop as
select
    place.office, place.plan_period, place.outcome, place.fiscal_year, type_sum.fund_type,
    coalesce(sum(type_sum.cents) filter (where type_sum.measure = 1), 0)::bigint as planned_cents,
    coalesce(sum(type_sum.cents) filter (where type_sum.measure = 2), 0)::bigint as available_cents,
    coalesce(sum(type_sum.cents) filter (where type_sum.measure = 3), 0)::bigint as expense_cents
from type_sum
join output_place as place on place.output_no = type_sum.output_no
group by place.office, place.plan_period, place.outcome, place.fiscal_year, type_sum.fund_type
having
    coalesce(sum(type_sum.cents) filter (where type_sum.measure = 1), 0) <> 0
    or coalesce(sum(type_sum.cents) filter (where type_sum.measure = 2), 0) <> 0
    or coalesce(sum(type_sum.cents) filter (where type_sum.measure = 3), 0) <> 0

-- name: core_pool
-- Core and institutional money is one pool, whoever is named beside it.
create temp table core_pool on commit drop as
select place.outcome_no, place.fiscal_year, sum(type_sum.cents)::bigint as cents
from type_sum
join output_place as place on place.output_no = type_sum.output_no
where type_sum.measure = 3 and type_sum.fund_type <> 'non-core'
group by place.outcome_no, place.fiscal_year

-- name: core_revenue
-- What each partner gave to the core in a year: the weights of the imputed lines. Below zero counts as zero.
create temp table core_revenue on commit drop as
with given as (
    select fiscal_year, partner, sum(cents) as weight
    from live_contribution
    where stage = 'revenue' and fund_type = 'core' and %(impute)s
    group by fiscal_year, partner
    having sum(cents) > 0
)
select
    given.*, coalesce(partner.place, 0) as code_place,
    sum(weight) over (partition by given.fiscal_year) as total
from given
left join live_partner as partner on partner.partner = given.partner

-- name: imputed_money
create temp table imputed_money on commit drop as
with part as (
    select
        pool.outcome_no as job_no, giver.partner, giver.weight, giver.total,
        row_number() over (partition by pool.outcome_no order by giver.weight desc, giver.code_place) as place,
        mod(abs(pool.cents), giver.total) as rest,
        sign(pool.cents)::numeric * div(abs(pool.cents), giver.total) as whole,
        sign(pool.cents)::numeric as times
    from core_pool as pool
    join core_revenue as giver on giver.fiscal_year = pool.fiscal_year
),
/* largest_remainder() */
select job_no as outcome_no, partner, cents from piece

-- name: shared_money
-- The fund's type decides first, then the partner. Imputed lines replace the core pool's expense of their year; what
-- was given to it stays. Kinds: 0 core pool, 1 direct, 2 imputed, 3 unattributed.
create temp table shared_money on commit drop as
select outcome_no, 0 as kind, '' as partner, cents as expense, 0::bigint as contribution
from core_pool
where fiscal_year not in (select fiscal_year from core_revenue)
union all
select outcome_no, 2, partner, cents, 0 from imputed_money
union all
select
    place.outcome_no,
    case when given.fund_type <> 'non-core' then 0 when given.partner = '' then 3 else 1 end,
    case when given.fund_type = 'non-core' then given.partner else '' end,
    0, given.cents
from live_contribution as given
join outcome_place as place
    on place.office = split_part(given.outcome, '_', 1) and place.outcome = given.outcome
    and place.fiscal_year = given.fiscal_year
where given.stage in ('revenue', 'refund') and /* in_scope(place) */

-- name: new_revenue_line
create temp table new_revenue_line on commit drop as
select
    case when partner.is_withheld then '' else given.partner end as partner,
    given.fiscal_year, given.fund_type, given.instrument, given.stage,
    case when partner.is_withheld then 'Withheld' else coalesce(partner.name, given.partner) end as partner_name,
    case when partner.is_withheld then '' else coalesce(partner.contributor_type, '') end as contributor_type,
    sum(given.cents)::bigint as amount_cents
from live_contribution as given
left join live_partner as partner on partner.partner = given.partner
group by 1, 2, 3, 4, 5, 6, 7
having sum(given.cents) <> 0

-- name: new_result_line
-- A result is a number where its text is one (a percent sign may follow); the text stands beside it always.
create temp table new_result_line on commit drop as
select
    result.office, year.plan_period, result.outcome, result.fiscal_year, coalesce(result.output, '') as output,
    result.indicator, result.indicator_title as title, result.measure,
    coalesce(result.baseline, '') as baseline, coalesce(result.milestone, '') as milestone,
    coalesce(result.target, '') as target, coalesce(result.result, '') as result,
    replace(
        substring(replace(trim(result.result), '−', '-') from /* number() */), ',', ''
    )::numeric as result_value
from core.result as result
join live_slice as slice on slice.office = result.office and slice.slice_id = result.slice_id
join outcome_year as year
    on year.office = result.office and year.outcome = result.outcome and year.fiscal_year = result.fiscal_year
where /* in_scope(result) */

-- name: new_note_line
-- Drafts too: the public view shows approved notes alone.
create temp table new_note_line on commit drop as
select
    note.office, year.plan_period, note.outcome, note.fiscal_year, note.language, note.title, note.note,
    note.author, note.status
from core.progress_note as note
join live_slice as slice on slice.office = note.office and slice.slice_id = note.slice_id
join outcome_year as year
    on year.office = note.office and year.outcome = note.outcome and year.fiscal_year = note.fiscal_year
where /* in_scope(note) */
