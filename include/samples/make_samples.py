"""Make the sample workbooks: what the teams of seven offices would drop in one night.

    python include/samples/make_samples.py --out DIR [--bad] [--progress]

Writes `DIR/inbox/finance`, `DIR/inbox/donors` and `DIR/inbox/programme`. The same bytes come out every time.
`--bad` adds the workbooks of `bad_workbooks.py`, each with something wrong, which `bad/expected.json` lists;
none of them covers a slice of a good one. README.md names the sources of the figures.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import donations
import programme
import spending
from bad_workbooks import make_bad_workbooks
from figures import Rates, read_figures
from sheets import ISO_DAY, MONEY_BRACKETS, Cell, Look, Workbook

BUDGET_HEADINGS = ("Output", "Fiscal year", "Fund", "Version", "Planned (USD)", "Available (USD)")
EXPENSE_HEADINGS = (
    "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner", "Account",
    "Description", "Currency", "Amount", "Amount (USD)",
)  # fmt: skip
OFFICES = tuple(spending.YEARLY_DOLLARS)
RUSSIAN = {
    "Transaction": "Проводка", "Posting date": "Дата проводки", "Fiscal year": "Финансовый год",
    "Period": "Период", "Office": "Код офиса", "Output": "Код продукта", "Fund": "Код фонда",
    "Partner": "Донор", "Account": "Счёт", "Description": "Описание", "Currency": "Валюта",
    "Amount": "Сумма в валюте", "Amount (USD)": "Сумма (долл. США)",
}  # fmt: skip
FRENCH = {
    "Transaction": "Écriture", "Posting date": "Date comptable", "Fiscal year": "Exercice",
    "Period": "Période", "Office": "Bureau", "Output": "Produit", "Fund": "Fonds", "Partner": "Bailleur",
    "Account": "Compte", "Description": "Libellé", "Currency": "Devise", "Amount": "Montant",
    "Amount (USD)": "Montant (USD)", "SDG": "Cible ODD", "Weight (%)": "Pondération (%)",
}  # fmt: skip
SPANISH = {
    "Output": "Producto", "Fiscal year": "Ejercicio", "Fund": "Fondo", "Version": "Versión",
    "Planned (USD)": "Presupuesto planificado", "Available (USD)": "Presupuesto disponible",
}  # fmt: skip
FRENCH_ALBANIA_ORDER = (
    "Office", "Fiscal year", "Period", "Posting date", "Transaction", "Output", "Fund", "Partner",
    "Description", "Account", "Amount (USD)", "Currency", "Amount",
)  # fmt: skip


def make_finance(folder: Path, rates: Rates) -> None:
    """Funds, exchange rates, budgets and expense ledgers."""
    with Workbook(folder / "Funds.xlsx", "Funds") as book:
        headings = ("Fund", "Name", "Fund type", "Financing instrument")
        rows = [(*row[:3], row[3] or None) for row in spending.FUNDS]
        book.table("Funds", headings, rows, Look(titles=("Chart of accounts: funds in use",)))
    with Workbook(folder / "Exchange rates 2017-2026.xlsx", "Exchange rates") as book:
        headings = ("Currency", "Effective date", "Rate per USD", "Source")
        book.cover("Read me", ("Exchange rates", "Local units for 1 US dollar. Some months have two rates."))
        for currency in sorted({row[0] for row in rates.rows}):
            of_currency = [row for row in rates.rows if row[0] == currency]
            titles = (f"{currency}: local units per 1 USD",)
            book.table(currency, headings, of_currency, Look(titles=titles, day=ISO_DAY))
    for office in OFFICES:
        _budgets(folder / f"{office} budgets.xlsx", office)
        _expenses(folder, office, spending.expense_lines(office, rates))


def _budgets(path: Path, office: str) -> None:
    by_year = spending.budget_rows(office)
    summed = ("Planned (USD)", "Available (USD)")
    look = Look(total="Total", summed=summed)
    if office == "MOZ":
        look = Look(headings=SPANISH, total="Total", summed=summed, titles=("Presupuesto por producto",))
    if office == "MDA":
        look = Look(total="Grand total", subtotal="Subtotal", group_by="Output", summed=summed)
    with Workbook(path, f"{office} budgets") as book:
        book.cover("Cover", (f"Budgets of the {office} office", "Original and revised; in US dollars."))
        for year, rows in sorted(by_year.items()):
            book.table(str(year), BUDGET_HEADINGS, sorted(rows), look)


def _expenses(folder: Path, office: str, by_year: dict[int, list[spending.Line]]) -> None:
    look = Look(
        titles=(f"Expense ledger, {office}", "Source: general ledger, lines posted"),
        total="Total",
        summed=("Amount (USD)",),
        money=MONEY_BRACKETS,
        day="dd/mm/yyyy",
    )
    if office == "KGZ":
        for year, lines in by_year.items():
            is_russian = year == 2020
            with Workbook(folder / f"KGZ expenses {year}.xlsx", f"KGZ expenses {year}") as book:
                own = Look(headings=RUSSIAN, total="Итого", summed=look.summed) if is_russian else look
                book.table(f"GL {year}", EXPENSE_HEADINGS, [line.row() for line in lines], own)
        return
    if office == "ALB":
        look = Look(
            headings=FRENCH, order=FRENCH_ALBANIA_ORDER, first_column=1, total="Total", summed=look.summed,
            titles=("Grand livre des dépenses",), notes=("Montants en devise et en dollars.",),
        )  # fmt: skip
    if office == "MOZ":
        recent = {year: lines for year, lines in by_year.items() if year >= 2024}
        by_year = {year: lines for year, lines in by_year.items() if year < 2024}
        _expense_csv(folder / "MOZ expenses 2024-2025.csv", recent)
    spans = (range(2018, 2023), range(2023, 2026))
    for span in spans:
        years = [year for year in by_year if year in span]
        if years:
            label = f"{years[0]}" if len(years) == 1 else f"{years[0]}-{years[-1]}"
            path = folder / f"{office} expenses {label}.xlsx"
            with Workbook(path, f"{office} expenses") as book:
                book.cover("Cover", (f"Expenses of the {office} office", "One sheet for each year."))
                for year in years:
                    book.table(str(year), EXPENSE_HEADINGS, [line.row() for line in by_year[year]], look)


def _expense_csv(path: Path, by_year: dict[int, list[spending.Line]]) -> None:
    """A csv as a French-speaking Excel writes it: BOM, semicolons, decimal comma, dd/mm/yyyy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, delimiter=";", lineterminator="\r\n")
        writer.writerow(EXPENSE_HEADINGS)
        for lines in by_year.values():
            writer.writerows([_csv_cell(value) for value in line.row()] for line in lines)


