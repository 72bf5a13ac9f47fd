-- Every published figure: its id, its value, and the cells behind it.

-- A part of a figure id, percent-encoded.
create function core.encoded(part text) returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $body$
begin
  return replace(replace(replace(replace(part, '%', '%25'), ':', '%3A'), '/', '%2F'), ' ', '%20');
end
$body$
-- end

-- Part for whole in percent with one decimal, rounded half away from zero; null where the whole is nothing.
create function core.rate_percent(part bigint, whole bigint) returns numeric
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $body$
begin
  return sign(part::numeric) * sign(whole::numeric)
    * div(2000 * abs(part::numeric) + abs(whole::numeric), 2 * nullif(abs(whole::numeric), 0)) * 0.1;
end
$body$
-- end

-- A figure as it was published at a moment: dollars with two decimals, a rate in percent with one, an indicator's
-- text; null where no page of that moment had it, or where it would name a withheld partner.
create function report.published_value(figure_id text, as_of timestamptz default null) returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
  set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
declare
  asked core.asked_figure := core.asked($1);
  moment timestamptz := coalesce($2, 'infinity');
  masked text[] := array(select w.partner from report.withheld w);
  value text;
  lines bigint;
  cents bigint;
  other_cents bigint;
begin
  if asked.axis is null or asked.partner = any(masked) then
    return null;
  end if;
  if asked.axis = 'result' then
    select nullif(btrim(case asked.measure when 'baseline' then l.baseline when 'milestone' then l.milestone
      when 'target' then l.target else l.result end), '')
    into value
    from report.result_line l
    where l.office = asked.office and l.plan_period = asked.plan_period and l.fiscal_year = asked.fiscal_year
      and l.indicator = asked.indicator and asked.code = coalesce(nullif(l.output, ''), l.outcome)
      and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment);
    return value;
  elsif asked.axis = 'resource' then
    select count(*), sum(c.cents) filter (where c.measure = asked.measures[1]),
      sum(c.cents) filter (where c.measure = asked.measures[2])
    into lines, cents, other_cents
    from core.published_resources(asked, moment) c;
  elsif asked.axis = 'sdg' then
    select count(*), sum(c.cents) filter (where c.measure = asked.measures[1]),
      sum(c.cents) filter (where c.measure = asked.measures[2])
    into lines, cents, other_cents
    from core.published_sdg(asked, moment) c;
    if lines = 0 and asked.code is null and asked.sdg = array['X00'] then  -- a page of many outcomes says that it is 0
      select count(*), 0, 0 into lines, cents, other_cents from core.published_resources(asked, moment);
    end if;
  elsif asked.axis = 'plan' then
    select count(*), sum(c.cents) into lines, cents from core.published_plan(asked, moment) c;
  elsif asked.axis = 'partner' then
    select count(*), sum(c.cents) into lines, cents from core.asked_partners(asked, moment) c;
  elsif asked.code is null and asked.office is null then
    select count(*), sum(l.amount_cents) into lines, cents
    from report.revenue_line l
    where l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment) and l.stage = asked.measure
      and (asked.fiscal_year is null or l.fiscal_year = asked.fiscal_year)
      and (asked.fund_type is null or l.fund_type = asked.fund_type)
      and (asked.partner is null or asked.partner
        = case when l.partner = '' or l.partner = any(masked) then '(withheld)' else l.partner end);
  end if;
  if coalesce(lines, 0) = 0 then
    return null;
  elsif asked.measure in ('funding_rate', 'delivery_rate') then
    return round(core.rate_percent(cents, other_cents), 1)::text;
  elsif asked.measure = 'shortfall' then
    cents := cents - other_cents;
  end if;
  return (cents * 0.01)::numeric(20, 2)::text;
end
$body$
-- end

-- The published money of outcomes and outputs, one row for each measure; a year that has a page without money is 0.
create function core.published_resources(asked core.asked_figure, moment timestamptz)
  returns table (measure text, cents bigint)
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  with line as (
    select l.planned_cents, l.available_cents, l.expense_cents
    from report.resource_line l
    where l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
      and (asked.office is null or l.office = asked.office) and (asked.code is null or l.outcome = asked.code)
      and (asked.plan_period is null or l.plan_period = asked.plan_period)
      and (asked.fiscal_year is null or l.fiscal_year = asked.fiscal_year)
      and (asked.fund_type is null or l.fund_type = asked.fund_type)
    union all
    select l.planned_cents, l.available_cents, l.expense_cents
    from report.sdg_line l
    where asked.code is not null and l.output = asked.code
      and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
      and l.office = asked.office and l.plan_period = asked.plan_period
      and (asked.fiscal_year is null or l.fiscal_year = asked.fiscal_year)
      and (asked.fund_type is null or l.fund_type = asked.fund_type)
    union all
    select 0, 0, 0
    from core.published_years(moment, asked.office, asked.code, asked.plan_period) y
    where asked.code is not null and asked.fund_type is null
      and (asked.fiscal_year is null or y.fiscal_year = asked.fiscal_year)
  )
  select c.measure, c.cents
  from line cross join lateral (
    values ('planned', line.planned_cents), ('available', line.available_cents), ('expense', line.expense_cents)
  ) as c (measure, cents);
end
$body$
-- end

