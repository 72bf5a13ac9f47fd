"""Every published SDG line against an allocation made again, cell by cell, on integer arrays.

Nothing is shared with the product's SQL: facts are read from core line by line, summed to cells, and every cell is
split alone by largest remainder, with weights as integers of their own decimals.

    LINES=10000000 BOOKS=100 SEED=1 python -m benchmark.allocation_reference

fills a warehouse with that many expense lines (no workbook is read), restates and reconciles it through the
product's own workflow, and prints lines, seconds, rows compared and rows different. Exit 0 when none differs.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv

from benchmark.allocation_warehouse import fill
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.migrations import migrate
from outcome_reporting.warehouse.server import connect, stop_server, warehouse_url
from outcome_reporting.workflows.allocation import restate

_ASKED = {"LINES": "10000000", "BOOKS": "100", "SEED": "1"}
Line = tuple[str, int, str, str]  # output, fiscal year, fund type, sdg
_LIVE = "join core.slice_life as life on life.slice_id = row.slice_id and life.office = row.office"
_LINES = f"""
select row.output, row.fiscal_year, row.fund, coalesce(row.partner, '') as partner, row.amount_usd * 100 as cents
from core.expense as row {_LIVE}
where row.office = %s and life.office = %s and life.valid_to is null
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many published rows were compared, and how many are missing, too many or of other cents."""

    lines: int
    rows_compared: int
    rows_different: int


@dataclass(frozen=True, slots=True)
class _Weights:
    """Of one output and year, larger weight first, then natural code order: so a stable sort breaks ties by rule."""

    codes: list[str]
    weights: np.ndarray  # int64


def allocate_reference(url: str) -> Comparison:
    """Compare the expense cents of every live row of report.sdg_line with an allocation made here.

    For warehouses whose expenses are in dollars and name partners by code, as the benchmark's are. Reads one office
    at a time, so that memory stays flat.
    """
    lines = compared = different = 0
    with psycopg.connect(url) as connection:
        funds: dict[str, str] = dict(connection.execute("select fund, fund_type from core.fund").fetchall())
        for (office,) in connection.execute("select distinct office from core.output order by 1").fetchall():
            expected, count = _office(connection, office, funds)
            published = _published(connection, office)
            keys = expected.keys() | published.keys()
            compared += len(keys)
            different += sum(expected.get(key) != published.get(key) for key in keys)
            lines += count
    return Comparison(lines, compared, different)


def _published(connection: psycopg.Connection, office: str) -> dict[Line, int]:
    query = """
        select output, fiscal_year, fund_type, sdg, expense_cents from report.sdg_line
        where office = %s and valid_to is null and expense_cents <> 0
    """
    return {(row[0], row[1], row[2], row[3]): row[4] for row in connection.execute(query, (office,))}


def _office(connection: psycopg.Connection, office: str, funds: dict[str, str]) -> tuple[dict[Line, int], int]:
    """The expected lines of one office, zeros left out, and the number of its expense lines."""
    text = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"copy ({_LINES}) to stdout csv header", (office, office)) as copy:
        for part in copy:
            text.write(part)
    text.seek(0)
    types = {"output": pa.string(), "fund": pa.string(), "partner": pa.string(), "cents": pa.decimal128(30, 2)}
    table = pyarrow.csv.read_csv(
        text, convert_options=pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    )
    cents = table["cents"].cast(pa.decimal128(20, 0)).cast(pa.int64())
    cells = table.set_column(table.schema.get_field_index("cents"), "cents", cents)
    cells = cells.group_by(["output", "fiscal_year", "fund", "partner"]).aggregate([("cents", "sum")])
    by_line: dict[tuple[str, int], list[int]] = defaultdict(list)
    outputs, years, kinds = (cells[name].to_pylist() for name in ("output", "fiscal_year", "fund"))
    for place, key in enumerate(zip(outputs, years, strict=True)):
        by_line[key].append(place)
    amounts = cells["cents_sum"].to_numpy()
    types_of_cells = np.array([funds[fund] for fund in kinds])
    weights = _weights(connection, office)
    expected: dict[Line, int] = {}
    for (output, year), places in by_line.items():
        chosen = _chosen(weights, output, year)
        pieces = split(amounts[places], chosen.weights)
        for kind in sorted(set(types_of_cells[places])):
            sums = pieces[types_of_cells[places] == kind].sum(axis=0)
            expected |= {
                (output, year, str(kind), code): int(total)
                for code, total in zip(chosen.codes, sums, strict=True)
                if total
            }
    return expected, table.num_rows


def split(cents: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each amount (rows) over the weights (columns) by largest remainder: the absolute value, then the sign."""
    total = int(weights.sum())
    amounts = np.abs(cents)
    if len(amounts) and int(amounts.max()) * int(weights.max()) >= 2**63:
        raise OverflowError(f"an amount of {int(amounts.max())} cents by weights of {total} does not fit 64 bits")
    product = amounts[:, None] * weights[None, :]
    pieces, remainders = product // total, product % total
    leftover = amounts - pieces.sum(axis=1)
    order = np.argsort(-remainders, axis=1, kind="stable")
    bonus = np.arange(len(weights))[None, :] < leftover[:, None]
    np.put_along_axis(pieces, order, np.take_along_axis(pieces, order, axis=1) + bonus, axis=1)
    return pieces * np.sign(cents)[:, None]


