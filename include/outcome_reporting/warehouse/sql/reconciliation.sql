-- For each accepted file and table: what stood in it, what was loaded and held, and the difference.
create view report.reconciliation as
select
  file_name,
  sha256,
  dataset,
  sheet,
  rows_in_file,
  rows_loaded,
  rows_held,
  rows_superseded,
  amount_in_file_usd,
  loaded_usd,
  held_usd,
  difference_usd
from report.reconciliation_line
where valid_to is null
-- end

create function report.reconciliation_as_of(as_of timestamptz)
  returns table (
    file_name text, sha256 text, dataset text, sheet text, rows_in_file integer,
    rows_loaded integer, rows_held integer, rows_superseded integer, amount_in_file_usd numeric,
    loaded_usd numeric, held_usd numeric, difference_usd numeric
  )
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  select
    file_name,
    sha256,
    dataset,
    sheet,
    rows_in_file,
    rows_loaded,
    rows_held,
    rows_superseded,
    amount_in_file_usd,
    loaded_usd,
    held_usd,
    difference_usd
  from report.reconciliation_line
  where valid_from <= as_of and (valid_to is null or valid_to > as_of);
end
$body$
-- end
