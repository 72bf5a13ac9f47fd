"""Three roles, none of which needs a superuser at run time.

`outcomes_migrator` owns the schema. `outcomes_loader` writes files, facts and allocations. `outcomes_reader` reads
`report` alone: the public views (and, for a distributed server, the current rows of the tables right under
them), the `_as_of` twins and `explain`, which mask withheld partners themselves.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

MIGRATOR, LOADER, READER = "outcomes_migrator", "outcomes_loader", "outcomes_reader"
SCHEMAS = ("intake", "core", "report")
# Tables that the reader may select because views stand on them, and the condition of the rows that it sees.
READABLE = {
    "resource_line": "valid_to is null",
    "sdg_line": "valid_to is null",
    "partner_line": "valid_to is null",
    "revenue_line": "valid_to is null",
    "plan_line": "valid_to is null",
    "result_line": "valid_to is null",
    "note_line": "valid_to is null and status = 'approved'",
    "reconciliation_line": "valid_to is null",
}
# Of core, only ends of intervals and the code lists ever change.
CHANGEABLE = ("core.slice_life", "core.slice_org_life", "core.framework", "core.plan_element", "core.sdg")
_MAINTAIN_SINCE = 170_000


def create_roles(engine: Engine) -> None:
    """Creates the roles where they are missing and grants everything anew; twice changes nothing.

    Needs a role that may create roles and owns the schema (or a superuser); the schema must be migrated.
    """
    with engine.begin() as connection:
        _create(connection)
        for schema, kind, name in _objects(connection):
            connection.exec_driver_sql(f"alter {kind} {schema}.{name} owner to {MIGRATOR}")
        for statement in [*_grants(connection), *_row_security()]:
            connection.exec_driver_sql(statement)


def _create(connection: Connection) -> None:
    known = set(connection.exec_driver_sql("select rolname from pg_roles").scalars())
    for role in (MIGRATOR, LOADER, READER):
        if role not in known:
            connection.exec_driver_sql(f"create role {role} login nosuperuser nocreatedb nocreaterole")
    me, is_superuser = connection.exec_driver_sql(
        "select current_user, rolsuper from pg_roles where rolname = current_user"
    ).one()
    if not is_superuser and me != MIGRATOR:
        connection.exec_driver_sql(f'grant {MIGRATOR} to "{me}"')
    database = connection.exec_driver_sql("select current_database()").scalar_one()
    connection.exec_driver_sql(f'grant create, connect on database "{database}" to {MIGRATOR}')


def _objects(connection: Connection) -> list[tuple[str, str, str]]:
    """(schema, kind, name) of all tables, views and functions that do not belong to the migrator yet."""
    found = connection.exec_driver_sql(
        f"""
        select n.nspname, case c.relkind when 'v' then 'view' else 'table' end, quote_ident(c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
        where c.relkind in ('r', 'v', 'p') and o.rolname <> '{MIGRATOR}'
          and (n.nspname = any(%(schemas)s) or (n.nspname = 'public' and c.relname = 'alembic_version'))
        union all
        select n.nspname, 'function',
          quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
        where n.nspname = any(%(schemas)s) and o.rolname <> '{MIGRATOR}'""",
        {"schemas": list(SCHEMAS)},
    )
    schemas = connection.exec_driver_sql(
        f"""
        select n.nspname from pg_namespace n join pg_roles o on o.oid = n.nspowner
        where n.nspname = any(%(schemas)s) and o.rolname <> '{MIGRATOR}'""",
        {"schemas": list(SCHEMAS)},
    ).scalars()
    types = connection.exec_driver_sql(
        f"""
        select n.nspname, quote_ident(t.typname) from pg_type t
        join pg_namespace n on n.oid = t.typnamespace join pg_roles o on o.oid = t.typowner
        join pg_class c on c.oid = t.typrelid and c.relkind = 'c'
        where n.nspname = any(%(schemas)s) and o.rolname <> '{MIGRATOR}'""",
        {"schemas": list(SCHEMAS)},
    )
    # A schema changes hands first: the new owner of what stands in it must be allowed to create there.
    objects = [tuple(row) for row in found] + [(schema, "type", name) for schema, name in types]
    for schema in list(schemas):
        connection.exec_driver_sql(f"alter schema {schema} owner to {MIGRATOR}")
    return objects


def _grants(connection: Connection) -> list[str]:
    version = int(connection.exec_driver_sql("show server_version_num").scalar_one())
    statements = [f"grant usage on schema {schema} to {LOADER}" for schema in SCHEMAS]
    for schema, rights in (
        ("intake", "select, insert, update, delete"),
        ("core", "select, insert"),
        ("report", "select, insert, update, delete"),
    ):
        statements.append(f"grant {rights} on all tables in schema {schema} to {LOADER}")
        statements.append(
            f"alter default privileges for role {MIGRATOR} in schema {schema} grant {rights} on tables to {LOADER}"
        )
    statements += [f"grant update, delete on {table} to {LOADER}" for table in CHANGEABLE]
    if version >= _MAINTAIN_SINCE:
        statements += [f"grant maintain on all tables in schema {schema} to {LOADER}" for schema in SCHEMAS]
    statements += [
        "revoke all on all functions in schema report from public",
        f"grant execute on all functions in schema report to {LOADER}, {READER}",
        f"grant usage on schema report to {READER}",
    ]
    views = connection.exec_driver_sql("select viewname from pg_views where schemaname = 'report'").scalars()
    readable = [*views, *READABLE]
    return [*statements, *(f'grant select on report."{name}" to {READER}' for name in readable)]


def _row_security() -> list[str]:
    statements = []
    for table, condition in READABLE.items():
        statements += [
            f"alter table report.{table} enable row level security",
            f"drop policy if exists reader_current on report.{table}",
            f"drop policy if exists loader_all on report.{table}",
            f"create policy reader_current on report.{table} for select to {READER} using ({condition})",
            f"create policy loader_all on report.{table} for all to {LOADER} using (true) with check (true)",
        ]
    return statements
