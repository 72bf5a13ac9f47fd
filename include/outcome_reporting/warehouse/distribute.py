"""The migrated warehouse over many machines (Citus): what would not distribute, and doing it.

Facts, slices and allocations are distributed on office beside each other; everything else is a reference table.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.warehouse import tables

SCHEMAS = ("intake", "core", "report")
ANCHOR = "core.slice"


def distributed_tables() -> list[str]:
    """The tables that are distributed on office, the one beside which all others stand first."""
    found = [table.fullname for table in tables.metadata.sorted_tables if _is_by_office(table)]
    return sorted(found, key=lambda name: (name != ANCHOR, name))


def _is_by_office(table) -> bool:
    return table.schema != "intake" and "office" in table.primary_key.columns


def check_distribution(engine: Engine) -> list[str]:
    """What would not distribute, one sentence each, found in the catalogue alone; empty when all would."""
    with engine.connect() as connection:
        by_office = set(_by_office_in_catalogue(connection))
        return sorted(
            [
                *_keys_without_office(connection, by_office),
                *_missing_offices(connection, by_office),
                *_foreign_keys(connection, by_office),
                *_triggers_and_sequences(connection),
                *_functions_and_views(connection),
            ]
        )


def distribute(engine: Engine) -> list[str]:
    """Distributes what is not distributed yet, in one transaction, and returns the tables that it took.

    Raises SystemFault where the extension is absent or something would not distribute.
    """
    with engine.connect() as connection:
        present = connection.exec_driver_sql("select 1 from pg_extension where extname = 'citus'").first()
    if present is None:
        raise SystemFault("this PostgreSQL has no Citus extension (create extension citus): nothing was distributed")
    problems = check_distribution(engine)
    if problems:
        raise SystemFault("the warehouse would not distribute: " + "; ".join(problems))
    with engine.begin() as connection:
        done = set(connection.exec_driver_sql("select logicalrelid::regclass::text from pg_dist_partition").scalars())
        every = _tables(connection)
        connection.exec_driver_sql("set local citus.multi_shard_modify_mode = 'sequential'")
        taken = []
        for table, statement in distribution_statements(every, _by_office_in_catalogue(connection)):
            if table not in done:
                connection.exec_driver_sql(statement)
                taken.append(table)
    _truncate_local(engine, taken)
    return taken


def distribution_statements(every: list[str], by_office: list[str]) -> list[tuple[str, str]]:
    """(table, statement) in the order that foreign keys ask for: references first, the anchor before its fellows."""
    statements = [(name, f"select create_reference_table('{name}')") for name in every if name not in by_office]
    for name in sorted(by_office, key=lambda one: (one != ANCHOR, one)):
        beside = "" if name == ANCHOR else f", colocate_with => '{ANCHOR}'"
        statements.append((name, f"select create_distributed_table('{name}', 'office'{beside})"))
    return statements


def _truncate_local(engine: Engine, taken: list[str]) -> None:
    """Rows that were there before stay behind on the coordinator, unseen, until this is called."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in taken:
            connection.exec_driver_sql(f"select truncate_local_data_after_distributing_table('{table}')")


def _tables(connection: Connection) -> list[str]:
    """All tables of the three schemas, those that others refer to first."""
    known = [table.fullname for table in tables.metadata.sorted_tables]
    found = connection.exec_driver_sql(
        "select schemaname || '.' || tablename from pg_tables where schemaname = any(%(schemas)s) order by 1",
        {"schemas": list(SCHEMAS)},
    ).scalars()
    return sorted(found, key=lambda name: (known.index(name) if name in known else len(known), name))


