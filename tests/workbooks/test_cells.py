"""Sheets taken apart by array arithmetic hold, cell by cell, what a whole reader finds in them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
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
    "two\nlines", "N/A", "1/>", "/", "R&D; &", "a\r\nb", "_x000D_", "_x0041_", "#REF!", "&amp;", "e\u0301", "a" * 300,
]  # fmt: skip
CELLS = st.one_of(
    st.none(),
    st.sampled_from(TEXTS),
    st.integers(-(10**14), 10**14),
    st.floats(-1e15, 1e15).map(lambda number: round(number, 2)),
    st.floats(-1e30, 1e30),
    st.booleans(),
    st.datetimes(datetime(1900, 1, 1), datetime(2150, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(400)),
    st.times(),
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


def without_addresses(xml: bytes) -> bytes:
    return re.sub(rb'<c r="[A-Z]+[0-9]+"', b"<c", xml)


def without_row_numbers(xml: bytes) -> bytes:
    return re.sub(rb'<row r="[0-9]+"', b"<row", without_addresses(xml))


def on_lines(xml: bytes) -> bytes:
    return re.sub(rb"(<(?!/[vtf]>))", rb"\n  \1", xml).lstrip()


def rewritten(content: bytes, change: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook with the XML of one part changed."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return stream.getvalue()


def dense(rows: list[list]) -> list[list]:
    """Rows in which every cell is written: without addresses none may be left out."""
    width = max(map(len, rows))
    return [[0 if value is None else value for value in row] + [0] * (width - len(row)) for row in rows]


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


@pytest.mark.parametrize(
    "write",
    [
        by_openpyxl,
        by_xlsxwriter,
        lambda rows: by_xlsxwriter(rows, True),
        lambda rows: rewritten(by_xlsxwriter(rows), without_addresses),
        lambda rows: rewritten(by_openpyxl(dense(rows)), without_row_numbers),
        lambda rows: rewritten(by_xlsxwriter(rows, True), on_lines),
    ],
)
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


def test_the_expression_is_not_asked_about_a_ledger_of_numbers_and_shared_strings(monkeypatch):
    content = by_xlsxwriter(
        [["Date", "Amount", "Note"], [datetime(2023, 5, 1), 12.5, None], [datetime(2023, 5, 2), -3, "x"]]
    )
    monkeypatch.setattr(cells_module, "has", lambda *given: pytest.fail("asked"))
    assert sheet_of(content).cells.row.tolist() == [1, 1, 1, 2, 2, 3, 3, 3]


def odd_rows(rows: list[int]) -> Callable[[bytes], bytes]:
    """Gives some rows a form in which they are not plain."""
    return lambda xml: re.sub(
        rb'<row r="(%s)"[^>]*>' % b"|".join(b"%d" % row for row in rows),
        rb'\g<0><c r="A\1"><f>1/2</f><v>0.5</v></c>',
        xml,
    )


@pytest.mark.parametrize("odd", [[1], [499], [2, 250], range(1, 500, 3), range(1, 500)])
def test_a_sheet_is_the_same_whatever_the_size_of_its_stretches(monkeypatch, odd):
    rows = [[None, f"text {n % 7}", n / 4, None, f"own {n}"] for n in range(500)]
    for written in (by_xlsxwriter(rows), by_openpyxl(rows)):
        content = rewritten(written, odd_rows(list(odd)))
        exact = shown(read_exactly(content, sheet_of(content).name).body(HeadRow(1)))
        for block in (1 << 20, 20_000, 1000):
            monkeypatch.setattr(cells_module, "_BLOCK", block)
            monkeypatch.setattr(cells_module, "_TRIAL", min(block, 1 << 16))
            assert shown(XlsxSheet(content, sheet_of(content)).body(HeadRow(1))) == exact
        assert len(exact) == 3 * 499 + sum(row > 1 for row in odd)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"', b"'"),
        lambda data: re.sub(rb' r="A[0-9]+"', b"", data),
        lambda data: re.sub(rb'<row r="2"', b"<row", without_addresses(data)),
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


@pytest.mark.parametrize("mark", [b"", b' xml:space="default"', b' xml:space="preserv"', b' xml:lang="space"'])
def test_texts_whose_spaces_may_not_count_are_left_to_the_exact_reader(mark):
    content = by_xlsxwriter([["a", "  padded  "]])
    assert sheet_of(content).cells is not None
    unsaid = rewritten(content, lambda xml: xml.replace(b' xml:space="preserve"', mark), "xl/sharedStrings.xml")
    assert sheet_of(unsaid).cells is None


DAYS = [
    -700_000.5, -1.25, -1e-9, 0, 1e-9, 0.25, 0.999999999, 1, 1.5, 59, 59.9999999, 60, 60.75, 61, 61.5, 45_000.123456789,
    40_000.000_000_011_574, 2_958_465, 2_958_466, 20_220_331, 1e15,
]  # fmt: skip


@pytest.mark.parametrize("code", ["yyyy-mm-dd", "h:mm", "d/m/yyyy hh:mm", "[h]:mm:ss"])
def test_dates_before_the_first_and_times_are_what_the_exact_reader_makes_of_them(code):
    stream = BytesIO()
    days = [number for number in DAYS if code != "[h]:mm:ss" or number < 1e6]
    with xlsxwriter.Workbook(stream) as made:
        sheet, form = made.add_worksheet(), made.add_format({"num_format": code})
        for row, number in enumerate(days):
            sheet.write_number(row, 0, number, form)
    content = stream.getvalue()
    found = sheet_of(content)
    assert found.cells is not None
    body = XlsxSheet(content, found).body(HeadRow(0))
    assert shown(body) == shown(read_exactly(content, found.name).body(HeadRow(0)))
    assert len(shown(body)) == len(days)


@pytest.mark.parametrize("number, code", [(2_958_465.5, "yyyy-mm-dd"), (1e7, "[h]:mm"), (-1e9, "yyyy-mm-dd")])
def test_times_that_only_the_exact_reader_can_judge_are_left_to_it(number, code):
    stream = BytesIO()
    with xlsxwriter.Workbook(stream) as made:
        made.add_worksheet().write_number(0, 0, number, made.add_format({"num_format": code}))
    assert sheet_of(stream.getvalue()).cells is None


def test_cells_without_addresses_are_named_by_their_place(book):
    cells = b'<row><c t="n"><v>1</v></c><c/><c t="e"><v>#REF!</v></c><c><f>A1</f></c></row><row/>'
    rows = b"<sheetData><row/>" + 2 * cells + b"</sheetData>"
    content = altered(book(S=[["a"]]), lambda xml: re.sub(rb"<sheetData>.*</sheetData>", rows, xml)).read_bytes()
    sheet = sheet_of(content)
    assert sheet.error_cells == [("C2", "#REF!"), ("C4", "#REF!")]
    assert sheet.unvalued_cells == ["D2", "D4"]
    assert shown(XlsxSheet(content, sheet).body(HeadRow(1))) == {(2, 0): 1.0, (4, 0): 1.0}


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
