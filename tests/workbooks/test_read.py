"""Whole files: what reading gives, and what it says about what it does not read."""

from __future__ import annotations

from datetime import date, datetime

import openpyxl
import pytest
from workbook_rows import BUDGETS, EXPENSES, WEIGHTS, rules, told

from outcome_reporting.domain.finding import Severity
from outcome_reporting.workbooks.sniff import FileKind
from outcome_reporting.workbooks.source_reading import SourceReading


def line(number: int, usd, **other) -> list:
    row = {
        "Transaction": f"T-{number}", "Posting date": date(2022, 5, 16), "Fiscal year": 2022, "Period": 5,
        "Office": "KGZ", "Output": "KGZ_O_2.1", "Fund": "SWE-21", "Partner": "Sweden", "Account": 7100,
        "Description": "Travel", "Currency": "USD", "Amount": usd, "Amount (USD)": usd,
    } | other  # fmt: skip
    return [row[heading] for heading in EXPENSES]


def test_good_expenses_are_typed_exactly(book, read):
    reading = read(book(Expenses=[EXPENSES, line(1, 1234.5600000000002), line(2, -0.1), line(3, 1e12 + 0.01)]))
    assert reading.findings == []
    table = reading.tables[0]
    assert table.data["amount_usd"].to_pylist() == [123456, -10, 100000000000001]
    assert table.data["amount"].to_pylist() == [12345600, -1000, 10000000000000100]
    assert table.data["account"].to_pylist() == ["7100"] * 3
    assert table.data["posting_date"].to_pylist() == [date(2022, 5, 16)] * 3
    assert table.data["row_no"].to_pylist() == [2, 3, 4]
    assert table.columns["amount_usd"] == "M"
    assert reading.rows_in_file == {1: 3}
    assert reading.amounts == {1: {"amount": 12345600 - 1000 + 10000000000000100, "amount_usd": 100000000123447}}


def test_titles_above_columns_moved_and_rows_keep_their_numbers(book, read):
    order = [5, 0, 2, 3, 1, 4, 6, 10, 11]
    rows = [["Ledger of KGZ"], [], [None, *[EXPENSES[i] for i in order]]]
    for number in (1, 2):
        rows.append([None, *[line(number, 10)[i] for i in order]])
    rows.insert(4, [])
    reading = read(book(Cover=[["Hello"]], Anything=rows))
    table = reading.tables[0]
    assert (table.sheet, table.header_row, table.columns["output"]) == ("Anything", 3, "B")
    assert table.data["row_no"].to_pylist() == [4, 6]
    assert rules(reading) == ["empty_row", "sheet_not_recognized"]
    assert reading.cover_sheets == ["Cover"]
    assert all(finding.severity is Severity.NOTE for finding in reading.findings)


def test_headings_of_other_languages_and_spellings(book, read):
    reading = read(book(S=[["PRODUIT", "fiscal_year", " sdg ", "weight %"], ["KGZ_O_2.1", 2022, "5.2", 100]]))
    assert reading.tables[0].dataset == "sdg_weights"
    assert reading.findings == []


def test_a_missing_heading_names_dataset_and_what_was_found(book, read):
    heads = ["Amt" if heading == "Amount" else heading for heading in EXPENSES]
    reading = read(book(Ledger=[heads, line(1, 10)]))
    (finding,) = reading.findings
    assert finding.rule == "missing_heading"
    assert "missing Amount; found Amt" in finding.message
    assert reading.tables == []


def test_a_misspelt_heading_that_is_not_required_warns(book, read):
    heads = ["Amt US$" if heading == "Amount (USD)" else heading for heading in EXPENSES]
    (finding,) = read(book(Ledger=[heads, line(1, 10)])).findings
    assert (finding.rule, finding.severity, finding.nearest) == ("unknown_heading", Severity.WARNING, "Amount (USD)")
    heads.remove("Currency")
    (finding,) = read(book(Ledger=[heads, line(1, 10)])).findings
    assert (
        finding.message
        == "The sheet comes closest to Expense lines: missing Currency, missing Amount (USD); found Amt US$"
    )


def test_no_table_at_all(book, read):
    assert rules(read(book(S=[["a", "b"], [1, 2]]))) == ["no_dataset_recognized"]
    assert rules(read(book(S=[]))) == ["no_dataset_recognized"]


