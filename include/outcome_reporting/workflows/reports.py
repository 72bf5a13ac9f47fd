"""When allocations change: build the pages and workbooks of what changed, and release the whole set at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcome_reporting.domain.codes import natural_key
from outcome_reporting.domain.errors import UsageError
from outcome_reporting.domain.outcome import OutcomeYearSummary
from outcome_reporting.reports.summary import plain_values, summary_of
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.outcome_facts import Publication, publication_at
from outcome_reporting.warehouse.stale import offices_changed_since
from outcome_reporting.workflows.house import open_house

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OFFICES_A_JOB = 13  # at most, read in one pass: each pass has a price of its own
_LINES = "lines.json"  # beside the site: what the front page says of each outcome and year
_KEPT_RELEASES = 2


def pending_reports(settings: Settings) -> list[str]:
    """The offices whose released pages are older than what is published; empty when the site is up to date."""
    with open_house(settings).engine.connect() as connection:
        publication = publication_at(connection)
        return [] if publication is None else sorted(_stale(settings, connection, publication))


def _stale(settings: Settings, connection: Connection, publication: Publication) -> set[str]:
    released = _release_note(settings)
    lines = (settings.folder("reports") / "site").resolve().parent / _LINES
    if not lines.exists() or released.get("recipe") != _recipe(settings):
        return _offices_of_lines(connection)
    if released["published_at"] == publication.published_at.isoformat():
        return set()
    changed = offices_changed_since(connection, datetime.fromisoformat(released["published_at"]))
    return _offices_of_lines(connection) if changed is None else changed


def _offices_of_lines(connection: Connection) -> set[str]:
    """Every office that has or had something to report, each found by one step in the key and not row by row."""
    query = " union ".join(
        f"""(with recursive found as (
          select min(office) as office from report.{table}
          union all
          select (select min(line.office) from report.{table} line where line.office > found.office)
          from found where found.office is not null
        ) select office from found where office is not null)"""
        for table in ("resource_line", "partner_line", "result_line", "note_line")
    )
    return {office for (office,) in connection.exec_driver_sql(query)}


def builders_ahead(offices: int) -> AbstractContextManager[None]:
    """Within the block those who build the reports of about so many offices are started, before anything is to do."""
    from outcome_reporting.workflows import builders

    return builders.builders_ahead(-(-offices // _OFFICES_A_JOB))


def read_ahead(settings: Settings, snapshot_at: datetime, run_date: date, offices: Sequence[str]) -> None:
    """While money of these offices is allocated from the slices of that moment: builders that were started ahead read
    the cells that their pages will show. A guess of what will be due, by which nothing but time is lost or gained.
    """
    from outcome_reporting.workflows import builders
    from outcome_reporting.workflows.pages_job import CellsJob

    parts = in_parts(sorted(offices), _OFFICES_A_JOB)
    builders.read_ahead(settings, [CellsJob(snapshot_at, run_date, settings.impute_core, part) for part in parts])


def build_reports(
    settings: Settings,
    office: str | None = None,
    outcome: str | None = None,
    year: int | None = None,
    as_of: str | datetime | None = None,
    out: Path | None = None,
    on_outcome: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Build the reports of a scope into `out`, or into the released site those of them that are out of date.

    With `as_of` they say what was published then, names masked by today's list, and never touch the released
    site. A file whose bytes do not change is not written. `problems` names the pages that may not be published,
    with all reasons; what was released of them before stays.
    """
    moment = _moment(as_of)
    if moment is not None and out is None:
        raise UsageError("a report of a past day goes into a folder of its own, never into the released site")
    scope = _Scope(office, outcome, year)
    with open_house(settings).engine.connect() as connection:
        publication = publication_at(connection, moment)
        if publication is None:
            return _summary([], 0, "", [])
        offices = _offices_of_lines(connection)
        stale = offices if out is not None else _stale(settings, connection, publication)
    if out is not None:
        built = _build(settings, publication, sorted(offices), scope, out, on_outcome)
        return _summary(scope.pages(built.lines), built.files_written, str(out), built.problems)
    release = _start_release(settings)
    try:
        wanted = stale if not scope.is_narrow else offices & {office} if office else offices
        if not (release / _LINES).exists():
            wanted = offices  # their lines are wanted, if not their pages
        kept = _kept_lines(release, wanted)
        built = _build(settings, publication, sorted(wanted), scope, release / "site", on_outcome, kept)
        _keep_lines(release, built)
    except BaseException:
        shutil.rmtree(release, ignore_errors=True)
        raise
    _finish_release(settings, release, publication.published_at.isoformat(), built.files_written, scope.is_narrow)
    front = str(settings.folder("reports") / "site" / "index.html")
    return _summary(scope.pages(built.lines), built.files_written, front, built.problems)


