"""Marks in a workbook's own XML: every bad cell, and nothing else, whatever program wrote the file."""

from __future__ import annotations

import base64
import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.cell import coordinate_from_string
from workbook_rows import BUDGETS

from outcome_reporting.domain.finding import Finding, Severity, compact_rows
from outcome_reporting.workbooks.answer import Verdict, column_number
from outcome_reporting.workbooks.marking import MAX_COMMENTS, marks_of, write_marked
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.sheet_marks import MarkedSheet, SheetMarks
from outcome_reporting.workbooks.sniff import FileKind

VERDICT = Verdict("a.xlsx", "rejected", "a.xlsx was rejected. Nothing was loaded.")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RED = "00FDECEA"


def problem(sheet: str, column: str, *rows: int, severity: Severity = Severity.ERROR, found: str = "x") -> Finding:
    place = {"sheet": sheet, "column": column, "row": rows[0], "rows": compact_rows(rows), "field": "f"}
    return Finding("unknown_output", severity, "a.xlsx", "The output is not known", found=found, **place)


# ------------------------------------------------------------------------------------------------ a sheet's XML

FORMS = ("usual", "prefixed", "without addresses", "spaced")
CELLS = st.dictionaries(st.tuples(st.integers(1, 7), st.integers(1, 6)), st.integers(0, 9), max_size=25)
MARKS = st.dictionaries(
    st.tuples(st.integers(1, 8), st.integers(1, 7)), st.sampled_from(["error", "warning"]), max_size=20
)


def written(cells: dict[tuple[int, int], int], form: str) -> bytes:
    """A sheet with these numbers at (row, column), each in the style of its own number."""
    p, gap = ("x:", "") if form == "prefixed" else ("", "\n  " if form == "spaced" else "")
    rows = []
    for row in sorted({row for row, _ in cells} | {3}):  # row 3 is there even when it is empty
        own = {column: value for (at, column), value in cells.items() if at == row}
        if form == "without addresses":
            places = range(1, max(own, default=0) + 1)
            inner = "".join(f'<c s="{own[c]}"><v>{own[c]}</v></c>' if c in own else "<c/>" for c in places)
        else:
            inner = "".join(
                f'{gap}<{p}c r="{column_letter(column - 1)}{row}" s="{value}"><{p}v>{value}</{p}v></{p}c>'
                for column, value in sorted(own.items())
            )
        rows.append(f'{gap}<{p}row r="{row}">{inner}</{p}row>' if inner else f'{gap}<{p}row r="{row}"/>')
    name = f' xmlns{":x" if p else ""}="{SPREADSHEET}"'
    body = "".join(rows)
    view = f'<{p}sheetViews><{p}sheetView tabSelected="1" workbookViewId="0"/></{p}sheetViews>'
    return f"<{p}worksheet{name}>{view}<{p}sheetData>{body}</{p}sheetData>{gap}</{p}worksheet>".encode()


def cells_of(data: bytes) -> dict[tuple[int, int], tuple[int, str]]:
    """Style and value by place; rows and cells stand in order."""
    found: dict[tuple[int, int], tuple[int, str]] = {}
    rows = ElementTree.fromstring(data).findall(f"{{{SPREADSHEET}}}sheetData/{{{SPREADSHEET}}}row")
    assert [int(row.get("r")) for row in rows] == sorted({int(row.get("r")) for row in rows})
    for row in rows:
        column = 0
        for cell in row:
            letters = coordinate_from_string(cell.get("r"))[0] if cell.get("r") else ""
            assert column_number(letters or "ZZZ") > column
            column = column_number(letters) or column + 1
            found[int(row.get("r")), column] = int(cell.get("s", "0")), "".join(cell.itertext()).strip()
    return found


@pytest.mark.parametrize("form", FORMS)
@given(cells=CELLS, marks=MARKS)
@settings(max_examples=60, deadline=None)
def test_every_bad_cell_gets_its_mark_and_no_other_cell_changes(form, cells, marks):
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), severity in marks.items():
        by_row.setdefault(row, {})[column] = severity
    before = written(cells, form)
    style = {"error": 100, "warning": 200}
    sheet = MarkedSheet(before, SheetMarks(by_row), lambda own, severity: style[severity] + own)
    after = b"".join(sheet.xml())
    assert b"tabSelected" not in after
    expected = {place: (own, value) for place, (own, value) in cells_of(before).items()}
    for place, severity in marks.items():
        own, value = expected.get(place, (0, ""))
        expected[place] = style[severity] + own, value
    assert cells_of(after) == expected


