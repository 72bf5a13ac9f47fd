-- From a figure's id to the published lines that it sums, and the cells that stand behind each line.

-- What an id asks for; axis: resource, sdg, partner, plan, stage or result; measures: the cells that it lists.
create type core.asked_figure as (
  axis text, measure text, measures text[], office text, code text, plan_period text, fiscal_year integer,
  fund_type text, sdg text[], partner text, framework text, element text, indicator text
)
-- end

-- A cell's part in one published line: the line's cents are split by weight / total (null where nothing is split:
-- the cell counts whole).
create type core.line_part as (
  line bigint, line_cents bigint, weight numeric, total numeric, measure text, cents bigint, load_id uuid,
  file_name text, sheet text, row_no integer, column_letter text, amount numeric, currency text, rate numeric,
  rate_date date
)
-- end

-- A part of a figure id without its percent-encoding.
create function core.decoded(part text) returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $body$
begin
  return replace(replace(replace(replace(replace(
    part, '%20', ' '), '%2F', '/'), '%3A', ':'), '%3D', '='), '%25', '%');
end
$body$
-- end

-- The parts of a figure id; axis is null where it is none, or names what no page can have.
create function core.asked(figure_id text) returns core.asked_figure
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $body$
declare
  asked core.asked_figure;
  pieces text[] := string_to_array(figure_id, ':');
  middle text[] := pieces[2:cardinality(pieces) - 1];
  scope text := pieces[1];
  plain text := core.decoded(scope);
  named text := core.decoded(substr(scope, strpos(scope, '=') + 1));
begin
  if cardinality(pieces) < 2 or '' = any(pieces) then
    return null;
  end if;
  asked.measure := pieces[cardinality(pieces)];
  asked.sdg := '{}';
  if middle[1] ~ '^[0-9]{4}-[0-9]{4}$' then
    asked.plan_period := middle[1];
    middle := middle[2:];
  end if;
  if middle[1] ~ '^[0-9]{4}$' then
    asked.fiscal_year := middle[1]::integer;
    middle := middle[2:];
  end if;

  case
    when scope = 'all' then null;
    when scope like 'office=%' then asked.office := named;
    when scope like 'sdg=%' then asked.sdg := array[named];
    when scope like 'partner=%' then asked.partner := named;
    when scope like 'plan=%' then
      asked.framework := core.decoded(split_part(substr(scope, 6), '/', 1));
      asked.element := core.decoded(split_part(substr(scope, 6), '/', 2));
    when strpos(scope, '=') > 0 or asked.plan_period is null then return null;
    else
      asked.code := plain;
      asked.office := split_part(plain, '_', 1);
  end case;

  if cardinality(middle) = 2 then
    named := core.decoded(middle[2]);
    case middle[1]
      when 'sdg' then asked.sdg := asked.sdg || named;
      when 'partner' then asked.partner := coalesce(asked.partner, named);
      when 'plan' then
        asked.framework := core.decoded(split_part(middle[2], '/', 1));
        asked.element := core.decoded(split_part(middle[2], '/', 2));
      when 'result' then asked.indicator := named;
      else return null;
    end case;
  elsif cardinality(middle) = 1 and middle[1] in ('core', 'non-core', 'institutional') then
    asked.fund_type := middle[1];
  elsif cardinality(middle) > 0 then
    return null;
  end if;

  asked.axis := case
    when asked.indicator is not null then 'result'
    when asked.measure in ('pledge', 'commitment', 'cash', 'revenue', 'refund') then 'stage'
    when cardinality(asked.sdg) > 0 then 'sdg'
    when asked.framework is not null then 'plan'
    when asked.partner is not null or asked.measure in ('contribution', 'imputed') then 'partner'
    else 'resource'
  end;
  asked.measures := case asked.measure
    when 'shortfall' then array['planned', 'available']
    when 'funding_rate' then array['available', 'planned']
    when 'delivery_rate' then array['expense', 'available']
    when 'imputed' then array['expense']
    when 'contribution' then array['revenue', 'refund']
    else array[asked.measure]
  end;
  -- Each axis has measures of its own, and one axis splits a figure: none is split by two.
  if not (
    case asked.axis
      when 'result' then asked.measure in ('baseline', 'milestone', 'target', 'result')
        and asked.code is not null and asked.fiscal_year is not null
      when 'stage' then cardinality(asked.sdg) = 0 and asked.framework is null
      when 'plan' then asked.measure in ('planned', 'expense') and asked.partner is null and asked.fund_type is null
      when 'partner' then asked.measure in ('expense', 'contribution', 'imputed') and asked.fund_type is null
      else asked.measure in ('planned', 'available', 'expense', 'shortfall', 'funding_rate', 'delivery_rate')
        and asked.partner is null and asked.framework is null
    end)
  then
    return null;
  end if;
  return asked;
