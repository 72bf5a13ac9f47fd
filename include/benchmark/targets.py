"""The table: what was measured beside what it should be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One target. `runs` are the rounds; `limit` is in the same unit, and `is_floor` where more is better."""

    name: str
    runs: Sequence[float]
    unit: str = "s"
    limit: float | None = None
    is_floor: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    @property
    def is_missed(self) -> bool:
        if self.limit is None:
            return False
        return self.median < self.limit if self.is_floor else self.median > self.limit

    def row(self) -> str:
        spread = f"{min(self.runs):.2f}-{max(self.runs):.2f}" if len(self.runs) > 1 else ""
        limit = "" if self.limit is None else f"{'>=' if self.is_floor else '<='} {self.limit:g} {self.unit}"
        verdict = "" if self.limit is None else "**missed**" if self.is_missed else "met"
        return f"| {self.name} | {self.median:.2f} {self.unit} | {spread} | {limit} | {verdict} |"

    def as_dict(self) -> dict:
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "runs": list(self.runs),
            "limit": self.limit,
            "missed": self.is_missed,
        }


def table(title: str, lines: Sequence[Line]) -> str:
    head = f"### {title}\n\n| what | median | range | target | |\n|---|---|---|---|---|\n"
    return head + "\n".join(line.row() for line in lines) + "\n"
