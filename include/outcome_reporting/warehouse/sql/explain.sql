-- What readers ask: the cells behind a figure, the files that these stand in, and the figure as it was published.

-- One cell behind one published line: what explain and lineage answer. A type of its own, so that the function's
-- argument and its column can both be called figure_id.
create type report.explained_cell as (
  figure_id text, file_name text, sheet text, "row" integer, "column" text, amount numeric, currency text,
  rate numeric, rate_date date, weight_percent numeric, share_usd numeric
)
-- end

-- The same with the load that brought the cell.
create type core.explained_cell as (
  load_id uuid, file_name text, sheet text, row_no integer, column_letter text, amount numeric, currency text,
  rate numeric, rate_date date, weight_percent numeric, share_usd numeric
)
-- end

-- The number that a text is (`1,402`, `35%`), null when it is words: as pages read it.
create function core.number_of(written text) returns numeric
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $body$
declare
  found text[] := regexp_match(
    translate(written, E'\u2212\u00a0\u202f', '-  '),
    '^\s*([-+]?)\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)([.][0-9]+)?\s*%?\s*$');
begin
  if found is null then
    return null;
  end if;
  return (replace(found[1], '+', '') || replace(found[2], ',', '') || coalesce(found[3], ''))::numeric;
end
$body$
-- end

-- The one cell of an indicator's value, where that value is published and not empty.
create function core.explained_result(asked core.asked_figure, snapshot timestamptz, moment timestamptz)
  returns setof core.explained_cell
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
declare
  live uuid[] := core.live_slices(snapshot, asked.office, 'results', asked.fiscal_year);
begin
  return query
  select p.load_id, p.file_name, p.sheet, r.row_no, p.columns ->> asked.measure, core.number_of(v.written),
    null::text, null::numeric, null::date, 100::numeric, null::numeric
  from report.result_line l
  join core.result r on r.office = l.office and r.outcome = l.outcome and r.fiscal_year = l.fiscal_year
    and r.indicator = l.indicator and coalesce(r.output, '') = l.output
  join core.slice_sheets(snapshot, asked.office, 'results', live) p
    on p.slice_id = r.slice_id and p.table_no = r.table_no
  cross join lateral (
    select case asked.measure when 'baseline' then l.baseline when 'milestone' then l.milestone
      when 'target' then l.target else l.result end as written
  ) as v
  where l.office = asked.office and l.plan_period = asked.plan_period and l.fiscal_year = asked.fiscal_year
    and l.indicator = asked.indicator and asked.code = coalesce(nullif(l.output, ''), l.outcome)
    and l.valid_from <= moment and (l.valid_to is null or l.valid_to > moment)
    and r.office = asked.office and r.slice_id = any(live) and btrim(v.written) <> '';
end
$body$
-- end

-- Shares of each line: exact shares floored (towards minus infinity), the cents that the line still lacks one each
-- to the largest remainders, ties by file, sheet, row. The cells of a line are split by one total or not at all, so that
-- remainders compare as they stand. A line of masked names may lack more than one cent a cell, or less than none.
create function core.shared_cells(
    asked core.asked_figure, snapshot timestamptz, moment timestamptz, withheld text[], is_imputed boolean
  )
  returns setof core.explained_cell
  language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan
