"""What a user would write instead: pandas and openpyxl read, pandas checks, to_sql loads, groupby and numpy split,
openpyxl writes a workbook and a plain page for each outcome. No answers, no provenance, no second night.

    python -m benchmark.peer FOLDER URL

Prints one line of JSON: seconds of each phase.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from html import escape
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from sqlalchemy import create_engine

from benchmark.split import split_cells


def main(folder: Path, url: str) -> None:
    """Read, check, load, allocate and report all books of `folder`; the schema `peer` is made anew."""
    clock = {"start": time.perf_counter()}
    ledgers = [
        pd.read_excel(path, sheet_name=1, header=2, engine="openpyxl")
        for path in sorted((folder / "inbox" / "finance").glob("Ledger *.xlsx"))
    ]
    ledger = pd.concat([frame[frame["Output"].notna()] for frame in ledgers], ignore_index=True)
    programme = pd.read_excel(folder / "inbox" / "programme" / "Programme.xlsx", sheet_name=None, engine="openpyxl")
    money = pd.read_excel(folder / "inbox" / "finance" / "Funds and budgets.xlsx", sheet_name=None, engine="openpyxl")
    clock["read"] = time.perf_counter()
    _check(ledger, programme, money["Funds"])
    clock["check"] = time.perf_counter()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    ledger.to_sql("peer_ledger", engine, if_exists="replace", index=False, chunksize=50_000)
    money["Budgets"].to_sql("peer_budget", engine, if_exists="replace", index=False)
    clock["load"] = time.perf_counter()
    lines = _allocate(ledger, money, programme)
    lines.to_sql("peer_sdg", engine, if_exists="replace", index=False)
    clock["allocate"] = time.perf_counter()
    _report(folder / "peer", ledger, lines, programme)
    clock["report"] = time.perf_counter()
    times = list(clock.items())
    print(json.dumps({name: at - times[n][1] for n, (name, at) in enumerate(times[1:])}))


def _check(ledger: pd.DataFrame, programme: dict[str, pd.DataFrame], funds: pd.DataFrame) -> None:
    problems = []
    if ledger["Transaction"].duplicated().any():
        problems.append("a transaction stands twice")
    if not ledger["Output"].isin(programme["Outputs"]["Output"]).all():
        problems.append("unknown output")
    if not ledger["Fund"].isin(funds["Fund"]).all():
        problems.append("unknown fund")
    if ledger[["Posting date", "Fiscal year", "Currency", "Amount"]].isna().any().any():
        problems.append("a required value is missing")
    if problems:
        raise SystemExit("; ".join(problems))


def _allocate(ledger: pd.DataFrame, money: dict[str, pd.DataFrame], programme: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows (output, fund type, sdg, planned, available, expense) in cents."""
    kinds = money["Funds"].set_index("Fund")["Fund type"]
    weights = {
        output: [(str(row.SDG), Decimal(str(row[-1]))) for row in rows.itertuples(index=False)]
        for output, rows in programme["SDG weights"].groupby("Output")
    }
    spent = ledger.assign(cents=(ledger["Amount (USD)"] * 100).round().astype("int64"))
    spent = spent.groupby(["Output", "Fund", spent["Partner"].fillna("")])["cents"].sum().reset_index()
    budget = money["Budgets"]
    cells = [(spent, "cents", "expense")]
    for heading, measure in (("Planned (USD)", "planned"), ("Available (USD)", "available")):
        cents = (budget[heading] * 100).round().astype("int64")
        cells.append((budget.assign(cents=cents), "cents", measure))
    pieces = []
    for frame, column, measure in cells:
        for (output, kind), group in frame.groupby(["Output", frame["Fund"].map(kinds)]):
            for sdg, values in split_cells(group[column].to_numpy(np.int64), weights.get(output, [])).items():
                pieces.append((output, kind, sdg, measure, int(values.sum())))
    flat = pd.DataFrame(pieces, columns=["output", "fund_type", "sdg", "measure", "cents"])
    wide = flat.pivot_table(
        index=["output", "fund_type", "sdg"], columns="measure", values="cents", aggfunc="sum", fill_value=0
    )
    return wide.reset_index()


def _report(folder: Path, ledger: pd.DataFrame, lines: pd.DataFrame, programme: dict[str, pd.DataFrame]) -> None:
    """A workbook and a page for each outcome."""
    folder.mkdir(exist_ok=True)
    outcome_of = programme["Outputs"].set_index("Output")["Outcome"]
    titles = programme["Outcomes"].set_index("Outcome")["Title"]
    partners = ledger.groupby([ledger["Output"].map(outcome_of), ledger["Partner"].fillna("")])["Amount (USD)"].sum()
    for outcome, rows in lines.groupby(lines["output"].map(outcome_of)):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "SDG"
        sheet.append(["Output", "Fund type", "SDG", "Planned", "Available", "Expense"])
        body = []
        for row in rows.itertuples(index=False):
            values = [row.output, row.fund_type, row.sdg, row.planned / 100, row.available / 100, row.expense / 100]
            sheet.append(values)
            body.append("<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in values) + "</tr>")
        other = book.create_sheet("Partners")
        for partner, amount in partners[outcome].items():
            other.append([partner, float(amount)])
            body.append(f"<tr><td>{escape(partner)}</td><td>{amount:.2f}</td></tr>")
        book.save(folder / f"{outcome}.xlsx")
        page = f"<!doctype html><title>{escape(titles[outcome])}</title><table>{''.join(body)}</table>"
        (folder / f"{outcome}.html").write_text(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
