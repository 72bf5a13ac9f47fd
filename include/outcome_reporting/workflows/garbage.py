"""How often Python looks for garbage that only points at itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 50_000  # made and not yet freed, before the youngest are looked through; Python's own figure is 700


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Nearly all that a night makes is freed by counting or lives to its end: looking through the youngest after each
    few hundred of them took a twentieth of the night's own time."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
