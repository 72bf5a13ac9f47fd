"""Which partners of an outcome and year are named, and which are summed as `(other)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LISTED = 40  # partners named where there are too many
SPARE = 5  # more than LISTED that are still named all, rather than a few summed


class PartnerAmount(NamedTuple):
    """A partner's own (direct) money of one outcome and year, in cents."""

    partner: str
    name: str
    expense: int
    contribution: int


def smaller_partners(partners: Iterable[tuple[str, str, int, int]]) -> set[str]:
    """The codes that are summed: none of up to 45 partners, of more those past the 40 largest.

    Partners are given as `PartnerAmount` has them. Largest by expense without its sign, then contribution without
    its sign, then name and code as they compare letter by letter. The database has the same rule in
    `core.published_partners`; a test compares the two.
    """
    every = list(partners)
    if len(every) <= LISTED + SPARE:
        return set()
    limit = sorted([abs(expense) for _, _, expense, _ in every])[-LISTED]  # who spends less is not among the largest
    large = [(-abs(expense), -abs(given), name, code) for code, name, expense, given in every if abs(expense) >= limit]
    largest = {code for *_, code in sorted(large)[:LISTED]}
    return {code for code, _, _, _ in every if code not in largest}
