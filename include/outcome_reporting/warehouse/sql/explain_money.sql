-- The money cells behind what is published, read from the slices that were live at a moment: expenses, budgets,
-- contributions; and the weights that split them. Nothing here is split or masked yet.
--
-- Plans: every function plans for the values it is called with (force_custom_plan), so that a filter that is not
-- asked for falls away; live slices are given as arrays, so that the primary keys serve with or without statistics;
-- and joins are of lists by equality without nested loops, for a planner that guesses one row would take a million
-- steps. A null argument filters nothing.

-- One cell, or for an indicator its one value; `partner` is the resolved code, '' for none; `measure` planned,
-- available, expense or a contribution's stage; cents in dollars, amount in the cell's own currency.
create type core.money_cell as (
  office text, plan_period text, outcome text, output text, fiscal_year smallint, fund_type text, partner text,
  measure text, cents bigint, load_id uuid, file_name text, sheet text, row_no integer, column_letter text,
  amount numeric, currency text, rate numeric, rate_date date
)
-- end

-- The slices of a dataset that were live: of an office, of all (null), or of the whole organization ('').
-- A year is one part of a slice's key: `year_place` counts from the end (-1 a budget's, -2 an expense's).
create function core.live_slices(
    snapshot timestamptz, of_office text, of_dataset text, of_year integer default null, year_place integer default -1
  )
  returns uuid[]
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
begin
  if of_office = '' then
    return array(
      select l.slice_id from core.slice_org_life l
      where l.dataset = of_dataset
        and (of_year is null or split_part(l.slice_key, '|', year_place) = of_year::text)
        and l.valid_from <= snapshot and (l.valid_to is null or l.valid_to > snapshot)
    );
  end if;
  return array(
    select l.slice_id from core.slice_life l
    where (of_office is null or l.office = of_office) and l.dataset = of_dataset
      and (of_year is null or split_part(l.slice_key, '|', year_place) = of_year::text)
      and l.valid_from <= snapshot and (l.valid_to is null or l.valid_to > snapshot)
  );
end
$body$
-- end

-- The load that stands for each of these slices (of_office as above): its own, or, where that one is undone, the
-- first that repeated it; with every sheet table of the dataset that it brought.
create function core.slice_sheets(snapshot timestamptz, of_office text, of_dataset text, of_slices uuid[])
  returns table (slice_id uuid, table_no smallint, load_id uuid, file_name text, sheet text, columns jsonb)
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
begin
  return query
  with part as materialized (
    select s.load_id, coalesce(s.same_as, s.slice_id) as stands_for from core.slice s
    where of_office is distinct from '' and (of_office is null or s.office = of_office) and s.dataset = of_dataset
    union all
    select s.load_id, coalesce(s.same_as, s.slice_id) from core.slice_org s
    where of_office = '' and s.dataset = of_dataset
  ), origin as materialized (
    select distinct on (part.stands_for) part.stands_for as slice_id, l.load_id, l.file_name
    from part join intake.load l on l.load_id = part.load_id
    where part.stands_for = any(of_slices) and l.loaded_at <= snapshot
    order by part.stands_for, (l.undone_at is not null and l.undone_at <= snapshot), l.loaded_at
  )
  select o.slice_id, t.table_no, o.load_id, o.file_name, t.sheet, t.columns
  from origin o join intake.sheet_table t on t.load_id = o.load_id
  where t.dataset = of_dataset;
end
$body$
-- end

-- Which partner each folded spelling meant: a code before a name before an alias, then by natural order of codes.
create function core.partner_spellings(snapshot timestamptz)
  returns table (spelling text, partner text)
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, '', 'partners');
begin
  return query
  with claim as (
    select s.spelling, p.partner, least(s.place, 3) as rank,
      count(*) over (partition by s.spelling, least(s.place, 3)) > 1 as is_tie
    from core.partner p cross join lateral unnest(p.spellings) with ordinality as s (spelling, place)
    where p.slice_id = any(live)
  )
  select distinct on (claim.spelling) claim.spelling, claim.partner
  from claim
  order by claim.spelling, claim.rank, case when claim.is_tie then core.natural_key(claim.partner) end collate "C", claim.partner collate "C";
