"""What a person is told about one file, as plain values: `give_back` and `receipt` write it down.

Money is integer cents and stays so until it is written; an amount that does not apply is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from outcome_reporting.domain.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happened to a file, in the words of its first lines.

    `state` is accepted, held, rejected or checked. `stays_live` says what remains true whatever happened ("The
    data loaded on 2 March 2023 stays live."), `sheets` are those that were read, `rows_read` their rows.
    """

    file_name: str
    state: str
    headline: str
    detail: str = ""
    stays_live: str = ""
    sheets: tuple[str, ...] = ()
    rows_read: int = 0
    rows_held: int = 0
    sha256: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line of before and after: new, changed, removed, unchanged, or a total of these.

    `amounts` gives (before, after) in cents for each name of `ReceiptPart.amount_names`, in its order.
    """

    label: str
    rows_before: int
    rows_after: int
    amounts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that is new, changed or removed; values are texts as a person reads them."""

    change: str
    sheet: str
    row: int | None
    key: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """What a file brought in one currency. `amount` is a plain decimal text, `usd_cents` None if not in dollars."""

    dataset: str
    currency: str
    rows: int
    amount: str
    usd_cents: int | None = None


@dataclass(frozen=True, slots=True)
class ReceiptPart:
    """What one dataset of the file replaced, and the difference that it makes."""

    dataset: str
    title: str
    replaces: str
    amount_names: tuple[str, ...]
    lines: tuple[ReceiptLine, ...]
    total: ReceiptLine
    changes: tuple[RowChange, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A totals row of the file beside the sum of its rows, both in cents (or in units of its field)."""

    sheet: str
    cell: str
    name: str
    in_file: int
    of_rows: int
    scale: int = 2


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to an accepted file."""

    file_name: str
    sha256: str
    headline: str
    detail: str
    rows_in_file: int
    rows_loaded: int
    rows_held: int = 0
    loaded_at: datetime | None = None
    parts: tuple[ReceiptPart, ...] = ()
    totals: tuple[CurrencyTotal, ...] = ()
    control_totals: tuple[ControlTotal, ...] = ()
    findings: tuple[Finding, ...] = field(default_factory=tuple)


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def column_number(letters: str) -> int:
    """`A` is 1, `AA` is 27; an empty text is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def in_reading_order(findings: list[Finding] | tuple[Finding, ...]) -> list[Finding]:
    """Errors before warnings before notes, each by sheet (as first met), row and column."""
    sheets: dict[str, int] = {}
    for finding in findings:
        sheets.setdefault(finding.sheet, len(sheets))
    return sorted(
        findings,
        key=lambda f: (_ORDER[f.severity], sheets[f.sheet], f.row or 0, column_number(f.column)),
    )


_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def counted(findings: Iterable[Finding], severity: Severity) -> str:
    """`3 errors`, `1 warning`, or `2 errors in 4,031 cells` where they stand in more places; empty without any."""
    places = [max(1, finding.row_count) for finding in findings if finding.severity is severity]
    if not places:
        return ""
    words = f"{len(places):,} {_WORDS[severity]}{'' if len(places) == 1 else 's'}"
    return words if sum(places) == len(places) else f"{words} in {sum(places):,} cells"


def counted_errors(findings: Iterable[Finding]) -> str:
    return counted(findings, Severity.ERROR)
