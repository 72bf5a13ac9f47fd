"""A page as html: self-contained but for the site's own style sheet, complete without script."""

from __future__ import annotations

import re

from . import svg
from .anchors import SOURCES_PAGE
from .frames import fill_frame
from .html_panels import panel_html
from .html_parts import data, escape, linked, table_html
from .html_sources import SourceRows
from .model import Block, FundBars, GoalBars, IndicatorChart, Note, Page, PartnerBars, RateLines, YearBars
from .site import path_part
from .texts import Texts

ROOT = "../../../../"  # of the site, from the folder of a page
SIZE_LIMIT = 100_000  # bytes of one opened page
_INDICATORS_DRAWN = (9, 3, 0)  # fewer when a page would grow past its limit


def render_page(page: Page, workbook_name: str = "", workbook_bytes: int = 0) -> str:
    """The html of a page at `<office>/<period>/<outcome>/<year>/index.html`; `workbook_name` lies beside it."""
    return page_bytes(page, workbook_name, workbook_bytes).decode()


def page_bytes(page: Page, workbook_name: str = "", workbook_bytes: int = 0) -> bytes:
    """The same as it is written.

    Draws fewer indicators (all stay in the table) when the page would exceed SIZE_LIMIT.
    """
    content = b""
    for drawn in _INDICATORS_DRAWN:
        content = _render(page, workbook_name, workbook_bytes, drawn).encode()
        if len(content) <= SIZE_LIMIT:
            break
    return content


def _render(page: Page, workbook_name: str, workbook_bytes: int, drawn: int) -> str:
    texts = Texts(page.language)
    blocks = [_block(page, place, block, texts, drawn) for place, block in enumerate(page.blocks, start=1)]
    changed = _changed(page, texts)
    html = {
        "print_line": print_line(page, texts),
        "region": f"{escape(page.region)} › " if page.region else "",
        "years": year_links(page, "index.html"),
        "changed": f'<span class="badge">{escape(changed)}</span>' if changed else "",
        "key_figures": "".join([_key_figure(key, texts) for key in page.key_figures]),
        "workbook": _workbook_link(workbook_name, workbook_bytes, texts),
        "contents": "".join([f'<li><a href="#{b.key}">{escape(b.short_title)}</a></li>' for b in page.blocks]),
        "blocks": "".join([f"{block}\n" for block in blocks]),
    }
    return fill_frame(
        "page.html",
        page.language,
        html,
        office_path=path_part(page.office),
        office_name=page.office_name,
        plan=texts("page.plan", period=texts.period(page.plan_period)),
        lede=page.lede,
        **frame_words(page, texts),
    )


def frame_words(page: Page, texts: Texts) -> dict[str, str]:
    """What stands in the frames of a page and of its page of sources alike."""
    date = texts.date(page.data_date)
    return {
        "root": ROOT,
        "publisher_name": page.publisher_name,
        "outcome": page.outcome,
        "title": page.title,
        "year": str(page.year),
        "kick": texts("page.kick", office=page.office_name, period=texts.period(page.plan_period)),
        "day": page.data_date.date().isoformat(),
        "date": date,
        "foot": texts("page.foot", date=date),
    }


def year_links(page: Page, name: str) -> str:
    """The same page of each year of the plan period."""
    now = ' aria-current="page"'
    return "".join(
        [f'<li><a href="../{year}/{name}"{now if year == page.year else ""}>{year}</a></li>' for year in page.years]
    )


def _workbook_link(name: str, size: int, texts: Texts) -> str:
    if not name:
        return ""
    kilobytes = f"{max(1, round(size / 1024)):,}"
    words = texts("page.workbook_size", size=kilobytes) if size else texts("page.workbook")
    return f'<li><a href="{escape(name)}" download>{escape(words)}</a></li>'


def print_line(page: Page, texts: Texts) -> str:
    """What stands in the margin of each printed page, as a text of a style sheet."""
    date = f"{texts('page.data_as_of')} {texts.date(page.data_date)}"
    return _css_text(f"{page.outcome} · {texts.period(page.plan_period)} · {page.year} · {date}")


def _css_text(text: str) -> str:
    return re.sub(r"[^\w .·–-]", lambda match: f"\\{ord(match[0]):06x}", text)


def _changed(page: Page, texts: Texts) -> str:
    if not page.changed_count:
        return ""
    if page.previous_date is None:
        return texts("page.changed_undated", count=page.changed_count)
    date = texts.date(page.previous_date)
    key = "page.changed_one" if page.changed_count == 1 else "page.changed"
    since = texts(key, count=page.changed_count, date=date)
    files = _changed_by(page.changed_by, texts)
    return f"{since}: {files}" if files else since


def _changed_by(names: list[str], texts: Texts) -> str:
    """The files that caused it, the first two by name."""
    if not names:
        return ""
    files = ", ".join(names[:2])
    return texts("page.changed_by_more", files=files, count=len(names) - 2) if len(names) > 2 else files


def _key_figure(key, texts: Texts) -> str:
    figure = key.figure
    remarks = "".join(f"<dd>{escape(remark)}</dd>" for remark in key.remarks)
    return f"<div><dt>{escape(key.label)}</dt><dd{data(figure)}>{linked(figure, key.short)}</dd>{remarks}</div>"


# ------------------------------------------------------------------------------------------------- blocks