def _by_office_in_catalogue(connection: Connection) -> list[str]:
    """Tables of this database that are to be distributed: those known, and further facts that carry office."""
    expected = distributed_tables()
    organization_wide = {t.fullname for t in tables.metadata.tables.values()} - set(expected)
    carrying = connection.exec_driver_sql(
        """
        select table_schema || '.' || table_name from information_schema.columns
        join information_schema.tables using (table_schema, table_name)
        where column_name = 'office' and table_type = 'BASE TABLE' and table_schema in ('core', 'report')
        order by 1"""
    ).scalars()
    return [name for name in carrying if name not in organization_wide]


def _keys_without_office(connection: Connection, by_office: set[str]) -> list[str]:
    rows = connection.exec_driver_sql(
        """
        select n.nspname || '.' || t.relname, i.relname
        from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        join pg_namespace n on n.oid = t.relnamespace
        where x.indisunique and n.nspname = any(%(schemas)s) and not exists (
          select 1 from pg_attribute a
          where a.attrelid = t.oid and a.attname = 'office' and a.attnum = any(x.indkey::int2[]))""",
        {"schemas": list(SCHEMAS)},
    )
    return [f"the key {key} of {table} does not hold office" for table, key in rows if table in by_office]


def _missing_offices(connection: Connection, by_office: set[str]) -> list[str]:
    rows = connection.exec_driver_sql(
        """
        select table_schema || '.' || table_name from information_schema.columns
        where column_name = 'office' and is_nullable = 'YES' and table_schema = any(%(schemas)s)""",
        {"schemas": list(SCHEMAS)},
    ).scalars()
    empty = [f"office may be null in {table}" for table in rows if table in by_office]
    return [*empty, *(f"{name} does not exist or has no office" for name in set(distributed_tables()) - by_office)]


def _foreign_keys(connection: Connection, by_office: set[str]) -> list[str]:
    rows = connection.exec_driver_sql(
        """
        select c.conname, n.nspname || '.' || t.relname, rn.nspname || '.' || r.relname
        from pg_constraint c
        join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
        join pg_class r on r.oid = c.confrelid join pg_namespace rn on rn.oid = r.relnamespace
        where c.contype = 'f' and n.nspname = any(%(schemas)s)""",
        {"schemas": list(SCHEMAS)},
    )
    return [
        f"the foreign key {name} leads from {table} to {referred}, which is distributed"
        for name, table, referred in rows
        if referred in by_office
    ]


def _triggers_and_sequences(connection: Connection) -> list[str]:
    given = {"schemas": list(SCHEMAS)}
    triggers = connection.exec_driver_sql(
        """
        select g.tgname, n.nspname || '.' || t.relname from pg_trigger g
        join pg_class t on t.oid = g.tgrelid join pg_namespace n on n.oid = t.relnamespace
        where not g.tgisinternal and n.nspname = any(%(schemas)s)""",
        given,
    )
    sequences = connection.exec_driver_sql(
        """
        select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'S' and n.nspname = any(%(schemas)s)""",
        given,
    ).scalars()
    return [
        *(f"{table} has the trigger {name}" for name, table in triggers),
        *(f"{name} is a sequence: keys are made by the client" for name in sequences),
    ]


def _functions_and_views(connection: Connection) -> list[str]:
    functions = connection.exec_driver_sql(
        """
        select n.nspname || '.' || p.proname from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
        where l.lanname = 'sql' and p.pronargs > 0 and n.nspname = any(%(schemas)s)""",
        {"schemas": list(SCHEMAS)},
    ).scalars()
    views = connection.exec_driver_sql(
        """
        select distinct v.relname, n.nspname || '.' || t.relname
        from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class
        join pg_class t on t.oid = d.refobjid join pg_namespace n on n.oid = t.relnamespace
        join pg_namespace vn on vn.oid = v.relnamespace
        where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
          and v.relkind = 'v' and vn.nspname = 'report' and n.nspname in ('core', 'intake')"""
    )
    return [
        *(f"{name} is a function in the language sql with parameters: make it plpgsql" for name in functions),
        *(f"the view report.{view} reads {table}, which its reader may not" for view, table in views),
    ]