def _weights(connection: psycopg.Connection, office: str) -> dict[str, dict[int, _Weights]]:
    query = f"""
        select row.output, row.fiscal_year, row.sdg, row.weight_percent from core.sdg_weight as row {_LIVE}
        where row.office = %s and life.valid_to is null
    """
    groups: dict[tuple[str, int], list[tuple[str, Decimal | None]]] = defaultdict(list)
    for output, year, code, weight in connection.execute(query, (office,)):
        groups[output, year].append((code, weight))
    found: dict[str, dict[int, _Weights]] = defaultdict(dict)
    for (output, year), rows in groups.items():
        written = [(code, Decimal(1) if weight is None else weight) for code, weight in rows]
        decimals = max(max(0, -int(weight.as_tuple().exponent)) for _, weight in written)
        whole = [(code, int(weight.scaleb(decimals))) for code, weight in written]
        whole.sort(key=lambda pair: (-pair[1], _natural(pair[0])))
        found[output][year] = _Weights([code for code, _ in whole], np.array([one for _, one in whole], dtype=np.int64))
    return found


def _chosen(weights: dict[str, dict[int, _Weights]], output: str, year: int) -> _Weights:
    """The year's own weights, else those of the nearest earlier year (all years here are of one plan period)."""
    earlier = [one for one in weights.get(output, {}) if one <= year]
    return weights[output][max(earlier)] if earlier else _Weights(["X00"], np.array([1], dtype=np.int64))


def _natural(code: str) -> tuple[int, int, str]:
    """1.2 before 1.10, 5.6 before 5.a, a goal before its targets, X00 last."""
    goal, _, target = code.partition(".")
    number = 100 if goal == "X00" else int(goal)
    return (number, int(target), "") if target.isdigit() else (number, 1000 if target else 0, target)


def measure(lines: int, seed: int, books: int = 100) -> dict[str, float]:
    """Fill a warehouse of its own, restate and reconcile it through the product's workflow, compare every row.

    Keys: lines, seconds (of the restatement with its reconciliation), rows_compared, rows_different.
    """
    home = Path(tempfile.mkdtemp(prefix="outcomes-allocation-", dir="/tmp"))
    home.chmod(0o755)
    settings = Settings(home=home)
    try:
        migrate(connect(settings))
        fill(warehouse_url(settings), lines, books, seed)
        start = time.perf_counter()
        restated = restate(settings)
        seconds = time.perf_counter() - start
        if not restated["is_published"] or restated["is_bad"]:
            raise SystemExit(f"nothing was published, or it does not reconcile: {restated['problems']}")
        return {"seconds": seconds, **asdict(allocate_reference(warehouse_url(settings)))}
    finally:
        stop_server(settings)
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    asked = {name: int(os.environ.get(name, standard)) for name, standard in _ASKED.items()}
    found = measure(asked["LINES"], asked["SEED"], asked["BOOKS"])
    print(f"{found['lines']:,} expense lines restated and reconciled in {found['seconds']:.1f} s")
    print(f"{found['rows_compared']:,} rows compared, {found['rows_different']:,} different")
    return 1 if found["rows_different"] or not found["rows_compared"] else 0


if __name__ == "__main__":
    sys.exit(main())
