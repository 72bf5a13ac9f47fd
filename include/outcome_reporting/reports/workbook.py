"""A page as a workbook: a sheet for each block, true numbers with formats, and *Sources* with every figure id."""

from __future__ import annotations

from pathlib import Path

from outcome_reporting.domain.outcome import OutcomeFacts

from .model import Block, Fact, Figure, Note, Page, PartnerBars, Row, Table, YearBars
from .plain_sheet import COLUMNS, ROW, PlainSheet, number_cell, text_cell, text_cells
from .texts import Texts
from .workbook_frame import ChartData, Range, SheetShape, Styles, frame
from .workbook_sources import SOURCE_WIDTHS, write_source_lines

_CELL_LIMIT = 32_000  # letters that one cell can hold, with room to spare
_BLOCK_WIDTHS = ((0, 0, 46), (1, 12, 17))
_FIGURE_WIDTHS = ((0, 0, 62), (1, 1, 30), (2, 4, 16))
_YEAR_COLUMNS = (1, 2, 4)  # planned, available and spent in the table of years

Placed = tuple[Figure, str, int, int]  # a figure, and the sheet, row and column in which it stands


def write_workbook(page: Page, out: Path, facts: OutcomeFacts | None = None) -> None:
    """Writes the workbook; the same page and facts give the same bytes."""
    out.write_bytes(workbook_bytes(page, facts))


def workbook_bytes(page: Page, facts: OutcomeFacts | None = None) -> bytes:
    """The workbook of a page, with the cells behind its figures where the facts are given.

    Every text is written as text, so that none is taken for a formula.
    """
    texts = Texts(page.language)
    has_lines = facts is not None and page.year in facts.sources
    book = frame(_shapes(page, texts, has_lines))
    placed: list[Placed] = []
    sheets: list[tuple[PlainSheet, ChartData | None]] = []
    for name, block in _named(page):
        sheet = _BlockSheet(page, texts, book.styles, name, placed)
        sheets.append((sheet.sheet, sheet.write(block)))
    sheets.append((_figures(texts, book.styles, placed), None))
    if facts is not None and has_lines:
        sheets.append((write_source_lines(page, facts, texts, book.styles), None))
    title = f"{page.outcome} {page.year}: {page.title}"[:250]
    return book.fill(title, page.data_date, sheets)


def _named(page: Page) -> list[tuple[str, Block]]:
    """Each block with the name of its sheet."""
    return [(f"{place} {block.short_title}"[:31], block) for place, block in enumerate(page.blocks, start=1)]


def _shapes(page: Page, texts: Texts, has_lines: bool) -> tuple[SheetShape, ...]:
    blocks = (SheetShape(name, _BLOCK_WIDTHS, chart=_kind_of_chart(block)) for name, block in _named(page))
    figures = SheetShape(texts("book.sources"), _FIGURE_WIDTHS, is_list=True)
    lines = SheetShape(texts("book.source_lines"), SOURCE_WIDTHS, is_list=True)
    return (*blocks, figures, lines) if has_lines else (*blocks, figures)


