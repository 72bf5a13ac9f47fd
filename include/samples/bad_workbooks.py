"""Workbooks that are wrong on purpose, each in one way, with the answer that each must get.

Good samples end with the fiscal year 2025; these stand in 2026, each in a period, an output's year or a
plan period of its own, so that no bad file shares a slice with a good one or with another bad one.
`python include/samples/bad_workbooks.py` writes `bad/expected.json` anew; a test proves it current.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from sheets import Cell, Look, Workbook

EXPECTED = Path(__file__).resolve().parent / "bad" / "expected.json"
YEAR = 2026
HEADINGS = (
    "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner", "Account",
    "Description", "Currency", "Amount", "Amount (USD)",
)  # fmt: skip
DATE, FISCAL_YEAR, OFFICE, OUTPUT, FUND, PARTNER, CURRENCY, AMOUNT, AMOUNT_USD = 1, 2, 4, 5, 6, 7, 10, 11, 12
OUTPUTS = ("KGZ_O_2.1", "KGZ_O_2.2", "KGZ_D_4.3.5", "KGZ_D_4.3.6", "KGZ_D_2.1.13")


@dataclass(frozen=True, slots=True)
class Bad:
    """One workbook: where it goes, what it must be answered. `cells` are spreadsheet addresses.

    The verdict `either` is for a file that has nothing to load: it changes nothing, whatever it is called.
    """

    name: str
    source: str
    rules: tuple[str, ...]
    write: Callable[[Path], None]
    cells: tuple[str, ...] = ()
    nearest: str = ""
    verdict: str = "rejected"
    why: str = ""


def ledger(period: int, office: str = "KGZ", outputs: Sequence[str] = OUTPUTS) -> list[list[Cell]]:
    """Ten sound dollar lines of 2026 in one period; a bad workbook then spoils some of their cells."""
    month = min(max(period, 1), 12)
    rows: list[list[Cell]] = []
    for number in range(1, 11):
        amount = Decimal(100_000 + 13_713 * number + 100 * period).scaleb(-2)
        rows.append([
            f"{office}26-B{period:02d}{number:03d}", date(YEAR, month, 2 * number), YEAR, period, office,
            outputs[number % len(outputs)], "UNW-CS", "SWE", "72100", "Contractual services", "USD", amount,
            amount,
        ])  # fmt: skip
    return rows


def _expenses(rows: Sequence[Sequence[Cell]], look: Look | None = None, headings: Sequence[str] = HEADINGS):
    """A writer of one sheet of expenses: headings in row 1, lines from row 2."""

    def write(path: Path) -> None:
        with Workbook(path, path.stem) as book:
            book.table(str(YEAR), headings, rows, look)

    return write


def _spoiled(period: int, *changes: tuple[int, int, Cell], office: str = "KGZ", outputs: Sequence[str] = OUTPUTS):
    """A ledger in which each (spreadsheet row, column from 0) holds another value."""
    rows = ledger(period, office, outputs)
    for row, column, value in changes:
        rows[row - 2][column] = value
    return _expenses(rows)


def _one_code_all_over(path: Path) -> None:
    """Four hundred lines, nine of ten on one fund that nobody knows: one mistake, made once in an export."""
    rows: list[list[Cell]] = []
    for part in range(40):
        rows += [[f"{row[0]}-{part:02d}", *row[1:]] for row in ledger(6, "MDA", MDA)]
    for number, row in enumerate(rows):
        row[FUND] = "UNW-CX" if number % 10 else "UNW-CS"
    _expenses(rows)(path)


def _wrong_total(path: Path) -> None:
    rows = ledger(7)
    with Workbook(path, path.stem) as book:
        amounts = [Decimal(str(row[AMOUNT_USD])) for row in rows]
        rows.append(["Total", *[None] * 11, sum(amounts, Decimal("100.00"))])
        book.table(str(YEAR), HEADINGS, rows)


def _numbers_below(path: Path) -> None:
    with Workbook(path, path.stem) as book:
        blank: list[Cell] = [None] * len(HEADINGS)
        stray: list[Cell] = [*blank[:FISCAL_YEAR], YEAR, *blank[: AMOUNT - 3], Decimal("480.00"), None]
        book.table(str(YEAR), HEADINGS, [*ledger(8), blank, blank, stray])


def _error_cell(path: Path) -> None:
    with Workbook(path, path.stem) as book:
        rows = ledger(9)
        rows[3][AMOUNT_USD] = None
        book.table(str(YEAR), HEADINGS, rows)
        book.book.worksheets()[0].write_formula(4, AMOUNT_USD, "=#REF!*2", None, "#REF!")


def _not_a_spreadsheet(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.4\n% A report that was saved under the name of a workbook.\n%%EOF\n")


def _cut_off(path: Path) -> None:
    """A real workbook of which only the first half arrived."""
    _expenses(ledger(0))(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _csv_of_another_code_page(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["Outcome;Fiscal year;Language;Title;Note;Author;Status"]
    lines.append("MOZ_D_4.1;2026;pt;Mediação no norte;Quarenta mediadoras em ação;Escritório;approved")
    path.write_bytes("\r\n".join(lines).encode("cp1252"))


def _minutes(path: Path) -> None:
    with Workbook(path, path.stem) as book:
        rows = [("Budget of 2027", "Finance", "open"), ("New ledger codes", "Programme", "done")]
        book.table("Minutes", ("Point", "Who", "State"), rows)


def _budget_without_available(path: Path) -> None:
    headings = ("Output", "Fiscal year", "Fund", "Version", "Planned (USD)", "Available (USD)")
    rows: list[list[Cell]] = [
        ["MOZ_D_4.1.1", YEAR, "UNW-CS", "original", Decimal("90000.00"), Decimal("80000.00")],
        ["MOZ_D_4.1.2", YEAR, "UNW-CS", "original", Decimal("60000.00"), None],
        ["MOZ_D_4.1.3", YEAR, "00012", "reviewed", Decimal("30000.00"), Decimal("30000.00")],
    ]
    with Workbook(path, path.stem) as book:
        book.table("Budget", headings, rows)


def _rates_of_zero(path: Path) -> None:
    headings = ("Currency", "Effective date", "Rate per USD", "Source")
    rows: list[list[Cell]] = [
        ["XOF", date(YEAR, 1, 1), Decimal("561.5"), "Sample rate"],
        ["XOF", date(YEAR, 2, 1), 0, "Sample rate"],
        ["XOG", date(YEAR, 2, 1), Decimal("561.5"), "Sample rate"],
    ]
    with Workbook(path, path.stem) as book:
        book.table("XOF", headings, rows)


def _placeholder_note(path: Path) -> None:
    headings = ("Outcome", "Fiscal year", "Language", "Title", "Note", "Author", "Status")
    note = "Lorem ipsum dolor sit amet, consectetur adipiscing elit."
    with Workbook(path, path.stem) as book:
        rows = [("ALB_D_1.1", YEAR, "en", "Progress in 2026", note, "Albania office", "approved")]
        book.table("Notes", headings, rows)


def _overlapping_periods(path: Path) -> None:
    headings = ("Office", "Plan period", "Outcome", "Title")
    with Workbook(path, path.stem) as book:
        rows = [
            ("ALB", "2027-2030", "ALB_D_9.1", "Women take part in public life"),
            ("ALB", "2029-2032", "ALB_D_9.1", "Women take part in public life, continued"),
        ]
        book.table("Outcomes", headings, rows)


def _without_amount() -> Callable[[Path], None]:
    headings = [*HEADINGS[:AMOUNT], "Amnt lcl", HEADINGS[AMOUNT_USD]]
    return _expenses(ledger(3), headings=headings)


def _header_only(path: Path) -> None:
    with Workbook(path, path.stem) as book:
        book.table(str(YEAR), HEADINGS, [])


MDA = ("MDA_D_1.1.1", "MDA_D_3.1.1")
UKR = ("UKR_D_2.1.1", "UKR_O_2.1")
ALB = ("ALB_D_1.1.1", "ALB_D_3.1.1")

BAD: tuple[Bad, ...] = (
    Bad("KGZ 2026-01 wrong output code.xlsx", "finance", ("unknown_output",),
        _spoiled(1, (4, OUTPUT, "KGZ_D_4.3.55")), ("F4",), "KGZ_D_4.3.5"),
    Bad("KGZ 2026-02 unknown fund.xlsx", "finance", ("unknown_fund",),
        _spoiled(2, (6, FUND, "UNW-CX"), (9, FUND, "UNW-CX")), ("G6", "G9"), "UNW-CS"),
    Bad("KGZ 2026-03 missing heading.xlsx", "finance", ("missing_heading",), _without_amount(),
        why="the heading of Amount is misspelt beyond recognition"),
    Bad("KGZ 2026-04 two decimal conventions.xlsx", "finance", ("mixed_convention",),
        _spoiled(4, (3, AMOUNT_USD, "1.234,56"), (5, AMOUNT_USD, "1,234.56")), ("M3", "M5")),
    Bad("KGZ 2026-05 transaction twice.xlsx", "finance", ("duplicate_key",),
        _spoiled(5, (8, 0, "KGZ26-B05003")), ("A8",)),
    Bad("KGZ 2026-06 no exchange rate.xlsx", "finance", ("missing_rate",),
        _spoiled(6, (7, CURRENCY, "XAF"), (7, AMOUNT_USD, None)), ("K7",),
        why="no file brings a rate of XAF"),
    Bad("KGZ 2026-07 total does not add up.xlsx", "finance", ("total_disagrees",), _wrong_total, ("M12",)),
    Bad("KGZ 2026-08 numbers under the table.xlsx", "finance", ("numbers_below_table",), _numbers_below,
        ("C14",)),
    Bad("KGZ 2026-09 error in a cell.xlsx", "finance", ("error_cell",), _error_cell, ("M5",)),
    Bad("KGZ 2026-10 letter of another script.xlsx", "finance", ("look_alike_letter",),
        _spoiled(10, (5, OUTPUT, "KGZ_\u041e_2.1")), ("F5",), why="the O is Cyrillic"),
    Bad("KGZ 2026-11 office of another code.xlsx", "finance", ("office_mismatch",),
        _spoiled(11, (10, OUTPUT, "MDA_D_1.1.1")), ("E10",), why="the cell named may also be F10"),
    Bad("KGZ 2026-12 words for an amount.xlsx", "finance", ("unreadable_money",),
        _spoiled(12, (3, AMOUNT, "about 500")), ("L3",)),
    Bad("KGZ 2026-13 no such date.xlsx", "finance", ("unreadable_date",),
        _spoiled(13, (6, DATE, "31 Smarch 2026")), ("B6",)),
    Bad("MDA 2026-01 dates in two orders.xlsx", "finance", ("mixed_date_order",),
        _spoiled(1, (3, DATE, "25/01/2026"), (4, DATE, "01/26/2026"), office="MDA", outputs=MDA),
        ("B3", "B4")),
    Bad("MDA 2026-02 unknown donor.xlsx", "finance", ("unknown_partner",),
        _spoiled(2, (4, PARTNER, "Swedenn"), office="MDA", outputs=MDA), ("H4",), "SWE"),
    Bad("MDA 2026-03 a tenth of a cent.xlsx", "finance", ("too_many_decimals",),
        _spoiled(3, (5, AMOUNT_USD, Decimal("1234.567")), office="MDA", outputs=MDA), ("M5",)),
    Bad("MDA 2026-04 empty cells.xlsx", "finance", ("missing_value",),
        _spoiled(4, (3, FUND, None), (6, OUTPUT, None), office="MDA", outputs=MDA), ("G3", "F6")),
    Bad("MDA 2026-05 currency that is none.xlsx", "finance", ("unknown_currency",),
        _spoiled(5, (7, CURRENCY, "KGZ"), office="MDA", outputs=MDA), ("K7",),
        why="the country's code for its currency's"),
    Bad("MDA 2026-06 one wrong fund all over.xlsx", "finance", ("unknown_fund",), _one_code_all_over,
        ("G3", "G11", "G401"), "UNW-CS", why="one mistake in 360 rows: one line to read, and to mend"),
    Bad("UKR 2026-01 several things at once.xlsx", "finance",
        ("unknown_output", "unknown_fund", "unreadable_money"),
        _spoiled(1, (3, OUTPUT, "UKR_D_2.1.11"), (4, FUND, "UNW-CSS"), (5, AMOUNT, "to follow"),
                 office="UKR", outputs=UKR), ("F3", "G4", "L5"),
        why="all problems are reported in one pass"),
    Bad("ALB 2030 outside every plan period.xlsx", "finance", ("year_outside_plan_period",),
        _spoiled(1, *[(row, FISCAL_YEAR, 2030) for row in range(2, 12)], office="ALB", outputs=ALB),
        ("F2", "F11"), why="every line; a warning on the posting dates may stand beside it"),
    Bad("MOZ 2026 budget with a gap.xlsx", "finance", ("missing_value", "not_allowed"),
        _budget_without_available, ("F3", "D4")),
    Bad("XOF rates with a zero.xlsx", "finance", ("out_of_range", "unknown_currency"), _rates_of_zero,
        ("C3", "A4")),
    Bad("KGZ 2026 report.xlsx", "finance", ("unreadable_file",), _not_a_spreadsheet, why="a PDF by content"),
    Bad("KGZ 2026-00 cut off.xlsx", "finance", ("unreadable_file",), _cut_off,
        why="half of a real workbook; it may be taken to be still on its way: then it waits"),
    Bad("Minutes of the finance meeting.xlsx", "finance", ("no_dataset_recognized",), _minutes),
    Bad("MOZ 2026 note of another code page.csv", "programme", ("unknown_encoding",),
        _csv_of_another_code_page),
    Bad("ALB 2026 note with filler text.xlsx", "programme", ("placeholder_text",), _placeholder_note,
        ("E2",)),
    Bad("ALB overlapping plan periods.xlsx", "programme", ("period_overlap",), _overlapping_periods,
        ("B3",), why="the cell named may also be in row 2"),
    Bad("UKR 2026 headings only.xlsx", "finance", ("no_rows",), _header_only, verdict="either",
        why="a table without rows never takes anything away"),
)  # fmt: skip


def make_bad_workbooks(inbox: Path) -> None:
    """Every bad workbook into its source's folder under `inbox`."""
    for bad in BAD:
        bad.write(inbox / bad.source / bad.name)


def expected_answers() -> list[dict[str, object]]:
    """What stands in `bad/expected.json`, one entry for each workbook."""
    return [
        {
            "file": bad.name,
            "source": bad.source,
            "verdict": bad.verdict,
            "rules": list(bad.rules),
            "cells": list(bad.cells),
            "nearest": bad.nearest,
            "why": bad.why,
        }
        for bad in BAD
    ]


if __name__ == "__main__":
    EXPECTED.parent.mkdir(exist_ok=True)
    text = json.dumps(expected_answers(), ensure_ascii=False, indent=1)
    EXPECTED.write_text(text + "\n", encoding="utf-8")
