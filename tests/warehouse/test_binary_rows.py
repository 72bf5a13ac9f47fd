"""What is written in binary is what PostgreSQL reads from text."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from sqlalchemy import ARRAY, Date, Integer, Numeric, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from outcome_reporting.warehouse.binary_rows import END, HEAD, encode_rows

_LARGEST = 2**63 - 1


def _round_trip(connection, types: list[tuple[str, object, int]], columns: list[pa.Array]) -> list[tuple]:
    """The columns written in binary into a table of these SQL types, and read back as text."""
    names = [f"c{n}" for n in range(len(types))]
    described = ", ".join(f"{name} {sql}" for name, (sql, _, _) in zip(names, types, strict=True))
    connection.exec_driver_sql("drop table if exists written")
    connection.exec_driver_sql(f"create temp table written (n serial, {described})")
    kinds, scales = [kind for _, kind, _ in types], [scale for _, _, scale in types]
    half = len(columns[0]) // 2  # in two batches, the second one a view into the columns
    driver = connection.connection.driver_connection
    statement = f"copy written ({', '.join(names)}) from stdin (format binary)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(HEAD)
        copy.write(encode_rows([column.slice(0, half) for column in columns], kinds, scales))
        copy.write(encode_rows([column.slice(half) for column in columns], kinds, scales))
        copy.write(END)
    texts = ", ".join(f"{name}::text" for name in names)
    return [tuple(row) for row in connection.exec_driver_sql(f"select {texts} from written order by n")]


@pytest.mark.parametrize("scale", [0, 1, 2, 3, 4])
def test_money_is_exact_to_the_last_unit(connection, scale):
    seeded = random.Random(scale)
    units = [0, 1, -1, 9, 10, -99, 100, 9_999, 10_000, -10_001, 99_999_999, 100_000_000, _LARGEST, -_LARGEST - 1]
    units += [seeded.randint(-(10 ** seeded.randint(1, 18)), 10 ** seeded.randint(1, 18)) for _ in range(500)]
    given = [*units, None]
    found = _round_trip(connection, [(f"numeric(22,{scale})", Numeric(), scale)], [pa.array(given, pa.int64())])
    assert [row[0] for row in found] == [None if u is None else f"{Decimal(u).scaleb(-scale):f}" for u in given]


def test_decimals_keep_the_places_they_are_written_with(connection):
    texts = ["0", "33.33", "79.50", "-0.0001", "0.00010", "100", "12345678901234567890.123456789", "10000", "0.5", None]
    found = _round_trip(connection, [("numeric", Numeric(), 0)], [pa.array(texts)])
    assert [row[0] for row in found] == texts


def test_every_type_with_and_without_nulls(connection):
    types = [
        ("smallint", SmallInteger(), 0),
        ("integer", Integer(), 0),
        ("date", Date(), 0),
        ("text", Text(), 0),
        ("uuid", Uuid(), 0),
        ("jsonb", JSONB(), 0),
        ("text[]", ARRAY(Text()), 0),
        ("text", Text(), 0),
    ]
    columns = [
        pa.array([-32768, None, 32767], pa.int32()),
        pa.array([None, -(2**31), 2**31 - 1], pa.int32()),
        pa.array([date(1, 1, 1), date(2000, 2, 29), None], pa.date32()),
        pa.array(['a "quoted", text\nof two\tlines\\', "", "Suède 日本"]),
        pa.array([None, "01234567-89ab-cdef-0123-456789abcdef", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
        pa.array(['{"a": "\\u00e9"}', None, "{}"]),
        pa.array([["a,b", '"q"'], [], None], pa.list_(pa.string())),
        pa.array(["x", None, "x"]).dictionary_encode(),
    ]
    assert _round_trip(connection, types, columns) == [
        (
            "-32768",
            None,
            "0001-01-01",
            'a "quoted", text\nof two\tlines\\',
            None,
            '{"a": "é"}',
            '{"a,b","\\"q\\""}',
            "x",
        ),
        (None, "-2147483648", "2000-02-29", "", "01234567-89ab-cdef-0123-456789abcdef", None, "{}", None),
        ("32767", "2147483647", None, "Suède 日本", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{}", None, "x"),
    ]


def test_an_integer_that_does_not_fit_is_refused():
    with pytest.raises(OverflowError):
        encode_rows([pa.array([1, 32768], pa.int32())], [SmallInteger()], [0])
