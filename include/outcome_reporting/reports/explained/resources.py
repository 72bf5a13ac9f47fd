"""Resources: a year's totals by kind of fund, kinds of fund by groups of cells, a plan period by its years."""

from __future__ import annotations

from outcome_reporting.domain.money import format_usd
from outcome_reporting.domain.outcome import FUND_TYPES, Explanation

from ..context import MEASURES
from ..html_panels import lines_table
from ..html_parts import amount, escape
from ..html_sources import explained_table, scroll
from ..model import Block, Figure, Row
from .page import GROUPS_SHOWN, NOTHING, RATES, ExplainedPage, heading_link, measure_of

_LINES_SHOWN = 6  # largest cells of a total; a query has all of them


def build(page: ExplainedPage, block: Block) -> list[str]:
    head = page.rows.head("panel.source", "panel.lines", "panel.weight", "panel.share")
    bodies: list[str] = []
    for table in block.tables:
        for row in table.rows + table.totals:
            bodies += _figures(page, row)
    pieces = explained_table(block.title, head, bodies)
    for measure in MEASURES:
        total = page.sources.totals.get(measure)
        if total and total.lines:
            caption = page.texts("sources.largest", measure=page.texts(f"sources.measure.{measure}"))
            lines = lines_table(total.lines[:_LINES_SHOWN], page.texts, page.rows, caption)
            pieces.append(scroll(caption, lines))
    return pieces


def _figures(page: ExplainedPage, row: Row) -> list[str]:
    if not row.part or (row.part[0] == "year" and row.part[1] != str(page.page.year)):
        return []  # a total that stands elsewhere too; another year's page
    heading, bodies = heading_link(row), []
    for figure in row.figures():
        measure = measure_of(figure.id)
        bodies += page.figure(figure, measure, heading, _parts(page, row, figure, measure))
    return bodies


def _parts(page: ExplainedPage, row: Row, figure: Figure, measure: str) -> list[str]:
    if row.part == ("period",):
        return [_year_row(page, year, measure) for year in page.page.years]
    if measure in RATES:
        return [_reference(page, figure, name, None) for name in RATES[measure]]
    if measure == "shortfall":
        planned, available = (_cells(page, row, name) for name in ("planned", "available"))
        if not (planned.cell_count or available.cell_count):
            return []
        plus = _reference(page, figure, "planned", planned.share, "sources.plus")
        return [plus, _reference(page, figure, "available", -available.share, "sources.less")]
    if row.part[0] == "year":
        return _kinds(page, figure, measure) or page.rows.groups(_cells(page, row, measure))
    return page.rows.groups(_cells(page, row, measure), GROUPS_SHOWN)


def _cells(page: ExplainedPage, row: Row, measure: str) -> Explanation:
    if row.part[0] == "fund":
        return page.sources.funds.get((measure, row.part[1]), NOTHING)
    return page.sources.totals.get(measure, NOTHING)


def _kinds(page: ExplainedPage, figure: Figure, measure: str) -> list[str]:
    """A year's total as its kinds of fund, each with sources of its own; nothing where they are not all of it."""
    own = {kind: page.sources.funds.get((measure, kind), NOTHING).share for kind in FUND_TYPES}
    if len(page.sources.funds) == 0 or sum(own.values()) != figure.cents:
        return []
    return [
        f'<tr><th scope="row" colspan="3"><a href="#{kind}:{measure}">{page.words(f"fund.{kind}")}</a></th>'
        f"{amount(cents)}</tr>"
        for kind, cents in own.items()
        if cents
    ]


def _year_row(page: ExplainedPage, year: int, measure: str) -> str:
    """One year of a total of the plan period; a rate's years are not added."""
    money = page.money_of(year)
    if measure in RATES:
        part, whole = (money[name] for name in RATES[measure])
        share = f'<td colspan="2">{format_usd(part)} ÷ {format_usd(whole)}</td><td class="none">–</td>'
        if not whole:
            return f'<tr><th scope="row">{year}</th>{share}</tr>'
    else:
        share = f'<td colspan="2"></td>{amount(money[measure])}'
    return f'<tr><th scope="row">{page.year_link(year, measure)}</th>{share}</tr>'


def _reference(page: ExplainedPage, figure: Figure, measure: str, cents: int | None, words: str = "") -> str:
    """A row that leads to the sources of another figure of the same part."""
    other = page.anchors.anchor(figure.id.rpartition(":")[0] + f":{measure}")
    text = page.words(words or f"sources.row_{measure}")
    share = '<td class="none">–</td>' if cents is None else amount(cents)
    return f'<tr><th scope="row" colspan="3"><a href="#{escape(other)}">{text}</a></th>{share}</tr>'
