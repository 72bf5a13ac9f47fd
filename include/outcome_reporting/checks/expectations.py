"""The suite of a contract, run over all tables of a night that hold its dataset.

One batch of integers for what must be seen row by row (money in its units, keys as numbers) and one of the
distinct values of every other field: a failing value is found once and mapped back to every row that holds it.
Every failing value becomes a finding with all its cells; nothing is capped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.checks.columns import Columns, combined, grouped, repeated, united
from outcome_reporting.checks.library import NUMBER, open_library, warm_up
from outcome_reporting.checks.suites import KEY, REQUIRED, TEXTS, Check, suite
from outcome_reporting.domain.contract import Contract, Field, Kind
from outcome_reporting.domain.finding import Finding, compact_rows
from outcome_reporting.domain.table import TypedTable

__all__ = ["check_tables", "warm_up"]


class _Rows:
    """All tables of one dataset as distinct values by field, and every row's number in them."""

    def __init__(self, contract: Contract, columns: Sequence[Columns], files: Sequence[int]) -> None:
        self.contract, self.columns, self.files = contract, columns, files
        self.tables = [one.table for one in columns]
        self.starts = np.cumsum([0, *(table.row_count for table in self.tables)])
        self._united: dict[str, tuple[pa.Array, list[np.ndarray]]] = {}

    def distinct(self, name: str) -> pa.Array:
        """The distinct values of a field over all tables, in the order in which they first stand there."""
        return self._united_values(name)[0]

    def of_row(self, name: str) -> np.ndarray:
        """Which of the distinct values each row holds; an empty cell the number after the last."""
        _, places = self._united_values(name)
        parts = (one.distinct(name).of_row for one in self.columns)
        return np.concatenate([place[part] for place, part in zip(places, parts, strict=True)])

    def _united_values(self, name: str) -> tuple[pa.Array, list[np.ndarray]]:
        if name not in self._united:
            self._united[name] = united([one.distinct(name) for one in self.columns])
        return self._united[name]

    def values(self, checks: Sequence[Check]) -> pd.DataFrame:
        """The frame of distinct values: a column for each field that is looked at, padded with nothing at its end."""
        required = [check.field.name for check in checks if check.rule == "missing_value"]
        found = {REQUIRED: pd.Series([np.nan if self._has_empty(name) else 1.0 for name in required], dtype="float64")}
        for check in checks:
            if check.rule != "missing_value" and check.field.name not in found:
                found[check.field.name] = _for_a_frame(check.field, self.distinct(check.field.name))
        height = max(map(len, found.values()))
        padding = {REQUIRED: 1.0}
        return pd.DataFrame(
            {name: column.reindex(range(height), fill_value=padding.get(name)) for name, column in found.items()}
        )

    def _has_empty(self, name: str) -> bool:
        return any(one.has_empty(name) for one in self.columns)

    def whole(self, checks: Sequence[Check]) -> pd.DataFrame:
        """The frame of all rows, integers only: money in its units and the number of the key within its file.

        An empty cell stands as the column's first value: it fails only where that one fails, and is left out then.
        """
        found = {}
        for check in checks:
            name = check.field.name
            if check.rule == "duplicate_key":
                found[KEY] = self._keys
            elif name not in found:
                column = pa.chunked_array([chunk for one in self.columns for chunk in _money(one, name)])
                first = pc.first(column, skip_nulls=True)
                found[name] = pc.fill_null(column, first if first.is_valid else pa.scalar(0, pa.int64())).to_numpy()
        return pd.DataFrame(found)

    @cached_property
    def _keys(self) -> np.ndarray:
        """Equal where two rows of one file have the same key."""
        files = np.repeat(np.array(self.files), np.diff(self.starts))
        file_count, key = max(self.files) + 1, self.contract.key
        if len(set(self.files)) == len(self.files):
            # one table a file: its own numbers will do, and a million keys need not be united
            columns = [_numbered_keys(one, key) for one in self.columns]
            highest = max(int(column.max(initial=0)) for column in columns) + 1
            return combined([files, np.concatenate(columns)], [file_count, highest])
        sizes = [len(self.distinct(name)) + 1 for name in key]
        return combined([files, *(self.of_row(name) for name in key)], [file_count, *sizes])

    def rows_of(self, check: Check, failing: np.ndarray) -> np.ndarray:
        """The rows behind the failing places of a frame, in the order in which findings name them."""
        name = check.field.name
        if check.rule == "missing_value":
            return np.concatenate(
                [
                    start + np.flatnonzero(one.distinct(name).of_row == one.distinct(name).count)
                    for start, one in zip(self.starts, self.columns, strict=False)
                ]
            )
        if check.rule == "duplicate_key":
            return failing
        if check.field.kind is Kind.MONEY:
            filled = [pc.is_valid(chunk) for one in self.columns for chunk in _money(one, name)]
            return failing[pa.chunked_array(filled).to_numpy()[failing]]
        of_row = self.of_row(name)
        is_failing = np.zeros(len(self.distinct(name)) + 1, bool)
        is_failing[failing] = True
        rows = np.flatnonzero(is_failing[of_row])
        # a text is told in all its rows before the next one
        return rows[np.argsort(of_row[rows], kind="stable")] if check.field.kind in TEXTS else rows

    def findings(self, check: Check, rows: np.ndarray) -> Iterator[tuple[int, Finding]]:
        """One finding for each failing value of a table, with the table's number, in the order given."""
        if not len(rows):
            return
        of_table = np.searchsorted(self.starts, rows, side="right") - 1
        values, count = self._value_numbers(check, rows)
        for places in grouped(combined([of_table, values], [len(self.tables), count])):
            number = int(of_table[places[0]])
            yield number, self._told(check, number, rows[places] - self.starts[number])

    def _value_numbers(self, check: Check, rows: np.ndarray) -> tuple[np.ndarray, int]:
        """A number for each of these rows, equal where the same value fails, and how many numbers there are."""
        if check.rule == "missing_value":
            return np.zeros(len(rows), np.int64), 1
        if check.rule == "duplicate_key":
            distinct, numbers = np.unique(self._keys[rows], return_inverse=True)
            return numbers, len(distinct)
        if check.field.kind is Kind.MONEY:
            column = pa.chunked_array([chunk for one in self.columns for chunk in _money(one, check.field.name)])
            distinct, numbers = np.unique(column.take(pa.array(rows)).to_numpy(), return_inverse=True)
            return numbers, len(distinct)
        return self.of_row(check.field.name)[rows], len(self.distinct(check.field.name)) + 1

    def _told(self, check: Check, number: int, rows: np.ndarray) -> Finding:
        """`rows` of one table hold the same value."""
        table, field = self.tables[number], check.field
        lines = table.data["row_no"].take(pa.array(rows)).to_pylist()
        value = table.data[field.name][int(rows[0])].as_py() if field.name in self.columns[number] else None
        text = str(Decimal(value).scaleb(-field.scale)) if field.kind is Kind.MONEY and value is not None else value
        return Finding(
            rule=check.rule,
            severity=check.severity,
            file_name=table.file_name,
            message=check.message,
            expected=check.expected,
            remedy=check.remedy,
            sheet=table.sheet,
            row=lines[0],
            column=table.columns.get(field.name, ""),
            found="" if value is None else str(text),
            dataset=table.dataset,
            field=field.name,
            rows=compact_rows(lines),
        )


