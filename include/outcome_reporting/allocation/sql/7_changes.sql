-- Which published figures change, from what to what, and which file is the cause: report.figure_change.
-- Runs on the differences, before they are written, and reads of what stands only what they touch.
--
-- Figures: an outcome's and its outputs', of a year and of the plan period (fiscal_year 0); totals over outcomes,
-- of a year, of an office, of all, of a goal and of a plan element; a partner's stages of a year. Where a year was
-- ever published a missing row was a zero; where it never was, nothing changes: it is published for the first time.

-- name: changed_outcome
create temp table changed_outcome on commit drop as
select office, plan_period, outcome from difference_resource_line
union
select office, plan_period, outcome from difference_sdg_line
union
select office, plan_period, outcome from difference_partner_line
union
select office, plan_period, outcome from difference_plan_line
union
select office, plan_period, outcome from difference_result_line

-- name: published_year
-- The years of changed outcomes that readers have ever seen.
create temp table published_year on commit drop as
select line.office, line.plan_period, line.outcome, line.fiscal_year
from report.resource_line as line join changed_outcome using (office, plan_period, outcome)
union
select line.office, line.plan_period, line.outcome, line.fiscal_year
from report.partner_line as line join changed_outcome using (office, plan_period, outcome)
union
select line.office, line.plan_period, line.outcome, line.fiscal_year
from report.plan_line as line join changed_outcome using (office, plan_period, outcome)
union
select line.office, line.plan_period, line.outcome, line.fiscal_year
from report.result_line as line join changed_outcome using (office, plan_period, outcome)
union
select line.office, line.plan_period, line.outcome, line.fiscal_year
from report.note_line as line join changed_outcome using (office, plan_period, outcome)
where line.status = 'approved'

-- name: seen
-- The same with the plan period's total, which was seen when any of its years was.
create temp table seen on commit drop as
select office, plan_period, outcome, fiscal_year::int as fiscal_year from published_year
union
select office, plan_period, outcome, 0 from published_year

-- name: sdg_sum
-- What stands (before) and what is added to it (delta): p planned, a available, e expense, in cents.
create temp table sdg_sum on commit drop as
with known as (
    select distinct office, plan_period, outcome from published_year
    intersect
    select office, plan_period, outcome from difference_sdg_line
)
select
    office, plan_period, outcome, output, fiscal_year, fund_type, sdg, sum(p) as p, sum(a) as a, sum(e) as e,
    sum(dp) as dp, sum(da) as da, sum(de) as de
from (
    select line.office, line.plan_period, line.outcome, line.output, line.fiscal_year, line.fund_type, line.sdg,
        line.planned_cents as p, line.available_cents as a, line.expense_cents as e, 0 as dp, 0 as da, 0 as de
    from report.sdg_line as line join known using (office, plan_period, outcome)
    where line.valid_to is null
    union all
    select line.office, line.plan_period, line.outcome, line.output, line.fiscal_year, line.fund_type, line.sdg,
        0, 0, 0,
        coalesce(line.new_planned_cents, 0) - coalesce(line.old_planned_cents, 0),
        coalesce(line.new_available_cents, 0) - coalesce(line.old_available_cents, 0),
        coalesce(line.new_expense_cents, 0) - coalesce(line.old_expense_cents, 0)
    from difference_sdg_line as line join known using (office, plan_period, outcome)
) as line
group by office, plan_period, outcome, output, fiscal_year, fund_type, sdg

