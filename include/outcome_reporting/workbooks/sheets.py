"""A file's sheets, whatever its kind: first rows to recognize, then columns of cells to convert.

The cells of an xlsx were taken apart by the scan, unless it is written in an unusual way; that, and the rarer kinds,
are read cell by cell.
"""

from __future__ import annotations

import csv
import logging
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO, StringIO
from typing import Protocol

import fastexcel
import pyarrow as pa
import python_calamine

from outcome_reporting.workbooks.cell_columns import columns_of_cells, head_of_cells
from outcome_reporting.workbooks.columns import (
    RawColumn,
    column_of_arrow,
    column_of_values,
    moment_text,
    number_text,
)
from outcome_reporting.workbooks.head import HEAD_ROWS, HeadRow
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.scan import Scan, SheetScan
from outcome_reporting.workbooks.sniff import FileKind

CSV_SHEET = "Data"

READER_FAULTS = (
    python_calamine.CalamineError,
    fastexcel.FastExcelError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
)

logging.getLogger("fastexcel").setLevel(logging.ERROR)


@dataclass(slots=True)
class Body:
    """The rows under the headings: `columns` by sheet column (from 0), each of `length` cells from `first_row` on."""

    first_row: int
    length: int
    columns: dict[int, RawColumn]


class Sheet(Protocol):
    """One sheet. `error_cells` are (cell, text), known once `body` was called."""

    @property
    def name(self) -> str: ...

    @property
    def is_hidden(self) -> bool: ...

    @property
    def error_cells(self) -> list[tuple[str, str]]: ...

    @property
    def unvalued_cells(self) -> list[str]: ...

    def head(self) -> list[HeadRow]: ...

    def body(self, header: HeadRow) -> Body: ...


def _is_blank(value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _shown(value) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    return number_text(value) if isinstance(value, float) else str(value)


def _head_of_values(rows: Iterable[Sequence], first_row: int, first_column: int) -> list[HeadRow]:
    head: list[HeadRow] = []
    for offset, row in enumerate(rows):
        cells = {first_column + i: _shown(value) for i, value in enumerate(row) if not _is_blank(value)}
        if cells:
            head.append(HeadRow(first_row + offset, cells))
        if len(head) == HEAD_ROWS:
            break
    return head


@dataclass(slots=True)
class ExactCells:
    """All cells of a sheet as Python values; `first_row` counts from 1, `first_column` from 0."""

    rows: list[list]
    first_row: int
    first_column: int

    def column(self, column: int, from_row: int) -> RawColumn:
        offset, place = from_row - self.first_row, column - self.first_column
        return column_of_values([row[place] if 0 <= place < len(row) else None for row in self.rows[offset:]])

    def body(self, header: HeadRow) -> Body:
        first = header.row_no + 1
        width = len(self.rows[0]) if self.rows else 0
        wanted = range(self.first_column, self.first_column + width)
        length = max(0, len(self.rows) - (first - self.first_row))
        return Body(first, length, {column: self.column(column, first) for column in wanted})


def read_exactly(content: bytes, name: str) -> ExactCells:
    """All cells of one sheet through python-calamine; empty cells are empty texts."""
    sheet = python_calamine.load_workbook(BytesIO(content)).get_sheet_by_name(name)
    start = sheet.start or (0, 0)
    return ExactCells(sheet.to_python(skip_empty_area=True), start[0] + 1, start[1])


@dataclass(slots=True)
class XlsxSheet:
    """A sheet of an xlsx or xlsm workbook."""

    content: bytes
    scan: SheetScan
    _exact: ExactCells | None = None

    @property
    def name(self) -> str:
        return self.scan.name

    @property
    def is_hidden(self) -> bool:
        return self.scan.is_hidden

    @property
    def error_cells(self) -> list[tuple[str, str]]:
        return self.scan.error_cells

    @property
    def unvalued_cells(self) -> list[str]:
        return self.scan.unvalued_cells

    def _read_exactly(self) -> ExactCells:
        if self._exact is None:
            self._exact = read_exactly(self.content, self.name)
        return self._exact

    def head(self) -> list[HeadRow]:
        if self.scan.cells is not None:
            return head_of_cells(self.scan.cells)
        exact = self._read_exactly()
        return _head_of_values(exact.rows, exact.first_row, exact.first_column)

    def body(self, header: HeadRow) -> Body:
        if self.scan.cells is None:
            return self._read_exactly().body(header)
        first_row = header.row_no + 1
        columns = columns_of_cells(self.scan.cells, first_row)
        return Body(first_row, next(iter(columns.values())).length, columns)


@dataclass(slots=True)
class ExactSheet:
    """A sheet of an xls, xlsb or ods workbook."""

    content: bytes
    name: str
    is_hidden: bool
    reader: fastexcel.ExcelReader
    error_cells: list[tuple[str, str]] = field(default_factory=list)
    unvalued_cells: list[str] = field(default_factory=list)
    _cells: ExactCells | None = None

    def _read(self) -> ExactCells:
        if self._cells is None:
            self._cells = read_exactly(self.content, self.name)
        return self._cells

    def head(self) -> list[HeadRow]:
        cells = self._read()
        return _head_of_values(cells.rows, cells.first_row, cells.first_column)

    def body(self, header: HeadRow) -> Body:
        cells = self._read()
        self.error_cells = self._find_errors(cells)
        return cells.body(header)

    def _find_errors(self, cells: ExactCells) -> list[tuple[str, str]]:
        sheet = self.reader.load_sheet(self.name, header_row=None, skip_rows=0, dtypes="string")
        _, errors = sheet.to_arrow_with_errors()
        found = []
        for error in errors.errors if errors else ():
            row, column = error.offset_position
            place = f"{column_letter(cells.first_column + column)}{cells.first_row + row}"
            found.append((place, _error_name(error.detail)))
        return found


_ERROR_NAMES = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}


