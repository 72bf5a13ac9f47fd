"""A year of a small office, night by night: rates that come, change and are taken back, and stated totals."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from outcome_reporting.domain.errors import Refused
from outcome_reporting.settings import Settings, load_settings
from outcome_reporting.warehouse.server import stop_server
from outcome_reporting.workflows.explain import describe_explanation, explain_figure
from outcome_reporting.workflows.house import connect
from outcome_reporting.workflows.night import describe, run_night
from outcome_reporting.workflows.undo import redo_load, undo_load

LEDGER = "KGZ_D_1:2022-2025:2022:expense"  # in som; the other outcome is in dollars
RATES = ["Currency", "Effective date", "Rate per USD", "Source"]
BASE = {
    "Offices": [["Office", "Name", "Kind"], ["KGZ", "Kyrgyzstan", "CO"]],
    "Outcomes": [
        ["Office", "Plan period", "Outcome", "Title"],
        ["KGZ", "2022-2025", "KGZ_D_1", "Women lead"],
        ["KGZ", "2022-2025", "KGZ_D_2", "Women earn"],
    ],
    "Outputs": [
        ["Plan period", "Outcome", "Output", "Title"],
        ["2022-2025", "KGZ_D_1", "KGZ_D_1.1", "Councils"],
        ["2022-2025", "KGZ_D_2", "KGZ_D_2.1", "Cooperatives"],
    ],
    "Funds": [["Fund", "Name", "Fund type"], ["XB", "Earmarked", "non-core"]],
    "Partners": [["Partner", "Name", "Contributor type"], ["SWE", "Sweden", "C01"]],
}
LINES = [
    "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner", "Currency",
    "Amount", "Amount (USD)",
]  # fmt: skip


def line(number: str, month: int, output: str, currency: str, amount: float) -> list[Any]:
    return [number, date(2022, month, 10), 2022, month, "KGZ", output, "XB", "SWE", currency, amount, None]


class Office:
    """A home with its own server; drops are workbooks of sheets."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = load_settings({"OUTCOMES_HOME": str(home)})
        self.inbox = home / "inbox" / "finance"
        self.inbox.mkdir(parents=True)
        self.sha256: dict[str, str] = {}

    def drop(self, name: str, **sheets: list[list[Any]]) -> None:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(self.inbox / name)
        self.sha256[name] = hashlib.sha256((self.inbox / name).read_bytes()).hexdigest()

    def night(self) -> dict[str, Any]:
        return run_night(self.settings)

    def rows(self, query: str, **given: Any) -> list[tuple]:
        with connect(self.settings).connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), given)]

    def answer(self, name: str) -> dict[str, Any]:
        found = sorted(self.settings.home.glob(f"answers/finance/{Path(name).stem} *answer.json"))
        return json.loads(found[-1].read_text())

    def changes(self, run_id: str) -> dict[str, tuple]:
        query = "select figure_id, before, after, cause, file_name, sha256 from report.change where run = :run"
        return {row[0]: row[1:] for row in self.rows(query, run=run_id)}


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    home = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    home.chmod(0o755)
    made = Office(home)
    yield made
    stop_server(made.settings)
    shutil.rmtree(home, ignore_errors=True)


def test_the_first_night_loads_what_agrees_and_rejects_the_rest(office: Office) -> None:
    office.drop("base.xlsx", **BASE)
    office.drop("rates.xlsx", Rates=[RATES, ["KGS", date(2022, 1, 1), 80, "UN operational rates"]])
    office.drop(
        "may.xlsx",
        Cover=[["Ledger of May"], ["Number of lines", 2], ["Total amount (KGS)", 8000], ["Control total (USD)", 150]],
        Expenses=[LINES, line("T1", 5, "KGZ_D_1.1", "KGS", 8000), line("T2", 5, "KGZ_D_2.1", "USD", 50)],
    )
    office.drop("june.xlsx", Expenses=[LINES, line("T3", 6, "KGZ_D_1.1", "XOF", 5000)])
    office.drop(
        "july.xlsx",
        Cover=[["Number of lines", 3], ["Control total", 70.5]],
        Expenses=[LINES, line("T4", 7, "KGZ_D_2.1", "USD", 70), line("T5", 7, "KGZ_D_2.1", "USD", 2)],
    )
    summary = office.night()
    assert summary["intake"]["accepted"] == 3
    assert sorted(summary["intake"]["rejected_files"]) == ["july.xlsx", "june.xlsx"]
    assert summary["allocation"]["largest_changes"] == []
    assert office.rows("select outcome, expense_usd::text from report.outcome_resources order by 1") == [
        ("KGZ_D_1", "100.00"),
        ("KGZ_D_2", "50.00"),
    ]


