"""The strong script: the best that a determined user could write, exact to the cent, for one run and no second night.

    python -m benchmark.strong FOLDER URL

Two threads parse ledgers and copy each into a partition of their own; checks and allocation are done on integer
arrays; two processes write a workbook with a chart and a page for each outcome. No provenance, no Great
Expectations, no answers, no as-of, no undo, no explanations. Its rows stay in `strong_sdg`. Prints one line of
JSON: seconds of load (read and check included), allocate, report.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from multiprocessing import get_context
from pathlib import Path

import fastexcel
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import xlsxwriter

from benchmark.floor import parse
from benchmark.split import natural

_COLUMNS = (
    "Transaction", "Posting date", "Fiscal year", "Office", "Output", "Fund", "Partner", "Description", "Currency",
    "Amount", "Amount (USD)",
)  # fmt: skip
_TABLE = """create table {name} (transaction text, posting_date timestamp, fiscal_year numeric, office text,
  output text, fund text, partner text, description text, currency text, amount numeric, amount_usd numeric(20,2))"""
_MEASURES = ("planned", "available", "expense")


def main(folder: Path, url: str) -> None:
    clock = [time.perf_counter()]
    paths = sorted((folder / "inbox" / "finance").glob("Ledger *.xlsx"))
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(_read_and_copy, [url] * 2, (0, 1), (paths[::2], paths[1::2])))
    ledger = pa.concat_tables([table for part in parts for table in part])
    programme = fastexcel.read_excel(str(folder / "inbox" / "programme" / "Programme.xlsx"))
    money = fastexcel.read_excel(str(folder / "inbox" / "finance" / "Funds and budgets.xlsx"))
    outputs = programme.load_sheet("Outputs").to_arrow()
    weights = programme.load_sheet("SDG weights").to_arrow().to_pylist()
    funds = money.load_sheet("Funds").to_arrow()
    budgets = money.load_sheet("Budgets").to_arrow()
    _check(ledger, outputs, funds)
    clock.append(time.perf_counter())
    names = _Names(outputs["Output"].to_pylist(), funds["Fund"].to_pylist(), funds["Fund type"].to_pylist())
    rows = _allocate(ledger, budgets, names, weights)
    clock.append(time.perf_counter())
    _store(url, rows)
    _report(folder / "strong", rows, outputs, ledger)
    clock.append(time.perf_counter())
    print(json.dumps(dict(zip(("load", "allocate", "report"), np.diff(clock), strict=True))))


def _read_and_copy(url: str, number: int, paths: Sequence[Path]) -> list[pa.Table]:
    """Every second file, copied into a table of this thread's own that is made in the same transaction."""
    name, tables = f"strong_line_{number}", []
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {name}")
        cursor.execute(_TABLE.format(name=name))
        with cursor.copy(f"copy {name} from stdin (format csv, freeze)") as copy:
            for path in paths:
                tables.append(parse(path))
                buffer = io.BytesIO()
                pyarrow.csv.write_csv(
                    tables[-1].select(_COLUMNS), buffer, pyarrow.csv.WriteOptions(include_header=False)
                )
                copy.write(buffer.getbuffer())
    return tables


def _check(ledger: pa.Table, outputs: pa.RecordBatch, funds: pa.RecordBatch) -> None:
    """What the peer checks too. Raises SystemExit."""
    if pc.count_distinct(ledger["Transaction"]).as_py() != ledger.num_rows:
        raise SystemExit("a transaction stands twice")
    for heading, known in (("Output", outputs["Output"]), ("Fund", funds["Fund"])):
        if not pc.all(pc.is_in(ledger[heading], value_set=known)).as_py():
            raise SystemExit(f"unknown {heading}")
    if any(ledger[heading].null_count for heading in ("Posting date", "Fiscal year", "Currency", "Amount")):
        raise SystemExit("a required value is missing")


@dataclass(frozen=True, slots=True)
class _Names:
    """Codes by the numbers that stand for them."""

    outputs: list[str]
    funds: list[str]
    kind_of_fund: list[str]

    @property
    def kinds(self) -> list[str]:
        return sorted(set(self.kind_of_fund))