end
$body$
-- end

-- A code such that texts compare in natural order (SWE_2 before SWE_10), as the allocation orders them.
create function core.natural_key(code text) returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $body$
begin
  return (
    select string_agg(
      case when piece[1] ~ '^[0-9]' then '0' || lpad(piece[1], 30, '0') else '1' || piece[1] end, chr(1) order by place
    ) collate "C"
    from regexp_matches(code, '[0-9]+|[^0-9]+', 'g') with ordinality as found (piece, place)
  );
end
$body$
-- end

-- The rate in force from each effective date until the next one of its currency.
create function core.rates_in_force(snapshot timestamptz)
  returns table (currency text, rate_per_usd numeric, effective_date date, next_date date)
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, '', 'exchange_rates');
begin
  return query
  select r.currency, r.rate_per_usd, r.effective_date,
    coalesce(lead(r.effective_date) over (partition by r.currency order by r.effective_date), 'infinity')
  from core.exchange_rate r where r.slice_id = any(live);
end
$body$
-- end

-- Expense lines, each with the cell that governs its dollars. `of_code` is an outcome or an output, `of_codes` a
-- choice of them, `of_spellings` the folded texts of the partner's cell ('' for an empty one).
create function core.explained_expense(
    snapshot timestamptz, of_office text, of_code text, of_period text, of_year integer,
    of_codes text[] default null, of_spellings text[] default null, of_fund_types text[] default null
  )
  returns setof core.money_cell
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, of_office, 'expenses', of_year, -2);
  outputs uuid[] := core.live_slices(snapshot, of_office, 'outputs');
  funds uuid[] := core.live_slices(snapshot, '', 'funds');
  wanted text[];
begin
  if of_code is not null or of_codes is not null then
    wanted := array(
      select o.output from core.output o
      where (of_office is null or o.office = of_office) and o.slice_id = any(outputs)
        and (of_code is null or of_code in (o.output, o.outcome))
        and (of_codes is null or o.output = any(of_codes) or o.outcome = any(of_codes))
    );
  end if;
  return query
  with known as materialized (
    select o.office, o.output, o.outcome, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.output o
    where (of_office is null or o.office = of_office) and o.slice_id = any(outputs)
      and (of_code is null or of_code in (o.output, o.outcome)) and (of_period is null or of_period = o.plan_period)
      and (of_codes is null or o.output = any(of_codes) or o.outcome = any(of_codes))
  ), fund as materialized (
    select f.fund, f.fund_type from core.fund f
    where f.slice_id = any(funds) and (of_fund_types is null or f.fund_type = any(of_fund_types))
  ), place as materialized (
    select p.slice_id, p.table_no, p.load_id, p.file_name, p.sheet,
      p.columns ->> 'amount' as amount_letter, p.columns ->> 'amount_usd' as usd_letter
    from core.slice_sheets(snapshot, of_office, 'expenses', live) p
  ), line as materialized (
    select k.office, k.plan_period, k.outcome, e.output, e.fiscal_year, f.fund_type,
      coalesce(e.partner, '') as spelling, e.slice_id, e.table_no, e.row_no, e.posting_date,
      e.currency, e.amount, e.amount_usd
    from core.expense e
    join known k on k.office = e.office and k.output = e.output
      and e.fiscal_year between k.first_year and k.last_year
    join fund f on f.fund = e.fund
    where (of_office is null or e.office = of_office) and e.slice_id = any(live)
      and (of_year is null or e.fiscal_year = of_year) and (wanted is null or e.output = any(wanted))
      and (of_spellings is null or coalesce(e.partner, '') = any(of_spellings))
  ), spelled as materialized (
    select * from core.partner_spellings(snapshot)
  ), dated as materialized (
    select l.currency, l.posting_date, r.rate_per_usd, r.effective_date
    from (select distinct currency, posting_date from line where amount_usd is null and currency <> 'USD') l
    join core.rates_in_force(snapshot) r on r.currency = l.currency
      and r.effective_date <= l.posting_date and l.posting_date < r.next_date
  )
  select l.office, l.plan_period, l.outcome, l.output, l.fiscal_year, l.fund_type,
    coalesce(s.partner, l.spelling), 'expense',
    case
      when l.amount_usd is not null then (l.amount_usd * 100)::bigint
      when l.currency = 'USD' then (round(l.amount, 2) * 100)::bigint
      else (sign(l.amount) * div(200 * abs(l.amount) + d.rate_per_usd, 2 * d.rate_per_usd))::bigint
    end,
    p.load_id, p.file_name, p.sheet, l.row_no,
    case when l.amount_usd is null then p.amount_letter else p.usd_letter end,
    coalesce(l.amount_usd, l.amount),
    case when l.amount_usd is null then l.currency else 'USD' end,
    d.rate_per_usd, d.effective_date
  from line l
  join place p on p.slice_id = l.slice_id and p.table_no = l.table_no
  left join spelled s on s.spelling = l.spelling
  left join dated d on l.amount_usd is null and d.currency = l.currency and d.posting_date = l.posting_date;
