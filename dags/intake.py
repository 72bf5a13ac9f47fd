"""Take in what people dropped: read it, check it, load what is good, answer every file.

Reads:  the drop folders `inbox/<source>/`, what they refer to in the warehouse, and held rows.
Writes: `archive/`, schemas `intake` and `core`, `answers/<source>/`; the asset `facts`, one partition for
        each fiscal year that changed. Nothing that is already live is lost when a file fails.
If red: look at which task is red. `verdict`: data is bad; the run's note lists each file and its findings,
        `answers/` holds each sender's marked workbook, and everything good has loaded and goes on to the
        reports. Any other task: the system failed after its retries; nothing is half loaded, mend the
        cause in the log and clear the task, or wait for the next night.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from outcome_reporting.settings import load_settings
from outcome_reporting.workflows.chain import FACTS, RETRIES_FOR_SYSTEM_FAULTS, Tag

BATCH = 50  # files of one mapped task, which starts readers of its own


@dag(
    schedule=CronTriggerTimetable("0 2 * * *", timezone=load_settings().timezone),
    catchup=False,
    max_active_runs=1,
    default_args=RETRIES_FOR_SYSTEM_FAULTS,
    tags=[Tag.NIGHT, Tag.INTAKE],
    doc_md=__doc__,
)
def intake() -> None:
    @task
    def begin() -> str:
        from outcome_reporting.workflows.intake import begin_night

        return begin_night(load_settings())

    @task
    def notice(night: str) -> list[list[str]]:
        from outcome_reporting.workflows.intake import notice_files

        file_ids = notice_files(load_settings(), night)
        return [file_ids[start : start + BATCH] for start in range(0, len(file_ids), BATCH)]

    @task(map_index_template="{{ batch_name }}")
    def read(night: str, file_ids: list[str]) -> int:
        from outcome_reporting.workflows.intake import read_files

        context: Any = get_current_context()
        number = context["ti"].map_index * BATCH
        context["batch_name"] = f"files {number + 1}-{number + len(file_ids)}"
        return len(read_files(load_settings(), night, file_ids))

    @task(trigger_rule="none_failed")  # no new file: held rows are still looked at again
    def judge(night: str) -> list[str]:
        from outcome_reporting.workflows.intake import judge_files

        return judge_files(load_settings(), night)

    @task
    def load(night: str, file_ids: list[str]) -> list[int]:
        from outcome_reporting.workflows.intake import load_files

        return load_files(load_settings(), night, file_ids)

    @task
    def answer(night: str) -> None:
        from outcome_reporting.workflows.intake import answer_files

        answer_files(load_settings(), night)

    @task
    def close(night: str) -> dict[str, Any]:
        from outcome_reporting.workflows.intake import close_night

        return close_night(load_settings(), night)

    @task(outlets=[Asset(**FACTS)])
    def announce(summary: dict[str, Any], *, outlet_events: Any = None) -> list[str]:
        from outcome_reporting.workflows.allocation import pending_years

        years = sorted({*summary["years"], *pending_years(load_settings())})
        if not years:
            raise AirflowSkipException("No fiscal year changed: allocation and reports stay as they are.")
        outlet_events[Asset(**FACTS)].add_partitions([str(year) for year in years])
        return [str(year) for year in years]

    @task(retries=0, trigger_rule="none_failed")  # bad data does not mend itself by trying again
    def verdict(summary: dict[str, Any]) -> None:
        if summary["is_bad"]:
            raise AirflowFailException("Files stand rejected: " + "; ".join(summary["findings"][:20]))

    night = begin()
    batches = notice(night)
    judged = judge(night)
    read.partial(night=night).expand(file_ids=batches) >> judged
    answered = answer(night)
    load(night, judged) >> answered
    summary = close(night)
    answered >> summary
    announce(summary) >> verdict(summary)


intake()
