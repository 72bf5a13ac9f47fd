"""Small pieces of html: escaped text, amounts, figures with their attributes."""

from __future__ import annotations

import html

from outcome_reporting.domain.money import COMMA_THREE, DECIMALS, THREE, UP_TO_THREE, format_usd, plain_usd

from .model import Figure
from .texts import Texts

__all__ = ["BASE", "CELL", "SUM", "amount", "data", "escape", "figure_text", "linked"]


def escape(text: str) -> str:
    """Text made safe for html. Nearly all is so already: to ask takes a third of replacing nothing five times."""
    if "&" in text or "<" in text or ">" in text or '"' in text or "'" in text:
        return html.escape(text)
    return text


def data(figure: Figure) -> str:
    """The attributes that make a figure readable by machines."""
    return f' data-figure="{escape(figure.id)}" data-value="{figure.value}" data-unit="{escape(figure.unit)}"'


# What an amount of an explanation is, as an attribute; without one it is a part of the figure explained.
BASE, SUM, CELL = ' data-of="base"', ' data-of="sum"', ' data-of="cell"'


def amount(cents: int, of: str = "", anchor: str = "") -> str:
    """A cell of an explanation: an amount that is no figure of its own.

    `of` is one of the attributes above; `anchor` is the cell's id.
    """
    key = f' id="{anchor}"' if anchor else ""
    thousands = cents // 100_000
    if 0 < thousands < 1_000:  # nearly all, and there are hundreds: plain and grouped are written of the same digits
        first, digits, last = UP_TO_THREE[thousands], cents // 100 % 1_000, DECIMALS[cents % 100]
        return f'<td{key} data-share="{first}{THREE[digits]}{last}"{of}>{first}{COMMA_THREE[digits]}{last}</td>'
    # numbers are what cells of an explanation hold: no word for those above zero
    kind = ' class="negative"' if cents < 0 else ""
    return f'<td{key}{kind} data-share="{plain_usd(cents)}"{of}>{format_usd(cents)}</td>'


def linked(figure: Figure, shown: str) -> str:
    """What is shown of a figure, leading to its explanation."""
    return f'<a href="{escape(figure.link)}">{shown}</a>' if figure.link else shown


def figure_text(figure: Figure, texts: Texts) -> str:
    """A figure that changed: the value in an element of its own, the earlier one beside it."""
    was = escape(texts("page.changed_was", before=figure.before_text))
    shown = linked(figure, figure.text)
    return f'<span{data(figure)}>{shown}</span><span class="was" data-before="{figure.before}">{was}</span>'
