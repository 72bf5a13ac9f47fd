"""Looks at a workbook's container before any reader does, and names what readers lose in silence.

A small file can ask a reader for more memory than there is, and readers turn `#REF!` and formulas without a
stored value into empty cells. So the parts are inflated once here, within limits. A sheet as programs write it is
taken apart at once (`cells`): where its cells stand and what they hold is then known, and no reader need open it.
Any other sheet is searched as bytes.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from xml.etree import ElementTree

import numpy as np

from outcome_reporting.domain.finding import Finding
from outcome_reporting.workbooks.cells import Cells, cells_of_sheet
from outcome_reporting.workbooks.limits import Limits
from outcome_reporting.workbooks.number_formats import date_styles
from outcome_reporting.workbooks.saying import say
from outcome_reporting.workbooks.shared_strings import shared_texts
from outcome_reporting.workbooks.sniff import FileKind
from outcome_reporting.workbooks.texts import Texts, UnusualXml
from outcome_reporting.workbooks.zip_parts import inflated

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384


@dataclass(slots=True)
class SheetScan:
    """One worksheet: where it stands in the zip and what its cells hold.

    `error_cells` are (cell, text), `unvalued_cells` formulas without a stored value. `cells` is None where the
    sheet is written in a way that a whole reader must read.
    """

    name: str
    part: str
    state: str = "visible"
    cells: Cells | None = None
    error_cells: list[tuple[str, str]] = field(default_factory=list)
    unvalued_cells: list[str] = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        return self.state != "visible"


@dataclass(slots=True)
class Scan:
    """A container's verdict: with an error among `findings` no reader may touch it."""

    findings: list[Finding] = field(default_factory=list)
    sheets: list[SheetScan] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return any(finding.is_error for finding in self.findings)


class _Refusal(Exception):
    """Raised inside this module with the finding that ends the scan."""

    def __init__(self, rule: str, message: str, **place) -> None:
        super().__init__(message)
        self.rule, self.place = rule, place


