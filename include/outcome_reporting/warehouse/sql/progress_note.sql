-- What an outcome's people wrote about a year; approved notes only.
create view report.progress_note as
select
  office,
  plan_period,
  outcome,
  fiscal_year,
  language,
  nullif(title, '') as title,
  nullif(note, '') as note,
  nullif(author, '') as author,
  status
from report.note_line
where valid_to is null and status = 'approved'
-- end

create function report.progress_note_as_of(as_of timestamptz)
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, language text, title text,
    note text, author text, status text
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
    language,
    nullif(title, '') as title,
    nullif(note, '') as note,
    nullif(author, '') as author,
    status
  from report.note_line
  where valid_from <= as_of and (valid_to is null or valid_to > as_of) and status = 'approved';
end
$body$
-- end
