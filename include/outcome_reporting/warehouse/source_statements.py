"""The statements that find the cells behind outcomes and years; `sources.py` runs them in this order.

Money of one outcome and year is grouped by sheet, output, fund and partner in one pass over the facts. Nothing is
sorted whole: a bucket's largest member shows how large a group or a cell must at least be to stand among the
largest, and only those that are as large are ranked. Whole numbers stand for long keys, in the order of the codes,
so that ties fall the same way every night.
"""

from __future__ import annotations

from outcome_reporting.warehouse.live import valid_sql

GROUPS_SHOWN = 8  # of a total and of a fund type
GROUPS_OF_PARTNER = 3
PARTNERS_SHOWN = 48  # of an outcome and year; a page names fewer
LINES_SHOWN = 20
_BUCKETS = 63  # one less than a power of two
MEASURES = ("planned", "available", "expense", "contribution")  # by the number that stands for each

_LIVE = valid_sql("%(snapshot)s", "life")
_HERE = "(%(offices)s::text[] is null or life.office = any(%(offices)s::text[]))"

# The load that stands for each live slice: its own, or, where that one is undone, the first that repeated it.
# Then each table of those slices, under the number of its sheet.
_SHEETS = f"""
create temp table told_sheet on commit drop as
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
  dense_rank() over (order by sheet.load_id, sheet.table_no)::integer as sheet_no
from origin join intake.sheet_table sheet on sheet.load_id = origin.load_id and sheet.dataset = origin.dataset"""

_OUTCOMES = f"""
create temp table told_outcome on commit drop as
select row_number() over (order by o.outcome collate "C", o.plan_period collate "C")::integer as outcome_no,
  o.office, o.outcome, o.plan_period,
  split_part(o.plan_period, '-', 1)::integer as first_year, split_part(o.plan_period, '-', 2)::integer as last_year
from core.outcome o
join core.slice_life life on life.office = o.office and life.slice_id = o.slice_id
where life.dataset = 'outcomes' and {_LIVE} and {_HERE}
  and (%(codes)s::text[] is null
    or (o.outcome, o.plan_period) in (select * from unnest(%(codes)s::text[], %(periods)s::text[])))"""

# A row for each year, as facts name a year and no plan period.
_OUTPUTS = f"""
create temp table told_output on commit drop as
select dense_rank() over (order by o.output collate "C")::integer as output_no, o.office, o.output, t.outcome_no,
  year::smallint as fiscal_year
from core.output o
join core.slice_life life on life.office = o.office and life.slice_id = o.slice_id
join told_outcome t on t.office = o.office and t.outcome = o.outcome and t.plan_period = o.plan_period
cross join lateral generate_series(t.first_year, t.last_year) as year
where life.dataset = 'outputs' and {_LIVE}"""

_FUNDS = f"""
create temp table told_fund on commit drop as
select row_number() over (order by f.fund collate "C")::integer as fund_no, f.fund, f.fund_type,
  f.fund_type = 'non-core' as is_direct
from core.fund f join core.slice_org_life life on life.slice_id = f.slice_id
where life.dataset = 'funds' and {_LIVE}"""

# Spellings lead to partners; every withheld one is partner -1, so that no name of theirs goes further.
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
  case when w.partner is null then dense_rank() over (order by s.partner collate "C")::integer else -1 end as partner_no
