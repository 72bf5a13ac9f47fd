"""The page of sources beside a report: every figure of one outcome and year with the cells that made it.

It follows the report's tables row by row, so that no figure is left without its explanation: a table for each
block, a row group for each figure, ending in its sum.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from outcome_reporting.domain.figures import FigureIds
from outcome_reporting.domain.outcome import OutcomeFacts

from .explained import partners, plan, resources, results, sdg
from .explained.page import ExplainedPage
from .html import print_line, render_template
from .html_parts import escape
from .model import Block, Page

# By the key of the block whose figures are explained; the order is the report's.
_BLOCKS: dict[str, Callable[[ExplainedPage, Block], str]] = {
    "resources": resources.build,
    "results": results.build,
    "sdg": sdg.build,
    "partners": partners.build,
    "plan": plan.build,
}


def render_sources(facts: OutcomeFacts, page: Page) -> str:
    """The html of `sources.html`; `page` is the report of the same facts and year."""
    explained = ExplainedPage(facts, page)
    texts = explained.texts
    ids = FigureIds(page.outcome, page.plan_period)
    example = ids(page.year, "", "expense")
    shown = [(block, _BLOCKS[block.key](explained, block)) for block in page.blocks if block.key in _BLOCKS]
    sections = [(block, inside) for block, inside in shown if inside]
    return render_template(
        "sources.html.j2",
        page=page,
        t=texts,
        root="../../../../",
        period=texts.period(page.plan_period),
        date=texts.date(page.data_date),
        print_line=Markup(print_line(page, texts)),
        contents=[("files", texts("sources.files")), *((block.key, block.short_title) for block, _ in sections)],
        command=f"outcomes explain '{example}'",
        query=f"select * from report.explain('{example}')",
        stem=ids.stem(page.year, ""),
        files=Markup(explained.rows.files_table(page.files)) if page.files else "",
        sections=[Markup(_section(block, inside)) for block, inside in sections],
    )


def _section(block: Block, inside: str) -> str:
    heading = f'<div class="block-head"><h2 id="h-{block.key}">{escape(block.title)}</h2></div>'
    return (
        f'<section class="block" id="{block.key}" aria-labelledby="h-{block.key}">{heading}'
        f'<div class="tables">{inside}</div></section>'
    )
