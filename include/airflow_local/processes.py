"""Background processes of ours: started with a log and a pid file, ended by their own id and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil


def start(name: str, command: list[str], environment: Mapping[str, str], run: Path, logs: Path) -> int:
    """Starts `command` in a session of its own; returns its pid. It prints to `<logs>/<name>.log`."""
    with (logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = psutil.Process(process.pid).create_time()
    (run / f"{name}.pid").write_text(f"{process.pid} {started}\n")
    return process.pid


def find(name: str, run: Path) -> psutil.Process | None:
    """The process that `start` wrote down, if it still lives; a reused pid is not it."""
    try:
        pid, started = (run / f"{name}.pid").read_text().split()
        process = psutil.Process(int(pid))
        is_ours = abs(process.create_time() - float(started)) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None
    return process if is_ours else None


def end(names: list[str], run: Path, patience: float = 20.0) -> list[str]:
    """Ends these processes with all that they started (asked first, killed after `patience` seconds).

    Returns the names that were running. A session holds every child, orphans included.
    """
    leaders = {name: process for name in names if (process := find(name, run))}
    for process in leaders.values():
        process.send_signal(signal.SIGTERM)
    _, stubborn = psutil.wait_procs(leaders.values(), timeout=patience)
    for process in stubborn:
        process.kill()
    for process in leaders.values():
        _end_session(process.pid)
    for name in names:
        (run / f"{name}.pid").unlink(missing_ok=True)
    return list(leaders)


def _end_session(session: int) -> None:
    for final in (signal.SIGTERM, signal.SIGKILL):
        members = [process for process in psutil.process_iter() if _session_of(process.pid) == session]
        if not members:
            return
        for process in members:
            try:
                process.send_signal(final)
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(members, timeout=5)


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
