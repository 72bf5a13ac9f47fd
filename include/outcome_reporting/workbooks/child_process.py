"""One reader: a child process, the files it has in hand, and what it says about them."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from outcome_reporting.workbooks.source_reading import SourceReading

_START_SECONDS = 120
_PACKAGES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One file to read: `path` are its bytes, `file_name` the name to say. The reading goes to `folder`
    (without one to a folder that is gone when all are read)."""

    job_id: str
    path: Path
    file_name: str
    source: SourceReading = field(default_factory=SourceReading)
    folder: Path | None = None


class ChildProcess:
    """A reader program and its jobs in the order in which they were sent; only the first is being read.

    `deadline` is when it must have come up or be done with that job.
    """

    def __init__(self, hello: bytes) -> None:
        environment = dict(os.environ)
        paths = [str(_PACKAGES), environment.get("PYTHONPATH", "")]
        environment |= {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve more than they use
            # what one file needed is kept for the next: giving it back and asking again costs a tenth of the reading
            "MALLOC_MMAP_THRESHOLD_": str(32 * 1024**2),
            "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2),
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
        self.jobs: deque[ReadJob] = deque()
        self.deadline = time.monotonic() + _START_SECONDS
        self._buffer = b""
        self._send(hello)

    def hand(self, job: ReadJob, wall_seconds: float) -> None:
        """Sends a job; it is read when those before it are done."""
        if not self.jobs:
            self.deadline = time.monotonic() + wall_seconds
        self.jobs.append(job)
        self._send(
            pickle.dumps({"path": job.path, "file_name": job.file_name, "source": job.source, "folder": job.folder})
        )

    def finish(self, wall_seconds: float) -> ReadJob:
        """The job in hand is done: takes it off and gives the next its time."""
        self.jobs_done += 1
        self.deadline = time.monotonic() + wall_seconds
        return self.jobs.popleft()

    def answers(self) -> tuple[list[dict], bool]:
        """The answers that have come, and whether the process has ended its output."""
        data = os.read(self.outbox.fileno(), 1 << 16)
        *whole, self._buffer = (self._buffer + data).split(b"\n")
        return [json.loads(line) for line in whole], not data

    def end(self) -> int:
        """Kills the process if it still runs; its exit code."""
        for pipe in (self.inbox, self.outbox):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self.process.kill()
        return self.process.wait()

    def _send(self, message: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # the end of its output says the same, and is looked at
            self.inbox.write(message)
            self.inbox.flush()
