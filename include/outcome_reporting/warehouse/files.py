"""Files that were looked at, by their hash, and what was found in them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outcome_reporting.domain.finding import Finding
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.many_rows import insert_rows


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One content under the name it was dropped as this time, and what was said of it last.

    `file_id` is for one that was not seen before; `verdict` is noticed, accepted or rejected.
    """

    sha256: str
    file_name: str
    source: str
    owner: str
    byte_count: int
    dropped_at: datetime
    verdict_at: datetime
    verdict: str = "noticed"
    verdict_digest: str = ""
    file_id: uuid.UUID = field(default_factory=uuid.uuid4)


_OF_THIS_TIME = ("file_name", "source", "owner", "dropped_at", "verdict", "verdict_at", "verdict_digest", "run_id")
_KEEP_THE_REST = (
    f"on conflict (sha256) do update set {', '.join(f'{name} = excluded.{name}' for name in _OF_THIS_TIME)}"
)


def record_files(connection: Connection, files: Sequence[SeenFile], run_id: uuid.UUID | None = None) -> None:
    """Writes down files, of one content each; a content that is known keeps its id and when it was first seen."""
    rows = [asdict(one) | {"first_seen_at": one.verdict_at, "run_id": run_id} for one in files]
    insert_rows(connection, tables.file, rows, _KEEP_THE_REST)


def write_verdict(
    connection: Connection, file_id: uuid.UUID, verdict: str, moment: datetime, digest: str, run_id: uuid.UUID
) -> None:
    """Accepted or rejected, when, by which run; `digest` tells a later verdict on the same content apart."""
    connection.exec_driver_sql(
        "update intake.file set verdict = %(verdict)s, verdict_at = %(at)s, verdict_digest = %(digest)s, "
        "run_id = %(run)s where file_id = %(file)s",
        {"verdict": verdict, "at": moment, "digest": digest, "run": run_id, "file": file_id},
    )


_WORDS = ("rule", "severity", "dataset", "field", "sheet", "found", "message", "expected", "remedy", "nearest")
_AT_ONCE = 10_000  # findings in one statement: a file may have another fault in every row


def write_findings(
    connection: Connection, file_id: uuid.UUID, findings: Sequence[Finding], run_id: uuid.UUID | None = None
) -> None:
    """Replaces what is written down about a file."""
    connection.exec_driver_sql("delete from intake.finding where file_id = %(file)s", {"file": file_id})
    rows = [
        {
            "file_id": file_id,
            "run_id": run_id,
            "n": number,
            "row_no": one.row,
            "column_letter": one.column,
            "all_rows": one.rows,
            **{word: _storable(getattr(one, word)) for word in _WORDS},
        }
        for number, one in enumerate(findings, start=1)
    ]
    for start in range(0, len(rows), _AT_ONCE):
        insert_rows(connection, tables.finding, rows[start : start + _AT_ONCE])


def _storable(value: Any) -> Any:
    """PostgreSQL stores no NUL: the mark stands that shows it everywhere else too."""
    return value.replace("\0", "\N{SYMBOL FOR NULL}") if isinstance(value, str) else value
