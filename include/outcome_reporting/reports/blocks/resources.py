"""Block 2: planned, available, shortfall and expenses, by year and by kind of fund."""

from __future__ import annotations

from outcome_reporting.domain.outcome import FUND_TYPES

from ..context import MEASURES, Context, Money
from ..model import Block, Cell, Column, Figure, FundBars, RateLines, Row, Table, YearBars
from ..numbers import percent, rate_value, unit_of


def _cells(context: Context, year: int | None, what: str, money: Money) -> list[Cell]:
    planned, available, expense = money
    amounts = {"planned": planned, "available": available, "shortfall": planned - available, "expense": expense}
    return [
        *context.money_cells(context.ids.stem(year, what), amounts),
        context.rate_cell(year, what, "funding_rate", money),
        context.rate_cell(year, what, "delivery_rate", money),
    ]


def _columns(context: Context, first: str) -> list[Column]:
    names = ("planned", "available", "shortfall", "expense", "funding_rate", "delivery_rate")
    return [Column(context.texts(first)), *(Column(context.texts(f"resources.{n}"), is_number=True) for n in names)]


def by_fund(context: Context) -> list[tuple[str, Money]]:
    """(fund type, money) of the page's year, in the fixed order of fund types."""
    sums: dict[str, list[int]] = {}
    for row in context.facts.resources:
        if row.fiscal_year == context.year:
            money = sums.setdefault(row.fund_type, [0, 0, 0])
            money[0] += row.planned
            money[1] += row.available
            money[2] += row.expense
    known = [kind for kind in FUND_TYPES if kind in sums]
    return [(kind, (sums[kind][0], sums[kind][1], sums[kind][2])) for kind in known]


def _tables(context: Context, funds: list[tuple[str, Money]]) -> list[Table]:
    texts, year = context.texts, context.year
    years = [
        Row(
            str(y),
            _cells(context, y, "", context.totals(y)),
            style="now" if y == year else "",
            part=("year", str(y)),
            key=f"year-{y}",
        )
        for y in context.money_years
    ]
    period = Row(
        texts("resources.plan_period"),
        _cells(context, None, "", context.period_totals),
        "",
        "",
        "total",
        ("period",),
        "period",
    )
    tables = [
        Table(
            "years",
            texts("resources.by_year"),
            "USD",
            _columns(context, "resources.year"),
            years,
            [period],
            note=texts("resources.note"),
        )
    ]
    if funds:
        rows = [
            Row(texts(f"fund.{kind}"), _cells(context, year, kind, money), part=("fund", kind), key=kind)
            for kind, money in funds
        ]
        total = Row(str(year), _cells(context, year, "", context.totals(year)), style="total")
        caption = texts("resources.by_fund", year=year)
        tables.append(Table("funds", caption, "USD", _columns(context, "resources.fund"), rows, [total]))
    return tables


def _spending(context: Context) -> str:
    """How spending moved since the first year that has any; empty when there is nothing to compare."""
    spent = [(y, context.totals(y)[2]) for y in context.money_years if y <= context.year]
    first = next(((y, cents) for y, cents in spent if cents > 0), None)
    now = context.totals(context.year)[2]
    if first is None or first[0] == context.year or now <= 0:
        return ""
    year, before = first
    if now > 2 * before:
        return context.texts("resources.more_than_doubled", first=year)
    if 10 * now >= 18 * before:
        return context.texts("resources.nearly_doubled", first=year)
    change = percent(rate_value(abs(now - before), before))
    if 10 * now > 11 * before:
        return context.texts("resources.grew", percent=change, first=year)
    if 10 * now < 9 * before:
        return context.texts("resources.fell", percent=change, first=year)
    return context.texts("resources.steady", first=year)


def _funding(context: Context) -> str:
    planned, available, _ = context.totals(context.year)
    if planned <= 0:
        return ""
    if available > planned:
        return context.texts("resources.over_funded", year=context.year)
    if available == planned:
        return context.texts("resources.funded", year=context.year)
    share = percent(rate_value(planned - available, planned))
    return context.texts("resources.not_funded", percent=share, year=context.year)


def _neutral(context: Context) -> str:
    first, last = context.money_years[0], context.money_years[-1]
    key = "resources.neutral_one" if first == last else "resources.neutral"
    return context.texts(key, first=first, last=last)


def finding(context: Context) -> str:
    said = [part for part in (_spending(context), _funding(context)) if part]
    sentence = "; ".join(said) or _neutral(context)
    return sentence[0].upper() + sentence[1:]


def _series(context: Context, cells: list[tuple[int | None, str, Money]]) -> list[list[Figure]]:
    return [
        [context.money(context.ids(year, what, measure), money[place]) for year, what, money in cells]
        for place, measure in enumerate(MEASURES)
    ]


def _charts(context: Context, funds: list[tuple[str, Money]]) -> list:
    texts, year, years = context.texts, context.year, context.money_years
    unit = unit_of(max(abs(cents) for y in years for cents in context.totals(y)))
    totals = context.totals(year)
    words = texts(
        "lede.money",
        year=year,
        **dict(zip(("planned", "available", "spent"), (context.short(cents, unit) for cents in totals), strict=True)),
    )
    subtitle = texts("resources.bars_sub", unit=context.unit_words(unit))
    series = _series(context, [(y, "", context.totals(y)) for y in years])
    charts: list = [YearBars(_neutral(context), subtitle, words, years, series[0], series[1], series[2], year)]
    if funds:
        unit = unit_of(max(abs(cents) for _, money in funds for cents in money))
        series = _series(context, [(year, kind, money) for kind, money in funds])
        names = [texts(f"fund.{kind}") for kind, _ in funds]
        said = "; ".join(
            f"{name}: {context.short(money[2], unit)}{texts('resources.of')}{context.short(money[0], unit)}"
            for name, (_, money) in zip(names, funds, strict=True)
        )
        title = texts("resources.by_fund", year=year)
        subtitle = texts("resources.fund_sub", unit=context.unit_words(unit))
        charts.append(FundBars(title, subtitle, said + ".", names, *series))
    funding = [context.rate(y, "", "funding_rate", context.totals(y)) for y in years]
    delivery = [context.rate(y, "", "delivery_rate", context.totals(y)) for y in years]
    if len(years) > 1 and any(funding + delivery):
        said = "; ".join(
            f"{y}: {texts('resources.funding')} {f.text if f else texts('none.not_computable')}, "
            f"{texts('resources.delivery')} {d.text if d else texts('none.not_computable')}"
            for y, f, d in zip(years, funding, delivery, strict=True)
        )
        charts.append(RateLines(texts("resources.rates"), texts("resources.rates_sub"), said, years, funding, delivery))
    return charts


def build(context: Context) -> Block:
    title = context.texts("resources.title")
    block = Block("resources", title, title)
    if not context.facts.resources:
        block.empty_reason = context.texts("resources.empty")
        return block
    funds = by_fund(context)
    block.view = "chart"
    block.finding = finding(context)
    block.tables = _tables(context, funds)
    block.charts = _charts(context, funds)
    return block
