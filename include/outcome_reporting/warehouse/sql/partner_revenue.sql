-- The organization-wide money of each partner by stage. As of a day, whoever is withheld today is masked too.
create view report.partner_revenue as
select
  nullif(partner, '') as partner,
  nullif(partner_name, '') as partner_name,
  nullif(contributor_type, '') as contributor_type,
  fiscal_year,
  fund_type,
  nullif(instrument, '') as instrument,
  stage,
  ((amount_cents)::numeric / 100)::numeric(20, 2) as amount_usd
from report.revenue_line
where valid_to is null
-- end

create function report.partner_revenue_as_of(as_of timestamptz)
  returns table (
    partner text, partner_name text, contributor_type text, fiscal_year smallint, fund_type text,
    instrument text, stage text, amount_usd numeric
  )
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $body$
#variable_conflict use_column
begin
  return query
  with line as (
    select l.fiscal_year, l.fund_type, l.instrument, l.stage,
      case when w.partner is null then l.partner else '' end as partner,
      case when w.partner is null then l.partner_name else 'Withheld' end as partner_name,
      case when w.partner is null then l.contributor_type else '' end as contributor_type,
      l.amount_cents
    from report.revenue_line l left join report.withheld w on w.partner = l.partner
    where l.valid_from <= as_of and (l.valid_to is null or l.valid_to > as_of)
  ), masked as (
    select fiscal_year, fund_type, instrument, stage, partner, partner_name, contributor_type,
      sum(amount_cents) as amount_cents
    from line group by 1, 2, 3, 4, 5, 6, 7
  )
  select
    nullif(partner, '') as partner,
    nullif(partner_name, '') as partner_name,
    nullif(contributor_type, '') as contributor_type,
    fiscal_year,
    fund_type,
    nullif(instrument, '') as instrument,
    stage,
    ((amount_cents)::numeric / 100)::numeric(20, 2) as amount_usd
  from masked;
end
$body$
-- end
