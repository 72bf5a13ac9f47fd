"""What was found in a file is kept with all its rows."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from outcome_reporting.domain.finding import Finding, Severity, compact_rows
from outcome_reporting.warehouse.files import SeenFile, record_files, write_findings

NOW = datetime(2024, 1, 5, tzinfo=UTC)
ONE = Finding("unknown_output", Severity.ERROR, "a.xlsx", "m", found="t\tab\\n \0", sheet="S", row=7, column="F")
MANY = replace(ONE, row=12, rows=compact_rows([*range(12, 91), 103]))
WHOLE = Finding("no_rows", Severity.WARNING, "a.xlsx", "m")


def test_findings_take_the_place_of_earlier_ones(connection: Connection) -> None:
    file_id = uuid.uuid4()
    seen = SeenFile("0" * 64, "a.xlsx", "finance", "me", 1, NOW, NOW, "rejected", file_id=file_id)
    record_files(connection, [seen])
    query = text(
        "select n, rule, severity, sheet, row_no, column_letter, found, all_rows from intake.finding "
        "where file_id = :file order by n"
    )
    write_findings(connection, file_id, [WHOLE, WHOLE, WHOLE])
    write_findings(connection, file_id, [ONE, MANY, WHOLE])
    assert [tuple(row) for row in connection.execute(query, {"file": file_id})] == [
        (1, "unknown_output", "error", "S", 7, "F", "t\tab\\n ␀", ""),
        (2, "unknown_output", "error", "S", 12, "F", "t\tab\\n ␀", "12-90,103"),
        (3, "no_rows", "warning", "", None, "", "", ""),
    ]
    write_findings(connection, file_id, [])
    assert connection.execute(query, {"file": file_id}).all() == []
