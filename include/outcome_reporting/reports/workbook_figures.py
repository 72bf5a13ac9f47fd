"""The workbook's sheet of figures: each by its id, with the sheet and cell in which it stands, its value and unit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, compress, repeat

from .model import AmountColumn, Figure
from .plain_sheet import (
    SLOT,
    PlainSheet,
    RowForm,
    addresses,
    any_slot,
    as_xml,
    number_slot,
    text_cell,
    text_cells,
    text_in_cell,
    text_slot,
)
from .texts import Texts
from .workbook_frame import Styles

FIGURE_WIDTHS = ((0, 0, 62), (1, 1, 30), (2, 4, 16))  # (first column, last column, letters)

_HEADINGS = ("book.figure_id", "book.sheet", "book.cell", "book.value", "book.unit")
_FIRST_ROW = 2
_MIXED = RowForm(text_slot() + any_slot() + text_slot() + number_slot(style=SLOT) + any_slot())


@lru_cache(maxsize=256)
def _alike(sheet: str, unit: str, style: int) -> RowForm:
    """Rows of figures of one sheet and unit, which most are."""
    return RowForm(text_slot() + text_cell(sheet) + text_slot() + number_slot(style) + text_cells(unit))


class FigureList:
    """The sheet while figures are placed, one by one or many down a column; a row for each place of each."""

    def __init__(self, styles: Styles) -> None:
        self._numbers = styles.cells.numbers
        self._head = styles.head
        self._sheet = ""
        self._rows: list[str] = []
        self._ids: list[str] = []  # of those that have no rows yet
        self._places: list[str] = []
        self._values: list[str] = []
        self._units: list[str] = []

    def begin(self, sheet: str) -> None:
        """What is added next stands on the sheet of this name."""
        self._write()
        self._sheet = sheet

    def add(self, figure: Figure, place: str) -> None:
        """`place` is an address: B7."""
        self._ids.append(figure.id)
        self._places.append(place)
        self._values.append(figure.value)
        self._units.append(figure.unit)

    def add_columns(self, columns: Sequence[tuple[int, AmountColumn]], unit: str, row: int) -> None:
        """Figures of columns side by side, row by row from `row` on, which counts from 1."""
        if not columns:
            return
        self._write()
        rows = range(row, row + len(columns[0][1].ids))
        values = _side_by_side([amounts.values for _, amounts in columns])
        ids = _side_by_side([amounts.ids for _, amounts in columns])
        places = _side_by_side([addresses(column, rows) for column, _ in columns])
        if not all(values):
            ids, places, values = (list(compress(one, values)) for one in (ids, places, values))
        self._write_alike(ids, places, values, unit)

    def sheet(self, texts: Texts) -> PlainSheet:
        self._write()
        sheet = PlainSheet(len(_HEADINGS))
        sheet.add_row(text_cells(*map(texts, _HEADINGS), style=self._head))
        sheet.add_numbered(self._rows)
        return sheet

    def _write(self) -> None:
        """Makes the rows of the figures that were added one by one."""
        ids, places, values, units = self._ids, self._places, self._values, self._units
        if not ids:
            return
        self._ids, self._places, self._values, self._units = [], [], [], []
        if len(set(units)) == 1:
            self._write_alike(ids, places, values, units[0])
            return
        styles = [str(self._numbers[unit]) for unit in units]
        sheets = repeat(text_in_cell(self._sheet), len(ids))
        shown = map(text_in_cell, units)
        self._rows += _MIXED.rows(self._next(len(ids)), as_xml(ids), sheets, places, styles, values, shown)

    def _write_alike(self, ids: Sequence[str], places: Sequence[str], values: Sequence[str], unit: str) -> None:
        form = _alike(self._sheet, unit, self._numbers[unit])
        self._rows += form.rows(self._next(len(ids)), as_xml(ids), places, values)

    def _next(self, count: int) -> range:
        """The numbers of as many rows."""
        first = _FIRST_ROW + len(self._rows)
        return range(first, first + count)


def _side_by_side(columns: list[list[str]]) -> list[str]:
    """Row by row; of one column it is the column itself."""
    return columns[0] if len(columns) == 1 else list(chain.from_iterable(zip(*columns, strict=True)))
