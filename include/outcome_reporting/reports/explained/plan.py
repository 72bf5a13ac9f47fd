"""Strategic plan: the whole of the outcome, linked to an element or to none, and the links that were applied."""

from __future__ import annotations

from ..html_parts import BASE, amount
from ..html_sources import explained_table
from ..model import Block, Figure, Row
from .page import ExplainedPage, heading_link, measure_of


def build(page: ExplainedPage, block: Block) -> list[str]:
    bodies: list[str] = []
    for table in block.tables:
        for row in table.rows:
            heading = heading_link(row)
            for figure in row.figures():
                measure = measure_of(figure.id)
                bodies += page.figure(figure, measure, heading, [_whole(page, row, figure, measure)])
    if not bodies:
        return []
    weights = [(element, one) for (_, element), one in page.sources.plan_weights.items()]
    head = page.rows.head("plan.column", "sources.base", "sources.method", "panel.share")
    links = page.weights("sources.plan_weights", "sources.link_of", weights)
    return explained_table(block.title, head, bodies) + links


def _whole(page: ExplainedPage, row: Row, figure: Figure, measure: str) -> str:
    """What is split: the year's money of the outcome."""
    base = page.money_of(page.page.year)[measure]
    _, framework, _, element = row.part
    weight = page.sources.plan_weights.get((framework, element))
    percent = "100" if not element else weight.percent if weight else ""
    method = page.words("sources.whole_method" if element else "sources.whole_none")
    return (
        f'<tr><th scope="row"><a href="#{measure}">{page.words("sources.whole")}</a></th>'
        f"{amount(base, BASE)}<td>{method} {percent + chr(160) + '%' if percent else '–'}</td>"
        f"{amount(figure.cents or 0)}</tr>"
    )
