"""A page as html: self-contained but for the site's own style sheet, complete without script."""

from __future__ import annotations

import re
from functools import lru_cache

from .frames import encoded, framed
from .html_blocks import block_pieces
from .html_parts import data, escape, linked
from .model import Page
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
        content = encoded(_pieces(page, workbook_name, workbook_bytes, drawn))
        if len(content) <= SIZE_LIMIT:
            break
    return content


def _pieces(page: Page, workbook_name: str, workbook_bytes: int, drawn: int) -> list[str]:
    texts = Texts(page.language)
    content: list[str] = []
    for place, block in enumerate(page.blocks, start=1):
        content += block_pieces(page, place, block, texts, drawn)
    changed = _changed(page, texts)
    html = {
        "print_line": print_line(page, texts),
        "region": f"{escape(page.region)} › " if page.region else "",
        "years": year_links(page, "index.html"),
        "changed": f'<span class="badge">{escape(changed)}</span>' if changed else "",
        "key_figures": "".join([_key_figure(key, texts) for key in page.key_figures]),
        "workbook": _workbook_link(workbook_name, workbook_bytes, texts),
        "contents": "".join([f'<li><a href="#{b.key}">{escape(b.short_title)}</a></li>' for b in page.blocks]),
    }
    return framed(
        "page.html",
        page.language,
        html,
        content,
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


@lru_cache(maxsize=16)  # the same of a page and of its sources
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
