"""The command as a process: what it says arrives whole, its exit code tells how it went, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = [sys.executable, "-m", "outcome_reporting.cli"]


def _command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OUTCOMES_HOME": str(home)}
    return subprocess.run([*_PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_a_night_without_files_ends_well_and_ends_its_server(home):
    night = _command(home, "run")
    assert (night.returncode, night.stderr) == (0, "")
    assert night.stdout.startswith("Files accepted    0\n") and night.stdout.endswith("index.html\n")
    assert not (home / "warehouse" / "postmaster.pid").exists()


@pytest.mark.parametrize(("arguments", "code"), [(["check", "nowhere.xlsx"], 2), (["nothing"], 2), (["--help"], 0)])
def test_the_exit_code_tells_how_it_went(home, arguments, code):
    assert _command(home, *arguments).returncode == code


def test_a_fault_of_the_system_is_told(home):
    (home / "inbox").write_text("a file where a folder is needed")
    night = _command(home, "run")
    assert night.returncode == 3 and "inbox" in night.stderr


def test_an_output_that_nobody_reads_is_no_success(home):
    reading, writing = os.pipe()
    os.close(reading)
    environment = os.environ | {"OUTCOMES_HOME": str(home)}
    unread = subprocess.run([*_PROGRAM, "run"], env=environment, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert unread.returncode != 0