def test_a_missing_rate_blocks_its_file_in_plain_words(office: Office) -> None:
    (finding,) = [one for one in office.answer("june.xlsx")["findings"] if one["severity"] == "error"]
    assert (finding["rule"], finding["sheet"], finding["cell"]) == ("missing_rate", "Expenses", "I2")
    assert "XOF" in finding["message"] + finding["found"]
    assert finding["remedy"] == "Drop the rate with it, or fill Amount (USD)."
    assert office.rows("select 1 from report.reconciliation where file_name = 'june.xlsx'") == []


def test_a_stated_total_that_differs_rejects_its_file_with_the_cell(office: Office) -> None:
    errors = [one for one in office.answer("july.xlsx")["findings"] if one["severity"] == "error"]
    told = {(e["rule"], e["sheet"], e["cell"], e["found"], e["expected"]) for e in errors}
    assert told == {("control_total", "Cover", "B1", "3", "2"), ("control_total", "Cover", "B2", "70.5", "72.00")}
    assert {error["remedy"] for error in errors} == {"Correct the rows or the control total."}
    (marked,) = office.settings.home.glob("answers/finance/july *what to fix.xlsx")
    comment = openpyxl.load_workbook(marked)["Cover"]["B2"].comment
    assert comment is not None and "72.00" in comment.text


def test_the_receipt_says_that_the_control_total_agrees(office: Office) -> None:
    (path,) = office.settings.home.glob("answers/finance/may *receipt*.xlsx")
    texts = [str(cell.value) for row in openpyxl.load_workbook(path).worksheets[0] for cell in row if cell.value]
    assert sum("The control total agrees" in told for told in texts) == 2
    assert sum("“Control total (USD)” could not be compared" in told for told in texts) == 1  # som wait for their rate


def test_reconciliation_counts_the_table_and_not_the_cover(office: Office) -> None:
    query = """select sheet, rows_in_file, rows_loaded, rows_held, amount_in_file_usd::text, loaded_usd::text,
        difference_usd::text from report.reconciliation where file_name = 'may.xlsx'"""
    assert office.rows(query) == [("Expenses", 2, 2, 0, "150.00", "150.00", "0.00")]


def test_original_currency_rate_date_and_source_stand_beside_the_amount(office: Office) -> None:
    explained = explain_figure(office.settings, LEDGER)
    (cell,) = explained["lines"]
    assert {name: cell[name] for name in cell if name not in ("figure_id", "amount", "rate", "weight_percent")} == {
        "file_name": "may.xlsx",
        "sheet": "Expenses",
        "row": "2",
        "column": "J",
        "currency": "KGS",
        "rate_date": "2022-01-01",
        "rate_source": "UN operational rates",
        "share_usd": "100.00",
    }
    assert (float(cell["amount"]), float(cell["rate"])) == (8000, 80)
    assert "8,000.00 KGS  at 80 of 2022-01-01, UN operational rates" in describe_explanation(explained)
    folder = office.settings.home / "reports/site/KGZ/2022-2025/KGZ_D_1/2022"
    assert "80<br>2022-01-01<br>UN operational rates</td>" in (folder / "sources.html").read_text()
    heads, *rows = openpyxl.load_workbook(folder / "KGZ_D_1-2022.xlsx")["Source lines"].iter_rows(values_only=True)
    rated = [dict(zip(heads, row, strict=True)) for row in rows if row[heads.index("Rate date")]]
    assert [row["Rate source"] for row in rated] == ["UN operational rates"]
    dollars = explain_figure(office.settings, LEDGER.replace("KGZ_D_1", "KGZ_D_2"))["lines"]
    assert [cell["rate_source"] for cell in dollars] == [""]


