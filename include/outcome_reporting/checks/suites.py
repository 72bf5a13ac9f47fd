"""The Great Expectations suite of a contract, and what a failure of each of its checks means to a person.

Made from the contract alone: types, required, unique, ranges, patterns, allowed values, and the expectations
that the contract writes out itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from outcome_reporting.checks.library import open_library
from outcome_reporting.domain.contract import Contract, Field, Kind
from outcome_reporting.domain.finding import Severity

TEXTS = (Kind.CODE, Kind.TEXT, Kind.CHOICE, Kind.NAMES, Kind.MARKERS, Kind.DECIMAL)
# columns of the frames that are no fields
REQUIRED = "__required"  # a row for each required field, empty where the field is empty anywhere
KEY = "__key"


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One expectation of a suite and what a failure of it means; required fields share theirs."""

    expectation: Any
    field: Field
    rule: str
    severity: Severity
    message: str
    expected: str
    remedy: str

    @property
    def is_on_rows(self) -> bool:
        """Money and keys are looked at row by row, all else once for each distinct value."""
        return self.rule == "duplicate_key" or (self.rule != "missing_value" and self.field.kind is Kind.MONEY)


def suite(contract: Contract, code_lists: Mapping[str, Sequence[str]]) -> list[Check]:
    """All checks of a contract, in the order in which their findings are told.

    `code_lists` maps the names that contracts use (`currencies`) to their codes.
    """
    return [*_numbers_and_presence(contract), *_texts(contract, code_lists)]


def _numbers_and_presence(contract: Contract) -> list[Check]:
    """Required, ranges of numbers, the key, the contract's own expectations of numbers."""
    gx, _ = open_library()
    checks = []
    is_present = gx.expectations.ExpectColumnValuesToNotBeNull(column=REQUIRED)
    for field in contract.fields:
        if field.required:
            checks.append(
                Check(
                    is_present,
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
            Check(
                gx.expectations.ExpectColumnValuesToBeUnique(column=KEY),
                contract.field(contract.key[0]),
                "duplicate_key",
                Severity.ERROR,
                "The same " + " + ".join(contract.field(name).heading for name in contract.key) + " stands twice",
                "each " + " + ".join(contract.field(name).heading for name in contract.key) + " once",
                "Remove one of the rows, or give it its own key",
            )
        )
    return checks


def _texts(contract: Contract, code_lists: Mapping[str, Sequence[str]]) -> list[Check]:
    """Patterns, allowed values, code lists, ranges of decimals."""
    gx, _ = open_library()
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
                Check(
                    gx.expectations.ExpectColumnValuesToMatchRegex(
                        column=field.name, regex=_without_groups(field.pattern)
                    ),
                    field,
                    "pattern",
                    Severity.ERROR,
                    f"What stands in {field.heading} is not a code"
                    if field.kind is Kind.CODE
                    else f"{field.heading} is not written as expected",
                    f"a code like {field.examples[0]}" if field.examples else "another form",
                    f"Write {field.heading} in that form",
                )
            )
        if allowed:
            shown = ", ".join(allowed) if len(allowed) <= 20 else f"a code of the list {field.code_list}"
            checks.append(
                Check(
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
    """A bound of a contract as the frames hold the field: integer units, a number, or days since 1970."""
    if not bound:
        return None
    if field.kind is Kind.DATE:
        return (date.fromisoformat(bound) - date(1970, 1, 1)).days
    return float(bound) if field.kind is Kind.DECIMAL else int(Decimal(bound).scaleb(field.scale))


def _range_check(gx, field: Field) -> Check:
    at_least = f"above {field.minimum}" if field.is_minimum_exclusive else f"at least {field.minimum}"
    words = " and ".join(
        part for part in (field.minimum and at_least, field.maximum and f"at most {field.maximum}") if part
    )
    return Check(
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


def _own_checks(gx, field: Field) -> Iterator[Check]:
    """The contract's own expectations; bounds on money are written in currency and become integer units."""
    for own in field.expectations:
        kwargs = dict(own.kwargs)
        if field.kind is Kind.MONEY:
            for bound in ("min_value", "max_value"):
                if kwargs.get(bound) is not None:
                    kwargs[bound] = int(Decimal(str(kwargs[bound])).scaleb(field.scale))
        name = "".join(part.capitalize() for part in own.type.split("_"))
        yield Check(
            getattr(gx.expectations, name)(column=field.name, **kwargs),
            field,
            "expectation_warning" if own.severity != "error" else "expectation_failed",
            Severity.ERROR if own.severity == "error" else Severity.WARNING,
            own.description or f"{field.heading} is unusual",
            own.description,
            f"Check {field.heading}; correct it or leave it" if own.severity != "error" else f"Correct {field.heading}",
        )
