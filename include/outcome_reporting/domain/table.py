"""A sheet's rows as typed columns: what reading hands to checking and loading.

The columns are Arrow arrays (this module only names the type: the domain imports the standard library
alone). Money is integer units, a row keeps its spreadsheet row number, and only a cell that could not be
read becomes an object of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow


@dataclass(slots=True)
class TypedTable:
    """One table of one sheet of one file.

    `data` has an int32 column `row_no` (the spreadsheet's row, from 1) and a column for each field that
    the sheet has, of the type that `contract.Kind` names; an empty cell is null. A column of texts that
    repeat is dictionary-encoded. `columns` gives each field's column letter. `table_no` numbers the tables
    of a file from 1. `totals` are the totals rows that were excluded: (row, field, value in units of the
    field).
    """

    dataset: str
    file_name: str
    sheet: str
    table_no: int
    header_row: int
    columns: dict[str, str]
    data: pyarrow.Table
    totals: list[tuple[int, str, int]] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        return self.data.num_rows
