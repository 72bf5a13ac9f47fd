from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from outcome_reporting.checks.columns import Columns, combined, fingerprints, repeated, united
from outcome_reporting.domain.table import TypedTable

FUNDS = ["F2", None, "F1", "F2", "F1", None]
PARTNERS = ["NOR", "SWE", None, "NOR", "NOR", "SWE"]


def _table(**columns: pa.Array) -> TypedTable:
    data = pa.table({"row_no": pa.array(range(2, 8), pa.int32()), **columns})
    return TypedTable("expenses", "Ledger.xlsx", "Ledger", 1, 1, {}, data)


def _encoded(values: list, dictionary: list) -> pa.DictionaryArray:
    """As a reader may hand it over: in an order of its own, with values that no row holds."""
    numbers = pa.array([None if v is None else dictionary.index(v) for v in values], pa.int32())
    return pa.DictionaryArray.from_arrays(numbers, pa.array(dictionary))


@pytest.mark.parametrize("funds", [pa.array(FUNDS), _encoded(FUNDS, ["F0", "F1", "F2"])], ids=["texts", "encoded"])
def test_values_stand_in_the_order_in_which_they_first_appear(funds):
    found = Columns(_table(fund=funds)).distinct("fund")
    assert found.values.to_pylist() == ["F2", "F1"]
    assert found.of_row.tolist() == [0, 2, 1, 0, 1, 2]
    assert found.listed == ["F2", "F1", None] and found.has_empty


@pytest.mark.parametrize("funds", [pa.array(FUNDS), _encoded(FUNDS, ["F0", "F1", "F2"])], ids=["texts", "encoded"])
def test_each_row_finds_its_combination(funds):
    columns = Columns(_table(fund=funds, partner=pa.array(PARTNERS)))
    found = columns.combos(["fund", "partner", "outcome"])  # the sheet has no outcome
    assert found.values == [("F2", "NOR", None), ("F1", "NOR", None), ("F1", None, None), (None, "SWE", None)]
    for index, value in enumerate(found.values):
        assert all((FUNDS[row], PARTNERS[row], None) == value for row in found.rows(index))
    assert columns.combos(["outcome"]).values == [(None,)]


def test_combined_numbers_do_not_overflow():
    columns = [np.array([2**31 - 1, 0, 2**31 - 1, 5]) for _ in range(4)]
    numbers = combined(columns, [2**31] * 4)
    assert numbers[0] == numbers[2] and len(set(numbers.tolist())) == 3
    assert numbers[1] < numbers[3] < numbers[0]


def test_united_columns_share_their_numbers():
    first, second = Columns(_table(fund=pa.array(FUNDS))), Columns(_table(fund=pa.array(["F1", "F3", *FUNDS[2:]])))
    lacking = Columns(_table())
    values, places = united([one.distinct("fund") for one in (first, lacking, second)])
    assert values.to_pylist() == ["F2", "F1", "F3"]
    of_row = [
        place[one.distinct("fund").of_row].tolist() for place, one in zip(places, (first, lacking, second), strict=True)
    ]
    assert of_row == [[0, 3, 1, 0, 1, 3], [3] * 6, [1, 2, 1, 0, 1, 3]]


KEYS = ["", "A", "AB", "BA", "A-1", "A-2", "Zurich 0001", "Zürich 0001", "a" * 8, "a" * 9, "a" * 16, "0000000100000001"]


def test_a_fingerprint_tells_keys_apart_wherever_they_stand():
    texts = pa.array([*KEYS, None])
    prints = fingerprints(texts)
    assert len(set(prints[:-1].tolist())) == len(KEYS)
    assert prints[-1] == prints[0]  # nothing, and an empty text
    assert fingerprints(texts.slice(4, 5)).tolist() == prints[4:9].tolist()
    assert fingerprints(texts.cast(pa.large_string())).tolist() == prints.tolist()
    assert fingerprints(pa.array([], pa.string())).tolist() == []
    assert fingerprints(pa.nulls(2, pa.string())).tolist() == [0, 0]


def test_what_stands_twice_is_found_in_all_its_parts():
    parts = [np.array([1, 2, 2, 3], np.uint64), np.array([], np.uint64), np.array([3, 4], np.uint64)]
    assert [found.tolist() for found in repeated(parts)] == [[False, True, True, True], [], [True, False]]


def test_one_key_is_written_alike_by_its_texts_and_its_values():
    columns = Columns(_table(fund=pa.array(FUNDS), partner=_encoded(PARTNERS, ["SWE", "NOR"])))
    for names in (["fund"], ["partner"], ["fund", "partner"], ["fund", "outcome"]):
        keys, texts = columns.keys(names), columns.key_texts(names).to_pylist()
        assert [keys.listed[number] for number in keys.of_row] == texts
    assert columns.has_empty("fund") and columns.has_empty("outcome") and not columns.has_empty("row_no")


def test_a_column_without_a_type_is_empty_in_every_row():
    found = Columns(_table(fund=pa.nulls(6))).distinct("fund")
    assert found.listed == [None] and found.has_empty and found.of_row.tolist() == [0] * 6


@pytest.mark.parametrize("rows", [["KGZ"] * 6, ["KGZ"], []], ids=len)
def test_a_column_of_one_value_has_that_value(rows):
    data = pa.table({"row_no": pa.array(range(len(rows)), pa.int32()), "office": pa.array(rows, pa.string())})
    found = Columns(TypedTable("expenses", "Ledger.xlsx", "Ledger", 1, 1, {}, data)).distinct("office")
    assert found.values.to_pylist() == rows[:1] and found.of_row.tolist() == [0] * len(rows) and not found.has_empty
