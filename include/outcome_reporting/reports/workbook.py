"""A page as a workbook: a sheet for each block, true numbers with formats, and *Sources* with every figure id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from outcome_reporting.domain.outcome import OutcomeFacts

from .context import DASH
from .model import AmountColumn, Block, Fact, Figure, Listing, Note, Page, Row, Table
from .plain_sheet import (
    COLUMNS,
    SLOT,
    PlainSheet,
    any_slot,
    number_in_cell,
    number_slot,
    text_cell,
    text_cells,
    text_in_cell,
    text_slot,
    xml_texts,
)
from .texts import Texts
from .workbook_charts import chart_data, kind_of_chart
from .workbook_figures import FIGURE_WIDTHS, FigureList
from .workbook_frame import ChartData, SheetShape, Styles, frame
from .workbook_sources import SOURCE_WIDTHS, write_source_lines

_CELL_LIMIT = 32_000  # letters that one cell can hold, with room to spare
_BLOCK_WIDTHS = ((0, 0, 46), (1, 12, 17))


def write_workbook(page: Page, out: Path, facts: OutcomeFacts | None = None) -> None:
    """Writes the workbook; the same page and facts give the same bytes."""
    out.write_bytes(workbook_bytes(page, facts))


def workbook_bytes(page: Page, facts: OutcomeFacts | None = None) -> bytes:
    """The workbook of a page, with the cells behind its figures where the facts are given.

    Every text is written as text, so that none is taken for a formula.
    """
    texts = Texts(page.language)
    has_lines = facts is not None and page.year in facts.sources
    named = [(f"{place} {block.short_title}"[:31], block) for place, block in enumerate(page.blocks, start=1)]
    book = frame(_shapes(named, texts, has_lines))
    figures = FigureList(book.styles)
    sheets: list[tuple[PlainSheet, ChartData | None]] = []
    for name, block in named:
        figures.begin(name)
        sheet = _BlockSheet(page, texts, book.styles, figures)
        sheets.append((sheet.sheet, sheet.write(block)))
    sheets.append((figures.sheet(texts), None))
    if facts is not None and has_lines:
        sheets.append((write_source_lines(page, facts, texts, book.styles), None))
    title = f"{page.outcome} {page.year}: {page.title}"[:250]
    return book.fill(title, page.data_date, sheets)


def _shapes(named: list[tuple[str, Block]], texts: Texts, has_lines: bool) -> tuple[SheetShape, ...]:
    """Of the blocks, each with the name of its sheet, and of the two lists."""
    blocks = [SheetShape(name, _BLOCK_WIDTHS, chart=kind_of_chart(block)) for name, block in named]
    figures = SheetShape(texts("book.sources"), FIGURE_WIDTHS, is_list=True)
    lines = SheetShape(texts("book.source_lines"), SOURCE_WIDTHS, is_list=True)
    return (*blocks, figures, lines) if has_lines else (*blocks, figures)


class _BlockSheet:
    """The sheet of a block while it is written, from the first row down; `figures` lists where they stand."""

    def __init__(self, page: Page, texts: Texts, styles: Styles, figures: FigureList) -> None:
        self.page, self.texts, self.styles, self.figures = page, texts, styles, figures
        self.sheet = PlainSheet()

    def line(self, text: str, style: int = 0) -> None:
        """A text in a row of its own."""
        self.sheet.add_row(text_cell(0, text[:_CELL_LIMIT], style))

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
        self.sheet.skip_row()
        for fact in block.facts:
            self._fact(fact)
        first_table = self.sheet.row
        for table in block.tables:
            if not table.is_shortened:
                self._table(table)
        if block.listing is not None:
            self._listing(block.listing)
        for note in block.notes:
            self._note(note)
        for bold, words in block.remarks:
            self.line(f"{bold} {words}".strip())
        return chart_data(block, first_table)

    def _head(self) -> None:
        """Title, sentence and the four key figures."""
        page, texts = self.page, self.texts
        self.line(page.title, self.styles.bold)
        self.line(page.lede)
        self.line(f"{texts('page.data_as_of')} {texts.date(page.data_date)}")
        self.sheet.skip_row()
        for key in page.key_figures:
            number = self._number(key.figure, 1, self.styles.cells.numbers[key.figure.unit])
            self.sheet.add_row(text_cell(0, f"{key.label}, USD") + number, columns=2)
        self.sheet.skip_row()

    def _number(self, figure: Figure, column: int, style: int) -> str:
        """The cell of a figure in the next row."""
        place = f"{COLUMNS[column]}{self.sheet.row + 1}"
        self.figures.add(figure, place)
        return f'<c r="{place}" s="{style}"><v>{figure.value}</v></c>'

    def _fact(self, fact: Fact) -> None:
        """A label and its words, or several lines beside it."""
        words = ". ".join(part for part in (fact.text, fact.remark) if part)[:_CELL_LIMIT]
        label = text_cell(0, fact.label)
        lines = [text_cells(1, code, words[:_CELL_LIMIT]) for code, words in fact.items] or [text_cells(1, words)]
        for place, line in enumerate(lines):
            self.sheet.add_row(line if place else label + line, columns=3 if fact.items else 2)

    def _table_head(self, table: Table | Listing) -> int:
        """Caption and titles; how many columns there are. Bars are drawn in html alone."""
        self.line(f"{table.caption} · {table.unit}" if table.unit else table.caption, self.styles.bold)
        shown = [column for column in table.columns if not column.is_bar]
        heads = self.styles.head, self.styles.number_head
        if shown:
            cells = [text_cell(place, column.title, heads[column.is_number]) for place, column in enumerate(shown)]
            self.sheet.add_row("".join(cells), len(shown))
        return len(shown)

    def _table_foot(self, table: Table | Listing, columns: int) -> None:
        """Totals, note, and an empty row."""
        for line in table.totals:
            self._line(line, columns)
        if table.note:
            self.line(table.note)
        self.sheet.skip_row()

    def _table(self, table: Table) -> None:
        columns = self._table_head(table)
        for line in table.rows:
            self._line(line, columns)
        self._table_foot(table, columns)

    def _line(self, line: Row, columns: int) -> None:
        styles = self.styles.totals if line.style in ("total", "group") else self.styles.cells
        words, numbers = styles.words, styles.numbers
        cells = [text_cell(0, f"{line.code}  {line.heading}" if line.code else line.heading, words)]
        for column, cell in enumerate(line.cells[: columns - 1], start=1):
            if figure := cell.figure:
                cells.append(self._number(figure, column, numbers[figure.unit]))
            elif cell.text:
                cells.append(text_cell(column, cell.text, words))
        self.sheet.add_row("".join(cells))

    def _listing(self, listing: Listing) -> None:
        """A long table, column by column."""
        columns = self._table_head(listing)
        words, number = self.styles.cells.words, self.styles.cells.numbers[listing.unit]
        headings = listing.headings
        if listing.codes:
            headings = [f"{code}  {heading}" for code, heading in zip(listing.codes, headings, strict=True)]
        columns_filled = [_texts_down(0, headings, words)]
        amounts = []
        for column, content in enumerate(listing.contents, start=1):
            if isinstance(content, AmountColumn):
                amounts.append((column, content))
                columns_filled.append(_amounts_down(column, content.values, number, words))
            else:
                columns_filled.append((any_slot(column, words), [map(text_in_cell, content)]))
        self.figures.add_columns(amounts, listing.unit, self.sheet.row + 1)
        slots, filled = zip(*columns_filled, strict=True)
        self.sheet.add_form("".join(slots), len(headings), *chain.from_iterable(filled))
        self._table_foot(listing, columns)

    def _note(self, note: Note) -> None:
        texts, source = self.texts, note.source
        self.line(note.heading, self.styles.bold)
        self.line(f"{texts('notes.by')} {source.author} · {note.language_name} · {texts('notes.approved')}")
        self.line(source.title, self.styles.bold)
        height = min(400, 18 * (1 + len(source.note) // 130 + source.note.count("\n")))
        self.sheet.merge(7, source.note[:_CELL_LIMIT], self.styles.wrap, height)
        self.sheet.skip_row()


def _texts_down(column: int, texts: Sequence[str], style: int) -> tuple[str, list[Iterable[str]]]:
    """Slot and contents of texts that hardly repeat."""
    inside = xml_texts(texts)
    if inside is None:
        return any_slot(column, style), [map(text_in_cell, texts)]
    return text_slot(column, style), [inside]


def _amounts_down(column: int, values: Sequence[str], number: int, words: int) -> tuple[str, list[Iterable[str]]]:
    """Slots and contents of amounts, with a dash where there is none."""
    if all(values):
        return number_slot(column, number), [values]
    styles = [str(number) if value else str(words) for value in values]
    dash = text_in_cell(DASH)
    return any_slot(column, SLOT), [styles, [number_in_cell(value) if value else dash for value in values]]