as $body$
#variable_conflict use_column
begin
  return query
  with part as materialized (
    select * from core.sdg_parts(asked, snapshot, moment) where asked.axis = 'sdg'
    union all
    select * from core.plan_parts(asked, snapshot, moment) where asked.axis = 'plan'
    union all
    select * from core.partner_parts(asked, snapshot, moment, withheld, is_imputed) where asked.axis = 'partner'
  ), multiplied as materialized (
    select p.*, mod(p.cents * p.weight, p.total) as cut from part p
  ), floored as materialized (
    select m.*, case when m.cut < 0 then m.cut + m.total else m.cut end as remainder,
      div(m.cents * m.weight, m.total)::bigint - case when m.cut < 0 then 1 else 0 end as low
    from multiplied m
  ), ranked as materialized (
    select f.*,
      f.line_cents - (sum(f.low) over (partition by f.line))::bigint as lacking,
      count(*) over (partition by f.line) as cells,
      row_number() over (
        partition by f.line
        order by f.remainder desc, f.file_name collate "C", f.sheet collate "C", f.row_no, f.column_letter
      ) as place
    from floored f
  ), shared as (
    select r.load_id, r.file_name, r.sheet, r.row_no, r.column_letter, r.amount, r.currency, r.rate, r.rate_date,
      case when r.weight = r.total then 100 else trim_scale(round(100 * r.weight / r.total, 4)) end as weight_percent,
      r.low + e.each + case when r.place <= r.lacking - e.each * r.cells then 1 else 0 end as share,
      r.measure, r.line
    from ranked r cross join lateral (select floor(r.lacking::numeric / r.cells)::bigint as each) as e
    union all
    select p.load_id, p.file_name, p.sheet, p.row_no, p.column_letter, p.amount, p.currency, p.rate, p.rate_date,
      100, p.cents, p.measure, p.line
    from core.whole_parts(asked, snapshot, withheld) p where asked.axis in ('resource', 'stage')
  )
  select s.load_id, s.file_name, s.sheet, s.row_no, s.column_letter, s.amount, s.currency, s.rate, s.rate_date,
    s.weight_percent::numeric,
    case
      when asked.measure in ('funding_rate', 'delivery_rate') then null
      when asked.measure = 'shortfall' and s.measure = 'available' then -s.share * 0.01
      else s.share * 0.01
    end::numeric(20, 2)
  from shared s
  order by s.file_name collate "C", s.sheet collate "C", s.row_no, s.column_letter, s.line;
end
$body$
-- end

-- The cells behind a figure with their loads, from the slices that were live for the run that published it.
create function core.explained(figure_id text, as_of timestamptz)
  returns setof core.explained_cell
  language plpgsql stable set search_path = pg_catalog, pg_temp
as $body$
declare
  asked core.asked_figure := core.asked(figure_id);
  moment timestamptz := coalesce(as_of, 'infinity');
  published record;
begin
  select * into published from core.publication_at(moment);
  if asked.axis is null or published.snapshot_at is null or asked.partner = any(published.withheld) then
    return;
  end if;
  if asked.axis = 'result' then
    return query select * from core.explained_result(asked, published.snapshot_at, moment);
  else
    return query select * from core.shared_cells(
      asked, published.snapshot_at, moment, published.withheld, published.is_imputed);
  end if;
end
$body$
-- end

-- The cells behind a figure. One row for each money cell and published line; the shares of a line sum to the line.
-- An indicator names its one cell. A withheld partner's own id explains nothing.
create function report.explain(figure_id text, as_of timestamptz default null)
  returns setof report.explained_cell
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
as $body$
begin
  return query
  select $1, e.file_name, e.sheet, e.row_no, e.column_letter, e.amount, e.currency, e.rate, e.rate_date,
    e.weight_percent, e.share_usd
  from core.explained($1, $2) e;
end
$body$
-- end

-- The files behind a figure, each drop of one once: who dropped it into which source, when, and the hash of its bytes;
-- with the number of its cells and their sum.
create function report.explain_files(figure_id text, as_of timestamptz default null)
  returns table (
    file_name text, owner text, source text, dropped_at timestamptz, sha256 text, cells bigint, share_usd numeric
  )
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
as $body$
#variable_conflict use_column
begin
  return query
  with cell as materialized (
    select e.load_id, count(*) as cells, sum(e.share_usd) as share_usd from core.explained($1, $2) e group by e.load_id
  )
  select l.file_name, l.owner, l.source, l.dropped_at, f.sha256, c.cells, c.share_usd
  from cell c join intake.load l on l.load_id = c.load_id join intake.file f on f.file_id = l.file_id
  order by l.file_name collate "C", l.dropped_at, f.sha256;
end
$body$
-- end

-- Where each rate of exchange comes from that was in force for the run that published as of a moment: what stands
-- beside a converted amount, found by its currency and the date of its rate.
create function report.rate_sources(as_of timestamptz default null)
  returns table (currency text, rate_date date, rate numeric, rate_source text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
declare
  live uuid[];
begin
  select core.live_slices(p.snapshot_at, '', 'exchange_rates') into live
  from core.publication_at(coalesce(as_of, 'infinity')) p;
  return query
  select r.currency, r.effective_date, r.rate_per_usd, r.source
  from core.exchange_rate r where r.slice_id = any(live)
  order by r.currency, r.effective_date;
end
$body$
-- end
