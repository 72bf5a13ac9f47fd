"""The cells of a file that has no sheet of its own to mark (csv, xls, xlsb, ods) as sheets of a new workbook."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.cell_styles import CellStyles
from outcome_reporting.workbooks.package import DECLARATION, MAIN, RELATIONS, Unmarkable
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.sheet_marks import SheetMarks
from outcome_reporting.workbooks.sniff import FileKind

if TYPE_CHECKING:
    from outcome_reporting.workbooks.sheets import ExactCells

_DAY_ZERO = datetime(1899, 12, 30)
_DATE, _MOMENT = 14, 22  # number formats that every program has
_PIECE, _MAX_ROWS = 2_000, 1_048_576  # rows


class _Texts(dict[str, int]):
    """The number of each text, counted as they come."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class CopiedSheets:
    """Makes the XML of sheets one after the other, then of the texts that they share."""

    def __init__(self, styles: CellStyles) -> None:
        self.styles = styles
        self.texts = _Texts()
        self._letters: list[str] = []  # how a cell of each column begins
        self._of_date, self._of_moment = styles.formatted(_DATE), styles.formatted(_MOMENT)

    def sheet(
        self, rows: Iterable[Sequence], first_row: int, marks: SheetMarks, drawing: str | None
    ) -> Iterator[bytes]:
        """The pieces of a worksheet; rows are counted from 1. `drawing` is the id of that of its comments."""
        yield DECLARATION + f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheetData>'.encode()
        pieces: list[str] = []
        last = first_row - 1
        for last, row in enumerate(rows, first_row):
            pieces.append(self._row(last, row, marks.cells.get(last)))
            if len(pieces) == _PIECE:
                yield "".join(pieces).encode()
                pieces.clear()
            if last > _MAX_ROWS:
                raise Unmarkable
        pieces += [self._row(row, (), marked) for row, marked in sorted(marks.cells.items()) if row > last]
        rest = f'<legacyDrawing r:id="{drawing}"/>' if drawing else ""
        yield f"{''.join(pieces)}</sheetData>{rest}</worksheet>".encode()

    def _row(self, number: int, row: Sequence, marks: dict[int, str] | None) -> str:
        letters, texts = self._letters, self.texts
        while len(letters) < len(row):
            letters.append(f'<c r="{column_letter(len(letters))}')
        cells = [
            (f'{letter}{number}" t="s"><v>{texts[value]}</v></c>' if value else "")
            if type(value) is str
            else self._other(f'{letter}{number}"', value, None)
            for letter, value in zip(letters, row, strict=False)
        ]
        for column, severity in sorted(marks.items()) if marks else ():
            value = row[column - 1] if column <= len(row) else None
            marked = self._other(f'<c r="{column_letter(column - 1)}{number}"', value, severity)
            cells[column - 1 : column] = [marked]  # or after the last one of the row
        return f'<row r="{number}">{"".join(cells)}</row>'

    def _other(self, begun: str, value: object, severity: str | None) -> str:
        """A cell of any kind; nothing for an empty one without a mark."""
        style, rest = 0, "/>"
        if isinstance(value, bool):
            rest = f' t="b"><v>{int(value)}</v></c>'
        elif isinstance(value, int | float) and math.isfinite(value):
            rest = f"><v>{value!r}</v></c>"
        elif isinstance(value, date):
            is_moment = isinstance(value, datetime)
            style = self._of_moment if is_moment else self._of_date
            moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
            rest = f"><v>{(moment - _DAY_ZERO).total_seconds() / 86_400!r}</v></c>"
        elif value is not None and value != "":
            rest = f' t="s"><v>{self.texts[str(value)]}</v></c>'
        if severity:
            style = self.styles.marked(style, severity)
        if not severity and rest == "/>":
            return ""
        return f'{begun} s="{style}"{rest}' if style else begun + rest

    def shared_texts(self) -> Iterator[bytes]:
        yield DECLARATION + f'<sst xmlns="{MAIN}" uniqueCount="{len(self.texts)}">'.encode()
        texts = list(self.texts)
        for start in range(0, len(texts), _PIECE):
            yield "".join(
                f'<si><t xml:space="preserve">{escape(look.safe_text(text))}</t></si>'
                for text in texts[start : start + _PIECE]
            ).encode()
        yield b"</sst>"


def sheets_of(original: Path, kind: FileKind) -> Iterator[tuple[str, int, Iterable[Sequence]]]:
    """Name, number of the first row (from 1) and rows of each sheet."""
    content = original.read_bytes()
    if kind is FileKind.CSV:
        from outcome_reporting.workbooks.sheets import CSV_SHEET, find_delimiter

        text = _decoded(content)
        csv.field_size_limit(1 << 30)
        yield CSV_SHEET, 1, csv.reader(StringIO(text, newline=""), delimiter=find_delimiter(text))
        return
    import python_calamine

    from outcome_reporting.workbooks.sheets import read_exactly

    with original.open("rb") as stream:
        names = python_calamine.load_workbook(stream).sheet_names
    for name in names:
        cells = read_exactly(content, name)
        yield name, cells.first_row, _from_column_a(cells)


def _from_column_a(cells: ExactCells) -> Iterator[Sequence]:
    """The rows, each with the empty cells that stand before the first filled column."""
    before = [None] * cells.first_column
    return ([*before, *row] for row in cells.rows)


def _decoded(content: bytes) -> str:
    for code_page in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            return content.decode(code_page)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")
