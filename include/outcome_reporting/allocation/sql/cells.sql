-- Money in integer cents, line by line, as arrays for numpy: a key that says where a line belongs, and its cents.
-- A row of arrays is a slice; the key packs output and year, measure (0 planned, 1 available, 2 expense), fund and
-- partner.

-- name: steps
-- How many funds and partners there are, 0 among them; the last partner stands for all that nobody knows.
select
    (select coalesce(max(fund_no), 0) + 1 from live_fund), (select coalesce(max(partner_no), 0) + 2 from money_partner)

-- name: expense_lines
-- Cents are taken line by line, so that integers are summed; the partner is the one that the line's spelling means.
select
    array_agg(/* cell_key(year, 2, fund) */ + /* partner_no(meant, expense) */),
    array_agg((coalesce(expense.amount_usd, round(expense.amount, 2)) * 100)::bigint)
from core.expense as expense
join live_slice as slice on slice.office = expense.office and slice.slice_id = expense.slice_id
join output_year as year
    on year.office = expense.office and year.output = expense.output and year.fiscal_year = expense.fiscal_year
join live_fund as fund on fund.fund = expense.fund
left join partner_spelling as meant on meant.spelling = expense.partner
where slice.dataset = 'expenses' and (expense.amount_usd is not null or expense.currency = 'USD')
    and /* in_share(expense) */
group by slice.slice_id

-- name: foreign_lines
select
    array_agg(/* cell_key(year, 2, fund) */ + /* partner_no(meant, expense) */),
    array_agg(/* cents(expense.amount, rate.rate) */)
from foreign_expense as expense
join rate_on as rate on rate.currency = expense.currency and rate.date = expense.date
join output_year as year
    on year.office = expense.office and year.output = expense.output and year.fiscal_year = expense.fiscal_year
join live_fund as fund on fund.fund = expense.fund
left join partner_spelling as meant on meant.spelling = expense.partner
where /* in_share(expense) */
group by expense.office

-- name: budget_lines
-- A revised budget replaces the original of its output, year and fund; it is never added to it.
with governing as (
    select distinct on (budget.office, budget.output, budget.fiscal_year, budget.fund)
        budget.office, budget.output, budget.fiscal_year, budget.fund, budget.planned_usd, budget.available_usd
    from core.budget as budget
    join live_slice as slice on slice.office = budget.office and slice.slice_id = budget.slice_id
    where /* in_share(budget) */
    order by budget.office, budget.output, budget.fiscal_year, budget.fund, budget.version = 'revised' desc
)
select array_agg(/* cell_key(year, amount.measure, fund) */), array_agg(amount.cents)
from governing as budget
join output_year as year
    on year.office = budget.office and year.output = budget.output and year.fiscal_year = budget.fiscal_year
join live_fund as fund on fund.fund = budget.fund
cross join lateral (
    values
        (0, (coalesce(budget.planned_usd, 0) * 100)::bigint), (1, (coalesce(budget.available_usd, 0) * 100)::bigint)
) as amount (measure, cents)
group by budget.office

-- name: unknown_spelling
-- Spellings that no partner has (one that was taken back, say) stand for themselves. Numbered after the known ones in
-- an order of their own, so that two connections number them alike.
insert into partner_spelling (spelling, partner, partner_no)
select
    unknown.spelling, unknown.spelling,
    (select max(partner_no) from money_partner) + row_number() over (order by unknown.spelling collate "C")
from (
    select distinct expense.partner as spelling
    from core.expense as expense
    join live_slice as slice on slice.office = expense.office and slice.slice_id = expense.slice_id
    where slice.dataset = 'expenses' and expense.partner <> '' and /* in_scope(expense) */
) as unknown
where not exists (select from partner_spelling as known where known.spelling = unknown.spelling)

-- name: unknown_partner
insert into money_partner (partner_no, partner)
select spelling.partner_no, spelling.partner from partner_spelling as spelling
where spelling.partner_no not in (select partner_no from money_partner)

-- name: places
-- Of each output and year: its outcome and year.
select array_agg(output_no::bigint), array_agg(outcome_no::bigint) from output_place

-- name: funds
select
    array_agg(fund_no::bigint), array_agg(type_no::bigint), array_agg((fund_type = 'non-core')::int::bigint)
from live_fund

-- name: weights
select
    array_agg(output_no::bigint order by output_no, place), array_agg(weight::bigint order by output_no, place)
from weight_eff
where total <= 2000000000
