"""Builders: started before there is anything to build, forks of one program, missed when they die."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import psutil
import pytest

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import load_settings
from outcome_reporting.warehouse.outcome_facts import Publication
from outcome_reporting.workflows import reports
from outcome_reporting.workflows.builders import build_in_parts
from outcome_reporting.workflows.pages_job import PagesJob


def _builders() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [one for one in children if "outcome_reporting.workflows.builder_process" in " ".join(one.cmdline())]


def test_builders_that_nobody_needed_are_gone_with_the_block() -> None:
    with reports.builders_ahead(offices=100):
        assert _builders()
    assert _builders() == []


def test_what_is_done_here_starts_nobody() -> None:
    with reports.builders_ahead(offices=10):
        assert _builders() == []


def test_there_is_a_builder_for_each_core_and_what_is_common_is_imported_once() -> None:
    with reports.builders_ahead(offices=1000):
        [program] = _builders()
        for _ in range(500):
            if len(_builders()) == os.cpu_count():
                break
            time.sleep(0.02)
        assert {one.ppid() for one in _builders()} <= {os.getpid(), program.pid}
        assert len(_builders()) == os.cpu_count()


def test_a_builder_that_dies_is_told_by_the_offices_that_it_had(tmp_path) -> None:
    settings = replace(load_settings({"OUTCOMES_HOME": str(tmp_path)}), warehouse_url="postgresql://nowhere.invalid/")
    moment = datetime(2023, 1, 1, tzinfo=UTC)
    publication = Publication(moment, moment, date(2023, 1, 1), False)
    jobs = [PagesJob(publication, (office,), tmp_path) for office in ("KGZ", "MDA")]
    with pytest.raises(SystemFault, match=r"reports of (KGZ|MDA) ended"):  # none of them finds a warehouse
        list(build_in_parts(settings, jobs))
    assert _builders() == []


def test_offices_are_shared_out_evenly(monkeypatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    offices = [f"O{number:03}" for number in range(100)]
    for count, sizes in ((0, []), (13, [13]), (14, [7, 7]), (100, [13] * 4 + [12] * 4)):
        parts = list(reports.in_parts(offices[:count], 13))
        assert [len(part) for part in parts] == sizes
        assert [office for part in parts for office in part] == offices[:count]
