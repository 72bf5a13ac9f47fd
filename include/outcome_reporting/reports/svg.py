"""The charts as fluid SVG: x in per cent, y and text in px, no viewBox, so that phone, desktop and print share one."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from .colours import goal_colours
from .html_parts import data, escape, linked
from .model import (
    Figure,
    FundBars,
    GoalBar,
    GoalBars,
    IndicatorChart,
    PartnerBar,
    PartnerBars,
    RateLines,
    YearBars,
)
from .numbers import short_usd, unit_of
from .texts import Texts


def _svg(key: str, height: float, title: str, description: str, inside: list[str]) -> str:
    return (
        f'<svg width="100%" height="{height:.0f}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(description)}</desc>'
        f"{''.join(inside)}</svg>"
    )


@lru_cache(maxsize=1024)  # lines of text and bars stand at the same few heights; to write one takes as long as a bar
def _px(y: float) -> str:
    return f"{y:.1f}"


def _rect(kind: str, x: float, width: float, y: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.2f}%" width="{width:.2f}%" y="{_px(y)}" height="{_px(height)}"/>'


def _text(words: str, x: str, y: float, kind: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{_px(y)}"{more}>{words}</text>'


def _unit(figures: list[Figure]) -> str:
    return unit_of(max([abs(figure.cents or 0) for figure in figures], default=0))


def _figure(figure: Figure, unit: str) -> str:
    """An amount in the chart's unit that leads to its explanation."""
    return linked(figure, short_usd(figure.cents or 0, unit))


def year_bars(chart: YearBars, texts: Texts) -> str:
    """Outlines of the plan behind pale available and dark spent bars, a group for each year."""
    base, top = 228.0, 30.0
    everything = chart.planned + chart.available + chart.expense
    unit = _unit(everything)
    largest = max([figure.cents or 0 for figure in everything] + [1])
    lowest = min([figure.cents or 0 for figure in everything] + [0])
    scale = (base - top) / (largest - lowest)
    zero = base + lowest * scale
    step = 84 / len(chart.years)
    width = min(12.0, step * 0.72)
    parts = [f'<line class="axis" x1="0" x2="84%" y1="{zero:.1f}" y2="{zero:.1f}"/>']
    for place, year in enumerate(chart.years):
        middle = step * (place + 0.5)
        left = middle - width / 2
        planned, available, expense = chart.planned[place], chart.available[place], chart.expense[place]
        heights = [(figure.cents or 0) * scale for figure in (planned, available, expense)]
        bars = (
            ("av", left, width, heights[1]),
            ("pl", left, width, heights[0]),
            ("sp" if heights[2] >= 0 else "ne", left + width / 4, width / 2, heights[2]),
        )
        parts += [_rect(kind, x, w, zero - max(h, 0), abs(h)) for kind, x, w, h in bars if h]
        tallest = max(heights[0], heights[1], 0)
        weight = " b" if year == chart.now else ""
        x = f"{middle:.2f}%"
        if heights[2] > tallest:  # above the outline its words would stand on the dark bar
            words = data(planned) + ' dx="-6"'
            parts.append(_text(_figure(planned, unit), f"{left:.2f}%", zero - max(heights[0], 0) + 4, "m s e", words))
        else:
            parts.append(_text(_figure(planned, unit), x, zero - tallest - 7, "m s c", data(planned)))
        parts.append(_text(str(year), x, base + 20, f"c{weight}"))
        colour = "red" if (expense.cents or 0) < 0 else "blue"
        parts.append(_text(_figure(expense, unit), x, base + 39, f"{colour} c{weight}", data(expense)))
    parts.append(
        _text(
            escape(texts("resources.planned")),
            "84%",
            zero - max((chart.planned[-1].cents or 0) * scale, 0) + 4,
            "m s",
            ' dx="6"',
        )
    )
    parts.append(_text(escape(texts("resources.spent")), "84%", base + 39, "blue b s", ' dx="6"'))
    return _svg("g-years", 272, chart.title, chart.description, parts)


