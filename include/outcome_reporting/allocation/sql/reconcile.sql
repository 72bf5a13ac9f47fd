-- Do the published rows still sum to the live facts? Everything is read from core again, without staging, and
-- by other sums than those that made the rows.

-- name: check_slice
create temp table check_slice on commit drop as
select office, slice_id, dataset from core.slice_life
where valid_from <= %(snapshot_at)s and (valid_to is null or valid_to > %(snapshot_at)s)
union all
select '', slice_id, dataset from core.slice_org_life
where valid_from <= %(snapshot_at)s and (valid_to is null or valid_to > %(snapshot_at)s)

-- name: check_rate
-- Each rate with the first day on which it no longer holds.
create temp table check_rate on commit drop as
select
    rate.currency, rate.rate_per_usd as rate, rate.effective_date as from_date,
    coalesce(lead(rate.effective_date) over (partition by rate.currency order by rate.effective_date), 'infinity')
        as to_date
from core.exchange_rate as rate
join check_slice as slice on slice.slice_id = rate.slice_id

-- name: check_fact
-- Live money by output, year and fund, in cents; what cannot be converted stands with its count.
create temp table check_fact on commit drop as
with live as (
    select office, array_agg(slice_id) as slice_ids from core.slice_life
    where dataset = 'expenses'
        and valid_from <= %(snapshot_at)s and (valid_to is null or valid_to > %(snapshot_at)s)
    group by office
),
spent as materialized (
    -- Office by office, by the key of the table: no slice is looked up for a line, and few sums are held at a time.
    select live.office, line.output, line.fiscal_year, line.fund, line.usd, line.without_usd
    from live
    cross join lateral (
        select
            expense.output, expense.fiscal_year, expense.fund, sum(expense.amount_usd) as usd,
            count(*) filter (where expense.amount_usd is null) as without_usd
        from core.expense as expense
        where expense.office = live.office and expense.slice_id = any(live.slice_ids) and /* in_scope(expense) */
        group by expense.output, expense.fiscal_year, expense.fund
    ) as line
),
converted as (
    -- Lines without dollars, looked for where there are any.
    select
        expense.office, expense.output, expense.fiscal_year, expense.fund,
        case
            when expense.currency = 'USD' then round(expense.amount, 2)
            else /* cents(expense.amount, rate.rate) */ * 0.01
        end as usd
    from core.expense as expense
    join core.slice_life as life on life.office = expense.office and life.slice_id = expense.slice_id
    left join check_rate as rate
        on rate.currency = expense.currency
        and expense.posting_date >= rate.from_date and expense.posting_date < rate.to_date
    where life.dataset = 'expenses' and /* in_scope(expense) */
        and life.valid_from <= %(snapshot_at)s and (life.valid_to is null or life.valid_to > %(snapshot_at)s)
        and expense.amount_usd is null and (select bool_or(without_usd > 0) from spent)
),
planned as (
    select
        budget.office, budget.output, budget.fiscal_year, budget.fund, budget.planned_usd, budget.available_usd,
        budget.version = 'revised' or not bool_or(budget.version = 'revised') over (
            partition by budget.office, budget.output, budget.fiscal_year, budget.fund
        ) as governs
    from core.budget as budget
    join core.slice_life as life on life.office = budget.office and life.slice_id = budget.slice_id
    where life.dataset = 'budgets' and /* in_scope(budget) */
        and life.valid_from <= %(snapshot_at)s and (life.valid_to is null or life.valid_to > %(snapshot_at)s)
),
fact as (
    select office, output, fiscal_year, fund, 'expense' as measure, coalesce(usd * 100, 0) as cents, 0 as unconverted
    from spent
    union all
    select office, output, fiscal_year, fund, 'expense', coalesce(sum(usd) * 100, 0), count(*) - count(usd)
    from converted group by office, output, fiscal_year, fund
    union all
    select office, output, fiscal_year, fund, 'planned', sum(planned_usd) * 100, 0
    from planned where governs group by office, output, fiscal_year, fund
    union all
    select office, output, fiscal_year, fund, 'available', sum(available_usd) * 100, 0
    from planned where governs group by office, output, fiscal_year, fund
),
output as (
    select output.office, output.output, output.outcome,
        split_part(output.plan_period, '-', 1)::int as first_year,
        split_part(output.plan_period, '-', 2)::int as last_year
    from core.output as output
    join check_slice as slice on slice.office = output.office and slice.slice_id = output.slice_id
),
fund as (
    select fund.fund, fund.fund_type
    from core.fund as fund join check_slice as slice on slice.slice_id = fund.slice_id
)
select
    fact.office, fact.output, coalesce(output.outcome, '') as outcome, fact.fiscal_year,
    coalesce(fund.fund_type, '') as fund_type, fact.measure, coalesce(sum(fact.cents), 0) as cents,
    sum(fact.unconverted) as unconverted
from fact
left join output
    on output.office = fact.office and output.output = fact.output
    and fact.fiscal_year between output.first_year and output.last_year
left join fund on fund.fund = fact.fund
group by 1, 2, 3, 4, 5, 6

-- name: check_contribution
-- Of the whole organization whatever the offices; an outcome's own counts where its office is in scope.
create temp table check_contribution on commit drop as
select
    given.fiscal_year, given.stage, coalesce(given.outcome, '') as outcome,
    coalesce(sum(
        case
            when given.amount_usd is not null then given.amount_usd * 100
            when given.currency = 'USD' then round(given.amount, 2) * 100
            else /* cents(given.amount, rate.rate) */
        end
    ), 0) as cents,
    count(*) filter (where given.amount_usd is null and given.currency <> 'USD' and rate.rate is null)
        as unconverted
