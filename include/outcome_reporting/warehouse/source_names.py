"""What the numbers of cells stand for: parts and sheets, outcomes and their years, outputs, funds, partners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcome_reporting.domain.codes import plan_period_years
from outcome_reporting.domain.outcome import SourceFile
from outcome_reporting.warehouse import source_statements as statements
from outcome_reporting.warehouse.cells import Numbers
from outcome_reporting.warehouse.source_statements import WITHHELD

Rows = Callable[..., Sequence[tuple[Any, ...]]]  # of a query and further values for it
Key = tuple[str, str]  # outcome, plan period
Page = tuple[Key, int]  # of a year
Places = Mapping[tuple[str, int], Sequence[int]]  # of a code in a year, one for each plan period


@dataclass(frozen=True, slots=True)
class Part:
    """A live slice in a table of a sheet: its rows stand together under one number."""

    office: str
    slice_id: str
    table_no: int


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
    places_of: Places  # of outputs
    spelled: Mapping[str, int]  # the partner that is meant by a spelling
    places_of_outcome: Places = field(default_factory=dict)  # of money that names no output
    parts: Sequence[Part] = ()
    parts_of: Mapping[str, Sequence[int]] = field(default_factory=dict)  # of a dataset
    withheld: frozenset[str] = frozenset()  # partners that are left unnamed

    def given(self, numbers: Iterable[int]) -> dict[str, str]:
        """These parts as the statements take them."""
        numbers = list(numbers)
        parts = [self.parts[number] for number in numbers]
        return {
            "parts": ",".join(map(str, numbers)),
            "part_offices": statements.BETWEEN.join([part.office for part in parts]),
            "slices": ",".join([part.slice_id for part in parts]),
            "table_nos": ",".join([str(part.table_no) for part in parts]),
        }


def read_names(rows: Rows, outputs_of: Mapping[Key, Sequence[str]], withheld: Collection[str]) -> SourceNames:
    """The names of everything that may stand behind these outcomes, of which the outputs are given.

    `withheld` are partners to be left unnamed besides those that the list of the snapshot withholds.
    """
    sheets: list[tuple[SourceFile, str, Mapping[str, str]]] = []
    parts: list[Part] = []
    sheet_of_part: list[int] = []
    parts_of: dict[str, list[int]] = defaultdict(list)
    for sheet, columns, name, owner, source, dropped_at, sha256, dataset, table_no, offices, slices in rows(
        statements.SHEETS
    ):
        own = zip(offices.split(statements.BETWEEN), slices.split(statements.BETWEEN), strict=True)
        parts += [Part(office, slice_id, table_no) for office, slice_id in own]
        parts_of[dataset] += range(len(sheet_of_part), len(parts))
        sheet_of_part += [len(sheets)] * (len(parts) - len(sheet_of_part))
        sheets.append((SourceFile(name, owner, source, dropped_at.astimezone(UTC), sha256), sheet, columns))
    pages, outputs, page_of_place, places_of, places_of_outcome = _places(outputs_of)
    funds = sorted(rows(statements.FUNDS))
    fund_types = sorted({fund_type for _, fund_type in funds})
    known = rows(statements.SPELLINGS)
    spelled = {spelling: partner for spelling, partner, _ in known}
    unnamed = frozenset(withheld).union(partner for _, partner, is_withheld in known if is_withheld)
    partners = dict(enumerate(sorted(set(spelled.values())), start=1))
    number_of = {partner: WITHHELD if partner in unnamed else number for number, partner in partners.items()}
    return SourceNames(
        sheets=sheets,
        sheet_of_part=_numbers(sheet_of_part),
        pages=pages,
        outputs=outputs,
        page_of_place=_numbers(page_of_place),
        funds=funds,
        fund_types=fund_types,
        type_of_fund=_numbers([fund_types.index(fund_type) for _, fund_type in funds]),
        is_direct=np.array([fund_type == "non-core" for _, fund_type in funds], bool),
        partners={number: partner for number, partner in partners.items() if partner not in unnamed},
        places_of=places_of,
        spelled={spelling: number_of[partner] for spelling, partner in spelled.items()},
        places_of_outcome=places_of_outcome,
        parts=parts,
        parts_of=parts_of,
        withheld=unnamed,
    )


def _places(
    outputs_of: Mapping[Key, Sequence[str]],
) -> tuple[list[Page], list[str], list[int], dict[tuple[str, int], list[int]], dict[tuple[str, int], list[int]]]:
    """Where money stands: an output, or "" for the outcome itself, in a year; facts name a year and no plan period.

    Pages; the output and page of each place; the places of outputs and of outcomes, by year.
    """
    years = {key: plan_period_years(key[1]) for key in sorted(outputs_of)}
    pages = [(key, year) for key, (first, last) in years.items() for year in range(first, last + 1)]
    number_of_page = {page: number for number, page in enumerate(pages)}
    outputs: list[str] = []
    page_of_place: list[int] = []
    of_output: dict[tuple[str, int], list[int]] = defaultdict(list)
    of_outcome: dict[tuple[str, int], list[int]] = defaultdict(list)
    for output, key in sorted((output, key) for key, own in outputs_of.items() for output in ("", *own)):
        first, last = years[key]
        for year in range(first, last + 1):
            (of_output[output, year] if output else of_outcome[key[0], year]).append(len(outputs))
            outputs.append(output)
            page_of_place.append(number_of_page[key, year])
    return pages, outputs, page_of_place, of_output, of_outcome


def _numbers(values: Sequence[int]) -> Numbers:
    return np.array(values, np.int64)
