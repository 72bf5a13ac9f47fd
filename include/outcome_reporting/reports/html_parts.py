"""Small pieces of html: escaped text, figures with their attributes, tables. Rows are made in Python for speed."""

from __future__ import annotations

import html

from outcome_reporting.domain.money import COMMA_THREE, DECIMALS, THREE, UP_TO_THREE, format_usd, plain_usd

from .colours import goal_colours
from .model import Cell, Column, Figure, Row, Table
from .texts import Texts

__all__ = ["amount", "data", "escape", "figure_text", "linked", "table_html"]


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


def _figure_cell(figure: Figure, texts: Texts, anchors: dict[str, str]) -> str:
    kind = "n negative" if figure.value[0] == "-" else "n"
    anchor = anchors.get(figure.id, "") if anchors else ""
    if figure.before:
        return f'<td class="{kind}"{anchor}>{figure_text(figure, texts)}</td>'
    own, unit, link, shown = figure.id, figure.unit, figure.link, figure.text
    if escape(names := f"{own}{unit}{link}") != names:  # asked once for the three: there are hundreds of figures
        own, unit, link = escape(own), escape(unit), escape(link)
    if link:
        shown = f'<a href="{link}">{shown}</a>'
    return f'<td class="{kind}"{anchor} data-figure="{own}" data-value="{figure.value}" data-unit="{unit}">{shown}</td>'


def _words_cell(cell: Cell, column: Column) -> str:
    if column.is_bar:
        return _bar_cell(cell)
    kind = _WORDS[column.is_number, cell.is_missing]
    why = f' title="{escape(cell.why)}"' if cell.why else ""
    return f"<td{kind}{why}>{escape(cell.text)}</td>"


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


def _row(row: Row, columns: list[Column], texts: Texts, code_above: bool, anchors: dict[str, str]) -> str:
    style = f' class="{row.style}"' if row.style not in ("", "total") else ""
    cells = "".join(
        [
            _figure_cell(cell.figure, texts, anchors) if cell.figure else _words_cell(cell, column)
            for cell, column in zip(row.cells, columns, strict=True)
        ]
    )
    key = f' id="at-{escape(row.key)}"' if row.key else ""
    return f'<tr{key}{style}><th scope="row">{_heading(row, texts, code_above)}</th>{cells}</tr>'


def table_html(table: Table, texts: Texts, code_above: bool = False, anchors: dict[str, str] | None = None) -> str:
    """A table with caption, scopes and a scroll region of its own. `anchors` gives the id of figures pointed to."""
    heads = "".join(
        f'<th scope="col" class="{"n" if column.is_number else "share" if column.is_bar else ""}">'
        f"{escape(column.title)}</th>".replace(' class=""', "")
        for column in table.columns
    )
    columns = table.columns[1:]
    rows = "".join([_row(row, columns, texts, code_above, anchors or {}) for row in table.rows])
    foot = "".join([_row(row, columns, texts, code_above, {}) for row in table.totals])
    unit = f" <span>· {escape(table.unit)}</span>" if table.unit else ""
    label = escape(texts("page.table_region", caption=table.caption))
    hint = escape(texts("page.scroll"))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}" data-scroll="{hint}"><table>'
        f"<caption>{escape(table.caption)}{unit}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        f"{f'<tfoot>{foot}</tfoot>' if foot else ''}</table></div>"
    )
