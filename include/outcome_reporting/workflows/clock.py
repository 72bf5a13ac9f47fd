"""How long each phase of a night takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Clock:
    """Wall seconds by phase, in the order in which phases begin; phases of several threads may overlap."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, phase: str, within: str | None = None) -> Iterator[None]:
        """Times the block. What it takes does not count for the phase `within` which it runs."""
        self.add({phase: 0.0})
        started = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - started
            self.add({phase: seconds} | ({within: -seconds} if within else {}))

    def add(self, seconds: Mapping[str, float]) -> None:
        with self._lock:
            for phase, more in seconds.items():
                self.seconds[phase] = self.seconds.get(phase, 0.0) + more
