"""New files are read while the warehouse's server still starts, and while other files are still being archived.

Whether a file must be read is for the warehouse to say; but of bytes that were not in the archive until now it has
not heard, so they will be. What it does say is asked all the same: a reading that was begun is used only where
exactly that was ordered, and removed otherwise. A night that ends before it has noted its files leaves them in the
archive, where they are no longer new: the next night reads them in its turn.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from queue import SimpleQueue

from outcome_reporting.settings import Settings
from outcome_reporting.workbooks.child import in_turn, size_of_job
from outcome_reporting.workbooks.child_process import ReadJob
from outcome_reporting.workbooks.source_reading import SourceReading
from outcome_reporting.workflows.house import open_house
from outcome_reporting.workflows.inbox import Dropped, Keeping
from outcome_reporting.workflows.run_folder import reading_folder, run_folder


class ReadingAhead:
    """What lies in the drop folders is being kept in the archive, and what is new there read in a thread, each file
    as soon as its bytes are kept.

    A context manager. At its end nothing is read any more, and readings that nobody has asked for are gone.
    """

    def __init__(self, settings: Settings, run_id: str) -> None:
        from outcome_reporting.workflows.sources import load_sources

        self._settings, self._run_id = settings, run_id
        self._readers = open_house(settings).readers
        self._folder = run_folder(settings, run_id)
        self.seconds_before = self._readers.seconds.copy()
        self._keeping = Keeping(settings)
        if not self._keeping.is_empty:
            self._readers.start()  # they come up while bytes are archived
        self._sources = load_sources(settings)
        self._done: SimpleQueue[ReadJob | Exception | None] = SimpleQueue()
        self._is_over = threading.Event()
        self._unclaimed: dict[str, Path] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> list[Dropped]:
        """All files of the drop folders, once the last of them is kept."""
        return self._keeping.all()

    def jobs(self) -> Iterator[ReadJob]:
        """The order to read each file that is new, once it is kept."""
        seen: set[str] = set()
        for one in self._keeping.each():
            if one.is_new and one.sha256 not in seen:
                source = self._sources.get(one.source)
                yield read_job(self._settings, self._run_id, str(one.file_id), one.file_name, one.archived, source)
            seen.add(one.sha256)  # of files that are alike the first is read, as the night will say too

    def __enter__(self) -> ReadingAhead:
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        self._keeping.close()
        self._thread.join()
        for folder in self._unclaimed.values():
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self._folder / "readings", self._folder):
            with suppress(OSError):  # there is something in it, or nothing at all
                folder.rmdir()

    def read(self, jobs: Sequence[ReadJob]) -> Iterator[ReadJob]:
        """Each of these jobs as it is done, in no set order: those begun are waited for, then the others are read.

        Raises SystemFault only when readers cannot be started at all.
        """
        left = {job.job_id: job for job in jobs}
        while done := self._done.get():
            if isinstance(done, Exception):
                raise done
            if left.get(done.job_id) == done:
                del left[done.job_id], self._unclaimed[done.job_id]
                yield done
        self._done.put(None)  # whoever asks again does not wait for ever
        for job_id in left:
            self._unclaimed.pop(job_id, None)
        yield from self._readers.read_into_folders(in_turn(left.values(), size_of_job))

    def _begun(self) -> Iterator[ReadJob]:
        for job in self.jobs():
            self._unclaimed[job.job_id] = reading_folder(self._settings, self._run_id, job.job_id)
            yield job

    def _read(self) -> None:
        try:
            with closing(self._readers.read_into_folders(self._begun())) as read:
                for job in read:
                    self._done.put(job)
                    if self._is_over.is_set():
                        break
        except Exception as fault:  # told to whoever asks for the readings
            self._done.put(fault)
        self._done.put(None)


def read_job(
    settings: Settings, run_id: str, file_id: str, file_name: str, archived: str, source: SourceReading | None
) -> ReadJob:
    """The order to read one archived file of a run; a folder that no source describes is read as usual."""
    folder = reading_folder(settings, run_id, file_id)
    return ReadJob(file_id, Path(archived), file_name, source=source or SourceReading(), folder=folder)
