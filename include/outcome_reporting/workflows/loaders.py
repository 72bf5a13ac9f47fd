"""Accepted files written side by side, with the result that one after the other would have.

Files that bring codes and rates go first and in order; the rows of others are written meanwhile, but nothing of
them is live before. Of these, two that share a slice keep their order, and the rest share nothing: it does not
matter which of them is faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from outcome_reporting.checks.catalogue import DIMENSIONS
from outcome_reporting.warehouse.live import live_spellings
from outcome_reporting.warehouse.load_plan import LoadPlan, cut_slices, needs_spellings
from outcome_reporting.warehouse.ready_rows import make_ready
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
    if not candidates:
        return
    leading = 1 + max((n for n, c in enumerate(candidates) if set(c.datasets) & set(DIMENSIONS)), default=-1)
    with ExitStack() as stack:
        opened = [stack.enter_context(house.engine.connect()) for _ in range(min(CONNECTIONS, len(candidates)))]
        loaders = _Loaders(house, run_id, entries, candidates[:leading], opened)
        try:
            following = deque(candidates[leading:])
            while following and loaders.begin(following[0]):
                following.popleft()
            yield from loaders.lead()
            spellings = loaders.spellings() if following else {}
            for candidate in following:
                loaders.begin(candidate, spellings)
            for future in loaders.futures:
                yield future.result()
        finally:
            loaders.end()


class _Loaders:
    """The files of the first group, in order on one connection, and all others on the rest of them."""

    def __init__(
        self,
        house: House,
        run_id: str,
        entries: Mapping[str, dict],
        leading: Sequence[Candidate],
        opened: Sequence[Connection],
    ) -> None:
        self._house, self._run_id, self._entries, self._leading = house, run_id, entries, leading
        self._own, *others = opened  # the first is kept from the others, who wait for what is written on it
        self._connections: SimpleQueue[Connection] = SimpleQueue()
        for connection in others:
            self._connections.put(connection)
        self._led: Future[None] = Future()
        self._led_datasets = {dataset for candidate in leading for dataset in candidate.datasets}
        self._pool = ThreadPoolExecutor(CONNECTIONS + 1, "loader")  # one makes the next file's rows ready meanwhile
        self._last: dict[tuple[str, str, str], Future[Done]] = {}
        self.futures: list[Future[Done]] = []

    def lead(self) -> Iterator[Done]:
        """Loads the first group; then the others may end, and have its connection too."""
        for candidate in self._leading:
            yield self._write(self._own, candidate, self._plan(candidate))
        self._led.set_result(None)
        self._connections.put(self._own)

    def spellings(self) -> Mapping[str, str]:
        """Those of the live partners, when the first group is loaded."""
        connection = self._connections.get()
        try:
            with connection.begin():
                return live_spellings(connection)
        finally:
            self._connections.put(connection)

    def begin(self, candidate: Candidate, spellings: Mapping[str, str] | None = None) -> bool:
        """Has a file loaded in its turn; False where it cannot be cut into slices without the spellings."""
        plan = self._plan(candidate)
        if spellings is None and needs_spellings(plan):
            return False
        keys = cut_slices(plan, spellings or {})
        earlier: list[Future] = list(
            {id(self._last[key]): self._last[key] for key in keys if key in self._last}.values()
        )
        if self._led_datasets.intersection(candidate.datasets):
            earlier.append(self._led)
        self.futures.append(self._pool.submit(self._load, candidate, plan, earlier))
        self._last.update(dict.fromkeys(keys, self.futures[-1]))
        return True

    def end(self) -> None:
        """No further file is begun, and none that still waits for the first group is committed."""
        self._led.cancel()
        self._pool.shutdown(cancel_futures=True)

    def _plan(self, candidate: Candidate) -> LoadPlan:
        return loading.plan_load(self._house, self._run_id, self._entries[candidate.file_id], candidate)

    def _load(self, candidate: Candidate, plan: LoadPlan, earlier: Sequence[Future]) -> Done:
        make_ready(plan)
        for one in earlier:
            one.result()
        connection = self._connections.get()
        try:
            return self._write(connection, candidate, plan, self._led.result)
        finally:
            self._connections.put(connection)

    def _write(
        self, connection: Connection, candidate: Candidate, plan: LoadPlan, wait: Callable[[], object] = lambda: None
    ) -> Done:
        with connection.begin():
            return candidate, loading.write_plan(self._house, connection, self._run_id, candidate, plan, wait)
