"""Control totals that stand in a workbook outside its tables: on a cover sheet, or above the headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import Contract, Field, Kind
from outcome_reporting.domain.control_totals import (
    Judgement,
    StatedTotal,
    TableSums,
    judge_totals,
    stated_total,
    told,
)
from outcome_reporting.domain.finding import Finding
from outcome_reporting.domain.headings import normalise_heading
from outcome_reporting.domain.money import decimal_from_number, plain_decimal
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.workbooks.head import HeadRow
from outcome_reporting.workbooks.saying import column_letter, say

_NUMBER_CELL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class PlacedTotal:
    """A stated total and the cell of its number."""

    stated: StatedTotal
    label: str
    sheet: str
    row: int
    column: str


def totals_of_rows(sheet: str, rows: Iterable[HeadRow]) -> Iterator[PlacedTotal]:
    """The totals of rows that hold a label and the number beside it, or both in one cell (`Control total: 120`)."""
    for row in rows:
        filled = sorted(row.cells.items())
        for (_, label), (column, value) in pairwise(filled):
            label = label.strip().rstrip(":").strip()
            stated = stated_total(label, _as_shown(value))
            if stated is not None:
                yield PlacedTotal(stated, label, sheet, row.row_no, column_letter(column))
        for column, text in filled:
            label, colon, value = text.partition(":")
            stated = stated_total(label.strip(), value.strip()) if colon else None
            if stated is not None:
                yield PlacedTotal(stated, label.strip(), sheet, row.row_no, column_letter(column))


def _as_shown(text: str) -> str:
    """A number cell at the 15 digits that its spreadsheet shows; any other text as it stands."""
    if _NUMBER_CELL.fullmatch(text.strip()):
        return plain_decimal(decimal_from_number(float(text)))
    return text


def sums_of_table(contract: Contract, table: TypedTable) -> TableSums:
    """What a table sums to, by the headings of its money columns, by currency, and in dollars."""
    columns: dict[str, Decimal] = {}
    money = [f for f in contract.fields if f.kind is Kind.MONEY and f.name in table.data.column_names]
    in_dollars = [f for f in money if f.name.endswith("_usd")]
    for known in money:
        total = _decimal(pc.sum(table.data[known.name]).as_py() or 0, known)
        for heading in (known.heading, known.name, *(synonym for synonym, _ in known.synonyms)):
            columns[normalise_heading(heading)] = total
    local = next((f for f in money if f not in in_dollars), None)
    if local is None or "currency" not in table.data.column_names:
        sums = [_decimal(pc.sum(table.data[f.name]).as_py() or 0, f) for f in in_dollars]
        both = [sum(sums, Decimal(0))] if len(sums) > 1 else []
        return TableSums(table.row_count, columns, {}, (*sums, *both))
    grouped = table.data.group_by("currency").aggregate([(local.name, "sum")]).to_pylist()
    by_currency = {
        row["currency"]: _decimal(row[f"{local.name}_sum"] or 0, local) for row in grouped if row["currency"]
    }
    return TableSums(table.row_count, columns, by_currency, _dollars(table, local, in_dollars[:1]))


def _decimal(units: int, known: Field) -> Decimal:
    return Decimal(units).scaleb(-known.scale)


def _dollars(table: TypedTable, local: Field, in_dollars: Sequence[Field]) -> tuple[Decimal, ...]:
    """The dollars of every row, as written or because its currency is the dollar; none where a row needs a rate."""
    written = table.data[in_dollars[0].name] if in_dollars else pa.nulls(table.row_count, pa.int64())
    is_written = pc.is_valid(written)
    is_usd = pc.fill_null(pc.equal(table.data["currency"], "USD"), False)
    if not pc.all(pc.or_(is_written, is_usd), min_count=0).as_py():
        return ()
    total = _decimal(pc.sum(written).as_py() or 0, in_dollars[0]) if in_dollars else Decimal(0)
    unwritten = table.data[local.name].filter(pc.invert(is_written))
    return (total + _decimal(pc.sum(unwritten).as_py() or 0, local),)


def check_control_totals(
    file_name: str,
    placed: Sequence[PlacedTotal],
    tables: Sequence[TypedTable],
    contracts: Mapping[str, Contract],
    has_unread_money: bool,
) -> list[Finding]:
    """A finding for each total: a note where it agrees, an error where it does not, a warning where nothing is to
    be compared with. A label that goes on after “Total” with what is no column says nothing of the file's money.

    While a cell of money could not be read, no amount is judged: that cell is mended first.
    """
    judged = [one for one in placed if one.stated.is_count or not has_unread_money]
    if not judged:
        return []
    sums = [sums_of_table(contracts[table.dataset], table) for table in tables if table.row_count]
    judgements = judge_totals([one.stated for one in judged], sums)
    return [
        _told(file_name, one, judgement)
        for one, judgement in zip(judged, judgements, strict=True)
        if sums and (judgement.expected is not None or not one.stated.heading)
    ]


def _told(file_name: str, one: PlacedTotal, judgement: Judgement) -> Finding:
    is_count = one.stated.is_count
    place: dict[str, Any] = {"sheet": one.sheet, "row": one.row, "column": one.column, "found": one.stated.found}
    if judgement.expected is None:
        message = f"“{one.label}” could not be compared with the rows"
        return say("control_total_unchecked", file_name, message, **place)
    summed = told(judgement.expected, is_count)
    if judgement.agrees:
        what = f"the file has {summed} rows" if is_count else f"the rows sum to {summed}"
        return say("control_total_agrees", file_name, f"The control total agrees: “{one.label}”, {what}", **place)
    stated = told(one.stated.values[0], is_count)
    what = f"the file has {summed} rows" if is_count else f"its rows sum to {summed}"
    message = f"“{one.label}” says {stated}, but {what}"
    return say("control_total", file_name, message, expected=summed, nearest=summed, **place)
