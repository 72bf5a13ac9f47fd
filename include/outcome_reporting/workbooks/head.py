"""The first rows of a sheet: enough to find the headings."""

from __future__ import annotations

from dataclasses import dataclass, field

HEAD_ROWS = 30


@dataclass(slots=True)
class HeadRow:
    """A row that has a value: its number in the sheet (from 1) and its texts by column (from 0)."""

    row_no: int
    cells: dict[int, str] = field(default_factory=dict)
