"""Libraries that another one imports at its start and that this product never calls: loaded only if used.

Great Expectations imports scipy's statistics and altair for three expectations about distributions, which no
contract names; they are two fifths of the wait for its import. A stand-in takes their place while it
is imported, and becomes the library itself the first time that anything in it is asked for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """A module under its own name that imports the real one for the first attribute that is asked of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system looks at these; nobody calls them
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """What is imported inside takes stand-ins for these modules; those imported already stay as they are.

    Afterwards an import of them elsewhere brings the real module: the stand-ins are known only to those who were
    given them.
    """
    stand_ins = {name: _Deferred(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
