"""The statements that find the cells behind outcomes and years; `sources.py` runs them.

The first finds the live slices, each in the table of the sheet that its rows came from: a part. All others are given
parts and read each along the primary key, so that slices that are no longer live are never touched. PostgreSQL hands
the columns of a part over as arrays of numbers and one text for each code: `source_cells.py` looks codes up and
`cells.py` groups and ranks, which costs a fraction of joining, sorting and storing a million rows here.
"""

from __future__ import annotations

from outcome_reporting.warehouse.live_sql import valid_sql

PLANNED, AVAILABLE, EXPENSE, CONTRIBUTION = range(4)
MEASURES = ("planned", "available", "expense", "contribution")  # by the number that stands for each
WITHHELD, UNKNOWN, NOBODY = -1, -2, 0  # a partner's number where it names none: the cell is empty, or nobody's spelling
BETWEEN = "\x1f"  # texts of a list: no code holds it
YEAR_BITS = 16  # of the number in which a row's place in its sheet stands before its year

_LIVE = valid_sql("%(snapshot)s", "life")
_HERE = "(%(offices)s::text[] is null or life.office = any(%(offices)s::text[]))"

# What the planner guesses of lives is far too small: one table leads into the next only where a statement asks for it.
PLANNING = "select set_config('enable_mergejoin', 'off', true), set_config('enable_nestloop', 'off', true)"

# The load that stands for each live slice: its own, or, where that one is undone, the first that repeated it.
# Then each table of those slices, with the parts that came from it.
SHEETS = f"""
with live as (
  select life.office, life.slice_id, life.dataset from core.slice_life life
  where {_LIVE} and {_HERE} and life.dataset in ('expenses', 'budgets', 'results', 'sdg_weights', 'plan_links')
  union all
  select '', life.slice_id, life.dataset from core.slice_org_life life
  where {_LIVE} and life.dataset = 'contributions'
), part as (
  select office, load_id, coalesce(same_as, slice_id) as slice_id from core.slice
  union all
  select '', load_id, coalesce(same_as, slice_id) from core.slice_org where dataset = 'contributions'
), origin as (
  select distinct on (live.office, live.slice_id) live.*, load.load_id
  from live
  join part on part.office = live.office and part.slice_id = live.slice_id
  join intake.load on load.load_id = part.load_id
  where load.loaded_at <= %(snapshot)s
  order by live.office, live.slice_id,
    (load.undone_at is not null and load.undone_at <= %(snapshot)s), load.loaded_at, load.load_id
)
select sheet.sheet, sheet.columns, load.file_name, load.owner, load.source, load.dropped_at, file.sha256,
  sheet.dataset, sheet.table_no,
  string_agg(origin.office, E'\\x1f') as offices, string_agg(origin.slice_id::text, E'\\x1f') as slices
from origin join intake.sheet_table sheet on sheet.load_id = origin.load_id and sheet.dataset = origin.dataset
join intake.load on load.load_id = sheet.load_id
join intake.file on file.file_id = load.file_id
group by sheet.load_id, sheet.table_no, load.load_id, file.file_id
order by sheet.load_id, sheet.table_no"""

FUNDS = f"""
select f.fund, f.fund_type
from core.fund f join core.slice_org_life life on life.slice_id = f.slice_id
where life.dataset = 'funds' and {_LIVE}"""

# The partner that each spelling leads to, and whether it is withheld by the list of the snapshot.
SPELLINGS = f"""
select distinct on (s.spelling collate "C") s.spelling, p.partner,
  coalesce(p.withhold_until > %(run_date)s, false) as is_withheld
from core.partner p
join core.slice_org_life life on life.slice_id = p.slice_id
cross join lateral unnest(p.spellings) with ordinality as s (spelling, place)
where life.dataset = 'partners' and {_LIVE}
order by s.spelling collate "C", least(s.place, 3), p.partner collate "C\""""

