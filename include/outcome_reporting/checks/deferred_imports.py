"""What another library imports at its start and this product never calls: loaded only if used.

Great Expectations imports scipy's statistics and altair for three expectations about distributions, what it needs to
talk to its cloud and to draw pages, and a module for each kind of data source, each metric and each expectation that
there is, of which a night uses one, none and six. They are three quarters of the wait for its import. A stand-in takes
their place while it is imported, and the real one comes the first time that anything of it is used.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """A module under its own name that imports the real one for the first attribute that is asked of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":  # the import system looks at these; nobody calls them
            raise AttributeError(name)  # but another thread may import a module inside
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


class _DeferredByName(_Deferred):
    """A module of which others take classes by name at once: of each they get a stand-in too."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Class(super().__getattr__, name)


class _Class:
    """A class that is the real one wherever it is called, looked into, asked about an object or inherited from."""

    def __init__(self, ask: Any, name: str) -> None:
        self.__real = lambda: ask(name)

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.__real()(*given, **named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__real(), name)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__real())

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self.__real())

    def __mro_entries__(self, bases: tuple) -> tuple[type, ...]:
        return (self.__real(),)


@contextmanager
def deferred(
    *names: str, by_name: Sequence[str] = (), with_own: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[None]:
    """What is imported inside takes stand-ins for these modules; those imported already stay as they are.

    Of modules `by_name` single classes are imported; of the others the module itself. One `with_own` names is by name
    too, and answers for those itself. Afterwards an import of them elsewhere brings the real module: the stand-ins are
    known only to those who were given them.
    """
    owned = with_own or {}
    stand_ins: dict[str, ModuleType] = {name: _Deferred(name) for name in names}
    stand_ins |= {name: _DeferredByName(name) for name in (*by_name, *owned)}
    for name, own in owned.items():
        vars(stand_ins[name]).update(own)
    stand_ins = {name: stand_in for name, stand_in in stand_ins.items() if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
