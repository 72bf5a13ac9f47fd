"""What any test may ask for; what belongs to one part stands beside that part's tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A temporary OUTCOMES_HOME; short, for a unix socket stands in it, and open to the database's user."""
    folder = Path(tempfile.mkdtemp(prefix="outcomes-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path. Its absence is a failure, not a skip: pages must have been looked at."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("chromium is missing: apt-get install chromium (make test does it where it may)")
    return path
