"""A cent planted where nothing may change is found, and named with its file and its figure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from tests.history.conftest import a_home
from tests.warehouse.books import expense, load, references, sheet

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.workflows import allocation
from outcome_reporting.workflows.house import connect, migrate_warehouse

LINES = [
    expense("T1", fund="30071", partner="SWE"),
    expense("T2", currency="KGS", amount="800", amount_usd=None),
    expense("T3", fiscal_year=2021, posting_date="2021-03-01", amount_usd="40.00"),
]


@pytest.fixture(scope="module")
def published() -> Iterator[Settings]:
    """A night over three files: references, a ledger of 2022, a ledger of 2021 with budgets."""
    with a_home() as settings:
        migrate_warehouse(settings)
        budget = {"output": "KGZ_D_1.1.2", "fiscal_year": 2021, "fund": "30000", "version": "original",
                  "planned_usd": "10.00", "available_usd": "9.00"}  # fmt: skip
        given = {"agreement": "A1", "partner": "SWE", "fund": "30071", "stage": "revenue", "date": "2022-05-20",
                 "fiscal_year": 2022, "currency": "KGS", "amount": "7950", "amount_usd": None,
                 "outcome": "KGZ_D_1.1"}  # fmt: skip
        with connect(settings).begin() as connection:
            load(connection, *references(), file_name="references.xlsx")
            load(connection, sheet("expenses", LINES[:2]), file_name="ledger 2022.xlsx")
            load(connection, sheet("expenses", LINES[2:]), sheet("budgets", [budget], 2), file_name="books 2021.xlsx")
            load(connection, sheet("contributions", [given]), file_name="gifts.xlsx")
        assert allocation.restate(settings)["is_published"]
        yield settings


@pytest.fixture
def plant(published: Settings) -> Iterator:
    """Changes a row behind the product's back, and what the proof says of it; it is changed back afterwards."""
    undone: list[str] = []

    def plant(statement: str, back: str) -> str:
        with connect(published).begin() as connection:
            assert connection.execute(text(statement)).rowcount == 1
        undone.append(back)
        return "\n".join(allocation.prove(published))

    yield plant
    with connect(published).begin() as connection:
        for back in undone:
            connection.execute(text(back))
    assert allocation.prove(published) == []


@pytest.mark.parametrize(
    ("table", "column", "where", "file_name", "figure"),
    [
        (
            "expense",
            "amount_usd",
            "transaction = 'T1'",
            "ledger 2022.xlsx",
            "KGZ_D_1.1:2018-2022:2022:non-core:expense",
        ),
        ("expense", "amount", "transaction = 'T2'", "ledger 2022.xlsx", "KGZ_D_1.1.1:2018-2022:2022:core:expense"),
        ("budget", "planned_usd", "true", "books 2021.xlsx", "KGZ_D_1.1.2:2018-2022:2021:core:planned"),
        ("contribution", "amount", "true", "gifts.xlsx", "KGZ_D_1.1:2018-2022:2022:contribution"),
        ("contribution", "amount", "true", "gifts.xlsx", "all:2022:revenue"),
    ],
)
def test_a_cent_in_a_fact(plant, table: str, column: str, where: str, file_name: str, figure: str) -> None:
    by = "0.80" if column == "amount" else "0.01"  # 80 som to the dollar
    change = f"update core.{table} set {column} = {column} {{}} {by} where {where}"
    said = plant(change.format("+"), change.format("-"))
    assert f"figure {figure}; files: {file_name}" in said
    assert f"{file_name} (" in said and "difference 0.01 USD" in said
    other = {"ledger 2022.xlsx", "books 2021.xlsx", "gifts.xlsx"} - {file_name}
    assert not any(f"{name} (" in said for name in other), "a file was blamed whose rows are whole"


@pytest.mark.parametrize(
    ("table", "column", "where", "file_name", "figure"),
    [
        ("resource_line", "expense_cents", "fund_type = 'non-core'", "ledger 2022.xlsx",
         "KGZ_D_1.1:2018-2022:2022:non-core:expense"),
        ("sdg_line", "available_cents", "available_cents > 0", "books 2021.xlsx",
         "KGZ_D_1.1.2:2018-2022:2021:core:available"),
        ("partner_line", "contribution_cents", "contribution_cents > 0", "gifts.xlsx",
         "KGZ_D_1.1:2018-2022:2022:contribution"),
        ("revenue_line", "amount_cents", "true", "gifts.xlsx", "all:2022:revenue"),
        ("plan_line", "planned_cents", "planned_cents > 0 and kind = 'impact area'", "books 2021.xlsx",
         "KGZ_D_1.1:2018-2022:2021:planned"),
    ],
)  # fmt: skip
def test_a_cent_in_a_published_row(plant, table: str, column: str, where: str, file_name: str, figure: str) -> None:
    change = f"update report.{table} set {column} = {column} {{}} 1 where {where}"
    said = plant(change.format("+"), change.format("-"))
    assert f"figure {figure}; files: {file_name}" in said
    assert "sheet" not in said, "no file is to blame"


def test_a_cent_in_a_fact_of_a_year_that_is_restated_anyway(published: Settings) -> None:
    """Both sides follow the planted cent, so that only the sum written down with the file can tell."""
    change = "update core.expense set amount_usd = amount_usd {} 0.01 where transaction = 'T1'"
    with connect(published).begin() as connection:
        connection.execute(text(change.format("+")))
        load(connection, sheet("expenses", [expense("T9", period=6)]), file_name="june.xlsx")
    with pytest.raises(SystemFault) as fault:
        allocation.restate(published)
    assert "ledger 2022.xlsx (" in str(fault.value) and "loaded 110.00 USD of expenses, now 110.01 USD" in str(
        fault.value
    )
    with connect(published).begin() as connection:
        connection.execute(text(change.format("-")))
    assert allocation.restate(published)["is_published"]


def test_a_cent_in_a_night_without_news(published: Settings) -> None:
    change = "update core.expense set amount_usd = amount_usd {} 0.01 where transaction = 'T3'"
    with connect(published).begin() as connection:
        connection.execute(text(change.format("+")))
    try:
        with pytest.raises(SystemFault, match=r"0\.01"):
            allocation.restate(published)
    finally:
        with connect(published).begin() as connection:
            connection.execute(text(change.format("-")))
