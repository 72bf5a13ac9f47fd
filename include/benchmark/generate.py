"""The workbooks of the benchmark's night, from a seed: a ledger for each office, and all that ledgers refer to.

They look like what people send: title rows above the headings, a cover sheet and a second sheet beside the
ledger, columns that no contract knows, totals rows, texts that look like formulas, refunds below zero.
"""

from __future__ import annotations

import itertools
import os
import random
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import xlsxwriter

YEAR = 2023
PERIOD = "2022-2025"
OUTPUTS = 20  # for each office
OUTCOMES = 5  # for each office: so many pages
WEIGHTS = 6  # SDG targets for each output
LEDGER = (
    "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner", "Account",
    "Description", "Currency", "Amount", "Amount (USD)", "Cost centre", "Vendor", "Approved by",
)  # fmt: skip
FUNDS = [(f"FND-{n:02}", "core" if n < 2 else "institutional" if n < 3 else "non-core") for n in range(12)]
PARTNERS = [f"P{n:03}" for n in range(300)]
TARGETS = ("5.1", "5.2", "5.5", "5.a", "5.c", "8.5", "16.7", "1.2", "10.2", "17.17", "13.1", "4.5", "3.7", "11.7")
TEXTS = ("Travel", "=Consultants", "Supplies", "-refund", "Training", "+Workshop", "@venue", "Audit; printing")
SHARES = ((50, 20, 10, 10, 5, 5), (16.67, 16.67, 16.67, 16.67, 16.66, 16.66), (33.33, 33.33, 33.33))


def offices(count: int) -> list[str]:
    return ["".join(letters) for letters in itertools.islice(itertools.product("BCDFGHKLM", repeat=3), count)]


def outputs(office: str) -> list[str]:
    """Outputs of an office; the first part of the number is its outcome's."""
    each = OUTPUTS // OUTCOMES
    return [f"{office}_D_{1 + n // each}.{1 + n % each}" for n in range(OUTPUTS)]


def generate(folder: Path, lines: int, books: int, seed: int) -> None:
    """Write `books` ledgers with `lines` expense lines in all into `folder/inbox`, and their dimensions."""
    dice = random.Random(seed)
    inbox = folder / "inbox"
    for name in ("finance", "donors", "programme"):
        (inbox / name).mkdir(parents=True, exist_ok=True)
    every = offices(books)
    _book(inbox / "programme" / "Programme.xlsx", _programme(every, dice))
    partners = [(code, f"Partner {code[1:]}", "C01") for code in PARTNERS]
    _book(inbox / "donors" / "Partners.xlsx", {"Partners": [("Partner", "Name", "Contributor type"), *partners]})
    _book(inbox / "finance" / "Funds and budgets.xlsx", _money(every, dice))
    jobs = [(ledger_path(inbox, office), office, lines // books, seed * 1000 + n) for n, office in enumerate(every)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        list(pool.map(write_ledger, *zip(*jobs, strict=True)))


def ledger_path(inbox: Path, office: str) -> Path:
    return inbox / "finance" / f"Ledger {office} {YEAR}.xlsx"


def _programme(every: list[str], dice: random.Random) -> dict[str, list[tuple]]:
    sheets: dict[str, list[tuple]] = {
        "Offices": [("Office", "Name", "Kind"), *((code, f"Office {code}", "CO") for code in every)],
        "Outcomes": [("Office", "Plan period", "Outcome", "Title")],
        "Outputs": [("Plan period", "Outcome", "Output", "Title")],
        "SDG weights": [("Output", "Fiscal year", "SDG", "Weight (%)")],
    }
    for office in every:
        for n in range(OUTCOMES):
            sheets["Outcomes"].append((office, PERIOD, f"{office}_D_{n + 1}", f"Outcome {n + 1} of {office}"))
        for code in outputs(office):
            sheets["Outputs"].append((PERIOD, code.rsplit(".", 1)[0], code, f"Output {code}"))
            shares = dice.choice(SHARES)
            for target, share in zip(dice.sample(TARGETS, len(shares)), shares, strict=True):
                sheets["SDG weights"].append((code, YEAR, target, share))
    return sheets


def _money(every: list[str], dice: random.Random) -> dict[str, list[tuple]]:
    budgets: list[tuple] = [("Output", "Fiscal year", "Fund", "Version", "Planned (USD)", "Available (USD)")]
    for office in every:
        for code in outputs(office):
            for fund, _ in dice.sample(FUNDS, 3):
                planned = dice.randrange(10_000_000, 90_000_000)
                budgets.append((code, YEAR, fund, "original", planned / 100, planned * 9 // 1000))
    funds = [("Fund", "Name", "Fund type"), *((code, f"Fund {code}", kind) for code, kind in FUNDS)]
    return {"Funds": funds, "Budgets": budgets}


def write_ledger(path: Path, office: str, count: int, seed: int, more_cents: int = 0) -> None:
    """One ledger of `count` lines; `more_cents` is added to its first line, which makes a corrected file."""
    dice = random.Random(seed)
    codes, start = outputs(office), date(YEAR, 1, 1)
    rows: list[tuple] = [(f"Expenses of {office} {YEAR}",), ("Prepared by finance, all amounts in US dollars",), LEDGER]
    total = 0
    for n in range(count):
        day = start + timedelta(days=dice.randrange(365))
        cents = dice.randrange(-200_000, 2_000_000) + (more_cents if n == 0 else 0)
        total += cents
        fund, kind = dice.choice(FUNDS)
        partner = dice.choice(PARTNERS) if kind == "non-core" else None
        rows.append(
            (f"{office}{n:07}", day, YEAR, day.month, office, dice.choice(codes), fund, partner, "7100",
             dice.choice(TEXTS), "USD", cents / 100, cents / 100, f"CC{dice.randrange(50):03}",
             f"Vendor {dice.randrange(400)}", dice.choice(("AB", "CD", "EF")))
        )  # fmt: skip
    rows.append(("Total", *[None] * 10, total / 100, total / 100))
    cover: list[tuple] = [("Ledger for the outcome reports",), ("Office", office), ("Year", YEAR)]
    _book(path, {"Cover": cover, f"Ledger {YEAR}": rows, "Remarks": [("Nothing is held back.",)]})


def _book(path: Path, sheets: dict[str, list[tuple]]) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(r, c, value, day)  # type: ignore[arg-type]
                    elif isinstance(value, str):
                        sheet.write_string(r, c, value)
                    elif value is not None:
                        sheet.write_number(r, c, value)
