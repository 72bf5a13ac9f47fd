"""Columns from and to the server: what is cut apart and put together is what was there."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Connection
from tests.allocation.drops import day

from outcome_reporting.allocation import columns
from outcome_reporting.allocation.columns import (
    Fields,
    integers_of,
    moment_field,
    read_rows,
    text_fields,
    texts_of,
    write_rows,
    year_field,
)
from outcome_reporting.allocation.statements import cursor_of


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([None], [""]),
        ([b""], [""]),
        ([b"\n\n"], ["", "", ""]),
        ([b"KGZ\n\nKGZ", "Norwège\n€".encode(), b""], ["KGZ", "", "KGZ", "Norwège", "€", ""]),
    ],
)
def test_texts_are_numbered_across_the_rows_of_a_query(values: list[bytes | None], expected: list[str]) -> None:
    number, names = texts_of(values, len(expected))
    assert [names[one] for one in number] == expected
    assert len(set(names)) == len(names)


def test_a_text_with_a_newline_is_refused() -> None:
    with pytest.raises(ValueError, match="3 texts where 2 were expected"):
        texts_of([b"one\ntwo\nthree"], 2)


def test_rows_are_written_as_they_are_read(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_AT_ONCE", 2)
    cursor = cursor_of(connection)
    cursor.execute("create temp table told (name text, year smallint, cents bigint, at timestamptz, more bigint)")
    names = [text_fields(name) + year_field(year) for name, year in (("", 1999), ("Côte d’Ivoire", 2024))]
    moments = Fields(np.zeros(3, np.int64), [moment_field(day(1))])
    cents = np.array([0, -1, 2**62])
    written = write_rows(cursor, "told", 5, [Fields(np.array([1, 0, 1]), names), cents, moments, cents[::-1]])
    assert written == 3
    told = cursor.execute("select name, year, cents, at, more from told order by cents").fetchall()
    assert told == [
        ("", 1999, -1, day(1), -1),
        ("Côte d’Ivoire", 2024, 0, day(1), 2**62),
        ("Côte d’Ivoire", 2024, 2**62, day(1), 0),
    ]
    (row,) = read_rows(
        cursor, "select array_agg(cents order by cents), string_agg(name, E'\\n' order by cents) from told"
    )
    assert integers_of(row[0]).tolist() == [-1, 0, 2**62]
    number, names_read = texts_of([row[1]], 3)
    assert [names_read[one] for one in number] == ["", "Côte d’Ivoire", "Côte d’Ivoire"]


def test_no_rows_are_written_and_read(connection: Connection) -> None:
    cursor = cursor_of(connection)
    cursor.execute("create temp table told (cents bigint)")
    assert write_rows(cursor, "told", 1, [np.zeros(0, np.int64)]) == 0
    (row,) = read_rows(cursor, "select array_agg(cents) from told")
    assert integers_of(row[0]).tolist() == []


def test_a_null_among_integers_is_refused(connection: Connection) -> None:
    (row,) = read_rows(cursor_of(connection), "select array[1, null]::bigint[]")
    with pytest.raises(ValueError, match="null"):
        integers_of(row[0])
