-- What was live at the snapshot, in temporary tables: slices, outcomes, outputs, funds, partners.
-- Each statement stands under its name and makes the table (or fills the one) that it is named after.

-- name: live_slice
create temp table live_slice on commit drop as
select life.office, life.slice_id, life.dataset, life.slice_key, slice.load_id, slice.held_count
from core.slice_life as life
join core.slice as slice on slice.office = life.office and slice.slice_id = life.slice_id
where life.valid_from <= %(snapshot_at)s and (life.valid_to is null or life.valid_to > %(snapshot_at)s)
    and (%(offices)s::text[] is null or life.office = any(%(offices)s::text[]))

-- name: live_slice_org
create temp table live_slice_org on commit drop as
select life.slice_id, life.dataset, life.slice_key
from core.slice_org_life as life
where life.valid_from <= %(snapshot_at)s and (life.valid_to is null or life.valid_to > %(snapshot_at)s)

-- name: outcome_year
-- A row for each year of each plan period, so that facts join by equality.
create temp table outcome_year on commit drop as
select outcome.office, outcome.outcome, year::smallint as fiscal_year, outcome.plan_period
from core.outcome as outcome
join live_slice as slice on slice.office = outcome.office and slice.slice_id = outcome.slice_id
cross join lateral generate_series(
    split_part(outcome.plan_period, '-', 1)::int, split_part(outcome.plan_period, '-', 2)::int
) as year

-- name: output_year
-- Numbered, as are outcomes by year, funds and partners: what follows handles integers, and names them again when
-- published. In such an order that rows in the order of the numbers are nearly in the order of their keys, which an
-- index takes in far less time.
create temp table output_year on commit drop as
select
    output.office, output.output, year::smallint as fiscal_year, output.outcome, output.plan_period,
    (row_number() over (
        order by output.office, output.plan_period, output.outcome, output.output, year, output.slice_id
    ))::int as output_no
from core.output as output
join live_slice as slice on slice.office = output.office and slice.slice_id = output.slice_id
cross join lateral generate_series(
    split_part(output.plan_period, '-', 1)::int, split_part(output.plan_period, '-', 2)::int
) as year

-- name: outcome_place
create temp table outcome_place on commit drop as
select
    known.*,
    (row_number() over (order by known.office, known.outcome, known.fiscal_year, known.plan_period))::int as outcome_no
from (
    select office, plan_period, outcome, fiscal_year from output_year
    union
    select office, plan_period, outcome, fiscal_year from outcome_year
) as known

-- name: output_place
create temp table output_place on commit drop as
select year.output_no, place.outcome_no, year.office, year.output, year.outcome, year.plan_period, year.fiscal_year
from output_year as year
join outcome_place as place
    on place.office = year.office and place.plan_period = year.plan_period and place.outcome = year.outcome
    and place.fiscal_year = year.fiscal_year

-- name: live_fund
create temp table live_fund on commit drop as
select
    fund.fund, fund.fund_type, coalesce(fund.financing_instrument, '') as instrument,
    (row_number() over (order by fund.fund_type, fund.fund, fund.slice_id))::int as fund_no,
    (dense_rank() over (order by fund.fund_type))::smallint as type_no
from core.fund as fund
join live_slice_org as slice on slice.slice_id = fund.slice_id

-- name: live_partner
-- `place` is the natural order of codes (SWE_2 before SWE_10): runs of digits count as numbers.
create temp table live_partner on commit drop as
select
    partner.partner,
    partner.name,
    partner.contributor_type,
    coalesce(partner.withhold_until > %(run_date)s, false) as is_withheld,
    partner.spellings,
    row_number() over (order by ordered.key collate "C", partner.partner collate "C") as place,
    row_number() over (order by partner.partner collate "C", partner.slice_id) as partner_no
from core.partner as partner
join live_slice_org as slice on slice.slice_id = partner.slice_id
cross join lateral (/* natural_key(partner.partner) */) as ordered

-- name: partner_spelling
-- Code before name before alias, as the spellings stand: the cell's folded text leads to one partner.
create temp table partner_spelling on commit drop as
select distinct on (written.spelling) written.spelling, partner.partner, partner.partner_no
from live_partner as partner
cross join lateral unnest(partner.spellings) with ordinality as written (spelling, rank)
order by written.spelling, least(written.rank, 3), partner.place
