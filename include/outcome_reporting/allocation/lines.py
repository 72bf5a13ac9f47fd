"""The rows of SDG and partner lines, made of sums of cells: the many rows of a publication, ready to be written.

They never are rows of Python: columns of numbers, and what a number is called, become the bytes that the server takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import psycopg

from outcome_reporting.allocation.cells import EXPENSE, MEASURES, Cells, Pieces, Shares, fitting, sum_by_key
from outcome_reporting.allocation.codes import Codes, OutcomeYear, OutputYear
from outcome_reporting.allocation.columns import (
    Fields,
    integers_of,
    moment_field,
    read_rows,
    starts_of,
    text_fields,
    texts_of,
    write_rows,
    year_field,
)
from outcome_reporting.allocation.statements import statements

_KINDS = ("core pool", "direct", "imputed", "unattributed", "withheld")
_DIRECT, _UNATTRIBUTED, _WITHHELD = 1, 3, 4
_KIND_BITS, _YEAR_BITS, _PARTNER_BITS = 3, 12, 22  # of a line's key; what is left of 62 is for outcomes
PartnerMoney = tuple[np.ndarray, np.ndarray, np.ndarray]  # for each key, some several times, expense and contribution


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of a published table: its columns, key first, in the order of the keys as far as possible, as an index takes
    them faster so.
    """

    columns: tuple[Fields | np.ndarray, ...]
    fields: int

    def write(self, cursor: psycopg.Cursor, table: str, valid_from: datetime) -> int:
        """Appends them to a table, whose next column is `valid_from`; the number of rows."""
        count = len(self.columns[-1])  # type: ignore[arg-type]
        since = Fields(np.zeros(count, np.int64), [moment_field(valid_from)])
        return write_rows(cursor, table, self.fields + 1, [*self.columns, since])


