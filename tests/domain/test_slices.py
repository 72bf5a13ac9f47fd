from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from outcome_reporting.contracts.load import load_contracts
from outcome_reporting.domain.slices import slice_key, slice_values

CONTRACTS = load_contracts(Path(__file__).resolve().parents[2] / "include" / "contracts")


@pytest.mark.parametrize(
    ("dataset", "row", "key"),
    [
        ("offices", {"office": "KGZ"}, ""),
        ("budgets", {"output": "KGZ_D_1.1.1", "fiscal_year": 2022}, "KGZ|2022"),
        (
            "expenses",
            {"office": "KGZ", "output": "MOZ_D_1.1", "fiscal_year": 2022, "period": 0},
            "KGZ|2022|0",
        ),
        ("exchange_rates", {"currency": "KGS", "effective_date": date(2022, 3, 1)}, "KGS|2022"),
        ("outputs", {"output": "ECA_O_1.1", "plan_period": "2018-2021"}, "ECA|2018-2021"),
    ],
)
def test_the_slice_of_a_row(dataset: str, row: dict, key: str) -> None:
    assert slice_key(CONTRACTS[dataset], row) == key


def test_a_whole_dataset_is_one_slice() -> None:
    assert slice_values(CONTRACTS["funds"], {}) == ()
