-- An outcome's money over the elements of a strategic-plan framework; each kind is a partition of its own.
create view report.plan_contribution as
select
  office,
  plan_period,
  outcome,
  fiscal_year,
  nullif(framework, '') as framework,
  nullif(kind, '') as kind,
  nullif(element, '') as element,
  ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd,
  ((planned_cents)::numeric / 100)::numeric(20, 2) as planned_usd
from report.plan_line
where valid_to is null
-- end

create function report.plan_contribution_as_of(as_of timestamptz)
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, framework text, kind text,
    element text, expense_usd numeric, planned_usd numeric
  )
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  select
    office,
    plan_period,
    outcome,
    fiscal_year,
    nullif(framework, '') as framework,
    nullif(kind, '') as kind,
    nullif(element, '') as element,
    ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd,
    ((planned_cents)::numeric / 100)::numeric(20, 2) as planned_usd
  from report.plan_line
  where valid_from <= as_of and (valid_to is null or valid_to > as_of);
end
$body$
-- end
