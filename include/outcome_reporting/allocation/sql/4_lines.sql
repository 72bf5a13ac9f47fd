-- The rows to publish, in temporary tables named after their report tables: new_<table>.

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

-- name: long_weights
-- Weights of very many decimals (33.3333333333333 beside 66.6666666666667): the same in numeric, cell by cell.
insert into split_piece (output_no, type_no, measure, place, cents)
with job as (
    select row_number() over () as job_no, output_no, type_no, measure, cents from long_cell
),
part as (
    select
        job.job_no, job.output_no, job.type_no, job.measure, weight.place, weight.weight, weight.total,
        sign(job.cents)::numeric as times, mod(abs(job.cents), weight.total) as rest,
        sign(job.cents)::numeric * div(abs(job.cents), weight.total) as whole
    from job
    join weight_eff as weight on weight.output_no = job.output_no
),
/* largest_remainder() */
select output_no, type_no, measure, place, cents from piece

-- name: new_sdg_line
create temp table new_sdg_line on commit drop as
with line as (
    select
        output_no, type_no, place,
        coalesce(sum(cents) filter (where measure = 1), 0)::bigint as planned_cents,
        coalesce(sum(cents) filter (where measure = 2), 0)::bigint as available_cents,
        coalesce(sum(cents) filter (where measure = 3), 0)::bigint as expense_cents
    from split_piece
    group by output_no, type_no, place
)
select
    place.office, place.plan_period, place.outcome, place.fiscal_year, place.output, fund.fund_type, weight.sdg,
    split_part(weight.sdg, '.', 1) as goal,
    case when strpos(weight.sdg, '.') > 0 then weight.sdg else '' end as target,
    weight.method, piece.planned_cents, piece.available_cents, piece.expense_cents
from line as piece
join output_place as place on place.output_no = piece.output_no
join (select distinct type_no, fund_type from live_fund) as fund on fund.type_no = piece.type_no
join weight_eff as weight on weight.output_no = piece.output_no and weight.place = piece.place
where piece.planned_cents <> 0 or piece.available_cents <> 0 or piece.expense_cents <> 0
order by piece.output_no, piece.type_no

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

-- name: partner_money
-- The fund's type decides first, then the partner. Imputed lines replace the core pool's expense of their year; what
-- was given to it stays. Direct money, the bulk, is one row an outcome, year and partner already, and keeps its order.
create temp table partner_money on commit drop as
with direct as (
    select
        money.outcome_no, case when money.partner_no = 0 then 'unattributed' else 'direct' end as kind,
        partner.partner, money.cents as expense
    from direct_cents as money
    join money_partner as partner on partner.partner_no = money.partner_no
),
money as (
    select outcome_no, 'core pool' as kind, '' as partner, cents as expense, 0 as contribution
    from core_pool
    where fiscal_year not in (select fiscal_year from core_revenue)
    union all
    select outcome_no, 'imputed', partner, cents, 0 from imputed_money
    union all
    select
        place.outcome_no,
        case
            when given.fund_type <> 'non-core' then 'core pool'
            when given.partner = '' then 'unattributed'
            else 'direct'
        end,
        case when given.fund_type = 'non-core' then given.partner else '' end,
        0, given.cents
    from live_contribution as given
    join outcome_place as place
        on place.office = split_part(given.outcome, '_', 1) and place.outcome = given.outcome
        and place.fiscal_year = given.fiscal_year
    where given.stage in ('revenue', 'refund') and /* in_scope(place) */
),
other as (
    select outcome_no, kind, partner, sum(expense)::bigint as expense, sum(contribution)::bigint as contribution
    from money
    group by outcome_no, kind, partner
)
select
    coalesce(direct.outcome_no, other.outcome_no) as outcome_no, coalesce(direct.kind, other.kind) as kind,
    coalesce(direct.partner, other.partner) as partner,
    coalesce(direct.expense, 0) + coalesce(other.expense, 0) as expense,
    coalesce(other.contribution, 0) as contribution
from direct
full join other
    on other.outcome_no = direct.outcome_no and other.kind = direct.kind and other.partner = direct.partner

-- name: new_partner_line
-- A withheld partner's own lines, and those imputed to it, are one line of the outcome and year.
create temp table new_partner_line on commit drop as
with named as (
    select
        money.outcome_no, money.kind, money.partner, coalesce(partner.name, money.partner) as partner_name,
        coalesce(partner.contributor_type, '') as contributor_type, money.expense, money.contribution
    from partner_money as money
    left join live_partner as partner on partner.partner = money.partner
    where partner.is_withheld is not true
    union all
    select money.outcome_no, 'withheld', '', '', '', sum(money.expense)::bigint, sum(money.contribution)::bigint
    from partner_money as money
    join live_partner as partner on partner.partner = money.partner and partner.is_withheld
    group by money.outcome_no
)
select
    place.office, place.plan_period, place.outcome, place.fiscal_year, named.kind, named.partner,
    named.partner_name, named.contributor_type, named.expense as expense_cents,
    named.contribution as contribution_cents
from named
join outcome_place as place on place.outcome_no = named.outcome_no
where named.expense <> 0 or named.contribution <> 0

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
