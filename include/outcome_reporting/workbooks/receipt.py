"""The answer to an accepted file as a workbook: what was loaded, what it replaced, the difference it makes.

XlsxWriter draws the empty form once a process (styles, columns, print setup), and each receipt fills a copy: to draw it
anew takes five times as long as to fill it, and a night answers hundreds of files.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from html import escape  # that of xml.sax loads an http client
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import xlsxwriter

from outcome_reporting.domain.finding import Finding
from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.answer import Receipt, ReceiptLine, ReceiptPart, RowChange, in_reading_order
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.zip_writer import ZipWriter

_EXACT = 10**13  # below it, cents are among the 15 digits that a spreadsheet keeps
_CREATED, _STAMP = datetime(1999, 1, 1), "%Y-%m-%dT%H:%M:%SZ"  # what stands in the form where a receipt has its own
_CORE, _SHEET = "docProps/core.xml", "xl/worksheets/sheet{}.xml"
_LETTERS = tuple(map(column_letter, range(64)))
_HIGH = ' ht="24" customHeight="1"'
_LETTERS_A_LINE, _LINE_HEIGHT, _HIGHEST = 17, 15, 405  # of columns with words; points


class _Form:
    """An empty receipt, with a second sheet for changed rows or without; `styles` are the numbers of its formats."""

    def __init__(self, has_changes: bool) -> None:
        target = io.BytesIO()
        with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
            book.set_properties({"created": _CREATED})
            self.styles = {name: form._get_xf_index() for name, form in _formats(book).items()}
            sheet = book.add_worksheet("Receipt")
            sheet.hide_gridlines(2)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)  # one page wide, as many as it takes
            sheet.set_column(0, 0, 22)
            sheet.set_column(1, 11, _LETTERS_A_LINE)
            if has_changes:
                sheet = book.add_worksheet("Rows changed")
                sheet.hide_gridlines(2)
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, 6, 24)
        with ZipFile(target) as drawn:
            parts = {name: drawn.read(name).decode() for name in drawn.namelist()}
        self._core = parts.pop(_CORE)
        names = [_SHEET.format(number) for number in range(1, 2 + has_changes)]
        self._sheets = [_cut(parts.pop(name)) for name in names]
        self._stem = ZipWriter(io.BytesIO())
        for name, part in parts.items():
            self._stem.add(name, [part.encode()])

    def fill(self, created: datetime, sheets: list[_Sheet]) -> bytes:
        stream = io.BytesIO()
        writer = self._stem.again(stream)
        writer.add(_CORE, [self._core.replace(_CREATED.strftime(_STAMP), created.strftime(_STAMP)).encode()])
        for number, (sheet, (before, after)) in enumerate(zip(sheets, self._sheets, strict=True), 1):
            writer.add(_SHEET.format(number), [f"{before}{sheet.xml}{after}".encode()])
        writer.close()
        return stream.getvalue()


_form = cache(_Form)


def _cut(sheet: str) -> tuple[str, str]:
    """What stands before the rows of a sheet, and after them. A sheet need not say how large it is."""
    before, after = sheet.replace('<dimension ref="A1"/>', "").split("<sheetData/>")
    return f"{before}<sheetData>", f"</sheetData>{after}"


def _formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "Calibri", "font_size": 11, "font_color": f"#{look.INK}", "valign": "top"}
    head = {"bold": True, "bg_color": f"#{look.HEAD_FILL}", "bottom": 2, "bottom_color": f"#{look.INK}"}
    line = {"bottom": 1, "bottom_color": f"#{look.HAIRLINE}"}
    strong = {"bold": True, "top": 1, "top_color": f"#{look.INK}"}
    number = {"align": "right"}

    def made(*parts: dict) -> Any:
        return book.add_format({key: value for part in (base, *parts) for key, value in part.items()})

    return {
        "title": made({"bold": True, "font_size": 16}),
        "lede": made({}),
        "muted": made({"font_color": f"#{look.MUTED}"}),
        "section": made({"bold": True, "font_size": 13}),
        "head": made(head, {"text_wrap": True}),
        "head right": made(head, number, {"text_wrap": True}),
        "text": made(line, {"text_wrap": True}),
        "count": made(line, number, {"num_format": "#,##0"}),
        "usd": made(line, number, {"num_format": look.USD_FORMAT}),
        "difference": made(line, number, {"num_format": look.DIFFERENCE_FORMAT}),
        "text total": made(strong),
        "count total": made(strong, number, {"num_format": "#,##0"}),
        "usd total": made(strong, number, {"num_format": look.USD_FORMAT}),
        "difference total": made(strong, number, {"num_format": look.DIFFERENCE_FORMAT}),
    } | {
        severity: made(line, {"bold": True, "font_color": f"#{ink}"}) for severity, (ink, _, _) in look.COLOURS.items()
    }


class _Sheet:
    """Rows that are filled one after another; every text is written as text, never as a formula or a link."""

    def __init__(self, styles: dict[str, int]) -> None:
        self.styles = styles
        self.row = 1
        self._cells: list[str] = []  # of the row that is being filled
        self._rows: list[str] = []

    def text(self, column: int, text: object, style: str = "text") -> None:
        words = escape(look.safe_text(text), quote=False)
        inner = f' t="inlineStr"><is><t xml:space="preserve">{words}</t></is></c>' if words else "/>"
        self._cells.append(f'<c r="{_LETTERS[column]}{self.row}" s="{self.styles[style]}"{inner}')

    def number(self, column: int, number: int | Decimal, style: str) -> None:
        """A text where it has more digits than a spreadsheet keeps."""
        if not -_EXACT < number < _EXACT:
            self.text(column, f"{number}", style)
        else:
            place = f'<c r="{_LETTERS[column]}{self.row}" s="{self.styles[style]}">'
            self._cells.append(f"{place}<v>{number}</v></c>")

    def end_row(self, form: str = "") -> None:
        """`form` are attributes of the row; one without cells is left out."""
        if self._cells:
            self._rows.append(f'<row r="{self.row}"{form}>{"".join(self._cells)}</row>')
            self._cells.clear()
        self.row += 1

    def only(self, text: object, style: str, form: str = "") -> None:
        """A row of one text."""
        self.text(0, text, style)
        self.end_row(form)

    def headings(self, names: list[str], texts: int) -> None:
        for column, name in enumerate(names):
            self.text(column, name, "head" if column < texts else "head right")
        self.end_row()

    @property
    def xml(self) -> str:
        return "".join(self._rows)


class _Receipt(_Sheet):
    """The first sheet."""

    def fill(self, receipt: Receipt) -> None:
        self.only(receipt.headline, "title", _HIGH)
        self.only(receipt.detail, "lede")
        for part in receipt.parts:
            self._part(part)
        self._totals(receipt)
        self._control_totals(receipt)
        self._findings(in_reading_order(receipt.findings))

    def _part(self, part: ReceiptPart) -> None:
        self.end_row()
        self.text(0, part.title, "section")
        self.text(1, part.replaces, "muted")
        self.end_row()
        names = [name.removesuffix("(USD)").strip() for name in part.amount_names]
        amounts = [f"{name} {when}" if when else "Difference" for name in names for when in ("before", "after", "")]
        self.headings(["USD" if names else "", "Rows before", "Rows after", *amounts], 1)
        for line in part.lines:
            self._line(line)
        self._line(part.total, " total")

    def _line(self, line: ReceiptLine, style: str = "") -> None:
        self.text(0, line.label, f"text{style}")
        self.number(1, line.rows_before, f"count{style}")
        self.number(2, line.rows_after, f"count{style}")
        for number, (before, after) in enumerate(line.amounts):
            self._cents(3 + 3 * number, before, f"usd{style}")
            self._cents(4 + 3 * number, after, f"usd{style}")
            self._cents(5 + 3 * number, after - before, f"difference{style}")
        self.end_row()

    def _cents(self, column: int, cents: int, style: str) -> None:
        self.number(column, Decimal(cents).scaleb(-2), style)

    def _totals(self, receipt: Receipt) -> None:
        if not receipt.totals:
            return
        self.end_row()
        self.only("Totals by currency", "section")
        self.headings(["Dataset", "Currency", "Rows", "Amount", "USD"], 2)
        for total in receipt.totals:
            self.text(0, total.dataset)
            self.text(1, total.currency)
            self.number(2, total.rows, "count")
            self.number(3, Decimal(total.amount), "usd")
            if total.usd_cents is not None:
                self._cents(4, total.usd_cents, "usd")
            self.end_row()

    def _control_totals(self, receipt: Receipt) -> None:
        self.end_row()
        for control in receipt.control_totals:
            in_file, of_rows = (f"{Decimal(v).scaleb(-control.scale):,.2f}" for v in (control.in_file, control.of_rows))
            told = f"equal to the sum of {'the' if control.in_file == control.of_rows else 'its'} rows"
            if control.in_file != control.of_rows:
                told = f"a part of all rows, which sum to {of_rows}"
            place = f"sheet {control.sheet}, cell {control.cell}"
            self.only(f"Control total of {control.name} in the file ({place}): {in_file}, {told}.", "muted")
        self.only(f"Identical bytes dropped again change nothing. SHA-256 {receipt.sha256}", "muted")

    def _findings(self, findings: list[Finding]) -> None:
        self.end_row()
        self.only("Warnings and notes" if findings else "No warnings.", "section" if findings else "muted")
        if not findings:
            return
        self.headings(["Severity", "Sheet", "Cell", "What was noticed", "Found", "Expected", "What to do"], 7)
        for finding in findings:
            self.text(0, finding.severity.value.capitalize(), finding.severity.value)
            words = (finding.sheet, finding.place, finding.message, finding.found, finding.expected, finding.remedy)
            for column, word in enumerate(words, 1):
                self.text(column, word)
            self.end_row(_height(words))


def _height(texts: Iterable[str]) -> str:
    """A row as high as its texts need: not every program makes room by itself for what does not fit on one line."""
    lines = max(-(-len(text) // _LETTERS_A_LINE) for text in texts)
    return f' ht="{min(_HIGHEST, lines * _LINE_HEIGHT)}" customHeight="1"' if lines > 1 else ""


def _changes(styles: dict[str, int], rows: list[tuple[str, RowChange]]) -> _Sheet:
    """The second sheet, where rows are told one by one."""
    sheet = _Sheet(styles)
    sheet.headings(["Dataset", "Change", "Sheet", "Row", "Key", "Before", "After"], 7)
    for title, change in rows:
        row_no = "" if change.row is None else change.row
        words = (title, change.change, change.sheet, row_no, change.key, change.before, change.after)
        for column, word in enumerate(words):
            sheet.text(column, word)
        sheet.end_row()
    return sheet


def write_receipt(receipt: Receipt, out: Path) -> None:
    """Writes the receipt to `out` (xlsx)."""
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = [(part.title, change) for part in receipt.parts for change in part.changes]
    form = _form(bool(rows))
    first = _Receipt(form.styles)
    first.fill(receipt)
    others = [_changes(form.styles, rows)] if rows else []
    out.write_bytes(form.fill(receipt.loaded_at or datetime.now(UTC), [first, *others]))
