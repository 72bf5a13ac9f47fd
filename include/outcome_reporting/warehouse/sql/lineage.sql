-- The cells behind every published figure of a year, figure after figure: slow, and the same as asking for each.
create function report.lineage_as_of(as_of timestamptz)
  returns setof report.explained_cell
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
declare
  asked text;
begin
  for asked in
    with resource as (
      select distinct core.encoded(outcome) || ':' || plan_period || ':' || fiscal_year as place, fund_type
      from report.resource_line where valid_from <= as_of and (valid_to is null or valid_to > as_of)
    ), sdg as (
      select distinct core.encoded(output) || ':' || plan_period || ':' || fiscal_year as place,
        'sdg:' || case when target <> '' or goal = 'X00' then sdg else sdg || '.-' end as what
      from report.sdg_line where valid_from <= as_of and (valid_to is null or valid_to > as_of)
    ), partner as (
      select distinct core.encoded(l.outcome) || ':' || l.plan_period || ':' || l.fiscal_year as place,
        'partner:' || case
          when w.partner is not null or l.kind = 'withheld' then '(withheld)'
          when l.kind = 'core pool' then '(core)'
          when l.kind = 'unattributed' then '(none)'
          else core.encoded(l.partner) end as what,
        case when l.kind = 'imputed' and w.partner is null then 'imputed' else 'expense' end as measure
      from report.partner_line l left join report.withheld w on w.partner = l.partner
      where l.valid_from <= as_of and (l.valid_to is null or l.valid_to > as_of)
    ), plan as (
      select distinct core.encoded(outcome) || ':' || plan_period || ':' || fiscal_year as place,
        'plan:' || core.encoded(framework) || '/'
          || core.encoded(case when element = '' then '(' || kind || ')' else element end) as what
      from report.plan_line
      where framework <> '' and kind <> '' and valid_from <= as_of and (valid_to is null or valid_to > as_of)
    ), revenue as (
      select distinct 'partner=' || case
          when w.partner is not null or l.partner = '' then '(withheld)' else core.encoded(l.partner) end as scope,
        l.fiscal_year, l.fund_type, l.stage
      from report.revenue_line l left join report.withheld w on w.partner = l.partner
      where l.valid_from <= as_of and (l.valid_to is null or l.valid_to > as_of)
    )
    select place || ':' || measure
    from (select distinct place from resource) r
    cross join (values ('planned'), ('available'), ('expense'), ('shortfall')) as m (measure)
    union all
    select place || ':' || fund_type || ':' || measure
    from resource cross join (values ('planned'), ('available'), ('expense'), ('shortfall')) as m (measure)
    union all
    select place || ':' || what || ':' || measure
    from sdg cross join (values ('planned'), ('available'), ('expense')) as m (measure)
    union all
    select distinct place || ':' || what || ':' || m.measure
    from partner p cross join lateral (values (p.measure), ('contribution')) as m (measure)
    union all
    select place || ':' || what || ':' || measure
    from plan cross join (values ('planned'), ('expense')) as m (measure)
    union all
    select scope || ':' || fiscal_year || ':' || fund_type || ':' || stage from revenue
  loop
    return query select * from report.explain(asked, as_of);
  end loop;
end
$body$
-- end

-- A part of a figure id, percent-encoded.
create function core.encoded(part text) returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $body$
begin
  return replace(replace(replace(replace(part, '%', '%25'), ':', '%3A'), '/', '%2F'), ' ', '%20');
end
$body$
-- end

create view report.lineage as
select figure_id, file_name, sheet, "row", "column", amount, currency, rate, rate_date, weight_percent, share_usd
from report.lineage_as_of('infinity')
-- end