end
$body$
-- end

-- The publication that stood at a moment: the slices that it read and the partners that it, or the last run, withheld.
create function core.publication_at(moment timestamptz)
  returns table (published_at timestamptz, snapshot_at timestamptz, is_imputed boolean, withheld text[])
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
declare
  last record;
begin
  select p.published_at, p.snapshot_at, p.is_imputed, p.run_date into last from report.publication p
  where p.published_at <= moment order by p.published_at desc limit 1;
  if not found then
    return;
  end if;
  published_at := last.published_at;
  snapshot_at := last.snapshot_at;
  is_imputed := last.is_imputed;
  withheld := array(
    select w.partner from report.withheld w
    union
    select p.partner from core.partner p
    where p.withhold_until > last.run_date and p.slice_id = any(core.live_slices(last.snapshot_at, '', 'partners'))
  );
  return next;
end
$body$
-- end

-- The published SDG lines of a figure, one for each measure.
create function core.published_sdg(asked core.asked_figure, moment timestamptz)
  returns table (
    office text, plan_period text, outcome text, output text, fiscal_year smallint, fund_type text, sdg text,
    method text, measure text, cents bigint
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  select l.office, l.plan_period, l.outcome, l.output, l.fiscal_year, l.fund_type, l.sdg, l.method, c.measure, c.cents
  from report.sdg_line l
  cross join lateral (
    values ('planned', l.planned_cents), ('available', l.available_cents), ('expense', l.expense_cents)
  ) as c (measure, cents)
  where c.measure = any(asked.measures)
    and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
    and (asked.office is null or l.office = asked.office)
    and (asked.plan_period is null or l.plan_period = asked.plan_period)
    and (asked.fiscal_year is null or l.fiscal_year = asked.fiscal_year)
    and (asked.code is null or asked.code in (l.outcome, l.output))
    and (asked.fund_type is null or l.fund_type = asked.fund_type)
    and not exists (
      select 1 from unnest(asked.sdg) as wanted (sdg)
      where not case
        when wanted.sdg like '%.-' then l.sdg = split_part(wanted.sdg, '.', 1)
        when wanted.sdg like '%.%' then l.sdg = wanted.sdg
        else l.goal = wanted.sdg
      end);
end
$body$
-- end

-- The published partner lines of outcomes, who is withheld today masked and summed; of one partner where it is named.
create function core.masked_partners(
    moment timestamptz, of_office text, of_code text, of_period text, of_year integer, of_partner text
  )
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, kind text, partner text, name text,
    expense_cents bigint, contribution_cents bigint
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
declare
  masked text[] := array(select w.partner from report.withheld w);
begin
  return query
  select l.office, l.plan_period, l.outcome, l.fiscal_year, m.kind, m.partner, m.name,
    sum(l.expense_cents)::bigint, sum(l.contribution_cents)::bigint
  from report.partner_line l
  cross join lateral (
    select case when l.partner = any(masked) then 'withheld' else l.kind end as kind,
      case when l.partner = any(masked) then '' else l.partner end as partner,
      case when l.partner = any(masked) then '' else coalesce(nullif(l.partner_name, ''), l.partner) end as name
  ) as m
  where l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
    and (of_office is null or l.office = of_office) and (of_code is null or l.outcome = of_code)
    and (of_period is null or l.plan_period = of_period) and (of_year is null or l.fiscal_year = of_year)
    and (of_partner is null or l.partner = of_partner)
  group by 1, 2, 3, 4, 5, 6, 7;
end
$body$
-- end

-- The same of all partners. `is_smaller` marks the lines that a page sums as (other): of more than 45 direct ones of
-- an outcome and year those past the 40 largest (by amount without sign, contribution, name, code). The rule stands
-- in `domain/partner_lines.py` too; a test compares.
create function core.published_partners(
    moment timestamptz, of_office text, of_code text, of_period text, of_year integer
  )
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, kind text, partner text,
    expense_cents bigint, contribution_cents bigint, is_smaller boolean
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  with ranked as (
    select l.*,
      count(*) over (partition by office, plan_period, outcome, fiscal_year, kind) as lines,
      row_number() over (
        partition by office, plan_period, outcome, fiscal_year, kind
        order by abs(expense_cents) desc, abs(contribution_cents) desc, name collate "C", partner collate "C"
      ) as place
    from core.masked_partners(moment, of_office, of_code, of_period, of_year, null) l
  )
  select r.office, r.plan_period, r.outcome, r.fiscal_year, r.kind, r.partner, r.expense_cents, r.contribution_cents,
    r.kind = 'direct' and r.lines > 45 and r.place > 40
  from ranked r;
end
$body$
-- end

-- The cells of an asked figure's measures, narrowed to codes, spellings and fund types where these are known.
create function core.asked_money(
    asked core.asked_figure, snapshot timestamptz, of_codes text[] default null, of_spellings text[] default null,
    of_fund_types text[] default null
  )
  returns setof core.money_cell
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  if 'expense' = any(asked.measures) then
    return query select * from core.explained_expense(
      snapshot, asked.office, asked.code, asked.plan_period, asked.fiscal_year, of_codes, of_spellings, of_fund_types);
  end if;
  if asked.measures && array['planned', 'available'] then
    return query select b.* from core.explained_budget(
      snapshot, asked.office, asked.code, asked.plan_period, asked.fiscal_year, of_codes, of_fund_types) b
    where b.measure = any(asked.measures);
  end if;
  if asked.axis = 'stage' or asked.measure = 'contribution' then
    return query select c.* from core.explained_contribution(snapshot, asked.fiscal_year, asked.measures) c
    where (asked.code is null or c.outcome = asked.code) and (asked.office is null or c.office = asked.office)
      and (asked.plan_period is null or c.plan_period = asked.plan_period)
      and (of_fund_types is null or c.fund_type = any(of_fund_types));
  end if;
end
$body$
-- end

-- Resources and stages: every cell counts whole.
create function core.whole_parts(asked core.asked_figure, snapshot timestamptz, withheld text[])
  returns setof core.line_part
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
declare
  fund_types text[] := case when asked.fund_type is not null then array[asked.fund_type] end;
begin
  return query
  select 1::bigint, null::bigint, 1::numeric, 1::numeric, m.measure, m.cents, m.load_id, m.file_name, m.sheet,
    m.row_no, m.column_letter, m.amount, m.currency, m.rate, m.rate_date
  from core.asked_money(asked, snapshot, null, null, fund_types) m
  where asked.partner is null
    or asked.partner = '(withheld)' and m.partner = any(withheld)
    or asked.partner = m.partner and m.partner <> all(withheld);
end
$body$
-- end

create function core.sdg_parts(asked core.asked_figure, snapshot timestamptz, moment timestamptz)
  returns setof core.line_part
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  outputs text[] := array(select distinct output from core.published_sdg(asked, moment));
  fund_types text[] := case when asked.fund_type is not null then array[asked.fund_type] end;
begin
  return query
  with line as materialized (
    select row_number() over (order by output, fiscal_year, fund_type, sdg, measure) as line, l.*
    from core.published_sdg(asked, moment) l where l.cents <> 0
  ), weight as materialized (
    select * from core.explained_weight(snapshot, asked.office)
  ), source as materialized (
    -- the year whose weights applied: the money's own, or the nearest earlier one of the plan period
    select distinct on (l.office, l.output, l.fiscal_year)
      l.office, l.output, l.fiscal_year, w.fiscal_year as source_year
    from (select distinct office, plan_period, output, fiscal_year from line where method <> 'none') l
    join (select distinct office, plan_period, output, fiscal_year from weight) w
      on w.office = l.office and w.output = l.output and w.plan_period = l.plan_period
    where w.fiscal_year <= l.fiscal_year
    order by l.office, l.output, l.fiscal_year, w.fiscal_year desc
  ), weighted as materialized (
    select l.*, case when l.method = 'none' then 1 else w.weight end as weight,
      case when l.method = 'none' then 1 else w.total end as total
    from line l
    left join source s on s.office = l.office and s.output = l.output and s.fiscal_year = l.fiscal_year
    left join weight w on w.office = l.office and w.output = l.output and w.fiscal_year = s.source_year and w.sdg = l.sdg
  )
  select l.line, l.cents, l.weight, l.total, m.measure, m.cents, m.load_id, m.file_name, m.sheet,
    m.row_no, m.column_letter, m.amount, m.currency, m.rate, m.rate_date
  from weighted l
  join core.asked_money(asked, snapshot, outputs, null, fund_types) m
    on m.office = l.office and m.plan_period = l.plan_period and m.output = l.output
    and m.fiscal_year = l.fiscal_year and m.fund_type = l.fund_type and m.measure = l.measure;
end
$body$
-- end

-- The published lines of a plan element, or of a kind that is not linked, one for each measure.
create function core.published_plan(asked core.asked_figure, moment timestamptz)
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, framework text, kind text, element text,
    measure text, cents bigint
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  select l.office, l.plan_period, l.outcome, l.fiscal_year, l.framework, l.kind, l.element, c.measure, c.cents
  from report.plan_line l
  cross join lateral (values ('planned', l.planned_cents), ('expense', l.expense_cents)) as c (measure, cents)
  where c.measure = any(asked.measures)
    and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
    and l.framework = asked.framework
    and case when asked.element like '(%)' then l.element = '' and '(' || l.kind || ')' = asked.element
      else l.element = asked.element end
    and (asked.office is null or l.office = asked.office) and (asked.code is null or l.outcome = asked.code)
    and (asked.plan_period is null or l.plan_period = asked.plan_period)
    and (asked.fiscal_year is null or l.fiscal_year = asked.fiscal_year);
end
$body$
-- end

create function core.plan_parts(asked core.asked_figure, snapshot timestamptz, moment timestamptz)
  returns setof core.line_part
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  outcomes text[] := array(select distinct outcome from core.published_plan(asked, moment));
begin
  return query
  with line as materialized (
    select row_number() over (order by outcome, plan_period, fiscal_year, kind, measure) as line, l.*
    from core.published_plan(asked, moment) l where l.cents <> 0
  ), weighted as materialized (
    select l.*, coalesce(k.weight, 1) as weight, coalesce(k.total, 1) as total
    from line l
    left join core.explained_link(snapshot, asked.office) k on k.office = l.office and k.outcome = l.outcome
      and k.fiscal_year = l.fiscal_year and k.framework = l.framework and k.kind = l.kind and k.element = l.element
  )
  select l.line, l.cents, l.weight, l.total, m.measure, m.cents, m.load_id, m.file_name, m.sheet,
    m.row_no, m.column_letter, m.amount, m.currency, m.rate, m.rate_date
  from weighted l
  join core.asked_money(asked, snapshot, outcomes) m
    on m.office = l.office and m.plan_period = l.plan_period and m.outcome = l.outcome
    and m.fiscal_year = l.fiscal_year and m.measure = l.measure;
end
$body$
-- end

-- The published partner lines of a figure, with the cents of its measure.
create function core.asked_partners(asked core.asked_figure, moment timestamptz)
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, kind text, partner text, cents bigint
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  if asked.partner = '(other)' then
    return query
    select l.office, l.plan_period, l.outcome, l.fiscal_year, l.kind, l.partner,
      case when asked.measure = 'contribution' then l.contribution_cents else l.expense_cents end
    from core.published_partners(moment, asked.office, asked.code, asked.plan_period, asked.fiscal_year) l
    where l.is_smaller and asked.measure <> 'imputed';
    return;
  end if;
  return query
  select l.office, l.plan_period, l.outcome, l.fiscal_year, l.kind, l.partner,
    case when asked.measure = 'contribution' then l.contribution_cents else l.expense_cents end
  from core.masked_partners(
    moment, asked.office, asked.code, asked.plan_period, asked.fiscal_year,
    case when asked.partner not like '(%)' then asked.partner end
  ) l
  where case asked.measure
      when 'imputed' then l.kind = 'imputed'
      when 'expense' then l.kind <> 'imputed'
      else true
    end
    and case asked.partner
      when '(core)' then l.kind = 'core pool'
      when '(none)' then l.kind = 'unattributed'
      when '(withheld)' then l.kind = 'withheld'
      else asked.partner is null or l.partner = asked.partner
    end;
end
$body$
-- end

-- What each partner gave to the core in a year, and of it what the withheld gave: the weights of imputed lines.
create function core.core_givers(snapshot timestamptz, of_year integer, withheld text[])
  returns table (fiscal_year smallint, partner text, weight numeric, total numeric, withheld_weight numeric)
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  with giver as (
    select c.fiscal_year, c.partner, sum(c.cents) as weight
    from core.explained_contribution(snapshot, of_year, array['revenue']) c
    where c.fund_type = 'core'
    group by c.fiscal_year, c.partner having sum(c.cents) > 0
  )
  select g.fiscal_year, g.partner, g.weight, sum(g.weight) over (partition by g.fiscal_year),
    sum(g.weight) filter (where g.partner = any(withheld)) over (partition by g.fiscal_year)
  from giver g;
end
$body$
-- end

create function core.partner_parts(
    asked core.asked_figure, snapshot timestamptz, moment timestamptz, withheld text[], is_imputed boolean
  )
  returns setof core.line_part
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  kinds text[];
  partners text[];
  outcomes text[];
  fund_types text[];
  spellings text[];
begin
  select array_agg(distinct l.kind), array_agg(distinct l.partner), array_agg(distinct l.outcome)
  into kinds, partners, outcomes
  from core.asked_partners(asked, moment) l where l.cents <> 0;
  if kinds is null then
    return;
  end if;
  -- Only what these lines can hold is read: a partner's own money by the texts that mean it.
  if kinds <@ array['direct', 'unattributed'] then
    fund_types := array['non-core'];
    spellings := array(
      select s.spelling from core.partner_spellings(snapshot) s where s.partner = any(partners)
      union select unnest(partners)
    );
  elsif kinds <@ array['core pool', 'imputed'] then
    fund_types := array['core', 'institutional'];
  end if;
  return query
  with line as materialized (
    select row_number() over (order by l.outcome, l.plan_period, l.fiscal_year, l.kind, l.partner) as line, l.*
    from core.asked_partners(asked, moment) l where l.cents <> 0
  ), giver as materialized (
    select * from core.core_givers(snapshot, asked.fiscal_year, withheld)
    where is_imputed and asked.measure <> 'contribution'
  ), money as materialized (
    select m.*,
      case
        when m.fund_type <> 'non-core' then 'core pool'
        when m.partner = '' then 'unattributed'
        when m.partner = any(withheld) then 'withheld'
        else 'direct'
      end as kind
    from core.asked_money(asked, snapshot, outcomes, spellings, fund_types) m
  ), source as materialized (
    -- which kind of money a line holds: its own, and what was given to the core where that is imputed
    select l.*, l.kind as money_kind, case when l.kind = 'direct' then l.partner else '' end as money_partner,
      1::numeric as weight, 1::numeric as total
    from line l where l.kind <> 'imputed'
    union all
    select l.*, 'core pool', '', g.weight, g.total
    from line l join giver g on g.fiscal_year = l.fiscal_year and g.partner = l.partner
    where l.kind = 'imputed'
    union all
    select l.*, 'core pool', '', g.withheld_weight, g.total
    from line l join (select distinct fiscal_year, total, withheld_weight from giver) g on g.fiscal_year = l.fiscal_year
    where l.kind = 'withheld' and g.withheld_weight is not null
  )
  select l.line, l.cents, l.weight, l.total, m.measure, m.cents, m.load_id, m.file_name, m.sheet,
    m.row_no, m.column_letter, m.amount, m.currency, m.rate, m.rate_date
  from source l
  join money m on m.office = l.office and m.plan_period = l.plan_period and m.outcome = l.outcome
    and m.fiscal_year = l.fiscal_year and m.kind = l.money_kind
    and case when m.kind = 'direct' then m.partner else '' end = l.money_partner;
end
$body$
-- end