def test_headings_without_rows_are_told(book, read):
    assert rules(read(book(S=[BUDGETS]))) == ["no_rows"]


class TestTotals:
    def sheet(self, total, label="Total"):
        rows = [["KGZ_O_2.1", 2022, f"F{i}", "original", 100.1, 50] for i in range(3)]
        return [BUDGETS, *rows, [label, None, None, None, total, 150]]

    @pytest.mark.parametrize(
        "label",
        ["Total", "TOTALS", "Total général", "Итого", "Подытог", "Sub-total", "Grand total:", "Всего:", "SUMA", None],
    )
    def test_right_totals_are_checked_and_excluded(self, book, read, label):
        reading = read(book(S=self.sheet(300.3, label)))
        assert set(rules(reading)) == {"totals_excluded"}
        assert reading.rows_in_file == {1: 3}
        assert reading.tables[0].totals == [(5, "planned_usd", 30030), (5, "available_usd", 15000)]

    def test_a_wrong_total_names_both_numbers(self, book, read):
        (finding,) = told(read(book(S=self.sheet(300.4))), "total_disagrees")
        assert finding.cell == "E5"
        assert "300.40" in finding.message and "300.30" in finding.message

    def test_subtotals_of_groups(self, book, read):
        rows = [BUDGETS]
        for group in "AB":
            rows += [["KGZ_O_2.1", 2022, f"{group}{i}", "original", 10, 5] for i in range(2)]
            rows.append([f"Subtotal {group}", None, None, None, 20, 10])
        reading = read(book(S=[*rows, ["Total", None, None, None, 40, 20]]))
        assert set(rules(reading)) == {"totals_excluded"}
        assert reading.rows_in_file == {1: 4}

    def test_a_partner_named_total_is_data(self, book, read):
        reading = read(book(S=[["Partner", "Name", "Contributor type"], ["TOTAL", "Total Energies", "C06"]]))
        assert reading.rows_in_file == {1: 1} and reading.findings == []


def test_notes_under_and_labels_inside_the_table(book, read):
    rows = [["KGZ_O_2.1", 2022, f"F{i}", "original", 1, 1] for i in range(2)]
    reading = read(book(S=[BUDGETS, ["Development results"], *rows, [], ["Source: the ledger of May"]]))
    assert [(f.rule, f.cell) for f in reading.findings] == [("notes_below_table", "A6"), ("group_row", "A2")]
    assert reading.rows_in_file == {1: 2}


def test_a_row_begun_with_its_key_alone_stays_a_row(book, read):
    reading = read(book(S=[BUDGETS, ["KGZ_O_2.1", 2022, "F", "original", 1, 1], ["KGZ_O_2.2"]]))
    assert reading.rows_in_file == {1: 2}


def test_numbers_under_and_beside_the_table(book, read):
    rows = [
        BUDGETS,
        ["KGZ_O_2.1", 2022, "F", "original", 1, 1],
        [None, 99],
        ["KGZ_O_2.1", 2022, "G", "original", 1, 1, 7],
    ]
    assert told(read(book(S=rows)), "numbers_beside_table")[0].cell == "G4"
    assert told(read(book(S=rows[:3])), "numbers_below_table")[0].cell == "B3"


def test_one_workbook_may_hold_several_datasets(book, read):
    reading = read(
        book(
            Budget=[BUDGETS, ["KGZ_O_2.1", 2022, "F", "original", 1, 1]],
            Weights=[WEIGHTS, ["KGZ_O_2.1", 2022, "5.2", 100]],
        )
    )
    assert [(t.dataset, t.table_no) for t in reading.tables] == [("budgets", 1), ("sdg_weights", 2)]


class TestSdgCodes:
    def test_number_cells_name_both_readings(self, book, read):
        rows = [["KGZ_O_2.1", 2022, code, None] for code in (8.1, 5.2, "8.10", "Target 5.A", 5, "x00")]
        reading = read(book(S=[WEIGHTS, *rows]))
        assert reading.tables[0].data["sdg"].to_pylist() == ["8.1", "5.2", "8.10", "5.a", "5", "X00"]
        (finding,) = reading.findings
        assert (finding.rule, finding.cell, finding.nearest) == ("ambiguous_sdg_number", "C2", "8.10")
        assert "8.1" in finding.message and "8.10" in finding.message

    def test_a_column_of_numbers_alone(self, book, read):
        reading = read(book(S=[WEIGHTS, ["KGZ_O_2.1", 2022, 16.1, 50], ["KGZ_O_2.1", 2022, 5.2, 50]]))
        assert reading.tables[0].data["sdg"].to_pylist() == ["16.1", "5.2"]
        assert rules(reading) == ["ambiguous_sdg_number"]


