"""Statements sent together do what they would have done one by one, and fail as they would."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from outcome_reporting.warehouse.sent_together import sent_together


def test_answers_are_read_inside_and_blocks_may_stand_in_each_other(connection: Connection) -> None:
    connection.exec_driver_sql("create temp table kept (n int primary key)")
    with sent_together(connection):
        connection.exec_driver_sql("insert into kept values (1)")
        with sent_together(connection) as driver:
            assert driver.execute("select n from kept").fetchall() == [(1,)]
        connection.exec_driver_sql("insert into kept values (2)")
    assert connection.exec_driver_sql("select count(*) from kept").scalar_one() == 2


def test_what_fails_is_told_at_the_end_and_nothing_of_it_stays(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("create temp table kept (n int primary key)")
        connection.commit()
        with pytest.raises(IntegrityError, match="duplicate key"), sent_together(connection) as driver:
            driver.execute("insert into kept values (1), (1)")
            connection.exec_driver_sql("insert into kept values (2)")
        connection.rollback()
        assert connection.exec_driver_sql("select count(*) from kept").scalar_one() == 0


def test_what_the_driver_executed_ends_with_the_transaction(engine: Engine) -> None:
    with engine.connect() as connection:
        with sent_together(connection) as driver:
            driver.execute("create temp table gone (n int)")
        connection.rollback()
        assert connection.exec_driver_sql("select to_regclass('gone')").scalar_one() is None
