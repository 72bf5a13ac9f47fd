"""Cells, rows and sheets as the XML that a workbook holds: a row is put together from texts that are mostly known.

Texts stand in the cells themselves, and numbers as the exact decimals that they are given as: no float between.
A cell is written before its row has a number, with ROW in its place: so the cells of a partner, a file or a sheet
are made once and stand in many rows, and in many workbooks. Hundreds of rows alike are filled into a form, by column,
in half the time. Each cell says its address, which the standard leaves open (ECMA-376, 18.3.1.4): without it books
are a third smaller, but some programs that people have do not read them.

All is ASCII, other letters by their number in Unicode: texts of one width are joined and encoded by copying.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import repeat

from xlsxwriter.utility import xl_col_to_name

ROW, SLOT = "\0", "\1"  # no text of a workbook can hold them
COLUMNS = tuple(xl_col_to_name(number) for number in range(64))
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"&<>"))  # what stands in XML as it is
_NUMBERS: list[str] = []  # of rows
_ADDRESSES: list[list[str]] = [[] for _ in COLUMNS]  # by column and row
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """A text as XML, in ASCII, without the control characters that XML has no place for."""
    plain = text if text.isprintable() else _NO_XML.sub("", text)
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain if plain.isascii() else plain.encode("ascii", "xmlcharrefreplace").decode("ascii")


def xml_texts(texts: Sequence[str]) -> Sequence[str] | None:
    """Hundreds of texts as XML, looked at together; None where one is empty or needs care for its spaces."""
    whole = "|".join(("", *texts, ""))
    has_outer_space = " " in whole and ("| " in whole or " |" in whole)
    if has_outer_space or not all(texts):
        return None
    if whole.isascii() and not whole.encode("ascii").translate(None, delete=_PLAIN):
        return texts
    if not whole.isprintable():
        return None
    inside = xml_text(whole).split("|")[1:-1]
    return inside if len(inside) == len(texts) else list(map(xml_text, texts))


def _cell(column: int, style: int | str) -> str:
    """A cell up to its content."""
    return f'<c r="{COLUMNS[column]}{ROW}" s="{style}"' if style else f'<c r="{COLUMNS[column]}{ROW}"'


@lru_cache(maxsize=8192)
def text_cell(column: int, text: str, style: int = 0) -> str:
    """A text in a cell, remembered: most stand in many workbooks. It is never taken for a formula or a link."""
    return _cell(column, style) + _text_in_cell(text)


def _text_in_cell(text: str) -> str:
    """What a text adds to its cell after address and style."""
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{xml_text(text)}</t></is></c>'


class _TextsInCells(dict[str, str]):
    """What fills a slot for any cell, by the text; an empty text leaves the cell empty."""

    _LIMIT = 8192

    def __missing__(self, text: str) -> str:
        if len(self) > self._LIMIT:
            self.clear()
        inside = self[text] = _text_in_cell(text) if text else EMPTY
        return inside


EMPTY = "/>"
text_in_cell = _TextsInCells().__getitem__


def number_in_cell(number: str) -> str:
    return f"><v>{number}</v></c>"


@lru_cache(maxsize=8192)
def text_cells(first: int, *texts: str | None, style: int = 0) -> str:
    """Texts side by side from a column on; where one is empty, so is its cell."""
    return "".join([text_cell(column, text, style) for column, text in enumerate(texts, first) if text])


def any_slot(column: int, style: int | str = 0) -> str:
    """A cell in a form, for what `text_in_cell` or `number_in_cell` gives."""
    return f"{_cell(column, style)}{SLOT}"


def any_slots(first: int, last: int) -> str:
    """Such cells side by side."""
    return "".join(map(any_slot, range(first, last + 1)))


def text_slot(column: int, style: int = 0) -> str:
    """A cell in a form, for what `xml_texts` gives."""
    return f'{_cell(column, style)} t="inlineStr"><is><t>{SLOT}</t></is></c>'


def number_slot(column: int, style: int | str) -> str:
    """A cell in a form, for numbers as plain decimals: `-1234.50`."""
    return f"{_cell(column, style)}><v>{SLOT}</v></c>"


def addresses(column: int, rows: range) -> list[str]:
    """Addresses of cells down a column; they are the same in all sheets, so they are made once."""
    known = _ADDRESSES[column]
    known += [f"{COLUMNS[column]}{row}" for row in range(len(known), rows.stop)]
    return known[rows.start : rows.stop]


def _as_texts(rows: Sequence[int]) -> list[str]:
    """Numbers of rows, ascending, as texts; made once as well."""
    end = rows[-1] + 1 if rows else 0
    _NUMBERS.extend(map(str, range(len(_NUMBERS), end)))
    return _NUMBERS[rows.start : rows.stop] if isinstance(rows, range) else list(map(_NUMBERS.__getitem__, rows))


class RowForm:
    """Rows alike, with a slot in place of each content.

    To keep what stands between two contents for each row number takes longer: so many texts leave the processor's
    cache between two pages.
    """

    def __init__(self, cells: str) -> None:
        self._parts = re.split(f"([{ROW}{SLOT}])", f'<row r="{ROW}">{cells}</row>')
        self._slots = [place for place, part in enumerate(self._parts) if part == SLOT]

    def rows(self, numbers: Sequence[int], *columns: Iterable[str]) -> Iterator[str]:
        """Rows of these numbers, ascending; each column has what fills its slot in each of them."""
        shown, count = _as_texts(numbers), len(numbers)
        parts: list[Iterable[str]] = [shown if part == ROW else repeat(part, count) for part in self._parts]
        for place, column in zip(self._slots, columns, strict=True):
            parts[place] = column
        return map("".join, zip(*parts, strict=True))


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

    def add_form(self, cells: str, count: int, *columns: Iterable[str]) -> None:
        """The next rows, whose cells are slots, each filled by a column."""
        self.add_numbered([*RowForm(cells).rows(range(self.row + 1, self.row + 1 + count), *columns)])

    def add_numbered(self, rows: Sequence[str]) -> None:
        """The next rows, which hold their numbers."""
        self._rows += rows
        self.row += len(rows)
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
