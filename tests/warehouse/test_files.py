"""Files that were looked at are known again by their bytes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.files import SeenFile, record_files

NOW = datetime(2024, 1, 5, tzinfo=UTC)


def test_a_content_that_is_known_keeps_its_id_and_is_told_under_its_new_name(connection: Connection) -> None:
    first = SeenFile("0" * 64, "a “quoted”\\.xlsx", "finance", "me", 2**40, NOW, NOW)
    later = NOW + timedelta(days=1, microseconds=1)
    again = replace(first, file_name="b.xlsx", verdict_at=later, verdict="rejected", verdict_digest="d")
    new, run_id = replace(first, sha256="1" * 64, file_id=uuid.uuid4()), uuid.uuid4()
    record_files(connection, [first])
    record_files(connection, [replace(again, file_id=uuid.uuid4()), new], run_id)
    found = connection.execute(select(tables.file).order_by(tables.file.c.sha256)).all()
    assert [(one.file_id, one.file_name, one.verdict, one.verdict_at, one.run_id) for one in found] == [
        (first.file_id, "b.xlsx", "rejected", later, run_id),
        (new.file_id, first.file_name, "noticed", NOW, run_id),
    ]
    assert [(one.first_seen_at, one.byte_count, one.verdict_digest) for one in found] == [
        (NOW, 2**40, "d"),
        (NOW, 2**40, ""),
    ]
