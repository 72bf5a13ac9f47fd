-- Figures that a run published differently from the run before, with the cause. Whoever is withheld today is masked:
-- what the run changed for a masked partner, and in the withheld line of any day, is summed anew from the rows
-- published before and after, so that it is what the `_as_of` twins show; what then shows no change is left out.
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
  with known as materialized (
    select c.*, w.partner is not null or c.figure_id like '%partner_(withheld):%' as is_summed,
      case when w.partner is null then c.figure_id
        else regexp_replace(
          regexp_replace(c.figure_id, '(partner[=:])[^:]+', '\1(withheld)'), ':imputed$', ':expense')
      end as masked_id
    from report.figure_change c left join report.withheld w on w.partner = c.partner
    where c.published_at <= as_of
  ), cause as materialized (
    -- of several masked changes that become one, the largest names its cause
    select distinct on (k.run_id, k.masked_id) k.run_id, k.masked_id, k.published_at, k.cause, k.file_name, k.sha256,
      split_part(k.masked_id, ':', 1) as scope, string_to_array(k.masked_id, ':') as pieces
    from known k where k.is_summed
    order by k.run_id, k.masked_id,
      abs(coalesce(nullif(k.after, ''), '0')::numeric - coalesce(nullif(k.before, ''), '0')::numeric) desc,
      k.figure_id
  ), asked as materialized (
    select c.run_id, c.masked_id, c.published_at,
      core.decoded(c.scope) as outcome, split_part(core.decoded(c.scope), '_', 1) as office, c.pieces[2] as plan_period,
      case when c.scope like 'partner=%' then c.pieces[2]::smallint
        when c.pieces[3] ~ '^[0-9]{4}$' then c.pieces[3]::smallint end as fiscal_year,
      case when c.scope like 'partner=%' and cardinality(c.pieces) > 3 then c.pieces[3] end as fund_type,
      c.pieces[cardinality(c.pieces)] as measure, c.scope like 'partner=%' as is_stage
    from cause c
  ), line as materialized (
    select a.run_id, a.masked_id, a.published_at, l.valid_from, l.valid_to,
      case a.measure when 'contribution' then l.contribution_cents else l.expense_cents end as cents
    from report.partner_line l
    join asked a on a.office = l.office and a.plan_period = l.plan_period and a.outcome = l.outcome
    left join report.withheld w on w.partner = l.partner
    where not a.is_stage and (l.kind = 'withheld' or w.partner is not null)
      and (a.fiscal_year is null or a.fiscal_year = l.fiscal_year)
    union all
    select a.run_id, a.masked_id, a.published_at, l.valid_from, l.valid_to, l.amount_cents
    from report.revenue_line l
    join asked a on a.fiscal_year = l.fiscal_year and a.measure = l.stage
    left join report.withheld w on w.partner = l.partner
    where a.is_stage and (l.partner = '' or w.partner is not null)
      and (a.fund_type is null or a.fund_type = l.fund_type)
  ), summed as (
    select l.run_id, l.masked_id,
      coalesce(sum(l.cents) filter (
        where l.valid_from < l.published_at and (l.valid_to is null or l.valid_to >= l.published_at)), 0) as before,
      coalesce(sum(l.cents) filter (
        where l.valid_from <= l.published_at and (l.valid_to is null or l.valid_to > l.published_at)), 0) as after
    from line l group by l.run_id, l.masked_id
  )
  select k.run_id, k.published_at, k.figure_id, nullif(k.before, ''), nullif(k.after, ''), k.cause,
    nullif(k.file_name, ''), nullif(k.sha256, '')
  from known k where not k.is_summed
  union all
  select c.run_id, c.published_at, c.masked_id, (s.before / 100)::numeric(20, 2)::text,
    (s.after / 100)::numeric(20, 2)::text, c.cause, nullif(c.file_name, ''), nullif(c.sha256, '')
  from summed s join cause c on c.run_id = s.run_id and c.masked_id = s.masked_id
  where s.before <> s.after;
end
$body$
-- end

create view report.change as
select run, published_at, figure_id, before, after, cause, file_name, sha256
from report.change_as_of('infinity')
-- end