def fund_bars(chart: FundBars, texts: Texts) -> str:
    unit = _unit(chart.planned + chart.available + chart.expense)
    largest = max([figure.cents or 0 for figure in chart.planned + chart.available + chart.expense] + [1])
    parts = []
    for place, name in enumerate(chart.names):
        y = place * 52
        planned, available, expense = chart.planned[place], chart.available[place], chart.expense[place]
        parts.append(_text(escape(name), "0", y + 13, ""))
        words = (
            f'<tspan class="b"{data(expense)}>{_figure(expense, unit)}</tspan>'
            f'<tspan class="m">{escape(texts("resources.of"))}</tspan>'
            f'<tspan class="m"{data(planned)}>{_figure(planned, unit)}</tspan>'
        )
        parts.append(_text(words, "100%", y + 13, "e"))
        for figure, kind, top, height in ((available, "av", 21, 16), (planned, "pl", 21, 16), (expense, "sp", 26, 6)):
            width = 99.5 * max(figure.cents or 0, 0) / largest
            if width:
                parts.append(_rect(kind, 0, width, y + top, height))
    return _svg("g-funds", 52 * len(chart.names) - 8, chart.title, chart.description, parts)


def _step(span: float) -> int:
    """The distance between gridlines, a round number of at least 10: never more than about eight of them."""
    step = 10
    for factor in (25, 50, 100):
        if span > 6 * step:
            step = factor
    while span > 6 * step:
        step *= 10
    return step


