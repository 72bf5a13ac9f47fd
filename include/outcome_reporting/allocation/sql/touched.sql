-- Fiscal years whose published rows no longer follow from what is live.

-- name: has_changed
-- Whether anything happened at all, asked without a temporary table: a night without news writes nothing.
select exists (
    select from core.slice_life
    where (valid_from > %(since)s and valid_from <= %(until)s) or (valid_to > %(since)s and valid_to <= %(until)s)
) or exists (
    select from core.slice_org_life
    where (valid_from > %(since)s and valid_from <= %(until)s) or (valid_to > %(since)s and valid_to <= %(until)s)
)

-- name: has_loads
-- A file dropped again under another name changes no slice, and still has its line of the reconciliation.
select exists (select from intake.load where loaded_at > %(since)s or undone_at > %(since)s)

-- name: changed_slice
create temp table changed_slice on commit drop as
select distinct office, slice_id, dataset, slice_key
from (
    select office, slice_id, dataset, slice_key, valid_from, valid_to from core.slice_life
    union all
    select '', slice_id, dataset, slice_key, valid_from, valid_to from core.slice_org_life
) as life
where %(since)s::timestamptz is null
    or (valid_from > %(since)s::timestamptz and valid_from <= %(until)s::timestamptz)
    or (valid_to > %(since)s::timestamptz and valid_to <= %(until)s::timestamptz)

-- name: used_year
-- Years that any live slice of facts speaks of: what a changed dimension can reach. The year is the last part
-- of a slice's key, before the period of expenses.
create temp table used_year on commit drop as
select distinct
    life.office, life.dataset,
    split_part(life.slice_key, '|', case when life.dataset = 'expenses' then -2 else -1 end)::int as year
from (
    select office, dataset, slice_key, valid_from, valid_to from core.slice_life
    where dataset in ('budgets', 'expenses', 'sdg_weights', 'plan_links', 'results', 'progress_notes')
    union all
    select '', dataset, slice_key, valid_from, valid_to from core.slice_org_life
    where dataset = 'contributions'
) as life
where life.valid_from <= %(until)s::timestamptz
    and (life.valid_to is null or life.valid_to > %(until)s::timestamptz)

-- name: touched
with live_output as (
    select output.office, output.output,
        split_part(output.plan_period, '-', 1)::int as first_year,
        split_part(output.plan_period, '-', 2)::int as last_year
    from core.output as output
    join core.slice_life as life on life.office = output.office and life.slice_id = output.slice_id
    where life.valid_from <= %(until)s::timestamptz
        and (life.valid_to is null or life.valid_to > %(until)s::timestamptz)
),
of_organization as (
    select exists (select from changed_slice where dataset in ('funds', 'partners'))
        or %(is_withholding_changed)s as is_changed
)
select split_part(slice_key, '|', case when dataset = 'expenses' then -2 else -1 end)::int as year
from changed_slice
where dataset in (
    'budgets', 'expenses', 'sdg_weights', 'plan_links', 'results', 'progress_notes', 'contributions'
)
union
-- Weights reach the later years of their plan period, which may inherit them.
select used.year
from changed_slice as slice
join live_output as output
    on output.office = slice.office and output.output = split_part(slice.slice_key, '|', -2)
join used_year as used on used.office = output.office
where slice.dataset = 'sdg_weights' and used.dataset in ('budgets', 'expenses')
    and split_part(slice.slice_key, '|', -1)::int between output.first_year and output.last_year
    and used.year between split_part(slice.slice_key, '|', -1)::int and output.last_year
union
select used.year
from changed_slice as slice
join used_year as used on used.office in (slice.office, '')
where slice.dataset in ('outcomes', 'outputs')
    and used.year between split_part(split_part(slice.slice_key, '|', -1), '-', 1)::int
    and split_part(split_part(slice.slice_key, '|', -1), '-', 2)::int
union
select used.year from used_year as used cross join of_organization where of_organization.is_changed
union
select expense.fiscal_year
from changed_slice as slice
join core.expense as expense on expense.currency = split_part(slice.slice_key, '|', 1)
join core.slice_life as life on life.office = expense.office and life.slice_id = expense.slice_id
where slice.dataset = 'exchange_rates' and expense.amount_usd is null
    and life.valid_from <= %(until)s::timestamptz
    and (life.valid_to is null or life.valid_to > %(until)s::timestamptz)
union
select given.fiscal_year
from changed_slice as slice
join core.contribution as given on given.currency = split_part(slice.slice_key, '|', 1)
join core.slice_org_life as life on life.slice_id = given.slice_id
where slice.dataset = 'exchange_rates' and given.amount_usd is null
    and life.valid_from <= %(until)s::timestamptz
    and (life.valid_to is null or life.valid_to > %(until)s::timestamptz)
order by 1

-- name: is_withholding_changed
-- Today's list against the list of the last run: a date that passed, or one written since.
with today as (
    select distinct partner.partner
    from core.partner as partner
    join core.slice_org_life as life on life.slice_id = partner.slice_id
    where partner.withhold_until > %(run_date)s::date
        and life.valid_from <= %(until)s::timestamptz
        and (life.valid_to is null or life.valid_to > %(until)s::timestamptz)
)
select exists (select from today where partner not in (select partner from report.withheld))
    or exists (select from report.withheld where partner not in (select partner from today))

-- name: touched_offices
-- Null where something changed that reaches every office.
select case
    when %(since)s::timestamptz is null or %(is_withholding_changed)s or bool_or(office = '') then null
    else coalesce(array_agg(distinct office), '{}')
end
from changed_slice
where dataset <> 'offices'
