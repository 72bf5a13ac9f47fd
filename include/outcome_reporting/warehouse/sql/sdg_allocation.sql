-- An output's money over SDG goals and targets; the target is empty on the line of a goal.
create view report.sdg_allocation as
select
  office,
  plan_period,
  outcome,
  output,
  fiscal_year,
  fund_type,
  goal,
  nullif(target, '') as target,
  method,
  ((planned_cents)::numeric / 100)::numeric(20, 2) as planned_usd,
  ((available_cents)::numeric / 100)::numeric(20, 2) as available_usd,
  ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd
from report.sdg_line
where valid_to is null
-- end

create function report.sdg_allocation_as_of(as_of timestamptz)
  returns table (
    office text, plan_period text, outcome text, output text, fiscal_year smallint, fund_type text,
    goal text, target text, method text, planned_usd numeric, available_usd numeric,
    expense_usd numeric
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
    output,
    fiscal_year,
    fund_type,
    goal,
    nullif(target, '') as target,
    method,
    ((planned_cents)::numeric / 100)::numeric(20, 2) as planned_usd,
    ((available_cents)::numeric / 100)::numeric(20, 2) as available_usd,
    ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd
  from report.sdg_line
  where valid_from <= as_of and (valid_to is null or valid_to > as_of);
end
$body$
-- end
