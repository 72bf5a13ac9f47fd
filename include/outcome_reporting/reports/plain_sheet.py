"""A worksheet whose cells go straight into the sheet's XML: a fifth of the library's cost for each cell.

Texts stand in the cells themselves, and numbers as the exact decimals that they are given as: no float between.
Rows are filled in any order, the cells of one row from left to right. Everything around the cells (columns,
print setup, charts, merged ranges) is the library's own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COLUMNS = [xl_col_to_name(number) for number in range(64)]


@lru_cache(maxsize=8192)
def inline(text: str) -> str:
    """A text as the inside of a cell; most texts of a workbook stand in it many times."""
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{escape(_NO_XML.sub("", text), quote=False)}</t></is></c>'


class PlainSheet(Worksheet):
    """Cells by `text`, `value` and `add_row`; a format is one of the workbook's own, or None."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: dict[int, list[str]] = {}
        self._heights: dict[int, float] = {}
        self._shown: dict[tuple[int, int], Any] = {}  # what charts draw, by place

    def text(self, row: int, column: int, text: str, form: Any = None) -> None:
        style = f' s="{form._get_xf_index()}"' if form is not None else ""
        self._of_row(row).append(f'<c r="{_COLUMNS[column]}{row + 1}"{style}{inline(text)}')
        self._shown[row, column] = text

    def value(self, row: int, column: int, number: str, form: Any) -> None:
        """`number` is a plain decimal: `-1234.50`."""
        self._of_row(row).append(f'<c r="{_COLUMNS[column]}{row + 1}" s="{form._get_xf_index()}"><v>{number}</v></c>')
        self._shown[row, column] = number

    def add_row(self, *cells: str | tuple[str, Any] | None, form: Any = None) -> None:
        """The next row: each cell is a text, a (plain decimal, format) pair, or nothing."""
        row = len(self._cells)
        style = f' s="{form._get_xf_index()}"' if form is not None else ""
        parts = []
        for column, cell in enumerate(cells):
            if isinstance(cell, tuple):
                parts.append(f'<c r="{_COLUMNS[column]}{row + 1}" s="{cell[1]._get_xf_index()}"><v>{cell[0]}</v></c>')
            elif cell:
                parts.append(f'<c r="{_COLUMNS[column]}{row + 1}"{style}{inline(cell)}')
        self._cells[row] = parts

    def add_cells(self, cells: str) -> None:
        """The next row as XML made by the caller from `inline` texts: for lists of many hundred rows."""
        self._cells[len(self._cells)] = [cells]

    def height(self, row: int, points: float) -> None:
        self._of_row(row)
        self._heights[row] = points

    def _of_row(self, row: int) -> list[str]:
        cells = self._cells.get(row)
        if cells is None:
            cells = self._cells[row] = []
        return cells

    # ------------------------------------------------------------------------- what the library asks of a sheet

    def _write_string(self, row, col, string, cell_format=None):  # merged ranges come this way
        self.text(row, col, string, cell_format)
        return 0

    def _write_blank(self, row, col, blank, cell_format=None):
        style = f' s="{cell_format._get_xf_index()}"' if cell_format is not None else ""
        self._of_row(row).append(f'<c r="{_COLUMNS[col]}{row + 1}"{style}/>')
        return 0

    def _get_range_data(self, row_start, col_start, row_end, col_end):
        """The cells of a chart, which carries a copy of them."""
        rows, columns = range(row_start, row_end + 1), range(col_start, col_end + 1)
        return [self._shown.get((row, column), "") for row in rows for column in columns]

    def _write_dimension(self) -> None:
        last = max(self._cells, default=0) + 1
        self._xml_empty_tag("dimension", [("ref", f"A1:{_COLUMNS[max(self._widest(), 1) - 1]}{last}")])

    def _widest(self) -> int:
        return max((column + 1 for _, column in self._shown), default=max(map(len, self._cells.values()), default=0))

    def _write_sheet_data(self) -> None:
        heights = self._heights
        rows = [
            f'<row r="{row + 1}"'
            + (f' ht="{heights[row]:g}" customHeight="1">' if row in heights else ">")
            + "".join(self._cells[row])
            + "</row>"
            for row in sorted(self._cells)
        ]
        self.fh.write(f"<sheetData>{''.join(rows)}</sheetData>")
