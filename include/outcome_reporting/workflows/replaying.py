"""Held rows are judged again when something they refer to may have come; those that are right load by themselves."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection

from outcome_reporting.checks.catalogue import build_catalogue
from outcome_reporting.checks.groups import judge_groups
from outcome_reporting.checks.references import check_references
from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse import live
from outcome_reporting.warehouse.replay import WaitingSlice, release, waiting_slices
from outcome_reporting.workflows.house import House
from outcome_reporting.workflows.loading import typed_rows, with_element_codes


def replay_held(house: House, connection: Connection) -> set[int]:
    """Release every waiting slice that is now right as a whole, in the caller's transaction; its fiscal years.

    Running it again finds nothing more to release: a released slice no longer waits.
    """
    waiting = waiting_slices(connection)
    if not waiting:
        return set()
    catalogue = build_catalogue(live.dimensions(connection))
    years: set[int] = set()
    for one in waiting:
        contract = house.contracts[one.dataset]
        tables = _tables(contract, one)
        errors = [f for table in tables for f in check_references(contract, table, catalogue) if f.is_error]
        if errors or any(group.is_held for group in judge_groups(contract, tables, house.reference)):
            continue
        release(connection, contract, one, [with_element_codes(house.reference, table) for table in tables])
        years.update(row["fiscal_year"] for row in one.rows)
    return years


def _tables(contract: Contract, waiting: WaitingSlice) -> list[TypedTable]:
    by_table: dict[int, list[dict]] = defaultdict(list)
    for row in waiting.rows:
        by_table[row["table_no"]].append(row)
    tables = []
    for table_no, rows in sorted(by_table.items()):
        sheet, columns, header_row = waiting.sheets[table_no]
        rows.sort(key=lambda row: row["row_no"])
        tables.append(
            TypedTable(
                contract.dataset, waiting.file_name, sheet, table_no, header_row, columns, typed_rows(contract, rows)
            )
        )
    return tables
