"""Great Expectations without what this project does not need of it: verdicts are those of the library itself."""

from __future__ import annotations

import pandas as pd
import pytest

from outcome_reporting.checks.library import open_library

GX, BATCHES = open_library()


def _places(frame: pd.DataFrame, *expectations) -> list[list[int] | None]:
    """Of each expectation the places that fail; None where none does."""
    suite = GX.ExpectationSuite(name="suite", expectations=expectations)
    results = BATCHES.get_batch({"dataframe": frame}).validate(suite, result_format="COMPLETE").results
    found = {result.expectation_config.kwargs["column"]: result for result in results}
    return [
        None if (one := found[expectation.column]).success else one.result["unexpected_index_list"]
        for expectation in expectations
    ]


def test_each_frame_has_its_own_verdict_though_none_is_told_apart_by_a_hash():
    is_small = GX.expectations.ExpectColumnValuesToBeBetween(column="amount", max_value=9)
    is_once = GX.expectations.ExpectColumnValuesToBeUnique(column="key")
    for amounts, keys, small, once in (
        ([1, 2, 3], [0, 1, 2], None, None),
        ([1, 20, 3], [0, 1, 0], [1], [0, 2]),
        ([10, 2, 3], [0, 1, 2], [0], None),
        ([1, 2, 3], [0, 1, 2], None, None),
    ):
        frame = pd.DataFrame({"amount": amounts, "key": keys})
        assert _places(frame, is_small, is_once) == [small, once]


def test_no_frame_is_hashed(monkeypatch):
    monkeypatch.setattr(pd.util, "hash_pandas_object", lambda *_, **__: pytest.fail("a frame was hashed"))
    is_small = GX.expectations.ExpectColumnValuesToBeBetween(column="amount", max_value=9)
    assert _places(pd.DataFrame({"amount": [1, 20]}), is_small) == [[1]]


def test_a_configuration_is_kept_until_its_expectation_changes():
    low = GX.expectations.ExpectColumnValuesToBeBetween(column="amount", max_value=9)
    high = GX.expectations.ExpectColumnValuesToBeBetween(column="amount", max_value=99)
    assert low.configuration is low.configuration
    assert high.configuration.kwargs == {"column": "amount", "max_value": 99}
    assert low.configuration.kwargs == {"column": "amount", "max_value": 9}
    low.max_value, low.meta = 5, {"check": 1}
    assert (low.configuration.kwargs["max_value"], low.configuration.meta) == (5, {"check": 1})
    assert _places(pd.DataFrame({"amount": [1, 7]}), low) == [[1]]
