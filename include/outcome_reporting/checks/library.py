"""Great Expectations as this project uses it: imported once, quiet, with one place to hand a frame to."""

from __future__ import annotations

import gc
import logging
import threading
from functools import cache
from typing import Any

from outcome_reporting.checks.deferred_imports import deferred

# an id that no two checks of a suite share, kept with the expectation so that its result finds its check again
NUMBER = "check"


_opening = threading.Lock()  # two threads may ask at once: one of them imports


def open_library() -> tuple[Any, Any]:
    """The library, and the definition of a batch that is one whole data frame in memory."""
    with _opening:
        return _open()


@cache
def _open() -> tuple[Any, Any]:
    """The library and the batch.

    Imported when it is first needed, quiet and without its progress bars. The definition is made once: each
    change of a data source is written down by the library, which costs more than judging a small file.
    """
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    # the import makes millions of objects that live on: collecting among them only costs time
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        with deferred("scipy.stats", "altair"):
            import great_expectations as gx
        gc.freeze()  # nor does any later collection look through them, a seventh of a second each time
    finally:
        if was_collecting:
            gc.enable()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("night").add_dataframe_asset("rows")
    return gx, asset.add_batch_definition_whole_dataframe("all")


def warm_up() -> None:
    """Import the library now: called while other processes read, so that the wait for it is not felt."""
    open_library()
