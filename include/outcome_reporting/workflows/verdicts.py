"""The verdicts of a night between its steps. The tables of a file stay where reading left them: only a reference
is written, so that a million lines are not copied once more by each step."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from outcome_reporting.workflows.judging import Candidate

_NAME = "verdicts.pickle"


def store_verdicts(staging: Path, candidates: Sequence[Candidate]) -> None:
    """Leave the candidates with their verdicts in a run's folder, beside the readings that they were made from.

    How they are cut into slices is not written: that is found again sooner than it is stored.
    """
    path = staging / _NAME
    with path.open("wb") as stream:
        _Writer(stream, candidates).dump([replace(one, slices={}) for one in candidates])
    _keep(path, candidates)  # a next step in this process need not read what has just been written


def load_verdicts(staging: Path) -> list[Candidate]:
    """The candidates of a run; none where nothing was judged. Not to be changed: the next step gets the same."""
    path = staging / _NAME
    if not path.exists():
        return []
    if _kept.get(path, (0,))[0] != path.stat().st_mtime_ns:
        with path.open("rb") as stream:
            _keep(path, _Reader(stream, staging).load())
    return _kept[path][1]


def forget_verdicts() -> None:
    """Lets go of the tables of the last run, so that the disk can have their place back."""
    _kept.clear()


_kept: dict[Path, tuple[int, list[Candidate]]] = {}  # of the last run: when they were written, and they


def _keep(path: Path, candidates: Sequence[Candidate]) -> None:
    _kept.clear()
    _kept[path] = path.stat().st_mtime_ns, list(candidates)


class _Writer(pickle.Pickler):
    """Writes (file id, table number) for a table as it was read; one that was changed since is written whole."""

    def __init__(self, stream: Any, candidates: Sequence[Candidate]) -> None:
        super().__init__(stream)
        self.places = {id(table.data): (one.file_id, table.table_no) for one in candidates for table in one.tables}

    def persistent_id(self, obj: Any) -> tuple[str, int] | None:
        return self.places.get(id(obj)) if isinstance(obj, pa.Table) else None


class _Reader(pickle.Unpickler):
    def __init__(self, stream: Any, staging: Path) -> None:
        super().__init__(stream)
        self.staging = staging
        self.tables: dict[tuple[str, int], pa.Table] = {}

    def persistent_load(self, pid: Any) -> pa.Table:
        from outcome_reporting.workbooks.reading import load_reading

        if pid not in self.tables:
            file_id, _ = pid
            reading = load_reading(self.staging / "readings" / file_id)
            self.tables |= {(file_id, table.table_no): table.data for table in reading.tables}
        return self.tables[pid]
