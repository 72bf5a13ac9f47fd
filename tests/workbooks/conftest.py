"""Little workbooks, made where they are needed: headings, rows, and what reading them gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from workbook_rows import INCLUDE

from outcome_reporting.contracts.load import load_contracts, load_reference
from outcome_reporting.workbooks.read import read_file
from outcome_reporting.workbooks.reading import FileReading


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
