"""Writes what stands around the reports, whose makers need not be loaded for it: front pages, offices, the style."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from outcome_reporting.domain.outcome import OutcomeYearSummary

from .files import write_if_changed
from .frames import TEMPLATES
from .front_pages import render_index, render_office, render_year_index
from .site import outcome_path, path_part


def build_site(
    summaries: Sequence[OutcomeYearSummary],
    data_date: datetime,
    folder: Path,
    publisher_name: str = "UN Women",
    language: str = "en",
) -> list[Path]:
    """Builds the front page, one for each earlier year, one for each office, and the style sheet.

    `summaries` holds every outcome and year of the whole site. Returns the files it wrote.
    """
    years = sorted({row.fiscal_year for row in summaries})
    newest = years[-1] if years else data_date.year
    common = (publisher_name, language)
    files = {
        "assets/site.css": (TEMPLATES / "site.css").read_bytes(),
        "index.html": render_index(summaries, newest, data_date, years, *common).encode(),
    }
    for year in years[:-1]:
        files[f"years/{year}.html"] = render_year_index(summaries, year, data_date, years, *common).encode()
    of_office: dict[str, list[OutcomeYearSummary]] = defaultdict(list)
    for row in summaries:
        of_office[row.office].append(row)
    for office, own in sorted(of_office.items()):
        latest = max(row.fiscal_year for row in own)
        page = render_office(own, office, latest, data_date, *common)
        files[f"{path_part(office)}/index.html"] = page.encode()
    return [folder / name for name, content in files.items() if write_if_changed(folder / name, content)]


def remove_gone(summaries: Sequence[OutcomeYearSummary], folder: Path) -> int:
    """Pages of outcomes and years that are no longer published leave the site; how many did."""
    wanted = {
        folder / outcome_path(one.office, one.plan_period, one.outcome) / str(one.fiscal_year) for one in summaries
    }
    gone = [page.parent for page in folder.glob("*/*/*/*/index.html") if page.parent not in wanted]
    for old in gone:
        shutil.rmtree(old)
    return len(gone)
