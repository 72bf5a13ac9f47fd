"""What a file is, from its content alone: a name can say anything."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path


class FileKind(StrEnum):
    XLSX = "xlsx"
    XLSM = "xlsm"
    XLS = "xls"
    XLSB = "xlsb"
    ODS = "ods"
    CSV = "csv"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The kind, and for what cannot be read the rule that says so and what it looks like."""

    kind: FileKind
    rule: str = ""
    looks_like: str = ""


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
)
_ZIP = b"PK\x03\x04"
_LONGEST_MARK = 16
_TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _sniff_ole(content: bytes) -> Sniffed:
    if _utf16("EncryptedPackage") in content or _utf16("EncryptionInfo") in content:
        return Sniffed(FileKind.UNKNOWN, "protected_file", "a workbook with a password")
    if _utf16("Workbook") in content or _utf16("Book") in content:
        return Sniffed(FileKind.XLS)
    return Sniffed(FileKind.UNKNOWN, "unreadable_file", "an Office document that is not a workbook")


def _sniff_zip(content: bytes) -> Sniffed:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = set(archive.namelist())
            mimetype = archive.open("mimetype").read(200) if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, KeyError, EOFError):
        return Sniffed(FileKind.UNKNOWN, "unreadable_file", "a damaged or half-written workbook")
    if b"opendocument.spreadsheet" in mimetype:
        return Sniffed(FileKind.ODS)
    lowered = {name.lower().lstrip("/") for name in names}
    if any(name.startswith("xl/") and name.endswith("workbook.bin") for name in lowered):
        return Sniffed(FileKind.XLSB)
    if "[content_types].xml" in lowered and any(name.startswith("xl/") for name in lowered):
        has_macros = any(name.endswith("vbaproject.bin") for name in lowered)
        return Sniffed(FileKind.XLSM if has_macros else FileKind.XLSX)
    if "[content_types].xml" in lowered:
        return Sniffed(FileKind.UNKNOWN, "unreadable_file", "an Office document that is not a workbook")
    return Sniffed(FileKind.UNKNOWN, "unreadable_file", "an archive that is not a workbook")


def _sniff_text(content: bytes) -> Sniffed:
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        return Sniffed(FileKind.UNKNOWN, "unreadable_file", "a web page under the name of a spreadsheet")
    if start.startswith(b"<?xml"):
        return Sniffed(FileKind.UNKNOWN, "unreadable_file", "an XML document")
    if not content.startswith(_TEXT_MARKS) and b"\x00" in content[: 1 << 20]:
        return Sniffed(FileKind.UNKNOWN, "unreadable_file", "something other than a spreadsheet")
    return Sniffed(FileKind.CSV)


def sniff(content: bytes) -> Sniffed:
    """The kind of a file's bytes. An empty file is `unknown` with the rule `unreadable_file`."""
    if content.startswith(_ZIP):
        return _sniff_zip(content)
    if not content.strip(b"\x00 \r\n\t"):
        return Sniffed(FileKind.UNKNOWN, "unreadable_file", "an empty file")
    if content.startswith(_OLE):
        return _sniff_ole(content)
    for mark, name in _FOREIGN:
        if content.startswith(mark):
            return Sniffed(FileKind.UNKNOWN, "unreadable_file", name)
    return _sniff_text(content)


def may_be_tables(path: Path) -> bool:
    """A look at a file's ends, not at what is in it: false for what `sniff` is certain to refuse as no workbook."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_LONGEST_MARK)
            if start.startswith(_ZIP):
                return zipfile.is_zipfile(stream)  # half of a workbook has no directory at its end
    except OSError:
        return True  # whoever reads it will say so
    return bool(start) and not any(start.startswith(mark) for mark, _ in _FOREIGN)


_EXTENSIONS = {
    "xlsx": {FileKind.XLSX, FileKind.XLSM},
    "xlsm": {FileKind.XLSX, FileKind.XLSM},
    "xltx": {FileKind.XLSX, FileKind.XLSM},
    "xls": {FileKind.XLS},
    "xlsb": {FileKind.XLSB},
    "ods": {FileKind.ODS},
    "csv": {FileKind.CSV},
    "txt": {FileKind.CSV},
    "tsv": {FileKind.CSV},
}


def contradicts_name(kind: FileKind, file_name: str) -> bool:
    """Whether the ending of the name promises another kind than the content is."""
    _, dot, extension = file_name.rpartition(".")
    expected = _EXTENSIONS.get(extension.lower()) if dot else None
    return expected is not None and kind not in expected
