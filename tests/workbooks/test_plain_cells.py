"""What is proved by arithmetic is what the expression allows, and is read as the arithmetic on its tags reads it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outcome_reporting.workbooks.cell_block import Block
from outcome_reporting.workbooks.cell_forms import Form
from outcome_reporting.workbooks.plain_cells import PlainCells, plain_cells
from outcome_reporting.workbooks.saying import column_letter
from outcome_reporting.workbooks.texts import has

BEFORE, BEHIND = b"<sheetData>", b"</sheetData></worksheet>"
NUMBERS = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(0, 1e9).map("{:.2f}".format),
    st.decimals(0, 10**8, places=7).map(str),
    st.sampled_from(["0", "-0", "007", "1.0", "9999999", "10000000", "9999999.9999999", "5E-05", "1e+20", "0.1"]),
)
STYLES = st.sampled_from(["", "", ' s="1"', ' s="12345"'])
SHARED = st.integers(0, 9_999_999).map(lambda number: f' t="s"><v>{number}</v></c>')
CELLS = st.tuples(
    STYLES,
    st.one_of(
        SHARED,
        NUMBERS.map("><v>{}</v></c>".format),
        NUMBERS.map(' t="n"><v>{}</v></c>'.format),
        st.sampled_from(["/>", " />"]),
    ),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "", ' spans="1:9"', ' ht="15" customFormat="1"']),
        st.dictionaries(st.sampled_from([0, 1, 2, 25, 26, 701, 702, 18277]), CELLS, max_size=5),
    ),
    min_size=1,
    max_size=6,
)
PIECES = [
    b"<", b">", b"/", b'"', b" ", b"=", b"0", b"7", b"A", b"r", b"c", b"v", b"-", b".", b"e5", b"inf", b"&", b"\xff",
    b"<v>", b"</v>", b"</v></c>", b"</row>", b'<row r="3">', b"<row/>", b'<c r="', b'<c r="B2"/>', b"<f>A1</f>",
    b"<v></v>", b' t="s"', b' t="b"', b' s="1"', b"</row><row>", b"c r", b'<c r="Z9"><v>1</v></c>',
]  # fmt: skip
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from([b"", *PIECES])), max_size=2)


def sheet(first_row: int, rows: list) -> bytes:
    def written(number: int, attributes: str, cells: dict) -> str:
        inside = "".join(
            f'<c r="{column_letter(column)}{number}"{style}{rest}' for column, (style, rest) in sorted(cells.items())
        )
        return f'<row r="{number}"{attributes}>{inside}</row>'

    return "".join(written(first_row + place, *row) for place, row in enumerate(rows)).encode()


def changed(rows: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """The rows with some bytes taken away and some put there."""
    for where, removed, piece in changes:
        at = int(where * len(rows))
        rows = rows[:at] + piece + rows[at + removed :]
    return rows


def plain(rows: bytes) -> PlainCells | None:
    return plain_cells(BEFORE + rows + BEHIND, len(BEFORE), len(BEFORE + rows))


@settings(max_examples=400, deadline=None)
@given(first_row=st.sampled_from([1, 8, 97, 998, 99_997, 1_048_570]), rows=ROWS, changes=CHANGES)
@example(first_row=1, rows=[("", {0: ("", "><v>1<2</v></c>")})], changes=[])
@example(first_row=1, rows=[("", {0: ("", "><v>nan</v></c>")})], changes=[])
def test_what_is_proved_is_in_the_form_and_is_read_alike(first_row, rows, changes):
    data = changed(sheet(first_row, rows), changes)
    found = plain(data)
    if found is None:
        return
    assert has(data, Form.ADDRESSED.pattern)
    block = Block(memoryview(data), Form.ADDRESSED, 0)
    everything = np.arange(len(block.row))
    assert found.row.tolist() == block.row.tolist()
    assert found.column.tolist() == block.column.tolist()
    shared, numbers = block.of_sort("s"), block.numbers()
    assert len(shared) + len(numbers) == len(everything)
    assert found.shared[shared].tolist() == block.indices(shared).tolist()
    assert (found.shared[numbers] == -1).all()
    assert found.number[numbers].tobytes() == block.floats(numbers).tobytes()
    assert found.style.tolist() == block.styles(everything).tolist()
    assert block.unvalued == []


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="7"><c r="A7"><v>1</v></c></row>',
        b'<row><c r="A7" t="s"><v>0</v></c><c r="B7" s="3" t="s"><v>1</v></c></row>',
        b'<row r="7" spans="1:2"><c r="A7" t="n"><v>-1.5</v></c><c r="AB7" s="12" t="n"><v>1E-7</v></c></row>',
        b'<row r="7"><c r="A7" s="3"/><c r="B7"><v>1</v></c><c r="C7" /></row><row r="8"><c r="XFD8"/></row>',
        b'<row r="6"/><row r="7" ht="15.5"><c r="A7"><v>12345678.90123</v></c></row><row r="8" ></row>'
        b'<row r="9" customFormat="1" s="2"><c r="A9"><v>1</v></c></row><row r="10"/>',
    ],
)
def test_rows_as_programs_write_ledgers_are_plain(rows):
    assert plain(rows) is not None
    assert has(rows, Form.ADDRESSED.pattern)


@pytest.mark.parametrize(
    "rows",
    [
        b"",
        b'<row r="7"/>',
        b'<row r="7"><c r="A7"/></row>',
        b'<row r="7"><c r="A7"><v></v></c></row>',
        b'<row r="7"><c r="A7"><v>inf</v></c></row>',
        b'<row r="7"><c r="A7"><f>B7</f><v>1</v></c></row>',
        b'<row r="7"><c r="A7" t="b"><v>1</v></c></row>',
        b'<row r="7"><c r="A7" t="inlineStr"><is><t>r</t></is></c></row>',
        b'<row r="7"><c r="A7" s="1"/ ></row><row r="8"><c r="A8"><v>1</v></c></row>',
        b'<row r="7"><c r="A7"/><v>1</v></c></row>',
        b'<row r="7"><c r="A7"><v>1</v></c><c r="B7"><v>1</></row>',
        b'<row r="7"><c r="A7"><v>1</v></c><c/><c r="C7"><v>1</v></c></row>',
        b'<row r="7"><c r="A7" t="s"/><c r="B7"><v>1</v></c></row>',
        b'<row r="07"><c r="A07"><v>1</v></c></row>',
        b'<row r="7"><c r="ABCD7"><v>1</v></c></row>',
        b'<row r="7"><c r="A7" s="123456"><v>1</v></c></row>',
        b'<row r="7"><c r="A7" t="s"><v>12345678</v></c></row>',
        b'<row r="7"><c r="A7"><v>1</v></c></row><c r="A8"><v>1</v></c>',
        b'<row r="7"><c r="A7"><v>1</v></c></row></row><row r="8"><c r="A8"><v>1</v></c></row>',
        b'<row r="7"><c r="A7"><v>1</v></c></row><row r="c r="A8"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="12345678"><c r="A1234567"><v>1</v></c></row>',
        b'<row r="7"><c r="A7"><v>1</v></c></c r="A8"><v>1</v></c></row>',
        b'<row r="7"><c r="A7"><v>1</v></c></row><row r="8</row><row r="8"><c r="A8"><v>1</v></c></row>',
    ],
)
def test_all_other_rows_are_left_to_the_expression(rows):
    assert plain(rows) is None


@pytest.mark.parametrize("lengths", [[0, 90, 0, 3], [90, 0, 0], [3, 500, 0], [0, 500, 90]])
@pytest.mark.parametrize("between", [b"", b'<row r="7"/>', 30 * b"<row ></row>"])
def test_what_stands_between_rows_may_be_of_any_length(lengths, between):
    row = b'<row r="%d" ht="%s"><c r="A%d"><v>1</v></c></row>'
    rows = between.join(row % (n, b"x" * length, n) for n, length in enumerate(lengths, 1))
    assert plain(rows).row.tolist() == list(range(1, len(lengths) + 1))
    assert plain(rows.replace(b"xxx", b'x"x')) is None


def test_rows_with_nothing_behind_them_are_not_read_past_their_end():
    rows = b'<row r="7"><c r="A7"><v>1</v></c></row>'
    assert plain_cells(BEFORE + rows, len(BEFORE), len(BEFORE + rows)) is None
