"""The child that reads untrusted files: started by `child.ReaderPool`, never imported by anything else.

It reads messages from its parent (pickled: the parent is trusted) on standard input and answers each with one
line of JSON; readings go to a folder. It ends when its parent closes the pipe.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import resource
import sys
import time
import traceback


class _WithoutPandas:
    """Arrow imports pandas, where it is there, for its first array: nearly half of the wait for a reader, and nothing
    in a reader uses it."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def limit_memory(address_space_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes, address_space_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu(seconds: int) -> None:
    """Gives the process this many seconds of CPU from now; then it is ended by a signal."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds + 1, hard))


def _own_channel() -> int:
    """The pipe to the parent under a number of its own, so that no library can write into it."""
    channel = os.dup(1)
    os.dup2(2, 1)
    return channel


def _answer(channel: int, **words) -> None:
    data = json.dumps(words).encode() + b"\n"
    while data:
        data = data[os.write(channel, data) :]


def _read_one(read, store, hello: dict, job: dict) -> dict[str, float]:
    """Seconds by stage."""
    reading = read(
        job["path"],
        hello["contracts"],
        hello["reference"],
        job["file_name"],
        job["source"],
        hello["limits"],
        hello["publisher"],
    )
    started = time.perf_counter()
    store(job["folder"], reading)
    return reading.seconds | {"store": time.perf_counter() - started}


def _where(fault: BaseException) -> str:
    """For the log: the kind of fault and the line of ours that met it, never the words of a file."""
    frames = traceback.extract_tb(fault.__traceback__)
    places = [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames[-4:]]
    return f"{type(fault).__name__} at {' > '.join(places)}"


def main() -> None:
    channel = _own_channel()
    inbox = sys.stdin.buffer
    hello = pickle.load(inbox)
    sys.meta_path.insert(0, _WithoutPandas())
    gc.disable()
    module, _, name = hello["reader"].partition(":")
    read = getattr(importlib.import_module(module), name)
    from outcome_reporting.workbooks.reading import store_reading

    gc.freeze()  # what is imported stays: it is not looked through while files are read
    gc.enable()
    limit_memory(hello["memory_bytes"])
    _answer(channel, state="ready")
    while True:
        try:
            job = pickle.load(inbox)
        except EOFError:
            return
        limit_cpu(hello["cpu_seconds"])
        try:
            seconds = _read_one(read, store_reading, hello, job)
        except BaseException as fault:  # a panic of a reader written in Rust is not an Exception
            state = "memory" if isinstance(fault, MemoryError) else "failed"
            _answer(channel, state=state, reason=_where(fault))
            os._exit(1)  # what is left of the process is not to be trusted
        _answer(channel, state="done", seconds=seconds)


if __name__ == "__main__":
    main()
