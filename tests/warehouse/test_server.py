from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import server

_ASK = (
    "import sys, pathlib; from outcome_reporting.settings import Settings; "
    "from outcome_reporting.warehouse.server import connect, stop_server; "
    "settings = Settings(home=pathlib.Path(sys.argv[1])); connect(settings)"
)


def _ask(home: Path, more: str = "") -> None:
    subprocess.run([sys.executable, "-c", _ASK + more, str(home)], check=True)


def _postmaster(home: Path) -> psutil.Process | None:
    pid_file = home / "warehouse" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().split()[0])) if pid_file.exists() else None


def test_the_last_process_stops_the_server_even_under_a_long_path(home):
    long = home / ("a folder whose name is long " * 5).strip()
    _ask(long)
    assert _postmaster(long) is None


def test_processes_share_one_server(home):
    settings = Settings(home=home)
    url = server.warehouse_url(settings)
    first = _postmaster(home)
    _ask(home)
    assert _postmaster(home) == first
    with psycopg.connect(url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    server.stop_server(settings)
    server.stop_server(settings)
    assert _postmaster(home) is None
    assert server.connect(settings).connect().exec_driver_sql("select 1").scalar_one() == 1
    server.stop_server(settings)


def test_the_server_ends_where_the_system_has_no_handles_of_processes(home, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    settings = Settings(home=home)
    server.warehouse_url(settings)
    assert _postmaster(home) is not None
    server.stop_server(settings)
    assert _postmaster(home) is None


def test_a_killed_holder_leaves_nothing_behind(home):
    _ask(home, "; import os; os._exit(0)")
    assert _postmaster(home) is not None  # nobody said goodbye
    _ask(home)
    assert _postmaster(home) is None


def test_a_pid_file_of_another_world_is_forgotten(home):
    _ask(home)
    (home / "warehouse" / "postmaster.pid").write_text("1\n" + "x\n" * 7)
    _ask(home)


def test_a_url_is_taken_as_libpq_writes_it(home):
    settings = Settings(home=home, warehouse_url="postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    assert server.warehouse_url(settings) == settings.warehouse_url
    with pytest.raises(SystemFault, match="does not answer"):
        server.connect(settings)


def test_an_engine_sends_many_rows_at_once(home):
    settings = Settings(home=home)
    plain = psycopg.connect(server.warehouse_url(settings))
    with plain, server.connect(settings).connect() as connection:
        assert _send_buffer(connection.connection.driver_connection) > _send_buffer(plain)
    server.stop_server(settings)


def _send_buffer(connection: psycopg.Connection) -> int:
    with socket.socket(fileno=os.dup(connection.fileno())) as own:
        return own.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def test_what_was_written_goes_to_the_disk_beside_other_work(home):
    settings = Settings(home=home)
    last = "select checkpoint_lsn from pg_control_checkpoint()"
    with psycopg.connect(server.warehouse_url(settings), autocommit=True) as connection:
        before = connection.execute(last).fetchone()
        server.begin_checkpoint(settings)
        for _ in range(200):
            if connection.execute(last).fetchone() != before:
                break
            time.sleep(0.05)
        else:
            pytest.fail("no checkpoint was made")
    server.stop_server(settings)


def test_an_engine_is_whole_while_another_thread_imports_the_mapper():
    """Great Expectations imports SQLAlchemy's mapper in a thread, while the night already asks the warehouse."""
    told = subprocess.run([sys.executable, "-c", _HALF_IMPORTED], capture_output=True, text=True, check=False)
    assert (told.stdout, told.stderr) == ("x\n", "")


_HALF_IMPORTED = """
import sys, threading
from outcome_reporting.warehouse.server import engine_of

import sqlalchemy

half, asked = threading.Event(), threading.Event()

class Slow:
    def find_spec(self, name, path, target=None):
        if name == "sqlalchemy.orm.path_registry":
            half.set()
            asked.wait(1)

sys.meta_path.insert(0, Slow())
engine_of("postgresql://127.0.0.1:1/none")
thread = threading.Thread(target=lambda: (__import__("sqlalchemy.orm"), half.set()))
thread.start()
half.wait()
print(sqlalchemy.bindparam("x", expanding=True).key)
asked.set()
thread.join()
"""
