"""The SQL and the plain-Python allocation give the same rows, cent by cent, over random worlds."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.allocation.drops import Drops, day
from tests.allocation.worlds import load_world, random_world

from outcome_reporting.allocation import reconcile, restate
from outcome_reporting.domain.allocation import World, allocate

VIEWS = {
    "outcome_resources": "resource_line",
    "sdg_allocation": "sdg_line",
    "partner_contribution": "partner_line",
    "partner_revenue": "revenue_line",
    "plan_contribution": "plan_line",
}
NOT_STORED = {"shortfall_usd"}


@pytest.mark.parametrize("seed", range(10))
def test_rows_equal_the_reference(connection: Connection, seed: int) -> None:
    """Ten worlds of twenty offices, each of them a case."""
    world = random_world(seed)
    load_world(Drops(connection), world, day(1))
    published = publish(connection, world)
    expected = allocate(world)
    for view in VIEWS:
        assert published[view] == as_set(getattr(expected, view)), view
    assert reconcile(connection, day(2)) == []


def publish(connection: Connection, world: World) -> dict[str, set[tuple]]:
    restate(
        connection,
        snapshot_at=day(2),
        published_at=day(3),
        run_id=uuid.uuid4(),
        run_date=world.run_date,
        fiscal_years=None,
        impute=world.impute_core,
    )
    found = {}
    for view, table in VIEWS.items():
        query = f"select * from report.{table} where valid_to is null"
        rows = [dict(row) for row in connection.exec_driver_sql(query).mappings()]
        found[view] = as_set([_as_view(view, row) for row in rows])
    return found


def _as_view(view: str, row: dict[str, Any]) -> dict[str, Any]:
    ours = {
        name.replace("_cents", "_usd"): None if value == "" else value
        for name, value in row.items()
        if name not in ("valid_from", "valid_to")
    }
    if view == "sdg_allocation":
        ours.pop("sdg")
    return ours


def as_set(rows: list[dict[str, Any]]) -> set[tuple]:
    plain = [tuple(sorted((name, value) for name, value in row.items() if name not in NOT_STORED)) for row in rows]
    assert len(set(plain)) == len(plain)
    return set(plain)
