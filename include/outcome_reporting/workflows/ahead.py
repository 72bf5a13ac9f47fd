"""Most files of a large night checked by themselves while the last are still read.

What Great Expectations says of a file depends on its own rows alone, so only the moment differs; whatever looks at
files together waits until all are read. Without it one core would stand idle while the other checks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from queue import SimpleQueue
from typing import TYPE_CHECKING

from outcome_reporting.workflows.house import House

if TYPE_CHECKING:
    from outcome_reporting.workflows.judging import Alone, Candidate

FEWEST = 20  # files; for fewer a second run of the library costs as much as it gains
_SHARE = 0.6  # of the files not checked yet: the check of these ends before the rest has been read
_SMALLEST = 6  # files, for which a run pays


class Ahead:
    """What has been checked before judging begins; nothing where a check did not come to its end.

    `load` makes the candidates of files that have been read, by their ids.
    """

    def __init__(self, house: House, load: Callable[[Collection[str]], list[Candidate]]) -> None:
        self._house, self._load = house, load
        self._read: SimpleQueue[str | None] = SimpleQueue()
        self._checked: tuple[dict[str, Candidate], Alone | None] = {}, None

    def take(self, file_id: str | None) -> None:
        """A file has been read; None: no more will be."""
        self._read.put(file_id)

    def check(self, count: int) -> None:
        """Checks most of what is left of `count` files as soon as so many have been read, until few are left.

        Runs in a thread beside the reading, and waits for it.
        """
        from outcome_reporting.workflows.judging import Alone

        alone = Alone(self._house)
        checked: dict[str, Candidate] = {}
        while count - len(checked) >= (_SMALLEST if checked else FEWEST):
            taken = self._taken(max(_SMALLEST, int(_SHARE * (count - len(checked)))))
            if taken is None:
                return
            candidates = self._load(taken)
            alone.check(candidates)
            checked |= {candidate.file_id: candidate for candidate in candidates}
            self._checked = checked, alone

    def _taken(self, count: int) -> list[str] | None:
        """So many files that have been read, and those that have been since; None where no more come."""
        taken: list[str] = []
        while len(taken) < count or not self._read.empty():
            file_id = self._read.get()
            if file_id is None:
                self.take(None)
                return taken if len(taken) >= count else None
            taken.append(file_id)
        return taken

    def hand_over(self) -> tuple[dict[str, Candidate], Alone | None]:
        """The candidates that have been checked, by their file ids, and what checked them; once, then it lets go."""
        checked, self._checked = self._checked, ({}, None)
        return checked
