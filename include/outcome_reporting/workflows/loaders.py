"""Accepted files written side by side, with the result that one after the other would have.

Files that bring codes and rates go first and in order. Of the others, two that share a slice keep their order,
and the rest share nothing: it does not matter which of them is faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from outcome_reporting.checks.catalogue import DIMENSIONS
from outcome_reporting.warehouse.live import live_spellings
from outcome_reporting.warehouse.load import LoadPlan, cut_slices
from outcome_reporting.workflows import loading
from outcome_reporting.workflows.house import House

if TYPE_CHECKING:
    from outcome_reporting.workflows.judging import Candidate

CONNECTIONS = 3  # the server writes two files while a third waits for its turn to commit and for the disk

Done = tuple["Candidate", loading.Loaded]


def load_side_by_side(
    house: House, run_id: str, entries: Mapping[str, dict], candidates: Sequence[Candidate]
) -> Iterator[Done]:
    """Load each of these in a transaction of its own; given in the order of loading, and answered in it.

    The first that fails ends it: what was committed before stays, no further file is begun, its error is raised.
    """
    leading = 1 + max((n for n, c in enumerate(candidates) if set(c.datasets) & set(DIMENSIONS)), default=-1)
    with ExitStack() as stack:
        connections: SimpleQueue[Connection] = SimpleQueue()
        for _ in range(min(CONNECTIONS, len(candidates))):
            connections.put(stack.enter_context(house.engine.connect()))

        def load(candidate: Candidate, plan: LoadPlan, earlier: Sequence[Future]) -> Done:
            for one in earlier:
                one.result()
            connection = connections.get()
            try:
                with connection.begin():
                    return candidate, loading.write_plan(house, connection, run_id, candidate, plan)
            finally:
                connections.put(connection)

        for candidate in candidates[:leading]:
            plan = loading.plan_load(house, run_id, entries[candidate.file_id], candidate)
            yield load(candidate, plan, ())
        if leading == len(candidates):
            return
        connection = connections.get()
        with connection.begin():
            spellings = live_spellings(connection)
        connections.put(connection)
        pool = stack.enter_context(ThreadPoolExecutor(CONNECTIONS, "loader"))
        futures: list[Future[Done]] = []
        last: dict[tuple[str, str, str], Future[Done]] = {}
        try:
            for candidate in candidates[leading:]:
                plan = loading.plan_load(house, run_id, entries[candidate.file_id], candidate)
                keys = cut_slices(plan, spellings)
                earlier = list({id(last[key]): last[key] for key in keys if key in last}.values())
                futures.append(pool.submit(load, candidate, plan, earlier))
                last.update(dict.fromkeys(keys, futures[-1]))
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)
