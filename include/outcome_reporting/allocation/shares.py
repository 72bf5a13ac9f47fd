"""Which offices each of two connections computes, so that both have about the same number of lines."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from outcome_reporting.allocation.statements import Parameters, statements

WORTH_IT = 50_000  # lines: below that a second connection costs more than it gives


@dataclass(frozen=True, slots=True)
class Shares:
    """Offices computed here (None: all there are) and beside (None: nothing is)."""

    ours: list[str] | None
    theirs: list[str] | None


def shares_of(cursor: psycopg.Cursor, parameters: Parameters) -> Shares:
    """Largest office first, each to the side that has fewer lines so far: the same facts, the same shares."""
    found = cursor.execute(statements("shares.sql")["lines_by_office"], parameters).fetchall()
    if len(found) < 2 or sum(lines for _, lines in found) < WORTH_IT:
        return Shares(parameters["offices"], None)
    sides: tuple[list[str], list[str]] = ([], [])
    counts = [0, 0]
    for office, lines in found:
        side = int(counts[1] < counts[0])
        sides[side].append(office)
        counts[side] += lines
    return Shares(*sides)
