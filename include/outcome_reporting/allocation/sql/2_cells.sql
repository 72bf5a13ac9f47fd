-- Money in integer cents, before it is split: `cell`, and the contributions. A connection takes the cells of its own
-- share of the offices; everything else is read by each connection whole.

-- name: foreign_expense
-- The rows that need a rate: no dollars written, another currency.
create temp table foreign_expense on commit drop as
select
    expense.office, expense.output, expense.fiscal_year, expense.fund, expense.partner, expense.currency,
    expense.posting_date as date, expense.amount
from core.expense as expense
join live_slice as slice on slice.office = expense.office and slice.slice_id = expense.slice_id
where slice.dataset = 'expenses' and expense.amount_usd is null and expense.currency <> 'USD'
    and /* in_scope(expense) */

-- name: written_contribution
create temp table written_contribution on commit drop as
select
    contribution.partner as spelling, contribution.fund, contribution.stage, contribution.fiscal_year,
    coalesce(contribution.outcome, '') as outcome, contribution.currency, contribution.date,
    contribution.amount,
    case
        when contribution.amount_usd is not null then (contribution.amount_usd * 100)::bigint
        when contribution.currency = 'USD' then (round(contribution.amount, 2) * 100)::bigint
    end as cents
from core.contribution as contribution
join live_slice_org as slice on slice.slice_id = contribution.slice_id
where %(years)s::smallint[] is null or contribution.fiscal_year = any(%(years)s::smallint[])

-- name: rate_on
-- The rate in force on each day that needs one: the latest effective date up to that day.
create temp table rate_on on commit drop as
with needed as (
    select currency, date from foreign_expense
    union
    select currency, date from written_contribution where cents is null
)
select distinct on (needed.currency, needed.date)
    needed.currency, needed.date, rate.effective_date, rate.rate_per_usd as rate
from needed
join core.exchange_rate as rate on rate.currency = needed.currency
join live_slice_org as slice on slice.slice_id = rate.slice_id
where rate.effective_date <= needed.date
order by needed.currency, needed.date, rate.effective_date desc

-- name: live_contribution
create temp table live_contribution on commit drop as
select
    coalesce(spelling.partner, written.spelling) as partner, written.fund, fund.fund_type, fund.instrument,
    written.stage, written.fiscal_year, written.outcome,
    coalesce(written.cents, /* cents(written.amount, rate.rate) */) as cents
from written_contribution as written
join live_fund as fund on fund.fund = written.fund
left join partner_spelling as spelling on spelling.spelling = written.spelling
left join rate_on as rate on rate.currency = written.currency and rate.date = written.date
where written.cents is not null or rate.rate is not null

-- name: cell
-- Expenses by output and year, fund and partner; measure 1 planned, 2 available, 3 expense. Cents are taken line by
-- line, so that integers are summed; the partner is the one that the line's spelling means.
create temp table cell on commit drop as
with written as (
    select
        year.output_no, fund.fund_no, expense.partner as spelling,
        (coalesce(expense.amount_usd, round(expense.amount, 2)) * 100)::bigint as cents
    from core.expense as expense
    join live_slice as slice on slice.office = expense.office and slice.slice_id = expense.slice_id
    join output_year as year
        on year.office = expense.office and year.output = expense.output
        and year.fiscal_year = expense.fiscal_year
    join live_fund as fund on fund.fund = expense.fund
    where slice.dataset = 'expenses' and (expense.amount_usd is not null or expense.currency = 'USD')
        and /* in_share(expense) */
    union all
    select year.output_no, fund.fund_no, expense.partner, /* cents(expense.amount, rate.rate) */
    from foreign_expense as expense
    join rate_on as rate on rate.currency = expense.currency and rate.date = expense.date
    join output_year as year
        on year.office = expense.office and year.output = expense.output
        and year.fiscal_year = expense.fiscal_year
    join live_fund as fund on fund.fund = expense.fund
    where /* in_share(expense) */
)
select
    written.output_no, written.fund_no, coalesce(meant.partner, written.spelling, '') as partner,
    3::smallint as measure, sum(written.cents)::bigint as cents
from written
left join partner_spelling as meant on meant.spelling = written.spelling
group by written.output_no, written.fund_no, coalesce(meant.partner, written.spelling, '')
having sum(written.cents) <> 0

-- name: budget_cells
-- A revised budget replaces the original of its output, year and fund; it is never added to it.
insert into cell (output_no, fund_no, partner, measure, cents)
with governing as (
    select distinct on (budget.office, budget.output, budget.fiscal_year, budget.fund)
        budget.office, budget.output, budget.fiscal_year, budget.fund, budget.planned_usd, budget.available_usd
    from core.budget as budget
    join live_slice as slice on slice.office = budget.office and slice.slice_id = budget.slice_id
    where /* in_share(budget) */
    order by budget.office, budget.output, budget.fiscal_year, budget.fund, budget.version = 'revised' desc
)
select year.output_no, fund.fund_no, '', amount.measure, amount.cents
from governing as budget
join output_year as year
    on year.office = budget.office and year.output = budget.output and year.fiscal_year = budget.fiscal_year
join live_fund as fund on fund.fund = budget.fund
cross join lateral (
    values
        (1::smallint, (budget.planned_usd * 100)::bigint),
        (2::smallint, (budget.available_usd * 100)::bigint)
) as amount (measure, cents)
where amount.cents <> 0

-- name: type_sum
-- The cells' sums by kind of fund: what the lines of an output have to add up to.
create temp table type_sum on commit drop as
select cell.output_no, fund.type_no, fund.fund_type, cell.measure, sum(cell.cents)::bigint as cents
from cell
join live_fund as fund on fund.fund_no = cell.fund_no
group by cell.output_no, fund.type_no, fund.fund_type, cell.measure
