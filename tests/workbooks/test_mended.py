"""A right value written once, in the list of what to fix, counts for all cells of its line."""

from __future__ import annotations

from datetime import date

import openpyxl
import pytest
from workbook_rows import BUDGETS, EXPENSES, rules, told

from outcome_reporting.workbooks.answer import Verdict
from outcome_reporting.workbooks.fix_list import HEADINGS
from outcome_reporting.workbooks.marking import write_marked
from outcome_reporting.workbooks.saying import RIGHT_VALUE

VERDICT = Verdict("a.xlsx", "rejected", "a.xlsx was rejected. Nothing was loaded.")
RIGHT = HEADINGS.index(RIGHT_VALUE) + 1


@pytest.fixture
def answered(read, tmp_path):
    """The marked workbook of a file, with right values (found -> value) in its list; gives what reading it gives."""

    def answer(path, values: dict[str, object], **cells: object):
        reading, out = read(path), tmp_path / "answer.xlsx"
        write_marked(path, reading.kind, reading.findings, VERDICT, out)
        book = openpyxl.load_workbook(out)
        sheet = book["What to fix"]
        for row in range(5, sheet.max_row + 1):
            if sheet.cell(row, 6).value in values:
                sheet.cell(row, RIGHT).value = values[sheet.cell(row, 6).value]
        for cell, value in cells.items():
            book.worksheets[1][cell] = value
        book.save(tmp_path / "mended.xlsx")
        return read(tmp_path / "mended.xlsx")

    return answer


def lines(*changes: dict) -> list[list]:
    good = dict(zip(EXPENSES, ["T", date(2022, 5, 1), 2022, 5, "KGZ", "KGZ_D_1.1.1", "F1"], strict=False))
    good |= {"Currency": "USD", "Amount": 100, "Amount (USD)": 100}
    rows = [good | {"Transaction": f"T{number}"} | change for number, change in enumerate(changes)]
    return [EXPENSES, *([row.get(heading) for heading in EXPENSES] for row in rows)]


def column(reading, name: str) -> list:
    return reading.tables[0].data[name].to_pylist()


def test_one_value_mends_all_cells_of_its_line(book, answered):
    wrong = {"Fiscal year": "2022/23"}
    reading = answered(book(Expenses=lines(wrong, {}, wrong, wrong)), {"2022/23": 2022})
    assert column(reading, "fiscal_year") == [2022] * 4
    (mended,) = told(reading, "mended_in_list")
    assert (mended.cells, mended.found, mended.nearest) == ("C2, C4:C5", "2022/23", "2022")
    assert mended.message == "“2022/23” was read as “2022”" and not reading.has_errors


def test_each_kind_of_cell_takes_its_value(book, answered):
    path = book(Expenses=lines({"Amount": "about 5", "Posting date": "2022-02-31", "Currency": "dollar"}, {}))
    reading = answered(path, {"about 5": 5.25, "2022-02-31": date(2022, 2, 28), "dollar": "usd"})
    assert not reading.has_errors
    assert column(reading, "amount") == [52500, 1000000]
    assert (column(reading, "posting_date")[0], column(reading, "currency")[0]) == (date(2022, 2, 28), "USD")


def test_an_error_of_the_spreadsheet_is_mended_too(tmp_path, answered):
    made = openpyxl.Workbook()
    for row in lines({}, {}):
        made.active.append(row)
    made.active["L3"].value, made.active["L3"].data_type = "#REF!", "e"
    made.save(tmp_path / "a.xlsx")
    reading = answered(tmp_path / "a.xlsx", {"#REF!": 7})
    assert column(reading, "amount")[1] == 70000 and not reading.has_errors


def test_a_cell_that_holds_something_else_by_now_is_read_as_it_stands(book, answered):
    wrong = {"Fiscal year": "2022/23"}
    path = book(Expenses=lines(wrong, wrong, wrong))
    reading = answered(path, {"2022/23": 2022}, C3=2023, C4=2022)
    assert column(reading, "fiscal_year") == [2022, 2023, 2022]
    assert told(reading, "mended_in_list")[0].cells == "C2"
    assert [finding.cells for finding in told(reading, "list_value_unused")] == ["C3"]


def test_a_value_that_is_wrong_as_well_is_told_and_stays_in_the_next_list(book, answered, read, tmp_path):
    wrong = {"Fiscal year": "2022/23", "Currency": "dollar"}
    reading = answered(book(Expenses=lines(wrong, wrong)), {"2022/23": "this one", "dollar": "EUR"})
    (year,) = [finding for finding in reading.findings if finding.is_error]
    assert (year.rule, year.found, year.cells) == ("unreadable_year", "this one", "C2:C3")
    out = tmp_path / "second.xlsx"
    write_marked(tmp_path / "mended.xlsx", reading.kind, reading.findings, VERDICT, out)
    again = read(out)
    assert column(again, "currency") == ["EUR", "EUR"]  # what was mended once need not be mended again
    assert sorted(rules(again)) == ["mended_in_list", "mended_in_list", "unreadable_year"]


def test_a_csv_is_mended_in_the_workbook_that_comes_back(tmp_path, answered):
    path = tmp_path / "a.csv"
    rows = "".join(f"KGZ_O_2.1,2018/19,F{n},original,1,1\n" for n in range(200))
    path.write_text(",".join(BUDGETS) + "\n" + rows)
    reading = answered(path, {"2018/19": 2018})
    assert column(reading, "fiscal_year") == [2018] * 200 and not reading.has_errors
    assert len(reading.findings) == 1 or set(rules(reading)) == {"mended_in_list", "number_as_text"}


def test_cells_that_do_not_follow_each_other_are_all_mended(book, answered):
    """Their list is longer than a cell of a spreadsheet can hold."""
    count = 12_000
    path = book(Expenses=lines(*({"Fiscal year": "2022/23" if n % 2 else 2022} for n in range(count))))
    reading = answered(path, {"2022/23": 2023})
    assert sorted(set(column(reading, "fiscal_year"))) == [2022, 2023]
    assert told(reading, "mended_in_list")[0].row_count == count / 2
