"""What the numbers of cells stand for: sheets, outcomes and their years, outputs, funds, partners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcome_reporting.domain.outcome import SourceFile
from outcome_reporting.warehouse import source_statements as statements
from outcome_reporting.warehouse.cells import Numbers

Rows = Callable[..., Sequence[tuple[Any, ...]]]  # of a query and further values for it
Key = tuple[str, str]  # outcome, plan period
Page = tuple[Key, int]  # of a year


@dataclass(frozen=True, slots=True)
class SourceNames:
    """The names by their numbers, and beside each number those that follow from it."""

    sheets: Sequence[tuple[SourceFile, str, Mapping[str, str]]]  # file, sheet, field -> column letter
    sheet_of_part: Numbers
    pages: Sequence[Page]
    outputs: Sequence[str]  # by place, "" for the outcome itself
    page_of_place: Numbers
    funds: Sequence[tuple[str, str]]  # fund, fund type
    fund_types: Sequence[str]
    type_of_fund: Numbers
    is_direct: NDArray[np.bool_]  # by fund
    partners: Mapping[int, str]  # those that may be named
    places_of: Mapping[tuple[str, int], Sequence[int]]  # of an output in a year, one for each plan period
    spelled: Mapping[str, int]  # the partner that is meant by a spelling


def read_names(rows: Rows) -> SourceNames:
    """From the tables that `statements.PREPARATION` leaves."""
    places = [(((outcome, period), year), output) for outcome, period, year, output in rows(statements.PLACES)]
    pages = sorted({page for page, _ in places})
    number_of_page = {page: number for number, page in enumerate(pages)}
    places_of: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, ((_, year), output) in enumerate(places):
        places_of[output, year].append(number)
    funds = rows(statements.FUNDS)
    fund_types = sorted({fund_type for _, fund_type, _ in funds})
    return SourceNames(
        [
            (SourceFile(name, owner, source, dropped_at.astimezone(UTC), sha256), sheet, columns)
            for sheet, columns, name, owner, source, dropped_at, sha256 in rows(statements.SHEETS)
        ],
        _numbers(sheet for (sheet,) in rows(statements.PARTS)),
        pages,
        [output for _, output in places],
        _numbers(number_of_page[page] for page, _ in places),
        [(fund, fund_type) for fund, fund_type, _ in funds],
        fund_types,
        _numbers(fund_types.index(fund_type) for _, fund_type, _ in funds),
        np.array([is_direct for *_, is_direct in funds], bool),
        dict(rows(statements.PARTNERS)),
        places_of,
        dict(rows(statements.SPELLINGS)),
    )


def _numbers(values: Iterable[int]) -> Numbers:
    return np.array(list(values), np.int64)
