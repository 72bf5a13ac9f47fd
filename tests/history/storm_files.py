"""Files of a storm: rows as people type them, written as workbooks or csv, with the place of every cell kept.

Knows the headings and the slices of the documentation, and nothing of the product.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from organization_rows import Budget, Contribution, Expense, Fund, Link, Outcome, Output, Partner, Rate, Weight

CSV_SHEET = "Data"  # the name under which the one table of a csv file is told
Row = Any  # one of the rows of organization_rows, or one of the two below
Key = tuple[Any, ...]
SliceKey = tuple[str, Key]  # dataset, what its key is made of


@dataclass(frozen=True, slots=True)
class Office:
    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Result:
    outcome: str
    indicator: str
    year: int
    target: str
    result: str


@dataclass(frozen=True, slots=True)
class Note:
    outcome: str
    year: int
    text: str
    status: str


def _usd(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)


def _period(years: tuple[int, int]) -> str:
    return f"{years[0]}-{years[1]}"


def _weight(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


# dataset -> (heading, what stands there)
COLUMNS: dict[str, dict[str, Callable[[Row], Any]]] = {
    "offices": {"Office": lambda r: r.code, "Name": lambda r: r.name, "Kind": lambda r: r.kind},
    "outcomes": {
        "Office": lambda r: r.office,
        "Plan period": lambda r: _period(r.period),
        "Outcome": lambda r: r.code,
        "Title": lambda r: f"Outcome {r.code}",
    },
    "outputs": {
        "Plan period": lambda r: _period(r.period),
        "Outcome": lambda r: r.outcome,
        "Output": lambda r: r.code,
        "Title": lambda r: f"Output {r.code}",
    },
    "funds": {
        "Fund": lambda r: r.code,
        "Name": lambda r: f"Fund {r.code}",
        "Fund type": lambda r: r.fund_type,
        "Financing instrument": lambda r: r.instrument or None,
    },
    "partners": {
        "Partner": lambda r: r.code,
        "Name": lambda r: r.name,
        "Contributor type": lambda r: r.contributor_type,
        "Aliases": lambda r: "; ".join(r.aliases) or None,
        "Withhold until": lambda r: r.withhold_until,
        "Withhold reason": lambda r: "asked for it" if r.withhold_until else None,
    },
    "exchange_rates": {
        "Currency": lambda r: r.currency,
        "Effective date": lambda r: r.effective,
        "Rate per USD": lambda r: Decimal(r.per_usd),
        "Source": lambda r: "UN",
    },
    "budgets": {
        "Output": lambda r: r.output,
        "Fiscal year": lambda r: r.year,
        "Fund": lambda r: r.fund,
        "Version": lambda r: r.version,
        "Planned (USD)": lambda r: _usd(r.planned),
        "Available (USD)": lambda r: _usd(r.available),
    },
    "expenses": {
        "Transaction": lambda r: r.transaction,
        "Posting date": lambda r: r.posted,
        "Fiscal year": lambda r: r.year,
        "Period": lambda r: r.period,
        "Office": lambda r: r.office,
        "Output": lambda r: r.output,
        "Fund": lambda r: r.fund,
        "Partner": lambda r: r.partner,
        "Currency": lambda r: r.currency,
        "Amount": lambda r: _usd(r.amount),
        "Amount (USD)": lambda r: _usd(r.amount_usd),
    },
    "contributions": {
        "Agreement": lambda r: r.agreement,
        "Partner": lambda r: r.partner,
        "Fund": lambda r: r.fund,
        "Stage": lambda r: r.stage,
        "Date": lambda r: r.day,
        "Fiscal year": lambda r: r.year,
        "Currency": lambda r: r.currency,
        "Amount": lambda r: _usd(r.amount),
        "Amount (USD)": lambda r: _usd(r.amount_usd),
        "Outcome": lambda r: r.outcome,
    },
    "sdg_weights": {
        "Output": lambda r: r.output,
        "Fiscal year": lambda r: r.year,
        "SDG": lambda r: r.sdg,
        "Weight (%)": lambda r: _weight(r.weight),
    },
    "plan_links": {
        "Outcome": lambda r: r.outcome,
        "Fiscal year": lambda r: r.year,
        "Framework": lambda r: r.framework,
        "Element": lambda r: r.element,
        "Weight (%)": lambda r: _weight(r.weight),
    },
    "results": {
        "Outcome": lambda r: r.outcome,
        "Indicator": lambda r: r.indicator,
        "Indicator title": lambda r: f"Indicator {r.indicator}",
        "Measure": lambda r: "unit",
        "Fiscal year": lambda r: r.year,
        "Target": lambda r: r.target,
        "Result": lambda r: r.result,
    },
    "progress_notes": {
        "Outcome": lambda r: r.outcome,
        "Fiscal year": lambda r: r.year,
        "Language": lambda r: "en",
        "Title": lambda r: f"Progress in {r.year}",
        "Note": lambda r: r.text,
        "Author": lambda r: "A. Author",
        "Status": lambda r: r.status,
    },
}

DATASET_OF: dict[type, str] = {
    Office: "offices",
    Outcome: "outcomes",
    Output: "outputs",
    Fund: "funds",
    Partner: "partners",
    Rate: "exchange_rates",
    Budget: "budgets",
    Expense: "expenses",
    Contribution: "contributions",
    Weight: "sdg_weights",
    Link: "plan_links",
    Result: "results",
    Note: "progress_notes",
}
DIMENSIONS = ("offices", "outcomes", "outputs", "funds", "partners", "exchange_rates")


def slice_of(row: Row, giver: Callable[[str], str]) -> SliceKey:
    """The slice that a row belongs to; `giver` finds the partner behind a cell."""
    dataset = DATASET_OF[type(row)]
    match dataset:
        case "outcomes":
            return dataset, (row.office, row.period)
        case "outputs":
            return dataset, (row.code[:3], row.period)
        case "exchange_rates":
            return dataset, (row.currency, row.effective.year)
        case "budgets":
            return dataset, (row.output[:3], row.year)
        case "expenses":
            return dataset, (row.office, row.year, row.period)
        case "contributions":
            return dataset, (giver(row.partner), row.year)
        case "sdg_weights":
            return dataset, (row.output, row.year)
        case "plan_links" | "results" | "progress_notes":
            return dataset, (row.outcome, row.year)
    return dataset, ()


def business_key(row: Row) -> Key:
    """What makes a row the same row in a later file."""
    match DATASET_OF[type(row)]:
        case "outcomes" | "outputs":
            return (row.code, row.period)
        case "offices" | "funds" | "partners":
            return (row.code,)
        case "exchange_rates":
            return (row.currency, row.effective)
        case "budgets":
            return (row.output, row.year, row.fund, row.version)
        case "expenses":
            return (row.transaction,)
        case "contributions":
            return (row.agreement, row.stage, row.day, row.fund, row.outcome)
        case "sdg_weights":
            return (row.output, row.year, row.sdg)
        case "plan_links":
            return (row.outcome, row.year, row.framework, row.element)
        case "results":
            return (row.outcome, row.indicator, row.year)
    return (row.outcome, row.year)


@dataclass(frozen=True, slots=True)
class Placed:
    """A row where it stands: sheet, row number and the letter of each heading."""

    row: Row
    file_name: str
    table_no: int
    sheet: str
    row_no: int
    letters: dict[str, str] = field(compare=False, hash=False)

    def cell(self, heading: str) -> tuple[str, int, str]:
        return self.sheet, self.row_no, self.letters[heading]


@dataclass(frozen=True, eq=False, slots=True)
class File:
    """What is dropped: bytes under a name, and every row of it in its place."""

    name: str
    source: str
    content: bytes
    rows: tuple[Placed, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def datasets(self) -> set[str]:
        return {DATASET_OF[type(placed.row)] for placed in self.rows}

    def slices(self, giver: Callable[[str], str]) -> dict[SliceKey, list[Placed]]:
        found: dict[SliceKey, list[Placed]] = {}
        for placed in self.rows:
            found.setdefault(slice_of(placed.row, giver), []).append(placed)
        return found


def write_file(name: str, source: str, rows: list[Row], rng: Random, columns: Random | None = None) -> File:
    """Rows of one or several datasets as a workbook of one sheet each, or as csv where the name says so.

    `columns` decides the order of columns and what stands above them: a generator of the same state gives the
    same places.
    """
    by_dataset: dict[str, list[Row]] = {}
    for row in rows:
        by_dataset.setdefault(DATASET_OF[type(row)], []).append(row)
    look = columns or rng
    if name.endswith(".csv"):
        ((dataset, only),) = by_dataset.items()
        return _csv(name, source, dataset, only, look)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    placed: list[Placed] = []
    for table_no, (dataset, own) in enumerate(by_dataset.items(), start=1):
        sheet = book.create_sheet(f"{dataset} {table_no}")
        placed += _sheet(sheet, table_no, name, dataset, own, look)
    stream = io.BytesIO()
    book.save(stream)
    return File(name, source, stream.getvalue(), tuple(placed))


def _headings(dataset: str, look: Random) -> list[str]:
    headings = list(COLUMNS[dataset])
    look.shuffle(headings)
    return headings


def _sheet(sheet: Any, table_no: int, name: str, dataset: str, rows: list[Row], look: Random) -> Iterator[Placed]:
    headings = _headings(dataset, look)
    left, at = look.choice([0, 0, 1]), 1
    for _ in range(look.choice([0, 0, 2])):
        sheet.cell(at, 1 + left, "Figures of the office, as booked")
        at += 1
    letters = {heading: get_column_letter(n) for n, heading in enumerate(headings, start=1 + left)}
    for column, heading in enumerate(headings, start=1 + left):
        sheet.cell(at, column, heading)
    for row in rows:
        at += 1
        for column, heading in enumerate(headings, start=1 + left):
            value = COLUMNS[dataset][heading](row)
            sheet.cell(at, column, float(value) if isinstance(value, Decimal) else value)
        yield Placed(row, name, table_no, sheet.title, at, letters)


def _csv(name: str, source: str, dataset: str, rows: list[Row], look: Random) -> File:
    headings = _headings(dataset, look)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(headings)
    letters = {heading: get_column_letter(n) for n, heading in enumerate(headings, start=1)}
    placed = []
    for at, row in enumerate(rows, start=2):
        writer.writerow([_text(COLUMNS[dataset][heading](row)) for heading in headings])
        placed.append(Placed(row, name, 1, CSV_SHEET, at, letters))
    return File(name, source, stream.getvalue().encode(), tuple(placed))


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def read_cell(file: File, sheet: str, row_no: int, letter: str) -> Decimal:
    """The amount that stands in a cell of the dropped bytes, read by other means than the product's."""
    if file.name.endswith(".csv"):
        lines = list(csv.reader(io.StringIO(file.content.decode(), newline="")))
        return Decimal(lines[row_no - 1][openpyxl.utils.column_index_from_string(letter) - 1])
    value = _book(file.content)[sheet][f"{letter}{row_no}"].value
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


_BOOKS: dict[int, Any] = {}


def _book(content: bytes) -> Any:
    if hash(content) not in _BOOKS:
        _BOOKS[hash(content)] = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    return _BOOKS[hash(content)]
