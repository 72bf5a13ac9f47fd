"""The reader processes: what a bad file does to them, and that nobody else notices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
from workbook_rows import BUDGETS, INCLUDE, rules

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.workbooks.child import ReaderPool, ReadJob, in_turn, size_of_job
from outcome_reporting.workbooks.reading import load_reading, store_reading

ROW = ["KGZ_O_2.1", 2022, "F", "original", 1, 1]


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home", reader_wall_seconds=60, reader_cpu_seconds=60)


@pytest.fixture
def bad_readers(monkeypatch) -> str:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return "bad_readers:read"


def jobs(*names: str) -> list[ReadJob]:
    return [ReadJob(name, Path(name), name) for name in names]


def test_a_real_file_comes_back_whole(settings, contracts, reference, book, read):
    path = book(S=[BUDGETS, ROW, ["Total", None, None, None, 2, 1]])
    with ReaderPool(settings, contracts, reference) as pool:
        ((job_id, reading),) = pool.read_many([ReadJob("a", path, "Budget of KGZ.xlsx")])
    expected = read(path, file_name="Budget of KGZ.xlsx")
    assert job_id == "a" and reading == expected
    assert reading.tables[0].data.to_pydict() == expected.tables[0].data.to_pydict()
    assert not list((settings.home / "staging").iterdir())


def test_a_reading_may_stay_in_a_folder(settings, contracts, reference, book, tmp_path):
    job = ReadJob("a", book(S=[BUDGETS, ROW]), "a.xlsx", folder=tmp_path / "there")
    with ReaderPool(settings, contracts, reference, readers=1) as pool:
        ((_, reading),) = pool.read_many([job])
    assert load_reading(tmp_path / "there") == reading
    store_reading(tmp_path / "there", reading)
    assert load_reading(tmp_path / "there") == reading


def test_bad_files_are_findings_and_the_others_are_read(settings, bad_readers):
    limited = replace(settings, reader_wall_seconds=4)
    names = ["good 1", "crash", "good 2", "panic", "memory", "good 3", "stall", "good 4"]
    with ReaderPool(limited, {}, reader=bad_readers) as pool:
        readings = dict(pool.read_many(jobs(*names)))
        again = dict(pool.read_many(jobs("good 5")))
    assert set(readings) == set(names)
    for name in names:
        assert rules(readings[name]) == ([] if "good" in name else ["reader_stopped"])
    assert "memory" in readings["memory"].findings[0].message
    assert "seconds" in readings["stall"].findings[0].message
    assert rules(again["good 5"]) == []


def test_a_file_that_computes_without_end_is_stopped(settings, bad_readers):
    with ReaderPool(replace(settings, reader_cpu_seconds=1), {}, readers=1, reader=bad_readers) as pool:
        ((_, reading),) = pool.read_many(jobs("spin"))
    assert "computing" in reading.findings[0].message


def test_readers_live_long_and_end_with_the_pool(settings, bad_readers):
    with ReaderPool(settings, {}, readers=1, reader=bad_readers) as pool:
        pids = {reading.cover_sheets[0] for _, reading in pool.read_many(jobs("1", "2", "3"))}
    assert len(pids) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(pids.pop()), 0)


def test_as_many_readers_as_there_is_work_for_and_they_stay_for_the_next_call(settings, bad_readers):
    with ReaderPool(settings, {}, reader=bad_readers) as pool:
        pids = [reading.cover_sheets[0] for _, reading in (*pool.read_many(jobs("1")), *pool.read_many(jobs("2")))]
    assert len(pids) == 2 and len(set(pids)) == 1


def test_readers_that_are_let_go_end_by_themselves_and_others_take_their_place(settings, bad_readers):
    with ReaderPool(settings, {}, readers=1, reader=bad_readers) as pool:
        list(pool.read_many(jobs("good 1")))
        (first,) = pool._readers
        pool.let_go()
        ((_, reading),) = pool.read_many(jobs("good 2"))
        assert rules(reading) == [] and first not in pool._readers
    assert first.process.returncode == -signal.SIGKILL


def test_a_reader_that_ended_while_idle_is_replaced_in_silence(settings, bad_readers):
    with ReaderPool(settings, {}, readers=1, reader=bad_readers) as pool:
        ((_, first),) = pool.read_many(jobs("1"))
        os.kill(int(first.cover_sheets[0]), signal.SIGKILL)
        ((_, second),) = pool.read_many(jobs("2"))
    assert rules(second) == [] and second.cover_sheets != first.cover_sheets


def test_a_call_given_up_half_way_leaves_nothing_for_the_next(settings, bad_readers):
    with ReaderPool(settings, {}, readers=1, reader=bad_readers) as pool:
        half = pool.read_many(jobs("1", "2", "3"))
        next(half)
        half.close()
        assert [job_id for job_id, _ in pool.read_many(jobs("4", "5"))] == ["4", "5"]


def test_small_files_are_read_first_and_then_the_largest(tmp_path):
    sizes = {"codes": 30, "more codes": 20, "small": 700, "large": 3000, "middle": 1500}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(bytes(size))
    found = in_turn([ReadJob(name, tmp_path / name, name) for name in [*sizes, "gone"]], size_of_job)
    assert [job.job_id for job in found] == ["gone", "more codes", "codes", "large", "middle", "small"]
    assert in_turn([], size_of_job) == []


def test_readers_can_be_started_before_anything_heavy_is_imported():
    code = (
        "import sys\n"
        "import outcome_reporting.workbooks.child\n"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'sqlalchemy', 'great_expectations'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reader_never_loads_pandas(settings, bad_readers):
    """Arrow imports it where it is there: half of the wait for a reader, and nothing in it uses it."""
    with ReaderPool(settings, {}, readers=1, reader=bad_readers) as pool:
        ((_, reading),) = pool.read_many(jobs("1"))
    assert reading.cover_sheets[1:] == ["pyarrow"]


def test_readers_that_cannot_start_are_a_fault_of_the_system(settings):
    with ReaderPool(settings, {}, reader="no_such_module:read") as pool, pytest.raises(SystemFault):
        list(pool.read_many(jobs("a")))


def _in_a_daemon(home: str, path: str, answer) -> None:
    from outcome_reporting.contracts.load import load_contracts

    with ReaderPool(Settings(home=Path(home)), load_contracts(INCLUDE / "contracts")) as pool:
        answer.put([reading.rows_in_file for _, reading in pool.read_many([ReadJob("a", Path(path), "a")])])


def test_it_works_from_a_daemon_process(tmp_path, book):
    context = get_context("spawn")
    answer = context.Queue()
    daemon = context.Process(
        target=_in_a_daemon, args=(str(tmp_path), str(book(S=[BUDGETS, ROW])), answer), daemon=True
    )
    daemon.start()
    assert answer.get(timeout=60) == [{1: 1}]
    daemon.join()


def test_a_reader_ends_when_its_parent_is_killed(tmp_path):
    code = (
        "import sys, os, signal\n"
        "from pathlib import Path\n"
        "from outcome_reporting.settings import Settings\n"
        "from outcome_reporting.workbooks.child import ReaderPool\n"
        f"pool = ReaderPool(Settings(home=Path({str(tmp_path)!r})), {{}})\n"
        "pool.start(1)\n"
        "print(pool._readers[0].process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    pid = int(done.stdout)
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        __import__("time").sleep(0.1)
    pytest.fail("the reader outlived its parent")


def test_jobs_are_taken_when_a_reader_has_room_and_may_still_come_into_being(settings, bad_readers):
    taken: list[str] = []

    def coming():
        for job in jobs(*"123456789"):
            taken.append(job.job_id)
            yield replace(job, folder=settings.home / job.job_id)

    with ReaderPool(settings, {}, readers=2, reader=bad_readers) as pool:
        read = pool.read_into_folders(coming())
        first = next(read)
        assert taken == list("1234")  # two for each reader
        assert {first.job_id, *(job.job_id for job in read)} == set("123456789")
