"""The cell styles of a workbook that goes back: its own, each again with the colour of a mark, and those of the list.

A mark is a style of its own: the cell's, with another fill and edge. So the cells of an earlier answer are found by
their style alone, and lose their colour together when that style loses it.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.package import Unmarkable, prefix_of

_XF = r"<{p}xf(?:\s[^>]*?)?(?:/>|(?<!/)>.*?</{p}xf>)"
_SECTIONS = ("fonts", "fills", "borders", "cellXfs")
_HEAD = re.compile(r"<(?:\w+:)?xf([^>]*?)/?>")


def fill_of(colour: str) -> str:
    return f'<fill><patternFill patternType="solid"><fgColor rgb="00{colour}"/></patternFill></fill>'


def _edges(colour: str) -> str:
    sides = "".join(
        f'<{side} style="medium"><color rgb="00{colour}"/></{side}>' for side in ("left", "right", "top", "bottom")
    )
    return f"<border>{sides}<diagonal/></border>"


class CellStyles:
    """The part `styles.xml`, to which styles are added; `part` gives it with them."""

    def __init__(self, part: bytes) -> None:
        self._text = part.decode()
        self.prefix = prefix_of(part)
        root = ElementTree.fromstring(part)
        self._counts = {name: len(root.findall(f"{{*}}{name}/*")) for name in _SECTIONS}
        self._added: dict[str, list[str]] = {name: [] for name in _SECTIONS}
        self._xfs = re.findall(_XF.format(p=self.prefix), self._section("cellXfs")[2], re.DOTALL)
        if not all(self._counts.values()) or len(self._xfs) != self._counts["cellXfs"]:
            raise Unmarkable
        self._clear(root)
        self._marked: dict[tuple[int, str], int] = {}
        self._looks = {
            severity: (self.add("fills", fill_of(fill)), self.add("borders", _edges(edge)))
            for severity, (_, fill, edge) in look.COLOURS.items()
        }

    def _section(self, name: str) -> tuple[str, str, str, str]:
        """What comes before a collection, its opening tag, its content, and what comes after."""
        form = rf"(.*?)(<{self.prefix}{name}(?:\s[^>]*)?>)(.*?)(</{self.prefix}{name}>.*)"
        found = re.fullmatch(form, self._text, re.DOTALL)
        if found is None:
            raise Unmarkable
        before, opened, content, after = found.groups()
        return before, opened, content, after

    def _clear(self, root: ElementTree.Element) -> None:
        """Takes the colours of an earlier answer away."""
        fills = {f"{fill}" for _, fill, _ in look.COLOURS.values()}
        edges = {f"{edge}" for _, _, edge in look.COLOURS.values()}
        ours_filled = {
            number
            for number, fill in enumerate(root.iterfind("{*}fills/{*}fill"))
            if any(_rgb(colour) in fills for colour in fill.iterfind("{*}patternFill/{*}fgColor"))
        }
        ours_edged = {
            number
            for number, border in enumerate(root.iterfind("{*}borders/{*}border"))
            if any(_rgb(colour) in edges and side.get("style") == "medium" for side in border for colour in side)
        }
        for number, xf in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
            if int(xf.get("fillId", "0")) in ours_filled and int(xf.get("borderId", "0")) in ours_edged:
                self._xfs[number] = _changed(self._xfs[number], fillId=0, borderId=0)

    def add(self, section: str, element: str) -> int:
        """The number of a new font, fill, border or cell style, written without a prefix."""
        if self.prefix:
            element = re.sub(r"<(/?)(\w)", rf"<\1{self.prefix}\2", element)
        self._added[section].append(element)
        return self._counts[section] + len(self._added[section]) - 1

    def marked(self, style: int, severity: str) -> int:
        """A cell style with the colours of a severity."""
        key = (style if style < len(self._xfs) else 0, severity)
        if key not in self._marked:
            fill, border = self._looks[severity]
            copy = _changed(self._xfs[key[0]], fillId=fill, borderId=border, applyFill=1, applyBorder=1)
            self._added["cellXfs"].append(copy)
            self._marked[key] = self._counts["cellXfs"] + len(self._added["cellXfs"]) - 1
        return self._marked[key]

    def formatted(self, number_format: int) -> int:
        """A plain cell style with one of the number formats that every program has."""
        words = f'numFmtId="{number_format}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
        self._xfs.append(f"<{self.prefix}xf {words}/>")
        self._counts["cellXfs"] += 1
        return len(self._xfs) - 1

    def part(self) -> bytes:
        for name in _SECTIONS:
            before, opened, content, after = self._section(name)
            inner = "".join(self._xfs) if name == "cellXfs" else content
            opened = re.sub(r'\scount="\d+"', f' count="{self._counts[name] + len(self._added[name])}"', opened)
            self._text = "".join((before, opened, inner, *self._added[name], after))
            self._added[name] = []
        return self._text.encode()


def _rgb(colour: ElementTree.Element) -> str:
    return colour.get("rgb", "")[-6:].upper()


def _changed(xf: str, **attributes: int) -> str:
    """A cell style with other values of some attributes."""
    head = _HEAD.match(xf)
    assert head
    words = head[1]
    for name, value in attributes.items():
        words = re.sub(rf'\s{name}=["\'][^"\']*["\']', "", words) + f' {name}="{value}"'
    return xf[: head.start(1)] + words + xf[head.end(1) :]
