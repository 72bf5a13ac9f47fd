"""The whole chain over the samples: dropped workbooks, answers, warehouse, reports; then a mended one, an undo."""

from __future__ import annotations

import csv
import hashlib
import html
import json
import random
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text
from tests.reports.explained_html import explanations

from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.domain.figures import parse_figure_id
from outcome_reporting.workflows.explain import describe_explanation, explain_figure
from outcome_reporting.workflows.house import connect
from outcome_reporting.workflows.reports import build_reports
from outcome_reporting.workflows.undo import undo_load

from .conftest import SAMPLES, Night

EXPECTED = json.loads((SAMPLES / "bad" / "expected.json").read_text())
BLOCKS = [
    "Outcome summary",
    "Outcome resources",
    "Outcome and output results",
    "Outcome resources allocated towards SDGs",
    "Our funding partners’ contributions",
    "Outcome insights and achievements",
    "Strategic plan contributions",
]


def answers(night: Night) -> dict[str, dict]:
    """The newest answer of each file."""
    found = sorted(night.home.glob("answers/*/*answer.json"), key=lambda path: path.stat().st_mtime_ns)
    return {answer["file"]: answer for answer in (json.loads(path.read_text()) for path in found)}


def rows(night: Night, query: str, **given) -> list[tuple]:
    with connect(night.settings).connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), given)]


def digests(night: Night) -> dict[str, str]:
    """A digest of every table of `report`, stamps included."""
    names = rows(
        night,
        "select table_name from information_schema.tables where table_schema = 'report' and table_type = 'BASE TABLE'",
    )
    return {
        name: str(rows(night, f"select md5(string_agg(t::text, '|' order by t::text)) from report.{name} t"))
        for (name,) in sorted(names)
    }


def files(night: Night) -> dict[str, tuple[int, str]]:
    found = (path for folder in ("reports", "answers", "archive") for path in (night.home / folder).rglob("*"))
    return {
        str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in found
        if path.is_file()
    }


def test_every_good_file_is_accepted_and_no_bad_one(night: Night) -> None:
    bad = {one["file"]: one for one in EXPECTED}
    told = {name: answer["verdict"] for name, answer in answers(night).items()}
    assert {name for name, verdict in told.items() if verdict == "rejected" and name not in bad} == set()
    assert {name for name, one in bad.items() if one["verdict"] == "rejected" and told[name] != "rejected"} == set()
    assert night.summary["intake"]["accepted"] + night.summary["intake"]["rejected"] == len(told)
    assert night.summary["allocation"]["reconciliation_difference"] == "0.00"
    assert night.summary["reports"]["problems"] == []


@pytest.mark.parametrize("one", EXPECTED, ids=[one["file"] for one in EXPECTED])
def test_a_bad_file_gets_the_answer_it_should(night: Night, one: dict) -> None:
    answer = answers(night)[one["file"]]
    errors = [finding for finding in answer["findings"] if finding["severity"] == "error"]
    if one["verdict"] == "rejected":
        assert set(one["rules"]) <= {finding["rule"] for finding in errors}
        assert set(one["cells"]) <= {cell for finding in errors for cell in every_cell(finding["cells"])}
        assert not one["nearest"] or one["nearest"] in {finding["nearest"] for finding in errors}
        assert (night.home / "inbox" / one["source"] / one["file"]).exists()
    marked = list(night.home.glob(f"answers/*/{Path(one['file']).stem} *what to fix.xlsx"))
    assert answer["verdict"] != "rejected" or len(marked) == 1


def every_cell(cells: str) -> list[str]:
    """`F12:F14, F103` cell by cell."""
    rows = [re.findall("[0-9]+", run) for run in cells.split(", ")]
    column = re.match("[A-Z]*", cells)[0]
    return [f"{column}{row}" for run in rows if run for row in range(int(run[0]), int(run[-1]) + 1)]


