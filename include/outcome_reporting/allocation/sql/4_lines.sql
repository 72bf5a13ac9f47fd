-- The rows to publish, in temporary tables named after their report tables: new_<table>.

-- name: line
-- The published lines of money by number, so that what follows handles integers: outputs by year and fund type.
create temp table line on commit drop as
with known as (
    select distinct office, output, outcome, plan_period, fiscal_year, fund_type
    from report.cell as cell where /* in_scope(cell) */
)
select
    known.*, weight.total, (row_number() over (order by known.office, known.output, known.fiscal_year))::int as line_no
from known
join (select distinct office, output, fiscal_year, total from report.weight_eff) as weight
    on weight.office = known.office and weight.output = known.output and weight.fiscal_year = known.fiscal_year

-- name: line_cell
-- Every cell under its line; measure 1 planned, 2 available, 3 expense.
create temp table line_cell on commit drop as
select
    line.line_no, line.total,
    case cell.measure when 'planned' then 1 when 'available' then 2 else 3 end as measure,
    cell.partner, cell.cents
from report.cell as cell
join line
    on line.office = cell.office and line.output = cell.output and line.fiscal_year = cell.fiscal_year
    and line.fund_type = cell.fund_type
where /* in_scope(cell) */

-- name: new_resource_line
create temp table new_resource_line on commit drop as
with summed as (
    select line_no, measure, sum(cents) as cents from line_cell group by line_no, measure
)
select
    line.office, line.plan_period, line.outcome, line.fiscal_year, line.fund_type,
    coalesce(sum(summed.cents) filter (where summed.measure = 1), 0)::bigint as planned_cents,
    coalesce(sum(summed.cents) filter (where summed.measure = 2), 0)::bigint as available_cents,
    coalesce(sum(summed.cents) filter (where summed.measure = 3), 0)::bigint as expense_cents
from summed
join line on line.line_no = summed.line_no
group by line.office, line.plan_period, line.outcome, line.fiscal_year, line.fund_type
having
    coalesce(sum(summed.cents) filter (where summed.measure = 1), 0) <> 0
    or coalesce(sum(summed.cents) filter (where summed.measure = 2), 0) <> 0
    or coalesce(sum(summed.cents) filter (where summed.measure = 3), 0) <> 0

-- name: sdg_job
-- Cells of one line that leave the same rest are split together.
create temp table sdg_job on commit drop as
select
    row_number() over (order by line_no) as job_no, job.*
from (
    select
        line_no, measure, total, mod(abs(cents), total) as rest,
        sum(sign(cents)::bigint * (abs(cents) / total))::bigint as whole,
        sum(sign(cents)::bigint)::bigint as times
    from line_cell
    group by line_no, measure, total, mod(abs(cents), total)
) as job

-- name: line_weight
create temp table line_weight on commit drop as
select line.line_no, weight.sdg, weight.method, weight.weight, weight.sort_key as place
from line
join report.weight_eff as weight
    on weight.office = line.office and weight.output = line.output and weight.fiscal_year = line.fiscal_year

-- name: line_piece
create temp table line_piece on commit drop as
with part as (
    select
        job.line_no as batch, job.job_no, job.measure, job.whole, job.times, job.rest, job.total, weight.weight,
        weight.place
    from sdg_job as job
    join line_weight as weight on weight.line_no = job.line_no
),
/* largest_remainder() */,
summed as (
    select batch as line_no, place, measure, sum(cents)::bigint as cents from piece group by batch, place, measure
)
select
    line_no, place,
    coalesce(sum(cents) filter (where measure = 1), 0)::bigint as planned_cents,
    coalesce(sum(cents) filter (where measure = 2), 0)::bigint as available_cents,
    coalesce(sum(cents) filter (where measure = 3), 0)::bigint as expense_cents
from summed
group by line_no, place

-- name: new_sdg_line
create temp table new_sdg_line on commit drop as
select
    line.office, line.plan_period, line.outcome, line.fiscal_year, line.output, line.fund_type, weight.sdg,
    split_part(weight.sdg, '.', 1) as goal,
    case when strpos(weight.sdg, '.') > 0 then weight.sdg else '' end as target,
    weight.method, piece.planned_cents, piece.available_cents, piece.expense_cents
from line_piece as piece
join line on line.line_no = piece.line_no
join line_weight as weight on weight.line_no = piece.line_no and weight.place = piece.place
where piece.planned_cents <> 0 or piece.available_cents <> 0 or piece.expense_cents <> 0

