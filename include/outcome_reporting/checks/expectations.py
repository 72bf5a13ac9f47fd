"""The Great Expectations suite of a contract, run over all tables of a night that hold its dataset.

One batch of integers (money in its integer units, texts as the numbers of their distinct values) and one of
distinct texts: a failing text is found once and mapped back to every row that holds it. Every failing row
becomes a finding with its cell; nothing is capped.
"""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import Contract, Field, Kind
from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.domain.table import TypedTable

TEXTS = (Kind.CODE, Kind.TEXT, Kind.CHOICE, Kind.NAMES, Kind.MARKERS, Kind.DECIMAL)
PRESENT = "__present"


@cache
def _great_expectations():
    """The library and one context, quiet and without its progress bars; imported when first needed."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    # the import makes millions of objects that live on: collecting among them only costs time
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        import great_expectations as gx
    finally:
        if was_collecting:
            gc.enable()

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    return gx, context


def warm_up() -> None:
    """Import the library now: called while other processes read, so that the wait for it is not felt."""
    _great_expectations()


@dataclass(frozen=True, slots=True)
class _Check:
    """One expectation of a suite and what a failure of it means."""

    expectation: Any
    field: Field
    rule: str
    severity: Severity
    message: str
    expected: str
    remedy: str


def row_suite(contract: Contract) -> list[_Check]:
    """Checks on the frame of integers: required, ranges, the key, the contract's own expectations."""
    gx, _ = _great_expectations()
    checks = []
    for field in contract.fields:
        if field.required:
            checks.append(
                _Check(
                    gx.expectations.ExpectColumnValuesToNotBeNull(column=field.name + PRESENT),
                    field,
                    "missing_value",
                    Severity.ERROR,
                    f"{field.heading} is empty",
                    f"a value in {field.heading}",
                    f"Fill in {field.heading}" + (f", for example {field.examples[0]}" if field.examples else ""),
                )
            )
        if field.kind not in TEXTS:
            if field.minimum or field.maximum:
                checks.append(_range_check(gx, field))
            checks.extend(_own_checks(gx, field))
    if contract.key:
        checks.append(
            _Check(
                gx.expectations.ExpectCompoundColumnsToBeUnique(column_list=["__file", *contract.key]),
                contract.field(contract.key[0]),
                "duplicate_key",
                Severity.ERROR,
                "The same " + " + ".join(contract.field(name).heading for name in contract.key) + " stands twice",
                "each " + " + ".join(contract.field(name).heading for name in contract.key) + " once",
                "Remove one of the rows, or give it its own key",
            )
        )
    return checks


def value_suite(contract: Contract, code_lists: Mapping[str, Sequence[str]]) -> list[_Check]:
    """Checks on the frame of distinct texts: patterns, allowed values, code lists, decimal ranges."""
    gx, _ = _great_expectations()
    checks = []
    for field in contract.fields:
        if field.kind not in TEXTS:
            continue
        if field.kind is Kind.DECIMAL and (field.minimum or field.maximum):
            checks.append(_range_check(gx, field))
        checks.extend(_own_checks(gx, field))
        allowed = list(field.allowed) or list(code_lists.get(field.code_list, ()))
        if field.pattern and not allowed:
            checks.append(
                _Check(
                    gx.expectations.ExpectColumnValuesToMatchRegex(
                        column=field.name, regex=_without_groups(field.pattern)
                    ),
                    field,
                    "pattern",
                    Severity.ERROR,
                    f"{field.heading} is not written as expected",
                    f"a code like {field.examples[0]}" if field.examples else "another form",
                    f"Write {field.heading} in that form",
                )
            )
        if allowed:
            shown = ", ".join(allowed) if len(allowed) <= 20 else f"a code of the list {field.code_list}"
            checks.append(
                _Check(
                    gx.expectations.ExpectColumnValuesToBeInSet(column=field.name, value_set=allowed),
                    field,
                    "not_allowed",
                    Severity.ERROR,
                    f"{field.heading} has a value that is not allowed",
                    shown,
                    "Choose one of the allowed values",
                )
            )
    return checks


