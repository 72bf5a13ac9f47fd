-- What an outcome has and spends, by year and kind of fund; the shortfall is planned less available.
create view report.outcome_resources as
select
  office,
  plan_period,
  outcome,
  fiscal_year,
  fund_type,
  ((planned_cents)::numeric / 100)::numeric(20, 2) as planned_usd,
  ((available_cents)::numeric / 100)::numeric(20, 2) as available_usd,
  ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd,
  ((planned_cents - available_cents)::numeric / 100)::numeric(20, 2) as shortfall_usd
from report.resource_line
where valid_to is null
-- end

create function report.outcome_resources_as_of(as_of timestamptz)
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, fund_type text,
    planned_usd numeric, available_usd numeric, expense_usd numeric, shortfall_usd numeric
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
    fund_type,
    ((planned_cents)::numeric / 100)::numeric(20, 2) as planned_usd,
    ((available_cents)::numeric / 100)::numeric(20, 2) as available_usd,
    ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd,
    ((planned_cents - available_cents)::numeric / 100)::numeric(20, 2) as shortfall_usd
  from report.resource_line
  where valid_from <= as_of and (valid_to is null or valid_to > as_of);
end
$body$
-- end
