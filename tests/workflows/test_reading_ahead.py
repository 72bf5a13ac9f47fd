"""Files that are new are read before the warehouse is there; what it says of them later is what counts."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.warehouse.server import stop_server
from outcome_reporting.workbooks.child import ReaderPool
from outcome_reporting.workflows import inbox, intake, night
from outcome_reporting.workflows.house import open_house
from outcome_reporting.workflows.inbox import keep_all
from outcome_reporting.workflows.reading_ahead import ReadingAhead

from .test_rates_and_totals import BASE, LINES, Office, line


@contextmanager
def _office() -> Iterator[Office]:
    home = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    home.chmod(0o755)
    made = Office(home)
    yield made
    stop_server(made.settings)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def new_office() -> Iterator[Office]:
    with _office() as made:
        yield made


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """With the codes that ledgers refer to."""
    with _office() as made:
        made.drop("base.xlsx", **BASE)
        assert made.night()["intake"]["accepted"] == 1
        yield made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that readers were given, in the order in which they were done with them."""
    names: list[str] = []
    read_into_folders = ReaderPool.read_into_folders

    def noting(self, jobs):
        for job in read_into_folders(self, jobs):
            names.append(job.file_name)
            yield job

    monkeypatch.setattr(ReaderPool, "read_into_folders", noting)
    return names


def _ledger(office: Office, name: str, amount: int) -> None:
    office.drop(name, Expenses=[LINES, line(f"T{amount}", 5, "KGZ_D_2.1", "USD", amount)])


def _staged(office: Office) -> list[Path]:
    return list(office.settings.folder("staging").iterdir())


def test_what_is_new_is_read_once_and_before_the_warehouse_is_asked(new_office: Office, read: list[str]) -> None:
    new_office.drop("base.xlsx", **BASE)
    _ledger(new_office, "a.xlsx", 1)
    shutil.copy(new_office.inbox / "a.xlsx", new_office.inbox / "same.xlsx")
    run_id = intake.begin_night(new_office.settings)
    begun = ReadingAhead(new_office.settings, run_id)
    assert [one.file_name for one in begun.dropped] == ["a.xlsx", "base.xlsx", "same.xlsx"]
    assert {job.file_name for job in begun.jobs()} == {"a.xlsx", "base.xlsx"}
    begun._thread.join()
    assert sorted(read) == ["a.xlsx", "base.xlsx"]
    with begun:
        night.migrate_warehouse(new_office.settings)
        files = intake.notice_files(new_office.settings, run_id, begun)
        assert intake.read_files(new_office.settings, run_id, files, begun=begun) == files
        assert len(read) == len(files) == 2
    accepted = intake.judge_files(new_office.settings, run_id)
    intake.load_files(new_office.settings, run_id, accepted)
    intake.answer_files(new_office.settings, run_id)
    summary = intake.close_night(new_office.settings, run_id)
    assert (summary["accepted"], summary["identical"], summary["rejected"]) == (2, 1, 0)
    assert _staged(new_office) == []


