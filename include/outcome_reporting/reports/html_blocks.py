"""The blocks of a page as html: heading and switch, facts, charts, tables or tabs, notes."""

from __future__ import annotations

import re
from functools import lru_cache

from . import svg
from .anchors import SOURCES_PAGE
from .html_panels import panel_html
from .html_parts import escape
from .html_sources import SourceRows
from .html_tables import table_pieces
from .model import Block, FundBars, GoalBars, IndicatorChart, Note, Page, PartnerBars, RateLines, YearBars
from .texts import Texts


def block_pieces(page: Page, place: int, block: Block, texts: Texts, drawn: int) -> list[str]:
    """The block at this place of the page, from 1; of its indicators the first `drawn` as charts."""
    pieces = [
        f'<section class="block" id="{block.key}" aria-labelledby="h-{block.key}">',
        _block_head(place, block.key, block.title, block.view, texts.language),
    ]
    if block.key == "sdg":
        pieces.append(_sdg_years(page, texts))
    if block.finding:
        pieces.append(f'<h3 class="finding">{escape(block.finding)}</h3>')
    if block.empty_reason:
        pieces.append(f"<p>{escape(block.empty_reason)}</p>")
    if block.text:
        pieces += [f"<p>{escape(part)}</p>" for part in _paragraphs(block.text)]
    if block.facts:
        pieces.append(_facts(block))
    if block.charts:
        pieces += ['<div class="charts">', *_charts(block, texts, drawn), "</div>"]
    if any(table.tab for table in block.tables):
        pieces += _tabs(block, texts)
    elif block.tables:
        pieces += ['<div class="tables">', *_tables(page, block, texts), "</div>"]
    pieces += [_note(note, texts) for note in block.notes]
    for bold, words in block.remarks:
        strong = f"<b>{escape(bold)}</b> " if bold else ""
        pieces.append(f'<p class="note">{strong}{escape(words)}</p>')
    pieces.append("</section>\n")
    return pieces


@lru_cache(maxsize=256)  # the same on nearly every page
def _block_head(place: int, key: str, title: str, view: str, language: str) -> str:
    texts = Texts(language)
    heading = f'<h2 id="h-{key}"><span>{place}</span>{escape(title)}</h2>'
    if not view:
        return f'<div class="block-head">{heading}</div>'
    legend = escape(texts("page.show_as", block=title))
    radios = [
        f'<label><input type="radio" class="v-{one}" name="v{place}"{" checked" if one == view else ""}>'
        f"{escape(texts(f'page.{one}'))}</label>"
        for one in ("chart", "table", "both")
    ]
    switch = f'<fieldset class="switch"><legend class="hidden">{legend}</legend>{"".join(radios)}</fieldset>'
    return f'<div class="block-head">{heading}{switch}</div>'


def _sdg_years(page: Page, texts: Texts) -> str:
    links = "".join(
        f'<li><a href="../{year}/index.html#sdg"{" aria-current=page" if year == page.year else ""}>{year}</a></li>'
        for year in page.years
    )
    label = f'<span class="label" id="sdg-years">{escape(texts("sdg.view"))}</span>'
    return f'<div class="years">{label}<nav aria-labelledby="sdg-years"><ol>{links}</ol></nav></div>'


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n|\r?\n", text) if part.strip()]


def _facts(block: Block) -> str:
    parts = []
    for fact in block.facts:
        words = escape(fact.text)
        if fact.remark:
            words += f'. <span class="muted">{escape(fact.remark)}</span>'
        if fact.items:
            lines = (f'<li><span class="code">{escape(c)}</span><span>{escape(t)}</span></li>' for c, t in fact.items)
            words += f"<ul>{''.join(lines)}</ul>"
        parts.append(f"<dt>{escape(fact.label)}</dt><dd>{words}</dd>")
    return f'<dl class="facts">{"".join(parts)}</dl>'


_KEY_PLANNED = '<svg width="18" height="14"><rect class="pl" x=".5" y=".5" width="17" height="13"/></svg>'
_KEY_AVAILABLE = '<svg width="18" height="14"><rect class="av" x=".5" y=".5" width="17" height="13"/></svg>'
_KEY_SPENT = '<svg width="10" height="14"><rect class="sp" width="10" height="14"/></svg>'
_KEY_RESULT = (
    '<svg width="26" height="10"><line class="l1" x1="0" y1="5" x2="26" y2="5"/><circle class="d1" cx="13" cy="5" '
    'r="3.5"/></svg>'
)
_KEY_MILESTONE = '<svg width="22" height="10"><line class="ms" x1="0" y1="5" x2="22" y2="5"/></svg>'
_KEY_TARGET = '<svg width="26" height="10"><line class="tg" x1="0" y1="5" x2="26" y2="5"/></svg>'


_YEAR_KEYS = {
    "resources.planned": _KEY_PLANNED,
    "resources.available": _KEY_AVAILABLE,
    "resources.spent": _KEY_SPENT,
}
_INDICATOR_KEYS = {
    "results.result": _KEY_RESULT,
    "results.milestone_key": _KEY_MILESTONE,
    "results.target_key": _KEY_TARGET,
}