-- name: resource_sum
-- Outcomes by year, in all and by kind of fund; outputs the same, summed from their SDG lines.
create temp table resource_sum on commit drop as
with known as (
    select distinct office, plan_period, outcome from published_year
    intersect
    select office, plan_period, outcome from difference_resource_line
),
line as (
    select line.office, line.plan_period, line.outcome, line.outcome as scope, line.fiscal_year, line.fund_type,
        line.planned_cents as p, line.available_cents as a, line.expense_cents as e, 0 as dp, 0 as da, 0 as de
    from report.resource_line as line join known using (office, plan_period, outcome)
    where line.valid_to is null
    union all
    select line.office, line.plan_period, line.outcome, line.outcome, line.fiscal_year, line.fund_type, 0, 0, 0,
        coalesce(line.new_planned_cents, 0) - coalesce(line.old_planned_cents, 0),
        coalesce(line.new_available_cents, 0) - coalesce(line.old_available_cents, 0),
        coalesce(line.new_expense_cents, 0) - coalesce(line.old_expense_cents, 0)
    from difference_resource_line as line join known using (office, plan_period, outcome)
    union all
    select office, plan_period, outcome, output, fiscal_year, fund_type, p, a, e, dp, da, de from sdg_sum
)
select
    line.office, line.plan_period, line.outcome, line.scope, year.year as fiscal_year, what.what,
    sum(line.p) as p, sum(line.a) as a, sum(line.e) as e,
    sum(line.dp) as dp, sum(line.da) as da, sum(line.de) as de
from line
cross join lateral (values (line.fiscal_year::int), (0)) as year (year)
cross join lateral (values (''), (line.fund_type)) as what (what)
group by line.office, line.plan_period, line.outcome, line.scope, year.year, what.what
having sum(line.dp) <> 0 or sum(line.da) <> 0 or sum(line.de) <> 0

-- name: tagged_sum
-- The SDG figures of outcomes and outputs: a target, the line of the goal itself, the goal's total.
create temp table tagged_sum on commit drop as
with by_output as (
    select office, plan_period, outcome, output, fiscal_year, sdg, split_part(sdg, '.', 1) as goal,
        sum(p) as p, sum(a) as a, sum(e) as e, sum(dp) as dp, sum(da) as da, sum(de) as de
    from sdg_sum
    group by office, plan_period, outcome, output, fiscal_year, sdg
),
tagged as (
    select by_output.*, what.what
    from by_output
    cross join lateral (
        select 'sdg:' || case when sdg = goal and goal <> 'X00' then goal || '.-' else sdg end
        union all
        select 'sdg:' || goal where goal <> 'X00'
    ) as what (what)
),
scoped as (
    select office, plan_period, outcome, output as scope, fiscal_year, what, p, a, e, dp, da, de from tagged
    union all
    select office, plan_period, outcome, outcome, fiscal_year, what, sum(p), sum(a), sum(e), sum(dp), sum(da), sum(de)
    from tagged
    group by office, plan_period, outcome, fiscal_year, what
)
select
    scoped.office, scoped.plan_period, scoped.outcome, scoped.scope, year.year as fiscal_year, scoped.what,
    sum(scoped.p) as p, sum(scoped.a) as a, sum(scoped.e) as e,
    sum(scoped.dp) as dp, sum(scoped.da) as da, sum(scoped.de) as de
from scoped
cross join lateral (values (scoped.fiscal_year::int), (0)) as year (year)
group by scoped.office, scoped.plan_period, scoped.outcome, scoped.scope, year.year, scoped.what
having sum(scoped.dp) <> 0 or sum(scoped.da) <> 0 or sum(scoped.de) <> 0

