from __future__ import annotations

import re
from pathlib import Path

import pytest

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.warehouse import migrations, tables
from outcome_reporting.warehouse.distribute import (
    check_distribution,
    distribute,
    distributed_tables,
    distribution_statements,
)

SQL_FILES = sorted(migrations.SQL_FOLDER.glob("*.sql"))
FORBIDDEN = {
    r"language\s+sql\b": "a parameterised function must be plpgsql",
    r"\b(grouping\s+sets|rollup|cube)\b": "grouping sets do not distribute",
    r"is\s+not\s+distinct\s+from": "a join needs equality",
    r"current_setting": "workers do not see settings",
    r"\b(create\s+trigger|generated\s+(always|by\s+default)\s+as\s+identity|bigserial|serial)\b": "not distributed",
    r"with\s+recursive": "recursion over facts does not distribute",
    r"\bmerge\s+into\b": "use insert .. on conflict",
}


def test_everything_migrated_would_distribute(engine):
    assert check_distribution(engine) == []


def test_what_would_not_distribute_is_named(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "create table core.training (office text, slice_id uuid not null, row_no integer, primary key (row_no))"
        )
        connection.exec_driver_sql(
            "create function report.twice(n integer) returns integer language sql as 'select 2 * n'"
        )
        connection.exec_driver_sql("create view report.peek as select transaction from core.expense")
    try:
        assert check_distribution(engine) == [
            "office may be null in core.training",
            "report.twice is a function in the language sql with parameters: make it plpgsql",
            "the key training_pkey of core.training does not hold office",
            "the view report.peek reads core.expense, which its reader may not",
        ]
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("drop view report.peek")
            connection.exec_driver_sql("drop function report.twice(integer)")
            connection.exec_driver_sql("drop table core.training")


def test_without_the_extension_it_says_so(engine):
    with pytest.raises(SystemFault, match="no Citus extension"):
        distribute(engine)


def test_the_statements_go_in_the_order_that_keys_ask_for():
    names = [table.fullname for table in tables.metadata.sorted_tables]
    statements = distribution_statements(names, distributed_tables())
    order = [name for name, _ in statements]
    assert sorted(order) == sorted(names)
    assert order.index("intake.file") < order.index("intake.load") < order.index("core.slice")
    assert order.index("core.slice") < order.index("core.expense")
    assert dict(statements)["core.slice"] == "select create_distributed_table('core.slice', 'office')"
    assert dict(statements)["core.fund"] == "select create_reference_table('core.fund')"


def test_keys_hold_office_and_nothing_refers_to_facts():
    by_office = set(distributed_tables())
    assert {"core.expense", "core.slice_life", "report.sdg_line"} <= by_office
    assert "core.office" not in by_office and "core.contribution" not in by_office
    for table in tables.metadata.tables.values():
        if table.fullname in by_office:
            assert not table.c.office.nullable
        for key in table.foreign_keys:
            assert key.column.table.fullname not in by_office


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_statements_keep_the_rules_of_a_distributed_server(path: Path):
    text = path.read_text(encoding="utf-8").lower()
    assert [why for pattern, why in FORBIDDEN.items() if re.search(pattern, text)] == []
    for statement in migrations.statements(path.name):
        body = re.sub(r"\$body\$.*\$body\$|--[^\n]*", "", statement, flags=re.DOTALL)
        assert ";" not in body, "one statement for each execute"


def test_there_are_statements_to_look_at():
    assert len(SQL_FILES) >= len(migrations.PUBLIC_VIEWS)
