"""Builders that are started before there is anything to build."""

from __future__ import annotations

import psutil

from outcome_reporting.workflows import reports


def _builders() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [one for one in children if "outcome_reporting.workflows.builder_process" in " ".join(one.cmdline())]


def test_builders_that_nobody_needed_are_gone_with_the_block() -> None:
    with reports.builders_ahead(offices=100):
        assert _builders()
    assert _builders() == []


def test_what_is_done_here_starts_nobody() -> None:
    with reports.builders_ahead(offices=10):
        assert _builders() == []
