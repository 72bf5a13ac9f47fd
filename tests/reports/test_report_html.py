"""The html: figures with their attributes, order, size, accessibility, and nothing that leaves the site."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from sample_facts import YEARS, kgz_facts
from test_report_page import many_partners

from outcome_reporting.domain.outcome import PartnerRow, ProgressNote
from outcome_reporting.reports.html import SIZE_LIMIT, render_page
from outcome_reporting.reports.page import build_page
from outcome_reporting.reports.site import path_part

_VOID = {"meta", "link", "input", "br", "wbr"}


class Reader(HTMLParser):
    """Reads figures, ids and nesting; complains of a tag that is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.texts: list[list[str]] = []
        self._inside: list[int] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.texts.append([])
        if tag not in _VOID:
            self.open.append(tag)
            self._inside.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.texts.append([])

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()
        self._inside.pop()

    def handle_data(self, data):
        for place in self._inside:
            self.texts[place].append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


def figures(reader: Reader) -> list[tuple[str, dict, str]]:
    pairs = zip(reader.elements, reader.texts, strict=True)
    return [(tag, attrs, "".join(text)) for (tag, attrs), text in pairs if "data-figure" in attrs]


@pytest.fixture(scope="module")
def html() -> str:
    return render_page(build_page(kgz_facts(), 2022), "KGZ_O_2-2022.xlsx", 24_000)


def test_blocks_are_numbered_sections_in_their_order(html):
    sections = [attrs["id"] for tag, attrs in read(html).elements if tag == "section"]
    assert sections == ["summary", "resources", "results", "sdg", "partners", "progress", "plan"]


def test_every_figure_has_id_value_and_unit_and_money_two_decimals(html):
    found = figures(read(html))
    assert len(found) > 200
    values: dict[str, str] = {}
    for _, attrs, _ in found:
        Decimal(attrs["data-value"])
        assert attrs["data-unit"] in ("USD", "%", "unit", "percentage", "nominal")
        if attrs["data-unit"] == "USD":
            assert re.fullmatch(r"-?\d+\.\d\d", attrs["data-value"])
        assert values.setdefault(attrs["data-figure"], attrs["data-value"]) == attrs["data-value"]


def test_what_a_table_shows_is_its_value_exactly(html):
    for tag, attrs, text in figures(read(html)):
        if tag in ("td", "span") and attrs["data-unit"] == "USD":
            assert text.replace(",", "").replace("\u2212", "-") == attrs["data-value"]


def test_every_number_in_a_table_of_money_is_a_figure(html):
    cells = re.findall(r'<td class="n[^"]*"([^>]*)>(.*?)</td>', re.sub(r"<aside.*?</aside>", "", html, flags=re.S))
    assert cells
    for attributes, inside in cells:
        words = re.sub("<[^>]+>", "", inside)
        if re.search(r"\d", words) and words not in ("Yes", "No", "NA"):
            assert "data-figure" in attributes + inside


def test_parts_of_the_page_as_published(html):
    assert 'data-figure="KGZ_O_2:2018-2022:2022:planned" data-value="1149000.00" data-unit="USD"' in html
    assert '<span class="was" data-before="70118.23">changed, was 70,118.23</span>' in html
    assert "1 figure changed since 1 March 2023" in html
    assert "Workbook (xlsx, 23 KB)" in html and 'href="KGZ_O_2-2022.xlsx"' in html
    assert "2018 has no approved note. 2019 has no approved note." in html
    for year in YEARS:
        assert f'href="../{year}/index.html"' in html and f'href="../{year}/index.html#sdg"' in html


def test_three_tabs_of_the_strategic_plan(html):
    assert re.findall(r'<div class="tab t\d"><h3>(.*?)</h3>', html) == [
        "Impact areas",
        "Systemic outcomes",
        "Organizational outputs",
    ]
    assert "Not linked to an impact area" in html


def test_a_framework_without_a_kind_says_so():
    assert "The framework 2018–2021 has no systemic outcomes" in render_page(build_page(kgz_facts(), 2020))


def test_notes_own_year_first_each_with_year_language_author_and_state(html):
    years = re.findall(r'<article class="progress-note" data-year="(\d+)"><h3>Progress note for (\d+)</h3>', html)
    assert years == [("2022", "2022"), ("2021", "2021"), ("2020", "2020")]
    assert '<div class="prose" lang="fr">' in html and "Language <b>French</b>" in html
    assert html.count("Written by <b>Programme analyst</b>") == 3 and html.count("Status <b>approved</b>") == 3
    assert "never published" not in html