from core.contribution as given
join check_slice as slice on slice.slice_id = given.slice_id
left join check_rate as rate
    on rate.currency = given.currency and given.amount_usd is null
    and given.date >= rate.from_date and given.date < rate.to_date
where %(years)s::smallint[] is null or given.fiscal_year = any(%(years)s::smallint[])
group by 1, 2, 3

-- name: check_sum
-- Both sides of every axis in one form; `part` is what the sums are taken over within the year.
create temp table check_sum on commit drop as
with published_resource as (
    select line.office, line.fiscal_year, line.outcome, line.fund_type, amount.measure, amount.cents
    from report.resource_line as line
    cross join lateral (
        values ('planned', planned_cents), ('available', available_cents), ('expense', expense_cents)
    ) as amount (measure, cents)
    where line.valid_to is null and /* in_scope(line) */
),
published_sdg as (
    select line.office, line.fiscal_year, line.output, line.fund_type, amount.measure, amount.cents
    from (
        select office, fiscal_year, output, fund_type, sum(planned_cents) as planned_cents,
            sum(available_cents) as available_cents, sum(expense_cents) as expense_cents
        from report.sdg_line as line where valid_to is null and /* in_scope(line) */
        group by office, fiscal_year, output, fund_type
    ) as line
    cross join lateral (
        values ('planned', planned_cents), ('available', available_cents), ('expense', expense_cents)
    ) as amount (measure, cents)
),
plan_kind as (
    select distinct office, fiscal_year, outcome, framework, kind
    from report.plan_line as line where valid_to is null and /* in_scope(line) */
),
published_plan as (
    select line.office, line.fiscal_year, line.outcome, line.framework, line.kind, amount.measure, amount.cents
    from report.plan_line as line
    cross join lateral (values ('planned', planned_cents), ('expense', expense_cents)) as amount (measure, cents)
    where line.valid_to is null and /* in_scope(line) */
),
published_partner as (
    select line.office, line.fiscal_year, line.outcome, sum(line.expense_cents) as expense_cents,
        sum(line.contribution_cents) as contribution_cents
    from report.partner_line as line
    where line.valid_to is null and /* in_scope(line) */
    group by line.office, line.fiscal_year, line.outcome
),
plan_expected as (
    select fact.office, fact.fiscal_year, fact.outcome, fact.measure, sum(fact.cents) as cents
    from check_fact as fact where fact.measure <> 'available' group by 1, 2, 3, 4
),
side as (
    select 'resources' as axis, office, fiscal_year, outcome || ' ' || fund_type || ' ' || measure as part,
        cents as live, 0 as published
    from check_fact
    union all
    select 'resources', office, fiscal_year, outcome || ' ' || fund_type || ' ' || measure, 0, cents
    from published_resource
    union all
    select 'sdg', office, fiscal_year, output || ' ' || fund_type || ' ' || measure, cents, 0 from check_fact
    union all
    select 'sdg', office, fiscal_year, output || ' ' || fund_type || ' ' || measure, 0, cents from published_sdg
    union all
    select 'partners', office, fiscal_year, outcome || ' expense', cents, 0 from check_fact
    where measure = 'expense'
    union all
    select 'partners', office, fiscal_year, outcome || ' expense', 0, expense_cents from published_partner
    union all
    select 'partners', split_part(outcome, '_', 1), fiscal_year, outcome || ' contribution', cents, 0
    from check_contribution where outcome <> '' and stage in ('revenue', 'refund')
        and (%(offices)s::text[] is null or split_part(outcome, '_', 1) = any(%(offices)s::text[]))
    union all
    select 'partners', office, fiscal_year, outcome || ' contribution', 0, contribution_cents
    from published_partner
    union all
    select 'revenue', '', fiscal_year, stage, cents, 0 from check_contribution
    union all
    select 'revenue', '', fiscal_year, stage, 0, amount_cents from report.revenue_line
    where valid_to is null
        and (%(years)s::smallint[] is null or fiscal_year = any(%(years)s::smallint[]))
    union all
    select 'plan', expected.office, expected.fiscal_year,
        expected.outcome || ' ' || coalesce(plan_kind.kind, '') || ' ' || expected.measure, expected.cents, 0
    from plan_expected as expected
    left join plan_kind
        on plan_kind.office = expected.office and plan_kind.fiscal_year = expected.fiscal_year
        and plan_kind.outcome = expected.outcome
    union all
    select 'plan', office, fiscal_year, outcome || ' ' || kind || ' ' || measure, 0, cents from published_plan
)
select axis, office, fiscal_year, part, sum(live) as live_cents, sum(published) as published_cents
from side
group by axis, office, fiscal_year, part
having sum(live) <> sum(published)

-- name: problems
select axis, office, fiscal_year, part, live_cents::bigint, published_cents::bigint, 0 as unconverted
from check_sum
union all
select 'exchange rates', office, fiscal_year, output || ' ' || fund_type, 0, 0, unconverted::int
from check_fact where unconverted > 0
union all
select 'exchange rates', '', fiscal_year, stage, 0, 0, unconverted::int
from check_contribution where unconverted > 0
order by 2, 3, 1, 4
