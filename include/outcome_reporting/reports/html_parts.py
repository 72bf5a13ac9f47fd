"""Small pieces of html: escaped text, figures with their attributes, tables. Rows are made in Python for speed."""

from __future__ import annotations

import html
from functools import lru_cache

from outcome_reporting.domain.money import MINUS, format_usd

from .colours import goal_colours
from .model import Cell, Column, Figure, Row, Table
from .texts import Texts

__all__ = ["amount", "data", "escape", "figure_text", "linked", "table_html"]


@lru_cache(maxsize=16_384)
def escape(text: str) -> str:
    """Text made safe for html. Ids and names stand many times on the pages of an outcome."""
    return html.escape(text)


def data(figure: Figure) -> str:
    """The attributes that make a figure readable by machines."""
    return f' data-figure="{escape(figure.id)}" data-value="{figure.value}" data-unit="{escape(figure.unit)}"'


def amount(cents: int, of: str = "", anchor: str = "") -> str:
    """A cell of an explanation: an amount that is no figure of its own.

    `of` says what it is: "" for a part of the figure explained, else base, sum or cell; `anchor` is the cell's id.
    """
    text = format_usd(cents)
    kind = ' class="negative"' if cents < 0 else ""  # numbers are what cells of an explanation hold: no word for it
    what = f' data-of="{of}"' if of else ""
    kind = f' id="{anchor}"{kind}' if anchor else kind
    return f'<td{kind} data-share="{text.replace(",", "").replace(MINUS, "-")}"{what}>{text}</td>'


def linked(figure: Figure, shown: str) -> str:
    """What is shown of a figure, leading to its explanation."""
    return f'<a href="{escape(figure.link)}">{shown}</a>' if figure.link else shown


def figure_text(figure: Figure, texts: Texts) -> str:
    """A figure that changed: the value in an element of its own, the earlier one beside it."""
    was = escape(texts("page.changed_was", before=figure.before_text))
    shown = linked(figure, figure.text)
    return f'<span{data(figure)}>{shown}</span><span class="was" data-before="{figure.before}">{was}</span>'


def _cell(cell: Cell, column: Column, texts: Texts, anchors: dict[str, str]) -> str:
    figure = cell.figure
    if figure is None:
        if column.is_bar:
            return _bar_cell(cell)
        classes = " ".join(name for name, on in (("n", column.is_number), ("none", cell.is_missing)) if on)
        marked = f' class="{classes}"' if classes else ""
        why = f' title="{escape(cell.why)}"' if cell.why else ""
        return f"<td{marked}{why}>{escape(cell.text)}</td>"
    classes = "n negative" if figure.value[0] == "-" else "n"
    anchor = anchors.get(figure.id, "")
    if figure.before:
        return f'<td class="{classes}"{anchor}>{figure_text(figure, texts)}</td>'
    return f'<td class="{classes}"{anchor}{data(figure)}>{linked(figure, figure.text)}</td>'


def _bar_cell(cell: Cell) -> str:
    if cell.bar_percent is None:
        return '<td class="share"></td>'
    width = f"{cell.bar_percent:.1f}%"
    bar = f'<svg width="100%" height="12" aria-hidden="true"><rect class="sp" width="{width}" height="12"/></svg>'
    return f'<td class="share">{bar}</td>'


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
    if row.code and code_above:
        return f'<span class="above">{escape(row.code)}</span>{words}'
    return f"<b>{escape(row.code)}</b> {words}" if row.code else words


def _row(row: Row, table: Table, texts: Texts, code_above: bool, anchors: dict[str, str]) -> str:
    style = f' class="{row.style}"' if row.style not in ("", "total") else ""
    pairs = zip(row.cells, table.columns[1:], strict=True)
    cells = "".join([_cell(cell, column, texts, anchors) for cell, column in pairs])
    key = f' id="at-{escape(row.key)}"' if row.key else ""
    return f'<tr{key}{style}><th scope="row">{_heading(row, texts, code_above)}</th>{cells}</tr>'


def table_html(table: Table, texts: Texts, code_above: bool = False, anchors: dict[str, str] | None = None) -> str:
    """A table with caption, scopes and a scroll region of its own. `anchors` gives the id of figures pointed to."""
    heads = "".join(
        f'<th scope="col" class="{"n" if column.is_number else "share" if column.is_bar else ""}">'
        f"{escape(column.title)}</th>".replace(' class=""', "")
        for column in table.columns
    )
    waiting = dict(anchors or {})
    rows = "".join([_row(row, table, texts, code_above, waiting) for row in table.rows])
    foot = "".join([_row(row, table, texts, code_above, {}) for row in table.totals])
    unit = f" <span>· {escape(table.unit)}</span>" if table.unit else ""
    label = escape(texts("page.table_region", caption=table.caption))
    hint = escape(texts("page.scroll"))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}" data-scroll="{hint}"><table>'
        f"<caption>{escape(table.caption)}{unit}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        f"{f'<tfoot>{foot}</tfoot>' if foot else ''}</table></div>"
    )