class TestText:
    def test_words_that_look_like_markers_are_text(self, book, read):
        rows = [line(i, 1, Description=word) for i, word in enumerate(["NA", "NULL", True, "nan", "  ", "None"])]
        found = read(book(S=[EXPENSES, *rows])).tables[0].data["description"].to_pylist()
        assert found == ["NA", "NULL", "TRUE", "nan", None, "None"]

    def test_control_characters_become_visible(self, tmp_path, read):
        path = tmp_path / "a.csv"
        path.write_bytes(",".join(EXPENSES).encode() + b"\nT,2022-01-01,2022,1,KGZ,KGZ_O_1,F,,,a\x07b,USD,1,1\n")
        reading = read(path)
        assert reading.tables[0].data["description"].to_pylist() == ["a␇b"]
        assert rules(reading) == ["control_character"]

    def test_numbers_and_dates_in_text_columns(self, book, read):
        rows = [
            line(i, 1, Description=v)
            for i, v in enumerate([0.1, 12, "x", datetime(2022, 1, 2, 3, 4), date(2022, 1, 2)])
        ]
        found = read(book(S=[EXPENSES, *rows])).tables[0].data["description"].to_pylist()
        assert found == ["0.1", "12", "x", "2022-01-02 03:04:00", "2022-01-02"]


class TestCodes:
    def test_full_ids_and_small_letters(self, book, read):
        rows = [line(1, 1, Output="XM-DAC-41146-KGZ_O_2.1"), line(2, 1, Output=" kgz_o_2.1 "), line(3, 1, Fund=1234)]
        reading = read(book(S=[EXPENSES, *rows]))
        assert reading.tables[0].data["output"].to_pylist() == ["KGZ_O_2.1"] * 3
        assert reading.tables[0].data["fund"].to_pylist() == ["SWE-21", "SWE-21", "1234"]
        assert [(f.rule, f.cell) for f in reading.findings] == [("code_folded", "F3")]

    def test_look_alike_letters_are_named(self, book, read):
        (finding,) = read(book(S=[EXPENSES, line(1, 1, Output="KGZ_О_2.1")])).findings
        assert finding.rule == "look_alike_letter" and "Cyrillic" in finding.message

    def test_partner_names_may_be_of_any_script(self, book, read):
        reading = read(book(S=[EXPENSES, line(1, 1, Partner="Швеция")]))
        assert reading.findings == [] and reading.tables[0].data["partner"].to_pylist() == ["ШВЕЦИЯ"]

    def test_choices(self, book, read):
        rows = [["SWE", "Sweden", "Non core", None], ["X", "Y", "cor", None]]
        reading = read(book(S=[["Fund", "Name", "Fund type", "Financing instrument"], *rows]))
        assert reading.tables[0].data["fund_type"].to_pylist()[1] is None
        assert told(reading, "not_allowed")[-1].nearest == "core"


