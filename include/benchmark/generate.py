"""The workbooks of the benchmark's night, from a seed: one ledger for each office, and what ledgers refer to."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

YEAR = 2023
PERIOD = "2022-2025"
OUTPUTS = 20  # for each office
LEDGER = (
    "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner", "Account",
    "Description", "Currency", "Amount", "Amount (USD)",
)  # fmt: skip
FUNDS = [(f"FND-{n:02}", "core" if n < 2 else "institutional" if n < 3 else "non-core") for n in range(12)]
TARGETS = ("5.1", "5.2", "5.5", "5.a", "8.5", "16.7", "1.2", "10.2", "17.17", "13.1")


def offices(count: int) -> list[str]:
    return ["".join(letters) for letters in itertools.islice(itertools.product("BCDFGHKLM", repeat=3), count)]


def outputs(office: str) -> list[str]:
    return [f"{office}_D_{1 + n // 5}.{1 + n % 5}" for n in range(OUTPUTS)]


def generate(folder: Path, lines: int, books: int, seed: int) -> None:
    """Write `books` ledgers with `lines` expense lines in all into `folder/inbox`, and their dimensions."""
    dice = random.Random(seed)
    inbox = folder / "inbox"
    for name in ("finance", "donors", "programme"):
        (inbox / name).mkdir(parents=True, exist_ok=True)
    every = offices(books)
    partners = [f"P{n:03}" for n in range(300)]
    _book(inbox / "programme" / "Programme.xlsx", _programme(every, dice))
    _book(
        inbox / "donors" / "Partners.xlsx",
        {"Partners": [("Partner", "Name", "Contributor type"), *((p, f"Partner {p[1:]}", "C01") for p in partners)]},
    )
    funds = [("Fund", "Name", "Fund type"), *((code, f"Fund {code}", kind) for code, kind in FUNDS)]
    budgets: list[tuple] = [("Output", "Fiscal year", "Fund", "Version", "Planned (USD)", "Available (USD)")]
    for office in every:
        budgets += [(code, YEAR, "FND-05", "original", 900_000.25, 850_000.75) for code in outputs(office)]
    _book(inbox / "finance" / "Funds and budgets.xlsx", {"Funds": funds, "Budgets": budgets})
    for office in every:
        _ledger(inbox / "finance" / f"Ledger {office}.xlsx", office, lines // books, partners, dice)


def _programme(every: list[str], dice: random.Random) -> dict[str, list[tuple]]:
    sheets: dict[str, list[tuple]] = {
        "Offices": [("Office", "Name", "Kind"), *((code, f"Office {code}", "CO") for code in every)],
        "Outcomes": [("Office", "Plan period", "Outcome", "Title")],
        "Outputs": [("Plan period", "Outcome", "Output", "Title")],
        "SDG weights": [("Output", "Fiscal year", "SDG", "Weight (%)")],
    }
    for office in every:
        for n in range(OUTPUTS // 5):
            sheets["Outcomes"].append((office, PERIOD, f"{office}_D_{n + 1}", f"Outcome {n + 1} of {office}"))
        for code in outputs(office):
            sheets["Outputs"].append((PERIOD, code.rsplit(".", 1)[0], code, f"Output {code}"))
            weights = dice.choice(((50.0, 30.0, 20.0), (33.33, 33.33, 33.33), (70.0, 20.0, 10.0)))
            chosen = dice.sample(TARGETS, 3)
            sheets["SDG weights"] += [(code, YEAR, t, w) for t, w in zip(chosen, weights, strict=True)]
    return sheets


def _ledger(path: Path, office: str, count: int, partners: list[str], dice: random.Random) -> None:
    codes, start = outputs(office), date(YEAR, 1, 1)
    rows: list[tuple] = [(f"Expenses of {office} {YEAR}",), (), LEDGER]
    total = 0
    for n in range(count):
        day = start + timedelta(days=dice.randrange(365))
        cents = dice.randrange(-200_000, 2_000_000)
        total += cents
        fund, kind = dice.choice(FUNDS)
        partner = dice.choice(partners) if kind == "non-core" else None
        text = dice.choice(("Travel", "=Consultants", "Supplies", "-refund", "Training"))
        rows.append(
            (f"{office}{n:07}", day, YEAR, day.month, office, dice.choice(codes), fund, partner, "7100", text, "USD",
             cents / 100, cents / 100)
        )  # fmt: skip
    rows.append(("Total", *[None] * 10, total / 100, total / 100))
    _book(path, {"Ledger": rows})


def _book(path: Path, sheets: dict[str, list[tuple]]) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(r, c, value, day)  # type: ignore[arg-type]
                    elif value is not None:
                        sheet.write(r, c, value)