def test_a_night_that_ends_before_it_has_noted_anything_leaves_it_to_the_next(
    office: Office, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _ledger(office, "b.xlsx", 2)
    with monkeypatch.context() as patch:

        def gone(_settings):
            raise SystemFault("the warehouse does not answer")

        patch.setattr(night, "migrate_warehouse", gone)
        with pytest.raises(SystemFault, match="does not answer"):
            office.night()
    assert _staged(office) == []
    with ReadingAhead(office.settings, intake.begin_night(office.settings)) as begun:
        assert [one.file_name for one in begun.dropped] == ["b.xlsx"] and list(begun.jobs()) == []
    assert _staged(office) == []
    read.clear()
    assert office.night()["intake"]["accepted"] == 1
    assert read == ["b.xlsx"]


def test_what_is_read_ahead_and_is_known_all_the_same_is_not_used(office: Office, read: list[str]) -> None:
    """Where the archive was lost, bytes may be new to it and loaded long ago."""
    _ledger(office, "c.xlsx", 3)
    kept = (office.inbox / "c.xlsx").read_bytes()
    assert office.night()["intake"]["accepted"] == 1
    shutil.rmtree(office.settings.home / "archive")
    (office.inbox / "c.xlsx").write_bytes(kept)
    summary = office.night()["intake"]
    assert (summary["accepted"], summary["identical"]) == (0, 1)
    assert read == ["c.xlsx", "c.xlsx"]  # once in vain
    assert _staged(office) == []


def test_a_reading_begun_for_another_order_is_read_anew(office: Office, read: list[str]) -> None:
    """As where the warehouse knows a content under an id of its own."""
    _ledger(office, "d.xlsx", 4)
    run_id = intake.begin_night(office.settings)
    with ReadingAhead(office.settings, run_id) as begun:
        entry = begun.dropped[0].as_dict() | {"file_id": "another"}
        intake.note_night(office.settings, run_id, [entry])
        assert intake.read_files(office.settings, run_id, ["another"], begun=begun) == ["another"]
    assert read == ["d.xlsx", "d.xlsx"]
    readings = office.settings.folder("staging") / run_id / "readings"
    assert [folder.name for folder in readings.iterdir()] == ["another"]
    shutil.rmtree(readings.parent)
    assert office.night()["intake"]["accepted"] == 1


def test_readers_that_cannot_start_are_told_to_whoever_waits_for_a_reading(office: Office) -> None:
    _ledger(office, "e.xlsx", 5)
    house = open_house(office.settings)
    house.readers.close()
    usual, house.readers = house.readers, ReaderPool(office.settings, {}, reader="no_such_module:read")
    try:
        run_id = intake.begin_night(office.settings)
        with ReadingAhead(office.settings, run_id) as begun, pytest.raises(SystemFault, match="could not be started"):
            list(begun.read(list(begun.jobs())))
    finally:
        house.readers.close()
        house.readers = usual
    assert office.night()["intake"]["accepted"] == 1


def test_a_file_is_read_while_others_are_still_being_archived(
    office: Office, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _ledger(office, "g.xlsx", 7)
    office.drop("h.xlsx", Expenses=[LINES, *(line(f"H{i}", 6, "KGZ_D_2.1", "USD", i) for i in range(1, 99))])
    usual = inbox.keep

    def slowly(settings, source, path):
        end = time.monotonic() + 60
        while path.name == "g.xlsx" and not list(settings.folder("staging").rglob("reading.*")):
            assert time.monotonic() < end
            time.sleep(0.01)
        return usual(settings, source, path)

    monkeypatch.setattr(inbox, "keep", slowly)
    assert office.night()["intake"]["accepted"] == 2
    assert read == ["h.xlsx", "g.xlsx"]  # the larger first


def test_a_night_that_cannot_keep_a_file_says_so_and_reads_no_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ledger(office, "i.xlsx", 9)
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "_holds", lambda path, content: False)
        with pytest.raises(SystemFault, match="could not be archived: what was written reads differently"):
            office.night()
    assert _staged(office) == []
    assert not list(office.settings.folder("archive").rglob("*.part"))
    assert office.night()["intake"]["accepted"] == 1


def test_a_torn_copy_is_told_from_a_whole_one(tmp_path: Path) -> None:
    content = bytes(range(256)) * 2048  # two parts
    (tmp_path / "copy").write_bytes(content)
    assert inbox._holds(tmp_path / "copy", content)
    for other in (content + b"x", content[:-1], content[:-1] + b"x", b"x" + content[1:], b""):
        assert not inbox._holds(tmp_path / "copy", other)


def test_a_file_that_still_changes_is_not_archived_and_not_read(office: Office) -> None:
    _ledger(office, "f.xlsx", 6)
    assert keep_all(replace(office.settings, settle_seconds=3600)) == []
    (office.inbox / "f.xlsx").unlink()
