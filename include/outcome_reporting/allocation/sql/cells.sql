-- Money in integer cents, line by line, as columns for numpy (`columns.py`): integers as arrays, codes as one text.
-- A row is the lines of one office, year and measure (0 planned, 1 available, 2 expense) that were read together; what
-- their codes mean is looked up in numpy, for a text once and not for each line.

-- name: expense_lines
-- Cents are taken line by line, so that integers are summed. Slice by slice, by the key of the table: in whatever
-- other order the server would hold all of it before it sends the first. A slice's key names the year of all its lines,
-- which costs an eighth less than to ask each of them.
select slice.office, slice.fiscal_year, 2::smallint, line.output, line.fund, line.partner, line.cents
from (
    select office, slice_id, split_part(slice_key, '|', -2)::smallint as fiscal_year
    from live_slice where dataset = 'expenses'
) as slice
cross join lateral (
    select
        string_agg(expense.output, E'\n') as output, string_agg(expense.fund, E'\n') as fund,
        string_agg(coalesce(expense.partner, ''), E'\n') as partner,
        array_agg(coalesce(
            (coalesce(
                expense.amount_usd, case when expense.currency = 'USD' then round(expense.amount, 2) end
            ) * 100)::bigint,
            '-9223372036854775808'::bigint
        )) as cents
    from core.expense as expense
    where expense.office = slice.office and expense.slice_id = slice.slice_id
) as line
where line.cents is not null and /* in_scope(slice) */

-- name: foreign_lines
select
    expense.office, expense.fiscal_year, 2::smallint, string_agg(expense.output, E'\n'),
    string_agg(expense.fund, E'\n'), string_agg(coalesce(expense.partner, ''), E'\n'),
    array_agg(/* cents(expense.amount, rate.rate) */)
from foreign_expense as expense
join rate_on as rate on rate.currency = expense.currency and rate.date = expense.date
group by expense.office, expense.fiscal_year

-- name: budget_lines
-- A revised budget replaces the original of its output, year and fund; it is never added to it.
with governing as (
    select distinct on (budget.office, budget.output, budget.fiscal_year, budget.fund)
        budget.office, budget.output, budget.fiscal_year, budget.fund, budget.planned_usd, budget.available_usd
    from core.budget as budget
    join live_slice as slice on slice.office = budget.office and slice.slice_id = budget.slice_id
    where /* in_scope(budget) */
    order by budget.office, budget.output, budget.fiscal_year, budget.fund, budget.version = 'revised' desc
)
select
    budget.office, budget.fiscal_year, amount.measure, string_agg(budget.output, E'\n'),
    string_agg(budget.fund, E'\n'), string_agg('', E'\n'), array_agg(amount.cents)
from governing as budget
cross join lateral (
    values
        (0::smallint, (coalesce(budget.planned_usd, 0) * 100)::bigint),
        (1::smallint, (coalesce(budget.available_usd, 0) * 100)::bigint)
) as amount (measure, cents)
group by budget.office, budget.fiscal_year, amount.measure

-- name: output_codes
select output_no, outcome_no, office, plan_period, outcome, output, fiscal_year from output_place

-- name: outcome_codes
select outcome_no, office, plan_period, outcome, fiscal_year from outcome_place

-- name: fund_codes
select fund_no, type_no, fund, fund_type from live_fund

-- name: partner_codes
select partner_no, partner, name, contributor_type, is_withheld from live_partner

-- name: spellings
select spelling, partner_no from partner_spelling

-- name: weights
-- In the order of output and place; what does not fit integers is marked, and split by the server.
select
    array_agg(output_no::bigint), array_agg(case when fits then weight::bigint else 0 end),
    array_agg(fits::int::bigint), string_agg(sdg, E'\n'), string_agg(method, E'\n')
from (
    select output_no, weight, sdg, method, total <= 2000000000 as fits from weight_eff order by output_no, place
) as weight

-- name: long_cell
-- Cells whose weights have so many decimals that they do not fit integers.
create temp table long_cell (output_no bigint, type_no bigint, measure bigint, cents bigint) on commit drop

-- name: long_pieces
-- Weights of very many decimals (33.3333333333333 beside 66.6666666666667): the same in numeric, cell by cell.
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
select
    array_agg(output_no), array_agg(type_no), array_agg(measure), array_agg(place::bigint), array_agg(cents)
from piece

-- name: shared_money
-- What partners are told of beside direct money: the core pool, imputed money and what was given. `kind` is the
-- place of the kind of line in its order (`lines.py`).
select
    array_agg(outcome_no::bigint), array_agg(kind::bigint), string_agg(partner, E'\n'), array_agg(expense),
    array_agg(contribution)
from shared_money
