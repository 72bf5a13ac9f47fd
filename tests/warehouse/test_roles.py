from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from outcome_reporting.warehouse.migrations import PUBLIC_VIEWS
from outcome_reporting.warehouse.roles import create_roles

from .books import expense, load, references, sheet

THEN, NOW = datetime(2022, 6, 1, tzinfo=UTC), datetime(2022, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared(engine):
    create_roles(engine)
    create_roles(engine)
    return engine


@pytest.fixture
def as_role(shared) -> Iterator:
    connection = shared.connect()

    def become(role: str) -> Connection:
        connection.exec_driver_sql(f"set local role {role}")
        return connection

    yield become
    connection.rollback()
    connection.close()


def _partner_line(connection, valid_to):
    connection.exec_driver_sql(
        "insert into report.partner_line values ('KGZ', '2018-2022', 'KGZ_D_1.1', 2022, 'direct', 'SWE', 'Sweden', "
        "'C01', 100, 5, %(valid_from)s, %(valid_to)s)",
        {"valid_from": THEN, "valid_to": valid_to},
    )


def test_the_loader_loads_and_nothing_more(as_role):
    connection = as_role("outcomes_loader")
    load(connection, *references())
    load(connection, sheet("expenses", [expense("T1")]))
    load(connection, sheet("expenses", [expense("T2")]))
    _partner_line(connection, None)
    assert connection.exec_driver_sql("select count(*) from report.partner_contribution").scalar_one() == 1
    for forbidden in ("update core.expense set fund = ''", "delete from core.slice", "create table core.x (a int)"):
        with pytest.raises(ProgrammingError), connection.begin_nested():
            connection.exec_driver_sql(forbidden)


def test_the_reader_sees_every_view_and_its_twin(as_role):
    connection = as_role("outcomes_reader")
    for view in PUBLIC_VIEWS:
        connection.exec_driver_sql(f"select * from report.{view}").all()
        connection.exec_driver_sql(f"select * from report.{view}_as_of(now())").all()
    connection.exec_driver_sql("select * from report.explain(figure_id => 'all:2022:expense')").all()


@pytest.mark.parametrize("table", ["core.expense", "intake.file", "report.withheld", "report.figure_change"])
def test_the_reader_never_reads_behind_the_views(as_role, table):
    with pytest.raises(ProgrammingError):
        as_role("outcomes_reader").exec_driver_sql(f"select * from {table}")


def test_the_reader_writes_nothing(as_role):
    with pytest.raises(ProgrammingError):
        as_role("outcomes_reader").exec_driver_sql("delete from report.sdg_line")


def test_the_reader_sees_current_rows_and_masked_ones(as_role):
    connection = as_role("outcomes_loader")
    _partner_line(connection, NOW)
    connection.exec_driver_sql("insert into report.withheld values ('SWE')")
    connection.exec_driver_sql(
        "insert into report.partner_line values ('KGZ', '2018-2022', 'KGZ_D_1.1', 2022, 'withheld', '', '', '', "
        "11, 0, %(valid_from)s, null)",
        {"valid_from": THEN},
    )
    as_role("outcomes_reader")
    assert connection.exec_driver_sql("select partner from report.partner_line").scalars().all() == [""]
    current = connection.exec_driver_sql("select partner, kind, expense_usd from report.partner_contribution").all()
    assert [(p, k, str(usd)) for p, k, usd in current] == [(None, "withheld", "0.11")]
    then = connection.exec_driver_sql(
        "select partner, partner_name, kind, expense_usd, contribution_usd "
        "from report.partner_contribution_as_of(%(t)s)",
        {"t": THEN},
    ).all()
    assert [(p, n, k, str(usd), str(more)) for p, n, k, usd, more in then] == [(None, None, "withheld", "1.11", "0.05")]
