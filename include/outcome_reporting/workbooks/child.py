"""Files are read in child processes with limits, so that no file can take the night down with it.

A few long-lived readers share the jobs. One that crashes, stalls or asks for too much memory is replaced, and its
file gets the finding that it could not be read. The readers are programs of their own (not forks): they work the
same from a DAG task, a test, a daemon or the command line.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pickle
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.domain.reference import Reference
from outcome_reporting.settings import Settings
from outcome_reporting.workbooks.reading import FileReading, load_reading, store_reading
from outcome_reporting.workbooks.saying import say
from outcome_reporting.workbooks.scan import limits_of
from outcome_reporting.workbooks.source_reading import SourceReading

__all__ = ["ReadJob", "ReaderPool", "load_reading", "store_reading"]

_log = logging.getLogger(__name__)
_START_SECONDS = 120
_READ_FILE = "outcome_reporting.workbooks.read:read_file"
_PACKAGES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One file to read: `path` are its bytes, `file_name` the name to say. With `folder` the reading stays there."""

    job_id: str
    path: Path
    file_name: str
    source: SourceReading = field(default_factory=SourceReading)
    folder: Path | None = None


class _Reader:
    """One child process and the job that it has in hand."""

    def __init__(self, hello: bytes) -> None:
        environment = dict(os.environ)
        paths = [str(_PACKAGES), environment.get("PYTHONPATH", "")]
        environment |= {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve more than they use
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "outcome_reporting.workbooks.reader_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        assert self.process.stdin and self.process.stdout
        self.inbox, self.outbox = self.process.stdin, self.process.stdout
        self.is_ready = False
        self.jobs_done = 0
        self.job: ReadJob | None = None
        self.deadline = time.monotonic() + _START_SECONDS
        self.buffer = b""
        self.send(hello)

    def send(self, message: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # the end of its output says the same, and is looked at
            self.inbox.write(message)
            self.inbox.flush()

    def lines(self) -> tuple[list[dict], bool]:
        """The answers that have come, and whether the process has ended its output."""
        data = os.read(self.outbox.fileno(), 1 << 16)
        *whole, self.buffer = (self.buffer + data).split(b"\n")
        return [json.loads(line) for line in whole], not data

    def end(self) -> int:
        """Kills the process if it still runs; its exit code."""
        for pipe in (self.inbox, self.outbox):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self.process.kill()
        return self.process.wait()


class ReaderPool:
    """A few readers for one set of contracts; a context manager, or end it with `close`."""

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
        self._readers: list[_Reader] = []
        self._selector = selectors.DefaultSelector()
        self._folder: Path | None = None

    def __enter__(self) -> ReaderPool:
        for _ in range(self.size):
            self._start()
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Ends the readers and removes what they left. Readings already taken stay valid."""
        for reader in list(self._readers):
            self._end(reader)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def read_many(self, jobs: Iterable[ReadJob]) -> Iterator[tuple[str, FileReading]]:
        """(job id, reading) of every job, as they are done, in no set order.

        Raises SystemFault only when readers cannot be started at all.
        """
        waiting = deque(jobs)
        left = len(waiting)
        again: set[str] = set()
        while left:
            self._hand_out(waiting)
            for reader, state in self._wait():
                job, reader.job = reader.job, None
                if state in ("done", "ready"):
                    reader.jobs_done += state == "done"
                else:
                    had_done = reader.jobs_done
                    state = self._replace(reader, state)
                    if job is not None and had_done and job.job_id not in again:
                        again.add(job.job_id)  # perhaps the fault of what it had read before
                        waiting.append(job)
                        continue
                if job is not None:
                    left -= 1
                    yield job.job_id, self._reading(job, state)

    # ------------------------------------------------------------------------------------------- the readers

    def _start(self) -> None:
        reader = _Reader(self._hello)
        self._readers.append(reader)
        self._selector.register(reader.outbox, selectors.EVENT_READ, reader)

    def _end(self, reader: _Reader) -> int:
        self._readers.remove(reader)
        self._selector.unregister(reader.outbox)
        return reader.end()

    def _replace(self, reader: _Reader, state: str) -> str:
        """Ends a reader that is lost; what it died of. Raises SystemFault when it never came up."""
        code = self._end(reader)
        if not reader.is_ready:
            raise SystemFault("The process that reads files could not be started")
        return "cpu" if code == -signal.SIGXCPU else state

    def _hand_out(self, waiting: deque[ReadJob]) -> None:
        busy = sum(reader.job is not None for reader in self._readers)
        while len(self._readers) < min(self.size, busy + len(waiting)):
            self._start()
        for reader in self._readers:
            if waiting and reader.is_ready and reader.job is None:
                reader.job = waiting.popleft()
                reader.deadline = time.monotonic() + self.settings.reader_wall_seconds
                reader.send(
                    pickle.dumps(
                        {
                            "path": reader.job.path,
                            "file_name": reader.job.file_name,
                            "source": reader.job.source,
                            "folder": self._folder_of(reader.job),
                        }
                    )
                )

    def _wait(self) -> list[tuple[_Reader, str]]:
        """Readers that have something to say: done, failed, memory, ended, stalled (or ready, without a job)."""
        now = time.monotonic()
        working = [reader for reader in self._readers if reader.job is not None or not reader.is_ready]
        timeout = max(0.0, min((reader.deadline for reader in working), default=now) - now)
        said: list[tuple[_Reader, str]] = []
        for key, _ in self._selector.select(timeout):
            reader: _Reader = key.data
            answers, has_ended = reader.lines()
            states = [answer["state"] for answer in answers]
            for answer in answers:
                if "reason" in answer and reader.job is not None:
                    _log.warning("reading %r failed: %s", reader.job.file_name, answer["reason"])
            if "ready" in states:
                reader.is_ready = True
                states.remove("ready")
            if states or has_ended:
                said.append((reader, states[0] if states else "ended"))
        heard = [reader for reader, _ in said]
        now = time.monotonic()
        said += [(r, "stalled") for r in working if r not in heard and now >= r.deadline and (r.job or not r.is_ready)]
        return said

    # ------------------------------------------------------------------------------------------ the readings

    def _folder_of(self, job: ReadJob) -> Path:
        if job.folder is not None:
            return job.folder
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="reading-", dir=self.settings.folder("staging")))
        return self._folder / job.job_id

    def _reading(self, job: ReadJob, state: str) -> FileReading:
        if state == "done":
            return load_reading(self._folder_of(job))
        reading = FileReading(job.file_name)
        reading.findings.append(say("reader_stopped", job.file_name, self._words(state)))
        if job.folder is not None:
            store_reading(job.folder, reading)
        return reading

    def _words(self, state: str) -> str:
        mebibytes = self.settings.reader_memory_bytes // 1024**2
        return {
            "stalled": f"The file cannot be read: it was not done after {self.settings.reader_wall_seconds} seconds",
            "cpu": f"The file cannot be read: it takes over {self.settings.reader_cpu_seconds} seconds of computing",
            "memory": f"The file cannot be read: it asks for more than {mebibytes:,} MiB of memory",
        }.get(state, "The file cannot be read: it is damaged in a way that stops the reader")