def test_no_page_that_opens_is_large(night: Night) -> None:
    sizes = {path: path.stat().st_size for path in (night.home / "reports" / "site").rglob("*.html")}
    assert len(sizes) > 2 * night.summary["reports"]["reports"]  # each report has its page and that of its sources
    assert max(sizes.values()) <= 100_000, max(sizes.items(), key=lambda one: one[1])


def test_the_published_revenue_is_found_again_to_the_cent(night: Night) -> None:
    with (SAMPLES / "figures" / "revenue_by_donor.csv").open(encoding="utf-8") as stream:
        published = {
            (row["partner"], row["fund_type"]): Decimal(row["2023"]) for row in csv.DictReader(stream) if row["2023"]
        }
    found = rows(
        night,
        "select partner, fund_type, sum(amount_usd) from report.partner_revenue "
        "where fiscal_year = 2023 and stage = 'revenue' group by 1, 2",
    )
    by_donor = {(partner, fund_type): amount for partner, fund_type, amount in found}
    assert len(published) > 100
    assert {key: by_donor.get(key) for key in published} == published


def test_every_axis_sums_to_the_resources(night: Night) -> None:
    """For every outcome and year: SDG lines, partner lines and each kind of plan lines against resources."""
    key = "office, plan_period, outcome, fiscal_year"
    whole = {
        row[:4]: row[4:]
        for row in rows(
            night, f"select {key}, sum(planned_usd), sum(available_usd), sum(expense_usd) "
            f"from report.outcome_resources group by {key}"
        )
    }  # fmt: skip
    assert len(whole) > 100
    sdg = rows(
        night, f"select {key}, sum(planned_usd), sum(available_usd), sum(expense_usd) "
        f"from report.sdg_allocation group by {key}"
    )  # fmt: skip
    assert {row[:4]: row[4:] for row in sdg} == whole
    partners = rows(night, f"select {key}, sum(expense_usd) from report.partner_contribution group by {key}")
    assert {row[:4]: row[4] for row in partners if row[4] or row[:4] in whole} == {k: v[2] for k, v in whole.items()}
    plan = rows(
        night,
        f"select {key}, kind, sum(planned_usd), sum(expense_usd) from report.plan_contribution group by {key}, kind",
    )
    assert plan and all((row[5], row[6]) == (whole[row[:4]][0], whole[row[:4]][2]) for row in plan)


def test_the_model_page_has_its_blocks_in_order_and_each_note_under_its_year(night: Night) -> None:
    page = (night.home / "reports/site/KGZ/2018-2022/KGZ_O_2/2022/index.html").read_text(encoding="utf-8")
    places = [re.search(rf"<h2[^>]*>(?:<[^>]*>|\s|\d)*{re.escape(block)}", page) for block in BLOCKS]
    starts = [place.start() if place else -1 for place in places]
    assert -1 not in starts and starts == sorted(starts), list(zip(BLOCKS, starts, strict=True))
    notes = page[starts[5] : starts[6]]
    assert notes.index("2022") < notes.index("2021")
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_every_money_figure_of_the_pages_explains_itself_to_the_cent(night: Night) -> None:
    """500 of all figures of the site, some of each kind, now and as of their publication."""
    shown: dict[str, str] = {}
    for page in (night.home / "reports/site").rglob("index.html"):
        found = re.findall(
            r'data-figure="([^"]+)" data-value="(-?\d+\.\d\d)" data-unit="USD"', page.read_text(encoding="utf-8")
        )
        shown |= {html.unescape(figure): value for figure, value in found}
    assert len(shown) > 1000
    kinds: dict[tuple, list[str]] = {}
    for figure in sorted(shown):
        asked = parse_figure_id(figure)
        what = asked.what[0] + asked.what[1][:1] if len(asked.what) > 1 else "".join(asked.what)
        kinds.setdefault((len(asked.scope), asked.year is None, what, asked.measure), []).append(figure)
    dice = random.Random(1)
    chosen = {one for figures in kinds.values() for one in dice.sample(figures, min(3, len(figures)))}
    chosen |= set(dice.sample(sorted(shown), 500 - len(chosen)))
    query = """
    select f.figure, (select coalesce(sum(share_usd), 0.00) from report.explain(f.figure, cast(:then as timestamptz))),
      report.published_value(f.figure, cast(:then as timestamptz))
    from unnest(cast(:figures as text[])) as f (figure)"""
    (then,) = rows(night, "select max(published_at) from report.publication")[0]
    for moment in (None, then):
        told = {figure: (str(usd), value) for figure, usd, value in rows(
            night, query, figures=sorted(chosen), then=moment)}  # fmt: skip
        assert {figure: told[figure] for figure in chosen if told[figure] != (shown[figure], shown[figure])} == {}


