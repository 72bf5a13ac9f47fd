"""The statements that find the cells behind outcomes and years; `sources.py` runs them in this order.

PostgreSQL finds the cells and writes a whole number for each long key, in the order of the codes, so that ties fall
the same way every night. It hands each column of such numbers over as one array: `cells.py` groups and ranks them,
which costs a fraction of what sorting and storing a million rows here would.
"""

from __future__ import annotations

from outcome_reporting.warehouse.live_sql import valid_sql

PLANNED, AVAILABLE, EXPENSE, CONTRIBUTION = range(4)
MEASURES = ("planned", "available", "expense", "contribution")  # by the number that stands for each
WITHHELD, UNKNOWN, NOBODY = -1, -2, 0  # a partner's number where it names none: the cell is empty, or nobody's spelling

_LIVE = valid_sql("%(snapshot)s", "life")
_HERE = "(%(offices)s::text[] is null or life.office = any(%(offices)s::text[]))"

# The load that stands for each live slice: its own, or, where that one is undone, the first that repeated it.
# Then each table of those slices: its rows stand together under one number.
_PARTS = f"""
create temp table told_part on commit drop as
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
select origin.office, origin.slice_id, origin.dataset, sheet.load_id, sheet.table_no, sheet.sheet, sheet.columns,
  dense_rank() over (order by sheet.load_id, sheet.table_no)::integer - 1 as sheet_no,
  row_number() over ()::integer - 1 as part_no
from origin join intake.sheet_table sheet on sheet.load_id = origin.load_id and sheet.dataset = origin.dataset"""

_OUTCOMES = f"""
create temp table told_outcome on commit drop as
select o.office, o.outcome, o.plan_period,
  split_part(o.plan_period, '-', 1)::integer as first_year, split_part(o.plan_period, '-', 2)::integer as last_year
from core.outcome o
join core.slice_life life on life.office = o.office and life.slice_id = o.slice_id
where life.dataset = 'outcomes' and {_LIVE} and {_HERE}
  and (%(codes)s::text[] is null
    or (o.outcome, o.plan_period) in (select * from unnest(%(codes)s::text[], %(periods)s::text[])))"""

# Where money stands: an output, or '' for the outcome itself, in a year, as facts name a year and no plan period.
_PLACES = f"""
create temp table told_place on commit drop as
select row_number() over (order by output collate "C", outcome collate "C", plan_period, year)::integer - 1 as place_no,
  office, outcome, plan_period, output, year::smallint as fiscal_year
from (
  select t.*, o.output from told_outcome t
  join core.output o on o.office = t.office and o.outcome = t.outcome and o.plan_period = t.plan_period
  join core.slice_life life on life.office = o.office and life.slice_id = o.slice_id
  where life.dataset = 'outputs' and {_LIVE}
  union all
  select t.*, '' from told_outcome t
) as place cross join lateral generate_series(first_year, last_year) as year"""

_FUNDS = f"""
create temp table told_fund on commit drop as
select row_number() over (order by f.fund collate "C")::integer - 1 as fund_no, f.fund, f.fund_type,
  f.fund_type = 'non-core' as is_direct
from core.fund f join core.slice_org_life life on life.slice_id = f.slice_id
where life.dataset = 'funds' and {_LIVE}"""

# Spellings lead to partners; every withheld one is partner WITHHELD, so that no name of theirs goes further.
_PARTNERS = f"""
create temp table told_partner on commit drop as
with known as (
  select p.* from core.partner p join core.slice_org_life life on life.slice_id = p.slice_id
  where life.dataset = 'partners' and {_LIVE}
), spelled as (
  select distinct on (s.spelling) s.spelling, p.partner
  from known p cross join lateral unnest(p.spellings) with ordinality as s (spelling, place)
  order by s.spelling, least(s.place, 3), p.partner collate "C"
), withheld as (
  select partner from report.withheld
  union
  select partner from known where withhold_until > %(run_date)s
)
select s.spelling, s.partner, w.partner is not null as is_withheld,
  case when w.partner is null then dense_rank() over (order by s.partner collate "C")::integer else {WITHHELD} end
    as partner_no
from spelled s left join withheld w on w.partner = s.partner"""

# The rows of one part, found by the primary key.
_ROWS = "e.office = s.office and e.slice_id = s.slice_id and e.table_no = s.table_no"

_RATES = f"""
create temp table told_rate on commit drop as
with needed as (
  select distinct e.currency, e.posting_date as date
  from told_part s cross join lateral (
    select * from core.expense e where {_ROWS} and e.amount_usd is null and e.currency <> 'USD' offset 0
  ) e
  where s.dataset = 'expenses'
  union
  select c.currency, c.date from core.contribution c where c.amount_usd is null and c.currency <> 'USD'
)
select distinct on (needed.currency, needed.date) needed.currency, needed.date, r.rate_per_usd, r.effective_date,
  r.source as rate_source
from needed
join core.exchange_rate r on r.currency = needed.currency and r.effective_date <= needed.date
join core.slice_org_life life on life.slice_id = r.slice_id
where life.dataset = 'exchange_rates' and {_LIVE}
order by needed.currency, needed.date, r.effective_date desc"""


