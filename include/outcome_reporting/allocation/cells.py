"""The money cells: read from the facts line by line, summed and split on integer arrays.

A cell is the money of one output, year, measure, fund and partner: what the rule of the split is applied to. Neither
lines nor cells are stored: what is published, and checked, are their sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import psycopg

from outcome_reporting.allocation.integers import read_integers, write_integers
from outcome_reporting.allocation.split import Weights, split_by_line
from outcome_reporting.allocation.statements import Parameters, run_statement, statements

EXPENSE = 2  # measures are 0 planned, 1 available, 2 expense in cells, and 1 to 3 in the tables made of them
_MEASURES = 3
_PARTNER_BITS = 31  # numbers of outcomes and partners are integers of 32 bits and positive
_LARGEST_SUM = 2.0**62
_FOLDED_AT = 1 << 21  # lines that are held before they are summed: memory stays flat


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns of cells, in the order of output and year, measure, fund (and so of its type), partner; none is zero."""

    output_no: np.ndarray
    measure: np.ndarray
    fund_no: np.ndarray
    partner_no: np.ndarray
    cents: np.ndarray


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the numbers of outputs and funds mean, as arrays to look them up in."""

    outcome_of: np.ndarray
    type_of: np.ndarray
    is_non_core: np.ndarray

    def line(self, cells: Cells) -> np.ndarray:
        """Output and year, measure and type of fund in one number: whose cells stand together."""
        return (cells.output_no * _MEASURES + cells.measure) * self._types + self.type_of[cells.fund_no]

    def parts(self, line: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Output, type and measure of lines, as the tables have them."""
        rest, kind = np.divmod(line, self._types)
        output, measure = np.divmod(rest, _MEASURES)
        return output, kind, measure + 1

    @property
    def _types(self) -> int:
        return int(self.type_of.max(initial=0)) + 1


def read_cells(cursor: psycopg.Cursor, parameters: Parameters) -> Cells:
    """The cells of this share of the offices, from what is live; dimensions and rates are made already."""
    while True:
        fund_step, partner_step = cursor.execute(_query("steps")).fetchone()  # type: ignore[misc]
        given = parameters | {"fund_step": fund_step, "partner_step": partner_step}
        key, cents = sum_by_key(_lines(cursor, given))
        rest, partner_no = np.divmod(key, partner_step)
        if not (partner_no == partner_step - 1).any():
            rest, fund_no = np.divmod(rest, fund_step)
            output_no, measure = np.divmod(rest, _MEASURES)
            return Cells(output_no, measure, fund_no, partner_no, cents)
        for name in ("unknown_spelling", "unknown_partner"):
            run_statement(cursor, _query(name), parameters)


def _lines(cursor: psycopg.Cursor, parameters: Parameters) -> Iterator[tuple[np.ndarray, ...]]:
    for name in ("expense_lines", "foreign_lines", "budget_lines"):
        yield from read_integers(cursor, _query(name), parameters)


def sum_by_key(parts: Iterable[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys in order, and the sum of each one's cents, where it is not zero."""
    held = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    count = 0
    for key, cents in parts:
        held.append((key, cents))
        count += len(key)
        if count > max(_FOLDED_AT, len(held[0][0])):
            held, count = [_folded(held)], 0
    key, cents = _folded(held)
    return key[cents != 0], cents[cents != 0]


def _folded(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    key, cents = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not len(key):
        return key, cents
    if np.abs(cents.astype(np.float64)).sum() > _LARGEST_SUM:
        raise OverflowError("the sum of all amounts does not fit 64 bits")  # and below it no sum of some can wrap
    order = np.argsort(key)
    key, cents = key[order], cents[order]
    starts = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
    return key[starts], np.add.reduceat(cents, starts)


def read_numbers(cursor: psycopg.Cursor) -> Numbers:
    """What the connection's numbers mean; another one's are the same."""
    (output_no, outcome_no), *_ = read_integers(cursor, _query("places"))
    (fund_no, type_no, is_non_core), *_ = read_integers(cursor, _query("funds"))
    return Numbers(_looked_up(output_no, outcome_no), _looked_up(fund_no, type_no), _looked_up(fund_no, is_non_core))


def _looked_up(number: np.ndarray, value: np.ndarray) -> np.ndarray:
    found = np.zeros(int(number.max(initial=0)) + 1, np.int64)
    found[number] = value
    return found


def stage_sums(cursor: psycopg.Cursor, halves: Iterable[Cells], numbers: Numbers) -> None:
    """Fills `type_cents` and, in the order of the keys of the lines to be made of it, `direct_cents`.

    The halves are of different offices, and all are numbered alike.
    """
    direct = []
    for cells in halves:
        if len(cells.cents):
            line = numbers.line(cells)
            starts = np.flatnonzero(np.diff(line, prepend=line[0] - 1))
            write_integers(cursor, "type_cents", *numbers.parts(line[starts]), np.add.reduceat(cells.cents, starts))
        chosen = np.flatnonzero((cells.measure == EXPENSE) & (numbers.is_non_core[cells.fund_no] == 1))
        place = (numbers.outcome_of[cells.output_no[chosen]] << _PARTNER_BITS) + cells.partner_no[chosen]
        direct.append((place, cells.cents[chosen]))
    key, cents = sum_by_key(direct)
    write_integers(cursor, "direct_cents", key >> _PARTNER_BITS, key & ((1 << _PARTNER_BITS) - 1), cents)


@dataclass(frozen=True, slots=True)
class SplitCells:
    """Sums of pieces, and the cells that integers cannot split; columns as the tables have them."""

    pieces: tuple[np.ndarray, ...]
    long_cells: tuple[np.ndarray, ...]


def read_weights(cursor: psycopg.Cursor) -> Weights:
    """The weights of each output and year that integers can split by."""
    (output_no, weight), *_ = read_integers(cursor, _query("weights"))
    return Weights.of(output_no, weight)


def split_cells(cells: Cells, numbers: Numbers, weights: Weights) -> SplitCells:
    """Every cell split alone by the weights of its output and year, summed by line."""
    line = numbers.line(cells)
    fits = np.isin(cells.output_no, weights.group)
    pieces = split_by_line(line[fits], cells.output_no[fits], cells.cents[fits], weights)
    return SplitCells(
        (*numbers.parts(pieces.line), pieces.place, pieces.cents), (*numbers.parts(line[~fits]), cells.cents[~fits])
    )


def stage_pieces(cursor: psycopg.Cursor, split: SplitCells) -> None:
    """Adds to `split_piece` and `long_cell`."""
    write_integers(cursor, "split_piece", *split.pieces)
    write_integers(cursor, "long_cell", *split.long_cells)


def _query(name: str) -> str:
    return statements("cells.sql")[name]