def test_a_figure_is_explained_for_a_person(night: Night) -> None:
    figure = "KGZ_O_2:2018-2022:2022:expense"
    explanation = explain_figure(night.settings, figure)
    said = describe_explanation(explanation, largest=3)
    assert explanation["sum_usd"] == explanation["value"] and explanation["files"]
    for file in explanation["files"]:
        assert all(said.count(file[name]) >= 1 for name in ("file_name", "source", "dropped_at", "sha256"))
        assert said.count(file["sha256"]) == 1
    assert f"Sum of {len(explanation['lines'])} cells" in said
    with pytest.raises(UsageError):
        explain_figure(night.settings, "nonsense")
    with pytest.raises(Refused, match="is not published"):
        explain_figure(night.settings, "KGZ_O_9:2018-2022:2022:expense")


def test_every_figure_leads_to_an_explanation_that_ends_in_it_and_names_no_withheld_partner(night: Night) -> None:
    """Each data-figure of every outcome's page, on its own page or on the sources of its year, to the cent."""
    site = night.home / "reports/site"
    pages = sorted(site.glob("*/*/*/*/*.html"))
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    ids = {page: set(re.findall(r'id="([^"]+)"', told)) for page, told in texts.items()}
    bodies = {page: explanations(told) for page, told in texts.items()}
    figure = re.compile(r'data-figure="([^"]+)" data-value="([^"]+)" data-unit="([^"]+)"[^>]*>(?:<a href="([^"]+)")?')
    counted = 0
    for page in site.glob("*/*/*/*/index.html"):
        for name, value, unit, link in figure.findall(texts[page]):
            place, _, anchor = link.partition("#")
            target = page.parent.joinpath(place).resolve() if place else page.resolve()
            target = site / target.relative_to(site.resolve())
            assert link and anchor in ids[target], f"{page}: {name} leads to “{link}”"
            if unit == "USD" and place:
                body = bodies[target][html.unescape(anchor)]
                shares = sum((Decimal(share) for share in re.findall(r'data-share="([^"]+)">', body)), Decimal(0))
                assert shares == Decimal(value), f"{page}: {name}"
            counted += 1
    assert counted > 10_000
    told = "".join(told for page, told in texts.items() if page.name == "sources.html")
    withheld = rows(night, "select w.partner, p.name from report.withheld w join core.partner p using (partner)")
    assert withheld and not [code for code, name in withheld if name in told or f"· {code}<" in told]


def test_a_second_night_changes_nothing(night: Night) -> None:
    tables, written = digests(night), files(night)
    night.again()
    assert digests(night) == tables
    assert files(night) == written


def test_the_parts_listed_in_each_workbook_add_up_to_its_figures(night):
    """Cells of a group are not added again: they have a row and no number of cells."""
    kinds = set()
    for path in sorted((night.settings.home / "reports" / "site").glob("*/*/*/*/*.xlsx"))[::7]:
        book = openpyxl.load_workbook(path, read_only=True)
        if "Source lines" not in book.sheetnames:
            continue
        figures = {row[0]: row for row in book["Sources"].iter_rows(min_row=2, values_only=True)}
        parts: dict[str, Decimal] = defaultdict(Decimal)
        for row in book["Source lines"].iter_rows(min_row=2, max_col=16, values_only=True):
            if row[15] is not None and row[7] is None:
                parts[row[0]] += Decimal(str(row[15]))
            elif row[0] in figures and row[15] is None:  # a cell of an indicator: what stands in it
                kinds.add("result")
                assert str(figures[row[0]][3]).rstrip("%") in row[9].replace(",", "")
        for figure_id, total in parts.items():
            if figure_id in figures:
                kinds.add(figure_id.split(":")[3])
                assert total == Decimal(str(figures[figure_id][3])), (path.name, figure_id)
    assert kinds >= {"expense", "planned", "core", "non-core", "sdg", "partner", "plan", "result"}


