"""Loads write side by side and commit one by one; everything else waits for them, and they for it."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live import live_rows
from outcome_reporting.warehouse.moments import begin_load, next_load_moment, next_moment, until_on_disk
from outcome_reporting.warehouse.ready_rows import new_slice_ids

from .books import expense, load, references, sheet


def _hurry(connection) -> None:
    """A lock that is held by another is an error at once."""
    connection.exec_driver_sql("set local lock_timeout = '300ms'")


def test_loads_run_together_and_nothing_runs_among_them(engine: Engine):
    with engine.connect() as one, engine.connect() as two, engine.connect() as other:
        begin_load(one)
        _hurry(two)
        begin_load(two)
        first = next_load_moment(one)
        with pytest.raises(OperationalError, match="lock timeout"):
            next_load_moment(two)
        two.rollback()
        _hurry(other)
        with pytest.raises(OperationalError, match="lock timeout"):
            next_moment(other)
        other.rollback()
        one.commit()
        begin_load(two)
        assert next_load_moment(two) > first
        two.rollback()
        next_moment(other)
        _hurry(one)
        with pytest.raises(OperationalError, match="lock timeout"):
            begin_load(one)


def test_what_is_waited_for_is_on_the_disk(engine: Engine):
    with engine.begin() as connection:
        load(connection, *references())
        load(connection, sheet("expenses", [expense("T1")]))
        end = "select current_setting('synchronous_commit'), pg_current_wal_insert_lsn()"
        waits, written = connection.exec_driver_sql(end).one()
    assert waits == "off"
    with engine.connect() as connection:
        until_on_disk(connection)
        safe = "select current_setting('synchronous_commit'), pg_current_wal_flush_lsn() > %(written)s::pg_lsn"
        assert connection.exec_driver_sql(safe, {"written": written}).one() == ("on", True)


def _load_while_another_commits(engine: Engine, ours: list[dict], theirs: list[dict]) -> BaseException | None:
    """Ours is written while theirs has its moment already; what came of ours once theirs has committed."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            with engine.begin() as connection:
                load(connection, sheet("expenses", ours))
        except (SystemFault, IntegrityError) as error:
            raised.append(error)

    with engine.begin() as connection:
        load(connection, sheet("expenses", theirs))
        thread = threading.Thread(target=run)
        thread.start()
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        until = time.monotonic() + 30
        while not connection.exec_driver_sql(waiting).scalar_one() and time.monotonic() < until:
            time.sleep(0.02)
    thread.join()
    return raised[0] if raised else None


def test_two_loads_of_one_slice_at_once_do_not_mix(engine: Engine):
    with engine.begin() as connection:
        load(connection, *references())
        load(connection, sheet("expenses", [expense("T1")]))
    same = _load_while_another_commits(engine, [expense("T1")], [expense("T1", amount_usd="90.00")])
    assert isinstance(same, SystemFault)
    other = _load_while_another_commits(
        engine, [expense("T1", amount_usd="70.00")], [expense("T1", amount_usd="80.00")]
    )
    assert isinstance(other, IntegrityError)
    with engine.connect() as connection:
        assert [str(row["amount_usd"]) for row in live_rows(connection, tables.expense)] == ["80.00"]
        stored = connection.execute(select(func.count()).select_from(tables.expense)).scalar_one()
        assert stored == 3  # 100.00, 90.00 and 80.00: nothing of a load that failed


def test_slice_ids_follow_the_clock_and_each_other():
    ids = []
    for _ in range(5):
        ids += new_slice_ids(5000)  # more than are counted within a millisecond
        time.sleep(0.003)
    assert ids == sorted(set(ids)) and {(one.version, one.variant) for one in ids} == {(7, uuid.RFC_4122)}
