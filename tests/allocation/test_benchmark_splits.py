"""The three ways of splitting a cent that the benchmark compares are the same: else it would prove nothing."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmark.generate import TARGETS
from benchmark.split import split_cells
from benchmark.strong import split_rows, weights_of
from outcome_reporting.domain.allocation import split

CENTS = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20)
WEIGHTS = st.lists(
    st.tuples(st.sampled_from(TARGETS), st.decimals("0.01", "100", places=2)),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[0],
)


@given(CENTS, WEIGHTS)
def test_each_row_is_the_products(cents: list[int], weights: list[tuple[str, Decimal]]) -> None:
    by_columns = split_cells(np.array(cents), weights)
    rows = [{"Output": "ONE", "SDG": code, "Weight (%)": weight} for code, weight in weights]
    # a second output with more weights: unused places of the first are zeros
    rows += [{"Output": "TWO", "SDG": code, "Weight (%)": Decimal(1)} for code in TARGETS]
    sdg, parts = weights_of(["ONE", "TWO"], rows, list(TARGETS))
    by_rows = split_rows(np.array(cents), np.repeat(parts[:1], len(cents), axis=0))
    for number, one in enumerate(cents):
        expected = dict(split(one, weights))
        assert {code: int(pieces[number]) for code, pieces in by_columns.items()} == expected
        found = {TARGETS[sdg[0, place]]: int(by_rows[number, place]) for place in range(len(weights))}
        assert found == expected
        assert not by_rows[number, len(weights) :].any()