def _cents(row: str) -> str:
    """Whole cents of a row of money: its dollars, or its amount divided by the rate and rounded once."""
    return f"""case
      when {row}.amount_usd is not null then ({row}.amount_usd * 100)::bigint
      when {row}.currency = 'USD' then (round({row}.amount, 2) * 100)::bigint
      else (sign({row}.amount) * div(200 * abs({row}.amount) + r.rate_per_usd, 2 * r.rate_per_usd))::bigint
    end"""


_HAS_CENTS = "({row}.amount_usd is not null or {row}.currency = 'USD' or r.rate_per_usd is not null)"

_COLUMNS = """array_agg(place_no) as place, array_agg(fund_no) as fund, array_agg(partner_no) as partner,
  array_agg(row_no) as row, array_agg(cents) as cents"""

# Each part is read by itself, along the primary key: slices that are no longer live are never touched. Codes come as
# one text for each part, which `source_cells.py` looks up: to join three of them to each row costs twice as much.
# Nothing is read where no outcome is asked for.
_CODES = """array_agg(e.row_no) as row, array_agg(e.fiscal_year::integer) as year,
  string_agg(e.output, E'\\n') as output, string_agg(e.fund, E'\\n') as fund,
  string_agg(coalesce(e.partner, ''), E'\\n') as partner"""

EXPENSES = f"""
select s.part_no, cells.*
from told_part s cross join lateral (
  select {_CODES}, array_agg((coalesce(e.amount_usd, round(e.amount, 2)) * 100)::bigint) as cents
  from core.expense e
  where {_ROWS} and (e.amount_usd is not null or e.currency = 'USD')
) as cells
where s.dataset = 'expenses' and cells.row is not null and exists (select from told_place)"""

# Amounts of another currency whose rate is known.
FOREIGN_EXPENSES = f"""
select s.part_no, {_CODES}, array_agg({_cents("e")}) as cents
from told_part s
cross join lateral (
  select * from core.expense e where {_ROWS} and e.amount_usd is null and e.currency <> 'USD' offset 0
) e
join told_rate r on r.currency = e.currency and r.date = e.posting_date
where s.dataset = 'expenses' and exists (select from told_rate) and exists (select from told_place)
group by s.part_no"""

# Of a budget's key the revised row alone counts; its two amounts are cells of their own.
BUDGETS = f"""
with governing as (
  select distinct on (b.office, b.output, b.fiscal_year, b.fund) b.*, s.part_no, k.place_no
  from core.budget b
  join told_part s on s.office = b.office and s.slice_id = b.slice_id and s.table_no = b.table_no
  join told_place k on k.output = b.output and k.fiscal_year = b.fiscal_year
  order by b.office, b.output, b.fiscal_year, b.fund, b.version = 'revised' desc
), cell as (
  select c.measure, g.part_no, g.place_no, f.fund_no, {NOBODY} as partner_no, g.row_no, (c.usd * 100)::bigint as cents
  from governing g join told_fund f on f.fund = g.fund
  cross join lateral (values ({PLANNED}, g.planned_usd), ({AVAILABLE}, g.available_usd)) as c (measure, usd)
)
select measure, part_no, {_COLUMNS} from cell group by measure, part_no"""

CONTRIBUTIONS = f"""
with cell as (
  select s.part_no, k.place_no, f.fund_no, c.row_no, {_cents("c")} as cents,
    case when p.is_withheld then {WITHHELD} when f.is_direct then coalesce(p.partner_no, {UNKNOWN}) else {NOBODY} end
      as partner_no
  from core.contribution c
  join told_part s on s.office = '' and s.slice_id = c.slice_id and s.table_no = c.table_no
  join told_place k on k.output = '' and k.outcome = c.outcome and k.fiscal_year = c.fiscal_year
  join told_fund f on f.fund = c.fund
  left join told_partner p on p.spelling = c.partner
  left join told_rate r on r.currency = c.currency and r.date = c.date and c.amount_usd is null
  where c.stage in ('revenue', 'refund') and {_HAS_CENTS.format(row="c")}
)
select {CONTRIBUTION} as measure, part_no, {_COLUMNS} from cell group by part_no"""

# What stands in the cells that are named by part and row, in their order: three texts of numbers with commas between,
# as psycopg binds a text many times faster than a list.
_WANTED = """
from unnest(string_to_array(%(parts)s, ',')::integer[], string_to_array(%(rows)s, ',')::integer[],
  string_to_array(%(measures)s, ',')::integer[]) with ordinality as wanted (part_no, row_no, measure, place)
join told_part s on s.part_no = wanted.part_no"""

EXPENSE_LINES = f"""
select case when e.amount_usd is null then 'amount' else 'amount_usd' end as field,
  trim_scale(coalesce(e.amount_usd, e.amount))::text as amount,
  case when e.amount_usd is null then e.currency else 'USD' end as currency,
  coalesce(trim_scale(r.rate_per_usd)::text, '') as rate, coalesce(r.effective_date::text, '') as rate_date,
  coalesce(r.rate_source, '') as rate_source
{_WANTED}
cross join lateral (select * from core.expense e where {_ROWS} and e.row_no = wanted.row_no offset 0) e
left join told_rate r on r.currency = e.currency and r.date = e.posting_date and e.amount_usd is null
order by wanted.place"""

