-- Which published figures change, from what to what, and which file is the cause: report.figure_change.
-- Runs on the differences, before they are written.

-- name: published_year
-- Outcomes and years that readers have seen: there a missing row was a zero. Elsewhere nothing changes: it is
-- published for the first time.
create temp table published_year on commit drop as
select office, plan_period, outcome, fiscal_year from report.resource_line where valid_to is null
union
select office, plan_period, outcome, fiscal_year from report.partner_line where valid_to is null
union
select office, plan_period, outcome, fiscal_year from report.result_line where valid_to is null

-- name: changed_outcome
create temp table changed_outcome on commit drop as
select office, plan_period, outcome from published_year
intersect
(
    select office, plan_period, outcome from difference_resource_line
    union
    select office, plan_period, outcome from difference_sdg_line
    union
    select office, plan_period, outcome from difference_partner_line
    union
    select office, plan_period, outcome from difference_plan_line
)

-- name: money_line
-- What stands (before) and what is added to it (delta), in one form for the four money tables.
create temp table money_line on commit drop as
with resource as (
    select office, plan_period, outcome, fiscal_year, fund_type, planned_cents as p, available_cents as a,
        expense_cents as e, 0 as dp, 0 as da, 0 as de
    from report.resource_line join changed_outcome using (office, plan_period, outcome)
    where valid_to is null
    union all
    select office, plan_period, outcome, fiscal_year, fund_type, 0, 0, 0,
        coalesce(new_planned_cents, 0) - coalesce(old_planned_cents, 0),
        coalesce(new_available_cents, 0) - coalesce(old_available_cents, 0),
        coalesce(new_expense_cents, 0) - coalesce(old_expense_cents, 0)
    from difference_resource_line
),
sdg as (
    select office, plan_period, outcome, fiscal_year, output, fund_type, sdg, goal, planned_cents as p,
        available_cents as a, expense_cents as e, 0 as dp, 0 as da, 0 as de
    from report.sdg_line join changed_outcome using (office, plan_period, outcome)
    where valid_to is null
    union all
    select office, plan_period, outcome, fiscal_year, output, fund_type, sdg,
        split_part(sdg, '.', 1), 0, 0, 0,
        coalesce(new_planned_cents, 0) - coalesce(old_planned_cents, 0),
        coalesce(new_available_cents, 0) - coalesce(old_available_cents, 0),
        coalesce(new_expense_cents, 0) - coalesce(old_expense_cents, 0)
    from difference_sdg_line
),
sdg_what as (
    select sdg.*, scope.code as scope, what.what
    from sdg
    cross join lateral (values (outcome), (output)) as scope (code)
    cross join lateral (
        select 'sdg:' || case when sdg = goal and goal <> 'X00' then goal || '.-' else sdg end
        union all
        select 'sdg:' || goal where goal <> 'X00'
        union all
        select '' where scope.code = output
        union all
        select fund_type where scope.code = output
    ) as what (what)
),
partner as (
    select office, plan_period, outcome, fiscal_year, kind, partner, expense_cents as e,
        contribution_cents as c, 0 as de, 0 as dc
    from report.partner_line join changed_outcome using (office, plan_period, outcome)
    where valid_to is null
    union all
    select office, plan_period, outcome, fiscal_year, kind, partner, 0, 0,
        coalesce(new_expense_cents, 0) - coalesce(old_expense_cents, 0),
        coalesce(new_contribution_cents, 0) - coalesce(old_contribution_cents, 0)
    from difference_partner_line
),
plan as (
    select office, plan_period, outcome, fiscal_year, framework, kind, element, planned_cents as p,
        expense_cents as e, 0 as dp, 0 as de
    from report.plan_line join changed_outcome using (office, plan_period, outcome)
    where valid_to is null
    union all
    select office, plan_period, outcome, fiscal_year, framework, kind, element, 0, 0,
        coalesce(new_planned_cents, 0) - coalesce(old_planned_cents, 0),
        coalesce(new_expense_cents, 0) - coalesce(old_expense_cents, 0)
    from difference_plan_line
)
select
    'resource' as axis, office, plan_period, outcome, outcome as scope, fiscal_year, what.what, '' as partner,
    amount.measure, amount.before, amount.delta
from resource
cross join lateral (values (''), (fund_type)) as what (what)
cross join lateral (
    values ('planned', p, dp), ('available', a, da), ('expense', e, de), ('shortfall', p - a, dp - da)
) as amount (measure, before, delta)
union all
select
    'sdg', office, plan_period, outcome, scope, fiscal_year, what, '', amount.measure, amount.before,
    amount.delta
