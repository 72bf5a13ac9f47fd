"""What judging needs takes a second to import: it is done while something else is waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from outcome_reporting.workbooks.sniff import may_be_tables

if TYPE_CHECKING:
    from outcome_reporting.workbooks.child import ReadJob
    from outcome_reporting.workflows.ahead import Ahead


def begin_warming(jobs: Iterable[ReadJob]) -> None:
    """While the database's server starts, for files that will be read whatever it says."""
    if any(may_be_tables(job.path) for job in jobs):
        threading.Thread(target=_warm_up, daemon=True).start()


@contextmanager
def warming_up(jobs: Sequence[ReadJob], ahead: Ahead | None = None) -> Iterator[None]:
    """While the readers read, and `ahead` checks what they have read; not where no file can be judged at all."""
    if not any(may_be_tables(job.path) for job in jobs):
        yield
        return
    warming = threading.Thread(target=_warm_up, args=(len(jobs), ahead), daemon=True)
    warming.start()
    try:
        yield
    finally:
        if ahead:
            ahead.take(None)
        warming.join()


def _warm_up(count: int = 0, ahead: Ahead | None = None) -> None:
    from outcome_reporting.checks.expectations import warm_up
    from outcome_reporting.workflows import judging  # noqa: F401

    warm_up()
    if ahead:
        ahead.check(count)
