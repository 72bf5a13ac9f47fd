"""Pages are built, a few offices at a time, in as many processes as there are cores, each reading its own facts.

The builders are a program of their own and its forks (not forks of this process), so that they work the same from a
DAG task, a test or the command line. They are ours and trusted: settings and jobs go to them pickled, what they did
comes back as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.server import warehouse_url
from outcome_reporting.workflows.pages_job import BuiltPages, PagesJob

_PACKAGES = Path(__file__).resolve().parents[2]
_FEW = 1  # so few jobs are done here before another process has even started
_ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join([str(_PACKAGES), os.environ.get("PYTHONPATH", "")]),
    # what one page needed is kept for the next: giving it back and asking again costs a seventh of a builder
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2),
    "OPENBLAS_NUM_THREADS": "1",  # no matrix is multiplied: threads would only be started, and not outlive a fork
}


class _Crew:
    """Builders, and for each the socket by which it is fed."""

    def __init__(self, size: int) -> None:
        pairs = [socket.socketpair() for _ in range(size)]
        self.channels = [ours for ours, _ in pairs]
        theirs = [their.fileno() for _, their in pairs]
        self._program = subprocess.Popen(
            [sys.executable, "-m", "outcome_reporting.workflows.builder_process", *map(str, theirs)],
            stdin=subprocess.DEVNULL,
            pass_fds=theirs,
            env=os.environ | _ENVIRONMENT,
        )
        for _, their in pairs:
            their.close()

    def dismiss(self) -> None:
        """Builders end when nobody can give them anything any more, with the job that they have in hand."""
        for channel in self.channels:
            _end(channel)
            channel.close()
        self._program.wait()


def _end(channel: socket.socket) -> None:
    with contextlib.suppress(OSError):  # a builder that has died, or was told already
        channel.shutdown(socket.SHUT_RDWR)


_ahead: list[_Crew] = []  # started before there was anything to do, and fed by nobody yet


@contextlib.contextmanager
def builders_ahead(jobs: int) -> Iterator[None]:
    """Builders for about so many jobs, which import what they need while their work is still being computed.

    For a night in one process, where a core is idle while money is allocated; a task that only builds reports has
    nothing to do meanwhile. Those that nobody needed are gone when the block is left.
    """
    if jobs > _FEW:
        _ahead.append(_Crew(_size(jobs)))
    try:
        yield
    finally:
        while _ahead:
            _ahead.pop().dismiss()


def build_in_parts(settings: Settings, jobs: Sequence[PagesJob]) -> Iterator[BuiltPages]:
    """What became of each job, as they are done, in no set order. Raises SystemFault when a builder dies."""
    if len(jobs) <= _FEW:
        from outcome_reporting.workflows.report_pages import build_pages

        yield from build_pages(settings, jobs)
        return
    crew = _crew(_size(len(jobs)))
    try:
        yield from _fed(crew, replace(settings, warehouse_url=warehouse_url(settings)), jobs)
    except BaseException:
        crew.dismiss()  # before what they have written may be removed
        raise
    # All is written: that the system takes back what they held (35 ms) need not be waited for.
    threading.Thread(target=crew.dismiss, daemon=True).start()


def _crew(size: int) -> _Crew:
    """The builders that were started ahead, unless they are too few."""
    if _ahead and len(_ahead[-1].channels) >= size:
        return _ahead.pop()
    return _Crew(size)


def _fed(crew: _Crew, settings: Settings, jobs: Sequence[PagesJob]) -> Iterator[BuiltPages]:
    waiting: queue.SimpleQueue[PagesJob] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    done: queue.SimpleQueue[dict | BaseException] = queue.SimpleQueue()
    for channel in crew.channels:
        threading.Thread(target=_feed, args=(channel, settings, waiting, done), daemon=True).start()
    for _ in jobs:
        result = done.get()
        if isinstance(result, BaseException):
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.get_nowait()
            raise result
        yield BuiltPages.from_dict(result)


def _feed(channel: socket.socket, settings: Settings, waiting: queue.SimpleQueue, done: queue.SimpleQueue) -> None:
    """Give one builder its settings, then job after job until none waits: it ends while others are at work."""
    given = pickle.dumps(settings)
    try:
        with channel.makefile("rb") as answers:
            while True:
                try:
                    job = waiting.get_nowait()
                except queue.Empty:
                    _end(channel)
                    return
                done.put(_answer(channel, answers, given + pickle.dumps(job), job))
                given = b""
    except BaseException as fault:
        done.put(fault)


def _answer(channel: socket.socket, answers: BinaryIO, given: bytes, job: PagesJob) -> dict:
    """What a builder says of a job. Raises SystemFault when it has died."""
    answer = b""
    with contextlib.suppress(OSError):
        channel.sendall(given)
        answer = answers.readline()
    if not answer:
        raise SystemFault(f"The process that builds the reports of {', '.join(job.offices)} ended; its log says why")
    return json.loads(answer)


def _size(jobs: int) -> int:
    return min(jobs, os.cpu_count() or 1)