def _csv_cell(value: Cell) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    if value is None or isinstance(value, str | int):
        return "" if value is None else str(value)
    return value.strftime("%d/%m/%Y")


def make_donors(folder: Path, rates: Rates) -> None:
    """Partners, and one workbook of contributions for each year."""
    with Workbook(folder / "Partners.xlsx", "Funding partners") as book:
        titles = ("Funding partners", "Aliases are other spellings, separated by semicolons")
        book.table("Partners", donations.PARTNER_HEADINGS, donations.partner_rows(), Look(titles=titles))
    for year in donations.YEARS:
        with Workbook(folder / f"Contributions {year}.xlsx", f"Contributions {year}") as book:
            book.cover("About", (f"Contributions {year}", "Revenue by donor, and agreements and cash."))
            look = Look(titles=(f"Revenue {year}",), total="Total", summed=("Amount (USD)",))
            book.table("Revenue", donations.CONTRIBUTION_HEADINGS, donations.revenue_rows(year, rates), look)
            rows = donations.other_stage_rows(year, rates)
            book.table("Agreements and cash", donations.CONTRIBUTION_HEADINGS, rows, Look(money=MONEY_BRACKETS))


def make_programme(folder: Path) -> None:
    """Offices, Strategic Notes, SDG weights, strategic-plan links, results and progress notes."""
    with Workbook(folder / "Offices.xlsx", "Offices") as book:
        rows = [
            (r["office"], r["name"], r["kind"], r["country"] or None, r["region"]) for r in read_figures("offices.csv")
        ]
        book.table("Offices", ("Office", "Name", "Kind", "Country", "Region"), rows)
    outcome_headings = (
        "Office", "Plan period", "Outcome", "Title", "Description", "UN system function",
        "Marker: Gender equality", "Marker: Peace and security",
    )  # fmt: skip
    output_headings = ("Plan period", "Outcome", "Output", "Title", "Description")
    for office in OFFICES:
        with Workbook(folder / f"{office} Strategic Note.xlsx", f"{office} Strategic Note") as book:
            book.cover("Cover", (f"Strategic Notes of the {office} office", "Outcomes and outputs."))
            book.table("Outcomes", outcome_headings, programme.outcome_rows(office), Look(titles=("Outcomes",)))
            book.table("Outputs", output_headings, programme.output_rows(office), Look(titles=("Outputs",)))
    _weights(folder / "KGZ SDG weights.xlsx", ("KGZ",), {})
    _weights(folder / "MOZ pondération ODD.xlsx", ("MOZ",), FRENCH)
    _weights(folder / "SDG weights of other offices.xlsx", ("MDA", "UKR", "ALB", "ECA"), {})
    with Workbook(folder / "Strategic plan links.xlsx", "Strategic plan links") as book:
        rows = programme.link_rows(OFFICES)
        for framework in ("2018-2021", "2022-2025"):
            of_framework = [row for row in rows if row[2] == framework]
            book.table(framework, programme.LINK_HEADINGS, of_framework, Look(titles=(f"Plan {framework}",)))
    with Workbook(folder / "Results.xlsx", "Results") as book:
        book.table("Results", programme.RESULT_HEADINGS, programme.result_rows(), Look(titles=("Results",)))
    with Workbook(folder / "Progress notes.xlsx", "Progress notes") as book:
        book.table("Notes", programme.NOTE_HEADINGS, programme.note_rows())