-- name: shared_sum
-- Partner and plan figures of outcomes, a row for each measure.
create temp table shared_sum on commit drop as
with known as (
    select distinct office, plan_period, outcome from published_year
    intersect
    (
        select office, plan_period, outcome from difference_partner_line
        union
        select office, plan_period, outcome from difference_plan_line
    )
),
partner as (
    select line.office, line.plan_period, line.outcome, line.fiscal_year, line.kind, line.partner,
        line.expense_cents as e, line.contribution_cents as c, 0 as de, 0 as dc
    from report.partner_line as line join known using (office, plan_period, outcome)
    where line.valid_to is null
    union all
    select line.office, line.plan_period, line.outcome, line.fiscal_year, line.kind, line.partner, 0, 0,
        coalesce(line.new_expense_cents, 0) - coalesce(line.old_expense_cents, 0),
        coalesce(line.new_contribution_cents, 0) - coalesce(line.old_contribution_cents, 0)
    from difference_partner_line as line join known using (office, plan_period, outcome)
),
plan as (
    select line.office, line.plan_period, line.outcome, line.fiscal_year, line.framework, line.kind, line.element,
        line.planned_cents as p, line.expense_cents as e, 0 as dp, 0 as de
    from report.plan_line as line join known using (office, plan_period, outcome)
    where line.valid_to is null
    union all
    select line.office, line.plan_period, line.outcome, line.fiscal_year, line.framework, line.kind, line.element,
        0, 0,
        coalesce(line.new_planned_cents, 0) - coalesce(line.old_planned_cents, 0),
        coalesce(line.new_expense_cents, 0) - coalesce(line.old_expense_cents, 0)
    from difference_plan_line as line join known using (office, plan_period, outcome)
),
line as (
    select
        'partner' as axis, office, plan_period, outcome, fiscal_year,
        'partner:' || case kind
            when 'core pool' then '(core)'
            when 'withheld' then '(withheld)'
            when 'unattributed' then '(none)'
            else /* encode(partner) */
        end as what,
        partner, amount.measure, amount.before, amount.delta
    from partner
    cross join lateral (
        values (case when kind = 'imputed' then 'imputed' else 'expense' end, e, de), ('contribution', c, dc)
    ) as amount (measure, before, delta)
    union all
    select
        'plan', office, plan_period, outcome, fiscal_year,
        'plan:' || /* encode(framework) */ || '/' || case
            when element = '' then replace('(' || kind || ')', ' ', '%%20')
            else /* encode(element) */
        end,
        '', amount.measure, amount.before, amount.delta
    from plan
    cross join lateral (values ('planned', p, dp), ('expense', e, de)) as amount (measure, before, delta)
    where framework <> '' and kind <> ''
)
select
    line.axis, line.office, line.plan_period, line.outcome, year.year as fiscal_year, line.what, line.partner,
    line.measure, sum(line.before) as before, sum(line.delta) as delta
from line
cross join lateral (values (line.fiscal_year::int), (0)) as year (year)
group by line.axis, line.office, line.plan_period, line.outcome, year.year, line.what, line.partner, line.measure
having sum(line.delta) <> 0

-- name: total_delta
-- What the differences add to totals over outcomes. `scope` is the page, office '' where it is of all offices,
-- `what` the part of an outcome's figures that the total sums.
create temp table total_delta on commit drop as
with line as (
    select office, 'office=' || /* encode(office) */ as scope, '' as what, fiscal_year,
        coalesce(new_planned_cents, 0) - coalesce(old_planned_cents, 0) as dp,
        coalesce(new_available_cents, 0) - coalesce(old_available_cents, 0) as da,
        coalesce(new_expense_cents, 0) - coalesce(old_expense_cents, 0) as de
    from difference_resource_line
    union all
    select office, scope.scope, 'sdg:' || split_part(sdg, '.', 1), fiscal_year,
        coalesce(new_planned_cents, 0) - coalesce(old_planned_cents, 0),
        coalesce(new_available_cents, 0) - coalesce(old_available_cents, 0),
        coalesce(new_expense_cents, 0) - coalesce(old_expense_cents, 0)
    from difference_sdg_line
    cross join lateral (
        select 'sdg=' || split_part(sdg, '.', 1)
        union all
        select 'office=' || /* encode(office) */ where sdg = 'X00'
    ) as scope (scope)
    union all
    select office, 'plan=' || named.element, 'plan:' || named.element, fiscal_year,
        coalesce(new_planned_cents, 0) - coalesce(old_planned_cents, 0), 0,
        coalesce(new_expense_cents, 0) - coalesce(old_expense_cents, 0)
    from difference_plan_line
    cross join lateral (
        select /* encode(framework) */ || '/' || case
            when element = '' then replace('(' || kind || ')', ' ', '%%20')
            else /* encode(element) */
        end as element
    ) as named
    where framework <> '' and kind <> ''
)
select
    page.office, page.scope, line.what, line.fiscal_year::int as fiscal_year,
    sum(line.dp) as dp, sum(line.da) as da, sum(line.de) as de
