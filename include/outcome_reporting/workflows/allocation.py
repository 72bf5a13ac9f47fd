"""When facts change: restate what they touch, reconcile, publish; in one transaction."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from outcome_reporting.allocation.published import ReconciliationRow
from outcome_reporting.allocation.reconcile import reconcile
from outcome_reporting.allocation.restate import restate as restate_rows
from outcome_reporting.allocation.touched import touched_years
from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.moments import next_moment
from outcome_reporting.warehouse.outcome_facts import publication_at
from outcome_reporting.warehouse.reconcile import reconciliation_rows
from outcome_reporting.workflows.house import open_house


def pending_years(settings: Settings) -> list[int]:
    """The fiscal years whose published figures no longer follow from what is live."""
    with open_house(settings).engine.connect() as connection:
        return _pending(connection, settings)


def _pending(connection: Connection, settings: Settings) -> list[int]:
    last = publication_at(connection)
    return touched_years(connection, last.snapshot_at if last else None, _today(settings))


def restate(settings: Settings, years: list[int] | None = None) -> dict[str, Any]:
    """Restate these years (None: those that are pending) and publish, unless a cent does not reconcile.

    Running it again with nothing changed writes nothing.
    """
    house = open_house(settings)
    run_id = uuid.uuid4()
    with house.engine.begin() as connection:
        years = _pending(connection, settings) if years is None else sorted(set(years))
        snapshot_at = next_moment(connection)
        files = list(reconciliation_rows(connection, snapshot_at))
        restated = restate_rows(
            connection,
            snapshot_at=snapshot_at,
            published_at=snapshot_at,
            run_id=run_id,
            run_date=_today(settings),
            fiscal_years=years,
            impute=settings.impute_core,
            reconciliation=[ReconciliationRow(**_as_row(row)) for row in files],
        )
        problems = [str(problem) for problem in reconcile(connection, snapshot_at)]
        if problems:
            raise SystemFault("The figures do not reconcile; nothing was published:\n" + "\n".join(problems))
        if restated.is_published:
            connection.execute(
                insert(tables.run).values(
                    run_id=run_id,
                    kind="allocation",
                    started_at=datetime.now(UTC),
                    snapshot_at=snapshot_at,
                    published_at=snapshot_at,
                    run_date=_today(settings),
                    fiscal_years=years,
                    finished_at=datetime.now(UTC),
                )
            )
        difference = connection.exec_driver_sql(
            "select coalesce(sum(abs(difference_usd)), 0.00) from report.reconciliation"
        ).scalar_one()
    return {
        "run_id": str(run_id),
        "years": years,
        "rows_changed": sum(restated.rows_changed.values()),
        "figures_changed": restated.figures_changed,
        "is_published": restated.is_published,
        "reconciliation_difference": f"{difference:.2f}",
        "is_bad": difference != 0,
        "problems": [] if difference == 0 else ["A file's total differs from what was loaded and held"],
    }


def _as_row(row: Any) -> dict[str, Any]:
    return dict(row) if isinstance(row, dict) else {name: getattr(row, name) for name in row.__dataclass_fields__}


def _today(settings: Settings):
    return datetime.now(ZoneInfo(settings.timezone)).date()
