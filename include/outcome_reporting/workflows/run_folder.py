"""The folder in which the steps of a night leave what the next ones need: `staging/<run>/`."""

from __future__ import annotations

import uuid
from pathlib import Path

from outcome_reporting.settings import Settings


def begin_night(settings: Settings) -> str:
    """The id of a new run, which names its folder.

    The warehouse hears of it with the first file that there is something to do about: a night that changes nothing
    writes nothing.
    """
    run_id = str(uuid.uuid4())
    run_folder(settings, run_id).mkdir(parents=True, exist_ok=True)
    return run_id


def run_folder(settings: Settings, run_id: str) -> Path:
    return settings.folder("staging") / run_id


def reading_folder(settings: Settings, run_id: str, file_id: str) -> Path:
    """Where the reading of one file of a run stands."""
    return run_folder(settings, run_id) / "readings" / file_id