class _BlockSheet:
    """The sheet of a block while it is written, from the first row down; `placed` remembers where figures stand."""

    def __init__(self, page: Page, texts: Texts, styles: Styles, name: str, placed: list[Placed]) -> None:
        self.page, self.texts, self.styles, self.name, self.placed = page, texts, styles, name, placed
        self.sheet = PlainSheet()
        self.row = 0

    def line(self, text: str, style: int = 0) -> None:
        """A text in a row of its own."""
        self.sheet.text(self.row, 0, text[:_CELL_LIMIT], style)
        self.row += 1

    def write(self, block: Block) -> ChartData | None:
        """Fills the sheet and returns what its chart draws."""
        page = self.page
        self.line(block.title, self.styles.title)
        self.line(f"{page.outcome} · {self.texts.period(page.plan_period)} · {page.year}")
        if block.key == "summary":
            self._head()
        for words in (block.finding, block.empty_reason, block.text):
            if words:
                self.line(words, self.styles.bold if words is block.finding else 0)
        self.row += 1
        for fact in block.facts:
            self._fact(fact)
        first_table = self.row
        for table in block.tables:
            if table.only != "html":
                self._table(table)
        for note in block.notes:
            self._note(note)
        for bold, words in block.remarks:
            self.line(f"{bold} {words}".strip())
        return _chart(block, first_table)

    def _head(self) -> None:
        """Title, sentence and the four key figures."""
        page, texts = self.page, self.texts
        self.line(page.title, self.styles.bold)
        self.line(page.lede)
        self.line(f"{texts('page.data_as_of')} {texts.date(page.data_date)}")
        self.row += 1
        for key in page.key_figures:
            self.sheet.text(self.row, 0, f"{key.label}, USD")
            self.sheet.add(self.row, number_cell(1, key.figure.value, self.styles.cells.numbers[key.figure.unit]))
            self.placed.append((key.figure, self.name, self.row, 1))
            self.row += 1
        self.row += 1

    def _fact(self, fact: Fact) -> None:
        self.sheet.text(self.row, 0, fact.label)
        if words := ". ".join(part for part in (fact.text, fact.remark) if part):
            self.sheet.text(self.row, 1, words[:_CELL_LIMIT])
        for code, words in fact.items:
            self.sheet.text(self.row, 1, code)
            self.sheet.text(self.row, 2, words[:_CELL_LIMIT])
            self.row += 1
        self.row += 0 if fact.items else 1

    def _table(self, table: Table) -> None:
        """A table, and an empty row after it."""
        self.line(f"{table.caption} · {table.unit}" if table.unit else table.caption, self.styles.bold)
        columns = _columns(table)
        self.sheet.columns = max(self.sheet.columns, len(columns))
        if columns:
            for column, title in enumerate(columns):
                self.sheet.add(self.row, text_cell(column, title, self.styles.head))
            self.row += 1
        for line in table.rows + table.totals:
            self._line(line, len(columns))
        if table.note:
            self.line(table.note)
        self.row += 1

    def _line(self, line: Row, columns: int) -> None:
        styles = self.styles.totals if line.style in ("total", "group") else self.styles.cells
        words, numbers = styles.words, styles.numbers
        cells = [text_cell(0, _heading(line), words)]
        for column, cell in enumerate(line.cells[: columns - 1], start=1):
            if figure := cell.figure:
                cells.append(number_cell(column, figure.value, numbers[figure.unit]))
                self.placed.append((figure, self.name, self.row, column))
            elif cell.text:
                cells.append(text_cell(column, cell.text, words))
        self.sheet.add(self.row, "".join(cells))
        self.row += 1

    def _note(self, note: Note) -> None:
        texts, source = self.texts, note.source
        self.line(note.heading, self.styles.bold)
        self.line(f"{texts('notes.by')} {source.author} · {note.language_name} · {texts('notes.approved')}")
        self.line(source.title, self.styles.bold)
        height = min(400, 18 * (1 + len(source.note) // 130 + source.note.count("\n")))
        self.sheet.merge(self.row, 7, source.note[:_CELL_LIMIT], self.styles.wrap, height)
        self.row += 2


def _columns(table: Table) -> list[str]:
    """Titles of the columns; bars are drawn in html alone."""
    return [column.title for column in table.columns if not column.is_bar]


def _heading(line: Row) -> str:
    return f"{line.code}  {line.heading}" if line.code else line.heading


def _kind_of_chart(block: Block) -> str:
    """Only bars that stand beside a table are drawn, from its cells."""
    for chart in _drawn(block):
        return "column" if isinstance(chart, YearBars) else "bar"
    return ""


def _drawn(block: Block) -> list[YearBars | PartnerBars]:
    return [chart for chart in block.charts if isinstance(chart, YearBars | PartnerBars)] if block.tables else []


def _chart(block: Block, row: int) -> ChartData | None:
    """Bars from the cells of the first table of the sheet, whose caption stands in `row`.

    Where the page shows a shorter table, as many bars as it has rows are drawn.
    """
    for chart in _drawn(block):
        table = next(table for table in block.tables if table.only != "html")
        titles = _columns(table)
        rows = table.rows[: len(block.tables[0].rows)]
        first, last = row + 2, row + 1 + len(rows)
        names = [_heading(line) for line in rows]
        is_years = isinstance(chart, YearBars)
        ranges = []
        for column in _YEAR_COLUMNS if is_years else (len(titles) - 1,):
            figures = [line.cells[column - 1].figure for line in rows]
            values = [figure.value if figure else "0" for figure in figures]
            ranges += [
                Range(column, row + 1, row + 1, [titles[column]]),
                Range(0, first, last, names, is_number=is_years),
                Range(column, first, last, values, is_number=True),
            ]
        return ChartData(chart.title, row, ranges)
    return None


def _figures(texts: Texts, styles: Styles, placed: list[Placed]) -> PlainSheet:
    """One row for each place of each figure: id, sheet, cell, value, unit."""
    heads = ("figure_id", "sheet", "cell", "value", "unit")
    sheet, numbers = PlainSheet(len(heads)), styles.cells.numbers
    sheet.add_row(text_cells(0, *(texts(f"book.{key}") for key in heads), style=styles.head))
    for figure, name, row, column in placed:
        sheet.add_row(
            f"{text_cell(0, figure.id)}{text_cell(1, name)}"
            f'<c r="C{ROW}" t="inlineStr"><is><t>{COLUMNS[column]}{row + 1}</t></is></c>'
            f"{number_cell(3, figure.value, numbers[figure.unit])}{text_cell(4, figure.unit)}"
        )
    return sheet
