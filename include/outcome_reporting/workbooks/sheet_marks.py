"""Puts marks into the XML of a worksheet: another style at a cell, an empty cell where there was none.

Everything else stays as it is, byte for byte. The parser only says where rows and cells begin: a sheet of a hundred
thousand rows is marked in seconds, whatever program wrote it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from outcome_reporting.workbooks.answer import column_number
from outcome_reporting.workbooks.package import Unmarkable, prefix_of
from outcome_reporting.workbooks.saying import column_letter

_STYLE = re.compile(rb"""\ss\s*=\s*["'][^"']*["']""")
_SELECTED = re.compile(rb"""\stabSelected\s*=\s*["'][^"']*["']""")
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")
_DIGITS = "0123456789"
# what may stand after the reference to a sheet's comments
_AFTER_COMMENTS = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "AlternateContent", "webPublishItems",
    "tableParts", "extLst",
)  # fmt: skip


@dataclass(slots=True)
class SheetMarks:
    """Of one sheet: the severity of the mark at each cell, by row and column (from 1), and comments likewise."""

    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(slots=True)
class _Tail:
    """What stands after the cells: merged ranges, and where the reference to comments stands or would."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first and last row, first and last column
    drawing: str = ""
    place: int = -1


class MarkedSheet:
    """A worksheet's XML with its marks; `xml` gives it."""

    def __init__(self, data: bytes, marks: SheetMarks, style_of: Callable[[int, str], int]) -> None:
        self.data, self.marks, self.style_of = data, marks, style_of
        self.prefix = prefix_of(data)
        name = f"{self.prefix}sheetData".encode()
        opened = re.search(rb"<%s(?:\s[^>]*)?>" % re.escape(name), data)
        if opened is None:
            raise Unmarkable
        self.is_empty = data[opened.end() - 2 : opened.end()] == b"/>"
        self.start, closed = opened.start(), b"</%s>" % name
        self.end = opened.end() if self.is_empty else data.rfind(closed)
        self.after = self.end if self.is_empty else self.end + len(closed)
        if self.end < 0:
            raise Unmarkable
        self.tail = self._look_at_tail()
        self._move_into_merged()
        self.edits: list[tuple[int, int, bytes]] = []  # from, to, what stands there now

    # ----------------------------------------------------------------------------------------------- around cells

    def _look_at_tail(self) -> _Tail:
        root = re.search(rb"<%sworksheet[^>]*>" % self.prefix.encode(), self.data)
        if root is None:
            raise Unmarkable
        found, depth = _Tail(), 0
        parser = expat.ParserCreate()
        shift = self.after - len(root[0])

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            local = name.rpartition(":")[2]
            if local == "mergeCell" and (place := _RANGE.fullmatch(attributes.get("ref", ""))):
                columns = column_number(place[1]), column_number(place[3])
                found.merged.append((int(place[2]), int(place[4]), *columns))
            elif depth == 2 and local == "legacyDrawing":
                found.drawing = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            elif depth == 2 and local in _AFTER_COMMENTS and found.place < 0:
                found.place = parser.CurrentByteIndex + shift

        def end(name: str) -> None:
            nonlocal depth
            depth -= 1
            if depth == 0 and found.place < 0:
                found.place = parser.CurrentByteIndex + shift

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.Parse(root[0] + self.data[self.after :], True)
        return found

    def _move_into_merged(self) -> None:
        """A mark inside a merged range is that of its first cell, the only one that is seen."""
        rows = sorted(self.marks.cells)
        for first, last, left, right in self.tail.merged:
            for row in rows[bisect_left(rows, first) : bisect_right(rows, last)]:
                inside = [column for column in self.marks.cells[row] if left <= column <= right]
                for column in inside:
                    severity = self.marks.cells[row].pop(column)
                    self.marks.cells.setdefault(first, {}).setdefault(left, severity)
                    comment = self.marks.comments.pop((row, column), None)
                    if comment:
                        before = self.marks.comments.get((first, left))
                        self.marks.comments[first, left] = f"{before}\n\n{comment}" if before else comment

    @property
    def drawing(self) -> str:
        """The id of the relationship by which the sheet refers to the drawing of its comments, if it does."""
        return self.tail.drawing

    def refer_to_comments(self, identity: str) -> None:
        """Adds the reference to the drawing of the sheet's comments, by the id of the relationship."""
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        words = f'<{self.prefix}legacyDrawing xmlns:rel="{relation}" rel:id="{identity}"/>'
        self.edits.append((self.tail.place, self.tail.place, words.encode()))

    # ------------------------------------------------------------------------------------------------- the cells

    def _find_places(self) -> None:
        """Fills `edits` with what changes among the rows."""
        cells = {row: sorted(columns.items()) for row, columns in self.marks.cells.items() if columns}
        waiting = iter(sorted(cells))
        next_row = next(waiting, None)
        row_name, cell_name = f"{self.prefix}row", f"{self.prefix}c"
        row = column = 0
        pending: list[tuple[int, str]] = []
        parser = expat.ParserCreate()
        columns: dict[str, int] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row, column, pending, next_row
            if name == cell_name:
                if not pending:
                    return
                letters = attributes.get("r", "").rstrip(_DIGITS)
                if letters not in columns:
                    columns[letters] = column_number(letters)
                column = columns[letters] or column + 1
                while pending and pending[0][0] < column:
                    self._insert(parser.CurrentByteIndex, self._new_cells(row, [pending.pop(0)]))
                if pending and pending[0][0] == column:
                    self._restyle(parser.CurrentByteIndex, int(attributes.get("s") or 0), pending.pop(0)[1])
            elif name == row_name:
                row, column = int(attributes.get("r") or row + 1), 0
                while next_row is not None and next_row < row:
                    self._insert(parser.CurrentByteIndex, self._new_row(next_row, cells[next_row]))
                    next_row = next(waiting, None)
                if next_row == row:
                    pending = list(cells[row])
                    next_row = next(waiting, None)
                    parser.EndElementHandler = end

        def end(name: str) -> None:
            nonlocal pending
            if name == row_name:
                if pending:
                    self._close_row(parser.CurrentByteIndex, self._new_cells(row, pending))
                pending = []
                parser.EndElementHandler = None

        parser.StartElementHandler = start
        parser.Parse(self.data, True)
        left = [] if next_row is None else [next_row, *waiting]
        if left:
            self._close_cells("".join(self._new_row(number, cells[number]) for number in left))

    def _new_cells(self, row: int, marks: list[tuple[int, str]]) -> str:
        return "".join(
            f'<{self.prefix}c r="{column_letter(column - 1)}{row}" s="{self.style_of(0, severity)}"/>'
            for column, severity in marks
        )

    def _new_row(self, row: int, marks: list[tuple[int, str]]) -> str:
        return f'<{self.prefix}row r="{row}">{self._new_cells(row, marks)}</{self.prefix}row>'

    def _insert(self, place: int, words: str) -> None:
        self.edits.append((place, place, words.encode()))

    def _restyle(self, place: int, style: int, severity: str) -> None:
        stop = self.data.index(b">", place)
        words = b' s="%d"' % self.style_of(style, severity)
        old = _STYLE.search(self.data, place, stop)
        if old:
            self.edits.append((old.start(), old.end(), words))
        else:
            stop -= self.data[stop - 1] == ord("/")
            stop -= self.data[stop - 1] == ord(" ")
            address = self.data.find(b'" t=', place, stop) + 1  # where a style usually stands
            self.edits.append((address or stop, address or stop, words))

    def _close_row(self, place: int, cells: str) -> None:
        """Adds cells at the end of a row: before its closing tag, or in its only one, which has ended at `place`."""
        closing = f"</{self.prefix}row>"
        if self.data.startswith(closing[:-1].encode(), place):
            self._insert(place, cells)
        else:
            self.edits.append((place - len("/>"), place, f">{cells}{closing}".encode()))

    def _close_cells(self, rows: str) -> None:
        if self.is_empty:
            self.edits.append((self.end - 2, self.end, f">{rows}</{self.prefix}sheetData>".encode()))
        else:
            self._insert(self.end, rows)

    def xml(self) -> Iterator[bytes]:
        """The pieces of the part."""
        if self.marks.cells:
            self._find_places()
        self.edits += [(found.start(), found.end(), b"") for found in _SELECTED.finditer(self.data, 0, self.start)]
        view, last = memoryview(self.data), 0
        # the sort is stable: two at one place stay in the order in which they were found
        for start, stop, words in sorted(self.edits, key=lambda edit: edit[0]):
            yield bytes(view[last:start])
            yield words
            last = stop
        yield bytes(view[last:])