class TestCsv:
    def write(self, path, text: str, encoding="utf-8"):
        path.write_bytes(text.encode(encoding))
        return path

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_marks_and_delimiters(self, tmp_path, read, encoding):
        text = "Output;Fiscal year;SDG;Weight (%)\nKGZ_O_2.1;2022;8.10;33,33\n\nKGZ_O_2.1;2022;5.2;66,67\n"
        reading = read(self.write(tmp_path / "a.csv", text, encoding))
        assert reading.kind is FileKind.CSV
        assert reading.tables[0].data.to_pydict() == {
            "row_no": [2, 4],
            "output": ["KGZ_O_2.1"] * 2,
            "fiscal_year": [2022, 2022],
            "sdg": ["8.10", "5.2"],
            "weight_percent": ["33.33", "66.67"],
        }
        assert rules(reading) == ["empty_row"]

    def test_code_page_is_declared_or_refused(self, tmp_path, read):
        text = "Année;Produit;SDG;Weight (%)\n2022;KGZ_O_2.1;5.2;100\n"
        path = self.write(tmp_path / "a.csv", text, "cp1252")
        assert rules(read(path)) == ["unknown_encoding"]
        assert read(path, source=SourceReading(code_page="cp1252")).rows_in_file == {1: 1}

    def test_ragged_rows(self, tmp_path, read):
        text = "Output,Fiscal year,SDG,Weight (%)\nKGZ_O_2.1,2022,5.2,33,33\nKGZ_O_2.1,2022,5.3\n"
        reading = read(self.write(tmp_path / "a.csv", text))
        assert [(f.rule, f.row) for f in reading.findings] == [("ragged_row", 2)]
        assert reading.tables[0].data["weight_percent"].to_pylist() == ["33", None]

    def test_money_conventions(self, tmp_path, read):
        def amounts(*texts: str):
            rows = "".join(f"KGZ_O_2.1\t2022\tF{i}\toriginal\t{t}\t0\n" for i, t in enumerate(texts))
            reading = read(self.write(tmp_path / "a.csv", "\t".join(BUDGETS) + "\n" + rows))
            return reading.tables[0].data["planned_usd"].to_pylist(), rules(reading)

        assert amounts("1.234,56", "1.234", "-2,5") == ([123456, 123400, -250], [])
        assert amounts("(1,234.00)", "1234-", "−5", " - ", "1 000.10") == ([-123400, -123400, -500, 0, 100010], [])
        assert amounts("1,234.56", "7.891,00", "2,000.00") == ([123456, None, 200000], ["mixed_convention"])
        assert amounts("1,234", "5") == ([None, 500], ["ambiguous_number"])
        assert amounts("1.005") == ([None], ["ambiguous_number"])
        assert amounts("1.0050") == ([None], ["too_many_decimals"])
        assert amounts("NA", "1e5") == ([None, None], ["unreadable_money"] * 2)
        assert amounts("12.3", "-45.67", "8") == ([1230, -4567, 800], [])


class TestDates:
    def dates(self, read, book, *values, **options):
        rows = [line(i, 1, **{"Posting date": value}) for i, value in enumerate(values)]
        reading = read(book(S=[EXPENSES, *rows]), **options)
        return reading.tables[0].data["posting_date"].to_pylist(), rules(reading)

    def test_forms(self, read, book):
        day = date(2022, 5, 16)
        forms = [
            "2022-05-16",
            "16/05/2022",
            "16.05.2022",
            "16 May 2022",
            "May 16, 2022",
            "16 mai 2022",
            day,
            "2022-05-16T10:00:00",
        ]
        assert self.dates(read, book, *forms) == ([day] * 8, [])

    def test_one_order_for_the_column(self, read, book):
        assert self.dates(read, book, "03/04/2022", "16/05/2022") == ([date(2022, 4, 3), date(2022, 5, 16)], [])
        assert self.dates(read, book, "03/04/2022", "05/16/2022") == ([date(2022, 3, 4), date(2022, 5, 16)], [])
        assert self.dates(read, book, "03/04/2022") == ([None], ["ambiguous_date"])
        found = self.dates(read, book, "03/04/2022", "16/05/2022", "17/05/2022", "05/16/2022")
        assert found == ([date(2022, 4, 3), date(2022, 5, 16), date(2022, 5, 17), None], ["mixed_date_order"])
        declared = SourceReading(date_order="mdy")
        assert self.dates(read, book, "03/04/2022", source=declared) == ([date(2022, 3, 4)], [])

    def test_numbers_are_no_dates(self, read, book):
        reading = read(
            book(S=[EXPENSES, line(1, 1, **{"Posting date": 44697}), line(2, 1, **{"Posting date": 20220516})])
        )
        assert [f.nearest for f in told(reading, "unreadable_date")] == ["2022-05-16", "2022-05-16"]


