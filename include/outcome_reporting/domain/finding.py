"""What is wrong with a file, said so that a finance officer can mend it.

A problem in data is a value, never an exception. Every finding names its place, what was found,
what was expected and how to mend it; nobody outside this project needs to know Python to read one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any


class Severity(StrEnum):
    """error blocks, warning loads and is shown, note is only listed."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


SHOWN_LENGTH = 200


def shown(text: object) -> str:
    """A cell's text as a finding quotes it: whole up to 200 characters, then cut with a mark."""
    plain = str(text)
    return plain if len(plain) <= SHOWN_LENGTH else plain[: SHOWN_LENGTH - 1] + "…"


def compact_rows(rows: Iterable[int]) -> str:
    """Ascending row numbers as `12-90,103`: short however many they are. A single one is an empty text.

    A text, since it is compared, hashed, stored and sent to other processes as one value.
    """
    numbers = list(rows)
    if len(numbers) < 2:
        return ""
    firsts = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)]
    lasts = [*(before for before, after in pairwise(numbers) if after != before + 1), numbers[-1]]
    runs = zip(firsts, lasts, strict=True)
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, and every row of a sheet that has it.

    `rule` is an id of `domain.rules.RULES`. `row` is the spreadsheet's own row number (from 1), `column`
    its letter; both are empty for a problem of a whole sheet or file. Where the same value is wrong for the same
    reason in more rows than one, `row` is the first and `rows` are all of them (see `compact_rows`): a year booked
    on a code that nobody knows is one problem, not thousands. `found` is the text as it stood.
    """

    rule: str
    severity: Severity
    file_name: str
    message: str
    expected: str = ""
    remedy: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    found: str = ""
    nearest: str = ""
    dataset: str = ""
    field: str = ""
    rows: str = ""

    @property
    def cell(self) -> str:
        """`L41`, `41` (a row), or an empty text (the sheet or the file); of several the first."""
        return f"{self.column}{self.row}" if self.row else self.column

    def runs(self) -> Iterator[tuple[int, int]]:
        """First and last row of each stretch of rows; none for a problem of a sheet or file."""
        if self.rows:
            for run in self.rows.split(","):
                first, _, last = run.partition("-")
                yield int(first), int(last or first)
        elif self.row:
            yield self.row, self.row

    @property
    def row_count(self) -> int:
        return sum(last - first + 1 for first, last in self.runs())

    @property
    def cells(self) -> str:
        """All cells as a spreadsheet writes them: `F12:F90, F103`."""
        if not self.rows:
            return self.cell
        names = ((f"{self.column}{first}", f"{self.column}{last}", first == last) for first, last in self.runs())
        return ", ".join(first if is_one and self.column else f"{first}:{last}" for first, last, is_one in names)

    @property
    def place(self) -> str:
        """The first cell, and how many rows there are beside its own: `F12 and in 79 more rows`."""
        more = self.row_count - 1
        return self.cell if more < 1 else f"{self.cell} and in {more:,} more {'row' if more == 1 else 'rows'}"

    def without(self, rows: Iterable[int]) -> Finding | None:
        """The same problem in its other rows; None when no row is left."""
        taken = set(rows)
        left = [row for first, last in self.runs() for row in range(first, last + 1) if row not in taken]
        return replace(self, row=left[0], rows=compact_rows(left)) if left else None

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, as plain values."""
        return {name: getattr(self, name) for name in _NAMES} | {"severity": self.severity.value}

    def told(self) -> dict[str, Any]:
        """What a program is told: the fields, with `cells` for all of them and how many rows that are."""
        told = self.as_dict() | {"cell": self.cell, "cells": self.cells, "row_count": self.row_count}
        del told["rows"]
        return told

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


_NAMES = tuple(field.name for field in fields(Finding))
