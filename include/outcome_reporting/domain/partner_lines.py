"""Which partners of an outcome and year are named, and which are summed as `(other)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

LISTED = 40  # partners named where there are too many
SPARE = 5  # more than LISTED that are still named all, rather than a few summed


class HasAmounts(Protocol):
    """A partner's own (direct) money of one outcome and year, in cents."""

    @property
    def partner(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def expense(self) -> int: ...
    @property
    def contribution(self) -> int: ...


class PartnerAmount(NamedTuple):
    """The same and nothing more."""

    partner: str
    name: str
    expense: int
    contribution: int


def smaller_partners(partners: Iterable[HasAmounts]) -> set[str]:
    """The codes that are summed: none of up to 45 partners, of more those past the 40 largest.

    Largest by expense without its sign, then contribution without its sign, then name and code as they compare
    letter by letter. The database has the same rule in `core.published_partners`; a test compares the two.
    """
    ordered = sorted(partners, key=lambda one: (-abs(one.expense), -abs(one.contribution), one.name, one.partner))
    return {one.partner for one in ordered[LISTED:]} if len(ordered) > LISTED + SPARE else set()
