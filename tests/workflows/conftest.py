"""One night over the sample workbooks, good and bad, in a home of its own; the tests of a module share it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from outcome_reporting.settings import Settings, load_settings
from outcome_reporting.warehouse.server import stop_server
from outcome_reporting.workflows.night import run_night

SAMPLES = Path(__file__).resolve().parents[2] / "include" / "samples"


@dataclass
class Night:
    """A home after its first night."""

    settings: Settings
    summary: dict[str, Any]

    @property
    def home(self) -> Path:
        return self.settings.home

    def again(self) -> dict[str, Any]:
        return run_night(self.settings)


@pytest.fixture(scope="module")
def night() -> Iterator[Night]:
    home = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    home.chmod(0o755)
    sys.path.insert(0, str(SAMPLES))
    try:
        from make_samples import make_samples

        make_samples(home, is_bad_wanted=True, say=lambda *_: None)
    finally:
        sys.path.remove(str(SAMPLES))
    settings = load_settings({"OUTCOMES_HOME": str(home)})
    yield Night(settings, run_night(settings))
    stop_server(settings)
    shutil.rmtree(home, ignore_errors=True)
