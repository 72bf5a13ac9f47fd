"""The workbook reopened: a sheet for each block, true numbers, every figure id, and text that stays text."""

from __future__ import annotations

from decimal import Decimal

import openpyxl
import pytest
from sample_facts import kgz_facts
from test_report_page import many_partners

from outcome_reporting.reports.page import build_page
from outcome_reporting.reports.workbook import workbook_bytes, write_workbook


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