def test_a_rate_of_a_later_date_touches_no_past_money(office: Office) -> None:
    lines = "select * from report.resource_line order by resource_line::text"
    before = office.rows(lines)
    office.drop("rates 2023.xlsx", Rates=[RATES, ["KGS", date(2023, 1, 1), 95, "UN operational rates"]])
    summary = office.night()
    assert summary["intake"]["accepted"] == 1
    assert (summary["allocation"]["rows_changed"], summary["allocation"]["figures_changed"]) == (1, 0)
    assert office.rows(lines) == before  # the one row is the new file's own in the reconciliation


def test_a_corrected_rate_restates_what_used_it_and_is_named_as_the_cause(office: Office) -> None:
    office.drop("rates corrected.xlsx", Rates=[RATES, ["KGS", date(2022, 1, 1), 100, "Corrigendum of the UN"]])
    (published,) = office.rows("select max(published_at) from report.publication")
    summary = office.night()
    changes = office.changes(summary["allocation"]["run_id"])
    name = "rates corrected.xlsx"
    assert changes[LEDGER] == ("100.00", "80.00", "load", name, office.sha256[name])
    assert changes["office=KGZ:2022:expense"][:2] == ("150.00", "130.00")
    assert changes["all:2022:sdg:X00:expense"][:2] == ("150.00", "130.00")
    assert {change[2:] for change in changes.values()} == {("load", name, office.sha256[name])}
    assert not any(figure.startswith("KGZ_D_2") for figure in changes)
    (largest,) = summary["allocation"]["largest_changes"]
    assert (largest["figure_id"], largest["difference"], largest["file_name"]) == (LEDGER, "-20.00", name)
    words = "Kyrgyzstan, KGZ_D_1 (2022-2025), 2022, expense: 100.00 -> 80.00 (-20.00), load of rates corrected.xlsx"
    assert largest["words"] == words
    assert words in describe(summary)
    explained = explain_figure(office.settings, LEDGER)
    assert (explained["sum_usd"], explained["lines"][0]["rate_source"]) == ("80.00", "Corrigendum of the UN")
    earlier = explain_figure(office.settings, LEDGER, published[0].isoformat())
    assert (earlier["sum_usd"], earlier["lines"][0]["rate_source"]) == ("100.00", "UN operational rates")


def test_the_correction_taken_back_and_loaded_again(office: Office) -> None:
    name = "rates corrected.xlsx"
    undo_load(office.settings, office.sha256[name])
    changes = office.changes(office.night()["allocation"]["run_id"])
    assert changes[LEDGER] == ("80.00", "100.00", "undo", name, office.sha256[name])
    redo_load(office.settings, office.sha256[name])
    changes = office.changes(office.night()["allocation"]["run_id"])
    assert changes[LEDGER] == ("100.00", "80.00", "redo", name, office.sha256[name])
    undo_load(office.settings, office.sha256[name])
    office.night()


def test_rates_that_live_money_needs_cannot_be_taken_back(office: Office) -> None:
    before = office.rows("select * from core.slice_org_life order by slice_org_life::text")
    with pytest.raises(Refused, match=r"rates\.xlsx cannot be undone") as refused:
        undo_load(office.settings, office.sha256["rates.xlsx"])
    assert any("KGS" in reason for reason in refused.value.reasons)
    assert office.rows("select * from core.slice_org_life order by slice_org_life::text") == before


def test_the_missing_rate_lets_the_waiting_file_in(office: Office) -> None:
    office.drop("rates XOF.xlsx", Rates=[RATES, ["XOF", date(2022, 1, 1), 500, "UN operational rates"]])
    summary = office.night()
    assert summary["intake"]["rejected_files"] == ["july.xlsx"]
    changes = office.changes(summary["allocation"]["run_id"])
    assert changes[LEDGER] == ("100.00", "110.00", "load", "june.xlsx", office.sha256["june.xlsx"])