# The parts that a statement is given, as texts of several values: psycopg binds a text many times faster than a list.
_PARTS = """(select * from unnest(
  string_to_array(%(parts)s, ',')::integer[], string_to_array(%(part_offices)s, E'\\x1f'),
  string_to_array(%(slices)s, ',')::uuid[], string_to_array(%(table_nos)s, ',')::smallint[]
) as s (part_no, office, slice_id, table_no)) as s"""
_OF_PART = "e.office = s.office and e.slice_id = s.slice_id and e.table_no = s.table_no"


def _rows(table: str, more: str = "") -> str:
    """The rows of the parts that are given."""
    return f"{_PARTS} cross join lateral (select * from core.{table} e where {_OF_PART} {more} offset 0) as e"


def _money(output: str, partner: str, cents: str) -> str:
    """The columns of some rows of money."""
    return f"""array_agg(e.row_no::bigint << {YEAR_BITS} | e.fiscal_year) as row_and_year,
    string_agg({output}, E'\\n') as output, string_agg(e.fund, E'\\n') as fund,
    string_agg({partner}, E'\\n') as partner, array_agg({cents}) as cents"""


# The rate of each (currency, date) of the cells in another currency.
_RATES = f"""rate as materialized (
  select distinct on (needed.currency, needed.date) needed.currency, needed.date, r.rate_per_usd, r.effective_date,
    r.source as rate_source
  from (select distinct currency, date from cell where amount_usd is null and currency <> 'USD') as needed
  join core.exchange_rate r on r.currency = needed.currency and r.effective_date <= needed.date
  join core.slice_org_life life on life.slice_id = r.slice_id
  where life.dataset = 'exchange_rates' and {_LIVE}
  order by needed.currency, needed.date, r.effective_date desc
)"""
_WITH_RATES = "cell as e left join rate as r on r.currency = e.currency and r.date = e.date and e.amount_usd is null"
_HAS_CENTS = "(e.amount_usd is not null or e.currency = 'USD' or r.rate_per_usd is not null)"
# Whole cents of a row of money: its dollars, or its amount divided by the rate and rounded once.
_CENTS = """case
  when e.amount_usd is not null then (e.amount_usd * 100)::bigint
  when e.currency = 'USD' then (round(e.amount, 2) * 100)::bigint
  else (sign(e.amount) * div(200 * abs(e.amount) + r.rate_per_usd, 2 * r.rate_per_usd))::bigint
end"""

# Every row of each part. `by_amount` and `foreign` are those whose dollars do not stand in the sheet: of the first
# the amount is in dollars, of the second it is not, and their cents here are none.
_DOLLARS = "coalesce(e.amount_usd, case e.currency when 'USD' then round(e.amount, 2) else 0 end)"
EXPENSES = f"""
select {EXPENSE} as measure, s.part_no, cells.*
from {_PARTS} cross join lateral (
  select {_money("e.output", "coalesce(e.partner, '')", f"({_DOLLARS} * 100)::bigint")},
    array_agg(e.row_no::bigint) filter (where e.amount_usd is null and e.currency = 'USD') as by_amount,
    array_agg(e.row_no::bigint) filter (where e.amount_usd is null and e.currency <> 'USD') as foreign
  from core.expense e where {_OF_PART}
) as cells
where cells.cents is not null"""

# Amounts of another currency whose rate is known.
FOREIGN_EXPENSES = f"""
with cell as materialized (
  select s.part_no, e.*, e.posting_date as date
  from {_rows("expense", "and e.amount_usd is null and e.currency <> 'USD'")}
), {_RATES}
select {EXPENSE} as measure, e.part_no, {_money("e.output", "coalesce(e.partner, '')", _CENTS)}
from {_WITH_RATES} where {_HAS_CENTS} group by e.part_no"""

# Of a budget's key the revised row alone counts; its two amounts are cells of their own.
BUDGETS = f"""
with governing as (
  select distinct on (e.office collate "C", e.output collate "C", e.fiscal_year, e.fund collate "C") e.*, s.part_no
  from {_rows("budget")}
  order by e.office collate "C", e.output collate "C", e.fiscal_year, e.fund collate "C", e.version = 'revised' desc
)
select c.measure, e.part_no, {_money("e.output", "''", "(c.usd * 100)::bigint")}
from governing as e
cross join lateral (values ({PLANNED}, e.planned_usd), ({AVAILABLE}, e.available_usd)) as c (measure, usd)
group by c.measure, e.part_no"""

