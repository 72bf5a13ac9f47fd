"""Great Expectations as this project uses it: imported once, quiet, with one place to hand a frame to."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from outcome_reporting.checks.deferred_imports import deferred

# an id that no two checks of a suite share, kept with the expectation so that its result finds its check again
NUMBER = "check"
_USED_BY_THE_LIBRARY = {"pandas_datasource", "invalid_datasource"}
# for distributions, for the library's cloud, for JSON in cells
_NEVER_CALLED = ("scipy.stats", "altair", "requests", "jsonschema")
# its cloud again, its pages, and patterns of addresses that take long to compile
_NEVER_CALLED_BY_NAME = ("great_expectations.core.http", "great_expectations.render.view", "marshmallow.validate")
# A class for every format that pandas reads, made anew at each import; ours are frames already. The library can do
# without: pandas itself may lack a format.
_NO_FORMATS: dict[str, dict[str, Any]] = {
    "great_expectations.datasource.fluent.dynamic_pandas": {
        "_generate_pandas_data_asset_models": lambda *_, **__: {}  # formats and their classes
    }
}


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
    # the import makes half a million objects that live on: collecting among them only costs time, now and later
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        with deferred(*_NEVER_CALLED, by_name=[*_NEVER_CALLED_BY_NAME, *_single_kinds()], with_own=_NO_FORMATS):
            import great_expectations as gx
            from great_expectations.execution_engine import pandas_execution_engine
        gc.freeze()  # nor does any later collection look through them, a seventh of a second each time
    finally:
        if was_collecting:
            gc.enable()
    # each frame below this size gets a hash of all its cells, which nobody reads: no batch is told by it from another
    pandas_execution_engine.HASH_THRESHOLD = 0
    expectation: Any = gx.expectations.Expectation
    expectation.configuration = property(_kept(expectation.configuration.fget))
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("night").add_dataframe_asset("rows")
    return gx, asset.add_batch_definition_whole_dataframe("all")


def _kept(configuration: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The configuration of an expectation, kept as long as it alone is asked for its own and nothing in it is changed.

    The library asks about eighty times for each check, for one word of it each time, and would copy all of it each
    time, lists of codes too: a quarter of its work.
    """
    last: tuple[Any, dict[str, Any], Any] = None, {}, None

    def kept(expectation: Any) -> Any:
        nonlocal last
        of, fields, found = last
        if expectation is not of or fields != vars(expectation):
            found = configuration(expectation)
            last = expectation, vars(expectation).copy(), found
        return found

    return kept


def _single_kinds() -> list[str]:
    """The library's modules that hold one kind of data source, one metric or one expectation each."""
    spec = find_spec("great_expectations")
    assert spec and spec.submodule_search_locations
    (folder,) = map(Path, spec.submodule_search_locations)
    expectations = (folder / "expectations" / "core").glob("expect_*.py")
    sources = (folder / "datasource" / "fluent").glob("*_datasource.py")
    metrics = (folder / "metrics").glob("*/[!_]*.py")
    kinds = [path for path in (*expectations, *metrics, *sources) if path.stem not in _USED_BY_THE_LIBRARY]
    return [".".join(("great_expectations", *path.relative_to(folder).with_suffix("").parts)) for path in kinds]


def warm_up() -> None:
    """Import the library now: called while other processes read, so that the wait for it is not felt."""
    open_library()
