"""Accepted files written side by side, with the result that one after the other would have.

Files that bring codes and rates go first and in order; the rows of others are written meanwhile, but nothing of
them is live before. Of these, two that share a slice keep their order, and the rest share nothing: it does not
matter which of them is faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import ExitStack
from itertools import islice, takewhile
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from outcome_reporting.checks.catalogue import DIMENSIONS
from outcome_reporting.warehouse.live import live_spellings
from outcome_reporting.warehouse.load_plan import LoadPlan, cut_slices, needs_spellings
from outcome_reporting.warehouse.moments import until_on_disk
from outcome_reporting.warehouse.ready_rows import make_ready
from outcome_reporting.workflows import loading
from outcome_reporting.workflows.house import House

if TYPE_CHECKING:
    from outcome_reporting.workflows.judging import Candidate

CONNECTIONS = 3  # the server writes two files while a third waits for its turn to commit
_TOLD_TOGETHER = 8  # loads, while there are as many: each wait for the disk is work for either side

Done = tuple["Candidate", loading.Loaded]


def load_side_by_side(
    house: House, run_id: str, entries: Mapping[str, dict], candidates: Sequence[Candidate]
) -> Iterator[Done]:
    """Load each of these in a transaction of its own; given in the order of loading, and answered in it, once it is
    on the disk.

    The first that fails ends it: what was committed before stays, no further file is begun, its error is raised.
    """
    if not candidates:
        return
    leading = 1 + max((n for n, c in enumerate(candidates) if set(c.datasets) & set(DIMENSIONS)), default=-1)
    with ExitStack() as stack:
        loaders = _Loaders(house, run_id, entries, candidates[:leading])
        try:
            loaders.begin_leading(stack.enter_context(house.engine.connect()))
            for _ in range(min(CONNECTIONS, len(candidates)) - 1):
                loaders.connections.put(stack.enter_context(house.engine.connect()))
            following = deque(candidates[leading:])
            while following and loaders.begin(following[0]):
                following.popleft()
            disk = stack.enter_context(house.engine.connect())
            yield from _once_on_disk(loaders.leading, disk)
            spellings = loaders.spellings() if following else {}
            for candidate in following:
                loaders.begin(candidate, spellings)
            yield from _once_on_disk(loaders.futures, disk)
        finally:
            loaders.end()


def _once_on_disk(loads: Iterable[Future[Done]], connection: Connection) -> Iterator[Done]:
    """What each of these loads did, in order, when it can no longer be lost; one wait is for all that are done by then.

    Commits would wait each for itself, and the next load for every one of them. What fails is told at once, after
    those before it.
    """
    waiting = deque(loads)
    while waiting:
        wait_for(list(islice(waiting, _TOLD_TOGETHER)), return_when=FIRST_EXCEPTION)
        wait_for([waiting[0]])
        done = list(takewhile(Future.done, waiting))
        if done[0].exception() is None:  # where a server is gone, what is told is the file, not the wait for its disk
            until_on_disk(connection)
        for _ in done:
            yield waiting.popleft().result()


class _Loaders:
    """The files of the first group, in order on one connection, and all others on the rest of them."""

    def __init__(
        self,
        house: House,
        run_id: str,
        entries: Mapping[str, dict],
        leading: Sequence[Candidate],
    ) -> None:
        self._house, self._run_id, self._entries = house, run_id, entries
        self.connections: SimpleQueue[Connection] = SimpleQueue()
        self._led: Future[None] = Future()
        self._led_datasets = {dataset for candidate in leading for dataset in candidate.datasets}
        self._pool = ThreadPoolExecutor(CONNECTIONS + 1, "loader")  # one makes the next file's rows ready meanwhile
        self._last: dict[tuple[str, str, str], Future[Done]] = {}
        self.leading: dict[Future[Done], Candidate] = {Future(): candidate for candidate in leading}
        self.futures: list[Future[Done]] = []

    def begin_leading(self, connection: Connection) -> None:
        """The connection is kept from the others, who wait for what is written on it."""
        self._pool.submit(self._lead, connection)

    def _lead(self, connection: Connection) -> None:
        """Loads the first group; then the others may end, and have its connection too."""
        for future, candidate in self.leading.items():
            try:
                future.set_result(self._write(connection, candidate, self._plan(candidate)))
            except BaseException as error:
                future.set_exception(error)
                return
        self._led.set_result(None)
        self.connections.put(connection)

    def spellings(self) -> Mapping[str, str]:
        """Those of the live partners, when the first group is loaded."""
        connection = self.connections.get()
        try:
            with connection.begin():
                return live_spellings(connection)
        finally:
            self.connections.put(connection)

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
        connection = self.connections.get()
        try:
            return self._write(connection, candidate, plan, self._led.result)
        finally:
            self.connections.put(connection)

    def _write(
        self, connection: Connection, candidate: Candidate, plan: LoadPlan, wait: Callable[[], object] = lambda: None
    ) -> Done:
        with connection.begin():
            return candidate, loading.write_plan(self._house, connection, self._run_id, candidate, plan, wait)
