"""The first sheet of a returned workbook: *What to fix*, each line linked to its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties

from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.answer import Verdict, counted

MAX_LINKS = 60_000  # a sheet may hold 65,530
HEADINGS = ("No.", "Sheet", "Cell", "Severity", "Problem", "Found", "Expected", "How to mend it", "Nearest valid")
_WIDTHS = (6, 18, 10, 11, 40, 26, 34, 44, 20)
_FIRST_ROW = 5
_HAIRLINE = Border(bottom=Side("thin", color=look.HAIRLINE))
_TOP = Alignment(vertical="top", wrap_text=True)


def put_text(sheet, row: int, column: int, text: object, **style):
    """Writes a text that no spreadsheet takes for a formula or a number. Gives the cell."""
    cell = sheet.cell(row, column)
    cell.value = look.safe_text(text)
    cell.data_type = "s"
    for name, value in style.items():
        setattr(cell, name, value)
    return cell


def summary(verdict: Verdict, findings: Sequence[Finding]) -> str:
    """`3 errors must be mended; 1 warning may stay. 118 rows were read, on sheet Expenses. ...`"""
    said = {Severity.ERROR: "must be mended", Severity.WARNING: "may stay", Severity.NOTE: "for information"}
    parts = [f"{words} {what}" for severity, what in said.items() if (words := counted(findings, severity))]
    words = "; ".join(parts) + "." if parts else "Nothing to mend."
    if verdict.rows_read:
        where = f", on {'sheet' if len(verdict.sheets) == 1 else 'sheets'} {', '.join(verdict.sheets)}"
        rows = "1 row was" if verdict.rows_read == 1 else f"{verdict.rows_read:,} rows were"
        words += f" {rows} read{where if verdict.sheets else ''}."
    return f"{words} {verdict.stays_live}".strip()


def _instruction(verdict: Verdict, is_own_workbook: bool) -> str:
    if not is_own_workbook:
        return "The workbook itself could not be marked; mend it where this list says, and drop it again."
    return "Mend the coloured cells in this workbook and drop it again. Select a cell in column C to go there."


def address_of(finding: Finding) -> str:
    """The cell to go to: the finding's own, the start of its row, or the top of its sheet."""
    if finding.row:
        return f"{finding.column or 'A'}{finding.row}"
    return f"{finding.column}1" if finding.column else "A1"


def write_fix_list(
    sheet,
    verdict: Verdict,
    findings: Sequence[Finding],
    titles: Mapping[str, str],
    is_own_workbook: bool = True,
) -> None:
    """Fills an empty sheet. `titles` maps sheet names as findings say them to those of this workbook."""
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = look.COLOURS["error"][0]
    sheet.row_dimensions[1].height = 24
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0  # as many pages as it takes, one page wide
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    put_text(sheet, 1, 1, verdict.headline, font=Font(bold=True, size=16, color=look.INK))
    put_text(sheet, 2, 1, summary(verdict, findings), font=Font(color=look.INK))
    put_text(sheet, 3, 1, _instruction(verdict, is_own_workbook), font=Font(color=look.INK))
    head = {
        "font": Font(bold=True, color=look.INK),
        "fill": PatternFill("solid", fgColor=look.HEAD_FILL),
        "border": Border(bottom=Side("medium", color=look.INK)),
    }
    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True), 1):
        put_text(sheet, 4, column, heading, **head)
        sheet.column_dimensions[sheet.cell(4, column).column_letter].width = width
    sheet.freeze_panes = f"A{_FIRST_ROW}"
    for number, finding in enumerate(findings, 1):
        _write_line(sheet, number, finding, titles.get(finding.sheet, ""))


def _write_line(sheet, number: int, finding: Finding, title: str) -> None:
    row = _FIRST_ROW + number - 1
    style = {"alignment": _TOP, "border": _HAIRLINE}
    counter = sheet.cell(row, 1, number)
    counter.alignment, counter.border = _TOP, _HAIRLINE
    words = (
        finding.sheet,
        finding.cell or ("sheet" if finding.sheet else "file"),
        finding.severity.value.capitalize(),
        finding.message,
        finding.found,
        finding.expected,
        finding.remedy,
        finding.nearest,
    )
    for column, word in enumerate(words, 2):
        put_text(sheet, row, column, word, **style)
    ink = look.COLOURS[finding.severity.value][0]
    sheet.cell(row, 4).font = Font(bold=True, color=ink)
    if title and number <= MAX_LINKS:
        cell = sheet.cell(row, 3)
        quoted = title.replace("'", "''")
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{address_of(finding)}")
        cell.font = Font(underline="single", color=look.LINK)