_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ERROR_CELL = re.compile(rb"""\bt\s*=\s*["']e["']""")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)["']""")
_ANY_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]+)(\d+)["']""")
_CELL = re.compile(
    rb"""<(?P<p>\w+:)?c\s(?P<attributes>[^>]*?)(?:/>|(?<!/)>(?P<inner>.*?)</(?P=p)?c>)""".replace(
        b"(?P=p)?", rb"(?:\w+:)?"
    ),
    re.DOTALL,
)
_REFERENCE = re.compile(rb"""\br=["']([A-Z]+\d+)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]+)</(?:\w+:)?v>")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


def _read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    data = inflated(archive, name)
    if name.lower().endswith((".xml", ".rels", ".vml")):
        _refuse_declarations(name, data)
    return data


def _refuse_declarations(part: str, data: bytes) -> None:
    text = data.decode("utf-16", "replace").encode() if data[:2] in _UTF16 else data
    if b"!" in text and _FORBIDDEN.search(text):  # mostly it does not stand there at all, and is soon looked for
        raise _Refusal("unsafe_file", f"The part {part} declares a document type or an entity")


def _check_sizes(archive: zipfile.ZipFile, limits: Limits) -> None:
    entries = archive.infolist()
    if len(entries) > limits.max_entries:
        raise _Refusal("file_too_large", f"It has {len(entries):,} parts; {limits.max_entries:,} are read")
    inflated = sum(entry.file_size for entry in entries)
    if inflated > limits.max_inflated_bytes:
        mebibytes = f"{inflated / 1024**2:,.0f} MiB unpacked; {limits.max_inflated_bytes / 1024**2:,.0f} MiB are read"
        raise _Refusal("file_too_large", f"It would be {mebibytes}")
    if any(entry.flag_bits & 1 for entry in entries):
        raise _Refusal("protected_file", "Parts of the file are encrypted")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _box_of_cells(cells: Cells) -> tuple[int, int, int, int]:
    """First and last row, first and last column (from 1) of the cells with a value."""
    if not len(cells.row):
        return 1, 1, 1, 1
    return int(cells.row[0]), int(cells.row[-1]), int(cells.column.min()) + 1, int(cells.column.max()) + 1


def _box_of_text(data: bytes) -> tuple[int, int, int, int]:
    """The same of all addresses that stand in a sheet."""
    letters: set[bytes] = set()
    digits = set(_ROW_NUMBER.findall(data))
    for address in _ANY_CELL.finditer(data):  # one by one: all of them at once fill a gigabyte
        letters.add(address[1])
        digits.add(address[2])
    columns = {_column_number(each) for each in letters} or {1}
    rows = {int(number) for number in digits} or {1}
    return min(rows), max(rows), min(columns), max(columns)


def _check_box(sheet: str, box: tuple[int, int, int, int], limits: Limits) -> None:
    """Refuses cells outside the grid and a box too large to hold."""
    first_row, last_row, first_column, last_column = box
    if last_row > MAX_ROWS or last_column > MAX_COLUMNS:
        raise _Refusal("unsafe_file", "A cell lies outside XFD1048576, the last one that a sheet has", sheet=sheet)
    cells = (last_row - first_row + 1) * (last_column - first_column + 1)
    if cells > limits.max_cells:
        message = f"Its filled cells span {cells:,} places; {limits.max_cells:,} are read"
        raise _Refusal("file_too_large", message, sheet=sheet)


def _note_odd_cells(sheet: SheetScan, data: bytes) -> None:
    """Fills `error_cells` and `unvalued_cells`; cell by cell, so called only on a hit."""
    for match in _CELL.finditer(data):
        attributes, inner = match["attributes"], match["inner"] or b""
        is_error = b't="e"' in attributes or b"t='e'" in attributes
        is_formula = _FORMULA.search(inner) is not None
        if not (is_error or is_formula):
            continue
        reference = _REFERENCE.search(attributes)
        cell = reference[1].decode() if reference else "?"
        value = _VALUE.search(inner)
        if is_error:
            sheet.error_cells.append((cell, value[1].decode("utf-8", "replace") if value else "#ERROR"))
        elif value is None and b't="str"' not in attributes:
            sheet.unvalued_cells.append(cell)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the cells of a workbook point at: its shared strings and which of its styles show dates."""

    texts: Texts
    styles: np.ndarray


def _scan_sheet(sheet: SheetScan, data: bytes, tables: _Tables | None, limits: Limits) -> None:
    with contextlib.suppress(UnusualXml):
        if tables is not None:
            sheet.cells = cells_of_sheet(data, tables.texts, tables.styles)
    if sheet.cells is not None:
        _check_box(sheet.name, _box_of_cells(sheet.cells), limits)
        sheet.error_cells, sheet.unvalued_cells = sheet.cells.errors, sheet.cells.unvalued
        return
    _refuse_declarations(sheet.part, data)
    _check_box(sheet.name, _box_of_text(data), limits)
    if _ERROR_CELL.search(data) or _FORMULA.search(data):
        _note_odd_cells(sheet, data)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def relations_part(part: str) -> str:
    """Where the relationships of a part stand; those of the whole container for an empty name."""
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def parse_relationships(data: bytes, part: str) -> dict[str, tuple[str, str]]:
    """Relationship id -> (last word of its type, path of the part) of a part."""
    folder = posixpath.dirname(part)
    found = {}
    for node in ElementTree.fromstring(data):
        target = node.get("Target", "")
        full = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[node.get("Id", "")] = (node.get("Type", "").rpartition("/")[2], full)
    return found


def relationships(archive: zipfile.ZipFile, names: set[str], part: str) -> dict[str, tuple[str, str]]:
    """The same of a part of an archive."""
    path = relations_part(part)
    return parse_relationships(_read_part(archive, path), part) if path in names else {}


def workbook_part(archive: zipfile.ZipFile, names: set[str]) -> str:
    for kind, path in relationships(archive, names, "").values():
        if kind == "officeDocument" and path in names:
            return path
    if "xl/workbook.xml" in names:
        return "xl/workbook.xml"
    raise _Refusal("unreadable_file", "The file has no workbook inside")


def list_sheets(root, relations: dict[str, tuple[str, str]], names: set[str]) -> list[SheetScan]:
    sheets = []
    for node in root.iter():
        if _local(node.tag) != "sheet":
            continue
        identity = next((value for key, value in node.attrib.items() if _local(key) == "id"), "")
        kind, part = relations.get(identity, ("", ""))
        if kind == "worksheet" and part in names:
            sheets.append(SheetScan(node.get("name", ""), part, node.get("state", "visible")))
    return sheets


def _scan_xlsx(archive: zipfile.ZipFile, scan: Scan, file_name: str, limits: Limits) -> None:
    names = set(archive.namelist())
    book = workbook_part(archive, names)
    root = ElementTree.fromstring(_read_part(archive, book))
    relations = relationships(archive, names, book)
    scan.sheets = list_sheets(root, relations, names)
    if any("/externallinks/" in name.lower() for name in names):
        scan.findings.append(say("external_links", file_name))
    parts = {sheet.part for sheet in scan.sheets}
    others = [name for name in names - parts if name.lower().endswith((".xml", ".rels", ".vml"))]
    read = {name: _read_part(archive, name) for name in others}
    part_of = dict(relations.values())
    tables = _tables(read.get(part_of.get("sharedStrings", ""), b""), read.get(part_of.get("styles", ""), b""))
    if any(_is_1904(node) for node in root.iter()):
        scan.findings.append(say("date_1904", file_name))
        tables = None  # its dates are counted in another way
    for sheet in scan.sheets:
        _scan_sheet(sheet, inflated(archive, sheet.part), tables, limits)


def _is_1904(node) -> bool:
    return _local(node.tag) == "workbookPr" and node.get("date1904", "0").lower() in ("1", "true", "on")


def _tables(shared_strings: bytes, styles: bytes) -> _Tables | None:
    """None when they are written in a way that a whole reader must read."""
    try:
        return _Tables(shared_texts(shared_strings), date_styles(styles))
    except (UnusualXml, ElementTree.ParseError, LookupError, ValueError):
        return None


def _scan_zip(content: bytes, kind: FileKind, scan: Scan, file_name: str, limits: Limits) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        _check_sizes(archive, limits)
        if kind in (FileKind.XLSX, FileKind.XLSM):
            _scan_xlsx(archive, scan, file_name, limits)
        else:
            for name in archive.namelist():
                _read_part(archive, name)
        if any(name.lower().endswith("vbaproject.bin") for name in archive.namelist()):
            scan.findings.append(say("has_macros", file_name))


def scan(content: bytes, kind: FileKind, file_name: str, limits: Limits) -> Scan:
    """What the container of a workbook holds; the findings name what must not be read, and what was noticed."""
    result = Scan()
    if kind in (FileKind.CSV, FileKind.XLS, FileKind.UNKNOWN):
        return result
    try:
        _scan_zip(content, kind, result, file_name, limits)
    except _Refusal as refusal:
        result.findings.append(say(refusal.rule, file_name, str(refusal), **refusal.place))
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, EOFError):
        message = "The file is damaged: a part of it cannot be unpacked"
        result.findings.append(say("unreadable_file", file_name, message))
    except (NotImplementedError, RuntimeError, UnicodeError, LookupError, ValueError):
        result.findings.append(say("unreadable_file", file_name, "The file is packed in a way that is not read"))
    return result
