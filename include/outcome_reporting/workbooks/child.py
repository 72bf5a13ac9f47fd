"""Files are read in child processes with limits, so that no file can take the night down with it.

A few long-lived readers share the jobs, the small files first, then the largest. One that crashes, stalls or asks
for too much memory is replaced, and its file gets the finding that it could not be read. The readers are programs of
their own (not forks): they work the same from a DAG task, a test, a daemon or the command line. Nothing heavy is
imported here, so that they can be started before anything else of a night is loaded, and load theirs meanwhile.
"""

from __future__ import annotations

import logging
import os
import pickle
import selectors
import signal
import tempfile
import threading
import time
import weakref
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.domain.reference import Reference
from outcome_reporting.settings import Settings
from outcome_reporting.workbooks.child_process import ChildProcess, ReadJob
from outcome_reporting.workbooks.limits import limits_of
from outcome_reporting.workbooks.saying import say

if TYPE_CHECKING:
    from outcome_reporting.workbooks.reading import FileReading

__all__ = ["ReadJob", "ReaderPool", "in_turn", "size_of", "size_of_job"]

T = TypeVar("T")

_log = logging.getLogger(__name__)
_READ_FILE = "outcome_reporting.workbooks.read:read_file"
_SMALL_PART = 50  # of all bytes, the small files together
_IN_HAND = 2  # the file that a reader reads and the next one, so that it never waits for a busy parent


