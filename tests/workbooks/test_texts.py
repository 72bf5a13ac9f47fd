"""Texts that are searched many in a row are found as if each was looked at."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.workbooks.texts import is_blank, places_with

TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["", "to", "tal", "Total", "x", "é", "\x07"]), st.text()))


@given(TEXTS, TEXTS, st.integers(0, 200))
def test_texts_that_hold_a_pattern_are_found_where_they_stand(first, last, between):
    texts = [*first, *["plain"] * between, *last]
    found = [place for place, text in enumerate(texts) if text is not None and re.search("total|\x07|é", text)]
    assert places_with(pa.array(texts, pa.string()), "total|\x07|é").tolist() == found
    behind = pa.array(["total", *texts, "total"], pa.string()).slice(1, len(texts))
    assert places_with(behind, "total|\x07|é").tolist() == found


@pytest.mark.parametrize(
    "text, blank",
    [("", True), (" \t\n", True), ("\u00a0\u2003", True), ("a", False), (" a ", False), ("\u200b", False)],
)
def test_a_text_of_spaces_is_blank(text, blank):
    assert is_blank(pa.array([text])).to_pylist() == [blank]