def in_parts(those: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    """These names in order, at most so many at a time; nearly as many each time, and each core as often.

    The larger parts come first: builders that take turns end together.
    """
    cores = os.cpu_count() or 1
    parts = min(len(those), cores * -(-len(those) // (cores * size))) if len(those) > size else 1
    least, larger = divmod(len(those), parts)
    ends = [number * least + min(number, larger) for number in range(parts + 1)]
    return (tuple(those[start:end]) for start, end in pairwise(ends) if end > start)


@dataclass(frozen=True, slots=True)
class _Scope:
    office: str | None
    outcome: str | None
    year: int | None

    @property
    def is_narrow(self) -> bool:
        return (self.office, self.outcome, self.year) != (None, None, None)

    def pages(self, lines: Iterable[OutcomeYearSummary]) -> list[OutcomeYearSummary]:
        return [
            one
            for one in lines
            if self.office in (None, one.office)
            and self.outcome in (None, one.outcome)
            and self.year in (None, one.fiscal_year)
        ]


@dataclass(slots=True)
class _Built:
    """The front page's lines of the whole site, when its data is from, and what was done for it."""

    lines: list[OutcomeYearSummary]
    data_date: datetime | None = None
    files_written: int = 0
    problems: list[str] = field(default_factory=list)


def _build(
    settings: Settings,
    publication: Publication,
    offices: Sequence[str],
    scope: _Scope,
    folder: Path,
    on_outcome: Callable[[str], None] | None,
    kept: _Built | None = None,
) -> _Built:
    """Build these offices' pages, then the front pages over them and what is `kept` of the others."""
    from outcome_reporting.reports.build_site import build_site, remove_gone
    from outcome_reporting.workflows.builders import build_in_parts
    from outcome_reporting.workflows.pages_job import PagesJob

    folder.mkdir(parents=True, exist_ok=True)
    is_new = not any(folder.iterdir())
    built = kept or _Built([])
    silent = [one for one in offices if scope.office not in (None, one)]  # only their lines are wanted
    jobs = [
        PagesJob(publication, part, folder, scope.outcome, scope.year, has_pages)
        for those, has_pages in (([one for one in offices if one not in silent], True), (silent, False))
        for part in in_parts(those, _OFFICES_A_JOB)
    ]
    for pages in build_in_parts(settings, jobs):
        built.lines += pages.summaries
        built.files_written += pages.files_written
        built.problems += pages.problems
        dates = [date for date in (built.data_date, pages.data_date) if date is not None]
        built.data_date = max(dates, default=None)
        if on_outcome:
            for outcome in sorted({one.outcome for one in pages.summaries}):
                on_outcome(outcome)
    built.lines.sort(key=lambda one: (natural_key(one.outcome), one.plan_period, one.fiscal_year))
    built.problems.sort()
    if built.data_date is not None:
        built.files_written += len(build_site(built.lines, built.data_date, folder, settings.publisher_name))
    if not is_new:  # else a hundredth of a second is spent on finding nothing
        built.files_written += remove_gone(built.lines, folder)
    return built


def _kept_lines(release: Path, anew: Set[str]) -> _Built:
    """What the front page said of the offices that are not built anew."""
    path = release / _LINES
    if not path.exists():
        return _Built([])
    kept = json.loads(path.read_text())
    lines = [summary_of(one) for one in kept["lines"] if one["office"] not in anew]
    return _Built(lines, kept["data_date"] and datetime.fromisoformat(kept["data_date"]))


def _keep_lines(release: Path, built: _Built) -> None:
    kept = {
        "data_date": built.data_date and built.data_date.isoformat(),
        "lines": [plain_values(one) for one in built.lines],
    }
    path = release / _LINES
    path.unlink(missing_ok=True)  # a link to the former release's: that one stays as it is
    path.write_text(json.dumps(kept, ensure_ascii=False))


def _start_release(settings: Settings) -> Path:
    """A folder that starts as the released set, file by file as links: only what changes is written anew."""
    reports = settings.folder("reports")
    release = reports / "releases" / f"building-{os.getpid()}"
    shutil.rmtree(release, ignore_errors=True)
    current = reports / "site"
    if current.exists():
        shutil.copytree(current.resolve().parent, release, copy_function=os.link)
    else:
        (release / "site").mkdir(parents=True)
    return release


def _finish_release(settings: Settings, release: Path, published_at: str, written: int, is_narrow: bool) -> None:
    """Swap the pointer `reports/site` to the new set; when nothing was written the old one stays as it is.

    A set of which only a part was looked at stays as old as it was: the next night looks at the rest.
    """
    reports = settings.folder("reports")
    if written or not (reports / "site").exists():
        _swap(reports, release)
    else:
        shutil.rmtree(release)
    if not is_narrow:
        _note_release(settings, published_at)


def _swap(reports: Path, release: Path) -> None:
    releases = reports / "releases"
    number = max((int(path.name) for path in releases.iterdir() if path.name.isdigit()), default=0) + 1
    final = releases / f"{number:06d}"
    release.rename(final)
    pointer = reports / f".site-{os.getpid()}"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(Path("releases") / final.name / "site")
    pointer.replace(reports / "site")
    for old in sorted(path for path in releases.iterdir() if path.name.isdigit())[:-_KEPT_RELEASES]:
        shutil.rmtree(old)


def _note_release(settings: Settings, published_at: str) -> None:
    note = settings.folder("reports") / "release.json"
    text = json.dumps({"published_at": published_at, "recipe": _recipe(settings)})
    if not note.exists() or note.read_text() != text:
        note.write_text(text)


def _release_note(settings: Settings) -> dict[str, str]:
    note = settings.folder("reports") / "release.json"
    return json.loads(note.read_text()) if note.exists() else {}


def _recipe(settings: Settings) -> str:
    """A digest of all that makes a page besides the figures: the code that builds it, code lists, settings."""
    digest = hashlib.sha256(f"{settings.publisher}|{settings.publisher_name}|{settings.impute_core}".encode())
    package = Path(__file__).resolve().parents[1]
    folders = (package / "reports", package / "domain", settings.reference)
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _moment(as_of: str | datetime | None) -> datetime | None:
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError as error:
        raise UsageError(f"{as_of} is not a moment; write it as 2023-03-01T12:00:00+00:00") from error
    return moment if moment.tzinfo else moment.astimezone()


def _summary(pages: Sequence[OutcomeYearSummary], written: int, release: str, problems: list[str]) -> dict[str, Any]:
    return {
        "reports": len(pages) - len(problems),
        "outcomes": len({(one.outcome, one.plan_period) for one in pages}),
        "files_written": written,
        "release": release,
        "problems": problems,
        "is_bad": bool(problems),
    }
