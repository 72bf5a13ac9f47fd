"""What is wrong with a file, said so that a finance officer can mend it.

A problem in data is a value, never an exception. Every finding names its place, what was found,
what was expected and how to mend it; nobody outside this project needs to know Python to read one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """error blocks, warning loads and is shown, note is only listed."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem at one place.

    `rule` is an id of `domain.rules.RULES`. `row` is the spreadsheet's own row number (from 1), `column`
    its letter; both are empty for a problem of a whole sheet or file. `found` is the text as it stood.
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

    @property
    def cell(self) -> str:
        """`L41`, `41` (a row), or an empty text (the sheet or the file)."""
        return f"{self.column}{self.row}" if self.row else self.column

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR
