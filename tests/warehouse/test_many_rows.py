"""Rows that go to the server as one text come back as they were."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.many_rows import insert_rows


def _row(key: str, **values) -> dict:
    row = {"office": "KGZ", "slice_id": uuid.uuid4(), "load_id": uuid.uuid4(), "dataset": "expenses", "slice_key": key}
    return row | {"row_count": 3, "digest": "d", "amount_usd": None, "same_as": None} | values


def test_values_keep_their_types_and_columns_their_defaults(engine: Engine) -> None:
    rows = [_row('a "quoted"|\\|é%s\n'), _row("", amount_usd=Decimal("12345678901234567.89"), same_as=uuid.uuid4())]
    stored = tables.slice_
    with engine.begin() as connection:
        insert_rows(connection, stored, rows)
        insert_rows(connection, stored, [])
        found = connection.execute(select(stored).order_by(stored.c.slice_key.desc())).mappings().all()
        assert [dict(one) for one in found] == [row | {"rows_by_table": {}, "held_count": 0} for row in rows]
        with pytest.raises(IntegrityError), connection.begin_nested():
            insert_rows(connection, stored, rows[:1])
        life = _life(rows[0]["slice_id"])
        insert_rows(connection, tables.slice_life, [life])
        (moment,) = connection.execute(select(tables.slice_life.c.valid_from)).scalars()
        assert moment == life["valid_from"]
        connection.rollback()


def _life(slice_id: uuid.UUID) -> dict:
    moment = datetime(2023, 4, 1, 22, 59, 59, 123456, UTC)
    life = {"office": "KGZ", "slice_id": slice_id, "valid_from": moment, "dataset": "expenses", "slice_key": "k"}
    return life | {"cause": "load", "cause_load_id": uuid.uuid4()}
