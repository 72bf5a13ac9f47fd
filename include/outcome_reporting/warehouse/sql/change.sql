-- Figures that a run published differently from the run before, with the cause. A figure of a partner who is
-- withheld today is masked and summed into the withheld line of its place; what then shows no change is left out.
-- Not a plain view over its table: the reader may not see whose figures changed.
create function report.change_as_of(as_of timestamptz)
  returns table (
    run uuid, published_at timestamptz, figure_id text, before text, after text, cause text,
    file_name text, sha256 text
  )
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with named as (
    select c.*, w.partner is not null as is_masked
    from report.figure_change c left join report.withheld w on w.partner = c.partner
    where c.published_at <= as_of
  ), masked as (
    select n.run_id, n.published_at, n.before, n.after, n.cause, n.file_name, n.sha256, n.is_masked,
      case when n.is_masked
        then regexp_replace(n.figure_id, '(partner[=:])[^:]+', '\1(withheld)') else n.figure_id end as figure_id
    from named n
  ), mixed as (
    select distinct run_id, figure_id from masked where is_masked
  ), summed as (
    select m.run_id, m.figure_id, min(m.published_at) as published_at,
      sum(nullif(m.before, '')::numeric)::text as before, sum(nullif(m.after, '')::numeric)::text as after,
      min(m.cause) as cause,
      case when count(distinct m.sha256) = 1 then min(m.file_name) end as file_name,
      case when count(distinct m.sha256) = 1 then min(m.sha256) end as sha256
    from masked m join mixed x on x.run_id = m.run_id and x.figure_id = m.figure_id
    group by m.run_id, m.figure_id
  )
  select m.run_id, m.published_at, m.figure_id, nullif(m.before, ''), nullif(m.after, ''), m.cause,
    nullif(m.file_name, ''), nullif(m.sha256, '')
  from masked m left join mixed x on x.run_id = m.run_id and x.figure_id = m.figure_id
  where x.run_id is null
  union all
  select s.run_id, s.published_at, s.figure_id, s.before, s.after, s.cause,
    nullif(s.file_name, ''), nullif(s.sha256, '')
  from summed s
  where coalesce(s.before, '0')::numeric <> coalesce(s.after, '0')::numeric;
end
$body$
-- end

create view report.change as
select run, published_at, figure_id, before, after, cause, file_name, sha256
from report.change_as_of('infinity')
-- end
