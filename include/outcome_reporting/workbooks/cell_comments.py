"""Comments at cells of a workbook that goes back, beside those that people have written there.

A comment is told twice in a workbook: its words in one part, its box in a drawing in an old language (VML) that
programs still ask for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from outcome_reporting.workbooks.answer import column_number
from outcome_reporting.workbooks.package import DECLARATION, MAIN, Package, appended, prefix_of
from outcome_reporting.workbooks.saying import column_letter

AUTHOR = "Intake"
_COMMENT = re.compile(r"<(?:\w+:)?comment\s([^>]*)>.*?</(?:\w+:)?comment>", re.DOTALL)
_AUTHORS_END = re.compile(r"</(?:\w+:)?authors>|<(?:\w+:)?authors\s*/>")
_LIST_END = re.compile(r"</(?:\w+:)?commentList>|<(?:\w+:)?commentList\s*/>")
_TEXT_END = re.compile(r"</(?:\w+:)?text>|<(?:\w+:)?text\s*/>")
_REF, _BY = re.compile(r"""\bref=["']([A-Z]+)(\d+)["']"""), re.compile(r"""\bauthorId=["'](\d+)["']""")
_SHAPE = re.compile(rb"<(?:\w+:)?shape\s.*?</(?:\w+:)?shape>", re.DOTALL)
_SHAPE_ROW, _SHAPE_COLUMN = (re.compile(rb"<(?:\w+:)?%s>(\d+)</" % name) for name in (b"Row", b"Column"))
_ADDED = "\n\n— Intake —\n"  # begins what is added to a comment of somebody else
_TEXT_ADDED = re.compile(r"\s*— Intake —\s[^<]*")
_EMPTY = f'<comments xmlns="{MAIN}"><authors></authors><commentList></commentList></comments>'
_NAMES = (
    ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_DRAWING = (
    b"<xml%s>" % _NAMES.encode() + b'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    b'<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>'
)
_BOX = (
    '<v:shape{names} id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;'
    'margin-top:2pt;width:{width}pt;height:{height}pt;z-index:1;visibility:hidden" fillcolor="#fffbe6" '
    'o:insetmode="auto">'
    '<v:fill color2="#fffbe6"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill>'
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_WIDTH, _LINE, _MOST_LINES = 285, 13, 20  # points
_LETTERS = 58  # about, in a line of that width


class Comments:
    """The comments of one worksheet. Those of an earlier answer are gone."""

    def __init__(self, package: Package, sheet: str, drawing: str = "") -> None:
        """`drawing` is the id by which the sheet refers to the one of its comments; another may hold page headers."""
        self.package, self.sheet = package, sheet
        self.part: str | None = package.related(sheet, "comments")
        self.drawing: str | None = package.relations(sheet).get(drawing, ("", None))[1]
        self.words = package.read(self.part).decode() if self.part else _EMPTY
        self.shapes = package.read(self.drawing) if self.drawing else _DRAWING
        self._take_out_old()

    def _take_out_old(self) -> None:
        if not self.part:
            return
        ours = {str(n) for n, name in enumerate(self._authors()) if name == AUTHOR}
        gone: set[tuple[int, int]] = set()

        def kept(comment: re.Match[str]) -> str:
            by, ref = _BY.search(comment[1]), _REF.search(comment[1])
            if by is None or ref is None or by[1] not in ours:
                return _TEXT_ADDED.sub("", comment[0])
            gone.add((int(ref[2]), column_number(ref[1])))
            return ""

        before, self.words = self.words, _COMMENT.sub(kept, self.words)
        if gone:
            self.shapes = _SHAPE.sub(lambda shape: b"" if _place_of(shape[0]) in gone else shape[0], self.shapes)
        if before != self.words:
            self._store()

    def _authors(self) -> list[str]:
        root = ElementTree.fromstring(self.words.encode())
        return [node.text or "" for node in root.iterfind("{*}authors/{*}author")]

    def add(self, texts: Mapping[tuple[int, int], str]) -> str | None:
        """Comments by row and column (from 1). Gives the id of a drawing to which the sheet does not yet refer."""
        prefix, theirs = prefix_of(self.words.encode()), self._by_place()
        authors = self._authors()
        author = authors.index(AUTHOR) if AUTHOR in authors else len(authors)
        if author == len(authors):
            self.words = _before_end(self.words, _AUTHORS_END, f"<{prefix}author>{AUTHOR}</{prefix}author>")
        names = "" if all(name.encode() in self.shapes for name in _NAMES.split()) else _NAMES
        comments, boxes = [], []
        for number, ((row, column), text) in enumerate(sorted(texts.items()), self._free_shape()):
            run = f'<{prefix}t xml:space="preserve">{{}}</{prefix}t>'
            if (row, column) in theirs:
                own = theirs[row, column]
                added = f"<{prefix}r>{run.format(escape(_ADDED + text))}</{prefix}r>"
                self.words = self.words.replace(own, _before_end(own, _TEXT_END, added), 1)
                continue
            words = f"<{prefix}text>{run.format(escape(text))}</{prefix}text>"
            comments.append(
                f'<{prefix}comment ref="{column_letter(column - 1)}{row}" authorId="{author}">{words}</{prefix}comment>'
            )
            lines = sum(1 + len(line) // _LETTERS for line in text.splitlines())
            height = _LINE * (2 + min(lines, _MOST_LINES))
            size = {"width": _WIDTH, "height": height}
            boxes.append(_BOX.format(names=names, number=number, row=row - 1, column=column - 1, **size))
        self.words = _before_end(self.words, _LIST_END, "".join(comments))
        self.shapes = appended(self.shapes, "".join(boxes))
        return self._store()

    def _by_place(self) -> dict[tuple[int, int], str]:
        found = ((ref, comment[0]) for comment in _COMMENT.finditer(self.words) if (ref := _REF.search(comment[1])))
        return {(int(ref[2]), column_number(ref[1])): whole for ref, whole in found}

    def _free_shape(self) -> int:
        """Shapes have numbers; those that the drawing has are left alone."""
        used = [int(number) for number in re.findall(rb'id="_x0000_s(\d+)"', self.shapes)]
        return max([1024, *used]) + 1

    def _store(self) -> str | None:
        if self.part:
            self.package.put(self.part, [self.words.encode()])
        else:
            data = [DECLARATION, self.words.encode()]
            self.part, _ = self.package.add("xl/commentsIntake{}.xml", "comments", data, self.sheet)
        if self.drawing:
            self.package.put(self.drawing, [self.shapes])
            return None
        form = "xl/drawings/vmlDrawingIntake{}.vml"
        self.drawing, identity = self.package.add(form, "vmlDrawing", [self.shapes], self.sheet)
        return identity


def _before_end(text: str, end: re.Pattern[str], inner: str) -> str:
    """With more before a closing tag, the last one that there is; or inside the only tag of an empty element."""
    found = list(end.finditer(text))[-1]
    tag = found[0]
    if tag.startswith("</"):
        return text[: found.start()] + inner + text[found.start() :]
    name = tag[1:-2].strip()
    return f"{text[: found.start()]}<{name}>{inner}</{name}>{text[found.end() :]}"


def _place_of(shape: bytes) -> tuple[int, int] | None:
    row, column = _SHAPE_ROW.search(shape), _SHAPE_COLUMN.search(shape)
    return (int(row[1]) + 1, int(column[1]) + 1) if row and column else None
