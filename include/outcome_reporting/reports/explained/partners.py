"""Partners: the largest groups of cells of each; of the smaller ones that the report sums, the largest by name."""

from __future__ import annotations

from ..html_parts import BASE, amount, escape
from ..html_sources import explained_table
from ..model import Block, Figure
from .page import GROUPS_SHOWN, ExplainedPage, heading_link, measure_of

_OTHERS_NAMED = 20  # smaller partners named where a page sums them
_IN_FULL = 3  # partners with more groups; of smaller ones the largest group, the others in one
_SHARED_CORE = {"withheld": "sources.core_share", "core pool": "sources.core_given"}


def build(page: ExplainedPage, block: Block) -> list[str]:
    if not block.tables:
        return []
    head = page.rows.head("panel.source", "panel.lines", "panel.weight", "panel.share")
    bodies: list[str] = []
    for place, row in enumerate(block.tables[0].rows):
        _, kind, code = row.part
        shown = GROUPS_SHOWN if place < _IN_FULL else 1
        heading = heading_link(row)
        for figure in row.figures():
            measure = measure_of(figure.id)
            if code == "(other)":
                inside = _others(page, block, measure)
            elif measure == "imputed":
                inside = [_imputed(page, figure, code)]
            else:
                inside = _partner(page, figure, kind, code, measure, shown)
            bodies += page.figure(figure, measure, heading, inside)
    return explained_table(block.title, head, bodies)


def _partner(page: ExplainedPage, figure: Figure, kind: str, code: str, measure: str, shown: int) -> list[str]:
    known = page.sources.contributions if measure == "contribution" else page.sources.partners
    name = code if kind in ("direct", "imputed") else ""
    cells = known.get(("direct" if kind == "imputed" else kind, name))
    inside = page.rows.groups(cells, shown) if cells else []
    difference = (figure.cents or 0) - (cells.share if cells else 0)
    if difference:
        is_core = kind in _SHARED_CORE and (cells is not None or kind == "withheld")
        words = page.words(_SHARED_CORE[kind] if is_core else "sources.other_cells")
        inside.append(page.plain_row(words, difference))
    return inside


def _imputed(page: ExplainedPage, figure: Figure, code: str) -> str:
    """A partner's part of the year's core pool."""
    year = page.page.year
    base = sum([r.expense for r in page.facts.resources if r.fiscal_year == year and r.fund_type != "non-core"])
    percent = page.facts.core_revenue.get((year, code), "")
    weight = f"<td>{escape(percent)}\u00a0%</td>" if percent else '<td class="none">–</td>'
    words = page.words("sources.core_base")
    return f'<tr><th scope="row">{words}</th>{amount(base, BASE)}{weight}{amount(figure.cents or 0)}</tr>'


def _others(page: ExplainedPage, block: Block, measure: str) -> list[str]:
    """The smaller partners, the largest of them by name."""
    if block.listing is None:
        return []
    shown = {figure.id for figure in block.tables[0].figures()}
    place = {"expense": -1, "contribution": -2}[measure]  # of the column from the end, as the report sets it
    column = block.listing.amounts[place]
    every = zip(column.ids, block.listing.headings, column.cents, strict=True)
    amounts = sorted([(-abs(cents), name, cents) for key, name, cents in every if cents and key not in shown])
    parts = [page.plain_row(escape(name), cents) for _, name, cents in amounts[:_OTHERS_NAMED]]
    rest = amounts[_OTHERS_NAMED:]
    if rest:
        words = page.words("partners.other", count=len(rest))
        parts.append(page.plain_row(words, sum([cents for _, _, cents in rest])))
    return parts
