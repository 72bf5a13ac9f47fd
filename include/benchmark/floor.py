"""The floor: each stage alone, by the fastest way known, with nothing that makes it a product.

    python -m benchmark.floor FOLDER URL

Prints one line of JSON: seconds of parse, copy, allocate, report.
"""

from __future__ import annotations

import io
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import fastexcel
import jinja2
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import xlsxwriter

from benchmark.generate import LEDGER
from benchmark.split import split_cells

_PAGES = 500
_PAGE = jinja2.Template(
    "<!doctype html><title>{{ title }}</title><table>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def main(folder: Path, url: str) -> None:
    paths = sorted((folder / "inbox" / "finance").glob("Ledger *.xlsx"))
    clock = [time.perf_counter()]
    with ThreadPoolExecutor(2) as pool:
        tables = list(pool.map(parse, paths))
    clock.append(time.perf_counter())
    _copy(pa.concat_tables(tables), url)
    clock.append(time.perf_counter())
    weights = fastexcel.read_excel(str(folder / "inbox" / "programme" / "Programme.xlsx"))
    sheet = weights.load_sheet("SDG weights").to_arrow().to_pylist()
    shares: dict[str, list[tuple[str, Decimal]]] = {}
    for row in sheet:
        shares.setdefault(row["Output"], []).append((row["SDG"], Decimal(str(row["Weight (%)"]))))
    clock.append(time.perf_counter())
    allocate(pa.concat_tables(tables), shares)
    clock.append(time.perf_counter())
    (folder / "floor").mkdir(exist_ok=True)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        list(processes.map(report, [folder / "floor"] * _PAGES, range(_PAGES), chunksize=25))
    clock.append(time.perf_counter())
    parse_s, copy_s, _, allocate_s, report_s = np.diff(clock)
    print(json.dumps({"parse": parse_s, "copy": copy_s, "allocate": allocate_s, "report": report_s}))


def parse(path: Path) -> pa.Table:
    """One ledger as Arrow, numbers as floats: nothing is checked."""
    sheet = fastexcel.read_excel(str(path)).load_sheet(1, header_row=2, dtype_coercion="coerce")
    batch = sheet.to_arrow()
    return pa.table({name: batch.column(name) for name in LEDGER}).filter(pc.is_valid(batch.column("Output")))


def _copy(rows: pa.Table, url: str) -> None:
    columns = ("Transaction", "Output", "Fund", "Partner", "Description", "Amount (USD)")
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(rows.select(columns), buffer, pyarrow.csv.WriteOptions(include_header=False))
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists floor_line")
        cursor.execute(
            "create table floor_line (transaction text primary key, output text, fund text, partner text, "
            "description text, amount_usd numeric(20,2))"
        )
        with cursor.copy("copy floor_line from stdin (format csv)") as copy:
            copy.write(buffer.getbuffer())


def allocate(rows: pa.Table, shares: dict[str, list[tuple[str, Decimal]]]) -> dict[tuple[str, str], int]:
    """Cents by (output, SDG), split at the grain output x fund x partner."""
    cents = np.rint(rows["Amount (USD)"].to_numpy() * 100).astype(np.int64)
    codes = [rows[name].combine_chunks().dictionary_encode() for name in ("Output", "Fund", "Partner")]
    key = np.zeros(len(cents), np.int64)
    for code in codes:
        key = key * (len(code.dictionary) + 1) + pc.fill_null(code.indices, len(code.dictionary)).to_numpy()
    cells, place = np.unique(key, return_inverse=True)
    sums = np.bincount(place, weights=cents).astype(np.int64)
    outputs = cells // ((len(codes[1].dictionary) + 1) * (len(codes[2].dictionary) + 1))
    found: dict[tuple[str, str], int] = {}
    for number, output in enumerate(codes[0].dictionary.to_pylist()):
        for sdg, pieces in split_cells(sums[outputs == number], shares.get(output, [])).items():
            found[(output, sdg)] = int(pieces.sum())
    return found


def report(folder: Path, number: int) -> None:
    """A workbook of eight sheets with a chart and a page of about 60 KB, of figures that are nobody's."""
    rows = [(f"Line {n}", n * 1.25, n * 2.5, n * 3.75, "USD") for n in range(60)]
    with xlsxwriter.Workbook(str(folder / f"{number}.xlsx"), {"in_memory": True}) as book:
        for n in range(8):
            sheet = book.add_worksheet(f"Sheet {n}")
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
            if n == 0:
                chart = book.add_chart({"type": "bar"})
                chart.add_series({"values": [sheet.name, 0, 1, 20, 1]})
                sheet.insert_chart(0, 7, chart)
    (folder / f"{number}.html").write_text(_PAGE.render(title=f"Outcome {number}", rows=rows * 8))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
