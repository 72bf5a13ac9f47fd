"""The money cells: read from the facts line by line, summed and split on integer arrays.

A cell is the money of one output, year, measure, fund and partner: what the rule of the split is applied to. Neither
lines nor cells are stored: what is published, and checked, are their sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import psycopg

from outcome_reporting.allocation.codes import UNKNOWN, Codes
from outcome_reporting.allocation.columns import Row, integers_of, read_rows, starts_of, texts_of, write_integers
from outcome_reporting.allocation.split import Weights, split_by_line
from outcome_reporting.allocation.statements import Parameters, run_statement, run_statements, statements

EXPENSE = 2  # measures are 0 planned, 1 available, 2 expense in cells, and 1 to 3 in the tables made of them
MEASURES = 3
_MEASURE_BITS, _FUND_BITS, _PARTNER_BITS = 2, 18, 20  # of a cell's key; what is left of 62 is for output and year
_OUTPUT_BITS = 62 - _MEASURE_BITS - _FUND_BITS - _PARTNER_BITS
_LARGEST_SUM = 2.0**62
_NO_CENTS = -(2**63)  # of a line that needs a rate, in `expense_lines`
_LOOKED_UP_AT = 1 << 16  # lines whose codes are looked up together: many at once, and still in the processor's cache
_NOTHING = (np.zeros(0, np.int64), np.zeros(0, np.int64))
_FOLDED_AT = 1 << 21  # lines that are held before they are summed: memory stays flat


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns of cells, in the order of output and year, measure, fund (and so of its type), partner; none is zero."""

    output_no: np.ndarray
    measure: np.ndarray
    fund_no: np.ndarray
    partner_no: np.ndarray
    cents: np.ndarray


def read_cells(cursor: psycopg.Cursor, parameters: Parameters, codes: Codes) -> Cells:
    """The cells of what is live; dimensions are made already, and what else is money is made here. Money that names an
    output, year or fund that is not live is left out here, and missed by the proof.
    """
    key, cents = sum_by_key(_Lines(cursor, parameters, codes).keyed())
    places = [key & ((1 << _PARTNER_BITS) - 1)]
    for below, bits in ((_PARTNER_BITS, _FUND_BITS), (_FUND_BITS, _MEASURE_BITS)):
        key = key >> below
        places.append(key & ((1 << bits) - 1))
    partner_no, fund_no, measure = places
    return Cells(key >> _MEASURE_BITS, measure, fund_no, partner_no, cents)


