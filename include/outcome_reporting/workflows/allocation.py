"""When facts change: restate what they touch, reconcile, publish; in one transaction."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Connection, Engine, insert

from outcome_reporting.allocation.beside import Beside
from outcome_reporting.allocation.published import ReconciliationRow
from outcome_reporting.allocation.reconcile import Problem, reconcile, sum_live_facts
from outcome_reporting.allocation.restate import Restatement
from outcome_reporting.allocation.restate import restate as restate_rows
from outcome_reporting.allocation.touched import Scope, has_news, touched_scope
from outcome_reporting.domain.codes import plan_period_years
from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.largest_changes import largest_changes
from outcome_reporting.warehouse.live import catalogue, live_offices
from outcome_reporting.warehouse.moments import next_moment
from outcome_reporting.warehouse.outcome_facts import publication_at
from outcome_reporting.warehouse.reconcile import FileDifference, file_differences, files_of, reconciliation_rows
from outcome_reporting.warehouse.statistics import refresh_statistics
from outcome_reporting.workflows.clock import Clock
from outcome_reporting.workflows.house import open_house

_log = logging.getLogger(__name__)
_FILES_NAMED = 5
_PROBLEMS_TOLD = 50  # each is looked up, file and figure: a planted fault can make all of them wrong


def pending_years(settings: Settings) -> list[int]:
    """The fiscal years whose published figures no longer follow from what is live."""
    with open_house(settings).engine.connect() as connection:
        return list(_pending(connection, settings).fiscal_years)


def _pending(connection: Connection, settings: Settings) -> Scope:
    last = publication_at(connection)
    return touched_scope(connection, last.snapshot_at if last else None, _today(settings))


def restate(
    settings: Settings,
    years: list[int] | None = None,
    clock: Clock | None = None,
    once_read: Callable[[datetime, date, list[str]], object] | None = None,
) -> dict[str, Any]:
    """Restate what is pending, and these years too, and publish, unless a cent does not reconcile.

    Whatever years are asked for, all that is pending goes into the one publication: the figures of a night
    belong together, and a plan period's total never mixes two of them. Running it again writes nothing. `clock`
    is told what of the phase "allocate" went into "reconcile". `once_read` is called when all money was read, if any
    is: from then on a core has little to do. It is told the moment whose slices are read, the day that decides who is
    withheld, and the offices: what lies in core may be read for other ends too.
    """
    house = open_house(settings)
    clock = clock or Clock()
    if not years and (unchanged := _unchanged(house.engine, settings, clock)):
        return unchanged
    run_id = uuid.uuid4()
    with house.engine.begin() as connection, Beside(partial(_second_connection, house.engine)) as beside:
        snapshot_at = next_moment(connection)  # first: whatever was loaded before it is committed, so all is pending
        refreshed = beside.begin(lambda _: _refresh_statistics(house.engine))  # of what was loaded
        sums = partial(sum_live_facts, snapshot_at=snapshot_at)  # of all years and offices: a proof of everything
        live = beside.begin(sums)
        last = publication_at(connection)
        scope = _pending(connection, settings)
        asked = sorted({*scope.fiscal_years, *(years or ())})
        is_whole = _is_imputing_changed(connection, settings)
        offices = scope.offices if set(asked) == set(scope.fiscal_years) and not is_whole else None
        files = list(reconciliation_rows(connection, snapshot_at))
        years_of_files = None if is_whole else asked
        changed = _Aside(partial(_changed_files, house.engine, last.snapshot_at if last else None, years_of_files))
        run_date = _today(settings)
        whose = live_offices(connection) if offices is None else offices

        def read() -> None:
            if once_read:
                wait([refreshed])  # whoever reads next is planned for by it
                once_read(snapshot_at, run_date, whose)

        restated = restate_rows(
            connection,
            snapshot_at=snapshot_at,
            published_at=snapshot_at,
            run_id=run_id,
            run_date=run_date,
            fiscal_years=None if is_whole else asked,
            offices=offices,
            impute=settings.impute_core,
            reconciliation=[ReconciliationRow(**_as_row(row)) for row in files],
            once_read=read,
        )
        with clock("reconcile", within="allocate"):
            wrong = reconcile(connection, snapshot_at, live=live.result())
            problems = _problems(connection, wrong, snapshot_at, changed.result())
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
                    run_date=run_date,
                    fiscal_years=None if is_whole else asked,
                    finished_at=datetime.now(UTC),
                )
            )
        largest = largest_changes(connection, run_id, snapshot_at) if restated.figures_changed else []
        summary = _summary(connection, str(run_id), asked, restated, largest)
    _refresh_statistics(house.engine)  # of what was published
    for change in largest:
        _log.info("%s", change["words"])
    return summary


def prove(settings: Settings) -> list[str]:
    """Everything published against everything live, to the cent, whatever was restated; changes nothing.

    Each line names its files and its figure. Empty when all is well, or nothing was published yet.
    """
    engine = open_house(settings).engine
    with engine.connect() as connection:
        last = publication_at(connection)
        if last is None:
            return []
        return _proof(engine, connection, last.snapshot_at)


def _summary(
    connection: Connection,
    run_id: str,
    years: list[int],
    restated: Restatement | None = None,
    largest: Sequence[Any] = (),
) -> dict[str, Any]:
    """What a run says of itself; `restated` is None where there was nothing to do, and the last run's id stands."""
    difference = connection.exec_driver_sql(
        "select coalesce(sum(abs(difference_usd)), 0.00) from report.reconciliation"
    ).scalar_one()
    return {
        "run_id": run_id,
        "years": years,
        "rows_changed": sum(restated.rows_changed.values()) if restated else 0,
        "figures_changed": restated.figures_changed if restated else 0,
        "largest_changes": list(largest),
        "is_published": restated.is_published if restated else False,
        "reconciliation_difference": f"{difference:.2f}",
        "is_bad": difference != 0,
        "problems": [] if difference == 0 else ["A file's total differs from what was loaded and held"],
    }


