"""A template holds what a person needs, and nothing that a drop of it would stumble over."""

from __future__ import annotations

import warnings
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from outcome_reporting.contracts.load import load_contracts, load_reference
from outcome_reporting.domain.contract import Kind
from outcome_reporting.domain.headings import normalise_heading
from outcome_reporting.workbooks.template import write_template

INCLUDE = Path(__file__).resolve().parents[2] / "include"
CONTRACTS = load_contracts(INCLUDE / "contracts")
LISTS = load_reference(INCLUDE / "reference").code_lists()


def read(path: Path) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    folder = tmp_path_factory.mktemp("templates")
    return read(write_template(list(CONTRACTS.values()), LISTS, folder / "new" / "all.xlsx"))


def test_a_sheet_for_each_dataset_none_hidden(book: openpyxl.Workbook) -> None:
    titles = [contract.title for contract in CONTRACTS.values()]
    assert book.sheetnames == ["Instructions", *titles, "Lists"]
    assert {sheet.sheet_state for sheet in book} == {"visible"}


def column_of(sheet: openpyxl.worksheet.worksheet.Worksheet, number: int):
    """Neighbours of one width and format share an entry."""
    return next(c for c in sheet.column_dimensions.values() if c.min <= number <= c.max)


@pytest.mark.parametrize("dataset", list(CONTRACTS))
def test_headings_comments_and_formats(book: openpyxl.Workbook, dataset: str) -> None:
    contract = CONTRACTS[dataset]
    sheet = book[contract.title]
    fields = [field for field in contract.fields if field.kind is not Kind.MARKERS]
    assert [cell.value for cell in sheet[1]] == [field.heading for field in fields]
    assert sheet.freeze_panes == "A2"
    assert sheet.max_row == 1
    for cell, field in zip(sheet[1], fields, strict=True):
        comment = cell.comment.text
        assert field.description in comment
        assert ("Needed." in comment) == field.required
        assert field.examples[0] in comment
        column = column_of(sheet, cell.column)
        if field.kind in (Kind.CODE, Kind.CHOICE, Kind.TEXT):
            assert column.number_format == "@", field.name
        if field.kind is Kind.MONEY:
            assert column.number_format == f"#,##0.{'0' * field.scale}"


def validation(sheet: openpyxl.worksheet.worksheet.Worksheet, column: str):
    return next(v for v in sheet.data_validations.dataValidation if f"{column}2:" in str(v.sqref))


def test_drop_downs_lead_to_the_lists(book: openpyxl.Workbook) -> None:
    for title, column, expected in (
        ("Budgets", "D", ["original", "revised"]),
        ("SDG weights", "C", list(LISTS["sdg"])),
        ("Contributions", "G", list(LISTS["currencies"])),
    ):
        rule = validation(book[title], column)
        assert rule.type == "list"
        cells = book["Lists"][rule.formula1.removeprefix("Lists!").replace("$", "")]
        assert [cell.value for (cell,) in cells] == expected
    assert validation(book["Expense lines"], "D").formula2 == "13"


def test_instructions_explain_every_column(book: openpyxl.Workbook) -> None:
    words = {cell.value for row in book["Instructions"] for cell in row if cell.value}
    for contract in CONTRACTS.values():
        for field in contract.fields:
            assert {field.heading, field.description} <= words


def test_only_dataset_sheets_can_be_taken_for_a_dataset(book: openpyxl.Workbook) -> None:
    known = {
        contract.dataset: {
            normalise_heading(text)
            for f in contract.fields
            for text in (f.heading, f.name, *(synonym for synonym, _ in f.synonyms))
        }
        for contract in CONTRACTS.values()
    }
    for title in ("Instructions", "Lists"):
        for row in book[title].iter_rows(values_only=True):
            headings = {normalise_heading(str(value)) for value in row if value}
            assert all(len(headings & of_contract) < 3 for of_contract in known.values())


def test_prefilled_rows_are_exact_and_never_formulas(tmp_path: Path) -> None:
    rows = {
        "expenses": [
            {
                "transaction": "=1+1",
                "posting_date": date(2022, 3, 15),
                "fiscal_year": 2022,
                "output": "KGZ_D_1.10",
                "description": "x" * 40_000,
                "amount": Decimal("-1234.5600"),
                "amount_usd": Decimal("1234567890123456.78"),
                "partner": None,
            }
        ],
        "sdg_weights": [{"output": "KGZ_D_1.10", "sdg": "8.10", "weight_percent": "33.33"}],
        "outcomes": [{"outcome": "KGZ_O_2", "markers": '{"Gender equality": "2"}'}],
    }
    wanted = [CONTRACTS[name] for name in rows]
    book = read(write_template(wanted, {"outputs": ["KGZ_D_1.10"]}, tmp_path / "one.xlsx", rows))
    expense = dict(zip((c.value for c in book["Expense lines"][1]), book["Expense lines"][2], strict=True))
    assert (expense["Transaction"].value, expense["Transaction"].data_type) == ("=1+1", "s")
    assert expense["Output"].value == "KGZ_D_1.10"
    assert expense["Posting date"].value.date() == date(2022, 3, 15)
    assert expense["Amount"].value == -1234.56
    assert expense["Amount (USD)"].value == "1234567890123456.78"  # more digits than a number cell holds
    assert len(expense["Description"].value) <= 32_767 and expense["Description"].value.endswith("is kept]")
    assert [cell.value for cell in book["SDG weights"][2]] == ["KGZ_D_1.10", None, "8.10", 33.33]
    outcomes = dict(zip((c.value for c in book["Outcomes"][1]), book["Outcomes"][2], strict=True))
    assert outcomes["Marker: Gender equality"].value == "2"
    assert validation(book["SDG weights"], "A").type == "list"


def test_no_dataset_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one dataset"):
        write_template([], LISTS, tmp_path / "none.xlsx")