BUDGET_LINES = f"""
select case wanted.measure when {PLANNED} then 'planned_usd' else 'available_usd' end as field,
  trim_scale(case wanted.measure when {PLANNED} then e.planned_usd else e.available_usd end)::text as amount,
  'USD' as currency, '' as rate, '' as rate_date, '' as rate_source
{_WANTED}
cross join lateral (select * from core.budget e where {_ROWS} and e.row_no = wanted.row_no offset 0) e
order by wanted.place"""

# The names behind the numbers.
PARTS = "select sheet_no from told_part order by part_no"
SHEETS = """
select s.sheet, s.columns, l.file_name, l.owner, l.source, l.dropped_at, f.sha256
from (select distinct sheet_no, load_id, sheet, columns from told_part) as s
join intake.load l on l.load_id = s.load_id join intake.file f on f.file_id = l.file_id
order by s.sheet_no"""
PLACES = "select outcome, plan_period, fiscal_year, output from told_place order by place_no"
FUNDS = "select fund, fund_type, is_direct from told_fund order by fund_no"
SPELLINGS = "select spelling, partner_no from told_partner"
PARTNERS = "select distinct partner_no, partner from told_partner where not is_withheld"

# Weights of a year that was written; money of a year without weights takes the nearest earlier one.
SDG_WEIGHTS = """
select k.outcome, k.plan_period, w.output, w.fiscal_year, w.sdg, s.sheet_no, w.row_no,
  trim_scale(round(100 * coalesce(w.weight_percent, 1)
    / sum(coalesce(w.weight_percent, 1)) over (partition by w.office, w.output, w.fiscal_year), 4))::text as percent
from core.sdg_weight w
join told_part s on s.office = w.office and s.slice_id = w.slice_id and s.table_no = w.table_no
join core.slice slice on slice.office = w.office and slice.slice_id = w.slice_id and slice.held_count = 0
join told_place k on k.output = w.output and k.fiscal_year = w.fiscal_year"""

PLAN_WEIGHTS = """
select t.outcome, t.plan_period, l.fiscal_year, l.framework, l.element, s.sheet_no, l.row_no,
  trim_scale(round(100 * coalesce(l.weight_percent, 1) / sum(coalesce(l.weight_percent, 1))
    over (partition by l.office, l.outcome, l.fiscal_year, l.framework, e.kind), 4))::text as percent
from core.plan_link l
join told_part s on s.office = l.office and s.slice_id = l.slice_id and s.table_no = l.table_no
join told_outcome t on t.office = l.office and t.outcome = l.outcome
  and l.fiscal_year between t.first_year and t.last_year
join core.plan_element e on e.framework = l.framework and e.element = l.element"""

RESULTS = """
select t.outcome, t.plan_period, r.fiscal_year, coalesce(r.output, '') as output, r.indicator, s.sheet_no, r.row_no
from core.result r
join told_part s on s.office = r.office and s.slice_id = r.slice_id and s.table_no = r.table_no
join told_outcome t on t.office = r.office and t.outcome = r.outcome
  and r.fiscal_year between t.first_year and t.last_year"""

# A partner's share of the core revenue of a year, by which regular resources are imputed; withheld ones unnamed.
CORE_REVENUE = f"""
with given as (
  select c.fiscal_year, coalesce(p.partner, c.partner) as partner, coalesce(p.is_withheld, false) as is_withheld,
    sum({_cents("c")}) as cents
  from core.contribution c
  join core.slice_org_life life on life.slice_id = c.slice_id and life.dataset = 'contributions' and {_LIVE}
  join told_fund f on f.fund = c.fund and f.fund_type = 'core'
  left join told_partner p on p.spelling = c.partner
  left join told_rate r on r.currency = c.currency and r.date = c.date and c.amount_usd is null
  where c.stage = 'revenue'
  group by 1, 2, 3 having sum({_cents("c")}) > 0
), shared as (
  select given.*, sum(cents) over (partition by fiscal_year) as total from given
)
select fiscal_year, case when is_withheld then '' else partner end as partner,
  trim_scale(round(100 * sum(cents) / total, 4))::text as percent
from shared group by fiscal_year, 2, total"""

_TABLES = ("told_part", "told_outcome", "told_place", "told_fund", "told_partner", "told_rate")

# What stands in memory before anything is asked, in the order in which one needs the other. What the planner guesses
# of the joins is far too small: only where a statement itself asks for it does one table lead into the next.
PREPARATION = (
    "set local enable_mergejoin = off",
    "set local enable_nestloop = off",
    f"drop table if exists {', '.join(f'pg_temp.{name}' for name in _TABLES)}",
    _PARTS,
    _OUTCOMES,
    _PLACES,
    _FUNDS,
    _PARTNERS,
    "analyze told_part, told_outcome, told_place, told_fund, told_partner",
    _RATES,
    "analyze told_rate",
)
