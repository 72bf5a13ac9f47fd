"""What lies in the drop folders, and the bytes kept before anything is read.

Nothing is deleted that is not in the archive; the archive is only ever added to.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from outcome_reporting.domain.errors import SystemFault
from outcome_reporting.settings import Settings

_IGNORED_NAMES = {"thumbs.db", "desktop.ini", ".ds_store"}
_IGNORED_ENDINGS = (".tmp", ".part", ".crdownload", ".swp")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A regular file in a drop folder, kept in the archive under its hash. Times are UTC, ISO 8601."""

    sha256: str
    file_name: str
    source: str
    path: str
    archived: str
    owner: str
    byte_count: int
    dropped_at: str

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


def start_helpers(settings: Settings) -> None:
    """Start what a night needs of other processes: the warehouse's server, and readers if anything was dropped.

    Called before the rest of a night is imported: they come up at the same time.
    """
    from outcome_reporting.workflows.house import open_house

    if next(list_inbox(settings), None) is not None:
        open_house(settings).readers.start()
    threading.Thread(target=_start_server, args=[settings], daemon=True).start()


def _start_server(settings: Settings) -> None:
    from outcome_reporting.warehouse.server import warehouse_url

    with suppress(SystemFault):  # whoever asks for the server next is told why it cannot be started
        warehouse_url(settings)


def _is_looked_at(path: Path) -> bool:
    name = path.name.lower()
    if name in _IGNORED_NAMES or name.endswith(_IGNORED_ENDINGS) or name.startswith(("~$", ".")):
        return False
    return stat.S_ISREG(path.lstat().st_mode)


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
    return Dropped(
        sha256=digest,
        file_name=path.name,
        source=source,
        path=str(path),
        archived=str(_archive(settings, digest, content)),
        owner=_owner(before.st_uid),
        byte_count=before.st_size,
        dropped_at=datetime.fromtimestamp(before.st_mtime, UTC).isoformat(),
    )


def archive_path(settings: Settings, sha256: str) -> Path:
    return settings.folder("archive") / "sha256" / sha256[:2] / sha256


def _archive(settings: Settings, digest: str, content: bytes) -> Path:
    """Idempotent: bytes that are there already are left alone; a torn write never stands under the name."""
    target = archive_path(settings, digest)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    if partial.read_bytes() != content:
        partial.unlink()
        raise SystemFault(f"{target.name} could not be archived: what was written reads differently")
    partial.rename(target)
    return target


def _owner(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
