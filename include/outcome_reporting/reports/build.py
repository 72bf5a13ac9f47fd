"""Writes the report of one outcome and year below a site folder."""

from __future__ import annotations

from pathlib import Path

from outcome_reporting.domain.outcome import OutcomeFacts

from .files import write_if_changed
from .html import page_bytes
from .page import build_page
from .site import render_redirect, site_paths
from .sources_page import render_sources
from .workbook import workbook_bytes


def build_outcome_year(facts: OutcomeFacts, year: int, folder: Path, language: str = "en") -> list[Path]:
    """Builds page and workbook of one year, and the page that leads to the newest; returns the files it wrote.

    `folder` is the site. Raises UnpublishablePage before anything is written. Running it again writes nothing:
    the bytes depend on the facts alone.
    """
    page = build_page(facts, year, language)
    paths = site_paths(facts, year)
    book = workbook_bytes(page, facts)
    html = page_bytes(page, paths.workbook_name, len(book))
    files = {paths.workbook: book, paths.page: html, paths.sources: render_sources(facts, page)}
    newest = max(facts.years, default=year)
    files[paths.index] = render_redirect(newest, facts.title, language).encode()
    return [path for name, content in files.items() if write_if_changed(path := folder / name, content)]
