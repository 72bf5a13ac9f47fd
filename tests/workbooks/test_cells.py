"""Sheets taken apart by array arithmetic hold, cell by cell, what a whole reader finds in them."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scan import altered
from workbook_rows import BUDGETS

from outcome_reporting.workbooks import cells as cells_module
from outcome_reporting.workbooks.columns import RawColumn
from outcome_reporting.workbooks.head import HeadRow
from outcome_reporting.workbooks.limits import Limits
from outcome_reporting.workbooks.number_formats import DATE, DURATION, date_styles
from outcome_reporting.workbooks.scan import SheetScan, scan
from outcome_reporting.workbooks.sheets import Body, XlsxSheet, read_exactly
from outcome_reporting.workbooks.sniff import FileKind

TEXTS = [
    "a", "NA", "TRUE", "12", "1,234.50", "x & y <b> \"c\" 'd'", "  padded  ", "   ", "\u00a0", "Итого", "\U0001f600",
    "two\nlines", "a\r\nb", "_x000D_", "_x0041_", "#REF!", "&amp;", "e\u0301", "a" * 300,
]  # fmt: skip
CELLS = st.one_of(
    st.none(),
    st.sampled_from(TEXTS),
    st.integers(-(10**14), 10**14),
    st.floats(-1e15, 1e15).map(lambda number: round(number, 2)),
    st.floats(-1e30, 1e30),
    st.booleans(),
    st.datetimes(datetime(1900, 3, 1), datetime(2150, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
)
SHEETS = st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=25)


def by_openpyxl(rows: list[list]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    stream = BytesIO()
    made.save(stream)
    return stream.getvalue()


def by_xlsxwriter(rows: list[list], constant_memory: bool = False) -> bytes:
    """Its texts are shared strings, or with `constant_memory` stand in the sheet."""
    stream = BytesIO()
    options = {"constant_memory": constant_memory, "default_date_format": "yyyy-mm-dd hh:mm"}
    with xlsxwriter.Workbook(stream, options) as made:
        sheet = made.add_worksheet()
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if isinstance(value, str):
                    sheet.write_string(row, column, value)
                elif value is not None:
                    sheet.write(row, column, value)
    return stream.getvalue()


def sheet_of(content: bytes) -> SheetScan:
    scanned = scan(content, FileKind.XLSX, "book.xlsx", Limits())
    assert not scanned.findings
    return scanned.sheets[0]


def shown(body: Body) -> dict[tuple[int, int], object]:
    """The cells that hold something, by row and column."""

    def values(raw: RawColumn) -> list[object]:
        parts = [part.to_pylist() for part in (raw.numbers, raw.texts, raw.moments) if part is not None]
        rows = [[value for value in row if value is not None] for row in zip(*parts, strict=True)]
        assert all(len(row) <= 1 for row in rows)
        return [row[0] if row else None for row in rows]

    return {
        (body.first_row + offset, column): value
        for column, raw in body.columns.items()
        for offset, value in enumerate(values(raw))
        if value is not None
    }


@pytest.mark.parametrize("write", [by_openpyxl, by_xlsxwriter, lambda rows: by_xlsxwriter(rows, True)])
@settings(max_examples=60, deadline=None)
@given(rows=SHEETS, header=st.integers(0, 3))
def test_every_cell_is_what_the_exact_reader_reads(write, rows, header):
    content = write(rows)
    sheet = sheet_of(content)
    assert sheet.cells is not None or all(value is None or value == "" for row in rows for value in row)
    exact = read_exactly(content, sheet.name)
    heading = HeadRow(max(header, exact.first_row - 1))
    if sheet.cells is not None and len(sheet.cells.row):
        body = XlsxSheet(content, sheet).body(heading)
        assert shown(body) == shown(exact.body(heading))
        for raw in body.columns.values():
            if raw.texts is not None:
                places = raw.distinct.index
                assert [raw.distinct.values[n] if n >= 0 else None for n in places] == raw.texts.to_pylist()
                assert list(dict.fromkeys(places[places >= 0])) == list(range(len(raw.distinct.values)))


def test_a_sheet_is_the_same_whatever_the_size_of_its_blocks(monkeypatch):
    rows = [[f"text {n % 7}", n / 4, None, f"own {n}"] for n in range(500)]
    for content in (by_xlsxwriter(rows), by_openpyxl(rows)):
        whole = shown(XlsxSheet(content, sheet_of(content)).body(HeadRow(1)))
        with monkeypatch.context() as patch:
            patch.setattr(cells_module, "_BLOCK", 1000)
            assert shown(XlsxSheet(content, sheet_of(content)).body(HeadRow(1))) == whole
        assert len(whole) == 3 * 499


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"', b"'"),
        lambda data: data.replace(b"<row ", b"\n  <row "),
        lambda data: re.sub(rb' r="[A-Z]+[0-9]+"', b"", data),
        lambda data: data.replace(b"<c r=", b"<c  r="),
        lambda data: re.sub(rb"(</?)(row|c|v|sheetData|worksheet)\b", rb"\1x:\2", data).replace(b"xmlns=", b"xmlns:x="),
    ],
)
def test_a_sheet_written_in_another_way_is_read_all_the_same(book, read, change):
    path = book(S=[BUDGETS, ["KGZ_O_2.1", 2022, "F", "original", 1, 2.5]])
    before = read(path)
    altered(path, lambda data: b'<?xml version="1.0" encoding="UTF-8"?>' + data)
    assert sheet_of(path.read_bytes()).cells is not None
    altered(path, change)
    assert sheet_of(path.read_bytes()).cells is None
    after = read(path)
    assert after.tables[0].data == before.tables[0].data
    assert after.findings == before.findings == []


@pytest.mark.parametrize(
    "twice",
    [b'<c r="A2" t="n"><v>1</v></c><c r="A2" t="n"><v>2</v></c>', b'<c r="B2"><v>1</v></c><c r="A2"><v>2</v></c>'],
)
def test_cells_that_stand_twice_or_out_of_order_are_left_to_the_exact_reader(book, twice):
    path = altered(
        book(S=[["a"]]), lambda data: data.replace(b"</sheetData>", b"<row r='2'>%s</row></sheetData>" % twice)
    )
    altered(path, lambda data: data.replace(b"<row r='2'>", b'<row r="2">'))
    assert sheet_of(path.read_bytes()).cells is None


@pytest.mark.parametrize(
    "code, sort",
    [
        ("General", 0), ("0.00", 0), ("#,##0.00;[Red]-#,##0.00", 0), ('"days" 0', 0), (r"\d0", 0), ("_d0", 0),
        ("[$USD-409] #,##0", 0), ("0.00E+00", 0), ("@", 0), ("0;yyyy", 0), ("yyyy-mm-dd", DATE), ("D.M.YY", DATE),
        ("[$-409]d-mmm-yy;@", DATE), ("h:mm AM/PM", DATE), ("mmm yy", DATE), ("[h]:mm", DURATION), ("[ss]", DURATION),
    ],
)  # fmt: skip
def test_which_formats_show_a_date(code, sort):
    stream = BytesIO()
    with xlsxwriter.Workbook(stream) as made:
        made.add_worksheet().write_number(0, 0, 45000.5, made.add_format({"num_format": code}))
    styles = date_styles(zipfile.ZipFile(stream).read("xl/styles.xml"))
    assert styles.tolist() == [0, sort, 0]
    value = read_exactly(stream.getvalue(), "Sheet1").rows[0][0]
    assert {float: 0, datetime: DATE}.get(type(value), DURATION) == sort


def test_errors_formulas_and_booleans_are_named(book):
    def change(data: bytes) -> bytes:
        cells = (
            b'<row r="9"><c r="A9" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B9"><f>A1</f></c>'
            b'<c r="C9"><f>A1</f><v></v></c>'
            b'<c r="D9" t="str"><f>A1</f><v></v></c><c r="E9" s="0"><f>A1</f><v>4</v></c><c r="F9" t="b"><v>1</v></c>'
            b'<c r="AB9" t="e"><v>#N/A</v></c></row>'
        )
        return data.replace(b"</sheetData>", cells + b"</sheetData>")

    content = altered(book(S=[["a"]]), change).read_bytes()
    sheet = sheet_of(content)
    assert sheet.cells is not None
    assert sheet.error_cells == [("A9", "#DIV/0!"), ("AB9", "#N/A")]
    assert sheet.unvalued_cells == ["B9", "C9"]
    assert shown(XlsxSheet(content, sheet).body(HeadRow(1))) == {(9, 4): 4.0, (9, 5): "TRUE"}