from sdg_what
cross join lateral (
    values ('planned', p, dp), ('available', a, da), ('expense', e, de)
) as amount (measure, before, delta)
union all
select
    'partner', office, plan_period, outcome, outcome, fiscal_year,
    'partner:' || case kind
        when 'core pool' then '(core)'
        when 'withheld' then '(withheld)'
        when 'unattributed' then '(none)'
        else /* encode(partner) */
    end,
    partner, amount.measure, amount.before, amount.delta
from partner
cross join lateral (
    values (case when kind = 'imputed' then 'imputed' else 'expense' end, e, de), ('contribution', c, dc)
) as amount (measure, before, delta)
union all
select
    'plan', office, plan_period, outcome, outcome, fiscal_year,
    'plan:' || /* encode(framework) */ || '/'
        || case when element = '' then replace('(' || kind || ')', ' ', '%%20') else /* encode(element) */ end,
    '', amount.measure, amount.before, amount.delta
from plan
cross join lateral (values ('planned', p, dp), ('expense', e, de)) as amount (measure, before, delta)
where framework <> '' and kind <> ''

-- name: changed_figure
-- Figures of a year, and totals of the plan period.
create temp table changed_figure on commit drop as
with summed as (
    select
        line.axis, line.office, line.plan_period, line.outcome, line.scope, year.year as fiscal_year, line.what,
        line.partner, line.measure, sum(line.before)::bigint as before, sum(line.delta)::bigint as delta
    from money_line as line
    cross join lateral (values (line.fiscal_year), (0)) as year (year)
    group by line.axis, line.office, line.plan_period, line.outcome, line.scope, year.year, line.what,
        line.partner, line.measure
    having sum(line.delta) <> 0
),
seen as (
    select office, plan_period, outcome, fiscal_year from published_year
    union
    select office, plan_period, outcome, 0 from published_year
)
select
    summed.axis, summed.office, summed.outcome, summed.fiscal_year, summed.measure, summed.partner,
    /* encode(summed.scope) */ || ':' || summed.plan_period
        || case when summed.fiscal_year = 0 then '' else ':' || summed.fiscal_year end
        || case when summed.what = '' then '' else ':' || summed.what end || ':' || summed.measure as figure_id,
    (summed.before / 100.0)::numeric(20, 2)::text as before,
    ((summed.before + summed.delta) / 100.0)::numeric(20, 2)::text as after
from summed
join seen using (office, plan_period, outcome, fiscal_year)
union all
select
    'result', changed.office, changed.outcome, changed.fiscal_year, amount.measure, '',
    /* encode(scope.code) */ || ':' || changed.plan_period || ':'
        || changed.fiscal_year || ':result:' || /* encode(changed.indicator) */ || ':' || amount.measure,
    coalesce(amount.old, ''), coalesce(amount.new, '')
from difference_result_line as changed
join published_year using (office, plan_period, outcome, fiscal_year)
cross join lateral (select coalesce(nullif(changed.output, ''), changed.outcome) as code) as scope
cross join lateral (
    values
        ('baseline', old_baseline, new_baseline), ('milestone', old_milestone, new_milestone),
        ('target', old_target, new_target), ('result', old_result, new_result)
) as amount (measure, old, new)
where coalesce(amount.old, '') <> coalesce(amount.new, '')

-- name: event
-- Slices whose life changed since the last publication's snapshot. An opening says itself why; a closing that
-- nothing followed is an undo.
create temp table event on commit drop as
with life as (
    select office, slice_id, dataset, slice_key, valid_from, valid_to, cause, cause_load_id, closed_by_load_id
    from core.slice_life
    union all
    select '', slice_id, dataset, slice_key, valid_from, valid_to, cause, cause_load_id, closed_by_load_id
    from core.slice_org_life
),
opened as (
    select * from life where valid_from > %(since)s and valid_from <= %(snapshot_at)s
),
closed as (
    select * from life where valid_to > %(since)s and valid_to <= %(snapshot_at)s
)
select office, slice_id, dataset, slice_key, valid_from as at, cause, cause_load_id as load_id from opened
union all
select
    closed.office, closed.slice_id, closed.dataset, closed.slice_key, closed.valid_to,
    coalesce(opened.cause, 'undo'), coalesce(opened.cause_load_id, closed.closed_by_load_id)
from closed
left join opened
    on opened.office = closed.office and opened.dataset = closed.dataset
    and opened.slice_key = closed.slice_key and opened.valid_from = closed.valid_to