end
$body$
-- end

-- Budget cells: of an output, year and fund the revised row alone counts.
create function core.explained_budget(
    snapshot timestamptz, of_office text, of_code text, of_period text, of_year integer,
    of_codes text[] default null, of_fund_types text[] default null
  )
  returns setof core.money_cell
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, of_office, 'budgets', of_year);
  outputs uuid[] := core.live_slices(snapshot, of_office, 'outputs');
  funds uuid[] := core.live_slices(snapshot, '', 'funds');
begin
  return query
  with known as materialized (
    select o.office, o.output, o.outcome, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.output o
    where (of_office is null or o.office = of_office) and o.slice_id = any(outputs)
      and (of_code is null or of_code in (o.output, o.outcome)) and (of_period is null or of_period = o.plan_period)
      and (of_codes is null or o.output = any(of_codes) or o.outcome = any(of_codes))
  ), fund as materialized (
    select f.fund, f.fund_type from core.fund f
    where f.slice_id = any(funds) and (of_fund_types is null or f.fund_type = any(of_fund_types))
  ), place as materialized (
    select p.* from core.slice_sheets(snapshot, of_office, 'budgets', live) p
  ), governing as materialized (
    select distinct on (b.office, b.output, b.fiscal_year, b.fund)
      b.office, k.plan_period, k.outcome, b.output, b.fiscal_year, f.fund_type, b.slice_id, b.table_no, b.row_no,
      b.planned_usd, b.available_usd
    from core.budget b
    join known k on k.office = b.office and k.output = b.output
      and b.fiscal_year between k.first_year and k.last_year
    join fund f on f.fund = b.fund
    where (of_office is null or b.office = of_office) and b.slice_id = any(live)
      and (of_year is null or b.fiscal_year = of_year)
    order by b.office, b.output, b.fiscal_year, b.fund, b.version = 'revised' desc
  )
  select b.office, b.plan_period, b.outcome, b.output, b.fiscal_year, b.fund_type, '', c.measure,
    (c.usd * 100)::bigint, p.load_id, p.file_name, p.sheet, b.row_no, p.columns ->> c.field, c.usd, 'USD',
    null::numeric, null::date
  from governing b
  cross join lateral (
    values ('planned', 'planned_usd', b.planned_usd), ('available', 'available_usd', b.available_usd)
  ) as c (measure, field, usd)
  join place p on p.slice_id = b.slice_id and p.table_no = b.table_no;
end
$body$
-- end

-- Contributions of a year (null: all years); `measure` is the stage, outcome '' where none is named.
create function core.explained_contribution(snapshot timestamptz, of_year integer, of_stages text[] default null)
  returns setof core.money_cell
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, '', 'contributions', of_year);
  outcomes uuid[] := core.live_slices(snapshot, null, 'outcomes');
  funds uuid[] := core.live_slices(snapshot, '', 'funds');
