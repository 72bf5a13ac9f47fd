"""Writes reports below a site folder; a file whose bytes are the same is never touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from outcome_reporting.domain.outcome import OutcomeFacts, OutcomeYearSummary

from .html import TEMPLATES, page_bytes, path_part
from .page import build_page
from .site import outcome_path, render_index, render_office, render_redirect, render_year_index, site_paths
from .sources_page import render_sources
from .workbook import workbook_bytes


def write_if_changed(path: Path, content: bytes) -> bool:
    """True when it wrote. A new file is written straight: nothing leads to it before the front pages, which come last.

    What stands there is never written through, as it may be a link to the former release's file: it is replaced by
    a neighbour, so that no reader sees half a file.
    """
    try:
        new = open(path, "xb")  # noqa: SIM115 - that it stands there is an answer too
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_if_changed(path, content)
    except FileExistsError:
        if path.read_bytes() == content:
            return False
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        os.replace(part, path)
        return True
    with new:
        new.write(content)
    return True


def build_outcome_year(facts: OutcomeFacts, year: int, folder: Path, language: str = "en") -> list[Path]:
    """Builds page and workbook of one year, and the page that leads to the newest; returns the files it wrote.

    `folder` is the site. Raises UnpublishablePage before anything is written. Running it again writes nothing:
    the bytes depend on the facts alone.
    """
    page = build_page(facts, year, language)
    paths = site_paths(facts, year)
    book = workbook_bytes(page, facts)
    html = page_bytes(page, paths.workbook_name, len(book))
    files = {paths.workbook: book, paths.page: html, paths.sources: render_sources(facts, page).encode()}
    newest = max(facts.years, default=year)
    files[paths.index] = render_redirect(newest, facts.title, language).encode()
    return [folder / name for name, content in files.items() if write_if_changed(folder / name, content)]


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
    for office in sorted({row.office for row in summaries}):
        latest = max(row.fiscal_year for row in summaries if row.office == office)
        page = render_office(summaries, office, latest, data_date, *common)
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
