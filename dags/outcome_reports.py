"""Build the outcome pages and workbooks that changed, and release them as one set.

Reads:  schema `report`, for the outcomes and years whose figures, notes or results changed.
Writes: `reports/`, released by one swap; a reader sees the old set or the new one, never a mixture.
If red: `verify`: pages that may not be published were kept back (their older version stays) and all others
        are released; the log names each with its reasons. `build`: the system failed, nothing was released;
        clear the task, or start the DAG by hand: it builds whatever waits.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, FixedKeyMapper, PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException

from outcome_reporting.settings import load_settings
from outcome_reporting.workflows.chain import ALLOCATIONS, RETRIES_FOR_SYSTEM_FAULTS, Tag


@dag(
    # Every year leads to the one site.
    schedule=PartitionedAssetTimetable(assets=Asset(**ALLOCATIONS), default_partition_mapper=FixedKeyMapper("site")),
    catchup=False,
    max_active_runs=1,
    default_args=RETRIES_FOR_SYSTEM_FAULTS,
    tags=[Tag.NIGHT, Tag.PUBLISHING],
    doc_md=__doc__,
)
def outcome_reports() -> None:
    @task.short_circuit(ignore_downstream_trigger_rules=True)
    def find_changed() -> int:
        from outcome_reporting.workflows.reports import pending_reports

        return len(pending_reports(load_settings()))

    @task
    def build() -> dict[str, Any]:
        from outcome_reporting.workflows.reports import build_reports

        return build_reports(load_settings())

    @task(retries=0)  # a page that may not be published does not mend itself by trying again
    def verify(summary: dict[str, Any]) -> None:
        if summary["problems"]:
            raise AirflowFailException("Kept back: " + "; ".join(summary["problems"][:20]))

    summary = build()
    find_changed() >> summary
    verify(summary)


outcome_reports()