from line
cross join lateral (
    select case when line.scope like 'office=%%' then line.office else '' end, line.scope
    union all
    select '', 'all' where line.scope like 'office=%%'
) as page (office, scope)
group by page.office, page.scope, line.what, line.fiscal_year
having sum(line.dp) <> 0 or sum(line.da) <> 0 or sum(line.de) <> 0

-- name: published_total
-- Pages and years of totals that readers have ever seen.
create temp table published_total on commit drop as
with wanted as materialized (
    select distinct fiscal_year::smallint as fiscal_year from total_delta
),
published as (
    select line.office, line.fiscal_year from report.resource_line as line join wanted using (fiscal_year)
    union
    select line.office, line.fiscal_year from report.partner_line as line join wanted using (fiscal_year)
    union
    select line.office, line.fiscal_year from report.result_line as line join wanted using (fiscal_year)
    union
    select line.office, line.fiscal_year from report.note_line as line join wanted using (fiscal_year)
    where line.status = 'approved'
)
select office, fiscal_year::int as fiscal_year from published
union
select '', fiscal_year::int from published

-- name: total_sum
-- The totals that change, with what stands. Lines of the years and parts that change are summed, nothing else.
create temp table total_sum on commit drop as
with delta as (
    select total_delta.* from total_delta join published_total using (office, fiscal_year)
),
resource as materialized (
    select line.office, line.fiscal_year::int as fiscal_year, sum(line.planned_cents) as p,
        sum(line.available_cents) as a, sum(line.expense_cents) as e
    from report.resource_line as line
    join (select distinct fiscal_year::smallint as fiscal_year from delta where what = '') as wanted
        using (fiscal_year)
    where line.valid_to is null
    group by line.office, line.fiscal_year
),
sdg as materialized (
    select line.office, line.goal, line.fiscal_year::int as fiscal_year, sum(line.planned_cents) as p,
        sum(line.available_cents) as a, sum(line.expense_cents) as e
    from report.sdg_line as line
    join (
        select distinct fiscal_year::smallint as fiscal_year, substr(what, 5) as goal from delta
        where what like 'sdg:%%'
    ) as wanted using (fiscal_year, goal)
    where line.valid_to is null
    group by line.office, line.goal, line.fiscal_year
),
plan as materialized (
    select line.framework, line.kind, line.element, line.fiscal_year::int as fiscal_year,
        sum(line.planned_cents) as p, sum(line.expense_cents) as e
    from report.plan_line as line
    join (select distinct fiscal_year::smallint as fiscal_year from delta where what like 'plan:%%') as wanted
        using (fiscal_year)
    where line.valid_to is null
    group by line.framework, line.kind, line.element, line.fiscal_year
),
standing as (
    select office, '' as what, fiscal_year, p, a, e from resource
    union all
    select '', '', fiscal_year, sum(p), sum(a), sum(e) from resource group by fiscal_year
    union all
    select office, 'sdg:' || goal, fiscal_year, p, a, e from sdg
    union all
    select '', 'sdg:' || goal, fiscal_year, sum(p), sum(a), sum(e) from sdg group by goal, fiscal_year
    union all
    select '', 'plan:' || /* encode(framework) */ || '/' || case
            when element = '' then replace('(' || kind || ')', ' ', '%%20')
            else /* encode(element) */
        end, fiscal_year, p, 0, e
    from plan
)
select
    delta.office, delta.scope, delta.what, delta.fiscal_year, coalesce(standing.p, 0) as p,
    coalesce(standing.a, 0) as a, coalesce(standing.e, 0) as e, delta.dp, delta.da, delta.de
from delta
left join standing
    on standing.office = delta.office and standing.what = delta.what and standing.fiscal_year = delta.fiscal_year

