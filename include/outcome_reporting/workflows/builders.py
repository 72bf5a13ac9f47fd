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
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.server import warehouse_url
from outcome_reporting.workflows.pages_job import BuiltPages, CellsJob, PagesJob

_PACKAGES = Path(__file__).resolve().parents[2]
_READ_AHEAD = 4  # jobs of which a builder holds the cells: about what it can read while money is allocated
_FEW = 1  # so few jobs are done here before another process has even started
_ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join([str(_PACKAGES), os.environ.get("PYTHONPATH", "")]),
    # what one page needed is kept for the next: giving it back and asking again costs a seventh of a builder
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2),
    "OPENBLAS_NUM_THREADS": "1",  # no matrix is multiplied: threads would only be started, and not outlive a fork
}


class _Builder:
    """One process and the socket by which it is fed: its settings, then one job at a time."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._answers = channel, channel.makefile("rb")
        self._has_settings = False
        self._in_hand = threading.Lock()  # held while cells are read ahead
        self.has_read: set[CellsJob] = set()  # and has not built yet

    def ask(self, settings: Settings, job: PagesJob | CellsJob) -> dict:
        """What it says of a job. Raises SystemFault when it has died."""
        given = pickle.dumps(job) if self._has_settings else pickle.dumps(settings) + pickle.dumps(job)
        self._has_settings = True
        answer = b""
        with contextlib.suppress(OSError):
            self._channel.sendall(given)
            answer = self._answers.readline()
        if not answer:
            raise SystemFault(
                f"The process that builds the reports of {', '.join(job.offices)} ended; its log says why"
            )
        return json.loads(answer)

    def read(self, settings: Settings, waiting: _Waiting) -> bool:
        """Reads the cells of one job. False where it has read enough, or no job waits."""
        with self._in_hand:
            if len(self.has_read) >= _READ_AHEAD or not (job := waiting.take()):
                return False
            self.ask(settings, job)
            self.has_read.add(job)
        return True

    def end_reading(self) -> None:
        """Waits for the job in hand; no other may be waiting."""
        with self._in_hand:
            pass

    def end(self) -> None:
        """It ends when nobody can give it anything any more, with the job that it has in hand."""
        with contextlib.suppress(OSError):  # it has died, or was told already
            self._channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """After `end`: lets go of the socket."""
        self.end_reading()
        self._answers.close()
        self._channel.close()


class _Waiting:
    """Jobs that nobody has begun yet; several threads take from it."""

    def __init__(self, jobs: Iterable[Any]) -> None:
        self._jobs, self._lock = list(jobs), threading.Lock()

    def take(self, has_read: Collection[CellsJob] = ()) -> Any:
        """The next job, or None where there is none; first of those whose cells are among these."""
        with self._lock:
            for place, job in enumerate(self._jobs) if has_read else ():
                if CellsJob.of(job) in has_read:
                    return self._jobs.pop(place)
            return self._jobs.pop(0) if self._jobs else None

    def clear(self) -> None:
        with self._lock:
            self._jobs.clear()


class _Crew:
    """A program and its forks, as many builders as are wanted."""

    def __init__(self, size: int) -> None:
        pairs = [socket.socketpair() for _ in range(size)]
        self.builders = [_Builder(ours) for ours, _ in pairs]
        self._to_read = _Waiting(())
        theirs = [their.fileno() for _, their in pairs]
        self._program = subprocess.Popen(
            [sys.executable, "-m", "outcome_reporting.workflows.builder_process", *map(str, theirs)],
            stdin=subprocess.DEVNULL,
            pass_fds=theirs,
            env=os.environ | _ENVIRONMENT,
        )
        for _, their in pairs:
            their.close()

    def begin_reading(self, settings: Settings, jobs: Iterable[CellsJob]) -> None:
        """The cells of these are read, each by one builder, until pages are asked for.

        By builders in turn, one less at a time than there are: a core is left to whoever allocates the money meanwhile,
        for which all of them have to wait.
        """
        self._to_read = _Waiting(jobs)
        idle: queue.SimpleQueue[_Builder] = queue.SimpleQueue()
        for builder in self.builders:
            idle.put(builder)
        for _ in self.builders[1:] or self.builders:
            threading.Thread(target=_read_in_turn, args=(idle, settings, self._to_read), daemon=True).start()

    def build(self, settings: Settings, jobs: Sequence[PagesJob]) -> Iterator[dict]:
        """What is said of each job, as they are done."""
        self._to_read.clear()
        waiting = _Waiting(jobs)
        done: queue.SimpleQueue[dict | BaseException] = queue.SimpleQueue()
        for builder in self.builders:
            threading.Thread(target=_feed, args=(builder, settings, waiting, done), daemon=True).start()
        for _ in jobs:
            result = done.get()
            if isinstance(result, BaseException):
                waiting.clear()
                raise result
            yield result

    def dismiss(self) -> None:
        """All of them end."""
        self._to_read.clear()
        for builder in self.builders:
            builder.end()
        for builder in self.builders:
            builder.close()
        self._program.wait()


def _read_in_turn(idle: queue.SimpleQueue[_Builder], settings: Settings, waiting: _Waiting) -> None:
    with contextlib.suppress(SystemFault):  # whoever asks next is told
        while (builder := idle.get()).read(settings, waiting):
            idle.put(builder)


def _feed(builder: _Builder, settings: Settings, waiting: _Waiting, done: queue.SimpleQueue) -> None:
    """Give one builder job after job until none waits: it ends while others are at work."""
    builder.end_reading()
    try:
        while job := waiting.take(builder.has_read):
            builder.has_read.discard(CellsJob.of(job))  # where none is left, nothing is looked for
            done.put(builder.ask(settings, job))
        builder.end()
    except BaseException as fault:
        done.put(fault)


_ahead: list[_Crew] = []  # started before there was anything to build


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


def read_ahead(settings: Settings, jobs: Sequence[CellsJob]) -> None:
    """Has builders that were started ahead read the cells of these jobs meanwhile; nothing where there are none.

    Each takes its own again when their pages are built; what was read for pages that nobody asks for is forgotten.
    """
    if _ahead:
        _ahead[-1].begin_reading(_located(settings), jobs)


def build_in_parts(settings: Settings, jobs: Sequence[PagesJob]) -> Iterator[BuiltPages]:
    """What became of each job, as they are done, in no set order. Raises SystemFault when a builder dies."""
    if len(jobs) <= _FEW:
        from outcome_reporting.workflows.report_pages import build_pages

        yield from build_pages(settings, jobs)
        return
    crew = _crew(_size(len(jobs)))
    try:
        for done in crew.build(_located(settings), jobs):
            yield BuiltPages.from_dict(done)
    except BaseException:
        crew.dismiss()  # before what they have written may be removed
        raise
    # All is written: that the system takes back what they held (35 ms) need not be waited for.
    threading.Thread(target=crew.dismiss, daemon=True).start()


def _located(settings: Settings) -> Settings:
    """These with the warehouse's address, so that a builder need not hold the embedded server."""
    return replace(settings, warehouse_url=warehouse_url(settings))


def _crew(size: int) -> _Crew:
    """The builders that were started ahead, unless they are too few."""
    if _ahead and len(_ahead[-1].builders) >= size:
        return _ahead.pop()
    return _Crew(size)


def _size(jobs: int) -> int:
    return min(jobs, os.cpu_count() or 1)
