"""What the DAGs of the night share: tags, owner, asset names, retries. Plain values, nothing else."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any


class Tag(StrEnum):
    """Every tag a DAG may carry; the operator filters the list of DAGs by them."""

    NIGHT = "night"
    INTAKE = "intake"
    MONEY = "money"
    PUBLISHING = "publishing"


OWNER = "outcome-reporting"

# Assets by name and address; a partition is a fiscal year.
FACTS = {"name": "facts", "uri": "outcomes://warehouse/core", "group": "outcomes"}
ALLOCATIONS = {"name": "allocations", "uri": "outcomes://warehouse/report", "group": "outcomes"}

RETRIES_FOR_SYSTEM_FAULTS: dict[str, Any] = {
    "owner": OWNER,
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
}
