"""The pages of a few offices, from the warehouse to the files: the unit of work of every build of reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import psycopg

from outcome_reporting.domain.outcome import Labels
from outcome_reporting.reports.build import build_outcome_year
from outcome_reporting.reports.errors import UnpublishablePage
from outcome_reporting.reports.summary import summarize
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.core_facts import CoreFacts, Snapshot, read_core_facts
from outcome_reporting.warehouse.outcome_facts import read_outcomes
from outcome_reporting.warehouse.server import open_session
from outcome_reporting.workflows.house import House, open_house
from outcome_reporting.workflows.pages_job import BuiltPages, CellsJob, PagesJob


class Builder:
    """Builds one job after another; one session serves them all. A context manager."""

    def __init__(self, settings: Settings) -> None:
        self._house = open_house(settings)
        self._session = open_session(settings)
        self._ahead: dict[CellsJob, CoreFacts] = {}

    def __enter__(self) -> Builder:
        return self

    def __exit__(self, *_) -> None:
        self._session.close()

    def read_ahead(self, job: CellsJob) -> None:
        """Reads all of pages but their figures, which are not published yet, and keeps it for their build."""
        with self._session.transaction():
            snapshot = Snapshot(job.snapshot_at, job.run_date, job.is_imputed)
            self._ahead[job] = read_core_facts(self._session, snapshot, job.offices)

    def build(self, job: PagesJob) -> BuiltPages:
        """Reads the outcomes of the job's offices and writes their pages below `job.folder`.

        A page that may not be published is among the problems, and what stood there before stays. Running it again
        writes nothing.
        """
        ahead = self._ahead.pop(CellsJob.of(job), None)
        with self._session.transaction():
            return _built(self._house, self._session, job, ahead)


def build_pages(settings: Settings, jobs: Iterable[PagesJob]) -> Iterator[BuiltPages]:
    """What became of each job, built in this process."""
    with Builder(settings) as builder:
        for job in jobs:
            yield builder.build(job)


def _built(house: House, session: psycopg.Connection[Any], job: PagesJob, ahead: CoreFacts | None) -> BuiltPages:
    sources_of = None if job.has_pages else ()  # a line of the front page is explained by no cell
    facts = read_outcomes(
        session, job.publication, labels_of(house), _element_names(house), job.offices, sources_of, ahead
    )
    written, problems = 0, []
    for one in facts:
        if not job.has_pages or job.outcome not in (None, one.outcome):
            continue
        for year in _wanted(one.years, job.year):
            try:
                written += len(build_outcome_year(one, year, job.folder))
            except UnpublishablePage as refused:
                problems.append(str(refused))
    summaries = [summarize(one, year) for one in facts for year in one.years]
    return BuiltPages(summaries, max((one.data_date for one in facts), default=None), written, tuple(problems))


def _wanted(years: Collection[int], year: int | None) -> list[int]:
    return [one for one in years if year in (None, one)]


def labels_of(house: House) -> Labels:
    """The site's titles from the reference data."""
    reference = house.reference
    return Labels(
        goals={goal.code: goal.title for goal in reference.goals.values()},
        targets={target.code: target.title for target in reference.targets.values()},
        contributor_types=reference.contributor_types,
        publisher=house.settings.publisher,
        publisher_name=house.settings.publisher_name,
        impute_core=house.settings.impute_core,
    )


def _element_names(house: House) -> dict[tuple[str, str], str]:
    return {key: element.name for key, element in house.reference.plan_elements.items()}
