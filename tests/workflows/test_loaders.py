"""A night whose ledgers are loaded side by side: the order of drops decides, and a quiet night writes nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from outcome_reporting.warehouse.server import stop_server
from outcome_reporting.workflows import intake, loaders, loading
from outcome_reporting.workflows.house import connect

from .test_rates_and_totals import BASE, LINES, Office, line

MONTHS = range(1, 13)


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    home = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    home.chmod(0o755)
    made = Office(home)
    yield made
    stop_server(made.settings)
    shutil.rmtree(home, ignore_errors=True)


def _ledger(office: Office, name: str, month: int, amount: int, dropped_at: int) -> None:
    office.drop(name, Expenses=[LINES, line(f"T{month}", month, "KGZ_D_2.1", "USD", amount)])
    os.utime(office.inbox / name, (dropped_at, dropped_at))


def test_ledgers_side_by_side_end_as_one_after_the_other_would(office: Office) -> None:
    start = 1_700_000_000
    office.drop("base.xlsx", **BASE)
    # each month three times: of the drops of one slice the last counts, whichever loader is the faster
    for month in MONTHS:
        for turn, name in enumerate(("c", "a", "b"), start=1):
            _ledger(office, f"{name} {month}.xlsx", month, 100 * month + turn, start + 100 * turn + month)
    summary = office.night()
    assert summary["intake"]["accepted"] == 37
    live = office.rows(
        "select e.period, e.amount::int from core.expense e join core.slice_life l using (office, slice_id) "
        "where l.valid_to is null order by 1"
    )
    assert live == [(month, 100 * month + 3) for month in MONTHS]
    loads = office.rows("select file_name, loaded_at from intake.load order by loaded_at")
    assert loads[0][0] == "base.xlsx" and len({moment for _, moment in loads}) == 37
    for month in MONTHS:
        order = [name[0] for name, _ in loads if name.endswith(f" {month}.xlsx")]
        assert order == ["c", "a", "b"]


def test_rows_may_be_written_before_codes_are_live_but_nothing_of_them_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = office.settings
    office.drop("base.xlsx", **BASE | {"Funds": [*BASE["Funds"], ["XC", "Core", "core"]]})
    _ledger(office, "follows.xlsx", 3, 55, 1_750_000_000)
    run_id = intake.begin_night(settings)
    intake.read_files(settings, run_id, intake.notice_files(settings, run_id))
    accepted = intake.judge_files(settings, run_id)
    assert len(accepted) == 2
    are_written, write_plan = threading.Event(), loading.write_plan

    def failing(house, connection, run_id, candidate, plan, wait):
        if candidate.file_name == "base.xlsx":
            assert are_written.wait(20)
            raise RuntimeError("no codes")
        return write_plan(house, connection, run_id, candidate, plan, lambda: (are_written.set(), wait()))

    with monkeypatch.context() as patch:
        patch.setattr(loading, "write_plan", failing)
        with pytest.raises(RuntimeError, match="no codes"):
            intake.load_files(settings, run_id, accepted)
    stored = "select count(*) from intake.load where file_name = 'follows.xlsx'"
    assert are_written.is_set() and office.rows(stored) == [(0,)]
    intake.load_files(settings, run_id, accepted)
    intake.answer_files(settings, run_id)
    assert intake.close_night(settings, run_id)["accepted"] == 2
    assert office.rows(stored) == [(1,)]


def test_nobody_is_told_of_a_load_that_is_not_on_the_disk(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = office.settings
    office.drop("base.xlsx", **BASE | {"Funds": [*BASE["Funds"], ["XD", "Second core", "core"]]})
    _ledger(office, "follows.xlsx", 4, 66, 1_760_000_000)
    run_id = intake.begin_night(settings)
    intake.read_files(settings, run_id, intake.notice_files(settings, run_id))
    accepted = intake.judge_files(settings, run_id)
    told: list[str] = []

    def no_disk(connection: Connection) -> None:
        raise OSError("no disk")

    with monkeypatch.context() as patch:
        patch.setattr(loaders, "until_on_disk", no_disk)
        with pytest.raises(OSError, match="no disk"):
            intake.load_files(settings, run_id, accepted, told.append)
    assert told == []
    intake.load_files(settings, run_id, accepted, told.append)
    assert told == ["base.xlsx", "follows.xlsx"]
    intake.answer_files(settings, run_id)
    assert intake.close_night(settings, run_id)["accepted"] == 2


def test_a_load_that_fails_is_told_even_where_the_disk_cannot_be_waited_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = office.settings
    _ledger(office, "fails.xlsx", 5, 55, 1_770_000_000)
    run_id = intake.begin_night(settings)
    intake.read_files(settings, run_id, intake.notice_files(settings, run_id))
    accepted = intake.judge_files(settings, run_id)

    def failing(*_arguments: object) -> None:
        raise OSError("the server is gone")

    with monkeypatch.context() as patch:
        patch.setattr(loading, "write_plan", failing)
        patch.setattr(loaders, "until_on_disk", lambda _connection: pytest.fail("waited for"))
        with pytest.raises(OSError, match="the server is gone"):
            intake.load_files(settings, run_id, accepted)
    intake.load_files(settings, run_id, accepted)
    intake.answer_files(settings, run_id)
    assert intake.close_night(settings, run_id)["accepted"] == 1


def test_a_load_step_that_runs_again_loads_nothing_twice(office: Office) -> None:
    settings = office.settings
    _ledger(office, "again.xlsx", 1, 77, 1_800_000_000)
    run_id = intake.begin_night(settings)
    files = intake.notice_files(settings, run_id)
    intake.read_files(settings, run_id, files)
    accepted = intake.judge_files(settings, run_id)
    assert intake.load_files(settings, run_id, accepted) == intake.load_files(settings, run_id, accepted) == [2022]
    intake.answer_files(settings, run_id)
    assert intake.close_night(settings, run_id)["accepted"] == 1
    assert office.rows("select count(*) from intake.load where file_name = 'again.xlsx'") == [(1,)]
    office.night()


def test_a_night_that_changes_nothing_writes_no_row_and_no_file(office: Office) -> None:
    (office.inbox / "broken.xlsx").write_bytes(b"PK no workbook")
    assert office.night()["intake"]["rejected"] == 1
    before = _rows_written(office), _files(office.settings.home)
    assert office.night()["intake"]["rejected"] == 1  # it still waits, and is told once
    assert (_rows_written(office), _files(office.settings.home)) == before


def _rows_written(office: Office) -> list[tuple]:
    with connect(office.settings).connect() as connection:
        connection.execute(text("select pg_stat_force_next_flush()"))
        connection.commit()
        counts = "select schemaname, relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_user_tables order by 1, 2"
        return [tuple(row) for row in connection.execute(text(counts))]


def _files(home: Path) -> dict[Path, int]:
    own = (path for path in home.rglob("*") if (home / "warehouse") not in path.parents and path.is_file())
    return {path: path.lstat().st_mtime_ns for path in own}
