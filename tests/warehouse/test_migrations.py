from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from outcome_reporting.warehouse import server
from outcome_reporting.warehouse.migrations import HERE, downgrade, migrate, newest_revision
from outcome_reporting.warehouse.tables import metadata


def _differences(engine) -> list:
    options = {
        "include_schemas": True,
        "compare_type": True,
        "compare_server_default": True,
        "include_name": lambda name, kind, parent: kind != "schema" or name in ("intake", "core", "report"),
    }
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def test_the_migrated_schema_is_the_one_of_tables(engine):
    assert _differences(engine) == []


def test_keys_have_their_columns_in_the_same_order(engine):
    found = inspect(engine)
    for table in metadata.sorted_tables:
        key = [column.name for column in table.primary_key]
        assert found.get_pk_constraint(table.name, table.schema)["constrained_columns"] == key, table.name


def test_up_down_and_up_again(empty_database):
    engine = server.engine_of(empty_database)
    assert migrate(engine) == newest_revision()
    assert downgrade(engine, "base") == ""
    with engine.connect() as connection:
        left = connection.exec_driver_sql(
            "select count(*) from information_schema.schemata where schema_name in ('intake', 'core', 'report')"
        )
        assert left.scalar_one() == 0
    assert migrate(engine) == newest_revision()
    assert migrate(engine) == newest_revision()
    assert _differences(engine) == []


def test_the_newest_version_is_the_head_of_the_history():
    config = Config()
    config.set_main_option("script_location", str(HERE))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()