# -------------------------------------------------------------------------------------------- the whole workbook


def rich_workbook(path: Path) -> Path:
    """With what libraries tend to lose: a chart, a validation, a name of one sheet, a comment, merged cells."""
    with xlsxwriter.Workbook(path) as book:
        cover, sheet = book.add_worksheet("Cover"), book.add_worksheet("Data")
        cover.write(0, 0, "Cover page")
        cover.activate()
        for row in range(20):
            sheet.write_row(row, 0, [f"T{row}", row, row * 1.5], book.add_format({"bold": True, "bg_color": "#00FF00"}))
        sheet.write_comment("B2", "mine", {"author": "Aigul"})
        sheet.merge_range("E1:F3", "merged", book.add_format({"italic": True}))
        sheet.data_validation("A1:A9", {"validate": "list", "source": ["a", "b"]})
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Data!$B$1:$B$5"})
        sheet.insert_chart("H2", chart)
        sheet.add_table("J1:K4", {"name": "Own"})
        for one in (cover, sheet):
            one.set_header("&L&G", {"image_left": "a.png", "image_data_left": BytesIO(PIXEL)})
        book.define_name("Data!Local", "=Data!$A$1")
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == len(set(archive.namelist()))
        return {name: archive.read(name) for name in archive.namelist()}


def marked(path: Path, findings: list[Finding], out: Path) -> openpyxl.Workbook:
    write_marked(path, FileKind.XLSX, findings, VERDICT, out)
    for name, data in parts(out).items():
        if name.endswith((".xml", ".rels", ".vml")):
            ElementTree.fromstring(data)
    return openpyxl.load_workbook(out)


def test_what_the_user_has_put_into_the_workbook_stays(tmp_path):
    original = rich_workbook(tmp_path / "a.xlsx")
    findings = [problem("Data", "B", 2, 3), problem("Data", "F", 2, severity=Severity.WARNING)]
    book = marked(original, findings, tmp_path / "out.xlsx")
    before, after = parts(original), parts(tmp_path / "out.xlsx")
    kept = [name for name in before if re.search("chart|table|theme|drawings/drawing", name)]
    assert len(kept) == 4 and all(before[name] == after[name] for name in kept)
    assert book.sheetnames == ["What to fix", "Cover", "Data"] and book.active.title == "What to fix"
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == ["What to fix"]
    assert list(book["Data"].defined_names) == ["Local"] and not book["Cover"].defined_names
    sheet = book["Data"]
    assert sheet["B2"].font.bold and sheet["B2"].fill.fgColor.rgb == sheet["B3"].fill.fgColor.rgb == RED
    assert sheet["B4"].fill.fgColor.rgb == "FF00FF00"
    assert sheet["E1"].fill.fgColor.rgb == "00FFF3CF" and sheet["E1"].font.italic  # F2 is seen as E1
    assert len(sheet.data_validations.dataValidation) == 1


def test_a_drawing_of_the_page_header_is_not_taken_for_that_of_the_comments(tmp_path):
    original = rich_workbook(tmp_path / "a.xlsx")
    book = marked(original, [problem("Cover", "A", 1), problem("Data", "B", 3)], tmp_path / "out.xlsx")
    assert book["Cover"]["A1"].comment and book["Data"]["B3"].comment and book["Data"]["B2"].comment
    after = parts(tmp_path / "out.xlsx")
    for number in (1, 2):
        sheet, rels = after[f"xl/worksheets/sheet{number}.xml"], after[f"xl/worksheets/_rels/sheet{number}.xml.rels"]
        targets = dict(re.findall(rb'Id="(\w+)" Type="[^"]*" Target="([^"]*)"', rels))
        (own,) = re.findall(rb'<legacyDrawing [^>]*id="(\w+)"', sheet)
        (header,) = re.findall(rb'<legacyDrawingHF [^>]*id="(\w+)"', sheet)
        assert sheet.index(b"<legacyDrawing ") < sheet.index(b"<legacyDrawingHF ")
        assert b"Note" in after["xl/" + targets[own].decode().removeprefix("../").removeprefix("/xl/")]
        assert b"Note" not in after["xl/" + targets[header].decode().removeprefix("../").removeprefix("/xl/")]


