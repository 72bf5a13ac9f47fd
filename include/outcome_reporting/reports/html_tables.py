"""A table of a page. Rows are made in Python for speed, and left as pieces, for the whole page to be joined once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from outcome_reporting.domain.money import format_usd

from .colours import goal_colours
from .html_parts import escape, figure_text
from .model import Cell, Column, Figure, Row, Table
from .texts import Texts

NO_ANCHORS: Mapping[str, str] = MappingProxyType({})


def table_pieces(
    table: Table, texts: Texts, code_above: bool = False, anchors: Mapping[str, str] = NO_ANCHORS
) -> list[str]:
    """A table with caption, scopes and a scroll region of its own. `anchors` gives the id of figures pointed to."""
    columns = table.columns[1:]
    kinds = [(c.title, "n" if c.is_number else "share" if c.is_bar else "") for c in table.columns]
    unit = f" <span>· {escape(table.unit)}</span>" if table.unit else ""
    label = escape(texts("page.table_region", caption=table.caption))
    hint = escape(texts("page.scroll"))
    pieces = [
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}" data-scroll="{hint}"><table>'
        f"<caption>{escape(table.caption)}{unit}</caption><thead><tr>{_column_heads(tuple(kinds))}</tr></thead><tbody>",
        *[_row(row, columns, anchors, texts, code_above) for row in table.rows],
        "</tbody>",
    ]
    if table.totals:
        rows = [_row(row, columns, NO_ANCHORS, texts, code_above) for row in table.totals]
        pieces += ["<tfoot>", *rows, "</tfoot>"]
    return [*pieces, "</table></div>"]


@lru_cache(maxsize=1024)  # most tables have the same columns on every page of a year
def _column_heads(columns: tuple[tuple[str, str], ...]) -> str:
    heads = []
    for title, kind in columns:
        attribute = f' class="{kind}"' if kind else ""
        heads.append(f'<th scope="col"{attribute}>{escape(title)}</th>')
    return "".join(heads)


def _row(row: Row, columns: list[Column], anchors: Mapping[str, str], texts: Texts, code_above: bool) -> str:
    cells = []
    for cell, column in zip(row.cells, columns, strict=True):
        if (figure := cell.figure) is not None:
            cells.append(_figure_cell(figure, anchors.get(figure.id, ""), texts))
        elif column.is_bar:
            cells.append(_bar_cell(cell))
        else:
            cells.append(_words_cell(cell.text, column.is_number, cell.is_missing, cell.why))
    key = f' id="at-{escape(row.key)}"' if row.key else ""
    style = f' class="{row.style}"' if row.style and row.style != "total" else ""
    return f'<tr{key}{style}><th scope="row">{_heading(row, texts, code_above)}</th>{"".join(cells)}</tr>'


def _heading(row: Row, texts: Texts, code_above: bool) -> str:
    words = escape(row.heading)
    if row.goal:
        spoken = "" if row.goal == "X00" else escape(texts("sdg.goal_word", goal=row.goal))
        return f'{_tile(row.goal)}<span class="hidden">{spoken}</span>{words}'
    if not row.code:
        return words
    code = escape(row.code)
    return f'<span class="above">{code}</span>{words}' if code_above else f"<b>{code}</b> {words}"


@cache
def _tile(goal: str) -> str:
    if goal == "X00":
        return '<span class="tile x" aria-hidden="true">X00</span>'
    fill, ink = goal_colours(goal)
    return f'<span class="tile" style="background:{fill};color:{ink}" aria-hidden="true">{escape(goal)}</span>'


def _figure_cell(figure: Figure, anchor: str, texts: Texts) -> str:
    value, own, unit, link = figure.value, figure.id, figure.unit, figure.link
    kind = "n negative" if value[0] == "-" else "n"
    if figure.before:
        return f'<td class="{kind}"{anchor}>{figure_text(figure, texts)}</td>'
    if escape(names := f"{own}{unit}{link}") != names:  # asked once for the three: there are hundreds of figures
        own, unit, link = escape(own), escape(unit), escape(link)
    shown = figure.words if figure.cents is None else format_usd(figure.cents)
    if link:
        shown = f'<a href="{link}">{shown}</a>'
    return f'<td class="{kind}"{anchor} data-figure="{own}" data-value="{value}" data-unit="{unit}">{shown}</td>'


@lru_cache(maxsize=4096)  # the same few words stand in nearly every row
def _words_cell(text: str, is_number: bool, is_missing: bool, why: str) -> str:
    kind = _WORDS[is_number, is_missing]
    title = f' title="{escape(why)}"' if why else ""
    return f"<td{kind}{title}>{escape(text)}</td>"


_WORDS = {  # by whether the column holds numbers, and whether the words stand for none
    (False, False): "",
    (False, True): ' class="none"',
    (True, False): ' class="n"',
    (True, True): ' class="n none"',
}


def _bar_cell(cell: Cell) -> str:
    if cell.bar_percent is None:
        return '<td class="share"></td>'
    width = f"{cell.bar_percent:.1f}%"
    bar = f'<svg width="100%" height="12" aria-hidden="true"><rect class="sp" width="{width}" height="12"/></svg>'
    return f'<td class="share">{bar}</td>'
