"""What lies in the drop folders, and the bytes kept before anything is read.

Nothing is deleted that is not in the archive; the archive is only ever added to.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings
from outcome_reporting.workbooks.child import in_turn, size_of

_CONTENT = uuid.UUID("6f1c3a52-6d0e-4a55-9a43-5d6a3c0d7e11")  # the namespace of ids made of hashes
_ARCHIVERS = 4  # they wait for the disk
_PART = 1 << 18
_IGNORED_NAMES = {"thumbs.db", "desktop.ini", ".ds_store"}
_IGNORED_ENDINGS = (".tmp", ".part", ".crdownload", ".swp")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A regular file in a drop folder, kept in the archive under its hash. Times are UTC, ISO 8601.

    `is_new`: the archive did not hold these bytes before.
    """

    sha256: str
    file_name: str
    source: str
    path: str
    archived: str
    owner: str
    byte_count: int
    dropped_at: str
    is_new: bool = False

    @property
    def file_id(self) -> uuid.UUID:
        """The id that a content not seen before gets; it follows from the bytes, so no warehouse is asked for it."""
        return uuid.uuid5(_CONTENT, self.sha256)

    def as_dict(self) -> dict:
        return asdict(self)


def list_inbox(settings: Settings) -> Iterator[tuple[str, Path]]:
    """(source, path) of every file that should be looked at, by source and name."""
    inbox = settings.folder("inbox")
    for source in settings.sources.glob("*.yaml"):
        (inbox / source.stem).mkdir(exist_ok=True)
    for folder in sorted(path for path in inbox.iterdir() if path.is_dir()):
        for path in sorted(folder.iterdir()):
            if _is_looked_at(path):
                yield folder.name, path


def _is_looked_at(path: Path) -> bool:
    name = path.name.lower()
    if name in _IGNORED_NAMES or name.endswith(_IGNORED_ENDINGS) or name.startswith(("~$", ".")):
        return False
    return stat.S_ISREG(path.lstat().st_mode)


class Keeping:
    """What lies in the drop folders is being archived, in the order in which it is best read (`in_turn`); what still
    changes is left out. Ended with `close`.
    """

    def __init__(self, settings: Settings) -> None:
        found = list(list_inbox(settings))
        self._pool = ThreadPoolExecutor(_ARCHIVERS, "archiver")
        turns = in_turn(found, lambda one: size_of(one[1]))
        self._turns = {one: self._pool.submit(keep, settings, *one) for one in turns}
        self._listed = [self._turns[one] for one in found]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to archive."""
        return not self._listed

    def each(self) -> Iterator[Dropped]:
        """Each file once it is in the archive; of files that are alike the first of the drop folders comes first."""
        return filter(None, (kept.result() for kept in self._turns.values()))

    def all(self) -> list[Dropped]:
        """All of them, in the order of `list_inbox`, once the last is in the archive."""
        return [one for one in (kept.result() for kept in self._listed) if one]

    def close(self) -> None:
        """No further file is begun, and none is left half-way."""
        self._pool.shutdown(cancel_futures=True)


def keep_all(settings: Settings) -> list[Dropped]:
    """Archive what lies in the drop folders, in the order of `list_inbox`; what still changes is left out."""
    with closing(Keeping(settings)) as keeping:
        return keeping.all()


def keep(settings: Settings, source: str, path: Path) -> Dropped | None:
    """Archive the bytes of a dropped file; None when it still changes and waits for the next look."""
    before = path.stat()
    if settings.settle_seconds and time.time() - before.st_mtime < settings.settle_seconds:
        return None
    content = path.read_bytes()
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return None
    digest = hashlib.sha256(content).hexdigest()
    archived = archive_path(settings, digest)
    is_new = not archived.exists()
    if is_new:
        _archive(archived, content)
    return Dropped(
        sha256=digest,
        file_name=path.name,
        source=source,
        path=str(path),
        archived=str(archived),
        owner=_owner(before.st_uid),
        byte_count=before.st_size,
        dropped_at=datetime.fromtimestamp(before.st_mtime, UTC).isoformat(),
        is_new=is_new,
    )


def archive_path(settings: Settings, sha256: str) -> Path:
    return settings.folder("archive") / "sha256" / sha256[:2] / sha256


def _archive(target: Path, content: bytes) -> None:
    """A torn write never stands under the name; bytes that another has put there meanwhile are the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    if not _holds(partial, content):
        partial.unlink()
        raise SystemFault(f"{target.name} could not be archived: what was written reads differently")
    partial.rename(target)


def _holds(path: Path, content: bytes) -> bool:
    """Whether a file is this content to the last byte; read in parts, which need no memory of its size."""
    part, at = bytearray(_PART), 0
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(part):
            if not content.startswith(memoryview(part)[:count], at):
                return False
            at += count
    return at == len(content)


def _owner(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