# Of the outcomes that are asked for; an outcome stands in the place of an output.
CONTRIBUTIONS = f"""
with cell as materialized (
  select s.part_no, e.* from {_PARTS} cross join lateral (
    select * from core.contribution e
    where e.slice_id = s.slice_id and e.table_no = s.table_no and e.stage in ('revenue', 'refund')
      and e.outcome = any(%(outcomes)s::text[])
    offset 0
  ) as e
), {_RATES}
select {CONTRIBUTION} as measure, e.part_no, {_money("e.outcome", "e.partner", _CENTS)}
from {_WITH_RATES} where {_HAS_CENTS} group by e.part_no"""

# What stands in the cells that are named by part and row, in their order: of expenses whose dollars do not.
AMOUNTS = f"""
with cell as materialized (
  select wanted.place, e.amount, e.amount_usd, e.currency, e.posting_date as date
  from unnest(string_to_array(%(of_parts)s, ',')::integer[], string_to_array(%(rows)s, ',')::integer[])
    with ordinality as wanted (part_no, row_no, place)
  join {_PARTS} on s.part_no = wanted.part_no
  cross join lateral (select * from core.expense e where {_OF_PART} and e.row_no = wanted.row_no offset 0) as e
), {_RATES}
select trim_scale(e.amount)::text as amount, e.currency, coalesce(trim_scale(r.rate_per_usd)::text, '') as rate,
  coalesce(r.effective_date::text, '') as rate_date, coalesce(r.rate_source, '') as rate_source
from {_WITH_RATES} order by e.place"""

# Weights of a year that was written; money of a year without weights takes the nearest earlier one.
SDG_WEIGHTS = f"""
select e.output, e.fiscal_year, e.sdg, s.part_no, e.row_no,
  trim_scale(round(100 * coalesce(e.weight_percent, 1) / sum(coalesce(e.weight_percent, 1))
    over (partition by e.office collate "C", e.output collate "C", e.fiscal_year), 4))::text as percent
from {_rows("sdg_weight")}
join core.slice slice on slice.office = s.office and slice.slice_id = s.slice_id and slice.held_count = 0"""

PLAN_WEIGHTS = f"""
select e.outcome, e.fiscal_year, e.framework, e.element, s.part_no, e.row_no,
  trim_scale(round(100 * coalesce(e.weight_percent, 1) / sum(coalesce(e.weight_percent, 1)) over (
    partition by e.office collate "C", e.outcome collate "C", e.fiscal_year, e.framework, element.kind), 4))::text
from {_rows("plan_link")}
join core.plan_element element on element.framework = e.framework and element.element = e.element"""

RESULTS = f"""
select e.outcome, e.fiscal_year, coalesce(e.output, '') as output, e.indicator, s.part_no, e.row_no
from {_rows("result")}"""

# A partner's share of the core revenue of a year, by which regular resources are imputed; withheld ones unnamed.
CORE_REVENUE = f"""
with cell as materialized (
  select e.* from core.contribution e
  join core.slice_org_life life on life.slice_id = e.slice_id and life.dataset = 'contributions' and {_LIVE}
  where e.stage = 'revenue'
), {_RATES},
fund as ({FUNDS} and f.fund_type = 'core'),
spelled as ({SPELLINGS}),
given as (
  select e.fiscal_year, coalesce(p.partner, e.partner) as partner,
    coalesce(p.is_withheld or p.partner = any(%(withheld)s::text[]), false) as is_withheld, sum({_CENTS}) as cents
  from {_WITH_RATES}
  join fund on fund.fund = e.fund
  left join spelled p on p.spelling = e.partner
  group by 1, 2, 3 having sum({_CENTS}) > 0
), shared as (
  select given.*, sum(cents) over (partition by fiscal_year) as total from given
)
select fiscal_year, case when is_withheld then '' else partner end as partner,
  trim_scale(round(100 * sum(cents) / total, 4))::text as percent
from shared group by fiscal_year, 2, total"""