def _proof(engine: Engine, connection: Connection, moment: datetime) -> list[str]:
    """All that is published against all that was live at its moment, figures and files at the same time."""
    changed = _Aside(partial(_changed_files, engine, moment, None))
    return _problems(connection, reconcile(connection, moment), moment, changed.result())


def _changed_files(engine: Engine, until: datetime | None, years: list[int] | None) -> list[FileDifference]:
    """Files that were there at a moment (None: none was) and whose rows are worth something else by now."""
    if until is None:
        return []
    with engine.connect() as connection:
        return file_differences(connection, until, years)


class _Aside:
    """One call that runs beside the work, on a connection of its own."""

    def __init__(self, call: Callable[[], list[FileDifference]]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(call)

    def result(self) -> list[FileDifference]:
        self._pool.shutdown()
        return self._future.result()


def _problems(
    connection: Connection, wrong: list[Problem], moment: datetime, changed: list[FileDifference]
) -> list[str]:
    """What does not hold to the cent, each with its files and its figure.

    Published rows are compared with the live facts, and the rows of files that were there at the last publication
    with what was written down when they were loaded: those of the years restated, or of all where a figure is wrong.
    """
    if wrong:
        changed = file_differences(connection, moment, None)
    told = [_with_file_and_figure(connection, problem, moment) for problem in wrong[:_PROBLEMS_TOLD]]
    more = [f"and {len(wrong) - len(told)} more figures"] if len(wrong) > len(told) else []
    return [*map(str, changed), *told, *more]


def _with_file_and_figure(connection: Connection, problem: Problem, moment: datetime) -> str:
    code, year = problem.part.split()[0], problem.fiscal_year
    known = catalogue(connection)
    periods = [*known["outcomes"].get(code, ()), *(period for _, period in known["outputs"].get(code, ()))]
    of_year = (one for one in periods if plan_period_years(one)[0] <= year <= plan_period_years(one)[1])
    files = files_of(connection, moment, problem.office, year, problem.measure)
    named = ", ".join(files[:_FILES_NAMED]) + (f" and {len(files) - _FILES_NAMED} more" if files[_FILES_NAMED:] else "")
    figure = "" if problem.unconverted else problem.figure(next(of_year, ""))
    return f"{problem}; figure {figure or 'none'}; files: {named or 'none'}"


def _unchanged(engine: Engine, settings: Settings, clock: Clock) -> dict[str, Any] | None:
    """The summary of a restatement that has nothing to do, found by reading alone; None where there is something.

    A night without news proves all that is published all the same: raises SystemFault when a cent is wrong.
    """
    with engine.connect() as connection:
        last = publication_at(connection)
        if last is None or last.is_imputed != settings.impute_core:
            return None
        if has_news(connection, last.snapshot_at, _today(settings)):
            return None
        with clock("reconcile", within="allocate"):
            problems = _proof(engine, connection, last.snapshot_at)
        if problems:
            raise SystemFault("What is published no longer reconciles:\n" + "\n".join(problems))
        run_id = connection.exec_driver_sql(
            "select run_id from report.publication order by published_at desc limit 1"
        ).scalar_one()
        return _summary(connection, str(run_id), [])


def _refresh_statistics(engine: Engine) -> None:
    with engine.begin() as connection:
        refresh_statistics(connection)


def _second_connection(engine: Engine) -> psycopg.Connection:
    pooled = engine.raw_connection()
    driver = cast(psycopg.Connection, pooled.driver_connection)
    pooled.detach()
    return driver


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
