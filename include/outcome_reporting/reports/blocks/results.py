"""Block 3: indicators of the outcome and of its outputs; numbers are drawn, words stand as written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from outcome_reporting.domain.codes import natural_key
from outcome_reporting.domain.figures import FigureIds, what_text
from outcome_reporting.domain.money import plain_decimal
from outcome_reporting.domain.outcome import ResultRow

from ..context import Context
from ..model import Block, Cell, Column, IndicatorChart, Row, Table
from ..numbers import measured, number, percent, rate_value

_NO_VALUE = ("", "--", "-", "–", "na", "n/a", "n.a.")


@dataclass(slots=True)
class Indicator:
    """One indicator of the outcome or an output, with its row of each year; `now` is that of the page's year."""

    rows: dict[int, ResultRow]
    now: ResultRow | None
    latest: ResultRow

    @property
    def is_percentage(self) -> bool:
        return self.latest.measure in ("percentage", "2")


def indicators(context: Context) -> list[Indicator]:
    """Outcome indicators first, then by output and code, in natural order; rows up to the page's year and after."""
    found: dict[tuple[str, str], dict[int, ResultRow]] = {}
    for row in context.facts.results:
        found.setdefault((row.output, row.indicator), {})[row.fiscal_year] = row
    keys = sorted(found, key=lambda key: (natural_key(key[0]), natural_key(key[1])))
    listed = []
    for key in keys:
        rows = found[key]
        known = [year for year in rows if year <= context.year] or sorted(rows)[:1]
        listed.append(Indicator(rows, rows.get(context.year), rows[max(known)]))
    return listed


def _value(row: ResultRow, measure: str) -> Decimal | None:
    if measure == "result" and row.result_value is not None:
        return row.result_value
    return number(getattr(row, measure))


def is_met(row: ResultRow | None) -> bool | None:
    """Whether the year's result reaches its target; None where either is missing."""
    if row is None or row.result.strip().lower() in _NO_VALUE or row.target.strip().lower() in _NO_VALUE:
        return None
    result, target = _value(row, "result"), _value(row, "target")
    if result is None or target is None:
        return row.result.strip().casefold() == row.target.strip().casefold()
    baseline = _value(row, "baseline")
    falls = baseline is not None and target < baseline
    return result <= target if falls else result >= target


def targets_met(context: Context) -> tuple[int, int]:
    """(met, all) targets that the page's year can judge."""
    judged = [is_met(indicator.now) for indicator in indicators(context)]
    known = [met for met in judged if met is not None]
    return sum(known), len(known)


def _shown(indicator: Indicator, text: str, value: Decimal | None) -> str:
    return measured(value, indicator.is_percentage) if value is not None else text.strip()


def _cell(context: Context, indicator: Indicator, row: ResultRow | None, measure: str) -> Cell:
    text = getattr(row, measure).strip() if row else ""
    if row is None or not text:
        return context.missing("none.no_data")
    value = _value(row, measure)
    if value is None:
        return Cell(text)
    ids = FigureIds(row.output or context.facts.outcome, context.facts.plan_period)
    figure_id = ids(row.fiscal_year, what_text("result", row.indicator), measure)
    shown = _shown(indicator, text, value)
    return Cell(figure=context.measured_figure(figure_id, plain_decimal(value), row.measure, shown))


def row_key(row: ResultRow) -> str:
    """A name of the indicator that no other of the outcome has."""
    return what_text("result", row.indicator) if not row.output else what_text("result", row.output, row.indicator)


def _table(context: Context, listed: list[Indicator], years: list[int]) -> Table:
    texts = context.texts
    rows = []
    for indicator in listed:
        latest = indicator.latest
        cells = [_cell(context, indicator, latest, "baseline")]
        cells += [_cell(context, indicator, indicator.rows.get(year), "result") for year in years]
        cells += [_cell(context, indicator, indicator.now, "milestone"), _cell(context, indicator, latest, "target")]
        rows.append(Row(latest.title, cells, code=latest.indicator, key=row_key(latest)))
    titles = [texts("results.baseline"), *map(str, years), texts("results.milestone_year", year=context.year)]
    columns = [Column(title, is_number=True) for title in [*titles, texts("results.target")]]
    first = Column(texts("results.indicator"))
    return Table("results", texts("results.caption"), "", [first, *columns], rows, note=texts("results.note"))


def _progress(context: Context, indicator: Indicator) -> tuple[str, str]:
    """(bold beginning, rest) of the line below a chart."""
    texts, row = context.texts, indicator.now
    if row is None or row.result.strip().lower() in _NO_VALUE:
        return "", texts("results.no_result", year=context.year)
    result, target, baseline = (_value(row, m) for m in ("result", "target", "baseline"))
    met = is_met(row)
    if result is None:
        bold = texts("results.met_word") if met else ""
        return bold, texts("results.words", result=row.result.strip())
    bold = texts("results.met") if met else ""
    if target is None:
        return bold, texts("results.because_no_target")
    if baseline is None or baseline == target:
        reason = "results.because_no_baseline" if baseline is None else "results.because_same"
        return bold, texts(reason)
    top, bottom = ((result - baseline) / (target - baseline)).as_integer_ratio()
    share = percent(rate_value(top, bottom).rsplit(".", 1)[0])
    way = {"baseline": _shown(indicator, "", baseline), "target": _shown(indicator, "", target)}
    if met:
        return bold, texts("results.way", percent=share, **way)
    return share, texts("results.way", percent="", **way).strip()


def _chart(context: Context, indicator: Indicator, years: list[int]) -> IndicatorChart:
    texts, latest = context.texts, indicator.latest
    rows = [indicator.rows.get(year) for year in years]
    results = [_value(row, "result") if row else None for row in rows]
    milestones = [_value(row, "milestone") if row else None for row in rows]
    target = _value(latest, "target")
    no_data = texts("none.no_data")
    words = [row.result.strip() if row and row.result.strip() else no_data for row in rows]
    shown = [_shown(indicator, word, value) for word, value in zip(words, results, strict=True)]
    target_text = _shown(indicator, latest.target, target) or no_data
    bold, progress = _progress(context, indicator)
    said = texts(
        "results.desc",
        baseline=_shown(indicator, latest.baseline, _value(latest, "baseline")) or no_data,
        results=", ".join(f"{year}: {word}" for year, word in zip(years, shown, strict=True)),
        target=target_text,
    )
    return IndicatorChart(
        latest.indicator,
        latest.title,
        said,
        years,
        results,
        milestones,
        target,
        target_text,
        shown,
        bold,
        progress,
        context.year,
    )


def _finding(context: Context) -> str:
    met, known = targets_met(context)
    if known == 1:
        return context.texts("results.finding_one", met=context.texts("met" if met else "not met"))
    if known:
        counted = {"met": context.texts.count(met), "all": context.texts.count(known, is_first=False)}
        return context.texts("results.finding", **counted)
    return context.texts("results.neutral", year=context.year)


def build(context: Context) -> Block:
    title = context.texts("results.title")
    block = Block("results", title, title)
    listed = indicators(context)
    if not listed:
        block.empty_reason = context.texts("results.empty")
        return block
    years = sorted({row.fiscal_year for row in context.facts.results} | set(context.facts.years))
    block.view = "chart"
    block.finding = _finding(context)
    block.charts = [_chart(context, indicator, years) for indicator in listed]
    block.tables = [_table(context, listed, years)]
    return block
