"""Small tables as reading would hand them over, and the loads made of them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
from sqlalchemy import Connection, select

from outcome_reporting.contracts.load import load_contracts
from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.settings import load_settings
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.files import SeenFile, record_files
from outcome_reporting.warehouse.load import write_load
from outcome_reporting.warehouse.load_plan import DatasetLoad, HeldGroup, LoadPlan, LoadResult

CONTRACTS = load_contracts(load_settings({}).contracts)
DROPPED = datetime(2022, 5, 1, tzinfo=UTC)
_TYPES = {Kind.INTEGER: pa.int32(), Kind.MONEY: pa.int64(), Kind.DATE: pa.date32()}


def sheet(
    dataset: str, rows: list[dict], table_no: int = 1, first_row: int = 2, name: str = ""
) -> tuple[Contract, TypedTable]:
    """A table whose rows follow each other from `first_row` on; money is given in dollars, as text."""
    contract = CONTRACTS[dataset]
    columns: dict[str, pa.Array] = {"row_no": pa.array(range(first_row, first_row + len(rows)), pa.int32())}
    letters = {}
    for place, field in enumerate(contract.fields):
        if not any(field.name in row for row in rows):
            continue
        values = [row.get(field.name) for row in rows]
        if field.kind is Kind.MONEY:
            values = [None if v is None else int(Decimal(v).scaleb(field.scale)) for v in values]
        if field.kind is Kind.DATE:
            values = [date.fromisoformat(v) if isinstance(v, str) else v for v in values]
        columns[field.name] = pa.array(values, _TYPES.get(field.kind, pa.string()))
        letters[field.name] = chr(ord("A") + place)
    table = TypedTable(
        dataset=dataset,
        file_name=f"{dataset}.xlsx",
        sheet=name or dataset,
        table_no=table_no,
        header_row=first_row - 1,
        columns=letters,
        data=pa.table(columns),
    )
    return contract, table


def load(
    connection: Connection,
    *sheets: tuple[Contract, TypedTable],
    held: list[HeldGroup] | None = None,
    file_name: str = "book.xlsx",
    sha256: str = "",
    cause: str = "load",
    moment: datetime | None = None,
) -> LoadResult:
    """Writes the sheets as one accepted file; its hash is new unless it is given."""
    seen = SeenFile(sha256 or uuid.uuid4().hex * 2, file_name, "finance", "", 1000, DROPPED, DROPPED, "accepted")
    record_files(connection, [seen])
    file_id = connection.execute(select(tables.file.c.file_id).where(tables.file.c.sha256 == seen.sha256)).scalar_one()
    datasets: dict[str, DatasetLoad] = {}
    for contract, table in sheets:
        datasets.setdefault(contract.dataset, DatasetLoad(contract, [])).tables.append(table)
    plan = LoadPlan(
        file_id, file_name, "finance", DROPPED, list(datasets.values()), held or [], cause=cause, moment=moment
    )
    return write_load(connection, plan)


def expense(transaction: str, **other) -> dict:
    """One expense line of KGZ in May 2022: 100.00 USD unless told otherwise."""
    return {
        "transaction": transaction,
        "posting_date": "2022-05-10",
        "fiscal_year": 2022,
        "period": 5,
        "office": "KGZ",
        "output": "KGZ_D_1.1.1",
        "fund": "30000",
        "partner": None,
        "account": None,
        "description": None,
        "currency": "USD",
        "amount": "100.00",
        "amount_usd": "100.00",
        **other,
    }


def references() -> list[tuple[Contract, TypedTable]]:
    """Offices, one outcome with two outputs, funds, partners and rates."""
    plan = {"office": "KGZ", "plan_period": "2018-2022"}
    return [
        sheet("offices", [{"office": "KGZ", "name": "Kyrgyzstan", "kind": "CO", "country": "KGZ"}], 1),
        sheet("outcomes", [{**plan, "outcome": "KGZ_D_1.1", "title": "Women lead", "description": None}], 2),
        sheet(
            "outputs",
            [
                {"plan_period": "2018-2022", "outcome": "KGZ_D_1.1", "output": f"KGZ_D_1.1.{n}", "title": f"Output {n}"}
                for n in (1, 2)
            ],
            3,
        ),
        sheet(
            "funds",
            [
                {"fund": "30000", "name": "Regular resources", "fund_type": "core"},
                {"fund": "30071", "name": "Other resources", "fund_type": "non-core"},
            ],
            4,
        ),
        sheet(
            "partners",
            [
                {"partner": "SWE", "name": "Sweden", "contributor_type": "C01", "aliases": "Sida\nSuède"},
                {"partner": "NOR", "name": "Norway", "contributor_type": "C01", "aliases": 'Nor"ad, Oslo'},
            ],
            5,
        ),
        sheet(
            "exchange_rates",
            [
                {"currency": "KGS", "effective_date": "2022-05-01", "rate_per_usd": "80", "source": "UN"},
                {"currency": "KGS", "effective_date": "2022-05-15", "rate_per_usd": "79.5", "source": "UN"},
            ],
            6,
        ),
    ]
