"""Results: each value of an indicator with the cell that holds it, and what stands there."""

from __future__ import annotations

from outcome_reporting.domain.figures import FigureIds, what_text
from outcome_reporting.domain.outcome import ResultRow

from ..blocks.results import row_key
from ..html_parts import escape
from ..html_sources import explained_table
from ..model import Block
from .page import VALUES, ExplainedPage


def build(page: ExplainedPage, block: Block) -> list[str]:
    rows = [row for row in page.facts.results if row.fiscal_year == page.page.year]
    bodies = [piece for row in rows for piece in _indicator(page, row)]
    head = page.rows.head("sources.value", "sources.place", "sources.text", words=2)
    return explained_table(page.texts("sources.results"), head, bodies) if bodies else []


def _indicator(page: ExplainedPage, row: ResultRow) -> list[str]:
    source = page.sources.results.get((row.output, row.indicator))
    ids = FigureIds(row.output, page.facts.plan_period) if row.output else page.ids
    what = what_text("result", row.indicator)
    lines = []
    for name in VALUES:
        anchor = page.anchors.anchor(ids(row.fiscal_year, what, name))
        letter = source.columns.get(name) if source else None
        place = "–"
        if letter and source:
            place = f"{page.rows.file(source.file)} · {escape(source.sheet)} · {letter}{source.row}"
        text = getattr(row, name)
        stands = escape(text) if text else f'<span class="none">{page.words("sources.empty_cell")}</span>'
        lines.append(
            f'<tr id="{escape(anchor)}"><th scope="row">{page.measures[name]}</th><td class="w">{place}</td>'
            f"<td>{stands}</td></tr>"
        )
    back = escape(f"index.html#at-{row_key(row)}")
    title = f'<a href="{back}"><b>{escape(row.indicator)}</b> {escape(row.title)}</a>'
    head = f'<tbody><tr class="of"><th colspan="3" scope="rowgroup">{title}</th></tr>'
    return [head, *lines, "</tbody>"]
