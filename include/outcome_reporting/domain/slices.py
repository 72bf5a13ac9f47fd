"""Which slice a row belongs to: what a later file replaces together with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outcome_reporting.domain.codes import office_of
from outcome_reporting.domain.contract import Contract


def slice_values(contract: Contract, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of the contract's slice fields for one row, in order; empty for a dataset that is one slice.

    `office` comes from the code in `office_from` where the dataset has no such field; `effective_date.year`
    is the year of a date field. Raises KeyError when a field is missing.
    """
    return tuple(_value(contract, row, part) for part in contract.slice)


def slice_key(contract: Contract, row: Mapping[str, Any]) -> str:
    """The values joined by `|`, as the warehouse writes a slice's key."""
    return "|".join(slice_values(contract, row))


def _value(contract: Contract, row: Mapping[str, Any], part: str) -> str:
    name, _, unit = part.partition(".")
    if unit == "year":
        return str(row[name].year)
    if name == "office" and row.get("office") is None and contract.office_from:
        return office_of(str(row[contract.office_from]))
    return str(row[name])
