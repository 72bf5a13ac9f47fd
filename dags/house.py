"""What the DAGs share: tags, assets, owner and retries. No DAG stands here (see `.airflowignore`)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from airflow.sdk import Asset


class Tag(StrEnum):
    """Every tag a DAG may carry; the operator filters the DAG list by them."""

    NIGHT = "night"
    INTAKE = "intake"
    MONEY = "money"
    PUBLISHING = "publishing"


OWNER = "outcome-reporting"

FACTS = Asset(
    name="facts", uri="outcomes://warehouse/core", group="outcomes"
)  # one partition for each fiscal year that changed

ALLOCATIONS = Asset(name="allocations", uri="outcomes://warehouse/report", group="outcomes")

RETRIES_FOR_SYSTEM_FAULTS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
}