def _weights(path: Path, offices: Iterable[str], headings: dict[str, str]) -> None:
    with Workbook(path, "SDG weights") as book:
        rows = programme.weight_rows(offices)
        book.table("SDG", programme.WEIGHT_HEADINGS, rows, Look(titles=("Shares of each output",), headings=headings))


def make_samples(out: Path, is_bad_wanted: bool = False, say: Callable[[str], None] = lambda _: None) -> None:
    """All files under `out`/inbox; `say` is told what comes next."""
    rates = Rates()
    inbox = out / "inbox"
    say("finance: funds, rates, budgets, expenses")
    make_finance(inbox / "finance", rates)
    say("donors: partners, contributions")
    make_donors(inbox / "donors", rates)
    say("programme: Strategic Notes, weights, links, results, notes")
    make_programme(inbox / "programme")
    if is_bad_wanted:
        say("bad workbooks")
        make_bad_workbooks(inbox)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the sample workbooks.")
    parser.add_argument("--out", type=Path, required=True, help="folder that receives inbox/...")
    parser.add_argument("--bad", action="store_true", help="add the deliberately bad workbooks")
    parser.add_argument("--progress", action="store_true", help="say what is being made")
    options = parser.parse_args(arguments)
    say = (lambda line: print(line, file=sys.stderr)) if options.progress else (lambda _: None)
    make_samples(options.out, options.bad, say)
    return 0


if __name__ == "__main__":
    sys.exit(main())