-- The years for which outcomes had a page.
create function core.published_years(moment timestamptz, of_office text, of_outcome text, of_period text)
  returns table (outcome text, plan_period text, fiscal_year smallint)
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  with line as (
    select office, outcome, plan_period, fiscal_year, valid_from, valid_to from report.resource_line
    union all
    select office, outcome, plan_period, fiscal_year, valid_from, valid_to from report.partner_line
    union all
    select office, outcome, plan_period, fiscal_year, valid_from, valid_to from report.plan_line
    union all
    select office, outcome, plan_period, fiscal_year, valid_from, valid_to from report.result_line
    union all
    select office, outcome, plan_period, fiscal_year, valid_from, valid_to from report.note_line
    where status = 'approved'
  )
  select distinct l.outcome, l.plan_period, l.fiscal_year from line l
  where l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
    and (of_office is null or l.office = of_office) and (of_outcome is null or l.outcome = of_outcome)
    and (of_period is null or l.plan_period = of_period);
end
$body$
-- end

-- The ids of all figures that stood on a page or in a workbook at a moment: of outcomes and their outputs, of offices
-- and of all, of partners.
create function core.published_figures(moment timestamptz) returns setof text
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  with year as materialized (
    select core.encoded(outcome) || ':' || plan_period as period, ':' || fiscal_year as year
    from core.published_years(moment, null, null, null)
  ), resource as materialized (
    select l.office, core.encoded(l.outcome) || ':' || l.plan_period || ':' || l.fiscal_year as place, l.fiscal_year,
      l.fund_type
    from report.resource_line l
    where l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
  ), sdg as materialized (
    select core.encoded(l.outcome) as outcome, core.encoded(l.output) as output,
      ':' || l.plan_period || ':' || l.fiscal_year as period,
      'sdg:' || case when l.target <> '' or l.goal = 'X00' then l.sdg else l.sdg || '.-' end as line,
      'sdg:' || l.goal as goal
    from report.sdg_line l
    where l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
  ), partner as materialized (
    select core.encoded(l.outcome) || ':' || l.plan_period || ':' || l.fiscal_year as place, l.kind,
      'partner:' || case l.kind
        when 'withheld' then '(withheld)' when 'core pool' then '(core)' when 'unattributed' then '(none)'
        else core.encoded(l.partner) end as what,
      l.is_smaller
    from core.published_partners(moment, null, null, null, null) l
  ), plan as materialized (
    select distinct core.encoded(l.outcome) || ':' || l.plan_period || ':' || l.fiscal_year as place,
      'plan:' || core.encoded(l.framework) || '/'
        || core.encoded(case when l.element = '' then '(' || l.kind || ')' else l.element end) as what
    from report.plan_line l
    where l.framework <> '' and l.kind <> '' and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
  ), revenue as materialized (
    select distinct 'partner=' || case
        when w.partner is not null or l.partner = '' then '(withheld)' else core.encoded(l.partner) end as scope,
      l.fiscal_year, l.fund_type, l.stage
    from report.revenue_line l left join report.withheld w on w.partner = l.partner
    where l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
  ), money (measure) as (
    values ('planned'), ('available'), ('shortfall'), ('expense'), ('funding_rate'), ('delivery_rate')
  ), total as (
    select 'office=' || core.encoded(office) as scope, fiscal_year from resource union
    select 'all', fiscal_year from resource
  )
  select place || ':' || measure from (
    select period || year as place from year union select period from year
    union select place || ':' || fund_type from resource
  ) p cross join money
  union
  select place || ':' || measure from (
    select outcome || period || ':' || line as place from sdg union
    select outcome || period || ':' || goal from sdg union
    select output || period || ':' || line from sdg
  ) p cross join (values ('planned'), ('available'), ('expense')) as m (measure)
  union
  select place || ':' || what || ':' || m.measure from partner
  cross join lateral (
    values (case kind when 'imputed' then 'imputed' else 'expense' end), ('contribution')
  ) as m (measure)
  union
  select place || ':partner:(other):' || m.measure from partner
  cross join (values ('expense'), ('contribution')) as m (measure) where is_smaller
  union
  select place || ':' || what || ':' || m.measure from plan cross join (values ('planned'), ('expense')) as m (measure)
  union
  select scope || ':' || fiscal_year || ':' || m.measure from total cross join (
    values ('planned'), ('available'), ('expense'), ('delivery_rate')
  ) as m (measure)
  union
  select scope || ':' || fiscal_year || ':sdg:X00:expense' from total
  union
  select scope || ':' || fiscal_year || ':' || stage from revenue
  union
  select scope || ':' || fiscal_year || ':' || fund_type || ':' || stage from revenue
  union
  select core.encoded(coalesce(nullif(l.output, ''), l.outcome)) || ':' || l.plan_period || ':' || l.fiscal_year
    || ':result:' || core.encoded(l.indicator) || ':' || m.measure
  from report.result_line l
  cross join lateral (
    values ('baseline', l.baseline), ('milestone', l.milestone), ('target', l.target), ('result', l.result)
  ) as m (measure, written)
  where btrim(m.written) <> '' and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment);
end
$body$
-- end

-- The cells behind every published figure, figure after figure: slow, and the same as asking for each.
create function report.lineage_as_of(as_of timestamptz)
  returns setof report.explained_cell
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
declare
  asked text;
begin
  for asked in select figure from core.published_figures(as_of) as figure order by figure collate "C" loop
    return query select * from report.explain(asked, as_of);
  end loop;
end
$body$
-- end

create view report.lineage as
select figure_id, file_name, sheet, "row", "column", amount, currency, rate, rate_date, weight_percent, share_usd
from report.lineage_as_of('infinity')
-- end