def rate_lines(chart: RateLines, texts: Texts) -> str:
    """Two lines in per cent; only rates may start above zero, and then gridlines say where they are."""
    values = [float(figure.value) for figure in chart.funding + chart.delivery if figure]
    step = _step(max(values) - min(values))
    low = step * int(min(values) // step)
    high = max(step * -int(-max(values) // step), low + step)
    base, top = 150.0, 14.0

    def y_of(value: float) -> float:
        return base - (value - low) / (high - low) * (base - top)

    places = [14 + 64 * (i / max(len(chart.years) - 1, 1)) for i in range(len(chart.years))]
    parts = []
    for mark in range(low, high + 1, step):
        y = y_of(mark)
        parts.append(f'<line class="grid" x1="38" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(f"{mark}\u00a0%", "0", y + 4, "m s"))
    ends = []
    for figures, line, dot in ((chart.funding, "l2", "d2"), (chart.delivery, "l1", "d1")):
        parts += _line([float(f.value) if f else None for f in figures], places, y_of, line)
        for x, figure in zip(places, figures, strict=True):
            if figure:
                y = y_of(float(figure.value))
                parts.append(f'<circle class="{dot}" cx="{x:.2f}%" cy="{y:.1f}" r="3.5"/>')
        last = [i for i, figure in enumerate(figures) if figure]
        ends.append((last[-1], y_of(float(figures[last[-1]].value))) if last else None)  # type: ignore[union-attr]
    names = ((ends[0], "resources.funding", ""), (ends[1], "resources.delivery", "b"))
    apart = _apart([end[1] if end else None for end, _, _ in names])
    for (end, key, weight), level in zip(names, apart, strict=True):
        if end and level is not None:
            parts.append(_text(escape(texts(key)), f"{places[end[0]]:.2f}%", level + 4, f"s {weight}", ' dx="9"'))
    parts += [_text(str(year), f"{x:.2f}%", 174, "m s c") for year, x in zip(chart.years, places, strict=True)]
    return _svg("g-rates", 180, chart.title, chart.description, parts)


def _apart(ys: list[float | None]) -> list[float | None]:
    """Two labels at least 14 px apart."""
    first, second = ys
    if first is None or second is None or abs(first - second) >= 14:
        return ys
    middle, sign = (first + second) / 2, 1 if first > second else -1
    return [middle + 7 * sign, middle - 7 * sign]


def _line(values: list[float | None], places: list[float], y_of, kind: str) -> list[str]:
    parts = []
    for i in range(len(values) - 1):
        a, b = values[i], values[i + 1]
        if a is not None and b is not None:
            parts.append(
                f'<line class="{kind}" x1="{places[i]:.2f}%" y1="{y_of(a):.1f}" x2="{places[i + 1]:.2f}%" '
                f'y2="{y_of(b):.1f}"/>'
            )
    return parts


def _year_labels(years: list[int], now: int) -> list[str]:
    return [str(y) if i == 0 or y == now else f"’{y % 100:02}" for i, y in enumerate(years)]


def indicator(chart: IndicatorChart, place: int, texts: Texts) -> str:
    """One indicator on its own scale from zero; words stand in a row of their own where there are no numbers."""
    head = f'<h4><span class="above">{escape(chart.code)}</span>{escape(chart.title)}</h4>'
    bold = f"<b>{escape(chart.progress_bold)}</b> " if chart.progress_bold else ""
    tail = f'<p class="progress">{bold}{escape(chart.progress)}</p>'
    numbers = [value for value in chart.results if value is not None]
    drawing = _indicator_drawing(chart, place, texts) if numbers else _indicator_words(chart)
    return f"<div>{head}{drawing}{tail}</div>"


def _indicator_words(chart: IndicatorChart) -> str:
    labels = _year_labels(chart.years, chart.now)
    pairs = []
    for year, label, words in zip(chart.years, labels, chart.texts, strict=True):
        now = ' class="now"' if year == chart.now else ""
        pairs.append(f"<dt{now}>{label}</dt><dd{now}>{escape(words)}</dd>")
    return f'<dl class="words">{"".join(pairs)}</dl>'


def _indicator_drawing(chart: IndicatorChart, place: int, texts: Texts) -> str:
    base, top = 104.0, 24.0
    known = [value for value in (*chart.results, *chart.milestones, chart.target) if value is not None]
    high = max(*known, Decimal(0), key=lambda v: v)
    low = min(*known, Decimal(0), key=lambda v: v)
    span = float(high - low) or 1.0

    def y_of(value: float) -> float:
        return base - (value - float(low)) / span * (base - top)

    places = [8 + 76 * (i / max(len(chart.years) - 1, 1)) for i in range(len(chart.years))]
    zero = y_of(0)
    parts = [f'<line class="axis" x1="0" x2="94%" y1="{zero:.1f}" y2="{zero:.1f}"/>']
    if chart.target is not None:
        y = y_of(float(chart.target))
        parts.append(f'<line class="tg" x1="0" x2="94%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(escape(texts("results.target_is", target=chart.target_text)), "0", y - 6, "m s"))
    values: list[float | None] = [float(v) if v is not None else None for v in chart.results]
    half = min(5.5, 30 / len(places))
    for x, milestone in zip(places, chart.milestones, strict=True):
        if milestone is not None:
            y = y_of(float(milestone))
            parts.append(f'<line class="ms" x1="{x - half:.2f}%" x2="{x + half:.2f}%" y1="{y:.1f}" y2="{y:.1f}"/>')
    parts += _line(values, places, y_of, "l1")
    last = max(i for i, value in enumerate(values) if value is not None)
    for i, result in enumerate(values):
        if result is not None:
            radius = 4.5 if i == last else 3.5
            parts.append(f'<circle class="d1" cx="{places[i]:.2f}%" cy="{y_of(result):.1f}" r="{radius}"/>')
        elif chart.years[i] <= chart.now:
            parts.append(_text(escape(texts("none.no_data")), f"{places[i]:.2f}%", base - 6, "m s c"))
    y = y_of(values[last] or 0.0)
    beside = y - 9 if chart.target is None or values[last] >= float(chart.target) else y + 18  # type: ignore[operator]
    beside = min(beside, base - 6)
    parts.append(_text(escape(chart.texts[last]), f"{places[last]:.2f}%", beside, "b halo c"))
    for x, year, label in zip(places, chart.years, _year_labels(chart.years, chart.now), strict=True):
        parts.append(_text(label, f"{x:.2f}%", 121, "b s c" if year == chart.now else "m s c"))
    return _svg(f"g-i{place}", 126, chart.title, chart.description, parts)


def goal_bars(chart: GoalBars) -> str:
    """A bar for each goal, its targets as segments; the outline is the plan; not linked is hatched and last."""
    unit = _unit([bar.expense for bar in chart.goals] + [bar.planned for bar in chart.goals])
    largest = max([max(bar.expense.cents or 0, bar.planned.cents or 0) for bar in chart.goals] + [1])
    parts: list[str] = []
    y = 0.0
    for bar in chart.goals:
        y += 12 if bar.goal == "X00" and len(chart.goals) > 1 else 0
        parts += _goal_bar(bar, y, unit, 99.6 / largest)
        y += 66
    return _svg("g-goals", y - 4, chart.title, chart.description, parts)


def _goal_bar(bar: GoalBar, y: float, unit: str, scale: float) -> list[str]:
    expense, planned = bar.expense.cents or 0, bar.planned.cents or 0
    colour = "red" if expense < 0 else ""
    share = f'<tspan class="m" dx="7">{bar.share}</tspan>' if bar.share else ""
    amount = f'<tspan class="b {colour}"{data(bar.expense)}>{_figure(bar.expense, unit)}</tspan>{share}'
    parts = [_text(escape(bar.title), "52", y + 15, "b"), _text(amount, "100%", y + 15, "e")]
    if planned > 0:
        parts.append(_rect("pl", 0, planned * scale, y + 28, 22))
    if bar.goal == "X00":
        parts.insert(0, f'<rect class="hx" width="40" height="21" y="{y:.1f}" rx="3"/>')
        if expense > 0:
            parts.append(_rect("hx", 0, expense * scale, y + 28, 22))
        return parts
    fill, ink = goal_colours(bar.goal)
    parts.insert(0, f'<rect class="goal" width="40" height="21" y="{y:.1f}" rx="3" fill="{fill}"/>')
    parts.insert(1, _text(escape(bar.goal), "20", y + 15, "b c", f' style="fill:{ink}"'))
    x = 0.0
    for code, cents in bar.segments:
        width = cents * scale
        parts.append(
            f'<rect class="goal gap" x="{x:.2f}%" width="{width:.2f}%" y="{y + 28:.1f}" height="22" fill="{fill}"/>'
        )
        if width >= 5.5:
            narrow = " wide-only" if width < 11 else ""
            parts.append(_text(escape(code), f"{x:.2f}%", y + 43.5, f"b s{narrow}", f' dx="7" style="fill:{ink}"'))
        x += width
    return parts


def partner_bars(chart: PartnerBars) -> str:
    """Bars from a zero line; money given back runs to the left. Remainder lines are hatched and last."""
    unit = _unit([bar.expense for bar in chart.bars])
    amounts = [bar.expense.cents or 0 for bar in chart.bars]
    high, low = max([*amounts, 0]), min([*amounts, 0])
    span = (high - low) or 1
    zero = 99.0 * -low / span if low else 0.0
    zero = max(zero, 9.0) if low else 0.0
    scale = (99.0 - zero) / (high or 1)
    if low:
        scale = min(scale, zero / -low)
    parts = [f'<line class="axis" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="0" y2="{44 * len(chart.bars) - 6}"/>']
    for place, bar in enumerate(chart.bars):
        parts += _partner_bar(bar, place * 44, zero, scale, unit)
    return _svg("g-partners", 44 * len(chart.bars), chart.title, chart.description, parts)


def _partner_bar(bar: PartnerBar, y: float, zero: float, scale: float, unit: str) -> list[str]:
    cents = bar.expense.cents or 0
    remark = f'<tspan class="m">{escape(bar.remark)}</tspan>' if bar.remark else ""
    colour = " red" if cents < 0 else ""
    width = abs(cents) * scale
    kind = "ne" if cents < 0 else _KINDS[bar.style]
    return [
        _text(escape(bar.name) + remark, f"{zero:.2f}%", y + 13, "", ' dx="8"' if zero else ""),
        _text(_figure(bar.expense, unit), "100%", y + 13, f"b e{colour}", data(bar.expense)),
        _rect(kind, zero - (width if cents < 0 else 0), width, y + 20, 14),
    ]


_KINDS = {"pool": "po", "hatch": "hx", "named": "sp"}  # by the style of a partner's bar
