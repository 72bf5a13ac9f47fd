"""The answer to an accepted file as a workbook: what was loaded, what it replaced, the difference it makes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import xlsxwriter

from outcome_reporting.domain.finding import Finding
from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.answer import Receipt, ReceiptLine, ReceiptPart, in_reading_order

# in memory: otherwise each part of the workbook is first a file of its own
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_EXACT_CENTS = 10**15


class _Receipt:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.sheet = book.add_worksheet("Receipt")
        self.sheet.hide_gridlines(2)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)  # one page wide, as many as it takes
        self.sheet.set_row(0, 24)
        self.row = 0
        base = {"font_name": "Calibri", "font_size": 11, "font_color": f"#{look.INK}", "valign": "top"}
        head = {"bold": True, "bg_color": f"#{look.HEAD_FILL}", "bottom": 2, "bottom_color": f"#{look.INK}"}
        line = {"bottom": 1, "bottom_color": f"#{look.HAIRLINE}"}
        strong = {"bold": True, "top": 1, "top_color": f"#{look.INK}"}
        number = {"align": "right"}

        def made(*parts: dict) -> object:
            return book.add_format({key: value for part in (base, *parts) for key, value in part.items()})

        self.formats = {
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
        }
        for severity, (ink, _, _) in look.COLOURS.items():
            self.formats[severity] = made(line, {"bold": True, "font_color": f"#{ink}"})

    def text(self, column: int, text: object, style: str = "text", sheet=None, row: int | None = None) -> None:
        place = self.row if row is None else row
        (sheet or self.sheet).write_string(place, column, look.safe_text(text), self.formats[style])

    def cents(self, column: int, cents: int, style: str) -> None:
        if abs(cents) < _EXACT_CENTS:
            self.sheet.write_number(self.row, column, cents / 100, self.formats[style])
        else:
            self.text(column, str(Decimal(cents) / 100), style)

    def headings(self, names: list[str], texts: int, sheet=None) -> None:
        for column, name in enumerate(names):
            self.text(column, name, "head" if column < texts else "head right", sheet)
        self.row += 1

    def line(self, line: ReceiptLine, style: str = "") -> None:
        self.text(0, line.label, f"text{style}")
        self.sheet.write_number(self.row, 1, line.rows_before, self.formats[f"count{style}"])
        self.sheet.write_number(self.row, 2, line.rows_after, self.formats[f"count{style}"])
        for number, (before, after) in enumerate(line.amounts):
            self.cents(3 + 3 * number, before, f"usd{style}")
            self.cents(4 + 3 * number, after, f"usd{style}")
            self.cents(5 + 3 * number, after - before, f"difference{style}")
        self.row += 1

    def part(self, part: ReceiptPart) -> None:
        self.row += 1
        self.text(0, part.title, "section")
        self.text(1, part.replaces, "muted")
        self.row += 1
        names = [name.removesuffix("(USD)").strip() for name in part.amount_names]
        amounts = [f"{name} {when}" if when else "Difference" for name in names for when in ("before", "after", "")]
        self.headings(["USD" if names else "", "Rows before", "Rows after", *amounts], 1)
        for line in part.lines:
            self.line(line)
        self.line(part.total, " total")

    def totals(self, receipt: Receipt) -> None:
        if not receipt.totals:
            return
        self.row += 1
        self.text(0, "Totals by currency", "section")
        self.row += 1
        self.headings(["Dataset", "Currency", "Rows", "Amount", "USD"], 2)
        for total in receipt.totals:
            self.text(0, total.dataset)
            self.text(1, total.currency)
            self.sheet.write_number(self.row, 2, total.rows, self.formats["count"])
            amount = Decimal(total.amount)
            if abs(amount) < _EXACT_CENTS:
                self.sheet.write_number(self.row, 3, float(amount), self.formats["usd"])
            else:
                self.text(3, total.amount, "usd")
            if total.usd_cents is not None:
                self.cents(4, total.usd_cents, "usd")
            self.row += 1

    def control_totals(self, receipt: Receipt) -> None:
        self.row += 1
        for control in receipt.control_totals:
            in_file, of_rows = (f"{Decimal(v).scaleb(-control.scale):,.2f}" for v in (control.in_file, control.of_rows))
            told = f"equal to the sum of {'the' if control.in_file == control.of_rows else 'its'} rows"
            if control.in_file != control.of_rows:
                told = f"a part of all rows, which sum to {of_rows}"
            place = f"sheet {control.sheet}, cell {control.cell}"
            self.text(0, f"Control total of {control.name} in the file ({place}): {in_file}, {told}.", "muted")
            self.row += 1
        self.text(0, f"Identical bytes dropped again change nothing. SHA-256 {receipt.sha256}", "muted")
        self.row += 1

    def findings(self, findings: list[Finding]) -> None:
        self.row += 1
        self.text(0, "Warnings and notes" if findings else "No warnings.", "section" if findings else "muted")
        self.row += 1
        if not findings:
            return
        self.headings(["Severity", "Sheet", "Cell", "What was noticed", "Found", "Expected", "What to do"], 7)
        for finding in findings:
            self.text(0, finding.severity.value.capitalize(), finding.severity.value)
            words = (finding.sheet, finding.place, finding.message, finding.found, finding.expected, finding.remedy)
            for column, word in enumerate(words, 1):
                self.text(column, word)
            self.row += 1

    def changes(self, receipt: Receipt) -> None:
        rows = [(part.title, change) for part in receipt.parts for change in part.changes]
        if not rows:
            return
        sheet = self.book.add_worksheet("Rows changed")
        sheet.hide_gridlines(2)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 6, 24)
        for column, name in enumerate(("Dataset", "Change", "Sheet", "Row", "Key", "Before", "After")):
            self.text(column, name, "head", sheet, 0)
        for number, (title, change) in enumerate(rows, 1):
            row_no = "" if change.row is None else change.row
            words = (title, change.change, change.sheet, row_no, change.key, change.before, change.after)
            for column, word in enumerate(words):
                self.text(column, word, "text", sheet, number)


def write_receipt(receipt: Receipt, out: Path) -> None:
    """Writes the receipt to `out` (xlsx). Every text is written as text, never as a formula or a link."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(out), _OPTIONS) as book:
        written = _Receipt(book)
        written.sheet.set_column(0, 0, 22)
        written.sheet.set_column(1, 11, 17)
        written.text(0, receipt.headline, "title")
        written.row += 1
        written.text(0, receipt.detail, "lede")
        written.row += 1
        for part in receipt.parts:
            written.part(part)
        written.totals(receipt)
        written.control_totals(receipt)
        written.findings(in_reading_order(receipt.findings))
        written.changes(receipt)
