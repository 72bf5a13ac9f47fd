"""Pages are built, a few offices at a time, in as many processes as there are cores, each reading its own facts.

The builders are programs of their own (not forks), so that they work the same from a DAG task, a test or the
command line. They are ours and trusted: settings and jobs go to them pickled, what they did comes back as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.server import warehouse_url

if TYPE_CHECKING:
    from outcome_reporting.workflows.report_pages import BuiltPages, PagesJob

_PACKAGES = Path(__file__).resolve().parents[2]
_FEW = 1  # so few jobs are done here before another process has even started
_waiting: list[subprocess.Popen[bytes]] = []  # builders that were started ahead and have nobody to feed them yet


@contextlib.contextmanager
def builders_ahead(jobs: int) -> Iterator[None]:
    """Builders for about so many jobs, which import what they need while their work is still being computed.

    For a night in one process, where a core is idle while money is allocated; a task that only builds reports has
    nothing to do meanwhile. Those that nobody needed are gone when the block is left.
    """
    _waiting.extend(_start() for _ in range(_size(jobs) if jobs > _FEW else 0))
    try:
        yield
    finally:
        while _waiting:
            _end(_waiting.pop())


def build_in_parts(settings: Settings, jobs: Sequence[PagesJob]) -> Iterator[BuiltPages]:
    """What became of each job, as they are done, in no set order. Raises SystemFault when a builder dies."""
    if len(jobs) <= _FEW:
        from outcome_reporting.workflows.report_pages import build_pages

        for job in jobs:
            yield build_pages(settings, job)
        return
    yield from _in_processes(replace(settings, warehouse_url=warehouse_url(settings)), jobs)


def _in_processes(settings: Settings, jobs: Sequence[PagesJob]) -> Iterator[BuiltPages]:
    from outcome_reporting.workflows.report_pages import BuiltPages

    waiting: queue.SimpleQueue[PagesJob] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    done: queue.SimpleQueue[dict | BaseException] = queue.SimpleQueue()
    builders = [
        threading.Thread(target=_feed, args=(settings, waiting, done), daemon=True) for _ in range(_size(len(jobs)))
    ]
    for builder in builders:
        builder.start()
    for _ in jobs:
        result = done.get()
        if isinstance(result, BaseException):
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.get_nowait()
            raise result
        yield BuiltPages.from_dict(result)
    for builder in builders:
        builder.join()


def _feed(settings: Settings, waiting: queue.SimpleQueue, done: queue.SimpleQueue) -> None:
    """Give one builder job after job until none waits; its end of input is its end."""
    try:
        process = _waiting.pop()
    except IndexError:
        process = _start()
    assert process.stdin and process.stdout
    try:
        pickle.dump(settings, process.stdin)
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                break
            pickle.dump(job, process.stdin)
            process.stdin.flush()
            answer = process.stdout.readline()
            if not answer:
                names = ", ".join(job.offices)
                raise SystemFault(f"The process that builds the reports of {names} ended; its log says why")
            done.put(json.loads(answer))
        _end(process)
    except BaseException as fault:
        process.kill()
        process.wait()
        process.stdout.close()
        done.put(fault)


def _size(jobs: int) -> int:
    return min(jobs, os.cpu_count() or 1)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "outcome_reporting.workflows.builder_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([str(_PACKAGES), os.environ.get("PYTHONPATH", "")]),
            # what one page needed is kept for the next: giving it back and asking again costs a seventh of a builder
            "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),
            "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2),
        },
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """A builder ends when nobody can give it anything any more."""
    assert process.stdin and process.stdout
    process.stdin.close()
    process.wait()
    process.stdout.close()
