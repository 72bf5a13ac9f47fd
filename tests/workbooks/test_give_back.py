"""The workbook that goes back, the receipt, and the answer for machines."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill
from workbook_rows import BUDGETS, rules

from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.workbooks.answer import (
    ControlTotal,
    CurrencyTotal,
    Receipt,
    ReceiptLine,
    ReceiptPart,
    RowChange,
    Verdict,
)
from outcome_reporting.workbooks.cell_styles import CellStyles
from outcome_reporting.workbooks.copied_sheets import CopiedSheets
from outcome_reporting.workbooks.fix_list import HEADINGS
from outcome_reporting.workbooks.give_back import write_answer_json, write_marked_workbook, write_receipt
from outcome_reporting.workbooks.marking import comment_text, write_marked
from outcome_reporting.workbooks.package import Package
from outcome_reporting.workbooks.sheet_marks import SheetMarks
from outcome_reporting.workbooks.sniff import FileKind

VERDICT = Verdict(
    "Budgets.xlsx",
    "rejected",
    "Budgets.xlsx was rejected. Nothing was loaded.",
    stays_live="The data loaded on 2 March 2023 stays live.",
    sheets=("My sheet's",),
    rows_read=2,
)


@pytest.fixture
def rejected(book, read):
    """A workbook with styles of its own, and its findings."""
    rows = [
        ["Budget of KGZ"],
        BUDGETS,
        ["KGZ_О_2.1", 2022, "F", "original", 1.005, 1],
        ["KGZ_O_2.1", "2018/19", "=F", "origin", 1, 1],
    ]
    path = book("Budgets.xlsx", **{"My sheet's": rows, "Cover": [["Cover page"]]})
    made = openpyxl.load_workbook(path)
    sheet = made["My sheet's"]
    sheet["A1"].font = Font(bold=True, size=20)
    sheet["B3"].fill = PatternFill("solid", fgColor="00FF00")
    sheet.column_dimensions["A"].width = 44
    sheet["C4"].value = "=F"
    sheet["C4"].data_type = "s"
    made.save(path)
    return path, read(path)


def marked(path, reading, tmp_path, verdict=VERDICT):
    out = tmp_path / "out" / "marked.xlsx"
    assert write_marked_workbook(path, reading.kind, reading.findings, verdict, out)
    assert [p.name for p in out.parent.iterdir()] == ["marked.xlsx"]
    return openpyxl.load_workbook(out)


def test_the_list_comes_first_and_links_to_each_cell(rejected, tmp_path):
    back = marked(*rejected, tmp_path)
    assert back.sheetnames == ["What to fix", "My sheet's", "Cover"]
    sheet = back["What to fix"]
    assert sheet["A1"].value == VERDICT.headline
    assert sheet["A2"].value.startswith("4 errors must be mended")
    assert "2 rows were read, on sheet My sheet's. The data loaded on 2 March 2023 stays live." in sheet["A2"].value
    assert tuple(cell.value for cell in sheet[4]) == HEADINGS
    lines = {sheet.cell(row, 3).value: row for row in range(5, sheet.max_row + 1)}
    assert set(lines) == {"A3", "B4", "D4", "E3", "sheet"}
    assert sheet.cell(lines["A3"], 3).hyperlink.location == "'My sheet''s'!A3"
    assert sheet.cell(lines["E3"], 4).value == "Error" and sheet.cell(lines["E3"], 4).font.color.rgb == "00A8261C"


def test_bad_cells_are_coloured_and_commented_and_styles_kept(rejected, tmp_path):
    sheet = marked(*rejected, tmp_path)["My sheet's"]
    assert sheet["A1"].font.size == 20 and sheet.column_dimensions["A"].width == 44
    assert sheet["B3"].fill.fgColor.rgb == "0000FF00"
    assert sheet["A3"].fill.fgColor.rgb == "00FDECEA"
    comment = sheet["D4"].comment.text
    assert comment.splitlines()[0] == "The value is not one of the allowed ones"
    assert (
        "Found: origin" in comment
        and "Nearest: original" in comment
        and "Mend: " in comment
        and "Expected: " in comment
    )
    assert sheet["C4"].data_type == "s" and sheet["C4"].value == "=F"
    assert sheet["C3"].comment is None


def test_the_mended_workbook_can_be_dropped_again(rejected, tmp_path, read):
    back = marked(*rejected, tmp_path)
    sheet = back["My sheet's"]
    for cell, value in {"A3": "KGZ_O_2.1", "E3": 1, "B4": 2022, "D4": "revised"}.items():
        sheet[cell] = value
    path = tmp_path / "mended.xlsx"
    back.save(path)
    reading = read(path)
    assert reading.rows_in_file == {1: 2} and rules(reading) == ["sheet_not_recognized"]
    again = marked(path, reading, tmp_path)
    assert again.sheetnames.count("What to fix") == 1
    assert again["My sheet's"]["D4"].comment is None


def test_csv_comes_back_as_xlsx_and_its_texts_stay_texts(tmp_path, read):
    path = tmp_path / "a.csv"
    path.write_text(",".join(BUDGETS) + "\nKGZ_O_2.1,2018/19,=1+1,original,1,1\n")
    reading = read(path)
    sheet = marked(path, reading, tmp_path)["Data"]
    assert (sheet["C2"].value, sheet["C2"].data_type) == ("=1+1", "s")
    assert sheet["B2"].comment is not None


def test_what_cannot_be_opened_gets_a_workbook_of_its_own(tmp_path, read):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 nothing")
    reading = read(path)
    out = tmp_path / "out.xlsx"
    assert write_marked_workbook(path, reading.kind, reading.findings, VERDICT, out) is False
    sheet = openpyxl.load_workbook(out)["What to fix"]
    assert sheet["E5"].value and sheet["H5"].value


def test_a_stalled_marking_ends_in_a_workbook_of_its_own(rejected, tmp_path):
    path, reading = rejected
    out = tmp_path / "out.xlsx"
    assert not write_marked_workbook(path, reading.kind, reading.findings, VERDICT, out, wall_seconds=0)
    assert openpyxl.load_workbook(out)["What to fix"].max_row == 4 + len(reading.findings)


def test_thousands_of_findings_all_stand_in_the_list(book, tmp_path):
    path = book(S=[BUDGETS])
    findings = [
        Finding("pattern", Severity.ERROR, "a", f"problem {row}", sheet="S", row=row, column="A")
        for row in range(2, 7002)
    ]
    out = tmp_path / "out.xlsx"
    write_marked(path, FileKind.XLSX, findings, VERDICT, out)
    back = openpyxl.load_workbook(out)
    assert back["What to fix"].max_row == 4 + 7000
    assert back["S"]["A7001"].fill.fgColor.rgb == "00FDECEA"


def test_evil_words_are_only_words(tmp_path, book):
    evil = '=HYPERLINK("http://x")'
    finding = Finding(
        "pattern", Severity.ERROR, "a", evil + "\x00\x1b", found="@x\ud800", remedy="+1", sheet="S", row=1, column="A"
    )
    out = tmp_path / "out.xlsx"
    write_marked(book(S=[BUDGETS]), FileKind.XLSX, [finding], VERDICT, out)
    sheet = openpyxl.load_workbook(out)["What to fix"]
    assert sheet["E5"].value == evil + "␀␛" and sheet["E5"].data_type == "s"
    assert "␀" in comment_text(finding)


def receipt() -> Receipt:
    lines = (
        ReceiptLine("New", 0, 2, ((0, 4_850_000),)),
        ReceiptLine("Removed", 1, 0, ((1_200_000, 0),)),
    )
    changes = (RowChange("changed", "S", 3, "=KEY", "1.00", "2.00"),)
    total = ReceiptLine("Total", 1, 2, ((1_200_000, 4_850_000),))
    part = ReceiptPart("budgets", "Budgets", "version of 2 March 2023", ("Planned (USD)",), lines, total, changes)
    return Receipt(
        file_name="Budgets.xlsx",
        sha256="9f2c" * 16,
        headline="Budgets.xlsx was loaded on 14 March 2023, 02:04.",
        detail="All 2 rows were loaded.",
        rows_in_file=2,
        rows_loaded=2,
        loaded_at=datetime(2023, 3, 14, 2, 4),
        parts=(part,),
        totals=(CurrencyTotal("budgets", "USD", 2, "48500.00", 4_850_000),),
        control_totals=(ControlTotal("S", "E38", "Planned (USD)", 4_850_000, 4_850_000),),
        findings=(Finding("spent_above_available", Severity.WARNING, "Budgets.xlsx", "More was spent", found="=x"),),
    )


def test_the_receipt_shows_before_after_and_difference(tmp_path):
    out = tmp_path / "there" / "receipt.xlsx"
    write_receipt(receipt(), out)
    back = openpyxl.load_workbook(out)
    rows = [[cell.value for cell in row] for row in back["Receipt"].iter_rows()]
    heads = next(row for row in rows if row[1] == "Rows before")
    assert heads[:6] == ["USD", "Rows before", "Rows after", "Planned before", "Planned after", "Difference"]
    assert ["Removed", 1, 0, 12000, 0, -12000] in [row[:6] for row in rows]
    assert ["Total", 1, 2, 12000, 48500, 36500] in [row[:6] for row in rows]
    text = " ".join(str(value) for row in rows for value in row if value is not None)
    assert (
        "9f2c" * 16 in text
        and "cell E38): 48,500.00, equal to the sum of the rows" in text
        and "More was spent" in text
    )
    assert back["Rows changed"]["E2"].value == "=KEY" and back["Rows changed"]["E2"].data_type == "s"
    with zipfile.ZipFile(out) as archive:
        assert all(b"<f>" not in archive.read(name) for name in archive.namelist())


def test_the_answer_for_machines(tmp_path):
    out = tmp_path / "a.json"
    write_answer_json(out, VERDICT, [Finding("pattern", Severity.ERROR, "a", "m", row=3, column="B")], receipt())
    content = json.loads(out.read_text())
    assert content["findings"][0]["cell"] == "B3" and content["receipt"]["rows_loaded"] == 2
    assert content["verdict"]["state"] == "rejected"


def test_dates_of_an_xls_like_copy_stay_dates(tmp_path):
    package = Package()
    styles = CellStyles(package.read(package.styles))
    copies = CopiedSheets(styles)
    rows = [[None, date(2022, 5, 16), datetime(2022, 5, 16, 18), True, 0.0, "", "=1+1"]]
    package.add_sheet("S", copies.sheet(rows, 3, SheetMarks({3: {2: "error", 6: "error", 8: "note"}}), None))
    package.add("xl/sharedStrings{}.xml", "sharedStrings", copies.shared_texts(), package.book)
    package.put(package.styles, (styles.part() for _ in range(1)))
    package.write(tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["S"]
    assert [cell.value for cell in sheet[3]] == [None, datetime(2022, 5, 16), *rows[0][2:5], None, "=1+1", None]
    assert sheet["B3"].is_date and sheet["C3"].is_date and sheet["G3"].data_type == "s"
    assert sheet["B3"].fill.fgColor.rgb == sheet["F3"].fill.fgColor.rgb == "00FDECEA"
    assert sheet["H3"].fill.fgColor.rgb == "00F3F7FB"
