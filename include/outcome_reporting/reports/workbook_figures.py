"""The workbook's sheet of figures: each by its id, with the sheet and cell in which it stands, its value and unit."""

from __future__ import annotations

from collections.abc import Iterable

from .model import AmountColumn, Figure
from .plain_sheet import COLUMNS, ROW, PlainSheet, are_plain, text_cell, text_cells, xml_text
from .texts import Texts
from .workbook_frame import Styles

FIGURE_WIDTHS = ((0, 0, 62), (1, 1, 30), (2, 4, 16))  # (first column, last column, letters)

_HEADINGS = ("book.figure_id", "book.sheet", "book.cell", "book.value", "book.unit")
_BEFORE_ID = f'<c r="A{ROW}" t="inlineStr"><is><t>'
_BEFORE_PLACE = f'<c r="C{ROW}" t="inlineStr"><is><t>'
_END = "</t></is></c>"


class FigureList:
    """Rows of the sheet, one for each place of each figure, in the order in which they are placed."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._rows: list[str] = []
        self._around: dict[str, tuple[str, str]] = {}  # by unit

    def add(self, figure: Figure, sheet: str, column: int, row: int) -> None:
        """`sheet` is a name, `row` counts from 1."""
        value, end = self._around.get(figure.unit) or self._around_value(figure.unit)
        self._rows.append(
            f"{_BEFORE_ID}{xml_text(figure.id)}{_END}{text_cell(1, sheet)}"
            f"{_BEFORE_PLACE}{COLUMNS[column]}{row}{value}{figure.value}{end}"
        )

    def add_columns(self, columns: Iterable[tuple[int, AmountColumn]], unit: str, sheet: str, row: int) -> None:
        """Figures of columns side by side, row by row from `row` on."""
        before_value, end = self._around_value(unit)
        listed = []
        for column, amounts in columns:
            before_row = f"{_END}{text_cell(1, sheet)}{_BEFORE_PLACE}{COLUMNS[column]}"
            ids = amounts.ids if are_plain(amounts.ids) else map(xml_text, amounts.ids)
            figures = zip(ids, amounts.values, strict=True)
            listed.append(
                [
                    f"{_BEFORE_ID}{own}{before_row}{place}{before_value}{value}{end}" if value else ""
                    for place, (own, value) in enumerate(figures, start=row)
                ]
            )
        if len(listed) == 1:
            self._rows += filter(None, listed[0])
        else:
            self._rows += [one for side_by_side in zip(*listed, strict=True) for one in side_by_side if one]

    def _around_value(self, unit: str) -> tuple[str, str]:
        """What stands before and after a value of this unit."""
        before = f'{_END}<c r="D{ROW}" s="{self._styles.cells.numbers[unit]}"><v>'
        self._around[unit] = before, f"</v></c>{text_cell(4, unit)}"
        return self._around[unit]

    def sheet(self, texts: Texts) -> PlainSheet:
        sheet = PlainSheet(len(_HEADINGS))
        sheet.add_row(text_cells(0, *map(texts, _HEADINGS), style=self._styles.head))
        sheet.add_rows(self._rows)
        return sheet
