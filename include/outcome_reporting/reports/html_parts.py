"""Small pieces of html: escaped text, figures with their attributes, tables. Rows are made in Python for speed."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from outcome_reporting.domain.money import COMMA_THREE, DECIMALS, THREE, UP_TO_THREE, format_usd, plain_usd

from .colours import goal_colours
from .model import Cell, Column, Figure, Row, Table
from .texts import Texts

__all__ = ["amount", "data", "escape", "figure_text", "linked", "table_html"]

NO_ANCHORS: Mapping[str, str] = MappingProxyType({})


def escape(text: str) -> str:
    """Text made safe for html. Nearly all is so already: to ask takes a third of replacing nothing five times."""
    if "&" in text or "<" in text or ">" in text or '"' in text or "'" in text:
        return html.escape(text)
    return text


def data(figure: Figure) -> str:
    """The attributes that make a figure readable by machines."""
    return f' data-figure="{escape(figure.id)}" data-value="{figure.value}" data-unit="{escape(figure.unit)}"'


_OF = {of: f' data-of="{of}"' if of else "" for of in ("", "base", "sum", "cell")}


def amount(cents: int, of: str = "", anchor: str = "") -> str:
    """A cell of an explanation: an amount that is no figure of its own.

    `of` says what it is: "" for a part of the figure explained, else base, sum or cell; `anchor` is the cell's id.
    """
    key = f' id="{anchor}"' if anchor else ""
    thousands = cents // 100_000
    if 0 < thousands < 1_000:  # nearly all, and there are hundreds: plain and grouped are written of the same digits
        first, digits, last = UP_TO_THREE[thousands], cents // 100 % 1_000, DECIMALS[cents % 100]
        return f'<td{key} data-share="{first}{THREE[digits]}{last}"{_OF[of]}>{first}{COMMA_THREE[digits]}{last}</td>'
    # numbers are what cells of an explanation hold: no word for those above zero
    kind = ' class="negative"' if cents < 0 else ""
    return f'<td{key}{kind} data-share="{plain_usd(cents)}"{_OF[of]}>{format_usd(cents)}</td>'


def linked(figure: Figure, shown: str) -> str:
    """What is shown of a figure, leading to its explanation."""
    return f'<a href="{escape(figure.link)}">{shown}</a>' if figure.link else shown


def figure_text(figure: Figure, texts: Texts) -> str:
    """A figure that changed: the value in an element of its own, the earlier one beside it."""
    was = escape(texts("page.changed_was", before=figure.before_text))
    shown = linked(figure, figure.text)
    return f'<span{data(figure)}>{shown}</span><span class="was" data-before="{figure.before}">{was}</span>'


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


def _cell(cell: Cell, column: Column, anchors: Mapping[str, str], texts: Texts) -> str:
    figure = cell.figure
    if figure is not None:
        return _figure_cell(figure, anchors.get(figure.id, ""), texts)
    if column.is_bar:
        return _bar_cell(cell)
    return _words_cell(cell.text, column.is_number, cell.is_missing, cell.why)


@cache
def tile(goal: str) -> str:
    if goal == "X00":
        return '<span class="tile x" aria-hidden="true">X00</span>'
    fill, ink = goal_colours(goal)
    return f'<span class="tile" style="background:{fill};color:{ink}" aria-hidden="true">{escape(goal)}</span>'


def _heading(row: Row, texts: Texts, code_above: bool) -> str:
    words = escape(row.heading)
    if row.goal:
        spoken = "" if row.goal == "X00" else escape(texts("sdg.goal_word", goal=row.goal))
        return f'{tile(row.goal)}<span class="hidden">{spoken}</span>{words}'
    if not row.code:
        return words
    code = escape(row.code)
    return f'<span class="above">{code}</span>{words}' if code_above else f"<b>{code}</b> {words}"


def _rows(rows: list[Row], table: Table, anchors: Mapping[str, str], texts: Texts, code_above: bool) -> str:
    columns, made = table.columns[1:], []
    for row in rows:
        key = f' id="at-{escape(row.key)}"' if row.key else ""
        style = f' class="{row.style}"' if row.style and row.style != "total" else ""
        cells = [_cell(cell, column, anchors, texts) for cell, column in zip(row.cells, columns, strict=True)]
        made.append(f'<tr{key}{style}><th scope="row">{_heading(row, texts, code_above)}</th>{"".join(cells)}</tr>')
    return "".join(made)


@lru_cache(maxsize=1024)  # most tables have the same columns on every page of a year
def _column_heads(columns: tuple[tuple[str, str], ...]) -> str:
    heads = []
    for title, kind in columns:
        attribute = f' class="{kind}"' if kind else ""
        heads.append(f'<th scope="col"{attribute}>{escape(title)}</th>')
    return "".join(heads)


def table_html(table: Table, texts: Texts, code_above: bool = False, anchors: Mapping[str, str] = NO_ANCHORS) -> str:
    """A table with caption, scopes and a scroll region of its own. `anchors` gives the id of figures pointed to."""
    kinds = [(c.title, "n" if c.is_number else "share" if c.is_bar else "") for c in table.columns]
    rows = _rows(table.rows, table, anchors, texts, code_above)
    foot = _rows(table.totals, table, NO_ANCHORS, texts, code_above)
    unit = f" <span>· {escape(table.unit)}</span>" if table.unit else ""
    label = escape(texts("page.table_region", caption=table.caption))
    hint = escape(texts("page.scroll"))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}" data-scroll="{hint}"><table>'
        f"<caption>{escape(table.caption)}{unit}</caption><thead><tr>{_column_heads(tuple(kinds))}</tr></thead>"
        f"<tbody>{rows}</tbody>{f'<tfoot>{foot}</tfoot>' if foot else ''}</table></div>"
    )
