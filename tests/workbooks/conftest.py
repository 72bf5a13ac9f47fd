"""Little workbooks, made where they are needed: headings, rows, and what reading them gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from outcome_reporting.contracts.load import load_contracts, load_reference
from outcome_reporting.workbooks.read import read_file
from outcome_reporting.workbooks.reading import FileReading

INCLUDE = Path(__file__).parents[2] / "include"
# fmt: off
EXPENSES = [
    "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner", "Account",
    "Description", "Currency", "Amount", "Amount (USD)",
]
# fmt: on
BUDGETS = ["Output", "Fiscal year", "Fund", "Version", "Planned (USD)", "Available (USD)"]
WEIGHTS = ["Output", "Fiscal year", "SDG", "Weight (%)"]


@pytest.fixture(scope="session")
def contracts():
    return load_contracts(INCLUDE / "contracts")


@pytest.fixture(scope="session")
def reference():
    return load_reference(INCLUDE / "reference")


@pytest.fixture
def read(contracts, reference) -> Callable[..., FileReading]:
    def reading(path: Path, **options) -> FileReading:
        return read_file(path, contracts, reference, **options)

    return reading


@pytest.fixture
def book(tmp_path) -> Callable[..., Path]:
    """Writes sheets (title -> rows) as xlsx; gives its path."""

    def write(name: str = "book.xlsx", **sheets: list[list]) -> Path:
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title)
            for row in rows:
                sheet.append(row)
        made.save(tmp_path / name)
        return tmp_path / name

    return write


def rules(reading: FileReading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def told(reading: FileReading, rule: str) -> list:
    return [finding for finding in reading.findings if finding.rule == rule]