def test_nothing_leaves_the_site_and_no_script_is_needed(html):
    reader = read(html)
    assert not [tag for tag, _ in reader.elements if tag in ("script", "img", "iframe", "object")]
    for _, attrs in reader.elements:
        for name in ("href", "src"):
            assert not re.match(r"(?i)(https?:)?//|javascript:|data:", attrs.get(name, ""))
    assert "@import" not in html and "url(http" not in html


def test_accessible_by_structure(html):
    elements = read(html).elements
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {i for _, attrs in elements for i in attrs.get("aria-labelledby", "").split()}
    assert named <= set(ids)
    assert [tag for tag, _ in elements].count("h1") == 1 and [tag for tag, _ in elements].count("main") == 1
    tables = re.findall(r"<table>.*?</table>", html, flags=re.S)
    assert all(table.startswith("<table><caption") for table in tables)
    assert all("scope" in attrs for tag, attrs in elements if tag == "th")
    targets = {attrs["href"][1:] for tag, attrs in elements if attrs.get("href", "").startswith("#")}
    assert targets <= set(ids)
    assert html.count('role="img"') == html.count("<desc ")


def test_explanation_ends_in_the_figure_and_points_back(html):
    panel = re.search(r'<aside class="why" id="why-3".*?</aside>', html, flags=re.S)[0]
    shares = [Decimal(share) for share in re.findall(r'data-share="(-?[\d.]+)">', panel)]
    assert sum(shares) == Decimal("955379.27") and 'data-share="955379.27" data-of="sum"' in panel
    assert 'href="#at-why-3"' in panel and 'id="at-why-3"' in html and "data-figure" not in panel
    assert "2022-06-01" in panel and panel.count('data-of="cell"') == 3 and 'href="sources.html#expense"' in panel


def test_a_long_explanation_stays_small_and_still_sums():
    sources = kgz_facts().sources[2022]
    whole = sources.totals["expense"]
    many = whole._replace(groups=whole.groups[:1], rest_groups=399, rest_share=whole.share - whole.groups[0].share)
    facts = kgz_facts(sources={2022: replace(sources, totals=dict(sources.totals) | {"expense": many})})
    html = render_page(build_page(facts, 2022))
    panel = re.search(r'<aside class="why" id="why-3".*?</aside>', html, flags=re.S)[0]
    assert "399 further sources" in panel
    assert sum(Decimal(share) for share in re.findall(r'data-share="(-?[\d.]+)">', panel)) == Decimal("955379.27")
    assert len(html.encode()) <= SIZE_LIMIT


@pytest.mark.parametrize("year", YEARS)
def test_a_page_stays_under_its_size(year):
    assert len(render_page(build_page(kgz_facts(), year)).encode()) <= SIZE_LIMIT


def test_three_hundred_partners_stay_under_the_size():
    html = render_page(build_page(kgz_facts(partners=many_partners(300)), 2022))
    assert "260 other partners" in html and len(html.encode()) <= SIZE_LIMIT


def test_a_withheld_partner_is_never_named(html):
    assert "partner:(withheld)" in html and html.count("Withheld") >= 2


HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}"


def test_hostile_text_is_only_text():
    rows = list(kgz_facts().partners)
    place = next(i for i, row in enumerate(rows) if row.partner == "SWE")
    rows[place] = PartnerRow(2022, HOSTILE, HOSTILE, "C01", "direct", rows[place].expense, 0)
    note = ProgressNote(2022, '"><b>', HOSTILE, HOSTILE, HOSTILE, "approved")
    facts = kgz_facts(
        title=HOSTILE, description=HOSTILE, office_name=HOSTILE, partners=tuple(rows), notes=(note,), region=HOSTILE
    )
    html = render_page(build_page(facts, 2022))
    reader = read(html)
    assert not [tag for tag, _ in reader.elements if tag == "script"] and ">49<" not in html
    assert HOSTILE in "".join(reader.texts[[tag for tag, _ in reader.elements].index("h1")])


def test_codes_become_harmless_folder_names():
    assert path_part("KGZ_D_1.10") == "KGZ_D_1.10"
    assert "/" not in path_part("../../etc") and path_part("..") not in (".", "..")


def test_the_same_facts_give_the_same_bytes(html):
    assert render_page(build_page(kgz_facts(), 2022), "KGZ_O_2-2022.xlsx", 24_000) == html
