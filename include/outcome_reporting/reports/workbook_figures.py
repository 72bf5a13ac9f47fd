"""The workbook's sheet of figures: each by its id, with the sheet and cell in which it stands, its value and unit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, compress

from .model import AmountColumn, Figure
from .plain_sheet import (
    SLOT,
    PlainSheet,
    addresses,
    any_slot,
    number_slot,
    text_cells,
    text_in_cell,
    text_slot,
    xml_text,
    xml_texts,
)
from .texts import Texts
from .workbook_frame import Styles

FIGURE_WIDTHS = ((0, 0, 62), (1, 1, 30), (2, 4, 16))  # (first column, last column, letters)

_HEADINGS = ("book.figure_id", "book.sheet", "book.cell", "book.value", "book.unit")
_ROW = text_slot(0) + any_slot(1) + text_slot(2) + number_slot(3, style=SLOT) + any_slot(4)


class FigureList:
    """The sheet's columns while figures are placed, one by one or many down a column; a row for each place of each."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._sheet = ""
        self._ids: list[str] = []
        self._sheets: list[str] = []
        self._places: list[str] = []
        self._values: list[str] = []
        self._units: list[str] = []

    def begin(self, sheet: str) -> None:
        """What is added next stands on the sheet of this name."""
        self._sheets += [self._sheet] * (len(self._ids) - len(self._sheets))
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
        rows = range(row, row + len(columns[0][1].ids))
        values = _side_by_side([amounts.values for _, amounts in columns])
        ids = _side_by_side([amounts.ids for _, amounts in columns])
        places = _side_by_side([addresses(column, rows) for column, _ in columns])
        if not all(values):
            ids, places, values = (list(compress(one, values)) for one in (ids, places, values))
        self._ids += ids
        self._places += places
        self._values += values
        self._units += [unit] * len(values)

    def sheet(self, texts: Texts) -> PlainSheet:
        self.begin("")
        ids = xml_texts(self._ids) or list(map(xml_text, self._ids))
        numbers = {unit: str(self._styles.cells.numbers[unit]) for unit in set(self._units)}
        sheet = PlainSheet(len(_HEADINGS))
        sheet.add_row(text_cells(0, *map(texts, _HEADINGS), style=self._styles.head))
        sheet.add_form(
            _ROW,
            len(ids),
            ids,
            map(text_in_cell, self._sheets),
            self._places,
            map(numbers.__getitem__, self._units),
            self._values,
            map(text_in_cell, self._units),
        )
        return sheet


def _side_by_side(columns: list[list[str]]) -> list[str]:
    """Row by row; of one column it is the column itself."""
    return columns[0] if len(columns) == 1 else list(chain.from_iterable(zip(*columns, strict=True)))