-- name: stage_sum
-- A partner's stages by year, in all and by kind of fund; '' is whoever is withheld.
create temp table stage_sum on commit drop as
with published as (
    select distinct line.fiscal_year
    from report.revenue_line as line
    join (select distinct fiscal_year from difference_revenue_line) as wanted using (fiscal_year)
),
changed as (
    select distinct line.partner, line.fiscal_year
    from difference_revenue_line as line join published using (fiscal_year)
),
line as (
    select line.partner, line.fiscal_year, line.fund_type, line.stage, line.amount_cents as before, 0 as delta
    from report.revenue_line as line join changed using (partner, fiscal_year)
    where line.valid_to is null
    union all
    select line.partner, line.fiscal_year, line.fund_type, line.stage, 0,
        coalesce(line.new_amount_cents, 0) - coalesce(line.old_amount_cents, 0)
    from difference_revenue_line as line join changed using (partner, fiscal_year)
)
select line.partner, line.fiscal_year::int as fiscal_year, what.what, line.stage as measure,
    sum(line.before) as before, sum(line.delta) as delta
from line
cross join lateral (values (''), (line.fund_type)) as what (what)
group by line.partner, line.fiscal_year, what.what, line.stage
having sum(line.delta) <> 0

-- name: changed_figure
-- `size` is by how much, in cents, to find the nearest cause of a total.
create temp table changed_figure on commit drop as
with counted as (
    select 'resource' as axis, office, plan_period, outcome, scope, fiscal_year, what, p, a, e, dp, da, de,
        scope = outcome as has_rates
    from resource_sum join seen using (office, plan_period, outcome, fiscal_year)
    union all
    select 'sdg', office, plan_period, outcome, scope, fiscal_year, what, p, a, e, dp, da, de, false
    from tagged_sum join seen using (office, plan_period, outcome, fiscal_year)
    union all
    select 'total', office, '', '', scope, fiscal_year, what, p, a, e, dp, da, de, what = ''
    from total_sum
),
amount as (
    select counted.axis, counted.office, counted.plan_period, counted.outcome, counted.scope, counted.fiscal_year,
        counted.what, '' as partner, amount.measure, amount.before, amount.delta
    from counted
    cross join lateral (
        values ('planned', p, dp), ('available', a, da), ('expense', e, de), ('shortfall', p - a, dp - da)
    ) as amount (measure, before, delta)
    where amount.delta <> 0
        and (has_rates or amount.measure <> 'shortfall')
        and (axis <> 'total' or scope <> 'all' and scope not like 'office=%%' or what = '' or measure = 'expense')
    union all
    select axis, shared_sum.office, shared_sum.plan_period, shared_sum.outcome, shared_sum.outcome,
        shared_sum.fiscal_year, what, partner, measure, before, delta
    from shared_sum join seen using (office, plan_period, outcome, fiscal_year)
    union all
    select 'stage', '', '', '', 'partner=' || case partner when '' then '(withheld)' else /* encode(partner) */ end,
        fiscal_year, what, partner, measure, before, delta
    from stage_sum
),
figure as (
    select axis, office, plan_period, outcome, scope, fiscal_year, what, partner, measure,
        (before / 100.0)::numeric(20, 2)::text as before, ((before + delta) / 100.0)::numeric(20, 2)::text as after,
        abs(delta) as size
    from amount
    union all
    select counted.axis, counted.office, counted.plan_period, counted.outcome, counted.scope, counted.fiscal_year,
        counted.what, '', rate.measure, rate.before, rate.after, abs(rate.size)
    from counted
    cross join lateral (select p + dp as new_p, a + da as new_a, e + de as new_e) as new
    cross join lateral (
        values
            ('funding_rate', /* rate(a, p) */, /* rate(new_a, new_p) */, greatest(abs(da), abs(dp))),
            ('delivery_rate', /* rate(e, a) */, /* rate(new_e, new_a) */, greatest(abs(de), abs(da)))
    ) as rate (measure, before, after, size)
    where counted.has_rates and rate.before <> rate.after
)
select
    axis, office, outcome, fiscal_year, what, measure, partner, size, before, after,
    case when axis in ('total', 'stage') then scope else /* encode(scope) */ end
        || case plan_period when '' then '' else ':' || plan_period end
        || case fiscal_year when 0 then '' else ':' || fiscal_year end
        || case when what = '' or scope like 'sdg=%%' or scope like 'plan=%%' then '' else ':' || what end
        || ':' || measure as figure_id