def _numbers(column: pa.ChunkedArray | pa.Array, codes: Sequence[str]) -> np.ndarray:
    return pc.index_in(column, value_set=pa.array(codes)).to_numpy()


def _cents(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    return np.rint(column.to_numpy() * 100).astype(np.int64)


def _allocate(
    ledger: pa.Table, budgets: pa.RecordBatch, names: _Names, weights: Sequence[dict]
) -> list[tuple[str, str, str, int, int, int]]:
    """Rows (output, fund type, SDG, planned, available, expense) in cents, those of zeros alone left out."""
    targets = sorted({str(row["SDG"]) for row in weights})
    sdg, parts = weights_of(names.outputs, weights, targets)
    kinds = names.kinds
    kind_of_fund = np.array([kinds.index(kind) for kind in names.kind_of_fund])
    partners = ledger["Partner"].combine_chunks().dictionary_encode()
    spent = (
        _numbers(ledger["Output"], names.outputs),
        _numbers(ledger["Fund"], names.funds),
        pc.fill_null(partners.indices, len(partners.dictionary)).to_numpy().astype(np.int64),
        _cents(ledger["Amount (USD)"]),
    )
    of_budget = (_numbers(budgets["Output"], names.outputs), _numbers(budgets["Fund"], names.funds))
    nobody = np.zeros(len(of_budget[0]), np.int64)
    sums = []
    for output, fund, partner, cents in (
        (*of_budget, nobody, _cents(budgets["Planned (USD)"])),
        (*of_budget, nobody, _cents(budgets["Available (USD)"])),
        spent,
    ):
        key = (output * len(names.funds) + fund) * (len(partners.dictionary) + 1) + partner
        cells, place = np.unique(key, return_inverse=True)
        whole = np.bincount(place, weights=cents).astype(np.int64)  # exact: far below 2 ** 53
        output, fund = np.divmod(cells // (len(partners.dictionary) + 1), len(names.funds))
        pieces = split_rows(whole, parts[output])
        place = ((output * len(kinds) + kind_of_fund[fund])[:, None] * len(targets) + sdg[output]).ravel()
        size = len(names.outputs) * len(kinds) * len(targets)
        sums.append(np.bincount(place, weights=pieces.ravel(), minlength=size).astype(np.int64))
    planned, available, expense = sums
    found = np.flatnonzero((planned != 0) | (available != 0) | (expense != 0))
    rest, target = np.divmod(found, len(targets))
    output, kind = np.divmod(rest, len(kinds))
    return [
        (names.outputs[o], kinds[k], targets[t], p, a, e)
        for o, k, t, p, a, e in zip(
            output.tolist(), kind.tolist(), target.tolist(), *(one[found].tolist() for one in sums), strict=True
        )
    ]


def weights_of(
    outputs: Sequence[str], weights: Sequence[dict], targets: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of SDG targets and integer weights by output, larger weights first, unused places 0."""
    of_output: dict[str, list[tuple[int, str]]] = {}
    for row in weights:
        of_output.setdefault(row["Output"], []).append((int(Decimal(str(row["Weight (%)"])) * 100), str(row["SDG"])))
    most = max(map(len, of_output.values()))
    sdg, parts = np.zeros((len(outputs), most), np.int64), np.zeros((len(outputs), most), np.int64)
    for number, output in enumerate(outputs):
        ordered = sorted(of_output[output], key=lambda one: (-one[0], natural(one[1])))
        for place, (weight, target) in enumerate(ordered):
            sdg[number, place], parts[number, place] = targets.index(target), weight
    return sdg, parts


def split_rows(cents: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Largest remainder for each cell over its row of integer weights; an earlier place wins a tie."""
    total = parts.sum(axis=1)
    whole, rest = np.divmod(np.abs(cents), total)
    low, remainder = np.divmod(rest[:, None] * parts, total[:, None])
    missing = rest - low.sum(axis=1)
    for place in range(parts.shape[1]):
        mine = remainder[:, place]
        rank = np.zeros(len(cents), np.int64)
        for other in range(parts.shape[1]):
            if other != place:
                theirs = remainder[:, other]
                rank += (theirs >= mine) if other < place else (theirs > mine)
        low[:, place] += rank < missing
    return (whole[:, None] * parts + low) * np.sign(cents)[:, None]


def _store(url: str, rows: Sequence[tuple]) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists strong_sdg")
        cursor.execute(
            "create table strong_sdg (output text, fund_type text, sdg text, planned bigint, available bigint, "
            "expense bigint)"
        )
        with cursor.copy("copy strong_sdg from stdin (format csv, freeze)") as copy:
            copy.write("\n".join(",".join(map(str, row)) for row in rows))


def _report(folder: Path, rows: Sequence[tuple], outputs: pa.RecordBatch, ledger: pa.Table) -> None:
    folder.mkdir(exist_ok=True)
    outcome_of = dict(zip(outputs["Output"].to_pylist(), outputs["Outcome"].to_pylist(), strict=True))
    of_outcome: dict[str, tuple[list, list]] = {}
    for row in rows:
        of_outcome.setdefault(outcome_of[row[0]], ([], []))[0].append(row)
    outcome = pc.index_in(ledger["Output"], value_set=outputs["Output"]).to_numpy()
    codes = list(of_outcome)
    number_of = np.array([codes.index(one) for one in outputs["Outcome"].to_pylist()])[outcome]
    partners = ledger["Partner"].combine_chunks().dictionary_encode()
    width = len(partners.dictionary) + 1
    place = number_of * width + pc.fill_null(partners.indices, width - 1).to_numpy()
    sums = np.bincount(place, weights=_cents(ledger["Amount (USD)"]), minlength=len(codes) * width).astype(np.int64)
    names = [*partners.dictionary.to_pylist(), "not earmarked"]
    for number, code in enumerate(codes):
        own = sums[number * width : (number + 1) * width].tolist()
        of_outcome[code][1].extend((name, cents) for name, cents in zip(names, own, strict=True) if cents)
    jobs = [(folder / code, code, *tables) for code, tables in of_outcome.items()]
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as processes:  # no thread of ours is left to fork
        list(processes.map(_write, jobs, chunksize=10))


def _write(job: tuple[Path, str, Sequence[tuple], Sequence[tuple[str, int]]]) -> None:
    """A workbook of eight sheets with a chart, and a page."""
    path, code, lines, partners = job
    outputs = sorted({line[0] for line in lines})
    body = [f"<!doctype html><title>{escape(code)}</title><h1>{escape(code)}</h1>"]
    with xlsxwriter.Workbook(f"{path}.xlsx", {"in_memory": True}) as book:
        sheets: list[tuple[str, list[tuple]]] = [
            ("SDG", [(*line[:3], *(cents / 100 for cents in line[3:])) for line in lines]),
            ("Partners", [(name, cents / 100) for name, cents in partners]),
            ("Fund types", _summed(lines, 1)),
            ("Outputs", _summed(lines, 0)),
            ("Goals", _summed([(*line[:2], line[2].split(".")[0], *line[3:]) for line in lines], 2)),
            ("Total", _summed([("Total", *line[1:]) for line in lines], 0)),
            ("About", [("Outcome", code), ("Outputs", len(outputs))]),
            ("Codes", [(output,) for output in outputs]),
        ]
        for title, rows in sheets:
            sheet = book.add_worksheet(title)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
            if title == "Fund types":
                chart = book.add_chart({"type": "bar"})
                chart.add_series({"values": [title, 0, 3, len(rows) - 1, 3]})
                sheet.insert_chart(0, 7, chart)
            body.append(f"<h2>{title}</h2><table>")
            body += ["<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows]
            body.append("</table>")
    path.with_name(f"{code}.html").write_text("".join(body))


def _summed(lines: Sequence[tuple], place: int) -> list[tuple]:
    sums: dict[str, list[int]] = {}
    for line in lines:
        own = sums.setdefault(line[place], [0, 0, 0])
        for number, cents in enumerate(line[3:]):
            own[number] += cents
    return [(name, *(cents / 100 for cents in own)) for name, own in sorted(sums.items())]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
