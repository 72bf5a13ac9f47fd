"""The collector is as it was when a night is over, however it ended."""

from __future__ import annotations

import gc

import pytest

from outcome_reporting.workflows.garbage import seldom_collecting


def test_the_collector_is_as_before_when_it_is_over() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="ended"), seldom_collecting():
        assert gc.isenabled() and gc.get_threshold()[0] > before[0]
        raise ValueError("ended")
    assert gc.get_threshold() == before
