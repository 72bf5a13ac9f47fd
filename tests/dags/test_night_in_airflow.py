"""The real DAGs over stand-in workflows: what reacts to what, and when a run turns red."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

SUMMARY = {
    "accepted": 3,
    "rejected": 0,
    "identical": 0,
    "rows": 40,
    "usd": "1200.00",
    "findings": [],
    "is_bad": False,
    "years": [2021, 2022],
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Replaces the three workflows by stand-ins that write down how they are called."""
    seen: list[tuple[str, Any]] = []

    def stand_in(name: str, **answers: Any) -> ModuleType:
        module = ModuleType(f"outcome_reporting.workflows.{name}")
        for function, answer in answers.items():

            def call(settings: Any, *arguments: Any, _function=function, _answer=answer) -> Any:
                seen.append((_function, arguments))
                return _answer

            setattr(module, function, call)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        import outcome_reporting.workflows as package

        monkeypatch.setattr(package, name, module, raising=False)
        return module

    stand_in(
        "intake",
        begin_night="night-1",
        notice_files=[f"file{n}" for n in range(60)],
        read_files=["file"],
        judge_files=["file0"],
        load_files=[2021],
        answer_files=None,
        close_night=SUMMARY,
    )
    reconciled = {
        "years": [2021],
        "rows_changed": 5,
        "reconciliation_difference": "0.00",
        "is_bad": False,
        "problems": [],
    }
    stand_in("allocation", pending_years=[2022], restate=reconciled)
    released = {"reports": 4, "files_written": 8, "release": "1", "problems": []}
    stand_in("reports", pending_reports=["KGZ_D_1"], build_reports=released)
    return seen


def answer(module: str, function: str, value: Any) -> None:
    setattr(sys.modules[f"outcome_reporting.workflows.{module}"], function, lambda *_: value)


def states(run: Any) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def partitions(run: Any) -> set[str]:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(AssetEvent.partition_key).where(
        AssetEvent.source_run_id == run.run_id, AssetEvent.source_dag_id == run.dag_id
    )
    with create_session() as session:
        return set(session.scalars(query))


def note(run: Any) -> str:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return session.scalar(select(DagRun).where(DagRun.id == run.id)).note


def test_a_good_night_is_green_and_announces_each_year(dags, calls):
    run = dags["intake"].test()
    assert str(run.state) == "success"
    # the tasks of a mapping run in no set order
    assert sorted((arguments for name, arguments in calls if name == "read_files"), key=lambda one: -len(one[1])) == [
        ("night-1", [f"file{n}" for n in range(50)]),
        ("night-1", [f"file{n}" for n in range(50, 60)]),
    ]
    assert partitions(run) == {"2021", "2022"}
    assert note(run).startswith("3 files accepted, 0 rejected, 0 identical; 40 rows, 1200.00 USD.")


def test_bad_data_turns_the_run_red_after_the_good_is_announced(dags, calls):
    answer("intake", "close_night", SUMMARY | {"is_bad": True, "findings": ["a.xlsx: L41 holds no amount"]})
    run = dags["intake"].test()
    assert str(run.state) == "failed"
    assert [task for task, state in states(run).items() if state != "success"] == ["verdict"]
    assert partitions(run) == {"2021", "2022"}
    assert "a.xlsx: L41 holds no amount" in note(run)


def test_a_night_without_files_is_green_and_announces_nothing(dags, calls):
    answer("intake", "notice_files", [])
    answer("intake", "close_night", SUMMARY | {"years": []})
    answer("allocation", "pending_years", [])
    run = dags["intake"].test()
    assert str(run.state) == "success"
    found = states(run)
    assert (found["read"], found["judge"], found["announce"], found["verdict"]) == (
        "skipped",
        "success",
        "skipped",
        "success",
    )
    assert partitions(run) == set()


def test_a_system_fault_turns_its_own_task_red(dags, calls, monkeypatch):
    def fail(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(sys.modules["outcome_reporting.workflows.intake"], "load_files", fail)
    for task in dags["intake"].tasks:
        monkeypatch.setattr(task, "retries", 0)
    found = states(dags["intake"].test())
    assert found["load"] == "failed"
    assert found["verdict"] == "upstream_failed"


def test_allocation_restates_the_year_of_the_form_and_announces_what_it_published(dags, calls):
    run = dags["allocation"].test(run_conf={"fiscal_year": 2021})
    assert str(run.state) == "success"
    assert ("restate", ([2021, 2022],)) in calls  # 2022 waits, and is published with it
    assert partitions(run) == {"2021"}


def test_allocation_by_hand_takes_every_year_that_waits(dags, calls):
    dags["allocation"].test(run_conf={"fiscal_year": None})
    assert ("restate", ([2022],)) in calls


def test_a_year_that_does_not_reconcile_is_red_and_stays_unannounced(dags, calls):
    bad = {
        "years": [2021],
        "rows_changed": 5,
        "reconciliation_difference": "0.01",
        "is_bad": True,
        "problems": ["KGZ_D_1"],
    }
    answer("allocation", "restate", bad)
    run = dags["allocation"].test(run_conf={"fiscal_year": 2021})
    assert states(run) == {
        "choose_years": "success",
        "restate": "success",
        "verify": "failed",
        "announce": "upstream_failed",
    }
    assert partitions(run) == set()


def test_reports_are_built_when_any_wait(dags, calls):
    run = dags["outcome_reports"].test()
    assert str(run.state) == "success"
    assert ("build_reports", ()) in calls
    assert note(run) == "4 reports, 8 files written."


def test_reports_are_left_alone_when_none_waits(dags, calls):
    answer("reports", "pending_reports", [])
    run = dags["outcome_reports"].test()
    assert states(run) == {"find_changed": "success", "build": "skipped", "verify": "skipped"}
    assert "build_reports" not in {name for name, _ in calls}


def test_a_page_kept_back_turns_the_run_red_after_the_release(dags, calls):
    kept_back = {"reports": 3, "files_written": 6, "release": "1", "problems": ["KGZ_D_1: placeholder text"]}
    answer("reports", "build_reports", kept_back)
    assert states(dags["outcome_reports"].test()) == {
        "find_changed": "success",
        "build": "success",
        "verify": "failed",
    }
