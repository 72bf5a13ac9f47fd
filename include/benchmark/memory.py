"""The memory of a command while it runs: its whole tree of processes, and the database's apart."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import psutil

_EVERY_SECONDS = 1.0  # looking costs processor time that is taken from what is timed


@dataclass(slots=True)
class Peak:
    """Proportional set sizes in MiB: what two processes share is counted once."""

    processes: float = 0.0
    database: float = 0.0


class MemoryWatch:
    """Watches a process and all below it, and every PostgreSQL of this machine, from entry to exit."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak = pid, Peak()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self.peak

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(_EVERY_SECONDS):
            ours = _tree(self.pid)
            database = [one for one in psutil.process_iter(["name"]) if (one.info["name"] or "").startswith("postgres")]
            known = {one.pid for one in database}
            self.peak.processes = max(self.peak.processes, sum(_mib(one) for one in ours if one.pid not in known))
            self.peak.database = max(self.peak.database, sum(map(_mib, database)))


def _tree(pid: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def _mib(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().pss / 1024**2
    except (psutil.Error, OSError):
        return 0.0
