"""Resources: a year's totals by kind of fund, kinds of fund by groups of cells, a plan period by its years."""

from __future__ import annotations

from outcome_reporting.domain.figures import FigureIds
from outcome_reporting.domain.money import format_usd
from outcome_reporting.domain.outcome import FUND_TYPES, Explanation

from ..context import MEASURES
from ..html_panels import lines_table
from ..html_parts import amount, escape
from ..html_sources import explained_table, scroll
from ..model import Block, Figure, Row
from .page import GROUPS_SHOWN, NOTHING, RATES, ExplainedPage, measure_of

_LINES_SHOWN = 6  # largest cells of a total; a query has all of them


def build(page: ExplainedPage, block: Block) -> list[str]:
    head = page.rows.head("panel.source", "panel.lines", "panel.weight", "panel.share")
    bodies = [_figures(page, row) for table in block.tables for row in table.rows + table.totals]
    pieces = explained_table(block.title, head, bodies)
    for measure in MEASURES:
        total = page.sources.totals.get(measure)
        if total and total.lines:
            caption = page.texts("sources.largest", measure=page.texts(f"sources.measure.{measure}"))
            lines = lines_table(total.lines[:_LINES_SHOWN], page.texts, page.rows, caption)
            pieces.append(scroll(caption, lines))
    return pieces


def _figures(page: ExplainedPage, row: Row) -> str:
    if not row.part or (row.part[0] == "year" and row.part[1] != str(page.page.year)):
        return ""  # a total that stands elsewhere too; another year's page
    return "".join([page.figure(figure, row, _parts(page, row, figure)) for figure in row.figures()])


def _parts(page: ExplainedPage, row: Row, figure: Figure) -> str:
    measure = measure_of(figure)
    if row.part == ("period",):
        return "".join(_year_row(page, year, measure) for year in page.page.years)
    if measure in RATES:
        return "".join(_reference(page, figure, name, None) for name in RATES[measure])
    if measure == "shortfall":
        planned, available = (_cells(page, row, name) for name in ("planned", "available"))
        if not (planned.cell_count or available.cell_count):
            return ""
        plus = _reference(page, figure, "planned", planned.share, "sources.plus")
        return plus + _reference(page, figure, "available", -available.share, "sources.less")
    if row.part[0] == "year":
        return _kinds(page, figure, measure) or page.rows.groups(_cells(page, row, measure))
    return page.rows.groups(_cells(page, row, measure), GROUPS_SHOWN)


def _cells(page: ExplainedPage, row: Row, measure: str) -> Explanation:
    if row.part[0] == "fund":
        return page.sources.funds.get((measure, row.part[1]), NOTHING)
    return page.sources.totals.get(measure, NOTHING)


def _kinds(page: ExplainedPage, figure: Figure, measure: str) -> str:
    """A year's total as its kinds of fund, each with sources of its own; nothing where they are not all of it."""
    own = {kind: page.sources.funds.get((measure, kind), NOTHING).share for kind in FUND_TYPES}
    if len(page.sources.funds) == 0 or sum(own.values()) != figure.cents:
        return ""
    rows = [
        f'<tr><th scope="row" colspan="3"><a href="#{kind}:{measure}">{page.words(f"fund.{kind}")}</a></th>'
        f"{amount(cents)}</tr>"
        for kind, cents in own.items()
        if cents
    ]
    return "".join(rows)


def _year_row(page: ExplainedPage, year: int, measure: str) -> str:
    """One year of a total of the plan period; a rate's years are not added."""
    facts = page.facts
    money = {name: sum(getattr(r, name) for r in facts.resources if r.fiscal_year == year) for name in MEASURES}
    money["shortfall"] = money["planned"] - money["available"]
    figure_id = FigureIds(facts.outcome, facts.plan_period)(year, "", measure)
    if measure in RATES:
        part, whole = (money[name] for name in RATES[measure])
        share = f'<td colspan="2">{format_usd(part)} ÷ {format_usd(whole)}</td><td class="none">–</td>'
        if not whole:
            return f'<tr><th scope="row">{year}</th>{share}</tr>'
    else:
        share = f'<td colspan="2"></td>{amount(money[measure])}'
    link = f'<a href="{escape(page.anchors.link(figure_id))}">{page.words("sources.year", year=year)}</a>'
    return f'<tr><th scope="row">{link}</th>{share}</tr>'


def _reference(page: ExplainedPage, figure: Figure, measure: str, cents: int | None, words: str = "") -> str:
    """A row that leads to the sources of another figure of the same part."""
    other = page.anchors.anchor(figure.id.rpartition(":")[0] + f":{measure}")
    text = page.words(words or f"sources.row_{measure}")
    share = '<td class="none">–</td>' if cents is None else amount(cents)
    return f'<tr><th scope="row" colspan="3"><a href="#{escape(other)}">{text}</a></th>{share}</tr>'
