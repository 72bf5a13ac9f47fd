-- Who pays for an outcome. As of a day, whoever is withheld today is masked too and summed into one line.
create view report.partner_contribution as
select
  office,
  plan_period,
  outcome,
  fiscal_year,
  nullif(partner, '') as partner,
  nullif(partner_name, '') as partner_name,
  nullif(contributor_type, '') as contributor_type,
  kind,
  ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd,
  ((contribution_cents)::numeric / 100)::numeric(20, 2) as contribution_usd
from report.partner_line
where valid_to is null
-- end

create function report.partner_contribution_as_of(as_of timestamptz)
  returns table (
    office text, plan_period text, outcome text, fiscal_year smallint, partner text,
    partner_name text, contributor_type text, kind text, expense_usd numeric,
    contribution_usd numeric
  )
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with line as (
    select l.office, l.plan_period, l.outcome, l.fiscal_year,
      case when w.partner is null then l.kind else 'withheld' end as kind,
      case when w.partner is null then l.partner else '' end as partner,
      case when w.partner is null then l.partner_name else '' end as partner_name,
      case when w.partner is null then l.contributor_type else '' end as contributor_type,
      l.expense_cents, l.contribution_cents
    from report.partner_line l left join report.withheld w on w.partner = l.partner
    where l.valid_from <= as_of and (l.valid_to is null or l.valid_to > as_of)
  ), masked as (
    select office, plan_period, outcome, fiscal_year, kind, partner, partner_name, contributor_type,
      sum(expense_cents) as expense_cents, sum(contribution_cents) as contribution_cents
    from line group by 1, 2, 3, 4, 5, 6, 7, 8
  )
  select
    office,
    plan_period,
    outcome,
    fiscal_year,
    nullif(partner, '') as partner,
    nullif(partner_name, '') as partner_name,
    nullif(contributor_type, '') as contributor_type,
    kind,
    ((expense_cents)::numeric / 100)::numeric(20, 2) as expense_usd,
    ((contribution_cents)::numeric / 100)::numeric(20, 2) as contribution_usd
  from masked;
end
$body$
-- end
