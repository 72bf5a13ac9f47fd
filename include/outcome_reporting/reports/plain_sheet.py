"""Cells, rows and sheets as the XML that a workbook holds: a row is put together from texts that are mostly known.

Texts stand in the cells themselves, and numbers as the exact decimals that they are given as: no float between.
A cell is written before its row has a number, with ROW in its place: so the cells of a partner, a file or a sheet
are made once and stand in many rows, and in many workbooks.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from xlsxwriter.utility import xl_col_to_name

ROW = "\0"  # no text of a workbook can hold it
COLUMNS = tuple(xl_col_to_name(number) for number in range(64))
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """A text as XML, without the control characters that XML has no place for."""
    return escape(text if text.isprintable() else _NO_XML.sub("", text), quote=False)


@lru_cache(maxsize=4096)
def text_cell(column: int, text: str, style: int = 0) -> str:
    """A text in a cell. It is never taken for a formula, a number or a link."""
    form = f' s="{style}"' if style else ""
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<c r="{COLUMNS[column]}{ROW}"{form} t="inlineStr"><is><t{space}>{xml_text(text)}</t></is></c>'


def number_cell(column: int, number: str, style: int) -> str:
    """`number` is a plain decimal: `-1234.50`."""
    return f'<c r="{COLUMNS[column]}{ROW}" s="{style}"><v>{number}</v></c>'


@lru_cache(maxsize=4096)
def text_cells(first: int, *texts: str | None, style: int = 0) -> str:
    """Texts side by side from a column on; where one is empty, so is its cell."""
    return "".join([text_cell(column, text, style) for column, text in enumerate(texts, first) if text])


class PlainSheet:
    """Rows from the first to the last, the cells of each from left to right; rows may be left out.

    `columns` is how many columns the sheet uses. A style is the number of one of the frame's formats.
    """

    def __init__(self, columns: int = 1) -> None:
        self.columns = columns
        self._rows: dict[int, str] = {}
        self._heights: dict[int, float] = {}
        self._merged: list[str] = []

    def text(self, row: int, column: int, text: str, style: int = 0) -> None:
        self.add(row, text_cell(column, text, style))
        self.columns = max(self.columns, column + 1)

    def add(self, row: int, cells: str) -> None:
        """More cells of a row."""
        self._rows[row] = self._rows.get(row, "") + cells

    def add_row(self, cells: str) -> None:
        """The next row."""
        self._rows[len(self._rows)] = cells

    def merge(self, row: int, columns: int, text: str, style: int, points: float) -> None:
        """One text over the first columns of a row of this height."""
        blank = (f'<c r="{COLUMNS[column]}{ROW}" s="{style}"/>' for column in range(1, columns))
        self.add(row, text_cell(0, text, style) + "".join(blank))
        self.columns = max(self.columns, columns)
        self._heights[row] = points
        self._merged.append(f'<mergeCell ref="A{row + 1}:{COLUMNS[columns - 1]}{row + 1}"/>')

    def dimension(self) -> str:
        return f'<dimension ref="A1:{COLUMNS[self.columns - 1]}{max(self._rows, default=0) + 1}"/>'

    def data(self) -> str:
        """The rows, and after them what is merged."""
        rows = []
        for row, cells in self._rows.items():
            number, height = str(row + 1), self._heights.get(row)
            form = f' ht="{height:g}" customHeight="1"' if height else ""
            rows.append(f'<row r="{number}"{form}>{cells.replace(ROW, number)}</row>')
        merged = f'<mergeCells count="{len(self._merged)}">{"".join(self._merged)}</mergeCells>' if self._merged else ""
        return f"<sheetData>{''.join(rows)}</sheetData>{merged}"