begin
  return query
  with known as materialized (
    select o.office, o.outcome, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.outcome o where o.slice_id = any(outcomes)
  ), place as materialized (
    select p.* from core.slice_sheets(snapshot, '', 'contributions', live) p
  ), line as materialized (
    select c.*, f.fund_type from core.contribution c
    join core.fund f on f.fund = c.fund and f.slice_id = any(funds)
    where c.slice_id = any(live) and (of_year is null or c.fiscal_year = of_year)
      and (of_stages is null or c.stage = any(of_stages))
  ), spelled as materialized (
    select * from core.partner_spellings(snapshot)
  ), dated as materialized (
    select l.currency, l.date, r.rate_per_usd, r.effective_date
    from (select distinct currency, date from line where amount_usd is null and currency <> 'USD') l
    join core.rates_in_force(snapshot) r on r.currency = l.currency
      and r.effective_date <= l.date and l.date < r.next_date
  )
  select k.office, k.plan_period, coalesce(l.outcome, ''), '', l.fiscal_year, l.fund_type,
    coalesce(s.partner, l.partner), l.stage,
    case
      when l.amount_usd is not null then (l.amount_usd * 100)::bigint
      when l.currency = 'USD' then (round(l.amount, 2) * 100)::bigint
      else (sign(l.amount) * div(200 * abs(l.amount) + d.rate_per_usd, 2 * d.rate_per_usd))::bigint
    end,
    p.load_id, p.file_name, p.sheet, l.row_no,
    p.columns ->> case when l.amount_usd is null then 'amount' else 'amount_usd' end,
    coalesce(l.amount_usd, l.amount),
    case when l.amount_usd is null then l.currency else 'USD' end,
    d.rate_per_usd, d.effective_date
  from line l
  join place p on p.slice_id = l.slice_id and p.table_no = l.table_no
  left join known k on k.outcome = l.outcome and l.fiscal_year between k.first_year and k.last_year
  left join spelled s on s.spelling = l.partner
  left join dated d on l.amount_usd is null and d.currency = l.currency and d.date = l.date;
end
$body$
-- end

-- Weights of outputs by the year that they were written for; a held group has none. Without any weight each is 1.
create function core.explained_weight(snapshot timestamptz, of_office text)
  returns table (
    office text, plan_period text, output text, fiscal_year smallint, sdg text, weight numeric, total numeric
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, of_office, 'sdg_weights');
  outputs uuid[] := core.live_slices(snapshot, of_office, 'outputs');
begin
  return query
  with whole as materialized (
    select s.slice_id from core.slice s
    where (of_office is null or s.office = of_office) and s.slice_id = any(live) and s.held_count = 0
  ), known as materialized (
    select o.office, o.output, o.plan_period,
      split_part(o.plan_period, '-', 1)::integer as first_year,
      split_part(o.plan_period, '-', 2)::integer as last_year
    from core.output o
    where (of_office is null or o.office = of_office) and o.slice_id = any(outputs)
  )
  select w.office, k.plan_period, w.output, w.fiscal_year, w.sdg,
    coalesce(w.weight_percent, 1),
    sum(coalesce(w.weight_percent, 1)) over (partition by w.office, w.output, w.fiscal_year)
  from core.sdg_weight w
  join known k on k.office = w.office and k.output = w.output
    and w.fiscal_year between k.first_year and k.last_year
  where (of_office is null or w.office = of_office) and w.slice_id = any(live)
    and w.slice_id in (select slice_id from whole);
end
$body$
-- end

-- Weights of plan elements within their kind.
create function core.explained_link(snapshot timestamptz, of_office text)
  returns table (
    office text, outcome text, fiscal_year smallint, framework text, kind text, element text,
    weight numeric, total numeric
  )
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
  set enable_nestloop = off
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, of_office, 'plan_links');
begin
  return query
  select l.office, l.outcome, l.fiscal_year, l.framework, e.kind, l.element,
    coalesce(l.weight_percent, 1),
    sum(coalesce(l.weight_percent, 1))
      over (partition by l.office, l.outcome, l.fiscal_year, l.framework, e.kind)
  from core.plan_link l
  join core.plan_element e on e.framework = l.framework and e.element = l.element
  where (of_office is null or l.office = of_office) and l.slice_id = any(live);
end
$body$
-- end