def test_a_comment_of_the_user_is_added_to_and_ours_go_with_the_next_answer(tmp_path):
    original = rich_workbook(tmp_path / "a.xlsx")
    first = marked(original, [problem("Data", "B", 2, 3, 9)], tmp_path / "first.xlsx")["Data"]
    own = first["B2"].comment
    assert own.author == "Aigul" and own.text.startswith("mine") and "Found: x" in own.text
    assert first["B3"].comment.text == first["B9"].comment.text and first["B3"].comment.author == "Intake"

    second = marked(tmp_path / "first.xlsx", [problem("Data", "B", 9)], tmp_path / "second.xlsx")
    assert second.sheetnames == ["What to fix", "Cover", "Data"]
    sheet = second["Data"]
    assert sheet["B2"].comment.text.strip() == "mine" and sheet["B3"].comment is None
    assert "Found: x" in sheet["B9"].comment.text
    fills = [sheet[cell].fill.fgColor.rgb for cell in ("B2", "B3", "B9")]
    assert fills == ["00000000", "00000000", RED] and sheet["B3"].border.left.style is None
    assert sheet["B3"].font.bold and list(sheet.defined_names) == ["Local"]
    drawings = [data for name, data in parts(tmp_path / "second.xlsx").items() if name.endswith(".vml")]
    (drawing,) = [data for data in drawings if b"Note" in data]
    assert drawing.count(b"<v:shape ") == 2 and len(set(re.findall(rb'id="(_x0000_s\d+)"', drawing))) == 2


def test_an_answer_that_went_through_another_program_loses_its_marks_too(tmp_path):
    original = rich_workbook(tmp_path / "a.xlsx")
    marked(original, [problem("Data", "B", 2, 3)], tmp_path / "first.xlsx").save(tmp_path / "saved.xlsx")
    sheet = marked(tmp_path / "saved.xlsx", [problem("Data", "C", 5)], tmp_path / "second.xlsx")["Data"]
    assert sheet["B3"].comment is None and sheet["B3"].fill.fgColor.rgb == "00000000"
    assert sheet["C5"].fill.fgColor.rgb == RED and "Found: x" in sheet["C5"].comment.text
    assert sheet["B2"].comment.text.strip() == "mine"


def test_macros_do_not_come_back(tmp_path):
    """The answer is an xlsx; Excel opens none that holds macros."""
    data = parts(rich_workbook(tmp_path / "a.xlsx"))
    kind = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    usual = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = b'<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    data["[Content_Types].xml"] = data["[Content_Types].xml"].replace(usual, kind).replace(b"</Types>", macro)
    relation = (
        b'<Relationship Id="rIdM" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
        b'Target="vbaProject.bin"/></Relationships>'
    )
    path = "xl/_rels/workbook.xml.rels"
    data[path] = data[path].replace(b"</Relationships>", relation)
    with zipfile.ZipFile(tmp_path / "a.xlsm", "w") as archive:
        for name, content in (data | {"xl/vbaProject.bin": b"macro"}).items():
            archive.writestr(name, content)
    write_marked(tmp_path / "a.xlsm", FileKind.XLSM, [problem("Data", "B", 2)], VERDICT, tmp_path / "out.xlsx")
    after = parts(tmp_path / "out.xlsx")
    assert "xl/vbaProject.bin" not in after and b"vbaProject" not in after["[Content_Types].xml"] + after[path]
    assert usual in after["[Content_Types].xml"] and kind not in after["[Content_Types].xml"]
    assert openpyxl.load_workbook(tmp_path / "out.xlsx")["Data"]["B2"].fill.fgColor.rgb == RED


def test_a_part_in_another_encoding_is_marked(tmp_path):
    data = parts(rich_workbook(tmp_path / "a.xlsx"))
    for name in [name for name in data if re.search(r"worksheets/sheet|workbook\.xml$|styles\.xml$", name)]:
        data[name] = data[name].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        for name, content in data.items():
            archive.writestr(name, content)
    book = marked(tmp_path / "b.xlsx", [problem("Data", "B", 2)], tmp_path / "out.xlsx")
    assert book["Data"]["B2"].fill.fgColor.rgb == RED and "xl/charts/chart1.xml" in parts(tmp_path / "out.xlsx")


