-- One cell behind one published line: what explain and lineage answer. A type of its own, so that the function's
-- argument and its column can both be called figure_id.
create type report.explained_cell as (
  figure_id text, file_name text, sheet text, "row" integer, "column" text, amount numeric, currency text,
  rate numeric, rate_date date, weight_percent numeric, share_usd numeric
)
-- end

-- Expense lines behind outcomes and outputs at a snapshot, each with the cell that governs its dollars.
-- A null argument filters nothing. `partner` is the resolved code, '' for none.
create function core.explained_expense(
    snapshot timestamptz, of_office text, of_code text, of_period text, of_year integer
  )
  returns table (
    office text, plan_period text, outcome text, output text, fiscal_year smallint, fund_type text,
    partner text, measure text, cents numeric, file_name text, sheet text, row_no integer,
    column_letter text, amount numeric, currency text, rate numeric, rate_date date
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with org as materialized (
    select slice_id, dataset from core.slice_org_life
    where valid_from <= snapshot and (valid_to is null or valid_to > snapshot)
  ), live as materialized (
    select office, slice_id, dataset, slice_key from core.slice_life
    where dataset in ('expenses', 'outputs') and (of_office is null or office = of_office)
      and valid_from <= snapshot and (valid_to is null or valid_to > snapshot)
  ), known as materialized (
    select o.office, o.output, o.outcome, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.output o join live on live.office = o.office and live.slice_id = o.slice_id
    where (of_code is null or of_code in (o.output, o.outcome)) and (of_period is null or of_period = o.plan_period)
  ), origin as materialized (
    select * from core.slice_origin(snapshot, of_office, 'expenses')
  ), line as materialized (
    select e.office, k.plan_period, k.outcome, e.output, e.fiscal_year, e.fund, coalesce(e.partner, '') as spelling,
      e.slice_id, e.table_no, e.row_no, e.posting_date, e.currency, e.amount, e.amount_usd
    from core.expense e
    join live on live.office = e.office and live.slice_id = e.slice_id and live.dataset = 'expenses'
    join known k on k.office = e.office and k.output = e.output
      and e.fiscal_year between k.first_year and k.last_year
    where of_year is null or e.fiscal_year = of_year
  ), spelled as materialized (
    select distinct on (s.spelling) s.spelling, p.partner
    from core.partner p join org on org.slice_id = p.slice_id
    cross join lateral unnest(p.spellings) with ordinality as s (spelling, place)
    order by s.spelling, least(s.place, 3), p.partner collate "C"
  ), dated as materialized (
    select distinct on (l.currency, l.posting_date) l.currency, l.posting_date, r.rate_per_usd, r.effective_date
    from (select distinct currency, posting_date from line where amount_usd is null and currency <> 'USD') l
    join core.exchange_rate r on r.currency = l.currency and r.effective_date <= l.posting_date
    join org on org.slice_id = r.slice_id
    order by l.currency, l.posting_date, r.effective_date desc
  )
  select l.office, l.plan_period, l.outcome, l.output, l.fiscal_year, f.fund_type,
    coalesce(s.partner, l.spelling), 'expense',
    case
      when l.amount_usd is not null then l.amount_usd * 100
      when l.currency = 'USD' then round(l.amount, 2) * 100
      else sign(l.amount) * div(200 * abs(l.amount) + d.rate_per_usd, 2 * d.rate_per_usd)
    end,
    o.file_name, t.sheet, l.row_no,
    t.columns ->> case when l.amount_usd is null then 'amount' else 'amount_usd' end,
    coalesce(l.amount_usd, l.amount),
    case when l.amount_usd is null then l.currency else 'USD' end,
    case when l.amount_usd is null then d.rate_per_usd end,
    case when l.amount_usd is null then d.effective_date end
  from line l
  join core.fund f on f.fund = l.fund join org on org.slice_id = f.slice_id
  join origin o on o.office = l.office and o.slice_id = l.slice_id
  join intake.sheet_table t on t.load_id = o.load_id and t.table_no = l.table_no
  left join spelled s on s.spelling = l.spelling
  left join dated d on d.currency = l.currency and d.posting_date = l.posting_date;
end
$body$
-- end

-- The load that stands for each live slice: its own, or, where that one is undone, the first that repeated it.
-- An office of '' asks for the slices of the whole organization alone.
create function core.slice_origin(snapshot timestamptz, of_office text, of_dataset text)
  returns table (office text, slice_id uuid, load_id uuid, file_name text)
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with part as materialized (
    select s.office, s.slice_id, s.load_id, coalesce(s.same_as, s.slice_id) as stands_for from core.slice s
    where (of_office is null or s.office = of_office) and s.dataset = of_dataset
    union all
    select '', s.slice_id, s.load_id, coalesce(s.same_as, s.slice_id) from core.slice_org s
    where s.dataset = of_dataset
  ), live as materialized (
    select l.office, l.slice_id from core.slice_life l
    where (of_office is null or l.office = of_office) and l.dataset = of_dataset
      and l.valid_from <= snapshot and (l.valid_to is null or l.valid_to > snapshot)
    union all
    select '', l.slice_id from core.slice_org_life l
    where l.dataset = of_dataset and l.valid_from <= snapshot and (l.valid_to is null or l.valid_to > snapshot)
  )
  select distinct on (live.office, live.slice_id) live.office, live.slice_id, l.load_id, l.file_name
  from live
  join part on part.office = live.office and part.stands_for = live.slice_id
  join intake.load l on l.load_id = part.load_id
  where l.loaded_at <= snapshot
  order by live.office, live.slice_id, (l.undone_at is not null and l.undone_at <= snapshot), l.loaded_at;
end
$body$
-- end

-- Budget cells: of an output, year and fund the revised row alone counts.
create function core.explained_budget(
    snapshot timestamptz, of_office text, of_code text, of_period text, of_year integer
  )
  returns table (
    office text, plan_period text, outcome text, output text, fiscal_year smallint, fund_type text,
    partner text, measure text, cents numeric, file_name text, sheet text, row_no integer,
    column_letter text, amount numeric, currency text, rate numeric, rate_date date
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with org as materialized (
    select slice_id from core.slice_org_life
    where valid_from <= snapshot and (valid_to is null or valid_to > snapshot)
  ), live as materialized (
    select office, slice_id, dataset from core.slice_life
    where dataset in ('budgets', 'outputs') and (of_office is null or office = of_office)
      and valid_from <= snapshot and (valid_to is null or valid_to > snapshot)
  ), known as materialized (
    select o.office, o.output, o.outcome, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.output o join live on live.office = o.office and live.slice_id = o.slice_id
    where (of_code is null or of_code in (o.output, o.outcome)) and (of_period is null or of_period = o.plan_period)
  ), origin as materialized (
    select * from core.slice_origin(snapshot, of_office, 'budgets')
  ), governing as materialized (
    select distinct on (b.office, b.output, b.fiscal_year, b.fund)
      b.*, k.plan_period, k.outcome
    from core.budget b
    join live on live.office = b.office and live.slice_id = b.slice_id and live.dataset = 'budgets'
    join known k on k.office = b.office and k.output = b.output
      and b.fiscal_year between k.first_year and k.last_year
    where of_year is null or b.fiscal_year = of_year
    order by b.office, b.output, b.fiscal_year, b.fund, b.version = 'revised' desc
  )
  select b.office, b.plan_period, b.outcome, b.output, b.fiscal_year, f.fund_type, '', c.measure, c.usd * 100,
    o.file_name, t.sheet, b.row_no, t.columns ->> c.field, c.usd, 'USD', null::numeric, null::date
  from governing b
  cross join lateral (
    values ('planned', 'planned_usd', b.planned_usd), ('available', 'available_usd', b.available_usd)
  ) as c (measure, field, usd)
  join core.fund f on f.fund = b.fund join org on org.slice_id = f.slice_id
  join origin o on o.office = b.office and o.slice_id = b.slice_id
  join intake.sheet_table t on t.load_id = o.load_id and t.table_no = b.table_no;
end
$body$
-- end

-- Contributions of all partners in a year (null: all years); `measure` is the stage, outcome '' where none is named.
create function core.explained_contribution(snapshot timestamptz, of_year integer)
  returns table (
    office text, plan_period text, outcome text, output text, fiscal_year smallint, fund_type text,
    partner text, measure text, cents numeric, file_name text, sheet text, row_no integer,
    column_letter text, amount numeric, currency text, rate numeric, rate_date date
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with org as materialized (
    select slice_id from core.slice_org_life
    where valid_from <= snapshot and (valid_to is null or valid_to > snapshot)
  ), known as materialized (
    select o.office, o.outcome, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.outcome o join core.slice_life l on l.office = o.office and l.slice_id = o.slice_id
    where l.valid_from <= snapshot and (l.valid_to is null or l.valid_to > snapshot)
  ), origin as materialized (
    select * from core.slice_origin(snapshot, '', 'contributions')
  ), line as materialized (
    select c.* from core.contribution c join org on org.slice_id = c.slice_id
    where of_year is null or c.fiscal_year = of_year
  ), spelled as materialized (
    select distinct on (s.spelling) s.spelling, p.partner
    from core.partner p join org on org.slice_id = p.slice_id
    cross join lateral unnest(p.spellings) with ordinality as s (spelling, place)
    order by s.spelling, least(s.place, 3), p.partner collate "C"
  ), dated as materialized (
    select distinct on (l.currency, l.date) l.currency, l.date, r.rate_per_usd, r.effective_date
    from (select distinct currency, date from line where amount_usd is null and currency <> 'USD') l
    join core.exchange_rate r on r.currency = l.currency and r.effective_date <= l.date
    join org on org.slice_id = r.slice_id
    order by l.currency, l.date, r.effective_date desc
  )
  select k.office, k.plan_period, coalesce(l.outcome, ''), '', l.fiscal_year, f.fund_type,
    coalesce(s.partner, l.partner), l.stage,
    case
      when l.amount_usd is not null then l.amount_usd * 100
      when l.currency = 'USD' then round(l.amount, 2) * 100
      else sign(l.amount) * div(200 * abs(l.amount) + d.rate_per_usd, 2 * d.rate_per_usd)
    end,
    o.file_name, t.sheet, l.row_no,
    t.columns ->> case when l.amount_usd is null then 'amount' else 'amount_usd' end,
    coalesce(l.amount_usd, l.amount),
    case when l.amount_usd is null then l.currency else 'USD' end,
    case when l.amount_usd is null then d.rate_per_usd end,
    case when l.amount_usd is null then d.effective_date end
  from line l
  join core.fund f on f.fund = l.fund join org on org.slice_id = f.slice_id
  join origin o on o.office = '' and o.slice_id = l.slice_id
  join intake.sheet_table t on t.load_id = o.load_id and t.table_no = l.table_no
  left join known k on k.outcome = l.outcome and l.fiscal_year between k.first_year and k.last_year
  left join spelled s on s.spelling = l.partner
  left join dated d on d.currency = l.currency and d.date = l.date;
end
$body$
-- end

-- Weights of outputs by the year that they were written for; a held group has none. Without any weight each is 1.
create function core.explained_weight(snapshot timestamptz, of_office text)
  returns table (
    office text, plan_period text, output text, fiscal_year smallint, sdg text, weight numeric, total numeric
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with live as materialized (
    select l.office, l.slice_id, l.dataset, s.held_count
    from core.slice_life l join core.slice s on s.office = l.office and s.slice_id = l.slice_id
    where (of_office is null or l.office = of_office) and l.dataset in ('sdg_weights', 'outputs')
      and l.valid_from <= snapshot and (l.valid_to is null or l.valid_to > snapshot)
  ), known as materialized (
    select o.office, o.output, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.output o join live on live.office = o.office and live.slice_id = o.slice_id
  )
  select w.office, k.plan_period, w.output, w.fiscal_year, w.sdg,
    coalesce(w.weight_percent, 1),
    sum(coalesce(w.weight_percent, 1)) over (partition by w.office, w.output, w.fiscal_year)
  from core.sdg_weight w
  join live on live.office = w.office and live.slice_id = w.slice_id and live.held_count = 0
  join known k on k.office = w.office and k.output = w.output
    and w.fiscal_year between k.first_year and k.last_year;
end
$body$
-- end

-- Weights of plan elements within their kind.
create function core.explained_link(snapshot timestamptz, of_office text)
  returns table (
    office text, outcome text, fiscal_year smallint, framework text, kind text, element text,
    weight numeric, total numeric
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  select l.office, l.outcome, l.fiscal_year, l.framework, e.kind, l.element,
    coalesce(l.weight_percent, 1),
    sum(coalesce(l.weight_percent, 1))
      over (partition by l.office, l.outcome, l.fiscal_year, l.framework, e.kind)
  from core.plan_link l
  join core.slice_life s on s.office = l.office and s.slice_id = l.slice_id
  join core.plan_element e on e.framework = l.framework and e.element = l.element
  where (of_office is null or l.office = of_office)
    and s.valid_from <= snapshot and (s.valid_to is null or s.valid_to > snapshot);
end
$body$
-- end

-- The cells behind a figure, from the slices that were live for the run that published it. One row for each money
-- cell and published line; the shares of a line sum to the line. A withheld partner's own id explains nothing.
create function report.explain(figure_id text, as_of timestamptz default null)
  returns setof report.explained_cell
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
declare
  asked text := $1;
  moment timestamptz := coalesce($2, 'infinity');
  pieces text[] := string_to_array(asked, ':');
  asked_measure text := pieces[cardinality(pieces)];
  scope text := pieces[1];
  middle text[] := pieces[2:cardinality(pieces) - 1];
  published record;
  axis text;
  measures text[];
  of_period text;
  of_year integer;
  of_office text;
  of_code text;
  of_fund_type text;
  of_sdg text[] := '{}';
  of_partner text;
  of_framework text;
  of_element text;
begin
  select p.snapshot_at, p.run_date, p.is_imputed into published from report.publication p
  where p.published_at <= moment order by p.published_at desc limit 1;
  if not found or cardinality(pieces) < 2 then
    return;
  end if;

  if middle[1] ~ '^[0-9]{4}-[0-9]{4}$' then
    of_period := middle[1];
    middle := middle[2:];
  end if;
  if middle[1] ~ '^[0-9]{4}$' then
    of_year := middle[1]::integer;
    middle := middle[2:];
  end if;
  axis := case when asked_measure in ('pledge', 'commitment', 'cash', 'revenue', 'refund') then 'stage'
    when asked_measure in ('contribution', 'imputed') then 'partner' else 'resource' end;
  if scope like 'office=%' then
    of_office := core.decoded(substr(scope, 8));
  elsif scope like 'sdg=%' then
    of_sdg := array[substr(scope, 5)];
  elsif scope like 'partner=%' then
    of_partner := core.decoded(substr(scope, 9));
  elsif scope like 'plan=%' then
    of_framework := core.decoded(split_part(substr(scope, 6), '/', 1));
    of_element := core.decoded(split_part(substr(scope, 6), '/', 2));
  elsif scope <> 'all' then
    of_code := core.decoded(scope);
    of_office := split_part(of_code, '_', 1);
  end if;
  if middle[1] = 'sdg' then
    of_sdg := of_sdg || middle[2];
  elsif middle[1] = 'partner' then
    of_partner := core.decoded(middle[2]);
  elsif middle[1] = 'plan' then
    of_framework := core.decoded(split_part(middle[2], '/', 1));
    of_element := core.decoded(split_part(middle[2], '/', 2));
  elsif middle[1] = 'result' then
    return;
  elsif middle[1] is not null then
    of_fund_type := middle[1];
  end if;
  if of_partner = '(other)' then
    raise exception 'the figure % sums the smaller partners of one page: ask for each of them', asked;
  end if;
  if exists (select 1 from report.withheld w where w.partner = of_partner) then
    return;
  end if;
  axis := case
    when axis = 'stage' then 'stage'
    when cardinality(of_sdg) > 0 then 'sdg'
    when of_framework is not null then 'plan'
    when of_partner is not null then 'partner'
    else axis
  end;
  measures := case asked_measure
    when 'shortfall' then array['planned', 'available']
    when 'funding_rate' then array['available', 'planned']
    when 'delivery_rate' then array['expense', 'available']
    when 'imputed' then array['expense']
    when 'contribution' then array['revenue', 'refund']
    else array[asked_measure]
  end;

  return query
  with withheld as materialized (
    select w.partner from report.withheld w
    union
    select p.partner from core.partner p join core.slice_org_life l on l.slice_id = p.slice_id
    where p.withhold_until > published.run_date
      and l.valid_from <= published.snapshot_at and (l.valid_to is null or l.valid_to > published.snapshot_at)
  ), money as materialized (
    select e.* from core.explained_expense(published.snapshot_at, of_office, of_code, of_period, of_year) e
    where 'expense' = any(measures)
    union all
    select b.* from core.explained_budget(published.snapshot_at, of_office, of_code, of_period, of_year) b
    where measures && array['planned', 'available'] and b.measure = any(measures)
    union all
    select c.* from core.explained_contribution(published.snapshot_at, of_year) c
    where (axis = 'stage' or asked_measure = 'contribution') and c.measure = any(measures)
      and (of_code is null or c.outcome = of_code) and (of_office is null or c.office = of_office)
      and (of_period is null or c.plan_period = of_period)
  ), fact as materialized (
    select m.*, row_number() over () as fact_no,
      case
        when m.fund_type <> 'non-core' then 'core pool'
        when m.partner = '' then 'unattributed'
        when w.partner is not null then 'withheld'
        else 'direct'
      end as kind,
      w.partner is not null as is_withheld
    from money m left join withheld w on w.partner = m.partner
    where of_fund_type is null or m.fund_type = of_fund_type
  ), core_revenue as materialized (
    select c.fiscal_year, c.partner, w.partner is not null as is_withheld, sum(c.cents) as weight
    from core.explained_contribution(published.snapshot_at, of_year) c
    left join withheld w on w.partner = c.partner
    where published.is_imputed and axis = 'partner' and asked_measure in ('expense', 'imputed')
      and c.measure = 'revenue' and c.fund_type = 'core'
    group by 1, 2, 3 having sum(c.cents) > 0
  ), core_total as materialized (
    select fiscal_year, sum(weight) as total, sum(weight) filter (where is_withheld) as withheld_weight
    from core_revenue group by fiscal_year
  ), weights as materialized (
    select * from core.explained_weight(published.snapshot_at, of_office) where axis = 'sdg'
  ), links as materialized (
    select * from core.explained_link(published.snapshot_at, of_office) where axis = 'plan'
  ), sdg_line as materialized (
    select l.office, l.plan_period, l.outcome, l.output, l.fiscal_year, l.fund_type, l.sdg, l.method, c.measure, c.cents
    from report.sdg_line l
    cross join lateral (
      values ('planned', l.planned_cents), ('available', l.available_cents), ('expense', l.expense_cents)
    ) as c (measure, cents)
    where axis = 'sdg' and c.measure = any(measures) and c.cents <> 0
      and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
      and (of_office is null or l.office = of_office) and (of_year is null or l.fiscal_year = of_year)
      and (of_code is null or of_code in (l.outcome, l.output)) and (of_period is null or l.plan_period = of_period)
      and (of_fund_type is null or l.fund_type = of_fund_type)
      and not exists (
        select 1 from unnest(of_sdg) as wanted (sdg)
        where not case
          when wanted.sdg like '%.-' then l.sdg = split_part(wanted.sdg, '.', 1)
          when wanted.sdg like '%.%' then l.sdg = wanted.sdg
          else l.goal = wanted.sdg
        end)
  ), source as materialized (
    select distinct on (l.office, l.output, l.fiscal_year)
      l.office, l.output, l.fiscal_year, w.fiscal_year as source_year
    from sdg_line l
    join weights w on w.office = l.office and w.output = l.output and w.plan_period = l.plan_period
      and w.fiscal_year <= l.fiscal_year
    where l.method <> 'none'
    order by l.office, l.output, l.fiscal_year, w.fiscal_year desc
  ), partner_line as materialized (
    select l.office, l.plan_period, l.outcome, l.fiscal_year,
      case when w.partner is null then l.kind else 'withheld' end as kind,
      case when w.partner is null then l.partner else '' end as partner,
      sum(case when asked_measure = 'contribution' then l.contribution_cents else l.expense_cents end) as cents
    from report.partner_line l left join report.withheld w on w.partner = l.partner
    where axis = 'partner'
      and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
      and (of_office is null or l.office = of_office) and (of_year is null or l.fiscal_year = of_year)
      and (of_code is null or l.outcome = of_code) and (of_period is null or l.plan_period = of_period)
    group by 1, 2, 3, 4, 5, 6
  ), part as (
    select '' as line, null::numeric as line_cents, f.fact_no, 1::numeric as weight, 1::numeric as total
    from fact f
    where axis = 'resource'
      or (axis = 'stage' and (of_partner is null or of_partner = f.partner and not f.is_withheld
        or of_partner = '(withheld)' and f.is_withheld))
    union all
    select concat_ws('|', l.output, l.fiscal_year, l.fund_type, l.sdg, l.measure), l.cents, f.fact_no,
      case when l.method = 'none' then 1 else w.weight end, case when l.method = 'none' then 1 else w.total end
    from sdg_line l
    join fact f on f.office = l.office and f.plan_period = l.plan_period and f.output = l.output
      and f.fiscal_year = l.fiscal_year and f.fund_type = l.fund_type and f.measure = l.measure
    left join source s on s.office = l.office and s.output = l.output and s.fiscal_year = l.fiscal_year
    left join weights w on w.office = l.office and w.output = l.output and w.plan_period = l.plan_period
      and w.fiscal_year = s.source_year and w.sdg = l.sdg
    union all
    select concat_ws('|', l.outcome, l.plan_period, l.fiscal_year, l.kind, l.element, c.measure), c.cents, f.fact_no,
      coalesce(k.weight, 1), coalesce(k.total, 1)
    from report.plan_line l
    cross join lateral (values ('planned', l.planned_cents), ('expense', l.expense_cents)) as c (measure, cents)
    join fact f on f.office = l.office and f.plan_period = l.plan_period and f.outcome = l.outcome
      and f.fiscal_year = l.fiscal_year and f.measure = c.measure
    left join links k on k.office = l.office and k.outcome = l.outcome and k.fiscal_year = l.fiscal_year
      and k.framework = l.framework and k.kind = l.kind and k.element = l.element
    where axis = 'plan' and c.measure = any(measures) and c.cents <> 0
      and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
      and l.framework = of_framework
      and case when of_element like '(%)' then l.element = '' and '(' || l.kind || ')' = of_element
        else l.element = of_element end
    union all
    select concat_ws('|', l.outcome, l.plan_period, l.fiscal_year, l.kind, l.partner), l.cents, f.fact_no,
      case when f.kind = l.kind then 1 when l.kind = 'imputed' then r.weight else t.withheld_weight end,
      case when f.kind = l.kind then 1 else t.total end
    from partner_line l
    join fact f on f.office = l.office and f.plan_period = l.plan_period and f.outcome = l.outcome
      and f.fiscal_year = l.fiscal_year
    left join core_total t on t.fiscal_year = l.fiscal_year
    left join core_revenue r on r.fiscal_year = l.fiscal_year and r.partner = l.partner
    where l.cents <> 0
      and (f.kind = l.kind and (l.kind <> 'direct' or f.partner = l.partner)
        or l.kind = 'imputed' and f.kind = 'core pool'
        or l.kind = 'withheld' and f.kind = 'core pool' and t.withheld_weight is not null)
      and case of_partner
        when '(core)' then l.kind = 'core pool'
        when '(none)' then l.kind = 'unattributed'
        when '(withheld)' then l.kind = 'withheld'
        else of_partner is null or l.partner = of_partner
      end
      and case asked_measure
        when 'imputed' then l.kind = 'imputed'
        when 'expense' then l.kind <> 'imputed'
        else true
      end
  ), floored as (
    select p.*, f.cents, f.measure, f.file_name, f.sheet, f.row_no, f.column_letter,
      f.amount, f.currency, f.rate, f.rate_date,
      div(f.cents * p.weight, p.total)
        - case when mod(f.cents * p.weight, p.total) < 0 then 1 else 0 end as low,
      (mod(f.cents * p.weight, p.total)
        + case when mod(f.cents * p.weight, p.total) < 0 then p.total else 0 end) / p.total as remainder
    from part p join fact f on f.fact_no = p.fact_no
  ), ranked as (
    select d.*,
      coalesce(d.line_cents - sum(d.low) over (partition by d.line), 0) as lacking,
      count(*) over (partition by d.line) as cells,
      row_number() over (
        partition by d.line
        order by d.remainder desc, d.file_name collate "C", d.sheet collate "C", d.row_no, d.column_letter
      ) as place
    from floored d
  ), shared as (
    select r.*,
      r.low + floor(r.lacking / r.cells)
        + case when r.place <= r.lacking - floor(r.lacking / r.cells) * r.cells then 1 else 0 end as share
    from ranked r
  )
  select asked, s.file_name, s.sheet, s.row_no, s.column_letter, s.amount, s.currency, s.rate, s.rate_date,
    trim_scale(round(100 * s.weight / s.total, 4)),
    case
      when asked_measure in ('funding_rate', 'delivery_rate') then null
      when asked_measure = 'shortfall' and s.measure = 'available' then (-s.share / 100)::numeric(20, 2)
      else (s.share / 100)::numeric(20, 2)
    end
  from shared s
  order by s.file_name collate "C", s.sheet collate "C", s.row_no, s.column_letter, s.line;
end
$body$
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
