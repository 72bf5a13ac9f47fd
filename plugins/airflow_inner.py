"""The one place that uses Airflow's inner functions; its tests run against the locked version.

Everything is imported inside functions: plugin files are loaded by every Airflow process, tasks included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

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


def returned_values(dag_run: DagRun) -> dict[str, Any]:
    """What the unmapped tasks of a run returned, by task id."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None:
        return {}
    query = select(XComModel).where(
        XComModel.dag_id == dag_run.dag_id,
        XComModel.run_id == dag_run.run_id,
        XComModel.key == "return_value",
        XComModel.map_index == -1,
    )
    return {row.task_id: XComModel.deserialize_value(row) for row in session.scalars(query)}


def write_note(dag_run: DagRun, text: str) -> None:
    """Sets the run's note; a person's own note is left alone."""
    if not dag_run.note:
        dag_run.note = text if len(text) <= NOTE_LENGTH else text[: NOTE_LENGTH - 1] + "…"
