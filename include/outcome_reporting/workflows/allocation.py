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
from outcome_reporting.allocation.touched import Scope, touched_scope
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
        return list(_pending(connection, settings).fiscal_years)


def _pending(connection: Connection, settings: Settings) -> Scope:
    last = publication_at(connection)
    return touched_scope(connection, last.snapshot_at if last else None, _today(settings))


def restate(settings: Settings, years: list[int] | None = None) -> dict[str, Any]:
    """Restate what is pending, and these years too, and publish, unless a cent does not reconcile.

    Whatever years are asked for, all that is pending goes into the one publication: the figures of a night
    belong together, and a plan period's total never mixes two of them. Running it again writes nothing.
    """
    house = open_house(settings)
    run_id = uuid.uuid4()
    with house.engine.begin() as connection:
        scope = _pending(connection, settings)
        asked = sorted({*scope.fiscal_years, *(years or ())})
        is_whole = _is_imputing_changed(connection, settings)
        offices = scope.offices if set(asked) == set(scope.fiscal_years) and not is_whole else None
        snapshot_at = next_moment(connection)
        files = list(reconciliation_rows(connection, snapshot_at))
        restated = restate_rows(
            connection,
            snapshot_at=snapshot_at,
            published_at=snapshot_at,
            run_id=run_id,
            run_date=_today(settings),
            fiscal_years=None if is_whole else asked,
            offices=offices,
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
                    fiscal_years=None if is_whole else asked,
                    finished_at=datetime.now(UTC),
                )
            )
        difference = connection.exec_driver_sql(
            "select coalesce(sum(abs(difference_usd)), 0.00) from report.reconciliation"
        ).scalar_one()
    return {
        "run_id": str(run_id),
        "years": asked,
        "rows_changed": sum(restated.rows_changed.values()),
        "figures_changed": restated.figures_changed,
        "is_published": restated.is_published,
        "reconciliation_difference": f"{difference:.2f}",
        "is_bad": difference != 0,
        "problems": [] if difference == 0 else ["A file's total differs from what was loaded and held"],
    }


def _is_imputing_changed(connection: Connection, settings: Settings) -> bool:
    """Whether the option to impute the core pool differs from that of the last publication: all years follow."""
    last = connection.exec_driver_sql(
        "select is_imputed from report.publication order by published_at desc limit 1"
    ).scalar_one_or_none()
    return last is not None and last != settings.impute_core


def _as_row(row: Any) -> dict[str, Any]:
    return dict(row) if isinstance(row, dict) else {name: getattr(row, name) for name in row.__dataclass_fields__}


def _today(settings: Settings):
    return datetime.now(ZoneInfo(settings.timezone)).date()