def test_what_cannot_be_marked_is_copied(tmp_path, book):
    """A workbook in the strict form of the standard has other names throughout."""
    data = parts(book(S=[BUDGETS, ["KEY", 1]]))
    transitional = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    data["xl/workbook.xml"] = data["xl/workbook.xml"].replace(
        transitional, b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    )
    with zipfile.ZipFile(tmp_path / "strict.xlsx", "w") as archive:
        for name, content in data.items():
            archive.writestr(name, content)
    sheet = marked(tmp_path / "strict.xlsx", [problem("S", "A", 2)], tmp_path / "out.xlsx")["S"]
    assert (sheet["A2"].value, sheet["A2"].fill.fgColor.rgb, sheet["B2"].value) == ("KEY", RED, 1)


def test_each_sheet_that_is_copied_begins_in_its_own_column(tmp_path, monkeypatch):
    from outcome_reporting.workbooks import sheets

    kept = {"B": sheets.ExactCells([["b", 1.0]], 3, 1), "A": sheets.ExactCells([["a", 2.0]], 1, 0)}
    monkeypatch.setattr(sheets, "read_exactly", lambda _, name: kept[name])
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        made.add_worksheet("B"), made.add_worksheet("A")
    write_marked(tmp_path / "a.xlsx", FileKind.ODS, [problem("B", "A", 3, 9)], VERDICT, tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert [cell.value for cell in book["B"][3]] == [None, "b", 1] and [c.value for c in book["A"][1]] == ["a", 2]
    assert book["B"]["A3"].fill.fgColor.rgb == book["B"]["A9"].fill.fgColor.rgb == RED


# ------------------------------------------------------------------------------------------------------ floods


def test_a_flood_is_one_line_and_every_cell_is_marked(tmp_path, read):
    """Three faults in 9,000 cells: three lines, as many comments as a workbook bears, each cell coloured."""
    count = 3_000
    path = tmp_path / "flood.csv"
    rows = "".join(f"KGZ_O_2.1,2018/19,F{n},origin,about,1\n" for n in range(count))
    path.write_text(",".join(BUDGETS) + "\n" + rows)
    reading = read(path)
    assert [(f.column, f.row_count) for f in reading.findings] == [("B", count), ("D", count), ("E", count)]
    write_marked(path, reading.kind, reading.findings, VERDICT, tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet, listed = book["Data"], book["What to fix"]
    assert listed.max_row == 4 + 3
    assert [listed.cell(5, column).value for column in (3, 10, 12)] == ["B2:B3001", count, "B2:B3001"]
    assert listed["A2"].value.startswith("3 errors in 9,000 cells must be mended.")
    red = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == RED]
    assert sorted(red) == sorted(f"{column}{row}" for column in "BDE" for row in range(2, count + 2))
    comments = [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    assert len(comments) == MAX_COMMENTS and all(sheet[f"{column}2"].comment for column in "BDE")


def test_a_long_list_of_cells_goes_on_beside(tmp_path, book):
    rows = range(3, 20_003, 2)
    listed = marked(book(S=[BUDGETS]), [problem("S", "A", *rows)], tmp_path / "out.xlsx")["What to fix"]
    assert listed["C5"].value == "A3 and in 9,999 more rows"
    told = ", ".join(cell.value for cell in listed[5][11:])
    assert told == ", ".join(f"A{row}" for row in rows) and listed.max_column > 12


def test_a_row_of_the_list_is_as_high_as_its_words_need(tmp_path, book):
    short, long = problem("S", "A", 3), replace(problem("S", "A", 4), expected="an output of KGZ " * 5)
    listed = marked(book(S=[BUDGETS]), [short, long], tmp_path / "out.xlsx")["What to fix"]
    assert listed.row_dimensions[5].height is None and listed.row_dimensions[6].height == 45  # 85 letters of 34 a line


SOME = st.lists(
    st.tuples(st.sampled_from(["S", "T"]), st.sampled_from("ABC"), st.sets(st.integers(2, 9), min_size=1)), max_size=5
)


@given(SOME)
def test_marks_are_those_of_the_findings(placed):
    findings = [problem(sheet, column, *sorted(rows)) for sheet, column, rows in placed]
    marks = marks_of(findings)
    told = {(sheet, row, column_number(column)) for sheet, column, rows in placed for row in rows}
    coloured = {(name, row, c) for name, one in marks.items() for row, columns in one.cells.items() for c in columns}
    commented = {(name, *place) for name, one in marks.items() for place in one.comments}
    assert coloured == commented == told
