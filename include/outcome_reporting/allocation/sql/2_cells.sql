-- Contributions and rates, and an empty table for the sums of the cells, which numpy makes (cells.sql, `cells.py`):
-- once the expenses are read, and with them whether any of them needs a rate.

-- name: foreign_expense
-- The rows that need a rate: no dollars written, another currency. Where there are none, nothing is read.
create temp table foreign_expense on commit drop as
select
    expense.office, expense.output, expense.fiscal_year, expense.fund, expense.partner, expense.currency,
    expense.posting_date as date, expense.amount
from core.expense as expense
join live_slice as slice on slice.office = expense.office and slice.slice_id = expense.slice_id
where slice.dataset = 'expenses' and expense.amount_usd is null and expense.currency <> 'USD'
    and %(needs_rates)s and /* in_scope(expense) */

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

-- name: type_cents
-- What numpy sums of the cells (`cells.py`): the money of each output by kind of fund; measure 1 planned, 2 available,
-- 3 expense.
create temp table type_cents (output_no bigint, type_no bigint, measure bigint, cents bigint) on commit drop