def _error_name(detail: str) -> str:
    return next((shown for name, shown in _ERROR_NAMES.items() if f"({name})" in detail), "#ERROR")


# --------------------------------------------------------------------------------------------------------- csv


class CsvFault(Exception):
    """A csv file cannot be taken apart; `rule` names why, the message says it for a person."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def decode(content: bytes, code_page: str) -> str:
    """The text of a csv file: its byte-order mark decides, then UTF-8, then the declared code page; always strict."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    marked = next((name for mark, name in marks if content.startswith(mark)), None)
    attempts = [marked] if marked else ["utf-8", *([code_page] if code_page else [])]
    for attempt in attempts:
        try:
            return content.decode(attempt, "strict")
        except (UnicodeDecodeError, LookupError):
            continue
    tried = " nor ".join(name.upper() for name in attempts)
    raise CsvFault("unknown_encoding", f"The text of the file is not {tried}")


def _records(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(1 << 30)
    try:
        return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))


def find_delimiter(text: str) -> str:
    """The character between columns, from the first lines. Raises CsvFault when two fit equally well."""
    if text[:4].lower() == "sep=" and text[4:5]:
        return text[4]
    start = "\n".join(text[: 1 << 16].splitlines()[:50])
    scores = {}
    for candidate in ",;\t|":
        widths = [len(record) for record in _records(start, candidate) if any(cell.strip() for cell in record)]
        wide = [width for width in widths if width > 1]
        scores[candidate] = (len(wide) * max(set(wide), key=wide.count) if wide else 0, len(set(wide)) == 1)
    best = max(scores.values())
    winners = [candidate for candidate, score in scores.items() if score == best and score[0]]
    if len(winners) > 1:
        raise CsvFault("unknown_delimiter", "Two characters could stand between the columns")
    return winners[0] if winners else ","


@dataclass(slots=True)
class CsvSheet:
    """The one table of a csv file; rows are numbered as a spreadsheet that opens it would."""

    records: list[list[str]]
    name: str = CSV_SHEET
    is_hidden: bool = False
    error_cells: list[tuple[str, str]] = field(default_factory=list)
    unvalued_cells: list[str] = field(default_factory=list)

    def head(self) -> list[HeadRow]:
        return [row for row in _head_of_values(self.records, 1, 0) if not row.cells.get(0, "").startswith("sep=")]

    def ragged_rows(self, header: HeadRow) -> list[int]:
        """Rows with more filled cells than there are headings."""
        width = max(header.cells) + 1
        rows = enumerate(self.records[header.row_no :], header.row_no + 1)
        return [row_no for row_no, record in rows if any(cell.strip() for cell in record[width:])]

    def body(self, header: HeadRow) -> Body:
        rows = self.records[header.row_no :]
        width = max(header.cells) + 1
        whole = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for row in rows]
        columns = {}
        for column in range(width):
            columns[column] = column_of_arrow(pa.array([row[column] for row in whole], pa.string()))
        return Body(header.row_no + 1, len(rows), columns)


# ---------------------------------------------------------------------------------------------------- all kinds


def open_sheets(content: bytes, kind: FileKind, scan: Scan, code_page: str = "", delimiter: str = "") -> list[Sheet]:
    """The sheets of a file in its own order. Raises CsvFault, and whatever a workbook reader raises."""
    if kind is FileKind.CSV:
        text = decode(content, code_page)
        return [CsvSheet(_records(text, delimiter or find_delimiter(text)))]
    if kind in (FileKind.XLSX, FileKind.XLSM):
        return [XlsxSheet(content, sheet) for sheet in scan.sheets]
    reader = fastexcel.read_excel(content)
    metadata = python_calamine.load_workbook(BytesIO(content)).sheets_metadata
    hidden = {sheet.name: sheet.visible != python_calamine.SheetVisibleEnum.Visible for sheet in metadata}
    return [ExactSheet(content, name, hidden.get(name, False), reader) for name in reader.sheet_names]