from figure
union all
select
    'result', changed.office, changed.outcome, changed.fiscal_year, '', amount.measure, '', 0,
    coalesce(amount.old, ''), coalesce(amount.new, ''),
    /* encode(scope.code) */ || ':' || changed.plan_period || ':'
        || changed.fiscal_year || ':result:' || /* encode(changed.indicator) */ || ':' || amount.measure
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
with known as materialized (
    select distinct office, outcome from changed_figure where outcome <> ''
),
output_known as materialized (
    select year.office, year.output, year.outcome, year.fiscal_year, year.plan_period
    from output_year as year join known using (office, outcome)
),
outcome_known as materialized (
    select year.office, year.outcome, year.fiscal_year, year.plan_period
    from outcome_year as year join known using (office, outcome)
),
touching as materialized (
    select * from event where office in (select office from known)
),
fact as (
    select event.dataset, event.at, event.cause, event.load_id, entry.office, entry.output, entry.fiscal_year
    from touching as event
    join core.expense as entry on entry.office = event.office and entry.slice_id = event.slice_id
    where event.dataset = 'expenses' and /* in_scope(entry) */
    union
    select event.dataset, event.at, event.cause, event.load_id, entry.office, entry.output, entry.fiscal_year
    from touching as event
    join core.budget as entry on entry.office = event.office and entry.slice_id = event.slice_id
    where event.dataset = 'budgets' and /* in_scope(entry) */
    union
    select event.dataset, event.at, event.cause, event.load_id, entry.office, entry.output, entry.fiscal_year
    from event
    join core.expense as entry on entry.currency = split_part(event.slice_key, '|', 1)
    join live_slice as slice on slice.office = entry.office and slice.slice_id = entry.slice_id
    where event.dataset = 'exchange_rates' and entry.amount_usd is null and slice.dataset = 'expenses'
        and entry.office in (select office from known) and /* in_scope(entry) */
)
select distinct 1 as rank, fact.dataset, fact.at, fact.cause, fact.load_id, fact.office, year.outcome,
    fact.fiscal_year::int
from fact
join output_known as year
    on year.office = fact.office and year.output = fact.output and year.fiscal_year = fact.fiscal_year
union all
select case when later.fiscal_year = year.fiscal_year then 1 else 2 end, event.dataset, event.at, event.cause,
    event.load_id, event.office, later.outcome, later.fiscal_year
from touching as event
join output_known as year
    on year.office = event.office and year.output = split_part(event.slice_key, '|', -2)
    and year.fiscal_year = split_part(event.slice_key, '|', -1)::smallint
join output_known as later
    on later.office = year.office and later.output = year.output and later.plan_period = year.plan_period
where event.dataset = 'sdg_weights' and later.fiscal_year >= year.fiscal_year
union all
select 1, event.dataset, event.at, event.cause, event.load_id, event.office,
    split_part(event.slice_key, '|', -2), split_part(event.slice_key, '|', -1)::int
from touching as event where event.dataset in ('plan_links', 'results')
union all
select 1, event.dataset, event.at, event.cause, event.load_id, known.office, known.outcome, entry.fiscal_year
from event
join core.contribution as entry on entry.slice_id = event.slice_id
join known on known.office = split_part(entry.outcome, '_', 1) and known.outcome = entry.outcome
where event.dataset = 'contributions'
union all
select 3, event.dataset, event.at, event.cause, event.load_id, year.office, year.outcome, year.fiscal_year
from event
join outcome_known as year on year.fiscal_year = split_part(event.slice_key, '|', -1)::smallint
where event.dataset = 'contributions'
union all
select 3, event.dataset, event.at, event.cause, event.load_id, event.office, year.outcome, year.fiscal_year
from touching as event
join outcome_known as year
    on year.office = event.office and year.plan_period = split_part(event.slice_key, '|', -1)
