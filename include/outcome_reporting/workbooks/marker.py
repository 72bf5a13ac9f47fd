"""A helper process that marks workbooks: started once, it forks a limited child for each file.

Starting Python and importing the library costs a second; a fork costs milliseconds, and a child that dies or
overruns takes nothing with it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import selectors
import subprocess
import sys
import threading
from pathlib import Path

_PACKAGES = Path(__file__).resolve().parents[2]
_of_thread = threading.local()


class Marker:
    """One helper process; `mark` is for one thread at a time."""

    def __init__(self) -> None:
        paths = [str(_PACKAGES), os.environ.get("PYTHONPATH", "")]
        environment = dict(os.environ) | {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "outcome_reporting.workbooks.marking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        atexit.register(self.close)

    def mark(self, job: dict, wall_seconds: float) -> bool:
        """Whether the child made the workbook in time; every fault of it is a no."""
        assert self._process.stdin and self._process.stdout
        message = pickle.dumps(job)
        try:
            self._process.stdin.write(len(message).to_bytes(8, "big") + message)
            self._process.stdin.flush()
        except OSError:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(wall_seconds):
                self.close()
                return False
        return self._process.stdout.read(1) == b"1"

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the helper and whatever it has forked."""
        if self.is_alive:
            os.killpg(self._process.pid, 9)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        atexit.unregister(self.close)


def mark_in_child(job: dict, wall_seconds: float) -> bool:
    """Mark with this thread's helper, started when there is none that lives."""
    if wall_seconds <= 0:
        return False
    marker = getattr(_of_thread, "marker", None)
    if marker is None or not marker.is_alive or getattr(_of_thread, "pid", None) != os.getpid():
        marker = _of_thread.marker = Marker()
        _of_thread.pid = os.getpid()
    return marker.mark(job, wall_seconds)
