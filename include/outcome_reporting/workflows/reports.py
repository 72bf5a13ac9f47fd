"""When allocations change: build the pages and workbooks of what changed, and release the whole set at once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from outcome_reporting.domain.errors import UsageError
from outcome_reporting.domain.outcome import Labels, OutcomeFacts
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.outcome_facts import publication_at, read_outcomes
from outcome_reporting.workflows.house import House, open_house

_KEPT_RELEASES = 2


def pending_reports(settings: Settings) -> list[str]:
    """The offices whose pages are older than what is published; empty when the released site is up to date."""
    house = open_house(settings)
    with house.engine.connect() as connection:
        publication = publication_at(connection)
        if publication is None or _released_at(settings) == publication.published_at.isoformat():
            return []
        found = connection.exec_driver_sql("select distinct office from report.outcome_resources order by 1")
        return [office for (office,) in found]


def build_reports(
    settings: Settings,
    office: str | None = None,
    outcome: str | None = None,
    year: int | None = None,
    as_of: str | datetime | None = None,
    out: Path | None = None,
    on_outcome: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Build the reports of a scope (None: everything), into the released site or into `out`.

    With `as_of` they say what was published then, names masked by today's list, and never touch the released
    site. A file whose bytes do not change is not written. `problems` names the pages that may not be published,
    with all reasons; what was released of them before stays.
    """
    house = open_house(settings)
    moment = _moment(as_of)
    if moment is not None and out is None:
        raise UsageError("a report of a past day goes into a folder of its own, never into the released site")
    facts = _facts(house, moment)
    with house.engine.connect() as connection:
        publication = publication_at(connection, moment)
    chosen = [one for one in facts if office in (None, one.office) and outcome in (None, one.outcome)]
    if out is not None:
        written, problems = _build(chosen, facts, year, out, on_outcome)
        return _summary(chosen, year, written, str(out), problems)
    if publication is None:
        return _summary([], year, 0, "", [])
    release = _start_release(settings)
    try:
        written, problems = _build(chosen, facts, year, release / "site", on_outcome)
        written += _remove_gone(release / "site", facts) if office is outcome is year is None else 0
    except BaseException:
        shutil.rmtree(release, ignore_errors=True)
        raise
    _finish_release(settings, release, publication.published_at.isoformat(), written)
    return _summary(chosen, year, written, str(settings.folder("reports") / "site" / "index.html"), problems)


def _facts(house: House, moment: datetime | None) -> list[OutcomeFacts]:
    reference = house.reference
    labels = Labels(
        goals={goal.code: goal.title for goal in reference.goals.values()},
        targets={target.code: target.title for target in reference.targets.values()},
        contributor_types=reference.contributor_types,
        publisher=house.settings.publisher,
        publisher_name=house.settings.publisher_name,
        impute_core=house.settings.impute_core,
    )
    names = {key: element.name for key, element in reference.plan_elements.items()}
    with house.engine.connect() as connection:
        return read_outcomes(connection, labels, names, moment)


def _build(
    chosen: Sequence[OutcomeFacts],
    every: Sequence[OutcomeFacts],
    year: int | None,
    folder: Path,
    on_outcome: Callable[[str], None] | None,
) -> tuple[int, list[str]]:
    """Write the pages of the chosen outcomes and the front page of all: files written, and pages refused.

    A page that may not be published keeps what was released of it before; the others go on.
    """
    from outcome_reporting.reports.build import build_outcome_year, build_site
    from outcome_reporting.reports.errors import UnpublishablePage
    from outcome_reporting.reports.summary import summarize

    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    problems = []
    for facts in chosen:
        for one in facts.years:
            if year in (None, one):
                try:
                    written += len(build_outcome_year(facts, one, folder))
                except UnpublishablePage as refused:
                    problems.append(str(refused))
        if on_outcome:
            on_outcome(facts.outcome)
    if every:
        summaries = [summarize(facts, one) for facts in every for one in facts.years]
        data_date = max(facts.data_date for facts in every)
        written += len(build_site(summaries, data_date, folder, every[0].labels.publisher_name))
    return written, problems


def _remove_gone(site: Path, facts: Iterable[OutcomeFacts]) -> int:
    """Pages of outcomes and years that are no longer published leave the new release."""
    wanted = {site / one.office / one.plan_period / one.outcome / str(year) for one in facts for year in one.years}
    gone = [page.parent for page in site.glob("*/*/*/*/index.html") if page.parent not in wanted]
    for folder in gone:
        shutil.rmtree(folder)
    return len(gone)


def _start_release(settings: Settings) -> Path:
    """A folder that starts as the released set, file by file as links: only what changes is written anew."""
    reports = settings.folder("reports")
    release = reports / "releases" / f"building-{os.getpid()}"
    shutil.rmtree(release, ignore_errors=True)
    current = reports / "site"
    if current.exists():
        shutil.copytree(current.resolve(), release / "site", copy_function=os.link)
    else:
        (release / "site").mkdir(parents=True)
    return release


def _finish_release(settings: Settings, release: Path, published_at: str, written: int) -> None:
    """Swap the pointer `reports/site` to the new set; when nothing was written the old one stays as it is."""
    reports = settings.folder("reports")
    if not written and (reports / "site").exists():
        shutil.rmtree(release)
        _note_release(reports, published_at)
        return
    releases = reports / "releases"
    number = max((int(path.name) for path in releases.iterdir() if path.name.isdigit()), default=0) + 1
    final = releases / f"{number:06d}"
    release.rename(final)
    pointer = reports / f".site-{os.getpid()}"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(Path("releases") / final.name / "site")
    pointer.replace(reports / "site")
    _note_release(reports, published_at)
    for old in sorted(path for path in releases.iterdir() if path.name.isdigit())[:-_KEPT_RELEASES]:
        shutil.rmtree(old)


def _note_release(reports: Path, published_at: str) -> None:
    note = reports / "release.json"
    text = json.dumps({"published_at": published_at})
    if not note.exists() or note.read_text() != text:
        note.write_text(text)


def _released_at(settings: Settings) -> str | None:
    note = settings.folder("reports") / "release.json"
    return json.loads(note.read_text())["published_at"] if note.exists() else None


def _moment(as_of: str | datetime | None) -> datetime | None:
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError as error:
        raise UsageError(f"{as_of} is not a moment; write it as 2023-03-01T12:00:00+00:00") from error
    return moment if moment.tzinfo else moment.astimezone()


def _summary(
    facts: Sequence[OutcomeFacts], year: int | None, written: int, release: str, problems: list[str]
) -> dict[str, Any]:
    pages = sum(1 for one in facts for own in one.years if year in (None, own))
    return {
        "reports": pages - len(problems),
        "outcomes": len(facts),
        "files_written": written,
        "release": release,
        "problems": problems,
        "is_bad": bool(problems),
    }
