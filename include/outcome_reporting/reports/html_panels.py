"""The explanation of a figure as a footnote panel: where it comes from, ending in its sum."""

from __future__ import annotations

from outcome_reporting.domain.money import format_usd, plain_usd

from .html_parts import escape
from .model import Panel
from .texts import Texts

_GROUPS_SHOWN = 25  # sources listed; the rest is one line with its sum
_LINES_SHOWN = 20


def panel_html(panel: Panel, texts: Texts) -> str:
    """Where a figure comes from, under its table: groups that end in the sum, then the largest cells."""
    back = f'<a href="#at-{panel.key}">{escape(texts("panel.back"))}</a>'
    parts = [
        f'<aside class="why" id="{panel.key}" aria-labelledby="{panel.key}-h">'
        f'<h3 id="{panel.key}-h"><span>{escape(panel.title)}</span>{back}</h3>',
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(texts("panel.caption"))}">',
        _panel_groups(panel, texts),
        _panel_lines(panel, texts),
        f"</div><p>{escape(texts('panel.id', id=panel.figure.id))}</p></aside>",
    ]
    return "".join(parts)


def _head(texts: Texts, *keys: str) -> str:
    first = f'<th scope="col">{escape(texts(keys[0]))}</th>'
    return first + "".join(f'<th scope="col" class="n">{escape(texts(key))}</th>' for key in keys[1:])


def _file(name: str) -> str:
    return escape(name).replace("_", "_<wbr>")


def _share(cents: int | None) -> str:
    if cents is None:
        return '<td class="n none">–</td>'
    negative = " negative" if cents < 0 else ""
    return f'<td class="n{negative}" data-share="{plain_usd(cents)}">{format_usd(cents)}</td>'


def _weight(weight: str) -> str:
    return f'<td class="n">{escape(weight)}\u00a0%</td>' if weight else '<td class="n none">–</td>'


def _panel_groups(panel: Panel, texts: Texts) -> str:
    groups = sorted(panel.explanation.groups, key=lambda group: -abs(group.share))
    rows = []
    for group in groups[:_GROUPS_SHOWN]:
        partner = group.partner or texts("panel.no_partner")
        where = escape(" · ".join(part for part in (group.sheet, group.output, group.fund, partner) if part))
        rows.append(
            f'<tr><th scope="row">{_file(group.file_name)}<span class="from">{where}</span></th>'
            f'<td class="n">{group.lines:,}</td>{_weight(group.weight_percent)}{_share(group.share)}</tr>'
        )
    rest = groups[_GROUPS_SHOWN:]
    if rest:
        more = escape(texts("panel.more", count=f"{len(rest):,}"))
        lines = sum(group.lines for group in rest)
        rows.append(
            f'<tr><th scope="row">{more}</th><td class="n">{lines:,}</td><td></td>'
            f"{_share(sum(group.share for group in rest))}</tr>"
        )
    total = f'<tr><th scope="row">{escape(texts("panel.total"))}</th><td></td><td></td>'
    total += f"{_share(sum(group.share for group in groups))}</tr>"
    head = _head(texts, "panel.source", "panel.lines", "panel.weight", "panel.sum")
    caption = f'<caption class="hidden">{escape(texts("panel.caption"))}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody><tfoot>{total}</tfoot></table>"


def _panel_lines(panel: Panel, texts: Texts) -> str:
    lines = panel.explanation.lines[:_LINES_SHOWN]
    if not lines:
        return ""
    rows = []
    for line in lines:
        amount = escape(f"{line.currency} {line.amount}")
        rate = f"{escape(line.rate)}<br>{escape(line.rate_date)}" if line.rate else "–"
        place = escape(f"{line.sheet} · {line.column}{line.row}")
        rows.append(
            f'<tr><th scope="row">{_file(line.file_name)}<span class="from">{place}</span></th>'
            f'<td class="n">{amount}</td><td class="n">{rate}</td>'
            f"{_weight(line.weight_percent)}{_share(line.share)}</tr>"
        )
    head = _head(texts, "panel.cell", "panel.amount", "panel.rate", "panel.weight", "panel.share")
    caption = f"<caption>{escape(texts('panel.largest'))}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
