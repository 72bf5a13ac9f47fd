-- Money in integer cents, before it is split: report.cell, and the contributions.

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

-- name: forget_cells
delete from report.cell as cell where /* in_scope(cell) */

-- name: expense_cells
insert into report.cell
    (office, output, outcome, plan_period, fiscal_year, fund, fund_type, partner, measure, cents)
with written as (
    select
        expense.office, expense.output, expense.fiscal_year, expense.fund, expense.partner,
        coalesce(expense.amount_usd, round(expense.amount, 2)) as usd
    from core.expense as expense
    join live_slice as slice on slice.office = expense.office and slice.slice_id = expense.slice_id
    where slice.dataset = 'expenses' and (expense.amount_usd is not null or expense.currency = 'USD')
        and /* in_scope(expense) */
    union all
    select
        expense.office, expense.output, expense.fiscal_year, expense.fund, expense.partner,
        /* cents(expense.amount, rate.rate) */ * 0.01
    from foreign_expense as expense
    join rate_on as rate on rate.currency = expense.currency and rate.date = expense.date
),
summed as (
    select
        written.office, written.output, written.fiscal_year, written.fund,
        coalesce(spelling.partner, written.partner, '') as partner, (sum(written.usd) * 100)::bigint as cents
    from written
    left join partner_spelling as spelling on spelling.spelling = written.partner
    group by written.office, written.output, written.fiscal_year, written.fund,
        coalesce(spelling.partner, written.partner, '')
)
select
    summed.office, summed.output, year.outcome, year.plan_period, summed.fiscal_year, summed.fund,
    fund.fund_type, summed.partner, 'expense', summed.cents
from summed
join output_year as year
    on year.office = summed.office and year.output = summed.output and year.fiscal_year = summed.fiscal_year
join live_fund as fund on fund.fund = summed.fund
where summed.cents <> 0

-- name: budget_cells
-- A revised budget replaces the original of its output, year and fund; it is never added to it.
insert into report.cell
    (office, output, outcome, plan_period, fiscal_year, fund, fund_type, partner, measure, cents)
with governing as (
    select distinct on (budget.office, budget.output, budget.fiscal_year, budget.fund)
        budget.office, budget.output, budget.fiscal_year, budget.fund, budget.planned_usd, budget.available_usd
    from core.budget as budget
    join live_slice as slice on slice.office = budget.office and slice.slice_id = budget.slice_id
    where /* in_scope(budget) */
    order by budget.office, budget.output, budget.fiscal_year, budget.fund, budget.version = 'revised' desc
)
select
    budget.office, budget.output, year.outcome, year.plan_period, budget.fiscal_year, budget.fund,
    fund.fund_type, '', amount.measure, amount.cents
from governing as budget
join output_year as year
    on year.office = budget.office and year.output = budget.output and year.fiscal_year = budget.fiscal_year
join live_fund as fund on fund.fund = budget.fund
cross join lateral (
    values
        ('planned', (budget.planned_usd * 100)::bigint),
        ('available', (budget.available_usd * 100)::bigint)
) as amount (measure, cents)
where amount.cents <> 0
