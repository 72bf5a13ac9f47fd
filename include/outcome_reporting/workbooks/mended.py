"""Right values that a person wrote into the list of what to fix, taken for the cells of their lines.

A line counts only for cells that still hold what it found: where rows were added or sorted since, or a cell was mended
by hand, the cell is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.codes import fold_name
from outcome_reporting.domain.contract import Field, Kind
from outcome_reporting.domain.finding import shown
from outcome_reporting.workbooks.answer import column_number
from outcome_reporting.workbooks.columns import RawColumn
from outcome_reporting.workbooks.head import HeadRow
from outcome_reporting.workbooks.saying import ALL_CELLS, RIGHT_VALUE, title_of
from outcome_reporting.workbooks.sheets import Sheet

_RUN = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})(?::\1([1-9][0-9]{0,6}))?")
_SHEET, _FOUND = "Sheet", "Found"


@dataclass(frozen=True, slots=True, eq=False)
class Mend:
    """One answered line: the cells of a column (from 0) and rows (from 1), what was found there, what is right.

    `value` is a column of one cell, so that a number stays a number and a date a date.
    """

    sheet: str
    column: int
    rows: np.ndarray
    found: str
    value: RawColumn

    def is_of(self, sheet: str) -> bool:
        return self.sheet in (sheet, title_of(sheet))


def mends_of(sheet: Sheet) -> list[Mend]:
    """The answered lines of a list of what to fix; none where its headings are not as they were written."""
    head = sheet.head()
    header = next((row for row in head if {_SHEET, _FOUND, RIGHT_VALUE, ALL_CELLS} <= set(row.cells.values())), None)
    if header is None or head[-1].row_no == header.row_no:
        return []
    return list(_answered(sheet, header))


def _answered(sheet: Sheet, header: HeadRow) -> Iterator[Mend]:
    columns = sheet.body(header).columns
    place = {heading: column for column, heading in header.cells.items()}
    values = columns[place[RIGHT_VALUE]]
    lists = [columns[column] for column in sorted(columns) if column >= place[ALL_CELLS]]
    for row in np.flatnonzero(values.filled()).tolist():
        parts = [part for column in lists if (part := column.shown(row))]
        runs = [run for part in ", ".join(parts).split(", ") if (run := _RUN.fullmatch(part))]
        if not runs:
            continue
        rows = [np.arange(int(run[2]), int(run[3] or run[2]) + 1) for run in runs]
        name, found = columns[place[_SHEET]].shown(row), columns[place[_FOUND]].shown(row)
        yield Mend(name, column_number(runs[0][1]) - 1, np.concatenate(rows), found, values.slice(row, 1))


def _texts_at(array: pa.Array, rows: np.ndarray, kind: Kind, scale: int) -> pa.Array:
    """Typed values as findings quote them."""
    encoded = array.take(pa.array(rows)).dictionary_encode()
    words = [
        str(Decimal(value).scaleb(-scale)) if kind is Kind.MONEY else str(value)
        for value in encoded.dictionary.to_pylist()
    ]
    return pa.array(words, pa.string()).take(encoded.indices)


def _is_same(text: str | None, found: str) -> bool:
    text = shown(text or "")
    if fold_name(text) == fold_name(found):
        return True
    try:
        return Decimal(text) == Decimal(found)
    except InvalidOperation:
        return False


def holds(texts: pa.Array, found: str) -> np.ndarray:
    """Which of some texts are this one, as a mask; whatever the case, and numbers however they are written."""
    encoded = texts.fill_null("").dictionary_encode()
    is_same = np.array([_is_same(text, found) for text in encoded.dictionary.to_pylist()], bool)
    return is_same[encoded.indices.to_numpy()]


def still_wrong(mend: Mend, rows: np.ndarray, as_written: pa.Array, typed: pa.Array, field: Field) -> np.ndarray:
    """Which of some rows (from 0) of a column still hold what was found, as a mask.

    A finding quotes a cell as it is written, or, of a check, the value that was read from it.
    """
    written = holds(as_written.take(pa.array(rows)), mend.found)
    return written | holds(_texts_at(typed, rows, field.kind, field.scale), mend.found)


def with_value(raw: RawColumn, rows: np.ndarray, value: RawColumn) -> RawColumn:
    """The column with the value in some of its rows."""
    mask = np.zeros(raw.length, bool)
    mask[rows] = True
    is_mended = pa.array(mask)
    column = RawColumn(raw.length)
    for part, kind in (("numbers", pa.float64()), ("texts", pa.string()), ("moments", pa.timestamp("ms"))):
        old, new = getattr(raw, part), getattr(value, part)
        right = None if new is None else new[0].as_py()
        if old is not None or right is not None:
            before = pa.nulls(raw.length, kind) if old is None else old
            after = pc.if_else(is_mended, pa.scalar(right, kind), before)
            setattr(column, part, after if after.null_count < raw.length else None)
    return column