def _without_groups(pattern: str) -> str:
    """The same pattern, its brackets only grouping: nothing of a match is taken out."""
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)


def _units(field: Field, bound: str) -> int | float | None:
    """A bound of a contract as the frame holds the field: integer units, a number, or days since 1970."""
    if not bound:
        return None
    if field.kind is Kind.DATE:
        return (date.fromisoformat(bound) - date(1970, 1, 1)).days
    return float(bound) if field.kind is Kind.DECIMAL else int(Decimal(bound).scaleb(field.scale))


def _range_check(gx, field: Field) -> _Check:
    at_least = f"above {field.minimum}" if field.is_minimum_exclusive else f"at least {field.minimum}"
    words = " and ".join(
        part for part in (field.minimum and at_least, field.maximum and f"at most {field.maximum}") if part
    )
    return _Check(
        gx.expectations.ExpectColumnValuesToBeBetween(
            column=field.name,
            min_value=_units(field, field.minimum),
            max_value=_units(field, field.maximum),
            strict_min=field.is_minimum_exclusive,
        ),
        field,
        "out_of_range",
        Severity.ERROR,
        f"{field.heading} is out of range",
        words,
        f"Correct {field.heading}",
    )


def _own_checks(gx, field: Field) -> Iterator[_Check]:
    """The contract's own expectations; bounds on money are written in currency and become integer units."""
    for own in field.expectations:
        kwargs = dict(own.kwargs)
        if field.kind is Kind.MONEY:
            for bound in ("min_value", "max_value"):
                if kwargs.get(bound) is not None:
                    kwargs[bound] = int(Decimal(str(kwargs[bound])).scaleb(field.scale))
        name = "".join(part.capitalize() for part in own.type.split("_"))
        yield _Check(
            getattr(gx.expectations, name)(column=field.name, **kwargs),
            field,
            "expectation_warning" if own.severity != "error" else "expectation_failed",
            Severity.ERROR if own.severity == "error" else Severity.WARNING,
            own.description or f"{field.heading} is unusual",
            own.description,
            f"Check {field.heading}; correct it or leave it" if own.severity != "error" else f"Correct {field.heading}",
        )


class _Rows:
    """All tables of one dataset as one frame of integers and one of distinct texts."""

    def __init__(self, contract: Contract, tables: Sequence[TypedTable], files: Sequence[int]) -> None:
        self.contract = contract
        self.tables = tables
        counts = [table.row_count for table in tables]
        self.table_index = np.repeat(np.arange(len(tables)), counts)
        self.row_no = np.concatenate([table.data["row_no"].to_numpy() for table in tables])
        self.codes: dict[str, np.ndarray] = {}
        self.distinct: dict[str, list[str]] = {}
        frame: dict[str, object] = {"__file": np.repeat(np.array(files, dtype="int64"), counts)}
        for field in contract.fields:
            column = pa.chunked_array([chunk for table in tables for chunk in _column(table, field)])
            present = column.is_valid().to_numpy(zero_copy_only=False)
            frame[field.name + PRESENT] = np.where(present, 1.0, np.nan)
            if field.kind in TEXTS:
                encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
                self.distinct[field.name] = encoded.dictionary.to_pylist()
                self.codes[field.name] = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
                frame[field.name] = self.codes[field.name]
            else:
                integers = column.cast(pa.int32()) if field.kind is Kind.DATE else column
                whole = pc.fill_null(integers.cast(pa.int64()), 0).to_numpy()
                frame[field.name] = whole if present.all() else pd.arrays.IntegerArray(whole.copy(), ~present)
        self.frame = pd.DataFrame(frame)

    def values(self) -> pd.DataFrame:
        """Distinct texts by field; those of decimals as numbers (only bounds are looked at, the text stays exact)."""
        decimals = {field.name for field in self.contract.fields if field.kind is Kind.DECIMAL}
        return pd.DataFrame(
            {
                name: pd.Series(
                    [float(text) for text in texts] if name in decimals else texts,
                    dtype="float64" if name in decimals else object,
                )
                for name, texts in self.distinct.items()
            }
        )

    def text(self, index: int, field: Field) -> str:
        """The value of a row as it was read, for a person."""
        table = self.tables[self.table_index[index]]
        if field.name not in table.data.column_names:
            return ""
        offset = index - int(np.searchsorted(self.table_index, self.table_index[index]))
        value = table.data[field.name][offset].as_py()
        if value is None:
            return ""
        return str(Decimal(value).scaleb(-field.scale)) if field.kind is Kind.MONEY else str(value)

    def finding(self, index: int, check: _Check, found: str) -> Finding:
        table = self.tables[self.table_index[index]]
        return Finding(
            rule=check.rule,
            severity=check.severity,
            file_name=table.file_name,
            message=check.message,
            expected=check.expected,
            remedy=check.remedy,
            sheet=table.sheet,
            row=int(self.row_no[index]),
            column=table.columns.get(check.field.name, ""),
            found=found,
            dataset=table.dataset,
            field=check.field.name,
        )


