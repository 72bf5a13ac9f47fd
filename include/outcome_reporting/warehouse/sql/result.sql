-- Indicators by year: the raw text beside the number where there is one.
create view report.result as
select
  office,
  plan_period,
  outcome,
  nullif(output, '') as output,
  indicator,
  nullif(title, '') as title,
  nullif(measure, '') as measure,
  fiscal_year,
  nullif(baseline, '') as baseline,
  nullif(milestone, '') as milestone,
  nullif(target, '') as target,
  nullif(result, '') as result,
  result_value
from report.result_line
where valid_to is null
-- end

create function report.result_as_of(as_of timestamptz)
  returns table (
    office text, plan_period text, outcome text, output text, indicator text, title text,
    measure text, fiscal_year smallint, baseline text, milestone text, target text, result text,
    result_value numeric
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
    nullif(output, '') as output,
    indicator,
    nullif(title, '') as title,
    nullif(measure, '') as measure,
    fiscal_year,
    nullif(baseline, '') as baseline,
    nullif(milestone, '') as milestone,
    nullif(target, '') as target,
    nullif(result, '') as result,
    result_value
  from report.result_line
  where valid_from <= as_of and (valid_to is null or valid_to > as_of);
end
$body$
-- end
