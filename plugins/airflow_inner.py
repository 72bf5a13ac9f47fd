"""The one place that uses Airflow's inner functions; its tests run against the locked version.

Everything is imported inside functions: plugin files are loaded by every Airflow process, tasks included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from sqlalchemy.orm import Session

NOTE_LENGTH = 1000  # of Airflow's column


def current_user() -> Any:
    """The dependency that answers 401 to a request without a valid login."""
    from airflow.api_fastapi.core_api.security import get_user

    return get_user


def may_see_dag(user: Any, dag_id: str) -> bool:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails

    return get_auth_manager().is_authorized_dag(method="GET", user=user, details=DagDetails(id=dag_id))


def login_address(next_url: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager

    return get_auth_manager().get_url_login(next_url=next_url)


def describe_run(dag_run: DagRun, task_id: str, words: Callable[[Any], str]) -> None:
    """Sets the run's note from what its task `task_id` returned, if it did; a person's note is left alone.

    The scheduler's run comes with its session, which holds a lock on the run: that session is used. The run
    of `dag.test()` comes without one.
    """
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is not None:
        _describe(session, dag_run, task_id, words)
        return
    from airflow.models.dagrun import DagRun as Run
    from airflow.utils.session import create_session

    with create_session() as session:
        _describe(session, session.get_one(Run, dag_run.id), task_id, words)


def _describe(session: Session, dag_run: DagRun, task_id: str, words: Callable[[Any], str]) -> None:
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    returned = session.scalar(
        select(XComModel).where(
            XComModel.dag_id == dag_run.dag_id,
            XComModel.run_id == dag_run.run_id,
            XComModel.task_id == task_id,
            XComModel.key == "return_value",
            XComModel.map_index == -1,
        )
    )
    if returned is not None and not dag_run.note:
        text = words(XComModel.deserialize_value(returned))
        dag_run.note = text if len(text) <= NOTE_LENGTH else text[: NOTE_LENGTH - 1] + "…"
