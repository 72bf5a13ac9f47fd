"""Cells, rows and sheets as the XML that a workbook holds: a row is put together from texts that are mostly known.

Texts stand in the cells themselves, and numbers as the exact decimals that they are given as: no float between.
A cell is written before its row has a number, with ROW in its place: so the cells of a partner, a file or a sheet
are made once and stand in many rows, and in many workbooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import count

from xlsxwriter.utility import xl_col_to_name

ROW = "\0"  # no text of a workbook can hold it
COLUMNS = tuple(xl_col_to_name(number) for number in range(64))
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """A text as XML, without the control characters that XML has no place for."""
    plain = text if text.isprintable() else _NO_XML.sub("", text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def are_plain(texts: Sequence[str]) -> bool:
    """Whether texts can stand in XML as they are, with no space at an end: asked once of hundreds."""
    whole = "|".join(("", *texts, ""))
    return whole.isprintable() and xml_text(whole) == whole and "| " not in whole and " |" not in whole


def new_text_cell(column: int, text: str, style: int = 0) -> str:
    """A text in a cell. It is never taken for a formula, a number or a link."""
    form = f' s="{style}"' if style else ""
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<c r="{COLUMNS[column]}{ROW}"{form} t="inlineStr"><is><t{space}>{xml_text(text)}</t></is></c>'


text_cell = lru_cache(maxsize=8192)(new_text_cell)
"""The same, remembered: for texts that stand in many rows, or in many workbooks."""


class TextsOfColumn(dict[str, str]):
    """Cells of one column by their text, none for an empty text. To look one up takes a third of `text_cell`."""

    _LIMIT = 8192

    def __init__(self, column: int) -> None:
        super().__init__()
        self._column = column

    def __missing__(self, text: str) -> str:
        if len(self) > self._LIMIT:
            self.clear()
        cell = self[text] = new_text_cell(self._column, text) if text else ""
        return cell


def number_cell(column: int, number: str | int, style: int) -> str:
    """`number` is a plain decimal: `-1234.50`."""
    return f'<c r="{COLUMNS[column]}{ROW}" s="{style}"><v>{number}</v></c>'


def texts_down(column: int, texts: Sequence[str], style: int) -> list[str]:
    """Texts down a column, each in a cell."""
    if not are_plain(texts):
        return [new_text_cell(column, text, style) for text in texts]
    before, end = f'<c r="{COLUMNS[column]}{ROW}" s="{style}" t="inlineStr"><is><t>', "</t></is></c>"
    return [f"{before}{text}{end}" for text in texts]


def numbers_down(column: int, numbers: Sequence[str], style: int, otherwise: str) -> list[str]:
    """Numbers down a column, each in a cell; where one is empty, the cell is `otherwise`."""
    before = f'<c r="{COLUMNS[column]}{ROW}" s="{style}"><v>'
    return [f"{before}{number}</v></c>" if number else otherwise for number in numbers]


@lru_cache(maxsize=8192)
def text_cells(first: int, *texts: str | None, style: int = 0) -> str:
    """Texts side by side from a column on; where one is empty, so is its cell."""
    return "".join([text_cell(column, text, style) for column, text in enumerate(texts, first) if text])


class PlainSheet:
    """Rows from the first to the last, the cells of each from left to right; rows may be left out.

    `columns` is how many columns the sheet uses, `row` the number of the next row, from 0. A style is the number of
    one of the frame's formats.
    """

    def __init__(self, columns: int = 1) -> None:
        self.columns = columns
        self.row = 0
        self._last = 1
        self._rows: list[str] = []
        self._merged: list[str] = []

    def add_row(self, cells: str, columns: int = 1, form: str = "") -> None:
        """The next row, which uses so many columns; `form` are attributes of it."""
        self.columns = max(self.columns, columns)
        self.row += 1
        self._last = self.row
        number = str(self.row)
        self._rows.append(f'<row r="{number}"{form}>{cells.replace(ROW, number)}</row>')

    def add_rows(self, rows: Iterable[str]) -> None:
        """Rows one after another; hundreds in a third of the time that `add_row` takes."""
        before = len(self._rows)
        numbered = zip(map(str, count(self.row + 1)), rows, strict=False)
        self._rows += [f'<row r="{row}">{cells.replace(ROW, row)}</row>' for row, cells in numbered]
        self.row += len(self._rows) - before
        self._last = self.row

    def skip_row(self) -> None:
        self.row += 1

    def merge(self, columns: int, text: str, style: int, points: float) -> None:
        """One text over the first columns of the next row, which gets this height."""
        blank = (f'<c r="{COLUMNS[column]}{ROW}" s="{style}"/>' for column in range(1, columns))
        cells = text_cell(0, text, style) + "".join(blank)
        self.add_row(cells, columns, f' ht="{points:g}" customHeight="1"')
        self._merged.append(f'<mergeCell ref="A{self.row}:{COLUMNS[columns - 1]}{self.row}"/>')

    def xml(self, before: str, between: str, after: str) -> str:
        """The sheet: `between` stands after its dimension, `after` after its rows and what is merged."""
        dimension = f'<dimension ref="A1:{COLUMNS[self.columns - 1]}{self._last}"/>'
        merged = f'<mergeCells count="{len(self._merged)}">{"".join(self._merged)}</mergeCells>' if self._merged else ""
        head, tail = f"{before}{dimension}{between}<sheetData>", f"</sheetData>{merged}{after}"
        return "".join([head, *self._rows, tail])
