"""The page of sources beside a report: every figure of one outcome and year with the cells that made it.

It follows the report's tables row by row, so that no figure is left without its explanation: a table for each
block, a row group for each figure, ending in its sum.
"""

from __future__ import annotations

from collections.abc import Callable

from outcome_reporting.domain.outcome import OutcomeFacts

from .anchors import SOURCES_PAGE
from .explained import partners, plan, resources, results, sdg
from .explained.page import ExplainedPage
from .frames import encoded, framed
from .html import frame_words, print_line, year_links
from .html_parts import escape
from .model import Block, Page

# By the key of the block whose figures are explained; the order is the report's.
_BLOCKS: dict[str, Callable[[ExplainedPage, Block], list[str]]] = {
    "resources": resources.build,
    "results": results.build,
    "sdg": sdg.build,
    "partners": partners.build,
    "plan": plan.build,
}


def render_sources(facts: OutcomeFacts, page: Page) -> bytes:
    """`sources.html` as it is written; `page` is the report of the same facts and year."""
    explained = ExplainedPage(facts, page)
    texts = explained.texts
    ids = explained.ids
    example = ids(page.year, "", "expense")
    shown = [(block, _BLOCKS[block.key](explained, block)) for block in page.blocks if block.key in _BLOCKS]
    sections = [(block, inside) for block, inside in shown if inside]
    contents = [("files", texts("sources.files")), *((block.key, block.short_title) for block, _ in sections)]
    content: list[str] = []
    for block, inside in sections:
        content += [_section_head(block), *inside, "</div></section>\n"]
    html = {
        "print_line": print_line(page, texts),
        "years": year_links(page, SOURCES_PAGE),
        "contents": "".join([f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title in contents]),
        "files": "".join(explained.rows.files_table(page.files)) or f"<p>{explained.words('sources.no_files')}</p>",
    }
    pieces = framed(
        "sources.html",
        page.language,
        html,
        content,
        heading=texts("sources.title", year=page.year),
        back=texts("sources.back", year=page.year),
        command=f"outcomes explain '{example}'",
        query=f"select * from report.explain('{example}')",
        stem=ids.stem(page.year, ""),
        **frame_words(page, texts),
    )
    return encoded(pieces)


def _section_head(block: Block) -> str:
    return (
        f'<section class="block" id="{block.key}" aria-labelledby="h-{block.key}"><div class="block-head">'
        f'<h2 id="h-{block.key}">{escape(block.title)}</h2></div><div class="tables">'
    )
