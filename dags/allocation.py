"""Split the year's money over SDG targets, partners and plan elements.

Reads:  core facts whose slices changed since the last run. Each fiscal year that `facts` announces gets a run
        of its own; the first one publishes every year that waits, so that the figures of a night belong
        together, and the others find their year done. By hand: what waits, and the year of the form.
Writes: tables of `report` for these years, in one transaction; the asset `allocations`, a partition for each.
If red: `verify`, or `restate` with "do not reconcile": a sum is off; nothing is announced to the reports,
        the old figures stay, and the log names the difference. Any other task: the system failed; the
        years still wait, and clearing the task or the next night takes them up again.
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
            description="Restate this year too. Empty: only the years that wait.",
        )
    },
    tags=[Tag.NIGHT, Tag.MONEY],
    doc_md=__doc__,
)
def allocation() -> None:
    @task.short_circuit(ignore_downstream_trigger_rules=True)
    def choose_years(*, params: Any = None, dag_run: Any = None) -> list[int]:
        from outcome_reporting.workflows.allocation import pending_years

        waiting = set(pending_years(load_settings()))
        if params["fiscal_year"]:
            return sorted({*waiting, params["fiscal_year"]})
        if dag_run.partition_key and int(dag_run.partition_key) not in waiting:
            return []  # published already, with another year of the same night
        return sorted(waiting)

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