where event.dataset in ('outcomes', 'outputs')
union all
select 4, event.dataset, event.at, event.cause, event.load_id, year.office, year.outcome, year.fiscal_year
from event
cross join outcome_known as year
where event.dataset in ('funds', 'partners')
    or (event.dataset = 'exchange_rates' and exists (select from written_contribution where cents is null))

-- name: cause_of_outcome
create temp table cause_of_outcome on commit drop as
with could_change (dataset, axis, measure) as (
    values
        ('budgets', '', 'planned'), ('budgets', '', 'available'), ('budgets', '', 'shortfall'),
        ('budgets', '', 'funding_rate'), ('budgets', '', 'delivery_rate'),
        ('expenses', '', 'expense'), ('expenses', '', 'imputed'), ('expenses', '', 'delivery_rate'),
        ('exchange_rates', '', 'expense'), ('exchange_rates', '', 'imputed'),
        ('exchange_rates', '', 'contribution'), ('exchange_rates', '', 'delivery_rate'),
        ('contributions', '', 'contribution'), ('contributions', '', 'imputed'),
        ('contributions', 'partner', 'expense'),
        ('sdg_weights', 'sdg', ''), ('plan_links', 'plan', ''), ('results', 'result', ''),
        ('outcomes', '', ''), ('outputs', '', ''), ('funds', '', ''), ('partners', 'partner', '')
)
select distinct on (figure.figure_id) figure.figure_id, reach.cause, reach.load_id
from changed_figure as figure
join reach on reach.office = figure.office and reach.outcome = figure.outcome
join could_change as could on could.dataset = reach.dataset
where figure.fiscal_year in (0, reach.fiscal_year)
    and could.axis in ('', figure.axis) and could.measure in ('', figure.measure)
order by figure.figure_id, reach.rank, reach.at desc, reach.load_id

-- name: cause_of_total
-- The cause of the largest change that the total sums; where its outcomes were published for the first time, the
-- latest slice that can have brought them.
create temp table cause_of_total on commit drop as
with total as materialized (
    select * from changed_figure where axis = 'total'
),
part_measure (measure, part) as (
    values
        ('planned', 'planned'), ('available', 'available'), ('expense', 'expense'), ('shortfall', 'shortfall'),
        ('funding_rate', 'available'), ('funding_rate', 'planned'),
        ('delivery_rate', 'expense'), ('delivery_rate', 'available')
),
could_bring (dataset, measure) as (
    values
        ('budgets', 'planned'), ('budgets', 'available'), ('budgets', 'shortfall'), ('budgets', 'funding_rate'),
        ('budgets', 'delivery_rate'), ('expenses', 'expense'), ('expenses', 'delivery_rate'),
        ('exchange_rates', 'expense'), ('exchange_rates', 'delivery_rate'),
        ('outcomes', ''), ('outputs', ''), ('funds', ''), ('sdg_weights', ''), ('plan_links', '')
),
outcome_figure as materialized (
    select page.office, figure.fiscal_year, figure.what, figure.measure, figure.size, figure.figure_id, known.cause,
        known.load_id
    from changed_figure as figure
    join cause_of_outcome as known on known.figure_id = figure.figure_id
    cross join lateral (values (figure.office), ('')) as page (office)
    where starts_with(figure.figure_id, /* encode(figure.outcome) */ || ':')
),
bringing as materialized (
    select distinct on (page.office, event.office = '', event.dataset, could.measure, year.year)
        page.office, event.office = '' as is_of_all, event.dataset, could.measure, year.year as fiscal_year,
        event.cause, event.load_id, event.at
    from event
    join could_bring as could on could.dataset = event.dataset
    cross join lateral (
        select case when event.dataset in ('budgets', 'expenses', 'sdg_weights', 'plan_links') then
            split_part(event.slice_key, '|', case event.dataset when 'expenses' then -2 else -1 end)::int
        end as year
    ) as year
    cross join lateral (
        select event.office
        union
        select ''
    ) as page (office)
    order by page.office, event.office = '', event.dataset, could.measure, year.year, event.at desc, event.load_id
),
part as (
    select total.figure_id, 1 as rank, figure.size, figure.figure_id as part_id, figure.cause, figure.load_id,
        null::timestamptz as at
    from total
    join part_measure using (measure)
    join outcome_figure as figure
        on figure.office = total.office and figure.fiscal_year = total.fiscal_year and figure.what = total.what
        and figure.measure = part_measure.part
    union all
    select total.figure_id, 2, 0, '', event.cause, event.load_id, event.at
    from total
    join bringing as event on event.office = total.office
    where event.measure in ('', total.measure) and coalesce(event.fiscal_year, total.fiscal_year) = total.fiscal_year
        and (event.dataset <> 'sdg_weights' or total.what like 'sdg:%%')
        and (event.dataset <> 'plan_links' or total.what like 'plan:%%')
    union all
    select total.figure_id, 2, 0, '', event.cause, event.load_id, event.at
    from total
    join bringing as event on event.is_of_all and total.office <> ''
    where event.measure in ('', total.measure)
)
select distinct on (figure_id) figure_id, cause, load_id
from part
order by figure_id, rank, size desc, at desc, part_id, load_id

