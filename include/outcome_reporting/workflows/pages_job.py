"""What a builder is given, and what it says when it is done: plain values that travel between processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from outcome_reporting.domain.outcome import OutcomeYearSummary
from outcome_reporting.reports.summary import plain_values, summary_of

if TYPE_CHECKING:
    from outcome_reporting.warehouse.outcome_facts import Publication


@dataclass(frozen=True, slots=True)
class PagesJob:
    """Some offices of one publication. `outcome` and `year` limit the pages, never what is summarized."""

    publication: Publication
    offices: tuple[str, ...]
    folder: Path
    outcome: str | None = None
    year: int | None = None
    has_pages: bool = True  # False: only the lines of the front page are wanted


@dataclass(frozen=True, slots=True)
class CellsJob:
    """Some offices whose money is being allocated from the slices live at a moment: their cells can be read already."""

    snapshot_at: datetime
    run_date: date
    is_imputed: bool
    offices: tuple[str, ...]

    @classmethod
    def of(cls, job: PagesJob) -> CellsJob:
        """What should have been read for the pages of this job."""
        publication = job.publication
        return cls(publication.snapshot_at, publication.run_date, publication.is_imputed, job.offices)


@dataclass(slots=True)
class BuiltPages:
    """What became of a job: one summary for every outcome and year, files written, pages refused and why."""

    summaries: list[OutcomeYearSummary]
    data_date: datetime | None
    files_written: int = 0
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict:
        return {
            "summaries": [plain_values(one) for one in self.summaries],
            "data_date": self.data_date and self.data_date.isoformat(),
            "files_written": self.files_written,
            "problems": list(self.problems),
        }

    @classmethod
    def from_dict(cls, values: dict) -> BuiltPages:
        return cls(
            [summary_of(one) for one in values["summaries"]],
            values["data_date"] and datetime.fromisoformat(values["data_date"]),
            values["files_written"],
            tuple(values["problems"]),
        )