class _Lines:
    """The lines of money that are live, each with the key of its cell."""

    def __init__(self, cursor: psycopg.Cursor, parameters: Parameters, codes: Codes) -> None:
        self.cursor, self.parameters, self.codes = cursor, parameters, codes
        self.needs_rates = False  # whether a line of another currency was met

    def keyed(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield from self._of("expense_lines")
        given = self.parameters | {"needs_rates": self.needs_rates}
        run_statements(self.cursor, statements("2_cells.sql").values(), given)
        yield from self._of("foreign_lines")
        yield from self._of("budget_lines")

    def _of(self, name: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Key and cents of a statement's lines. The next rows are taken while codes are looked up: the server, which
        would have to wait, does most of the work.
        """
        together = self._together(name)
        with ThreadPoolExecutor(1, thread_name_prefix="cells") as beside:
            coming = beside.submit(next, together, None)
            while rows := coming.result():
                coming = beside.submit(next, together, None)
                yield self._keyed(rows)

    def _together(self, name: str) -> Iterator[list[Row]]:
        """The rows of a statement, as many together as are looked up at once."""
        held: list[Row] = []
        size = 0
        for row in read_rows(self.cursor, _query(name), self.parameters):
            held.append(row)
            size += len(row[-1] or b"")
            if size > _LOOKED_UP_AT * 12:  # bytes that a number takes in an array
                yield held
                held, size = [], 0
        if held:
            yield held

    def _keyed(self, rows: list[Row]) -> tuple[np.ndarray, np.ndarray]:
        codes, cents = self.codes, [integers_of(row[-1]) for row in rows]
        lines = [len(one) for one in cents]
        offices, years, measures, outputs, funds, partners = list(zip(*rows, strict=True))[:-1]
        places: dict[tuple[bytes, bytes], int] = {}
        of_row = [places.setdefault(one, len(places)) for one in zip(offices, years, strict=True)]
        count = sum(lines)
        output, names = texts_of(outputs, count)
        output += np.repeat(of_row, lines) * len(names)
        output_no = _output_numbers(output, list(places), names, codes)
        fund, names = texts_of(funds, count)
        fund_no = _numbers([codes.fund_no(name) for name in names])[fund]
        partner, names = texts_of(partners, count)
        partner_no = _numbers([codes.spelled(name) for name in names])[partner]
        measure = np.repeat([int.from_bytes(one) for one in measures], lines)
        key = fitting(output_no, _OUTPUT_BITS) << _MEASURE_BITS | measure
        key = key << _FUND_BITS | fitting(fund_no, _FUND_BITS)
        key = key << _PARTNER_BITS | fitting(partner_no, _PARTNER_BITS)
        every = np.concatenate(cents)
        is_foreign = every == _NO_CENTS
        self.needs_rates |= bool(is_foreign.any())
        is_counted = (output_no != UNKNOWN) & (fund_no != UNKNOWN) & ~is_foreign
        return (key, every) if is_counted.all() else (key[is_counted], every[is_counted])


def _output_numbers(
    output: np.ndarray, places: list[tuple[bytes, bytes]], names: list[str], codes: Codes
) -> np.ndarray:
    """The number of each line's output in its year. `output` is the place of (office, year) times all names, plus that
    of the name: looked up once for each that occurs.
    """
    occurs = np.zeros(len(places) * len(names), bool)
    occurs[output] = True
    found = np.empty(len(occurs), np.int64)
    for one in np.flatnonzero(occurs).tolist():
        office, year = places[one // len(names)]
        found[one] = codes.output_no(office.decode(), int.from_bytes(year), names[one % len(names)])
    return found[output]


def _numbers(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def fitting(number: np.ndarray, bits: int) -> np.ndarray:
    """These numbers, as a part of a key. Raises OverflowError where one is too large for its bits."""
    if len(number) and number.max() >= 1 << bits:
        raise OverflowError(f"a number of {number.max()} does not fit {bits} bits of a key")
    return number


def sum_by_key(parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys in order, and the sum of each one's cents, where it is not zero.

    Each part is summed by itself, while it is in the processor's cache, and what has come together is summed again.
    """
    held: list[tuple[np.ndarray, np.ndarray]] = []
    count = 0
    for key, cents in parts:
        held.append(_summed(key, cents))
        count += len(held[-1][0])
        if count > max(_FOLDED_AT, len(held[0][0])):
            held, count = [_together(held)], 0
    key, cents = _together(held)
    return key[cents != 0], cents[cents != 0]


def _together(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    if len(parts) == 1:
        return parts[0]
    key, cents = (np.concatenate(column) for column in zip(_NOTHING, *parts, strict=True))
    return _summed(key, cents, "stable")  # which takes parts in order one after another


def _summed(key: np.ndarray, cents: np.ndarray, kind: Literal["stable"] | None = None) -> tuple[np.ndarray, np.ndarray]:
    if not len(key):
        return key, cents
    if np.abs(cents.astype(np.float64)).sum() > _LARGEST_SUM:
        raise OverflowError("the sum of all amounts does not fit 64 bits")  # and below it no sum of some can wrap
    order = np.argsort(key, kind=kind)
    key, cents = key[order], cents[order]
    starts = starts_of(key)
    return key[starts], np.add.reduceat(cents, starts)


def line_of(cells: Cells, codes: Codes) -> np.ndarray:
    """Output and year, measure and type of fund in one number: whose cells stand together."""
    return (cells.output_no * MEASURES + cells.measure) * _types(codes) + codes.type_of[cells.fund_no]


def parts_of(line: np.ndarray, codes: Codes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Output, type and measure of lines, as the tables have them."""
    rest, kind = np.divmod(line, _types(codes))
    output, measure = np.divmod(rest, MEASURES)
    return output, kind, measure + 1


def _types(codes: Codes) -> int:
    return int(codes.type_of.max(initial=0)) + 1


def stage_sums(cursor: psycopg.Cursor, cells: Cells, codes: Codes) -> None:
    """Fills `type_cents`."""
    if len(cells.cents):
        line = line_of(cells, codes)
        starts = starts_of(line)
        write_integers(cursor, "type_cents", *parts_of(line[starts], codes), np.add.reduceat(cells.cents, starts))


@dataclass(frozen=True, slots=True)
class Shares:
    """The weights of every output and year: those that integers can split by, and how each is told of.

    `output_no` are in order, and the weights of one in the order of their places; codes and methods by number.
    """

    weights: Weights
    output_no: np.ndarray
    sdg: np.ndarray
    sdgs: list[str]
    method: np.ndarray
    methods: list[str]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Sums of pieces by output and year, type of fund, measure and place of the weight; some come several times."""

    output_no: np.ndarray
    type_no: np.ndarray
    measure: np.ndarray
    place: np.ndarray
    cents: np.ndarray

    def and_more(self, others: Pieces | None) -> Pieces:
        """These and others."""
        if others is None:
            return self
        return Pieces(*(np.concatenate([getattr(one, name) for one in (self, others)]) for name in Pieces.__slots__))


def read_shares(cursor: psycopg.Cursor) -> Shares:
    """From `weight_eff`."""
    (output, weight, fits, sdg, method), *_ = read_rows(cursor, _query("weights"))
    output_no, is_fit = integers_of(output), integers_of(fits) == 1
    return Shares(
        Weights.of(output_no[is_fit], integers_of(weight)[is_fit]),
        output_no,
        *texts_of([sdg], len(output_no)),
        *texts_of([method], len(output_no)),
    )


def split_cells(cells: Cells, codes: Codes, shares: Shares) -> Pieces:
    """Every cell that integers can split, split alone by the weights of its output and year, and summed by line."""
    fits = np.isin(cells.output_no, shares.weights.group)
    line = line_of(cells, codes)[fits]
    pieces = split_by_line(line, cells.output_no[fits], cells.cents[fits], shares.weights)
    return Pieces(*parts_of(pieces.line, codes), pieces.place, pieces.cents)


def split_long_cells(cursor: psycopg.Cursor, cells: Cells, codes: Codes, shares: Shares) -> Pieces | None:
    """The cells that are left, if there are any, split by the server."""
    chosen = ~np.isin(cells.output_no, shares.weights.group)
    if not chosen.any():
        return None
    run_statement(cursor, _query("long_cell"))
    write_integers(cursor, "long_cell", *parts_of(line_of(cells, codes)[chosen], codes), cells.cents[chosen])
    (row,) = read_rows(cursor, _query("long_pieces"))
    return Pieces(*map(integers_of, row))


def _query(name: str) -> str:
    return statements("cells.sql")[name]