-- name: cause_of_stage
create temp table cause_of_stage on commit drop as
with stage as materialized (
    select * from changed_figure where axis = 'stage'
),
given as (
    select event.*, coalesce(spelling.partner, split_part(event.slice_key, '|', 1)) as partner
    from event
    left join partner_spelling as spelling on spelling.spelling = split_part(event.slice_key, '|', 1)
    where event.dataset = 'contributions'
),
candidate as (
    select stage.figure_id, case when given.partner = stage.partner then 1 else 3 end as rank, given.cause,
        given.load_id, given.at
    from stage
    join given on split_part(given.slice_key, '|', -1)::int = stage.fiscal_year
    where stage.partner in ('', given.partner)
    union all
    select stage.figure_id, 2, event.cause, event.load_id, event.at
    from stage
    join event on event.dataset = 'exchange_rates'
    join (
        select distinct written.currency, written.fiscal_year, coalesce(spelling.partner, written.spelling) as partner
        from written_contribution as written
        left join partner_spelling as spelling on spelling.spelling = written.spelling
        where written.cents is null
    ) as foreign_money
        on foreign_money.currency = split_part(event.slice_key, '|', 1)
        and foreign_money.fiscal_year = stage.fiscal_year
    where stage.partner in ('', foreign_money.partner)
    union all
    select stage.figure_id, 4, event.cause, event.load_id, event.at
    from stage
    join event on event.dataset in ('partners', 'funds')
)
select distinct on (figure_id) figure_id, cause, load_id
from candidate
order by figure_id, rank, at desc, load_id

-- name: figure_changes
-- What no event explains is a withholding that began or ended with the date.
insert into report.figure_change
    (run_id, figure_id, published_at, before, after, cause, file_name, sha256, partner)
select
    %(run_id)s, figure.figure_id, %(published_at)s, figure.before, figure.after,
    coalesce(known.cause, 'expiry'), coalesce(load.file_name, ''), coalesce(file.sha256, ''), figure.partner
from changed_figure as figure
left join (
    select figure_id, cause, load_id from cause_of_outcome
    union all
    select figure_id, cause, load_id from cause_of_total
    union all
    select figure_id, cause, load_id from cause_of_stage
) as known on known.figure_id = figure.figure_id
left join intake.load as load on load.load_id = known.load_id
left join intake.file as file on file.file_id = load.file_id
