"""The workbook reopened: a sheet for each block, true numbers, every figure id, and text that stays text.

What is drawn once for all workbooks (formats, columns, print setup, charts) is looked at beside what a page fills in.
"""

from __future__ import annotations

import io
import re
from decimal import Decimal
from zipfile import ZipFile

import openpyxl
import pytest
from sample_facts import kgz_facts
from test_report_page import many_partners

from outcome_reporting.reports.page import build_page
from outcome_reporting.reports.workbook import workbook_bytes, write_workbook

_FORMATS = {"USD": "#,##0.00", "%": '0.0" %"'}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    out = tmp_path_factory.mktemp("book") / "KGZ_O_2-2022.xlsx"
    write_workbook(build_page(kgz_facts(), 2022), out, kgz_facts())
    return openpyxl.load_workbook(out)


def test_a_sheet_for_each_block_then_sources(book):
    assert [name[0] for name in book.sheetnames[:7]] == list("1234567")
    assert book.sheetnames[7:] == ["Sources", "Source lines"]


def test_sources_lead_to_the_cell_that_holds_the_value(book):
    page = build_page(kgz_facts(), 2022)
    expected = {figure.id: (figure.value, figure.unit) for figure in page.figures()}
    seen = set()
    for figure_id, sheet, cell, value, unit in book["Sources"].iter_rows(min_row=2, values_only=True):
        assert book[sheet][cell].value == value
        assert (Decimal(str(value)), unit) == (Decimal(expected[figure_id][0]), expected[figure_id][1])
        seen.add(figure_id)
    assert seen == set(expected)


def test_money_is_a_number_with_two_decimals_shown(book):
    cells = {row[0].value: row[1] for row in book["2 Outcome resources"].iter_rows()}
    cell = cells["2022"]
    assert cell.value == 1149000 and cell.data_type == "n" and cell.number_format == "#,##0.00"


def test_a_number_stands_under_its_heading(book):
    sheet = book["2 Outcome resources"]
    (heads,) = [row for row in sheet.iter_rows() if row[0].value == "Year"]
    assert [cell.alignment.horizontal for cell in heads if cell.value] == [None] + ["right"] * 6


def test_source_lines_sum_to_the_figure(book):
    rows = list(book["Source lines"].iter_rows(min_row=2, values_only=True))
    for measure, total in (("planned", "1149000"), ("available", "1012473.27"), ("expense", "955379.27")):
        groups = [row for row in rows if row[0] == f"KGZ_O_2:2018-2022:2022:{measure}" and row[6] is not None]
        assert sum(Decimal(str(row[15])) for row in groups) == Decimal(total)


def test_source_lines_say_who_dropped_the_file_when_and_its_hash(book):
    rows = list(book["Source lines"].iter_rows(min_row=2, values_only=True))
    dropped = {row[1]: row[16:19] for row in rows if row[2]}
    assert dropped["Expenses_KGZ.xlsx"] == ("a.bekova", "2023-03-13 16:05:09", f"{2:064x}")


def test_the_same_page_gives_the_same_bytes():
    one, other = (workbook_bytes(build_page(kgz_facts(), 2022), kgz_facts()) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "http://x.y/z", "\x07bell"])
def test_text_is_never_a_formula_or_a_link(tmp_path, text):
    out = tmp_path / "x.xlsx"
    write_workbook(build_page(kgz_facts(title=text, description=text, office_name=text), 2022), out)
    book = openpyxl.load_workbook(out)
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)


def test_every_partner_stands_in_the_workbook(tmp_path):
    out = tmp_path / "x.xlsx"
    write_workbook(build_page(kgz_facts(partners=many_partners(300)), 2022), out)
    ids = {row[0] for row in openpyxl.load_workbook(out)["Sources"].iter_rows(min_row=2, values_only=True)}
    assert sum(":partner:P" in figure_id and figure_id.endswith(":expense") for figure_id in ids) == 300


def test_tables_hold_what_the_page_holds():
    facts = kgz_facts(partners=many_partners(300))
    page = build_page(facts, 2022)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(page, facts)))
    tables = [
        (book[f"{place} {block.short_title}"[:31]], table)
        for place, block in enumerate(page.blocks, start=1)
        for table in block.tables
        if not table.is_shortened
    ]
    assert len(tables) >= 5
    for sheet, table in tables:
        start, columns = _find(sheet, table)
        for place, row in enumerate(table.rows + table.totals, start=start + 2):
            _check_row([sheet.cell(place, column + 1) for column in range(columns)], row)