-- name: reach
-- The outcomes and years that an event can have changed; the nearer the rank, the better the explanation.
create temp table reach on commit drop as
with fact as (
    select event.dataset, event.at, event.cause, event.load_id, entry.office, entry.output, entry.fiscal_year
    from event
    join core.expense as entry on entry.office = event.office and entry.slice_id = event.slice_id
    where event.dataset = 'expenses'
    union
    select event.dataset, event.at, event.cause, event.load_id, entry.office, entry.output, entry.fiscal_year
    from event
    join core.budget as entry on entry.office = event.office and entry.slice_id = event.slice_id
    where event.dataset = 'budgets'
    union
    select event.dataset, event.at, event.cause, event.load_id, entry.office, entry.output, entry.fiscal_year
    from event
    join foreign_expense as entry on entry.currency = split_part(event.slice_key, '|', 1)
    where event.dataset = 'exchange_rates'
)
select distinct 1 as rank, fact.dataset, fact.at, fact.cause, fact.load_id, fact.office, year.outcome,
    fact.fiscal_year::int
from fact
join output_year as year
    on year.office = fact.office and year.output = fact.output and year.fiscal_year = fact.fiscal_year
union all
select case when later.fiscal_year = year.fiscal_year then 1 else 2 end, event.dataset, event.at, event.cause,
    event.load_id, event.office, later.outcome, later.fiscal_year
from event
join output_year as year
    on year.office = event.office and year.output = split_part(event.slice_key, '|', -2)
    and year.fiscal_year = split_part(event.slice_key, '|', -1)::smallint
join output_year as later
    on later.office = year.office and later.output = year.output and later.plan_period = year.plan_period
where event.dataset = 'sdg_weights' and later.fiscal_year >= year.fiscal_year
union all
select 1, event.dataset, event.at, event.cause, event.load_id, event.office,
    split_part(event.slice_key, '|', -2), split_part(event.slice_key, '|', -1)::int
from event where event.dataset in ('plan_links', 'results')
union all
select 1, event.dataset, event.at, event.cause, event.load_id, split_part(entry.outcome, '_', 1), entry.outcome,
    entry.fiscal_year
from event join core.contribution as entry on entry.slice_id = event.slice_id
where event.dataset = 'contributions' and entry.outcome is not null
union all
select 3, event.dataset, event.at, event.cause, event.load_id, year.office, year.outcome, year.fiscal_year
from event
join outcome_year as year on year.fiscal_year = split_part(event.slice_key, '|', -1)::smallint
where event.dataset = 'contributions'
union all
select 3, event.dataset, event.at, event.cause, event.load_id, event.office, year.outcome, year.fiscal_year
from event
join outcome_year as year
    on year.office = event.office and year.plan_period = split_part(event.slice_key, '|', -1)
where event.dataset in ('outcomes', 'outputs')
union all
select 4, event.dataset, event.at, event.cause, event.load_id, year.office, year.outcome, year.fiscal_year
from event
cross join outcome_year as year
where event.dataset in ('funds', 'partners')
    or (event.dataset = 'exchange_rates' and exists (select from written_contribution where cents is null))

-- name: figure_changes
insert into report.figure_change
    (run_id, figure_id, published_at, before, after, cause, file_name, sha256, partner)
with could_change (dataset, axis, measure) as (
    values
        ('budgets', '', 'planned'), ('budgets', '', 'available'), ('budgets', '', 'shortfall'),
        ('expenses', '', 'expense'), ('expenses', '', 'imputed'),
        ('exchange_rates', '', 'expense'), ('exchange_rates', '', 'imputed'),
        ('exchange_rates', '', 'contribution'),
        ('contributions', '', 'contribution'), ('contributions', '', 'imputed'),
        ('contributions', 'partner', 'expense'),
        ('sdg_weights', 'sdg', ''), ('plan_links', 'plan', ''), ('results', 'result', ''),
        ('outcomes', '', ''), ('outputs', '', ''), ('funds', '', ''), ('partners', 'partner', '')
),
candidate as (
    select distinct on (figure.figure_id)
        figure.figure_id, reach.cause, reach.load_id
    from changed_figure as figure
    join reach on reach.office = figure.office and reach.outcome = figure.outcome
    join could_change as could on could.dataset = reach.dataset
    where figure.fiscal_year in (0, reach.fiscal_year)
        and could.axis in ('', figure.axis) and could.measure in ('', figure.measure)
    order by figure.figure_id, reach.rank, reach.at desc, reach.load_id
)
select
    %(run_id)s, figure.figure_id, %(published_at)s, figure.before, figure.after,
    coalesce(candidate.cause, 'expiry'), coalesce(load.file_name, ''), coalesce(file.sha256, ''),
    figure.partner
from changed_figure as figure
left join candidate on candidate.figure_id = figure.figure_id
left join intake.load as load on load.load_id = candidate.load_id
left join intake.file as file on file.file_id = load.file_id