def test_a_mended_workbook_loads_and_changes_only_its_slice_and_undo_takes_it_back(night: Night) -> None:
    name = "KGZ 2026-01 wrong output code.xlsx"
    one = next(expected for expected in EXPECTED if expected["file"] == name)
    marked = next(night.home.glob(f"answers/finance/{Path(name).stem} *what to fix.xlsx"))
    book = openpyxl.load_workbook(marked)
    sheet = book.worksheets[1]
    comment = sheet[one["cells"][0]].comment
    assert comment is not None and one["nearest"] in comment.text
    sheet[one["cells"][0]] = one["nearest"]
    book.save(night.home / "inbox" / "finance" / name)
    live = "select * from report.sdg_allocation order by sdg_allocation::text"
    before, then = rows(night, live), rows(night, "select max(published_at) from report.publication")[0][0]

    summary = night.again()
    assert (summary["intake"]["accepted"], summary["reports"]["problems"]) == (1, [])
    after = rows(night, live)
    changed = set(before) ^ set(after)
    assert changed and {(row[0], row[4]) for row in changed} == {("KGZ", 2026)}
    assert sorted(map(str, rows(night, "select * from report.sdg_allocation_as_of(:then)", then=then))) == sorted(
        map(str, before)
    )

    sha256 = answers(night)[name]["sha256"]
    undo_load(night.settings, sha256)
    night.again()
    assert rows(night, live) == before


def test_one_right_value_in_the_list_mends_a_flood(night: Night) -> None:
    name = "MDA 2026-06 one wrong fund all over.xlsx"
    (finding,) = [one for one in answers(night)[name]["findings"] if one["severity"] == "error"]
    assert (finding["rule"], finding["row_count"], len(every_cell(finding["cells"]))) == ("unknown_fund", 360, 360)
    (marked,) = night.home.glob(f"answers/finance/{Path(name).stem} *what to fix.xlsx")
    book = openpyxl.load_workbook(marked)
    listed, sheet = book.worksheets[:2]
    assert [listed.cell(5, column).value for column in (6, 9, 10)] == ["UNW-CX", "UNW-CS", 360]
    assert listed.max_row == 5
    red = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == "00FDECEA"}
    assert red == set(every_cell(finding["cells"]))
    listed["K5"] = "UNW-CS"
    book.save(night.home / "inbox" / "finance" / name)

    assert night.again()["intake"]["accepted"] == 1
    answer = answers(night)[name]
    assert (answer["verdict"], answer["rows_loaded"]) == ("accepted", 400)
    kept = rows(night, "select all_rows from intake.finding where rule = 'mended_in_list'")
    assert kept[0][0].startswith("3-11,13-21,")
    undo_load(night.settings, answer["sha256"])
    night.again()


def test_a_report_of_a_past_moment_is_built_beside_the_site(night: Night, tmp_path: Path) -> None:
    then = rows(night, "select min(published_at) from report.publication")[0][0]
    page = "KGZ/2018-2022/KGZ_O_2/2022/index.html"
    build_reports(night.settings, office="KGZ", outcome="KGZ_O_2", year=2022, as_of=then, out=tmp_path)
    values = re.compile(r'data-figure="([^"]+)" data-value="([^"]+)"')
    released = (night.home / "reports/site" / page).read_text(encoding="utf-8")
    assert dict(values.findall((tmp_path / page).read_text(encoding="utf-8"))) == dict(values.findall(released))
