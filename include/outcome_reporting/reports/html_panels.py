"""The explanation of a year's total as a footnote panel under its table: the largest sources, ending in the sum."""

from __future__ import annotations

from outcome_reporting.domain.outcome import SourceLine

from .anchors import SOURCES_PAGE
from .html_parts import SUM, amount, escape
from .html_sources import SourceRows
from .model import Panel
from .texts import Texts

_LINES_SHOWN = 3  # the page of sources has more


def panel_html(panel: Panel, texts: Texts, rows: SourceRows) -> str:
    """Where a total comes from: its largest groups, which end in the sum, then the largest cells."""
    measure = panel.figure.id.rsplit(":", 1)[-1]
    key = escape(panel.key)
    head = rows.head("panel.source", "panel.lines", "panel.weight", "panel.sum")
    caption = f'<caption class="hidden">{escape(texts("panel.caption"))}</caption>'
    total = (
        f'<tr><th scope="row">{escape(texts("panel.total"))}</th><td></td><td></td>'
        f"{amount(panel.figure.cents or 0, SUM)}</tr>"
    )
    every = f'<a href="{SOURCES_PAGE}#{measure}">{escape(texts("panel.all"))}</a>'
    return (
        f'<aside class="why" id="{key}" aria-labelledby="{key}-h"><h3 id="{key}-h"><span>{escape(panel.title)}</span>'
        f'<a href="#at-{key}">{escape(texts("panel.back"))}</a></h3>'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(texts("panel.caption"))}">'
        f"<table>{caption}<thead>{head}</thead><tbody>{''.join(rows.groups(panel.explanation))}</tbody>"
        f"<tfoot>{total}</tfoot></table>{lines_table(panel.explanation.lines[:_LINES_SHOWN], texts, rows)}</div>"
        f"<p>{every} · {escape(texts('panel.id', id=panel.figure.id))}</p></aside>"
    )


def lines_table(lines: tuple[SourceLine, ...], texts: Texts, rows: SourceRows, of: str = "") -> str:
    """The largest cells of a total; nothing where none is known."""
    if not lines:
        return ""
    head = rows.head("panel.cell", "panel.amount", "panel.rate", "panel.weight", "panel.share")
    caption = f"<caption>{escape(of or texts('panel.largest'))}</caption>"
    return f"<table>{caption}<thead>{head}</thead><tbody>{''.join(map(rows.line, lines))}</tbody></table>"
