"""Facts summed on a second connection prove what the first has written, and nothing is done where there is no news."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import cast

import psycopg
import pytest
from sqlalchemy import Connection, Engine
from tests.allocation.drops import START, Drops, day
from tests.allocation.worlds import load_world, random_world

from outcome_reporting.allocation import Beside, has_news, reconcile, restate, sum_live_facts
from outcome_reporting.warehouse.migrations import migrate
from outcome_reporting.warehouse.server import engine_of


@pytest.fixture
def committed(engine: Engine) -> Iterator[Engine]:
    """A warehouse of its own on the same server: what a second connection sees has to be committed."""
    name = f"two_{uuid.uuid4().hex}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"create database {name}")
        info = cast(psycopg.Connection, connection.connection.driver_connection).info
        address = psycopg.conninfo.make_conninfo(host=info.host, port=info.port, user=info.user, dbname=name)
    other = engine_of(address)
    migrate(other)
    yield other
    other.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"drop database {name}")


def _restate(connection: Connection) -> None:
    run_id = uuid.UUID(int=1)
    restate(
        connection,
        snapshot_at=day(2),
        published_at=day(3),
        run_id=run_id,
        run_date=date(2025, 6, 1),
        fiscal_years=None,
        impute=True,
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_is_not_yet_committed_is_proved_by_sums_of_another_connection(committed: Engine, seed: int) -> None:
    with committed.begin() as connection:
        load_world(Drops(connection), random_world(seed), day(1))
    with committed.connect() as connection, Beside(lambda: _detached(committed)) as beside:
        sums = beside.begin(lambda theirs: sum_live_facts(theirs, day(2)))
        _restate(connection)
        live = sums.result()
        assert reconcile(connection, day(2), live=live) == []
        connection.exec_driver_sql(
            "update report.sdg_line set expense_cents = expense_cents + 1 where expense_cents > 0"
        )
        assert {problem.axis for problem in reconcile(connection, day(2), live=live)} == {"sdg"}
        connection.rollback()


def test_there_is_news_until_it_is_published(connection: Connection) -> None:
    load_world(Drops(connection), random_world(1), day(1))
    assert has_news(connection, START, date(1999, 1, 1))
    _restate(connection)
    assert not has_news(connection, day(2), date(2025, 6, 1))


@pytest.mark.parametrize("seed", range(2))
def test_money_of_a_partner_that_is_gone_stands_under_what_was_written(connection: Connection, seed: int) -> None:
    load_world(Drops(connection), random_world(seed), day(1))
    gone = connection.exec_driver_sql("delete from core.partner where partner = 'NOR' returning spellings").scalar()
    assert gone
    _restate(connection)
    direct = "select partner from report.partner_line where kind = 'direct' and expense_cents <> 0"
    assert set(connection.exec_driver_sql(direct).scalars()) & set(gone)
    assert reconcile(connection, day(2)) == []


def _detached(engine: Engine) -> psycopg.Connection:
    pooled = engine.raw_connection()
    driver = cast(psycopg.Connection, pooled.driver_connection)
    pooled.detach()
    return driver
