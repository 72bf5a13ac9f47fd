"""Slices of a table are the same whether its texts are kept once or in every row."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest

from outcome_reporting.contracts.load import load_contracts
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.warehouse.copying import RowsToCopy
from outcome_reporting.warehouse.slices import digest_slices, in_slice_order, split_slices

CONTRACT = load_contracts(Path(__file__).parents[2] / "include" / "contracts")["expenses"]


def _table(periods: list[int], is_encoded: bool) -> TypedTable:
    count = len(periods)
    columns = {
        "row_no": pa.array(range(2, 2 + count), pa.int32()),
        "transaction": pa.array([f"T{number}" for number in range(count)]),
        "fiscal_year": pa.array([2022] * count, pa.int32()),
        "period": pa.array(periods, pa.int32()),
        "office": pa.array(["KGZ"] * count),
        "partner": pa.array([("SWE", None, "Norway")[number % 3] for number in range(count)]),
        "amount_usd": pa.array(range(count), pa.int64()),
    }
    for name in ("office", "partner") if is_encoded else ():
        columns[name] = columns[name].dictionary_encode()
    return TypedTable("expenses", "a.xlsx", "S", 1, 1, {}, pa.table(columns))


@pytest.mark.parametrize("periods", [[5, 5, 5, 5], [6, 5, 6, 5, 7, 5]])
def test_texts_kept_once_change_nothing(periods: list[int]) -> None:
    found = []
    for is_encoded in (False, True):
        table = _table(periods, is_encoded)
        slices = split_slices(CONTRACT, [table])
        (ordered,), moved = in_slice_order([table], slices)
        of_row = np.zeros(table.row_count, np.int32)
        rows = RowsToCopy(CONTRACT, ordered, [UUID(int=1)], of_row)
        keys = [(one.office, one.slice_key, one.rows[0].tolist()) for one in moved]
        found.append((keys, digest_slices(CONTRACT, [table], slices), ordered.data.to_pydict(), bytes(rows._first)))
    assert found[0] == found[1]
    assert [len(rows) for _, _, rows in found[0][0]] == [periods.count(period) for period in sorted(set(periods))]