from spelled s left join withheld w on w.partner = s.partner"""

_RATES = f"""
create temp table told_rate on commit drop as
with needed as (
  select distinct e.currency, e.posting_date as date
  from core.expense e join told_sheet s on s.office = e.office and s.slice_id = e.slice_id and s.table_no = e.table_no
  where e.amount_usd is null and e.currency <> 'USD'
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


# The rows of the offices first, by the primary key. What the planner then guesses of the joins is far too small:
# nested loops are off for these statements.
_EXPENSE = """
  from (
    select * from core.expense where %(offices)s::text[] is null or office = any(%(offices)s::text[])
  ) e
  join told_sheet s on s.office = e.office and s.slice_id = e.slice_id and s.table_no = e.table_no
  left join told_rate r on r.currency = e.currency and r.date = e.posting_date and e.amount_usd is null
"""

# `partner_no` 0: none named; -1: withheld; -2: one whom no live partner's spellings name.
_EXPENSE_GROUPS = f"""
create temp table told_group on commit drop as
select 2 as measure, outcome_no, fiscal_year, sheet_no, output_no, fund_no, is_direct, partner_no,
  count(*)::integer as lines, sum(cents)::bigint as cents, max(abs(cents))::bigint as largest
from (
  select k.outcome_no, e.fiscal_year, s.sheet_no, k.output_no, f.fund_no, f.is_direct,
    case when not f.is_direct or e.partner is null then 0 else coalesce(p.partner_no, -2) end as partner_no,
    {_cents("e")} as cents
  {_EXPENSE}
  join told_output k on k.output = e.output and k.fiscal_year = e.fiscal_year
  join told_fund f on f.fund = e.fund
  left join told_partner p on p.spelling = e.partner
) as line
group by outcome_no, fiscal_year, sheet_no, output_no, fund_no, is_direct, partner_no"""

# Of a budget's key the revised row alone counts; its two amounts are cells of their own.
_BUDGET_LINES = """
create temp table told_budget on commit drop as
with governing as (
  select distinct on (b.office, b.output, b.fiscal_year, b.fund)
    b.*, s.sheet_no, s.columns, k.outcome_no, k.output_no
  from core.budget b
  join told_sheet s on s.office = b.office and s.slice_id = b.slice_id and s.table_no = b.table_no
  join told_output k on k.output = b.output and k.fiscal_year = b.fiscal_year
  order by b.office, b.output, b.fiscal_year, b.fund, b.version = 'revised' desc
)
select c.measure, g.outcome_no, g.fiscal_year, g.sheet_no, g.output_no, f.fund_no, f.is_direct,
  g.row_no, g.columns ->> c.field as column_letter, c.usd, (c.usd * 100)::bigint as cents
from governing g join told_fund f on f.fund = g.fund
cross join lateral (
  values (0, 'planned_usd', g.planned_usd), (1, 'available_usd', g.available_usd)
) as c (measure, field, usd)"""

_BUDGET_GROUPS = """
insert into told_group
select measure, outcome_no, fiscal_year, sheet_no, output_no, fund_no, is_direct, 0,
  count(*), sum(cents), max(abs(cents))
from told_budget group by measure, outcome_no, fiscal_year, sheet_no, output_no, fund_no, is_direct"""

_CONTRIBUTION_GROUPS = f"""
insert into told_group
select 3, outcome_no, fiscal_year, sheet_no, 0, fund_no, is_direct, partner_no,
  count(*), sum(cents), max(abs(cents))
from (
  select t.outcome_no, c.fiscal_year, s.sheet_no, f.fund_no, f.is_direct,
    case when p.is_withheld then -1 when f.is_direct then coalesce(p.partner_no, -2) else 0 end as partner_no,
    {_cents("c")} as cents
  from core.contribution c
  join told_sheet s on s.office = '' and s.slice_id = c.slice_id and s.table_no = c.table_no
  join told_outcome t on t.outcome = c.outcome and c.fiscal_year between t.first_year and t.last_year
  join told_fund f on f.fund = c.fund
  left join told_partner p on p.spelling = c.partner
  left join told_rate r on r.currency = c.currency and r.date = c.date and c.amount_usd is null
  where c.stage in ('revenue', 'refund')
) as line
group by outcome_no, fiscal_year, sheet_no, fund_no, is_direct, partner_no"""

# How large the n-th largest is at least: the n-th of the buckets' largest members.
_BUCKETS_OF_GROUPS = f"""
create temp table told_bucket on commit drop as
select measure, outcome_no, fiscal_year, f.fund_type,
  hashint4(output_no * 31 + g.fund_no * 1009 + partner_no) & {_BUCKETS} as bucket,
  max(abs(cents)) as largest_group, max(largest) as largest_line,
  count(*) as groups, sum(lines)::bigint as lines, sum(cents)::bigint as cents
from told_group g join told_fund f on f.fund_no = g.fund_no
group by 1, 2, 3, 4, 5"""

_FUND_TOTALS = f"""
create temp table told_fund_total on commit drop as
select measure, outcome_no, fiscal_year, fund_type, sum(groups)::integer as groups, sum(lines)::integer as lines,
  sum(cents)::bigint as cents,
  coalesce((array_agg(largest_group order by largest_group desc))[{GROUPS_SHOWN}], 0) as least_group
from told_bucket group by 1, 2, 3, 4"""

# The outputs again, each with the size that one of its cells must have to stand among the largest of its outcome.
_LINE_FLOORS = f"""
create temp table told_floor on commit drop as
select k.output, k.fiscal_year, k.outcome_no, floor.least_line
from told_output k
join (
  select outcome_no, fiscal_year,
    coalesce((array_agg(largest_line order by largest_line desc))[{LINES_SHOWN}], 0) as least_line
  from told_bucket where measure = 2 group by 1, 2
) as floor on floor.outcome_no = k.outcome_no and floor.fiscal_year = k.fiscal_year"""

_PARTNER_TOTALS = f"""
create temp table told_partner_total on commit drop as
with total as (
  select measure, outcome_no, fiscal_year, is_direct, partner_no,
    count(*)::integer as groups, sum(lines)::integer as lines, sum(cents)::bigint as cents
  from told_group where measure in (2, 3) group by 1, 2, 3, 4, 5
), ranked as (
  select total.*, rank() over (
    partition by measure, outcome_no, fiscal_year order by partner_no <= 0 desc, abs(cents) desc) as place
  from total
)
select *, row_number() over ()::integer as total_no from ranked where place <= {PARTNERS_SHOWN}"""

_FIELDS = """t.outcome, t.plan_period, g.fiscal_year, g.measure, f.fund_type, g.is_direct, g.partner_no,
  coalesce(n.partner, '') as partner, g.sheet_no, coalesce(k.output, '') as output, f.fund, g.lines, g.cents"""
_NAMES = """
join told_outcome t on t.outcome_no = g.outcome_no
join told_fund f on f.fund_no = g.fund_no
left join (select distinct output_no, output from told_output) k on k.output_no = g.output_no
left join (select distinct partner_no, partner from told_partner where not is_withheld) n
  on n.partner_no = g.partner_no"""
_ORDER = "abs(g.cents) desc, g.sheet_no, g.output_no, g.fund_no, g.partner_no"

LARGEST_OF_FUNDS = f"""
with large as (
  select g.*, total.groups, total.lines as all_lines, total.cents as all_cents, row_number() over (
    partition by g.measure, g.outcome_no, g.fiscal_year, total.fund_type order by {_ORDER}) as place
  from told_group g
  join told_fund f on f.fund_no = g.fund_no
  join told_fund_total total on total.measure = g.measure and total.outcome_no = g.outcome_no
    and total.fiscal_year = g.fiscal_year and total.fund_type = f.fund_type
  where g.measure <> 3 and abs(g.cents) >= total.least_group
)
select {_FIELDS}, g.groups, g.all_lines, g.all_cents
from large g {_NAMES}
where g.place <= {GROUPS_SHOWN} order by g.outcome_no, g.fiscal_year, g.measure, f.fund_type, g.place"""

LARGEST_OF_PARTNERS = f"""
with large as (
  select g.*, total.groups, total.lines as all_lines, total.cents as all_cents, row_number() over (
    partition by total.total_no order by {_ORDER}) as place
  from told_group g
  join told_partner_total total on total.measure = g.measure and total.outcome_no = g.outcome_no
    and total.fiscal_year = g.fiscal_year and total.is_direct = g.is_direct and total.partner_no = g.partner_no
)
select {_FIELDS}, g.groups, g.all_lines, g.all_cents
from large g {_NAMES}
where g.place <= case when g.partner_no > 0 then {GROUPS_OF_PARTNER} else {GROUPS_SHOWN} end
order by g.outcome_no, g.fiscal_year, g.measure, g.partner_no = -1, g.is_direct, g.partner_no, g.place"""

LARGEST_LINES = f"""
with line as (
  select k.outcome_no, e.fiscal_year, s.sheet_no, s.columns, e.row_no, e.amount, e.amount_usd,
    e.currency, r.rate_per_usd, r.effective_date, r.rate_source, {_cents("e")} as cents, k.least_line
  {_EXPENSE}
  join told_floor k on k.output = e.output and k.fiscal_year = e.fiscal_year
), cell as (
  select 2 as measure, outcome_no, fiscal_year, sheet_no, row_no,
    columns ->> case when amount_usd is null then 'amount' else 'amount_usd' end as column_letter,
    coalesce(amount_usd, amount) as amount, case when amount_usd is null then currency else 'USD' end as currency,
    case when amount_usd is null then rate_per_usd end as rate,
    case when amount_usd is null then effective_date end as rate_date,
    case when amount_usd is null then rate_source end as rate_source, cents
  from line where abs(cents) >= least_line
  union all
  select measure, outcome_no, fiscal_year, sheet_no, row_no, column_letter, usd, 'USD', null, null, null, cents
  from told_budget
), ranked as (
  select cell.*, row_number() over (
    partition by measure, outcome_no, fiscal_year
    order by abs(cents) desc, sheet_no, row_no, column_letter collate "C") as place
  from cell
)
select t.outcome, t.plan_period, c.fiscal_year, c.measure, c.sheet_no, c.row_no, c.column_letter,
  trim_scale(c.amount)::text as amount, c.currency, coalesce(trim_scale(c.rate)::text, '') as rate,
  coalesce(c.rate_date::text, '') as rate_date, coalesce(c.rate_source, '') as rate_source, c.cents
from ranked c join told_outcome t on t.outcome_no = c.outcome_no
where place <= {LINES_SHOWN} order by c.outcome_no, c.fiscal_year, c.measure, c.place"""

SHEETS = """
select distinct s.sheet_no, l.file_name, l.owner, l.source, l.dropped_at, f.sha256, s.sheet
from told_sheet s join intake.load l on l.load_id = s.load_id join intake.file f on f.file_id = l.file_id"""

# Weights of a year that was written; money of a year without weights takes the nearest earlier one.
SDG_WEIGHTS = """
select t.outcome, t.plan_period, w.output, w.fiscal_year, w.sdg, s.sheet_no, w.row_no,
  trim_scale(round(100 * coalesce(w.weight_percent, 1)
    / sum(coalesce(w.weight_percent, 1)) over (partition by w.office, w.output, w.fiscal_year), 4))::text as percent
from core.sdg_weight w
join told_sheet s on s.office = w.office and s.slice_id = w.slice_id and s.table_no = w.table_no
join core.slice slice on slice.office = w.office and slice.slice_id = w.slice_id and slice.held_count = 0
join told_output k on k.output = w.output and k.fiscal_year = w.fiscal_year
join told_outcome t on t.outcome_no = k.outcome_no"""

PLAN_WEIGHTS = """
select t.outcome, t.plan_period, l.fiscal_year, l.framework, l.element, s.sheet_no, l.row_no,
  trim_scale(round(100 * coalesce(l.weight_percent, 1) / sum(coalesce(l.weight_percent, 1))
    over (partition by l.office, l.outcome, l.fiscal_year, l.framework, e.kind), 4))::text as percent
from core.plan_link l
join told_sheet s on s.office = l.office and s.slice_id = l.slice_id and s.table_no = l.table_no
join told_outcome t on t.office = l.office and t.outcome = l.outcome
  and l.fiscal_year between t.first_year and t.last_year
join core.plan_element e on e.framework = l.framework and e.element = l.element"""

RESULTS = """
select t.outcome, t.plan_period, r.fiscal_year, coalesce(r.output, '') as output, r.indicator, s.sheet_no, r.row_no,
  s.columns
from core.result r
join told_sheet s on s.office = r.office and s.slice_id = r.slice_id and s.table_no = r.table_no
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

_TABLES = (
    "told_sheet", "told_outcome", "told_output", "told_fund", "told_partner", "told_rate", "told_group", "told_budget",
    "told_bucket", "told_fund_total", "told_floor", "told_partner_total",
)  # fmt: skip

# What stands in memory before anything is asked, in the order in which one needs the other. Merge joins are off, as
# they would sort all groups to find the few that are wanted; a small sample is enough to count tables of numbers.
PREPARATION = (
    "set local enable_mergejoin = off",
    "set local enable_nestloop = off",
    "set local default_statistics_target = 10",
    f"drop table if exists {', '.join(f'pg_temp.{name}' for name in _TABLES)}",
    _SHEETS,
    _OUTCOMES,
    _OUTPUTS,
    _FUNDS,
    _PARTNERS,
    "analyze told_sheet, told_outcome, told_output, told_fund, told_partner",
    _RATES,
    "analyze told_rate",
    _EXPENSE_GROUPS,
    _BUDGET_LINES,
    _BUDGET_GROUPS,
    _CONTRIBUTION_GROUPS,
    "analyze told_group",
    _BUCKETS_OF_GROUPS,
    _FUND_TOTALS,
    _LINE_FLOORS,
    _PARTNER_TOTALS,
    "analyze told_fund_total, told_floor, told_partner_total",
)
