"""The explanations of a page of sources, found again by the anchors of their figures."""

from __future__ import annotations

import re
from html import unescape

_BODY = re.compile(r'<tbody id="([^"]+)">(.*?)</tbody>', re.S)


_SIDE_BY_SIDE = re.compile(r"<tbody>(<tr class=\"of\">.*?)</tbody>", re.S)
_AMOUNT = re.compile(r"<td(?: [^>]*)?>[^<]*</td>")


def explanations(html: str) -> dict[str, str]:
    """Anchor -> row group; of figures that stand side by side each has the rows with its own column of amounts."""
    found = {unescape(body[1]): body[2] for body in _BODY.finditer(html)}
    for body in _SIDE_BY_SIDE.findall(html):
        rows = re.findall(r"<tr.*?</tr>", body, re.S)
        anchors = re.findall(r'<td id="([^"]+)"', rows[-1])
        for place, anchor in enumerate(anchors):
            own = []
            for row in rows[1:]:
                amounts = _AMOUNT.findall(row)[-len(anchors) :]
                own.append(row.replace("".join(amounts), amounts[place]))
            found[unescape(anchor)] = rows[0] + "".join(own)
    return found
