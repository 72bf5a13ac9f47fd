"""Celery's options, for `AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS`: Airflow's own, and a worker that preloads.

Airflow's forkserver setting does not reach Celery workers. Their parent imports the heavy libraries before it
forks, so that no task does.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.celery.executors.default_celery import DEFAULT_CELERY_CONFIG
from celery.signals import worker_init

OPTIONS = dict(DEFAULT_CELERY_CONFIG)


@worker_init.connect
def preload(**_: Any) -> None:
    import airflow_local.preload  # noqa: F401
