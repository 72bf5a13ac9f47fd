"""Containers that must not be read, and cells that readers lose."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from workbook_rows import BUDGETS, rules, told

from outcome_reporting.workbooks.scan import Limits
from outcome_reporting.workbooks.sniff import FileKind, sniff

ROW = ["KGZ_O_2.1", 2022, "F", "original", 1, 1]


def altered(path: Path, change, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """The same workbook with one part changed (bytes to bytes)."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if part in parts or change(b""):
        parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def plain(book):
    return book(S=[BUDGETS, ROW])


@pytest.mark.parametrize(
    "content, rule",
    [
        (b"", "unreadable_file"),
        (b"%PDF-1.7 ...", "unreadable_file"),
        (b"<html><table></table></html>", "unreadable_file"),
        (b"PK\x03\x04 half a file", "unreadable_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected_file"),
        (b"a,b\n1,\x00\n", "unreadable_file"),
    ],
)
def test_what_is_no_spreadsheet(tmp_path, read, content, rule):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    reading = read(path)
    assert rules(reading) == [rule] and reading.kind is FileKind.UNKNOWN


def test_the_content_decides_not_the_name(plain, read):
    renamed = plain.rename(plain.with_name("ledger.csv"))
    assert sniff(renamed.read_bytes()).kind is FileKind.XLSX
    assert rules(read(renamed)) == ["not_what_its_name_says"]


@pytest.mark.parametrize("mark", [b"<!DOCTYPE x>", b'<!DOCTYPE x [<!ENTITY a "b">]>'])
def test_document_types_are_refused(plain, read, mark):
    assert rules(read(altered(plain, lambda data: mark + data))) == ["unsafe_file"]


def test_limits(plain, read):
    assert rules(read(plain, limits=Limits(max_entries=3))) == ["file_too_large"]
    assert rules(read(plain, limits=Limits(max_inflated_bytes=plain.stat().st_size))) == ["file_too_large"]


@pytest.mark.parametrize(
    "cell, rule",
    [
        (b"XFD1048576", "file_too_large"),
        (b"XFE2", "unsafe_file"),
        (b"A1048577", "unsafe_file"),
        (b"ZZ900000", "file_too_large"),
    ],
)
def test_far_cells_are_refused_before_any_reader_sees_them(plain, read, cell, rule):
    row = re.sub(rb"[A-Z]", b"", cell)
    added = b'<row r="' + row + b'"><c r="' + cell + b'"><v>1</v></c></row></sheetData>'
    assert rules(read(altered(plain, lambda data: data.replace(b"</sheetData>", added)))) == [rule]


def test_error_cells_and_formulas_without_value(tmp_path, read):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("S")
        sheet.write_row(0, 0, [*BUDGETS, "Remarks"])
        for row in (1, 2, 3):
            sheet.write_row(row, 0, ROW)
        sheet.write_formula(1, 4, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 5, "=A1+1", None, 7.25)
        sheet.write_formula(3, 6, "=1/0", None, "#DIV/0!")  # in a column that is not read
    reading = read(
        altered(path, lambda data: data.replace(b"<v>1</v></c></row></sheetData>", b"</c></row></sheetData>"))
    )
    assert [(f.cell, f.found) for f in told(reading, "error_cell")] == [("E2", "#DIV/0!")]
    assert reading.tables[0].data["available_usd"].to_pylist() == [100, 725, 100]
    openpyxl_like = altered(path, lambda data: data.replace(b"<v>7.25</v>", b"<v></v>"))
    (finding,) = told(read(openpyxl_like), "formula_without_value")
    assert (finding.cell, finding.field) == ("F3", "available_usd")


def test_strict_open_xml_and_a_wrong_dimension(plain, read):
    def strict(data: bytes) -> bytes:
        data = data.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
        return data.replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    for part in (
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/_rels/workbook.xml.rels",
        "_rels/.rels",
    ):
        altered(plain, strict, part)
    altered(plain, lambda data: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B1"', data))
    assert read(plain).rows_in_file == {1: 1}


def test_1904_macros_and_links_are_noted(plain, read):
    altered(plain, lambda data: data.replace(b"<workbookPr ", b'<workbookPr date1904="1" '), "xl/workbook.xml")
    altered(plain, lambda _: b"x", "xl/vbaProject.bin")
    altered(plain, lambda _: b"<x/>", "xl/externalLinks/externalLink1.xml")
    reading = read(plain)
    assert reading.kind is FileKind.XLSM
    assert set(rules(reading)) >= {"date_1904", "has_macros", "external_links"}


def test_rows_and_cells_without_addresses(plain, read):
    bare = altered(plain, lambda data: re.sub(rb' r="[A-Z]*\d+"', b"", data))
    assert read(bare).rows_in_file == {1: 1}


def test_a_damaged_part_is_a_finding(plain, read):
    content = bytearray(plain.read_bytes())
    start = content.index(b"xl/worksheets/sheet1.xml") + 40
    content[start : start + 60] = b"\x00" * 60
    plain.write_bytes(bytes(content))
    assert rules(read(plain)) == ["unreadable_file"]