def _keys(marks: dict[str, str], texts: Texts) -> str:
    """What the marks of a chart mean, each by the key of its words."""
    items = [f"<li>{mark}{escape(texts(key))}</li>" for key, mark in marks.items()]
    return f'<ul class="keys" aria-hidden="true">{"".join(items)}</ul>'


def _figure(chart, drawing: str, heading: bool = True, keys: str = "") -> str:
    title = f"<h3>{escape(chart.title)}</h3>" if heading else ""
    return f'<figure>{title}<p class="sub">{escape(chart.subtitle)}</p>{keys}{drawing}</figure>'


def _charts(block: Block, texts: Texts, drawn: int) -> list[str]:
    whole: list[str] = []
    pair: list[str] = []
    small: list[str] = []
    for chart in block.charts:
        if isinstance(chart, YearBars):
            drawing = svg.year_bars(chart, texts)
            whole.append(_figure(chart, drawing, heading=False, keys=_keys(_YEAR_KEYS, texts)))
        elif isinstance(chart, FundBars):
            pair.append(_figure(chart, svg.fund_bars(chart, texts)))
        elif isinstance(chart, RateLines):
            pair.append(_figure(chart, svg.rate_lines(chart, texts)))
        elif isinstance(chart, GoalBars):
            whole.append(_figure(chart, svg.goal_bars(chart), heading=False))
        elif isinstance(chart, PartnerBars):
            whole.append(_figure(chart, svg.partner_bars(chart), heading=False))
        elif isinstance(chart, IndicatorChart) and len(small) < drawn:
            small.append(svg.indicator(chart, len(small) + 1, texts))
    if pair:
        whole.append(f'<div class="pair">{"".join(pair)}</div>')
    if small:
        whole.append(_small_multiples(block, small, texts))
    elif block.key == "results":
        whole.append(_not_drawn(len(block.charts), 0, texts))
    return whole


def _small_multiples(block: Block, small: list[str], texts: Texts) -> str:
    keys = _keys(_INDICATOR_KEYS, texts)
    left = _not_drawn(len(block.charts), len(small), texts) if len(block.charts) > len(small) else ""
    subtitle = f'<p class="sub">{escape(texts("results.sub"))}</p>'
    return f'{subtitle}{keys}<div class="multi">{"".join(small)}</div>{left}'


def _not_drawn(count: int, drawn: int, texts: Texts) -> str:
    return f'<p class="note">{escape(texts("results.not_drawn", drawn=drawn, all=count))}</p>'


def _tables(page: Page, block: Block, texts: Texts) -> list[str]:
    """The tables of a block; the panels that explain figures of a table follow it."""
    panels = [panel for panel in page.panels if panel.block == block.key]
    rows = SourceRows(texts, page.files, SOURCES_PAGE) if panels else None
    pieces: list[str] = []
    for table in block.tables:
        shown = {figure.id for figure in table.figures()} if panels else set()
        own = [panel for panel in panels if panel.figure.id in shown]
        panels = [panel for panel in panels if panel.figure.id not in shown]
        anchors = {panel.figure.id: f' id="at-{panel.key}"' for panel in own}
        pieces += table_pieces(table, texts, block.key == "results", anchors)
        if rows is not None:
            pieces += [panel_html(panel, texts, rows) for panel in own]
        if table.note:
            pieces.append(f'<p class="note">{escape(table.note)}</p>')
    return pieces


def _tabs(block: Block, texts: Texts) -> list[str]:
    """Tabs as radios; the last tab with money linked is open first."""
    first = max((i for i, t in enumerate(block.tables) if any(row.code for row in t.rows)), default=0)
    radios = [
        f'<label><input type="radio" class="p{i + 1}" name="plan"{" checked" if i == first else ""}>'
        f"{escape(table.tab)}</label>"
        for i, table in enumerate(block.tables)
    ]
    legend = escape(texts("plan.show"))
    pieces = [
        f'<div class="plan"><fieldset class="tabs"><legend class="hidden">{legend}</legend>',
        *radios,
        "</fieldset>",
    ]
    for i, table in enumerate(block.tables, start=1):
        pieces.append(f'<div class="tab t{i}"><h3>{escape(table.tab)}</h3>')
        if table.rows:
            pieces += table_pieces(table, texts)
        if table.note:
            pieces.append(f'<p class="note">{escape(table.note)}</p>')
        pieces.append("</div>")
    return [*pieces, "</div>"]


def _note(note: Note, texts: Texts) -> str:
    source = note.source
    by = "".join(
        f"<span>{escape(texts(key))} <b>{escape(words)}</b></span>"
        for key, words in (
            ("notes.by", source.author),
            ("notes.language", note.language_name),
            ("notes.status", texts("notes.approved")),
        )
    )
    title = f"<h4>{escape(source.title)}</h4>" if source.title else ""
    text = "".join(f"<p>{escape(part)}</p>" for part in _paragraphs(source.note))
    language = escape(source.language)
    return (
        f'<article class="progress-note" data-year="{source.fiscal_year}"><h3>{escape(note.heading)}</h3>'
        f'<div class="by">{by}</div><div class="prose" lang="{language}">{title}{text}</div></article>'
    )