def _numbered_keys(columns: Columns, key: Sequence[str]) -> np.ndarray:
    """Equal where two rows of the table have the same key. Where no two fingerprints are alike no two keys are."""
    if repeated([columns.key_prints(key)])[0].any():
        return columns.keys(key).of_row
    return np.arange(columns.table.row_count)


def _money(columns: Columns, name: str) -> list[pa.Array]:
    table = columns.table
    return table.data[name].chunks if name in columns else [pa.nulls(table.row_count, pa.int64())]


def _for_a_frame(field: Field, values: pa.Array) -> pd.Series:
    """Distinct values as the expectations compare them: texts, or numbers where only bounds are looked at."""
    if field.kind in TEXTS and field.kind is not Kind.DECIMAL:
        return pd.Series(values.to_pylist(), dtype=object)
    numbers = values.cast(pa.int32()) if pa.types.is_date(values.type) else values
    return pd.Series([float(value) for value in numbers.to_pylist()], dtype="float64")


def check_tables(
    contract: Contract,
    tables: Sequence[TypedTable],
    code_lists: Mapping[str, Sequence[str]],
    columns: Sequence[Columns] = (),
    files: Sequence[int] = (),
) -> list[tuple[int, Finding]]:
    """Every failing value of these tables with its cells, as (index into `tables`, finding).

    `code_lists` maps the names that contracts use (`currencies`) to their codes. For each table, in order:
    `columns` are those reduced to distinct values before, `files` the number of its file (without them, each
    file name is one file). Keys are unique within a file; across files it is the references' check, since of two
    files on one slice the later one wins.
    """
    if not sum(table.row_count for table in tables):
        return []
    names = {name: number for number, name in enumerate(dict.fromkeys(table.file_name for table in tables))}
    rows = _Rows(
        contract,
        columns or [Columns(table) for table in tables],
        files or [names[table.file_name] for table in tables],
    )
    checks = suite(contract, code_lists)
    on_rows = [check for check in checks if check.is_on_rows]
    on_values = [check for check in checks if not check.is_on_rows]
    failing = _run(rows.whole(on_rows), on_rows) | _run(rows.values(on_values), on_values)
    return [
        found
        for check in checks
        if check in failing
        for found in rows.findings(check, rows.rows_of(check, failing[check]))
    ]


def _run(frame: pd.DataFrame, checks: Sequence[Check]) -> dict[Check, np.ndarray]:
    """Validate one frame in one batch; the checks that fail, each with the places in the frame that do."""
    if frame.empty or not checks:
        return {}
    gx, batches = open_library()
    batch = batches.get_batch({"dataframe": frame})
    expectations = list({id(check.expectation): check.expectation for check in checks}.values())
    # what holds is asked for a yes only: the list of places costs twice as much, and is wanted of what fails
    failed = [one for one, result in _validate(gx, batch, expectations, "BOOLEAN_ONLY") if not result.success]
    places = {
        id(one): np.array(result.result["unexpected_index_list"], np.int64)
        for one, result in (_validate(gx, batch, failed, "COMPLETE") if failed else ())
    }
    return {check: places[id(check.expectation)] for check in checks if id(check.expectation) in places}


def _validate(gx, batch, expectations: Sequence[Any], result_format: str) -> Iterator[tuple[Any, Any]]:
    """Each expectation with its result; they come back in an order of their own."""
    for number, expectation in enumerate(expectations):
        expectation.meta = {NUMBER: number}
    suite = gx.ExpectationSuite(name="suite", expectations=expectations)
    for result in batch.validate(suite, result_format={"result_format": result_format}).results:
        if result.exception_info and result.exception_info.get("raised_exception"):
            raise RuntimeError(result.exception_info.get("exception_message"))
        yield expectations[result.expectation_config.meta[NUMBER]], result
