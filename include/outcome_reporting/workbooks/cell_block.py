"""Some rows of a worksheet in one of the forms of `cell_forms`, taken apart by arithmetic on the places of its tags."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from outcome_reporting.workbooks.cell_forms import PRESERVE, Form
from outcome_reporting.workbooks.digits import whole_numbers, words_of
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.texts import slices


class Block:
    """Some rows of a sheet: arrays with one element for each cell that has a value."""

    def __init__(self, data: memoryview, form: Form, rows_before: int) -> None:
        self.data, self.xml = data, np.frombuffer(data, np.uint8)
        self.words = words_of(data)
        tags = np.flatnonzero(self.xml == ord("<"))
        names = self.xml[1:][tags]
        is_cell = names == ord("c")
        cells, rows = np.flatnonzero(is_cell), np.flatnonzero(names == ord("r"))
        self.begins, self.ends = tags[cells], tags[cells + 1]  # of the opening tags of all cells
        self.row_count = len(rows)
        self.order: tuple[np.ndarray, np.ndarray] | None = None  # the places of all cells that do not say theirs
        if form is Form.NUMBERED:
            self.order = _places_by_order(rows, cells, whole_numbers(self.words[tags[rows] + len('<row r="')])[0])
        elif form is Form.COUNTED:
            self.order = _places_by_order(rows, cells, rows_before + 1 + np.arange(len(rows), dtype=np.int32))
        values = self._find_values(tags, names)
        owners: np.ndarray | slice = slice(None)  # where each cell has its value, which is usual
        if len(values) < len(cells):
            owners = _cells_of_tags(is_cell, values)
        self.row, self.column, self.attributes = self._places(owners)
        formulas = np.flatnonzero(names == ord("f"))
        self.unvalued = self._addresses_without(owners, _cells_of_tags(is_cell, formulas)) if len(formulas) else []
        self.ends = self.ends[owners]
        self.sort = self._sorts(self.ends)

    def _find_values(self, tags: np.ndarray, names: np.ndarray) -> np.ndarray:
        """The tags after which the values of cells stand; `starts` and `stops` are the places of those."""
        values = np.flatnonzero((names == ord("v")) | (names == ord("t")))
        begins, stops = tags[values], tags[values + 1]
        after = self.xml[2:][begins]
        self.starts, self.stops = begins + len("<v>"), stops
        if (after != ord(">")).any():
            self.starts += np.where(after == ord(" "), len(PRESERVE), 0)
        is_filled = (self.starts < stops) & (after != ord("/"))  # neither <v></v> nor <v /> nor <v/>
        if is_filled.all():
            return values
        self.starts, self.stops = self.starts[is_filled], stops[is_filled]
        return values[is_filled]

    def of_sort(self, letter: str) -> np.ndarray:
        return np.flatnonzero(self.sort == ord(letter))

    def numbers(self) -> np.ndarray:
        return np.flatnonzero((self.sort == ord("n")) | (self.sort <= ord("<")))

    def texts(self, which: np.ndarray) -> pa.Array:
        """The values of some cells as written."""
        return slices(self.data, self.starts[which], self.stops[which])

    def floats(self, which: np.ndarray) -> np.ndarray:
        """The values of some number cells. Raises ArrowInvalid for a number that is none."""
        starts, stops = self.starts[which], self.stops[which]
        whole, digits = whole_numbers(self.words[starts])
        number = whole.astype(np.float64)
        others = np.flatnonzero(
            digits != stops - starts
        )  # with a sign, decimals, an exponent or more than seven digits
        number[others] = slices(self.data, starts[others], stops[others]).cast(pa.float64()).to_numpy()
        return number

    def indices(self, which: np.ndarray) -> np.ndarray:
        """The values of some cells that are whole numbers of at most seven digits."""
        return whole_numbers(self.words[self.starts[which]])[0]

    def styles(self, which: np.ndarray) -> np.ndarray:
        """The numbers of the styles of some cells; 0 without."""
        attributes = self.attributes[which]
        style = np.zeros(len(attributes), np.int32)
        styled = np.flatnonzero(self.xml[1:][attributes] == ord("s"))
        style[styled] = whole_numbers(self.words[attributes[styled] + len(' s="')])[0]
        return style

    def _sorts(self, ends: np.ndarray) -> np.ndarray:
        """The last letter of each cell's type: s(hared), st(r) or inlineSt(r), (b)oolean, (e)rror, (n)umber. A
        cell without a type is a number; there a digit stands, of its style or address, or the `<` of a bare `<c>`."""
        return self.xml[ends - len('s">')]

    def _places(self, which: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row (from 1) and column (from 0) of some of all cells, and where the rest of their opening tags begins."""
        if self.order is not None:
            rows, columns = self.order
            return rows[which], columns[which], self.begins[which] + len("<c")
        at = self.begins[which] + len('<c r="')
        column = self.xml[at].astype(np.int32) - (ord("A") - 1)
        at += 1
        longer = np.flatnonzero(self.xml[at] >= ord("A"))
        while len(longer):
            column[longer] = 26 * column[longer] + self.xml[at[longer]] - (ord("A") - 1)
            at[longer] += 1
            longer = longer[self.xml[at[longer]] >= ord("A")]
        row, digits = whole_numbers(self.words[at])
        return row, column - 1, at + digits + len('"')

    def _addresses_without(self, owners: np.ndarray | slice, formulas: np.ndarray) -> list[str]:
        """The cells that hold a formula and neither a value nor a text, not even an empty one."""
        is_valued = np.zeros(len(self.begins), bool)
        is_valued[owners] = True
        empty = formulas[~is_valued[formulas]]
        empty = empty[self._sorts(self.ends[empty]) != ord("r")]
        rows, columns, _ = self._places(empty)
        return addresses(rows, columns)


def _cells_of_tags(is_cell: np.ndarray, which: np.ndarray) -> np.ndarray:
    """The cells in which some tags stand, from which of all tags open a cell."""
    return np.cumsum(is_cell, dtype=np.int32)[which] - 1


def _places_by_order(rows: np.ndarray, cells: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of cells that follow each other in their rows, from the order of both among the tags."""
    row_of_cell = np.searchsorted(rows, cells) - 1
    column = np.arange(len(cells)) - np.searchsorted(row_of_cell, row_of_cell)
    return numbers[row_of_cell], column.astype(np.int32)


def addresses(rows: np.ndarray, columns: np.ndarray) -> list[str]:
    return [f"{column_letter(column)}{row}" for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]
