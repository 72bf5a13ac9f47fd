"""Every folder of tests/examples: an input file, and what reading it must give (`expected.json`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outcome_reporting.workbooks.source_reading import SourceReading

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[1] / "examples").glob("*/expected.json"))


def what_was_read(reading) -> dict:
    """The same shape as `expected.json`: rows as texts, findings as rule and cells."""
    return {
        "kind": reading.kind.value,
        "tables": [
            {
                "dataset": table.dataset,
                "sheet": table.sheet,
                "columns": table.columns,
                "rows": [
                    [None if value is None else str(value) for value in row.values()] for row in table.data.to_pylist()
                ],
                "totals": [list(total) for total in table.totals],
            }
            for table in reading.tables
        ],
        "findings": [[f.severity.value, f.rule, f.sheet, f.cells, f.message] for f in reading.findings],
    }


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_example(folder, read):
    (path,) = folder.glob("input.*")
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    source = SourceReading(**expected.pop("source", {}))
    assert what_was_read(read(path, source=source)) == expected