_ARROW = {Kind.INTEGER: pa.int32(), Kind.MONEY: pa.int64(), Kind.DATE: pa.date32()}


def _column(table: TypedTable, field: Field) -> list[pa.Array]:
    if field.name in table.data.column_names:
        return table.data[field.name].chunks or [pa.nulls(0, table.data[field.name].type)]
    return [pa.nulls(table.row_count, _ARROW.get(field.kind, pa.string()))]


def check_tables(
    contract: Contract,
    tables: Sequence[TypedTable],
    code_lists: Mapping[str, Sequence[str]],
) -> list[tuple[int, Finding]]:
    """Every failing cell of these tables, as (index into `tables`, finding).

    `code_lists` maps the names that contracts use (`currencies`) to their codes. Keys are unique within a
    file; across files it is the references' check, since of two files on one slice the later one wins.
    """
    tables = list(tables)
    if not sum(table.row_count for table in tables):
        return []
    names = sorted({table.file_name for table in tables})
    rows = _Rows(contract, tables, [names.index(table.file_name) for table in tables])
    found = []
    for check, failing in _run(rows.frame, row_suite(contract)):
        for index in failing:
            found.append((int(rows.table_index[index]), rows.finding(index, check, rows.text(index, check.field))))
    values = rows.values()
    for check, failing in _run(values, value_suite(contract, code_lists)):
        for code in failing:
            text = rows.distinct[check.field.name][code]
            for place in np.flatnonzero(rows.codes[check.field.name] == code):
                found.append((int(rows.table_index[place]), rows.finding(int(place), check, text)))
    return found


def _run(frame: pd.DataFrame, checks: Sequence[_Check]) -> Iterator[tuple[_Check, list[int]]]:
    """Validate one frame in one batch; each check with the frame's index of every failing row."""
    if frame.empty or not checks:
        return
    gx, context = _great_expectations()
    source = context.data_sources.add_or_update_pandas("night")
    for asset in list(source.assets):
        source.delete_asset(asset.name)
    batch = (
        source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name="suite")
    for check in checks:
        suite.add_expectation(check.expectation)
    outcome = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    by_config = {}
    for result in outcome.results:
        if result.exception_info and result.exception_info.get("raised_exception"):
            raise RuntimeError(result.exception_info.get("exception_message"))
        config = result.expectation_config
        by_config[(config.type, _columns(config.kwargs))] = result
    for check in checks:
        config = check.expectation.configuration
        result = by_config[(config.type, _columns(config.kwargs))]
        if not result.success:
            yield check, [int(index) for index in result.result["unexpected_index_list"]]


def _columns(kwargs: Mapping) -> str:
    return (
        str(kwargs.get("column") or kwargs.get("column_list"))
        + str(kwargs.get("regex", ""))
        + str(kwargs.get("min_value", ""))
    )
