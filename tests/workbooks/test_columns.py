"""Columns of cells before they have a type, and codes told apart by their letters."""

from __future__ import annotations

import pyarrow as pa
import pytest

from outcome_reporting.domain.contract import Field, Kind
from outcome_reporting.workbooks.columns import RawColumn, column_of_values
from outcome_reporting.workbooks.convert import convert_code, convert_text
from outcome_reporting.workbooks.distinct import Reading

READING = Reading(publisher="XM-DAC-41146")


def codes(*texts: str | None) -> list[str | None]:
    field = Field("fund", "Fund", Kind.CODE)
    return convert_code(RawColumn(len(texts), texts=pa.array(texts, pa.string())), field, READING).array.to_pylist()


def test_the_first_cells_of_a_column_know_nothing_of_the_others():
    whole = column_of_values(["A", "B", None, "A", "Total", 120.0])
    first = whole.first(4)
    assert (first.length, first.distinct.values, first.numbers) == (4, ["A", "B"], None)
    assert first.texts.to_pylist() == ["A", "B", None, "A"]
    assert not column_of_values([None, "Total"]).first(1).has_texts
    assert whole.first(6) is whole


@pytest.mark.parametrize("others", [[], ["SWE-22", "S 1"], ["swe-21"], [None]])
def test_codes_are_stored_as_they_stand_or_folded(others):
    written = ["SWE-21", "A B", "A  B", " A", "x{~}", "XM-DAC-41146-SWE", "Å1", "A", *others]
    stored = ["SWE-21", "A B", "A B", "A", "X{~}", "SWE", "Å1", "A", *(o and o.upper() for o in others)]
    assert codes(*written) == stored
    assert codes("AZ09!`{|}~_[]", *others)[:1] == ["AZ09!`{|}~_[]"]
    assert codes(None, None) == [None, None]


def test_texts_of_many_rows_are_kept_once_in_the_order_of_their_rows():
    field = Field("fund", "Fund", Kind.CODE)
    texts = pa.array([None, "b", "A", "B", "look\u0430like", *["A", "b"] * 10], pa.string())
    array = convert_code(RawColumn(len(texts), texts=texts), field, READING).array
    assert array.dictionary.to_pylist() == ["B", "A"]
    assert array.to_pylist() == [None, "B", "A", "B", None, *["A", "B"] * 10]
    assert array.null_count == 2


def test_numbers_that_show_alike_are_one_text():
    raw = column_of_values([0.3, 0.1 + 0.2, None, 7100.0, *[0.3] * 12])
    array = convert_text(raw, Field("account", "Account", Kind.TEXT), READING).array
    assert array.dictionary.to_pylist() == ["0.3", "7100"]
    assert array.to_pylist() == ["0.3", "0.3", None, "7100", *["0.3"] * 12]
