"""Whatever is wrong with a sheet: each bad cell belongs to one finding and is marked, and no other cell is."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_rows import EXPENSES

from outcome_reporting.checks.expectations import check_tables
from outcome_reporting.domain.finding import Finding
from outcome_reporting.workbooks.answer import Verdict
from outcome_reporting.workbooks.marking import write_marked
from outcome_reporting.workbooks.read import read_file
from outcome_reporting.workbooks.sniff import FileKind

VALUES = ("", "2022-05-01", 2022, 5, "KGZ", "KGZ_D_1.1.1", "F1", None, None, None, "USD", 100, 100)
GOOD = dict(zip(EXPENSES, VALUES, strict=True))
# what may stand there instead; a bad value is bad in each row that holds it
BAD = {
    "Posting date": ["soon", None],
    "Fiscal year": ["2022/23", None, 1850],
    "Period": [99, "May"],
    "Output": ["N/A", "kgz d", None],
    "Currency": ["dollar", None],
    "Amount": ["about 5", 1.23456, None],
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {"Transaction": st.sampled_from(["A", "B", "C", "D", "E", "F", "G", "H"])},
        optional={heading: st.sampled_from(values) for heading, values in BAD.items()},
    ),
    min_size=1,
    max_size=14,
)


def bad_cells(rows: list[dict]) -> set[str]:
    """By the pools alone: values that are bad, and transactions that stand more than once."""
    times = Counter(row["Transaction"] for row in rows)
    return {
        f"{chr(65 + EXPENSES.index(heading))}{number}"
        for number, row in enumerate(rows, 2)
        for heading in row
        if heading in BAD or times[row["Transaction"]] > 1
    }


def cells_of(finding: Finding) -> list[str]:
    return [f"{finding.column}{row}" for first, last in finding.runs() for row in range(first, last + 1)]


@given(rows=ROWS, is_csv=st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_bad_cell_is_told_once_and_marked(contracts, reference, rows, is_csv):
    table = [EXPENSES, *([(GOOD | row)[heading] for heading in EXPENSES] for row in rows)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("a.csv" if is_csv else "a.xlsx")
        if is_csv:
            path.write_text("\n".join(",".join("" if v is None else str(v) for v in line) for line in table))
        else:
            book = openpyxl.Workbook()
            for line in table:
                book.active.append(line)
            book.save(path)
        reading = read_file(path, contracts, reference)
        errors = [finding for finding in reading.findings if finding.is_error]
        unread = {cell for finding in errors for cell in cells_of(finding)}
        found = [one for _, one in check_tables(contracts["expenses"], reading.tables, {"currencies": ["USD"]})]
        for finding in [one for one in found if one.is_error]:
            # what could not be read is empty to the checks: `judging` leaves it out
            left = [cell for cell in cells_of(finding) if cell not in unread]
            errors += [finding.without(int(re.sub("[A-Z]+", "", c)) for c in unread if c[0] == finding.column)] * bool(
                left
            )
        told = Counter(cell for finding in errors for cell in cells_of(finding))
        assert told == Counter(bad_cells(rows))
        keys = Counter((one.rule, one.column, one.found, one.expected) for one in errors)
        assert set(keys.values()) <= {1}

        kind = FileKind.CSV if is_csv else FileKind.XLSX
        write_marked(path, kind, errors, Verdict("a", "rejected", "a was rejected."), Path(folder) / "out.xlsx")
        sheet = openpyxl.load_workbook(Path(folder) / "out.xlsx").worksheets[1]
        red = {cell.coordinate for line in sheet.iter_rows() for cell in line if cell.fill.fgColor.rgb == "00FDECEA"}
        assert red == set(told)
        assert {cell.coordinate for line in sheet.iter_rows() for cell in line if cell.comment} == red
