"""What reading one file gives, and how it is put into a folder and taken out again.

A folder holds one file of Arrow IPC streams, the first with all but the tables as JSON, then one for each table: so
processes and tasks hand over references only, and nothing that came from a workbook is ever unpickled.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.workbooks.sniff import FileKind


@dataclass(slots=True)
class FileReading:
    """One file as typed tables and findings.

    `rows_in_file` and `amounts` are by table number: data rows, and the sum of each MONEY field in its units.
    `cover_sheets` hold no dataset, `unmatched_sheets` look like one but lack headings. `seconds` tells how long
    each stage of the reading took; it is not stored.
    """

    file_name: str
    kind: FileKind = FileKind.UNKNOWN
    tables: list[TypedTable] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    cover_sheets: list[str] = field(default_factory=list)
    unmatched_sheets: list[str] = field(default_factory=list)
    rows_in_file: dict[int, int] = field(default_factory=dict)
    amounts: dict[int, dict[str, int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def has_errors(self) -> bool:
        return any(finding.is_error for finding in self.findings)


_TABLE_PARTS = ("dataset", "file_name", "sheet", "table_no", "header_row", "columns", "totals")
_FILE = "reading.arrows"


def store_reading(folder: Path, reading: FileReading) -> None:
    """Writes a reading into `folder`, made if needed; written over itself it is the same."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "file_name": reading.file_name,
        "kind": reading.kind.value,
        "tables": [{part: getattr(table, part) for part in _TABLE_PARTS} for table in reading.tables],
        "findings": [finding.as_dict() for finding in reading.findings],
        "cover_sheets": reading.cover_sheets,
        "unmatched_sheets": reading.unmatched_sheets,
        "rows_in_file": reading.rows_in_file,
        "amounts": reading.amounts,
    }
    words = pa.schema([], {"reading": json.dumps(content, ensure_ascii=True)})
    whole = pa.BufferOutputStream()  # written at once: piece by piece the disk takes twice as long
    for data in (words.empty_table(), *(table.data for table in reading.tables)):
        with pa.ipc.new_stream(whole, data.schema) as writer:
            writer.write_table(data)
    partial = folder / f"{_FILE}.part"  # never over a file that a reading may have mapped, and there only when whole
    partial.write_bytes(whole.getvalue())
    os.replace(partial, folder / _FILE)


def load_reading(folder: Path) -> FileReading:
    """Takes a reading out of `folder`; its columns are mapped from the disk, not copied.

    Raises FileNotFoundError when no whole reading stands there.
    """
    source = pa.memory_map(str(folder / _FILE))
    content = json.loads(pa.ipc.open_stream(source).read_all().schema.metadata[b"reading"])
    tables = []
    for parts in content["tables"]:
        parts["totals"] = [(int(row), name, int(value)) for row, name, value in parts["totals"]]
        tables.append(TypedTable(data=pa.ipc.open_stream(source).read_all(), **parts))
    return FileReading(
        file_name=content["file_name"],
        kind=FileKind(content["kind"]),
        tables=tables,
        findings=[Finding(**f | {"severity": Severity(f["severity"])}) for f in content["findings"]],
        cover_sheets=content["cover_sheets"],
        unmatched_sheets=content["unmatched_sheets"],
        rows_in_file={int(number): rows for number, rows in content["rows_in_file"].items()},
        amounts={int(number): sums for number, sums in content["amounts"].items()},
    )
