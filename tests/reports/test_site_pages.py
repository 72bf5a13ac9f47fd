"""Files on disk: where they stand, that links lead somewhere, and that nothing unchanged is touched."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sample_facts import YEARS, kgz_facts

from outcome_reporting.reports.build import build_outcome_year
from outcome_reporting.reports.build_site import build_site
from outcome_reporting.reports.errors import UnpublishablePage
from outcome_reporting.reports.files import write_if_changed
from outcome_reporting.reports.front_pages import render_index
from outcome_reporting.reports.site import site_paths
from outcome_reporting.reports.summary import summarize


def _build(folder: Path) -> list[Path]:
    facts = kgz_facts()
    written = [path for year in YEARS for path in build_outcome_year(facts, year, folder)]
    return written + build_site([summarize(facts, year) for year in YEARS], facts.data_date, folder)


def test_files_stand_where_people_link_to_them(tmp_path):
    _build(tmp_path)
    folder = tmp_path / "KGZ" / "2018-2022" / "KGZ_O_2"
    assert (folder / "2022" / "index.html").is_file() and (folder / "2022" / "KGZ_O_2-2022.xlsx").is_file()
    assert "url=2022/index.html" in (folder / "index.html").read_text()
    assert site_paths(kgz_facts(), 2022).page == "KGZ/2018-2022/KGZ_O_2/2022/index.html"


def test_every_link_of_the_site_leads_to_a_file_and_an_element(tmp_path):
    _build(tmp_path)
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) == 2 * len(YEARS) + 1 + len(YEARS) + 1
    for page in pages:
        for link in re.findall(r'(?:href="|url=)([^"]+)"', page.read_text()):
            place, _, anchor = link.partition("#")
            target = (page.parent / place).resolve() if place else page
            assert target.is_file(), f"{page}: {link}"
            assert not anchor or f'id="{anchor}"' in target.read_text(), f"{page}: {link}"


def test_a_second_build_writes_nothing(tmp_path):
    assert len(_build(tmp_path)) == 3 * len(YEARS) + 1 + 1 + len(YEARS) + 1
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert _build(tmp_path) == []
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}


def test_a_link_to_the_former_release_is_never_written_through(tmp_path):
    former, page = tmp_path / "former.html", tmp_path / "site" / "index.html"
    former.write_bytes(b"former")
    page.parent.mkdir()
    page.hardlink_to(former)
    assert write_if_changed(page, b"newer") and not write_if_changed(page, b"newer")
    assert (former.read_bytes(), page.read_bytes()) == (b"former", b"newer")
    assert [one.name for one in page.parent.iterdir()] == ["index.html"]


def test_a_refused_page_leaves_the_old_one(tmp_path):
    build_outcome_year(kgz_facts(), 2022, tmp_path)
    page = tmp_path / site_paths(kgz_facts(), 2022).page
    before = page.read_bytes()
    with pytest.raises(UnpublishablePage):
        build_outcome_year(kgz_facts(description="Lorem ipsum"), 2022, tmp_path)
    assert page.read_bytes() == before


def _many(count: int):
    one = summarize(kgz_facts(), 2022)
    return [
        replace(one, office=f"O{i % 60:02}", office_name=f"Office {i % 60}", outcome=f"O{i % 60:02}_D_{i}")
        for i in range(count)
    ]


def _value(html: str, figure_id: str) -> Decimal:
    return Decimal(re.search(f'data-figure="{re.escape(figure_id)}" data-value="([^"]+)"', html)[1])


@pytest.mark.parametrize("count", [1, 7, 500])
def test_the_front_page_sums_its_outcomes_and_stays_small(count):
    rows = _many(count)
    html = render_index(rows, 2022, kgz_facts().data_date, YEARS)
    assert _value(html, "all:2022:expense") == Decimal(rows[0].expense) * count / 100
    assert len(html.encode()) <= 100_000
    if count == 7:
        assert _value(html, "O03_D_3:2018-2022:2022:planned") == Decimal("1149000.00")
    if count == 500:
        assert _value(html, "office=O03:2022:planned") == Decimal("1149000.00") * 9


def test_an_empty_site_says_so():
    assert "No outcome has been published yet." in render_index([], 2022, kgz_facts().data_date)
