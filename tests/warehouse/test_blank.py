"""A new home's warehouse is the same whether its files were unpacked or made for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from outcome_reporting.settings import Settings
from outcome_reporting.warehouse import pack_blank, server
from outcome_reporting.warehouse.blank import packed_blank
from outcome_reporting.warehouse.migrations import migrate, newest_revision

_CONFIGURED = "select name, setting from pg_settings where source = 'configuration file' order by name"
_DATABASES = "select datname, datcollate, datctype, datlocprovider, datistemplate from pg_database order by datname"


@pytest.fixture
def pack(tmp_path, monkeypatch) -> Path:
    """A pack of this test's own, made as `make setup` makes it."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    pack_blank.main()
    return packed_blank(server.binaries())


def _schema(url: str) -> list[str]:
    dump = [str(server.binaries() / "pg_dump"), "--schema-only", "--restrict-key=none", url]
    return subprocess.run(dump, capture_output=True, text=True, check=True).stdout.splitlines()


def _described(settings: Settings) -> list:
    """The whole schema, the server's configuration and its databases."""
    url = server.warehouse_url(settings)
    with psycopg.connect(url) as connection:
        return [*_schema(url), *(connection.execute(query).fetchall() for query in (_CONFIGURED, _DATABASES))]


def test_what_is_unpacked_is_what_would_be_made(home, pack):
    unpacked, made = Settings(home=home / "unpacked"), Settings(home=home / "made")
    with psycopg.connect(server.warehouse_url(unpacked)) as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [(newest_revision(),)]
    pack.unlink()
    assert migrate(server.connect(made)) == newest_revision()
    assert _described(unpacked) == _described(made)
    owners = {path.stat().st_uid for path in (made.home / "warehouse").rglob("*") if path.name.isdigit()}
    assert {path.stat().st_uid for path in (unpacked.home / "warehouse").rglob("*") if path.name.isdigit()} == owners
    for settings in (unpacked, made):
        server.stop_server(settings)


def test_a_pack_is_not_made_twice_and_the_only_one(pack):
    made_at = pack.stat().st_mtime_ns
    pack_blank.main()
    assert pack.stat().st_mtime_ns == made_at
    pack.rename(pack.with_name("blank-warehouse-of-older-code.tar"))
    pack_blank.main()
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]


def test_a_torn_pack_is_left_and_the_home_makes_its_own(home, pack):
    os.truncate(pack, pack.stat().st_size // 2)
    settings = Settings(home=home)
    with psycopg.connect(server.warehouse_url(settings)) as connection:
        assert connection.execute("select to_regclass('alembic_version')").fetchall() == [(None,)]
    assert [path.name for path in home.iterdir()] == ["warehouse"]
    server.stop_server(settings)