-- name: partner_money
-- The fund's type decides first: core and institutional money is one pool, whoever is named beside it.
create temp table partner_money on commit drop as
with spent as (
    select line_no, partner, sum(cents)::bigint as cents
    from line_cell where measure = 3 group by line_no, partner
),
money as (
    select
        line.office, line.plan_period, line.outcome, line.fiscal_year, line.fund_type, spent.partner,
        spent.cents as expense, 0::bigint as contribution
    from spent
    join line on line.line_no = spent.line_no
    union all
    select
        year.office, year.plan_period, year.outcome, year.fiscal_year, given.fund_type, given.partner, 0,
        given.cents
    from live_contribution as given
    join outcome_year as year
        on year.office = split_part(given.outcome, '_', 1) and year.outcome = given.outcome
        and year.fiscal_year = given.fiscal_year
    where given.stage in ('revenue', 'refund')
),
attributed as (
    select
        money.*,
        case
            when money.fund_type <> 'non-core' then 'core pool'
            when money.partner = '' then 'unattributed'
            when partner.is_withheld then 'withheld'
            else 'direct'
        end as kind
    from money
    left join live_partner as partner on partner.partner = money.partner
)
select
    office, plan_period, outcome, fiscal_year, kind, case when kind = 'direct' then partner else '' end as partner,
    sum(expense)::bigint as expense_cents, sum(contribution)::bigint as contribution_cents
from attributed
group by 1, 2, 3, 4, 5, 6

-- name: core_revenue
-- What each partner gave to the core in a year: the weights of the imputed lines. Below zero counts as zero.
create temp table core_revenue on commit drop as
with given as (
    select fiscal_year, partner, sum(cents)::bigint as weight
    from live_contribution
    where stage = 'revenue' and fund_type = 'core' and %(impute)s
    group by fiscal_year, partner
    having sum(cents) > 0
)
select
    given.*, coalesce(partner.place, 0) as place, coalesce(partner.is_withheld, false) as is_withheld,
    sum(weight) over (partition by given.fiscal_year)::bigint as total
from given
left join live_partner as partner on partner.partner = given.partner

-- name: imputed_money
create temp table imputed_money on commit drop as
with part as (
    select
        money.office, money.plan_period, money.outcome, money.fiscal_year, giver.partner, giver.is_withheld,
        giver.weight, giver.total, giver.place,
        money.fiscal_year as batch,
        dense_rank() over (order by money.office, money.outcome, money.fiscal_year) as job_no,
        mod(abs(money.expense_cents), giver.total) as rest,
        sign(money.expense_cents)::bigint * (abs(money.expense_cents) / giver.total) as whole,
        sign(money.expense_cents)::bigint as times
    from partner_money as money
    join core_revenue as giver on giver.fiscal_year = money.fiscal_year
    where money.kind = 'core pool'
),
/* largest_remainder() */
select
    office, plan_period, outcome, fiscal_year,
    case when is_withheld then 'withheld' else 'imputed' end as kind,
    case when is_withheld then '' else partner end as partner,
    sum(cents)::bigint as expense_cents
from piece
group by 1, 2, 3, 4, 5, 6

-- name: new_partner_line
-- Imputed lines replace the core pool's expense of their outcome and year; what was given to it stays.
create temp table new_partner_line on commit drop as
with years_imputed as (select distinct fiscal_year from core_revenue),
line as (
    select
        money.office, money.plan_period, money.outcome, money.fiscal_year, money.kind, money.partner,
        case
            when money.kind = 'core pool' and years_imputed.fiscal_year is not null then 0
            else money.expense_cents
        end as expense_cents,
        money.contribution_cents
    from partner_money as money
    left join years_imputed on years_imputed.fiscal_year = money.fiscal_year
    union all
    select office, plan_period, outcome, fiscal_year, kind, partner, expense_cents, 0 from imputed_money
),
summed as (
    select
        office, plan_period, outcome, fiscal_year, kind, partner,
        sum(expense_cents)::bigint as expense_cents, sum(contribution_cents)::bigint as contribution_cents
    from line
    group by office, plan_period, outcome, fiscal_year, kind, partner
    having sum(expense_cents) <> 0 or sum(contribution_cents) <> 0
)
select
    summed.office, summed.plan_period, summed.outcome, summed.fiscal_year, summed.kind, summed.partner,
    coalesce(partner.name, summed.partner) as partner_name,
    coalesce(partner.contributor_type, '') as contributor_type,
    summed.expense_cents, summed.contribution_cents
from summed
left join live_partner as partner on partner.partner = summed.partner

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