def test_a_listing_holds_every_row_and_its_total():
    facts = kgz_facts(partners=many_partners(300))
    page = build_page(facts, 2022)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(page, facts)))
    listed = {f"{place} {block.short_title}": block.listing for place, block in enumerate(page.blocks, 1)}
    lengths = {name: _check_listing(book[name[:31]], listing) for name, listing in listed.items() if listing}
    assert list(lengths) == ["4 Allocated towards SDGs", "5 Funding partners"] and lengths["5 Funding partners"] == 301


@pytest.mark.parametrize("name", ["Türkiye & <others>", " outer spaces ", "a|b", "Кыргызстан"])
def test_a_name_in_a_long_list_stays_as_it_is(name):
    partners = many_partners(300)
    facts = kgz_facts(partners=(partners[0]._replace(name=name), *partners[1:]))
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(build_page(facts, 2022), facts)))
    named = [cell.value for cell in book["5 Funding partners"]["A"]]
    assert name in named and sum(value is not None and value.startswith("Partner ") for value in named) >= 299


def _check_listing(sheet, listing) -> int:
    """Every cell against the column that it belongs to; how many rows there are."""
    start, columns = _find(sheet, listing)
    codes = [f"{code}  " for code in listing.codes] or [""] * len(listing.headings)
    headings = [code + heading for code, heading in zip(codes, listing.headings, strict=True)]
    for column, content in enumerate([headings, *listing.contents], start=1):
        is_amount = content in listing.amounts
        for place, text in enumerate(content.values if is_amount else content, start=start + 2):
            cell = sheet.cell(place, column)
            if is_amount:
                assert (Decimal(str(cell.value)), cell.number_format) == (Decimal(text), _FORMATS["USD"])
            else:
                assert (cell.value, cell.data_type) == (text, "s")
            assert not cell.font.b
    place = start + 2 + len(headings)
    _check_row([sheet.cell(place, column + 1) for column in range(columns)], listing.totals[0])
    return len(headings)


def _find(sheet, table) -> tuple[int, int]:
    """The row of a table's caption, and how many columns it has; its titles are looked at."""
    caption = f"{table.caption} · {table.unit}" if table.unit else table.caption
    (start,) = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == caption]
    columns = [column.title for column in table.columns if not column.is_bar]
    heads = [sheet.cell(start + 1, column + 1) for column in range(len(columns))]
    assert [head.value for head in heads] == columns
    assert all(head.font.b and head.border.bottom.style == "thin" for head in heads)
    return start, len(columns)


def _check_row(shown, row) -> None:
    is_total = row.style in ("total", "group")
    assert shown[0].value == (f"{row.code}  {row.heading}" if row.code else row.heading)
    assert bool(shown[0].font.b) == is_total
    for one, cell in zip(shown[1:], row.cells, strict=False):
        if cell.figure is None:
            assert (one.value or "") == cell.text
            continue
        assert Decimal(str(one.value)) == Decimal(cell.figure.value)
        assert one.number_format == _FORMATS.get(cell.figure.unit, "#,##0.####")
        assert bool(one.font.b) == is_total


@pytest.mark.parametrize(
    ("key", "series", "kind"), [("resources", 3, "col"), ("partners", 1, "bar")], ids=["years", "partners"]
)
def test_a_chart_draws_the_cells_it_refers_to(book, key, series, kind):
    (place, block), *_ = [one for one in enumerate(build_page(kgz_facts(), 2022).blocks, start=1) if one[1].key == key]
    name = f"{place} {block.short_title}"
    (chart,) = book[name]._charts
    assert (chart.type, len(chart.series)) == (kind, series)
    assert "".join(run.t for part in chart.title.tx.rich.p for run in part.r) == block.charts[0].title
    for one in chart.series:
        for reference in (one.tx.strRef, one.cat.strRef or one.cat.numRef, one.val.numRef):
            sheet, cells = reference.f.rsplit("!", 1)
            area = book[name][cells.replace("$", "")]
            values = [row[0].value for row in area] if isinstance(area, tuple) else [area.value]
            copies = [point.v for point in (getattr(reference, "strCache", None) or reference.numCache).pt]
            assert sheet == f"'{name}'"
            assert [type(copy)(value) for value, copy in zip(values, copies, strict=True)] == copies


