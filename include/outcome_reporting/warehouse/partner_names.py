"""Every spelling under which a partner is known, folded as codes and partner cells are."""

from __future__ import annotations

import pyarrow as pa

from outcome_reporting.domain.codes import fold_name
from outcome_reporting.domain.table import TypedTable


def spellings_of(table: TypedTable) -> pa.Array:
    """For each row of a table of partners, its folded code, name and aliases: a list of texts."""
    names = [name for name in ("partner", "name", "aliases") if name in table.data.column_names]
    return pa.array([_folded(row) for row in table.data.select(names).to_pylist()], pa.list_(pa.string()))


def _folded(row: dict[str, str | None]) -> list[str]:
    texts = [row.get("partner"), row.get("name"), *(row.get("aliases") or "").split("\n")]
    return list(dict.fromkeys(fold_name(text) for text in texts if text and text.strip()))
