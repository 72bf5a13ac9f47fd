"""A second connection that reads while the first writes: the proof sums all facts again meanwhile.

It only reads: whatever it makes are temporary tables of its own transaction, which is rolled back; what it hands over
are sums. So all of a publication is still written by one transaction, the caller's, and a run that dies leaves nothing
behind. It sees what is committed; the slices live at the moment of a run are, since whoever takes a moment holds it
until his transaction ends. A caller with facts of his own transaction cannot use it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

import psycopg

Result = TypeVar("Result")


class Beside:
    """Opened with the first work given to it; works off what it is given one after another, in a thread."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect
        self._connection: psycopg.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="allocation")

    def begin(self, work: Callable[[psycopg.Connection], Result]) -> Future[Result]:
        """Puts work at the end of the row; its result, or what it raised, is in the future."""
        return self._thread.submit(lambda: work(self._opened()))

    def _opened(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None and kind is not None:
            self._connection.cancel_safe()
        self._thread.shutdown(cancel_futures=True)
        if self._connection is not None:
            self._connection.close()
