"""A warehouse of millions of expense lines, filled by SQL from a seed: what allocation alone is measured on.

No workbook is read: rows and slices go straight into core, as loads would leave them. Unlike a real ledger the
weights are as awkward as people write them: two decimals of every size, thirds that sum to 99.99, equal splits,
one target alone, years that inherit, outputs without any.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from benchmark.generate import FUNDS, PERIOD, TARGETS, offices, outputs

YEARS = (2023, 2024)
PARTNERS = 300
_LOADED_AT = "2025-01-01T00:00:00Z"
# Every value of a line comes from one hash of its number, so that two fills of one seed are equal.
_LINES = """
insert into core.expense (
    office, slice_id, table_no, row_no, transaction, posting_date, fiscal_year, period, output, fund, partner,
    account, currency, amount, amount_usd
)
select
    %(office)s, part.slice_id, 1, line.n + 1, %(office)s || line.n, make_date(part.year, part.period, 15), part.year,
    part.period, (%(outputs)s::text[])[1 + line.output],
    'FND-' || lpad(line.fund::text, 2, '0'), case when line.fund >= 3 then 'P' || lpad(line.partner::text, 3, '0') end,
    '7100', 'USD', line.cents * 0.01, line.cents * 0.01
from (
    select
        n, 1 + n * 24 / %(count)s as part, (hash & 1023) * cardinality(%(outputs)s::text[]) / 1024 as output,
        (hash >> 10 & 255) * 12 / 256 as fund, (hash >> 18 & 1023) * 300 / 1024 as partner,
        (hash >> 32 & 16777215) * 2200000 / 16777216 - 200000 as cents
    from generate_series(0, %(count)s::bigint - 1) as n
    cross join lateral hashint8extended(n, %(seed)s) as hash
) as line
join unnest(%(slices)s::uuid[], %(years)s::smallint[], %(periods)s::smallint[])
    with ordinality as part (slice_id, year, period, place) on part.place = line.part
"""


def fill(url: str, lines: int, books: int, seed: int) -> None:
    """Fill an empty, migrated warehouse with `lines` expense lines over `books` offices."""
    load_id = uuid.UUID(int=random.Random(seed).getrandbits(128))
    every = offices(books)
    with psycopg.connect(url) as connection:
        _insert(connection, "intake.file", _file(load_id))
        _insert(connection, "intake.load", _load(load_id))
        for dataset, table, rows in _of_organization():
            _slice(connection, load_id, dataset, table, "", "", rows)
        for number, office in enumerate(every):
            for dataset, table, key, rows in _of_office(office, random.Random(f"{seed} {number}")):
                _slice(connection, load_id, dataset, table, office, key, rows)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda office: _expenses(url, load_id, office, lines // books, seed), every))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze core.expense")
        connection.execute("analyze")


def _of_organization() -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    yield "funds", "fund", [{"fund": code, "name": code, "fund_type": kind} for code, kind in FUNDS]
    codes = [f"P{n:03}" for n in range(PARTNERS)]
    yield (
        "partners",
        "partner",
        [{"partner": one, "name": one, "contributor_type": "C01", "spellings": [one]} for one in codes],
    )


def _of_office(office: str, dice: random.Random) -> Iterator[tuple[str, str, str, list[dict[str, Any]]]]:
    """Outcomes, outputs and weights: (dataset, table, slice key, rows)."""
    codes = outputs(office)
    outcomes = sorted({code.rsplit(".", 1)[0] for code in codes})
    known = [{"plan_period": PERIOD, "outcome": one, "title": one} for one in outcomes]
    yield "outcomes", "outcome", f"{office}|{PERIOD}", known
    made = [{"plan_period": PERIOD, "outcome": one.rsplit(".", 1)[0], "output": one, "title": one} for one in codes]
    yield "outputs", "output", f"{office}|{PERIOD}", made
    for code in codes:
        for year in dice.choice((YEARS, YEARS, YEARS[:1], ())):
            weights = _weights(dice)
            rows = [
                {"output": code, "fiscal_year": year, "sdg": target, "weight_percent": weight}
                for target, weight in zip(dice.sample(TARGETS, len(weights)), weights, strict=True)
            ]
            yield "sdg_weights", "sdg_weight", f"{code}|{year}", rows


def _weights(dice: random.Random) -> list[str | None]:
    form = dice.randrange(8)
    if form == 0:
        return dice.choice((["100"], ["33.33"] * 3, ["14.29"] * 7, [None] * 3, ["50", "30", "20"]))  # type: ignore
    cuts = sorted(dice.sample(range(1, 10_000), dice.randrange(1, 6)))
    return [f"{(high - low) / 100:.2f}" for low, high in zip([0, *cuts], [*cuts, 10_000], strict=True)]


def _expenses(url: str, load_id: uuid.UUID, office: str, count: int, seed: int) -> None:
    parts = [
        (uuid.uuid5(load_id, f"{office}|{year}|{period}"), year, period) for year in YEARS for period in range(1, 13)
    ]
    with psycopg.connect(url) as connection:
        for slice_id, year, period in parts:
            key = f"{office}|{year}|{period}"
            _slice(connection, load_id, "expenses", "expense", office, key, [], slice_id, count // len(parts))
        ids, years, periods = zip(*parts, strict=True)
        given: dict[str, Any] = {"slices": list(ids), "years": list(years), "periods": list(periods)}
        given |= {
            "outputs": outputs(office),
            "office": office,
            "count": count,
            "seed": seed * 1_000_000_000 + int.from_bytes(office.encode()),
        }
        connection.execute(_LINES, given)


def _slice(
    connection: psycopg.Connection, load_id: uuid.UUID, dataset: str, table: str, office: str, key: str,
    rows: list[dict[str, Any]], slice_id: uuid.UUID | None = None, row_count: int = 0,
) -> None:  # fmt: skip
    slice_id = slice_id or uuid.uuid5(load_id, f"{dataset} {office} {key}")
    place: dict[str, Any] = {"office": office} if office else {}
    slices = "core.slice" if office else "core.slice_org"
    same = {"slice_id": slice_id, "dataset": dataset, "slice_key": key}
    _insert(connection, slices, place | same | {"load_id": load_id, "row_count": row_count or len(rows), "digest": key})
    life = {"valid_from": _LOADED_AT, "cause": "load", "cause_load_id": load_id}
    _insert(connection, f"{slices}_life", place | same | life)
    for row_no, row in enumerate(rows, start=2):
        provenance = {"slice_id": slice_id, "table_no": 1, "row_no": row_no}
        _insert(connection, f"core.{table}", place | provenance | row)


def _file(file_id: uuid.UUID) -> dict[str, Any]:
    seen = {"dropped_at": _LOADED_AT, "first_seen_at": _LOADED_AT}
    name = {"file_name": "made.xlsx", "source": "finance", "byte_count": 1, "verdict": "accepted"}
    return {"file_id": file_id, "sha256": file_id.hex, **name, **seen}


def _load(load_id: uuid.UUID) -> dict[str, Any]:
    seen = {"loaded_at": _LOADED_AT, "dropped_at": _LOADED_AT}
    return {"load_id": load_id, "file_id": load_id, "file_name": "made.xlsx", "source": "finance", **seen}


def _insert(connection: psycopg.Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    connection.execute(f"insert into {table} ({names}) values ({values})", row)  # type: ignore[arg-type]
