"""The page of sources: every figure of a report leads to its explanation, and each explanation ends in its figure."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from explained_html import explanations
from sample_facts import TOTALS, YEARS, kgz_facts
from test_report_html import read
from test_report_page import many_partners

from outcome_reporting.domain.outcome import PartnerRow
from outcome_reporting.reports.anchors import Anchors
from outcome_reporting.reports.build import build_outcome_year
from outcome_reporting.reports.page import build_page
from outcome_reporting.reports.site import site_paths
from outcome_reporting.reports.sources_page import render_sources

_FIGURE = re.compile(r'data-figure="([^"]+)" data-value="([^"]+)" data-unit="([^"]+)"[^>]*>(?=(.{0,400}))', re.S)


def parts_and_sum(body: str) -> tuple[Decimal, Decimal | None]:
    """What the parts of an explanation add up to, and the sum that it ends in (None for a rate)."""
    parts = [Decimal(share) for share in re.findall(r'data-share="([^"]+)">', body)]
    sums = re.findall(r'data-share="([^"]+)" data-of="sum"', body)
    return sum(parts, Decimal(0)), Decimal(sums[0]) if sums else None


def sources(facts, year: int = 2022) -> str:
    return render_sources(facts, build_page(facts, year)).decode()


def imputed():
    """2022 with regular resources shared out: two thirds to Sweden, the rest to partners who are withheld."""
    pool, rows = 0, []
    for row in kgz_facts().partners:
        if row.fiscal_year == 2022 and row.kind == "core pool":
            pool = row.expense
        else:
            rows.append(row)
    share = 2 * pool // 3
    rows.append(PartnerRow(2022, "SWE", "Sweden", "C01", "imputed", share, 0))
    place = next(i for i, row in enumerate(rows) if row.kind == "withheld")
    rows[place] = rows[place]._replace(expense=rows[place].expense + pool - share)
    return kgz_facts(partners=tuple(rows), core_revenue={(2022, "SWE"): "66.6667"})


def with_many():
    """Three hundred partners in 2022, regular resources alone in the other years."""
    earlier = tuple(row for row in kgz_facts().partners if row.fiscal_year != 2022)
    return kgz_facts(partners=(*many_partners(300), *earlier))


FACTS = {
    "as sampled": kgz_facts,
    "three hundred partners": with_many,
    "imputed": imputed,
    "without cells": lambda: kgz_facts(sources={}),
}


@pytest.mark.parametrize("kind", FACTS)
def test_every_figure_of_every_page_opens_an_explanation_that_ends_in_it(kind, tmp_path: Path):
    facts = FACTS[kind]()
    for year in YEARS:
        build_outcome_year(facts, year, tmp_path)
    texts = {path: path.read_text() for path in tmp_path.rglob("*.html")}
    ids = {path: set(re.findall(r'id="([^"]+)"', text)) for path, text in texts.items()}
    bodies = {path: explanations(text) for path, text in texts.items()}
    counted = 0
    for year in YEARS:
        page = tmp_path / site_paths(facts, year).page
        for figure, value, unit, after in _FIGURE.findall(texts[page]):
            link = re.match(r'<a href="([^"]+)"', after)
            assert link, f"{page}: {figure} leads nowhere"
            place, _, anchor = link[1].partition("#")
            target = (page.parent / place).resolve() if place else page
            assert anchor in ids[target], f"{page}: {figure} leads to {link[1]}"
            counted += 1
            body = bodies[target].get(unescape(anchor))
            if body is not None and unit == "USD":
                parts, whole = parts_and_sum(body)
                assert parts == whole == Decimal(value), figure
    assert counted > 150 * len(YEARS)


@pytest.mark.parametrize("kind", FACTS)
def test_shares_add_up_and_are_never_figures(kind):
    facts = FACTS[kind]()
    for year in YEARS:
        html = sources(facts, year)
        bodies = explanations(html)
        assert len(bodies) > 60 and "data-figure" not in html
        for anchor, body in bodies.items():
            parts, whole = parts_and_sum(body)
            assert whole is None or parts == whole, anchor


def test_a_file_is_named_with_who_dropped_it_when_and_its_hash():
    html = sources(kgz_facts())
    row = re.search(r'<tr id="file-\d+"><th scope="row">Expenses_<wbr>KGZ.xlsx.*?</tr>', html)[0]
    assert "a.bekova, into finance" in row and f"{2:064x}" in row
    assert '<time datetime="2023-03-13T16:05:09Z">2023-03-13 16:05:09</time>' in row
    links = set(re.findall(r'href="#(file-\d+)"', html))
    assert links and all(f'<tr id="{link}">' in html for link in links)


def test_a_split_figure_shows_base_method_weight_and_share_of_each_output_and_fund():
    html = sources(kgz_facts())
    rows = re.findall(r"<tr><th.*?</tr>", explanations(html)["sdg:5.a:expense"])
    assert len(rows) == 3
    facts = kgz_facts()
    for row in rows:
        place, kind = re.search(r'href="#(base-\d+)">KGZ_O_2.2 · ([a-z-]+)<', row).groups()
        own = [line for line in facts.sdg if line.fiscal_year == 2022 and line.output == "KGZ_O_2.2"]
        bases = [
            sum(getattr(line, measure) for line in own if line.fund_type == kind)
            for measure in ("planned", "available", "expense")
        ]
        share = next(line.expense for line in own if line.fund_type == kind and line.target == "5.a")
        split = re.search(rf'<tr id="{place}">.*?</tr>', html)[0]
        assert re.findall(r'data-share="([^"]+)" data-of="base"', split) == [f"{Decimal(b) / 100:.2f}" for b in bases]
        assert f'href="#{kind}:expense"' in split
        assert f'data-share="{Decimal(share) / 100:.2f}">' in row
        assert "renormalised" in row and "33.3333\u00a0%" in row


def test_the_cell_of_a_weight_is_named():
    html = sources(kgz_facts())
    assert re.search(r'KGZ_O_2.2 · 5.a</th><td class="w">.*?SDG weights · row 2</small></td>', html)
    assert re.search(r'SP_D_0.3</th><td class="w">.*?Links · row 2</small></td>', html)


def test_a_total_of_the_plan_period_leads_to_each_year():
    body = explanations(sources(kgz_facts()))["2018-2022:expense"]
    for year in YEARS:
        folder = "" if year == 2022 else f"../{year}/"
        assert f'<a href="{folder}sources.html#expense">' in body
        assert f'data-share="{Decimal(TOTALS[year][2]) / 100:.2f}">' in body


def test_a_shortfall_takes_the_available_cells_off():
    body = explanations(sources(kgz_facts()))["shortfall"]
    signs = {share[0] == "-" for share in re.findall(r'data-share="([^"]+)">', body)}
    assert signs == {True, False} and "less available" in body


def test_a_rate_names_both_amounts_and_has_no_shares():
    body = explanations(sources(kgz_facts()))["funding_rate"]
    assert 'href="#available"' in body and 'href="#planned"' in body and "data-share" not in body


def test_a_result_names_the_cell_and_what_stands_there():
    html = sources(kgz_facts())
    place = next(
        i
        for i, row in enumerate(kgz_facts().results, start=2)
        if (row.indicator, row.fiscal_year) == ("KGZ_O_2.2A", 2022)
    )
    row = re.search(r'<tr id="KGZ_O_2.2:result:KGZ_O_2.2A:result">.*?</tr>', html)[0]
    assert f"Results · J{place}" in row and "1,402" in row


def test_imputed_money_is_a_share_of_the_regular_resources():
    bodies = explanations(sources(imputed()))
    pool = sum(r.expense for r in kgz_facts().resources if r.fiscal_year == 2022 and r.fund_type != "non-core")
    assert f'data-share="{Decimal(pool) / 100:.2f}" data-of="base"' in bodies["partner:SWE:imputed"]
    assert "66.6667\u00a0%" in bodies["partner:SWE:imputed"]
    assert "Share of the regular resources" in bodies["partner:(withheld):expense"]


def test_the_smaller_partners_stand_by_name_behind_their_sum():
    body = explanations(sources(with_many()))["partner:(other):expense"]
    assert body.count("Partner number") == 20 and "240 other partners" in body


def test_the_page_is_well_formed_and_every_anchor_leads_somewhere():
    html = sources(kgz_facts())
    elements = read(html).elements
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for _, a in elements if a.get("href", "").startswith("#")} <= set(ids)
    assert all("scope" in attrs for tag, attrs in elements if tag == "th")


@pytest.mark.parametrize(
    ("figure", "link"),
    [
        ("KGZ_O_2:2018-2022:2022:expense", "sources.html#expense"),
        ("KGZ_O_2:2018-2022:2021:sdg:5.2:expense", "../2021/sources.html#sdg:5.2:expense"),
        ("KGZ_O_2:2018-2022:funding_rate", "sources.html#2018-2022:funding_rate"),
        ("KGZ_O_2.1:2018-2022:2022:result:X:target", "sources.html#KGZ_O_2.1:result:X:target"),
        ("KGZ_O_2.1:2018-2022:2020:result:X:target", "../2020/sources.html#KGZ_O_2.1:result:X:target"),
    ],
)
def test_where_a_figure_is_explained(figure, link):
    assert Anchors("KGZ_O_2", "2018-2022", 2022).link(figure) == link
