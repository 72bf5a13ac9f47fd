"""The first rows of a worksheet, parsed from the start of its XML alone: enough to find the headings."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from xml.parsers import expat

HEAD_ROWS = 30
_CHUNK = 1 << 16


@dataclass(slots=True)
class HeadRow:
    """A row that has a value: its number in the sheet (from 1) and its texts by column (from 0)."""

    row_no: int
    cells: dict[int, str] = field(default_factory=dict)


class _Enough(Exception):
    """Raised out of the parser when no more of the part is needed."""


def _column_index(reference: str) -> int:
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter) - 64
    return number - 1


def _feed(content: bytes, part: str, parser) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive, archive.open(part) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk)
            parser.Parse(b"", True)
        except _Enough:
            pass


def _parser(start, end, text):
    """A parser that gives `start` and `end` the names of tags without their namespace."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    local = cache(lambda name: name.rpartition("}")[2])
    parser.StartElementHandler = lambda name, attributes: start(local(name), attributes)
    parser.EndElementHandler = lambda name: end(local(name))
    parser.CharacterDataHandler = text
    return parser


class _SheetHead:
    """Collects (column, kind, text) of the first rows that have a value."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.rows: list[tuple[int, list[tuple[int, str, str]]]] = []
        self.row_no, self.column = 0, -1
        self.kind, self.text, self.inside = "", "", False
        self.cells: list[tuple[int, str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self.row_no = int(attributes.get("r", self.row_no + 1))
            self.column, self.cells = -1, []
        elif name == "c":
            reference = attributes.get("r", "")
            self.column = _column_index(reference) if reference else self.column + 1
            self.kind, self.text = attributes.get("t", "n"), ""
        elif name in ("v", "t"):
            self.inside = True
        elif name == "rPh":
            self.kind = "phonetic" if self.kind != "inlineStr" else self.kind

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self.inside = False
        elif name == "c" and self.text:
            self.cells.append((self.column, self.kind, self.text))
        elif name == "row" and self.cells:
            self.rows.append((self.row_no, self.cells))
            if len(self.rows) >= self.limit:
                raise _Enough
        elif name == "sheetData":
            raise _Enough

    def characters(self, text: str) -> None:
        if self.inside:
            self.text += text


class _Strings:
    """Collects shared strings up to the last one that is needed."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.found: list[str] = []
        self.parts: list[str] = []
        self.inside = False
        self.phonetic = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.parts = []
        elif name == "rPh":
            self.phonetic += 1
        elif name == "t" and not self.phonetic:
            self.inside = True

    def end(self, name: str) -> None:
        if name == "t":
            self.inside = False
        elif name == "rPh":
            self.phonetic -= 1
        elif name == "si":
            self.found.append("".join(self.parts))
            if len(self.found) > self.last:
                raise _Enough

    def characters(self, text: str) -> None:
        if self.inside:
            self.parts.append(text)


def _shared_strings(content: bytes, part: str, last: int) -> list[str]:
    if not part or last < 0:
        return []
    strings = _Strings(last)
    _feed(content, part, _parser(strings.start, strings.end, strings.characters))
    return strings.found


def head_of_sheet(content: bytes, part: str, shared_strings_part: str, limit: int = HEAD_ROWS) -> list[HeadRow]:
    """The first `limit` rows with a value. Raises expat.ExpatError when the XML is damaged."""
    head = _SheetHead(limit)
    _feed(content, part, _parser(head.start, head.end, head.characters))
    indices = [int(text) for _, cells in head.rows for _, kind, text in cells if kind == "s" and text.isdigit()]
    strings = _shared_strings(content, shared_strings_part, max(indices, default=-1))
    rows = []
    for row_no, cells in head.rows:
        row = HeadRow(row_no)
        for column, kind, text in cells:
            if kind == "s":
                text = strings[int(text)] if text.isdigit() and int(text) < len(strings) else ""
            if text.strip():
                row.cells[column] = text
        if row.cells:
            rows.append(row)
    return rows
