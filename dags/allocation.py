"""Split the year's money over SDG targets, partners and plan elements.

Reads:  core facts whose slices changed since the last run: the fiscal year of the run's partition; started
        by hand, the year of the form, or every year that waits when the form is empty.
Writes: tables of `report` for that year, and nothing else; the asset `allocations`.
If red: `verify`: a sum does not reconcile to the cent and the year is not announced to the reports; the
        first line of the log names the difference. Any other task: the system failed; the year still
        waits, and clearing the task or the next night takes it up again.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, Param, PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException

from outcome_reporting.settings import load_settings
from outcome_reporting.workflows.chain import ALLOCATIONS, FACTS, RETRIES_FOR_SYSTEM_FAULTS, Tag


@dag(
    schedule=PartitionedAssetTimetable(assets=Asset(**FACTS)),
    catchup=False,
    max_active_runs=1,
    default_args=RETRIES_FOR_SYSTEM_FAULTS,
    params={
        "fiscal_year": Param(
            None,
            type=["integer", "null"],
            minimum=1990,
            maximum=2100,
            title="Fiscal year",
            description="Restate this year. Empty: every year that waits.",
        )
    },
    tags=[Tag.NIGHT, Tag.MONEY],
    doc_md=__doc__,
)
def allocation() -> None:
    @task.short_circuit(ignore_downstream_trigger_rules=True)
    def choose_years(*, dag_run: Any = None, params: Any = None) -> list[int]:
        from outcome_reporting.workflows.allocation import pending_years

        chosen = dag_run.partition_key or params["fiscal_year"]
        return [int(chosen)] if chosen else pending_years(load_settings())

    @task
    def restate(years: list[int]) -> dict[str, Any]:
        from outcome_reporting.workflows import allocation as workflow

        return workflow.restate(load_settings(), years)

    @task(retries=0)  # a wrong sum does not mend itself by trying again
    def verify(summary: dict[str, Any]) -> None:
        if summary["is_bad"]:
            raise AirflowFailException(
                f"Difference {summary['reconciliation_difference']} USD: " + "; ".join(summary["problems"][:20])
            )

    @task(outlets=[Asset(**ALLOCATIONS)])
    def announce(summary: dict[str, Any], *, outlet_events: Any = None) -> None:
        outlet_events[Asset(**ALLOCATIONS)].add_partitions([str(year) for year in summary["years"]])

    summary = restate(choose_years())
    verify(summary) >> announce(summary)


allocation()
