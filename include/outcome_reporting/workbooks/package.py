"""The parts of a workbook that goes back: the user's own as they are, some changed, some added, some left out.

Parts are edited as the bytes they are. To take the XML apart and put it together again would lose what only Excel
knows of, such as its names for further namespaces.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from outcome_reporting.workbooks.saying import ANSWER_SHEET
from outcome_reporting.workbooks.scan import list_sheets, parse_relationships, relations_part, workbook_part
from outcome_reporting.workbooks.zip_parts import inflated
from outcome_reporting.workbooks.zip_writer import ZipWriter

DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = b"http://purl.oclc.org/ooxml/"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = {
    "worksheet": f"{_SHEET_ML}.worksheet+xml",
    "comments": f"{_SHEET_ML}.comments+xml",
    "styles": f"{_SHEET_ML}.styles+xml",
    "sharedStrings": f"{_SHEET_ML}.sharedStrings+xml",
    "vmlDrawing": "application/vnd.openxmlformats-officedocument.vmlDrawing",
}
_BOOK, _CONTENT_TYPES = "xl/workbook.xml", "[Content_Types].xml"
_MACROS = ("vbaProject", "vbaProjectSignature", "origin")  # a signature is not true of a changed file

_ROOT = re.compile(rb"<(?![?!])(?:([\w.-]+):)?[\w.-]+")
_DECLARED = re.compile(rb"""\s*<\?xml(?:[^>]*?\sencoding=["']([\w.-]+)["'])?[^>]*\?>\s*""")
_SHEETS = re.compile(rb"<(?:\w+:)?sheets(?:\s[^>]*)?>")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?(?:/>|>\s*</(?:\w+:)?sheet>)")
_ACTIVE = re.compile(rb"""(<(?:\w+:)?workbookView\b[^>]*?)\s(?:activeTab|firstSheet)=["'][^"']*["']""")
_DEFINED = re.compile(rb"<(?:\w+:)?definedName\s[^>]*>.*?</(?:\w+:)?definedName>", re.DOTALL)
_OF_SHEET = re.compile(rb"""(\slocalSheetId=["'])(\d+)""")
_NO_NAMES = re.compile(rb"<(?:\w+:)?definedNames\s*>\s*</(?:\w+:)?definedNames>")
_OVERRIDE = rb"""<(?:\w+:)?Override\s[^>]*?PartName=["']/%s["'][^>]*?/>"""
_MAIN_TYPE = re.compile(rb"application/vnd\.(?:ms-excel|openxmlformats)[\w.-]*\.(?:sheet|template)[\w.]*\.main\+xml")


class Unmarkable(Exception):
    """Raised when a workbook is written in a way that cannot be marked; its cells are then copied."""


def utf8(data: bytes) -> bytes:
    """The same XML in UTF-8, whatever it is written in."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16").encode()
        declared = _DECLARED.match(data)
        return DECLARATION + data[declared.end() if declared else 0 :]
    data = data.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(data)
    if declared and declared[1] and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        return DECLARATION + data[declared.end() :].decode(declared[1].decode()).encode()
    return data


def prefix_of(data: bytes) -> str:
    """What stands before the names of a part's elements: nothing, or such as `x:`."""
    root = _ROOT.search(data)
    return f"{root[1].decode()}:" if root and root[1] else ""


def appended(data: bytes, inner: str) -> bytes:
    """With further elements at the end of the root."""
    end = data.rfind(b"</")
    if end < 0:
        raise Unmarkable
    return data[:end] + inner.encode() + data[end:]


class Package:
    """The parts of a workbook by name, and its worksheets: `sheets` are (name, part) in their order.

    Without an archive it begins as a workbook without a sheet. The list of an earlier answer is taken out.
    """

    def __init__(self, archive: zipfile.ZipFile | None = None) -> None:
        self.archive = archive
        self._new: dict[str, Iterable[bytes]] = {}
        self._removed: set[str] = set()
        self.sheets: list[tuple[str, str]] = []
        if archive is None:
            self.book = _BOOK
            self._begin()
        else:
            self.book = workbook_part(archive, set(archive.namelist()))
            self._take_over()
        self.styles = self.related(self.book, "styles") or self._add_styles()

    # ---------------------------------------------------------------------------------------------------- parts

    def has(self, name: str) -> bool:
        is_old = self.archive is not None and name in self.archive.NameToInfo and name not in self._removed
        return name in self._new or is_old

    def read(self, name: str) -> bytes:
        if name in self._new:
            return b"".join(self._new[name])
        assert self.archive is not None
        return utf8(inflated(self.archive, name))

    def put(self, name: str, data: Iterable[bytes]) -> None:
        """`data` in pieces. What is put last is written last: pieces may be made from those of the parts before."""
        self._new.pop(name, None)
        self._new[name] = data

    def add(self, form: str, kind: str, data: Iterable[bytes], owner: str) -> tuple[str, str]:
        """A new part named after a form such as `xl/comments{}.xml`, to which `owner` refers: its name and the id of
        the reference."""
        name = next(name for number in count(1) if not self.has(name := form.format(number if number > 1 else "")))
        self.put(name, data)
        types = self.read(_CONTENT_TYPES)
        declared = f'<{prefix_of(types)}Override PartName="/{name}" ContentType="{_TYPES[kind]}"/>'
        self.put(_CONTENT_TYPES, [appended(types, declared)])
        return name, self._relate(owner, name, kind)

    def related(self, owner: str, kind: str) -> str | None:
        """The part of a kind that a part refers to."""
        targets = (target for sort, target in self.relations(owner).values() if sort == kind)
        return next((target for target in targets if self.has(target)), None)

    def relations(self, owner: str) -> dict[str, tuple[str, str]]:
        """Id -> (kind, part)."""
        path = relations_part(owner)
        return parse_relationships(self.read(path), owner) if self.has(path) else {}

    def _relate(self, owner: str, name: str, kind: str) -> str:
        path, taken = relations_part(owner), self.relations(owner)
        bare = f'<Relationships xmlns="{_PACKAGE}/relationships"></Relationships>'.encode()
        data = self.read(path) if self.has(path) else DECLARATION + bare
        if data.rstrip().endswith(b"/>"):  # a list without an entry
            data = DECLARATION + bare
        identity = next(f"rId{number}" for number in count(1) if f"rId{number}" not in taken)
        words = f'Id="{identity}" Type="{RELATIONS}/{kind}" Target="/{name}"'
        self.put(path, [appended(data, f"<{prefix_of(data)}Relationship {words}/>")])
        return identity

    def _drop(self, owner: str, identity: str) -> None:
        """Takes out a part and the reference to it."""
        _, name = self.relations(owner)[identity]
        found = rb"""<(?:\w+:)?Relationship\s[^>]*?\bId=["']%s["'][^>]*?/>""" % re.escape(identity.encode())
        self.put(relations_part(owner), [re.sub(found, b"", self.read(relations_part(owner)))])
        if self.has(name):
            self._removed |= {name, relations_part(name)}
            types = re.sub(_OVERRIDE % re.escape(name.encode()), b"", self.read(_CONTENT_TYPES))
            self.put(_CONTENT_TYPES, [types])

    # ------------------------------------------------------------------------------------------------- the book

    def _begin(self) -> None:
        main = f'<Override PartName="/{_BOOK}" ContentType="{_SHEET_ML}.sheet.main+xml"/>'
        defaults = (
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
        )
        types = f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{main}</Types>'
        book = (
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><bookViews><workbookView/></bookViews>'
            "<sheets></sheets></workbook>"
        )
        self.put(_CONTENT_TYPES, [DECLARATION, types.encode()])
        self.put(self.book, [DECLARATION, book.encode()])
        self._relate("", self.book, "officeDocument")

    def _add_styles(self) -> str:
        plain = (
            f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        )
        return self.add("xl/styles{}.xml", "styles", [DECLARATION, plain.encode()], self.book)[0]

    def _take_over(self) -> None:
        """Notes the sheets; takes out macros, which are not run from an xlsx, and an earlier list of what to fix."""
        for owner in ("", self.book):
            for identity, (kind, _) in self.relations(owner).items():
                if kind in _MACROS:
                    self._drop(owner, identity)
        types = _MAIN_TYPE.sub(f"{_SHEET_ML}.sheet.main+xml".encode(), self.read(_CONTENT_TYPES))
        self.put(_CONTENT_TYPES, [types])
        book = self.read(self.book)
        if _STRICT in book:  # its parts bear other names throughout
            raise Unmarkable
        root = ElementTree.fromstring(book)
        identities = {part: identity for identity, (_, part) in self.relations(self.book).items()}
        listed = list_sheets(root, self.relations(self.book), {part for part in identities if self.has(part)})
        self.sheets = [(sheet.name, sheet.part) for sheet in listed if sheet.name != ANSWER_SHEET]
        if not self.sheets:
            raise Unmarkable
        for sheet in listed:
            if sheet.name == ANSWER_SHEET:
                self._forget_sheet(identities[sheet.part])
                self._drop(self.book, identities[sheet.part])

    def _forget_sheet(self, identity: str) -> None:
        book = self.read(self.book)
        entries = _SHEET.findall(book)
        place = next(n for n, entry in enumerate(entries) if re.search(rb"""["']%s["']""" % identity.encode(), entry))
        self.put(self.book, [_renumbered(book.replace(entries[place], b"", 1), place, -1)])

    def add_sheet(self, name: str, data: Iterable[bytes], is_first: bool = False) -> str:
        """A worksheet, as the last or the first; the first is the one that opens."""
        part, relation = self.add("xl/worksheets/intake{}.xml", "worksheet", data, self.book)
        book = self.read(self.book)
        used = [int(node.get("sheetId", "0")) for node in ElementTree.fromstring(book).iterfind("{*}sheets/{*}sheet")]
        entry = (
            f'<{prefix_of(book)}sheet name={quoteattr(name)} sheetId="{max(used, default=0) + 1}" '
            f'xmlns:rel="{RELATIONS}" rel:id="{relation}"/>'
        ).encode()
        opened = _SHEETS.search(book)
        if opened is None:
            raise Unmarkable
        if is_first:
            book = _renumbered(book[: opened.end()] + entry + book[opened.end() :], -1, 1)
            while _ACTIVE.search(book):
                book = _ACTIVE.sub(rb"\1", book)
        else:
            end = book.index(b"</", list(_SHEET.finditer(book, opened.end()))[-1].end() if used else opened.end())
            book = book[:end] + entry + book[end:]
        self.put(self.book, [book])
        self.sheets.insert(0 if is_first else len(self.sheets), (name, part))
        return part

    # -------------------------------------------------------------------------------------------------- writing

    def write(self, out: Path) -> None:
        """Parts that stay as they were are copied as they are packed; those made last come last."""
        with out.open("wb") as stream:
            writer = ZipWriter(stream)
            # its list of contents first: programs look there for what it is
            writer.add(_CONTENT_TYPES, self._new[_CONTENT_TYPES])
            archive = self.archive
            for entry in archive.NameToInfo.values() if archive else ():
                if archive and entry.filename not in self._new and self.has(entry.filename) and not entry.is_dir():
                    writer.copy(archive, entry)
            for name, data in self._new.items():
                if name != _CONTENT_TYPES:
                    writer.add(name, data)
            writer.close()


def _renumbered(book: bytes, removed: int, step: int) -> bytes:
    """Names that belong to one sheet say which by its place: without those of the removed one, later ones moved."""

    def moved(name: re.Match[bytes]) -> bytes:
        place = _OF_SHEET.search(name[0])
        if place is None or int(place[2]) < removed:
            return name[0]
        if int(place[2]) == removed:
            return b""
        return _OF_SHEET.sub(lambda found: found[1] + str(int(found[2]) + step).encode(), name[0])

    return _NO_NAMES.sub(b"", _DEFINED.sub(moved, book))