def test_a_chart_stands_beside_its_table(book):
    for name in ("2 Outcome resources", "5 Funding partners"):
        (chart,) = book[name]._charts
        first = int(re.search(r"\$(\d+)$", chart.series[0].tx.strRef.f)[1])  # the row of heads, below the caption
        assert (chart.anchor._from.col, chart.anchor._from.row) == (8, first - 2)
        assert chart.anchor.to.row > chart.anchor._from.row


def test_sheets_are_set_up_for_print_and_lists_keep_their_head(book):
    for sheet in book.worksheets[:7]:
        setup = sheet.page_setup
        assert (setup.orientation, setup.fitToHeight, setup.paperSize) == ("landscape", 0, 9)
        assert sheet.sheet_view.showGridLines is False
        assert (round(sheet.column_dimensions["A"].width), round(sheet.column_dimensions["B"].width)) == (47, 18)
    for sheet in book.worksheets[7:]:
        assert sheet.freeze_panes == "A2"
        assert all(cell.font.b for cell in sheet[1])
    assert book.properties.title.startswith("KGZ_O_2 2022: ")


def test_a_note_stands_over_seven_columns_in_a_row_of_its_height(book):
    sheet = book["6 Insights and achievements"]
    for area in sheet.merged_cells.ranges:
        assert (area.min_col, area.max_col, area.size["rows"]) == (1, 7, 1)
        cell = sheet.cell(area.min_row, 1)
        assert cell.alignment.wrap_text and sheet.row_dimensions[area.min_row].height >= 18
    assert len(sheet.merged_cells.ranges) == len(next(b for b in build_page(kgz_facts(), 2022).blocks if b.notes).notes)


def test_every_part_is_declared_once_and_no_frame_shows_through():
    """Books of several shapes, filled in turn: none holds what another page left, or what stands in an empty frame."""
    pages = [build_page(kgz_facts(title=f"Title {year} <&>"), year) for year in (2021, 2022)]
    for page, facts in [(pages[0], kgz_facts()), (pages[1], None), (pages[0], kgz_facts())]:
        with ZipFile(io.BytesIO(workbook_bytes(page, facts))) as archive:
            parts = {name: archive.read(name).decode() for name in archive.namelist()}
            assert len(parts) == len(archive.namelist()) and archive.testzip() is None
        declared = re.findall(r'PartName="/([^"]+)"', parts["[Content_Types].xml"])
        assert set(declared) == {name for name in parts if not name.endswith(".rels") and name != "[Content_Types].xml"}
        assert f"Title {page.year} &lt;&amp;&gt;" in parts["docProps/core.xml"]
        assert not any("THE TITLE" in part or "1999-01-01" in part or "\0" in part for part in parts.values())


def test_each_cell_stands_once_in_rows_from_the_top_and_columns_from_the_left():
    """Excel takes a sheet for damaged where a cell is written twice; openpyxl silently reads the later one."""
    for facts in (kgz_facts(), kgz_facts(partners=many_partners(300))):
        with ZipFile(io.BytesIO(workbook_bytes(build_page(facts, 2022), facts))) as archive:
            sheets = [archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in range(1, 10)]
        for sheet in sheets:
            rows = re.findall(r'<row r="(\d+)"[^>]*>(.*?)</row>', sheet)
            assert [int(row) for row, _ in rows] == sorted({int(row) for row, _ in rows})
            for row, cells in rows:
                places = re.findall(r'<c r="([A-Z]+)(\d+)"', cells)
                assert {number for _, number in places} <= {row}
                assert [column for column, _ in places] == sorted({column for column, _ in places})


def test_two_pages_in_turn_give_what_each_gives_alone():
    one, other = build_page(kgz_facts(), 2021), build_page(kgz_facts(), 2022)
    alone = workbook_bytes(one, kgz_facts())
    workbook_bytes(other, kgz_facts())
    assert workbook_bytes(one, kgz_facts()) == alone
