"""The shipped code lists in the warehouse, so that SQL can join them: unversioned, replaced when they differ."""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, insert, select

from outcome_reporting.domain.codes import sdg_sort_key
from outcome_reporting.domain.reference import NOT_ATTRIBUTABLE, Reference
from outcome_reporting.warehouse import tables


def store_reference(connection: Connection, reference: Reference) -> int:
    """Brings frameworks, plan elements and SDG codes to what the reference data says; rows replaced.

    Idempotent: a list that is equal already is not touched, so a night with the same files writes nothing.
    """
    return sum(
        _replace(connection, table, rows)
        for table, rows in (
            (tables.framework, _frameworks(reference)),
            (tables.plan_element, _elements(reference)),
            (tables.sdg, _sdgs(reference)),
        )
    )


def _replace(connection: Connection, table: Table, rows: list[dict]) -> int:
    stored = [dict(row) for row in connection.execute(select(table)).mappings()]
    if sorted(map(repr, stored)) == sorted(map(repr, rows)):
        return 0
    connection.execute(delete(table))
    connection.execute(insert(table), rows)
    return len(rows)


def _frameworks(reference: Reference) -> list[dict]:
    return [
        {"framework": f.code, "first_year": f.first_year, "last_year": f.last_year}
        for f in reference.frameworks.values()
    ]


def _elements(reference: Reference) -> list[dict]:
    return [
        {"framework": e.framework, "kind": e.kind, "element": e.code, "name": e.name}
        for e in reference.plan_elements.values()
    ]


def _sdgs(reference: Reference) -> list[dict]:
    goals = [(g.code, g.code, None, g.title) for g in reference.goals.values()]
    targets = [(t.code, t.goal, t.code, t.title) for t in reference.targets.values()]
    nothing = [(NOT_ATTRIBUTABLE, NOT_ATTRIBUTABLE, None, "Not linked to an SDG")]
    return [
        {"sdg": code, "goal": goal, "target": target, "name": name, "sort_key": sdg_sort_key(code)}
        for code, goal, target, name in goals + targets + nothing
    ]