def sdg_lines(pieces: Pieces, shares: Shares, codes: Codes) -> Lines:
    """A row for each output and year, type of fund and weight that money is split by; none where all of it is zero."""
    group, start = np.unique(shares.output_no, return_index=True)
    types = max(codes.fund_types, default=0) + 1
    weight = start[np.searchsorted(group, pieces.output_no)] + pieces.place - 1
    # in the order of output and year, type, place: a weight's place says output and year as well
    line = (pieces.output_no * types + pieces.type_no) * len(shares.output_no) + weight
    line, amounts = _by_measure(line, pieces.measure, pieces.cents)
    rest, weight = np.divmod(line, max(1, len(shares.output_no)))
    output_no, type_no = np.divmod(rest, types)
    count = len(shares.methods)
    tags = shares.sdg * count + shares.method

    def fields(tag: int) -> bytes:
        return _sdg_fields(shares.sdgs[tag // count], shares.methods[tag % count])

    outputs = {one.output_no: one for one in codes.outputs}
    return Lines(
        (
            _named(output_no, lambda number: _output_fields(outputs[number])),
            _named(type_no, lambda number: text_fields(codes.fund_types[number])),
            _named(tags[weight], fields),
            *amounts,
        ),
        13,
    )


def _by_measure(line: np.ndarray, measure: np.ndarray, cents: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Distinct lines in order with their cents of each measure, where any is not zero."""
    found, place = np.unique(line, return_inverse=True)
    sums = np.zeros((len(found), MEASURES), np.int64)
    np.add.at(sums.reshape(-1), place * MEASURES + measure - 1, cents)
    is_told = sums.any(axis=1)
    return found[is_told], list(sums[is_told].T)


def _output_fields(one: OutputYear) -> bytes:
    return _outcome_fields(one) + text_fields(one.output)


def _outcome_fields(one: OutputYear | OutcomeYear) -> bytes:
    return text_fields(one.office, one.plan_period, one.outcome) + year_field(one.fiscal_year)


def _sdg_fields(sdg: str, method: str) -> bytes:
    goal, point, _ = sdg.partition(".")
    return text_fields(sdg, goal, sdg if point else "", method)


def partner_lines(cursor: psycopg.Cursor, direct: PartnerMoney, codes: Codes) -> Lines:
    """`direct_money` and `shared_money`. What a withheld partner gave, and what is imputed to it, is one line of the
    outcome and year without a name.
    """
    keys, expenses, contributions = zip(direct, _shared(cursor, codes), strict=True)
    key, amounts = _summed(np.concatenate(keys), np.concatenate(expenses), np.concatenate(contributions))
    places = []
    for bits in (_KIND_BITS, _YEAR_BITS, _PARTNER_BITS):
        places.append(key & ((1 << bits) - 1))
        key = key >> bits
    kind, year, partner_no = places
    outcome_no, who = key + year, partner_no * len(_KINDS) + kind
    outcomes = {one.outcome_no: one for one in codes.outcomes}
    return Lines(
        (
            _named(outcome_no, lambda number: _outcome_fields(outcomes[number])),
            _named(who, lambda number: _partner_fields(*divmod(number, len(_KINDS)), codes)),
            *amounts,
        ),
        10,
    )


def direct_money(cells: Cells, codes: Codes) -> PartnerMoney:
    """Key, expense and contribution of the non-core money that was spent."""
    chosen = np.flatnonzero((cells.measure == EXPENSE) & (codes.is_non_core[cells.fund_no] == 1))
    partner_no = cells.partner_no[chosen]
    kind = np.where(partner_no == 0, _UNATTRIBUTED, _DIRECT)
    key = _partner_key(codes.outcome_of[cells.output_no[chosen]], kind, partner_no, codes)
    key, expense = sum_by_key([(key, cells.cents[chosen])])
    return key, expense, np.zeros(len(key), np.int64)


def _shared(cursor: psycopg.Cursor, codes: Codes) -> PartnerMoney:
    (outcome, kind, partner, expense, contribution), *_ = read_rows(cursor, statements("cells.sql")["shared_money"])
    outcome_no = integers_of(outcome)
    number, names = texts_of([partner], len(outcome_no))
    partner_no = np.array([codes.partner_no(name) for name in names], np.int64)[number]
    key = _partner_key(outcome_no, integers_of(kind), partner_no, codes)
    return key, integers_of(expense), integers_of(contribution)


def _partner_key(outcome_no: np.ndarray, kind: np.ndarray, partner_no: np.ndarray, codes: Codes) -> np.ndarray:
    hidden = [number for number, partner in codes.partners.items() if partner.is_withheld]
    if hidden:
        is_hidden = np.isin(partner_no, hidden)
        kind, partner_no = np.where(is_hidden, _WITHHELD, kind), np.where(is_hidden, 0, partner_no)
    first_year = codes.first_year_of[outcome_no]  # in the order of the table's key: outcome, partner, year, kind
    key = first_year << _PARTNER_BITS | fitting(partner_no, _PARTNER_BITS)
    key = key << _YEAR_BITS | fitting(outcome_no - first_year, _YEAR_BITS)
    return key << _KIND_BITS | kind


def _summed(key: np.ndarray, *amounts: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Distinct keys in order with the sums of their amounts, where any is not zero."""
    if not len(key):
        return key, list(amounts)
    order = np.argsort(key)
    key = key[order]
    starts = starts_of(key)
    sums = np.stack([np.add.reduceat(one[order], starts) for one in amounts])
    is_told = sums.any(axis=0)
    return key[starts][is_told], list(sums[:, is_told])


def _partner_fields(number: int, kind: int, codes: Codes) -> bytes:
    partner = codes.partners[number]
    return text_fields(_KINDS[kind], partner.partner, partner.name, partner.contributor_type)


def _named(number: np.ndarray, fields: Callable[[int], bytes]) -> Fields:
    """Columns by a number that is small, made once for each number that occurs."""
    occurs = np.zeros(int(number.max(initial=0)) + 1, bool)
    occurs[number] = True
    return Fields(number, [fields(one) if is_used else b"" for one, is_used in enumerate(occurs.tolist())])
