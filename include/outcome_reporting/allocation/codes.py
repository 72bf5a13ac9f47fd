"""What the numbers stand for that computing works with, and which number a code or a spelling has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import psycopg

from outcome_reporting.allocation.columns import looked_up
from outcome_reporting.allocation.statements import statements

UNKNOWN = -1


class OutputYear(NamedTuple):
    """An output in a year."""

    output_no: int
    outcome_no: int
    office: str
    plan_period: str
    outcome: str
    output: str
    fiscal_year: int


class OutcomeYear(NamedTuple):
    """An outcome in a year."""

    outcome_no: int
    office: str
    plan_period: str
    outcome: str
    fiscal_year: int


class Partner(NamedTuple):
    """A partner as published; one that nobody knows (taken back, say) is named by what was written."""

    partner: str
    name: str = ""
    contributor_type: str = ""
    is_withheld: bool = False


class Codes:
    """Of all that is live: read once, from the tables of dimensions. Partners that are met in money alone are added."""

    def __init__(self, cursor: psycopg.Cursor) -> None:
        texts = statements("cells.sql")
        self.outputs = list(map(OutputYear._make, cursor.execute(texts["output_codes"]).fetchall()))
        self.outcomes = list(map(OutcomeYear._make, cursor.execute(texts["outcome_codes"]).fetchall()))
        self.first_year_of = _first_years(self.outcomes)
        funds = cursor.execute(texts["fund_codes"]).fetchall()
        partners = cursor.execute(texts["partner_codes"]).fetchall()
        self._output_no = {(one.office, one.fiscal_year, one.output): one.output_no for one in self.outputs}
        self._fund_no = {fund: number for number, _, fund, _ in funds}
        self._partner_no = {"": 0} | {partner: number for number, partner, *_ in partners}
        self._spelling = {"": 0} | dict(cursor.execute(texts["spellings"]).fetchall())
        self._partners = {0: Partner("")} | {number: Partner(*values) for number, *values in partners}
        self.outcome_of = _table((one.output_no, one.outcome_no) for one in self.outputs)
        self.type_of = _table((number, type_no) for number, type_no, *_ in funds)
        self.is_non_core = _table((number, kind == "non-core") for number, _, _, kind in funds)
        self.fund_types = {type_no: kind for _, type_no, _, kind in funds}

    def output_no(self, office: str, fiscal_year: int, output: str) -> int:
        """UNKNOWN where the output is not live in that year."""
        return self._output_no.get((office, fiscal_year, output), UNKNOWN)

    def fund_no(self, fund: str) -> int:
        """UNKNOWN where the fund is not live."""
        return self._fund_no.get(fund, UNKNOWN)

    def spelled(self, spelling: str) -> int:
        """The partner that is meant by what stands in a cell; nobody is 0."""
        found = self._spelling.get(spelling)
        return self.partner_no(spelling) if found is None else found

    def partner_no(self, partner: str) -> int:
        """A partner's number by its code."""
        if partner not in self._partner_no:
            number = max(self._partners) + 1
            self._partner_no[partner], self._partners[number] = number, Partner(partner, partner)
        return self._partner_no[partner]

    @property
    def partners(self) -> dict[int, Partner]:
        """By number."""
        return self._partners


def _first_years(outcomes: list[OutcomeYear]) -> np.ndarray:
    """By an outcome's number in a year, the number in the first year that its code has: they count on from it."""
    first: dict[tuple[str, str], int] = {}
    for one in sorted(outcomes):
        first.setdefault((one.office, one.outcome), one.outcome_no)
    return _table((one.outcome_no, first[one.office, one.outcome]) for one in outcomes)


def _table(pairs) -> np.ndarray:
    both = np.array(list(pairs), np.int64).reshape(-1, 2)
    return looked_up(both[:, 0], both[:, 1])
