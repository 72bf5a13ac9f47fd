"""Template workbooks for people: from the contracts, prefilled for an office and year where that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.errors import UsageError
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live import live_select
from outcome_reporting.workflows.house import House, open_house


def write_templates(
    settings: Settings, datasets: Sequence[str], out: Path, office: str | None, year: int | None
) -> list[Path]:
    """One workbook for each dataset named (none: all in one each), into `out`."""
    from outcome_reporting.workbooks.template import write_template

    house = open_house(settings)
    unknown = [name for name in datasets if name not in house.contracts]
    if unknown:
        raise UsageError(f"No such dataset: {', '.join(unknown)}. There are: {', '.join(house.contracts)}")
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name in datasets or house.contracts:
        contract = house.contracts[name]
        prefill = {name: _rows(house, contract, office, year)} if office or year else None
        suffix = "".join(f"_{part}" for part in (office, year) if part)
        path = out / f"{name}{suffix}.xlsx"
        written.append(write_template([contract], house.reference.code_lists(), path, prefill))
    return written


def _rows(house: House, contract: Contract, office: str | None, year: int | None) -> list[dict[str, Any]]:
    """The live rows of an office and year, as a person would write them."""
    table = tables.metadata.tables[contract.table]
    query = live_select(table)
    if office and "office" in table.c:
        query = query.where(table.c.office == office)
    if year and "fiscal_year" in table.c:
        query = query.where(table.c.fiscal_year == year)
    with house.engine.connect() as connection:
        found = connection.execute(query.order_by(table.c.table_no, table.c.row_no)).mappings().all()
    return [{f.name: _plain(f.kind, row.get(f.name)) for f in contract.fields} for row in found]


def _plain(kind: Kind, value: Any) -> Any:
    return Decimal(value) if kind is Kind.MONEY and value is not None else value
