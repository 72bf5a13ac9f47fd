"""A page as a workbook: a sheet for each block, true numbers with formats, and *Sources* with every figure id."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import xlsxwriter
import xlsxwriter.workbook
from xlsxwriter.utility import xl_rowcol_to_cell_fast

from outcome_reporting.domain.outcome import OutcomeFacts

from .model import Block, Figure, FundBars, Page, PartnerBars, Table, YearBars
from .plain_sheet import PlainSheet, inline
from .texts import Texts
from .workbook_sources import write_source_lines

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
_CELL_LIMIT = 32_000  # letters that one cell can hold, with room to spare


class _QuickZip(ZipFile):
    def writestr(self, zinfo_or_arcname, data, compress_type=None, compresslevel=None):
        super().writestr(zinfo_or_arcname, data, compress_type, 2)


# The library has no option for the level of its archive; the usual one takes three times as long for a tenth less.
xlsxwriter.workbook.ZipFile = _QuickZip  # type: ignore[attr-defined]


class _Book:
    """The workbook while it is written; `placed` remembers where each figure stands."""

    def __init__(self, page: Page, target: io.BytesIO) -> None:
        self.page = page
        self.texts = Texts(page.language)
        self.book = xlsxwriter.Workbook(target, _OPTIONS)
        moment = page.data_date.replace(tzinfo=None)
        self.book.set_properties({"title": f"{page.outcome} {page.year}: {page.title}"[:250], "created": moment})
        add = self.book.add_format
        self.title = add({"bold": True, "font_size": 14})
        self.bold = add({"bold": True})
        self.head = add({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
        self.wrap = add({"text_wrap": True, "valign": "top"})
        self.formats = {
            (kind, is_total): add({"num_format": form} | ({"bold": True, "top": 1} if is_total else {}))
            for kind, form in (("USD", "#,##0.00"), ("%", '0.0" %"'), ("", "#,##0.####"), ("text", "@"))
            for is_total in (False, True)
        }
        self.placed: list[tuple[Figure, str, int, int]] = []

    def format_of(self, figure: Figure, is_total: bool = False):
        return self.formats[figure.unit if figure.unit in ("USD", "%") else "", is_total]

    def number(self, sheet, name: str, row: int, column: int, figure: Figure, is_total: bool) -> None:
        sheet.value(row, column, figure.value, self.format_of(figure, is_total))
        self.placed.append((figure, name, row, column))


def write_workbook(page: Page, out: Path, facts: OutcomeFacts | None = None) -> None:
    """Writes the workbook; the same page and facts give the same bytes."""
    out.write_bytes(workbook_bytes(page, facts))


def workbook_bytes(page: Page, facts: OutcomeFacts | None = None) -> bytes:
    """The workbook of a page, with the cells behind its figures where the facts are given.

    Every text is written as text, so that none is taken for a formula.
    """
    target = io.BytesIO()
    book = _Book(page, target)
    for place, block in enumerate(page.blocks, start=1):
        name = f"{place} {block.short_title}"[:31]
        sheet = book.book.add_worksheet(name, worksheet_class=PlainSheet)
        _block(book, sheet, name, block)
    _sources(book)
    if facts is not None and page.year in facts.sources:
        sheet = book.book.add_worksheet(book.texts("book.source_lines"), worksheet_class=PlainSheet)
        write_source_lines(
            sheet, page, facts, book.texts, book.head, book.formats["USD", False], book.formats["", False]
        )
    book.book.close()
    return target.getvalue()


def _block(book: _Book, sheet, name: str, block: Block) -> None:
    texts, page = book.texts, book.page
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 12, 17)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.text(0, 0, block.title, book.title)
    sheet.text(1, 0, f"{page.outcome} · {texts.period(page.plan_period)} · {page.year}")
    row = 2
    if block.key == "summary":
        row = _head(book, sheet, name, row)
    for words in (block.finding, block.empty_reason, block.text):
        if words:
            sheet.text(row, 0, words[:_CELL_LIMIT], book.bold if words is block.finding else None)
            row += 1
    row += 1
    for fact in block.facts:
        sheet.text(row, 0, fact.label)
        sheet.text(row, 1, ". ".join(part for part in (fact.text, fact.remark) if part)[:_CELL_LIMIT])
        for code, words in fact.items:
            sheet.text(row, 1, code)
            sheet.text(row, 2, words[:_CELL_LIMIT])
            row += 1
        row += 0 if fact.items else 1
    first_table = row
    for table in block.tables:
        if table.only != "html":
            row = _table(book, sheet, name, row, table) + 1
    for note in block.notes:
        row = _note(book, sheet, row, note)
    for bold, words in block.remarks:
        sheet.text(row, 0, f"{bold} {words}".strip()[:_CELL_LIMIT])
        row += 1
    _chart(book, sheet, name, block, first_table)


def _head(book: _Book, sheet, name: str, row: int) -> int:
    """Title, sentence and the four key figures."""
    page, texts = book.page, book.texts
    sheet.text(row, 0, page.title, book.bold)
    sheet.text(row + 1, 0, page.lede)
    sheet.text(row + 2, 0, f"{texts('page.data_as_of')} {texts.date(page.data_date)}")
    row += 4
    for key in page.key_figures:
        sheet.text(row, 0, f"{key.label}, USD")
        book.number(sheet, name, row, 1, key.figure, False)
        row += 1
    return row + 1


def _table(book: _Book, sheet, name: str, row: int, table: Table) -> int:
    """Writes a table and returns the row after it."""
    sheet.text(row, 0, f"{table.caption} · {table.unit}" if table.unit else table.caption, book.bold)
    row += 1
    columns = [column for column in table.columns if not column.is_bar]
    if columns:
        for place, column in enumerate(columns):
            sheet.text(row, place, column.title, book.head)
        row += 1
    for line in table.rows + table.totals:
        is_total = line.style in ("total", "group")
        text = book.formats["text", is_total]
        sheet.text(row, 0, f"{line.code}  {line.heading}" if line.code else line.heading, text)
        for place, cell in enumerate(line.cells[: len(columns) - 1], start=1):
            if cell.figure:
                book.number(sheet, name, row, place, cell.figure, is_total)
            elif cell.text:
                sheet.text(row, place, cell.text, text)
        row += 1
    if table.note:
        sheet.text(row, 0, table.note)
        row += 1
    return row


def _note(book: _Book, sheet, row: int, note) -> int:
    texts, source = book.texts, note.source
    sheet.text(row, 0, note.heading, book.bold)
    by = f"{texts('notes.by')} {source.author} · {note.language_name} · {texts('notes.approved')}"
    sheet.text(row + 1, 0, by)
    sheet.text(row + 2, 0, source.title, book.bold)
    sheet.merge_range(row + 3, 0, row + 3, 6, source.note[:_CELL_LIMIT], book.wrap)
    sheet.height(row + 3, min(400, 18 * (1 + len(source.note) // 130 + source.note.count("\n"))))
    return row + 5


def _chart(book: _Book, sheet, name: str, block: Block, row: int) -> None:
    """Bars beside the first table, drawn from its cells."""
    table = block.tables[0] if block.tables else None
    first, last = row + 2, row + 1 + (len(table.rows) if table else 0)
    for chart in block.charts:
        if isinstance(chart, FundBars) or not isinstance(chart, YearBars | PartnerBars):
            continue
        years = isinstance(chart, YearBars)
        last_column = len([column for column in table.columns if not column.is_bar]) - 1 if table else 0
        series = ((1, "#ffffff"), (2, "#b9d6ec"), (4, "#0b4f84")) if years else ((last_column, "#0b4f84"),)
        drawing = book.book.add_chart({"type": "column" if years else "bar"})
        for column, colour in series:
            drawing.add_series(
                {
                    "name": [name, row + 1, column],
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, column, last, column],
                    "fill": {"color": colour},
                    "border": {"color": "#5b6b79"},
                    "gap": 60,
                }
            )
        drawing.set_title({"name": chart.title, "name_font": {"size": 11}})
        drawing.set_legend({"position": "bottom"} if years else {"none": True})
        drawing.set_y_axis({"reverse": True, "num_format": "#,##0"} if not years else {"num_format": "#,##0"})
        sheet.insert_chart(row, 8, drawing)


def _sources(book: _Book) -> None:
    """One row for each place of each figure: id, sheet, cell, value, unit."""
    texts = book.texts
    sheet = book.book.add_worksheet(texts("book.sources"), worksheet_class=PlainSheet)
    sheet.set_column(0, 0, 62)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 4, 16)
    sheet.freeze_panes(1, 0)
    heads = ("figure_id", "sheet", "cell", "value", "unit")
    sheet.add_row(*(texts(f"book.{key}") for key in heads), form=book.head)
    styles = {form: form._get_xf_index() for form in book.formats.values()}
    for number, (figure, name, row, column) in enumerate(book.placed, start=2):
        sheet.add_cells(
            f'<c r="A{number}"{inline(figure.id)}<c r="B{number}"{inline(name)}'
            f'<c r="C{number}"{inline(xl_rowcol_to_cell_fast(row, column))}'
            f'<c r="D{number}" s="{styles[book.format_of(figure)]}"><v>{figure.value}</v></c>'
            f'<c r="E{number}"{inline(figure.unit)}'
        )
