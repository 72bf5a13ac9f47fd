"""Files that were looked at, by their hash, and what was found in them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as upsert

from outcome_reporting.domain.finding import Finding
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.many_rows import insert_rows


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One content under the name it was dropped as this time; `file_id` is for one that was not seen before."""

    sha256: str
    file_name: str
    source: str
    owner: str
    byte_count: int
    dropped_at: datetime
    file_id: uuid.UUID = field(default_factory=uuid.uuid4)


def record_file(
    connection: Connection,
    seen: SeenFile,
    verdict: str,
    moment: datetime,
    verdict_digest: str = "",
    run_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Writes down a file and its verdict (noticed, accepted, rejected); the same content keeps its id."""
    now = {
        "file_name": seen.file_name,
        "source": seen.source,
        "owner": seen.owner,
        "dropped_at": seen.dropped_at,
        "verdict": verdict,
        "verdict_at": moment,
        "verdict_digest": verdict_digest,
        "run_id": run_id,
    }
    statement = upsert(tables.file).values(
        file_id=seen.file_id, sha256=seen.sha256, byte_count=seen.byte_count, first_seen_at=moment, **now
    )
    statement = statement.on_conflict_do_update(index_elements=["sha256"], set_=now)
    return connection.execute(statement.returning(tables.file.c.file_id)).scalar_one()


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