class ReaderPool:
    """A few readers for one set of contracts; a context manager, or end it with `close`.

    Readers start when there is work for them, or before, with `start`. They stay for the next call: a process
    that reads again does not wait for them to come up. One thread at a time reads; the others wait.
    """

    def __init__(
        self,
        settings: Settings,
        contracts: Mapping[str, Contract],
        reference: Reference | None = None,
        readers: int = 2,
        reader: str = _READ_FILE,
    ) -> None:
        self.settings, self.size = settings, readers
        self._hello = pickle.dumps(
            {
                "contracts": dict(contracts),
                "reference": reference,
                "limits": limits_of(settings),
                "publisher": settings.publisher,
                "memory_bytes": settings.reader_memory_bytes,
                "cpu_seconds": settings.reader_cpu_seconds,
                "reader": reader,
            }
        )
        self.seconds: Counter[str] = Counter()  # by stage, of all readers together, since the pool was made
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._readers: list[ChildProcess] = []
        self._leaving: list[ChildProcess] = []
        self._selector = selectors.DefaultSelector()
        weakref.finalize(self, _end_all, self._leaving, self._readers, self._owner)

    def _disown_readers_of_a_parent(self) -> None:
        if self._owner != os.getpid():  # this process is a fork of the one that started them
            self._begin()

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def start(self, readers: int | None = None) -> None:
        """Starts readers up to this many (default: all); they load what they need while the caller goes on."""
        self._disown_readers_of_a_parent()
        while len(self._readers) < min(self.size, self.size if readers is None else readers):
            child = ChildProcess(self._hello)
            self._readers.append(child)
            self._selector.register(child.outbox, selectors.EVENT_READ, child)

    def let_go(self) -> None:
        """No more is wanted of these readers: they end while the caller does something else, and are waited for when
        the pool ends. Whoever reads again gets new ones.
        """
        self._disown_readers_of_a_parent()
        for child in self._readers:
            self._selector.unregister(child.outbox)
            child.process.kill()
        self._leaving += self._readers
        self._readers.clear()

    def close(self) -> None:
        """Ends the readers. Readings already taken stay valid."""
        for child in list(self._readers):
            self._end(child)
        while self._leaving:
            self._leaving.pop().end()

    def read_many(self, jobs: Iterable[ReadJob]) -> Iterator[tuple[str, FileReading]]:
        """(job id, reading) of every job, as they are done, in no set order.

        Raises SystemFault only when readers cannot be started at all.
        """
        from outcome_reporting.workbooks.reading import load_reading

        with tempfile.TemporaryDirectory(prefix="reading-", dir=self.settings.folder("staging")) as folder:
            placed = [job if job.folder else replace(job, folder=Path(folder) / job.job_id) for job in jobs]
            for job in self.read_into_folders(in_turn(placed, size_of_job)):
                assert job.folder
                yield job.job_id, load_reading(job.folder)

    def read_into_folders(self, jobs: Iterable[ReadJob]) -> Generator[ReadJob, None, None]:
        """Every job as it is done, in no set order: its reading then stands in the folder that it names.

        Jobs are begun in the order given (see `in_turn`), and taken only when a reader has room for one: they may
        still come into being. Raises SystemFault only when readers cannot be started at all.
        """
        with self._lock:
            self._disown_readers_of_a_parent()
            coming = iter(jobs)
            waiting: deque[ReadJob] = deque()
            again: set[str] = set()
            is_done = False
            try:
                while self._give(waiting, coming):
                    for child, state in self._wait():
                        job = self._settle(child, state, waiting, again)
                        if job is not None:
                            yield job
                is_done = True
            finally:
                if not is_done:  # given up half-way: what the readers still have in hand is nobody's
                    for child in list(self._readers):
                        self._end(child)

    # ------------------------------------------------------------------------------------------- the readers

    def _end(self, child: ChildProcess) -> int:
        self._readers.remove(child)
        self._selector.unregister(child.outbox)
        return child.end()

    def _give(self, waiting: deque[ReadJob], coming: Iterator[ReadJob]) -> bool:
        """Hands out the jobs that wait, and of the coming ones as many as there is room for, each as it comes;
        whether there is anything to be done."""
        self._hand_out(waiting)
        while self._in_hand + len(waiting) < self.size * _IN_HAND and (job := next(coming, None)):
            waiting.append(job)
            self._hand_out(waiting)
        return bool(self._in_hand or waiting)

    @property
    def _in_hand(self) -> int:
        return sum(len(child.jobs) for child in self._readers)

    def _hand_out(self, waiting: deque[ReadJob]) -> None:
        for child in list(self._readers):
            if not child.jobs and child.is_ready and child.process.poll() is not None:
                self._end(child)  # it ended while it had nothing to do
        self.start(len(waiting) + sum(bool(child.jobs) for child in self._readers))
        for _ in range(_IN_HAND):
            for child in self._readers:
                if waiting and child.is_ready and len(child.jobs) < _IN_HAND:
                    job = waiting.popleft()
                    child.hand(job, self.settings.reader_wall_seconds)

    def _wait(self) -> list[tuple[ChildProcess, str]]:
        """What readers say of the job in hand: done, failed, memory, ended or stalled; the last four end them."""
        now = time.monotonic()
        working = [child for child in self._readers if child.jobs or not child.is_ready]
        timeout = max(0.0, min((child.deadline for child in working), default=now) - now)
        said: list[tuple[ChildProcess, str]] = []
        heard = set()
        for key, _ in self._selector.select(timeout):
            child: ChildProcess = key.data
            heard.add(id(child))
            answers, has_ended = child.answers()
            states = [answer["state"] for answer in answers]
            for answer in answers:
                self.seconds.update(answer.get("seconds", {}))
                if "reason" in answer and child.jobs:
                    _log.warning("reading %r failed: %s", child.jobs[0].file_name, answer["reason"])
            if "ready" in states:
                child.is_ready = True
                states.remove("ready")
            if has_ended and (not states or states[-1] == "done"):
                states.append("ended")
            said += [(child, state) for state in states]
        now = time.monotonic()
        return said + [(c, "stalled") for c in working if id(c) not in heard and now >= c.deadline]

    def _settle(self, child: ChildProcess, state: str, waiting: deque[ReadJob], again: set[str]) -> ReadJob | None:
        """What follows from a reader's word: the job that it ended, if any. A lost reader's other jobs wait again."""
        if state == "done":
            return child.finish(self.settings.reader_wall_seconds)
        code = self._end(child)
        if not child.is_ready:
            raise SystemFault("The process that reads files could not be started")
        job = child.jobs.popleft() if child.jobs else None
        waiting.extendleft(reversed(child.jobs))
        if job is not None and child.jobs_done and job.job_id not in again:
            again.add(job.job_id)  # perhaps the fault of what it had read before
            waiting.append(job)
            return None
        if job is not None:
            self._tell_stopped(job, "cpu" if code == -signal.SIGXCPU else state)
        return job

    # ------------------------------------------------------------------------------------------ the readings

    def _tell_stopped(self, job: ReadJob, state: str) -> None:
        from outcome_reporting.workbooks.reading import FileReading, store_reading

        reading = FileReading(job.file_name)
        reading.findings.append(say("reader_stopped", job.file_name, self._words(state)))
        assert job.folder
        store_reading(job.folder, reading)

    def _words(self, state: str) -> str:
        mebibytes = self.settings.reader_memory_bytes // 1024**2
        return {
            "stalled": f"The file cannot be read: it was not done after {self.settings.reader_wall_seconds} seconds",
            "cpu": f"The file cannot be read: it takes over {self.settings.reader_cpu_seconds} seconds of computing",
            "memory": f"The file cannot be read: it asks for more than {mebibytes:,} MiB of memory",
        }.get(state, "The file cannot be read: it is damaged in a way that stops the reader")


def _end_all(leaving: list[ChildProcess], readers: list[ChildProcess], owner: int) -> None:
    """Ends what a pool that nobody closed has left, at the latest when the process ends."""
    if os.getpid() == owner:
        for children in (leaving, readers):
            while children:
                children.pop().end()


def in_turn(files: Iterable[T], size: Callable[[T], int]) -> list[T]:
    """The smallest files, which bring codes for the others and together take no time; then the largest first, so
    that no reader is left alone with one at the end. Files of one size stay as they are.
    """
    rising = sorted(files, key=size)
    so_far = list(accumulate(map(size, rising)))
    few = bisect_right(so_far, so_far[-1] // _SMALL_PART) if rising else 0
    return rising[:few] + sorted(rising[few:], key=lambda file: -size(file))


def size_of_job(job: ReadJob) -> int:
    return size_of(job.path)


def size_of(path: Path) -> int:
    """In bytes; 0 for a file that is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