def _block(page: Page, place: int, block: Block, texts: Texts, drawn: int) -> str:
    inside = [_block_head(place, block, texts)]
    if block.key == "sdg":
        inside.append(_sdg_years(page, texts))
    if block.finding:
        inside.append(f'<h3 class="finding">{escape(block.finding)}</h3>')
    if block.empty_reason:
        inside.append(f"<p>{escape(block.empty_reason)}</p>")
    if block.text:
        inside += [f"<p>{escape(part)}</p>" for part in _paragraphs(block.text)]
    if block.facts:
        inside.append(_facts(block))
    if block.charts:
        inside.append(f'<div class="charts">{_charts(block, texts, drawn)}</div>')
    if any(table.tab for table in block.tables):
        inside.append(_tabs(page, block, texts))
    elif block.tables:
        inside.append(f'<div class="tables">{_tables(page, block, texts)}</div>')
    inside += [_note(note, texts) for note in block.notes]
    for bold, words in block.remarks:
        strong = f"<b>{escape(bold)}</b> " if bold else ""
        inside.append(f'<p class="note">{strong}{escape(words)}</p>')
    return f'<section class="block" id="{block.key}" aria-labelledby="h-{block.key}">{"".join(inside)}</section>'


def _block_head(place: int, block: Block, texts: Texts) -> str:
    heading = f'<h2 id="h-{block.key}"><span>{place}</span>{escape(block.title)}</h2>'
    if not block.view:
        return f'<div class="block-head">{heading}</div>'
    legend = escape(texts("page.show_as", block=block.title))
    radios = "".join(
        f'<label><input type="radio" class="v-{view}" name="v{place}"{" checked" if view == block.view else ""}>'
        f"{escape(texts(f'page.{view}'))}</label>"
        for view in ("chart", "table", "both")
    )
    switch = f'<fieldset class="switch"><legend class="hidden">{legend}</legend>{radios}</fieldset>'
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


def _keys(marks: list[tuple[str, str]]) -> str:
    return f'<ul class="keys" aria-hidden="true">{"".join(f"<li>{m}{escape(w)}</li>" for m, w in marks)}</ul>'


def _figure(chart, drawing: str, heading: bool = True, keys: str = "") -> str:
    title = f"<h3>{escape(chart.title)}</h3>" if heading else ""
    return f'<figure>{title}<p class="sub">{escape(chart.subtitle)}</p>{keys}{drawing}</figure>'


def _charts(block: Block, texts: Texts, drawn: int) -> str:
    whole: list[str] = []
    pair: list[str] = []
    small: list[str] = []
    for chart in block.charts:
        if isinstance(chart, YearBars):
            names = ("planned", "available", "spent")
            marks = zip((_KEY_PLANNED, _KEY_AVAILABLE, _KEY_SPENT), names, strict=True)
            keys = _keys([(mark, texts(f"resources.{name}")) for mark, name in marks])
            whole.append(_figure(chart, svg.year_bars(chart, texts), heading=False, keys=keys))
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
    return "".join(whole)


def _small_multiples(block: Block, small: list[str], texts: Texts) -> str:
    names = ("results.result", "results.milestone_key", "results.target_key")
    marks = zip((_KEY_RESULT, _KEY_MILESTONE, _KEY_TARGET), names, strict=True)
    keys = _keys([(mark, texts(name)) for mark, name in marks])
    left = _not_drawn(len(block.charts), len(small), texts) if len(block.charts) > len(small) else ""
    subtitle = f'<p class="sub">{escape(texts("results.sub"))}</p>'
    return f'{subtitle}{keys}<div class="multi">{"".join(small)}</div>{left}'


def _not_drawn(count: int, drawn: int, texts: Texts) -> str:
    return f'<p class="note">{escape(texts("results.not_drawn", drawn=drawn, all=count))}</p>'


def _tables(page: Page, block: Block, texts: Texts) -> str:
    """The tables of a block; the panels that explain figures of a table follow it."""
    panels = [panel for panel in page.panels if panel.block == block.key]
    rows = SourceRows(texts, page.files, SOURCES_PAGE) if panels else None
    parts = []
    for table in block.tables:
        shown = {figure.id for figure in table.figures()} if panels else set()
        own = [panel for panel in panels if panel.figure.id in shown]
        panels = [panel for panel in panels if panel.figure.id not in shown]
        anchors = {panel.figure.id: f' id="at-{panel.key}"' for panel in own}
        parts.append(table_html(table, texts, block.key == "results", anchors))
        if rows is not None:
            parts += [panel_html(panel, texts, rows) for panel in own]
        if table.note:
            parts.append(f'<p class="note">{escape(table.note)}</p>')
    return "".join(parts)


def _tabs(page: Page, block: Block, texts: Texts) -> str:
    """Tabs as radios; the last tab with money linked is open first."""
    first = max((i for i, t in enumerate(block.tables) if any(row.code for row in t.rows)), default=0)
    radios = "".join(
        f'<label><input type="radio" class="p{i + 1}" name="plan"{" checked" if i == first else ""}>'
        f"{escape(table.tab)}</label>"
        for i, table in enumerate(block.tables)
    )
    tabs = []
    for i, table in enumerate(block.tables, start=1):
        body = table_html(table, texts) if table.rows else ""
        note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
        tabs.append(f'<div class="tab t{i}"><h3>{escape(table.tab)}</h3>{body}{note}</div>')
    legend = escape(texts("plan.show"))
    fieldset = f'<fieldset class="tabs"><legend class="hidden">{legend}</legend>{radios}</fieldset>'
    return f'<div class="plan">{fieldset}{"".join(tabs)}</div>'


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


__all__ = ["SIZE_LIMIT", "page_bytes", "render_page"]