def test_years_and_dates_in_number_columns(book, read):
    rows = [
        line(1, 1, **{"Fiscal year": "2018/19"}),
        line(2, 1, **{"Fiscal year": 2022.5}),
        line(3, 1, **{"Fiscal year": date(2022, 1, 1)}),
        line(4, date(2022, 1, 1)),
        line(5, 0.123456),
    ]
    found = {(f.rule, f.cell) for f in read(book(S=[EXPENSES, *rows])).findings}
    assert found == {
        ("unreadable_year", "C2"), ("unreadable_year", "C3"), ("unreadable_year", "C4"),
        ("unreadable_money", "L5"), ("unreadable_money", "M5"),
        ("too_many_decimals", "L6"), ("too_many_decimals", "M6"),
    }  # fmt: skip
    (first, *_) = told(read(book(S=[EXPENSES, *rows])), "unreadable_year")
    assert "2018 or 2019" in first.remedy


def test_a_boolean_among_numbers_is_not_one(book, read):
    reading = read(book(S=[EXPENSES, line(1, True), line(2, 5)]))
    assert reading.tables[0].data["amount_usd"].to_pylist() == [None, 500]
    assert told(reading, "unreadable_money")[0].found == "TRUE"


def test_percent_text_and_rates(book, read):
    reading = read(
        book(
            S=[WEIGHTS, *[["KGZ_O_2.1", 2022, f"5.{i}", w] for i, w in enumerate(["25%", 33.33, "0.49", 0.1 + 0.2], 1)]]
        )
    )
    assert reading.tables[0].data["weight_percent"].to_pylist() == ["25", "33.33", "0.49", "0.3"]


def test_markers_and_aliases(book, read):
    heads = [
        "Office",
        "Plan period",
        "Outcome",
        "Title",
        "Description",
        "UN system function",
        "Marker: Gender",
        "marker: Youth",
    ]
    row = ["KGZ", "2018–2022", "KGZ_O_2", "T", "D", "F", "2", None]
    reading = read(
        book(
            O=[heads, row],
            P=[["Partner", "Name", "Contributor type", "Aliases"], ["SWE", "Sweden", "c01", "Suède; Sverige\n Швеция"]],
        )
    )
    outcomes, partners = reading.tables
    marker = next(name for name in outcomes.data.column_names if "marker" in name)
    assert outcomes.data[marker].to_pylist() == ['{"Gender": "2"}']
    assert outcomes.data["plan_period"].to_pylist() == ["2018-2022"]
    assert partners.data["aliases"].to_pylist() == ["Suède\nSverige\nШвеция"]
    assert partners.data["contributor_type"].to_pylist() == ["C01"]


def test_double_and_unknown_headings(book, read):
    rows = [[*BUDGETS, "Remarks", "Year"], ["KGZ_O_2.1", 2022, "F", "original", 1, 1, "x", 2022]]
    found = {f.rule: f.cell for f in read(book(S=rows)).findings}
    assert found["unknown_heading"] == "G1"
    if "duplicate_heading" in found:
        assert found["duplicate_heading"] == "H1"


def test_hidden_sheet_is_read_and_told(tmp_path, book, read):
    path = book(A=[["Cover page"]], S=[BUDGETS, ["KGZ_O_2.1", 2022, "F", "original", 1, 1]])
    made = openpyxl.load_workbook(path)
    made["S"].sheet_state = "hidden"
    made.save(path)
    reading = read(path)
    assert reading.rows_in_file == {1: 1} and "hidden_sheet" in rules(reading)


def test_a_source_gives_what_its_files_leave_out(book, read):
    source = SourceReading(headings={"Ziel": "SDG"}, constants={"fiscal_year": "2022"})
    reading = read(book(S=[["Output", "Ziel", "Weight (%)"], ["KGZ_O_2.1", "5.2", 100]]), source=source)
    assert reading.findings == []
    assert reading.tables[0].data["fiscal_year"].to_pylist() == [2022]
    assert reading.tables[0].columns == {"output": "A", "sdg": "B", "weight_percent": "C"}


@pytest.mark.parametrize("word", ["n/a", "N/A", "NA", "NULL", "nan", "None"])
def test_a_word_for_nothing_is_no_empty_cell(book, read, word):
    """Only an empty cell is empty: beside numbers such a word is an error that names it, in a text it is text."""
    reading = read(book(Expenses=[EXPENSES, line(1, 5), line(2, 5, Amount=word, Description=word), line(3, 5)]))
    assert [(f.rule, f.cell, f.found) for f in reading.findings if f.is_error] == [("unreadable_money", "L3", word)]
    assert reading.tables[0].data["description"].to_pylist() == ["Travel", word, "Travel"]
