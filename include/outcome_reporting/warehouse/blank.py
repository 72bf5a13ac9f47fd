"""A blank warehouse, packed: the files of an empty PostgreSQL whose schema is at its newest version.

To make these files anew (initdb, then every version of the schema) takes a core-second, to unpack them a tenth of
one. `make setup` packs them once beside the installed packages (`pack_blank`). They are found under a digest of all
that makes them, so what is unpacked is what would be made; where they are not found, or cannot be unpacked, the home
makes its own, as `make setup` did. Nothing else tells the two apart but PostgreSQL's system identifier, which homes
from one pack share and only replication asks for.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

_CODE = Path(__file__).resolve().parent
_SOURCES = ("*.py", "sql/*.sql", "migrations/*.py", "migrations/versions/*.py")


def packed_blank(binaries: Path) -> Path:
    """Where the pack stands that this code and this PostgreSQL make, whether there is one or not."""
    program = (binaries / "postgres").stat()
    digest = hashlib.sha256(f"{program.st_size} {program.st_mtime_ns}".encode())
    for path in sorted(path for pattern in _SOURCES for path in _CODE.glob(pattern)):
        digest.update(path.name.encode() + path.read_bytes())
    return Path(sys.prefix) / "share" / "outcome-reporting" / f"blank-warehouse-{digest.hexdigest()[:20]}.tar"


def unpack_blank(folder: Path, binaries: Path, user: str | None) -> bool:
    """Puts a blank warehouse in the place of the empty folder of a new one, at once and on the disk.

    `user` is the system's user whom the server runs under, None for our own. False, and nothing done, where there is
    no pack, or it is torn.
    """
    partial = folder.with_name(f"{folder.name}.unpacked")
    shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
    try:
        with packed_blank(binaries).open("rb") as packed:
            partial.mkdir(mode=0o700)
            if user:
                shutil.chown(partial, user)
            # in that user's name, from where it is: the folders above need not be open to it yet
            for command in (["tar", "-xf", "-"], [str(binaries / "initdb"), "--sync-only", "-D", "."]):
                subprocess.run(command, stdin=packed, cwd=partial, user=user, capture_output=True, check=True)
        partial.rename(folder)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(partial, ignore_errors=True)
        return False
    return True
