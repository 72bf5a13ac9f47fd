"""Packs a blank warehouse for all homes to come, run by `make setup`."""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.blank import packed_blank
from outcome_reporting.warehouse.migrations import migrate
from outcome_reporting.warehouse.server import binaries, connect, stop_server

_OF_A_RUN = ("postmaster.opts", "log", ".handle_pids.json")  # what the server that made the files has left


def main() -> None:
    target = packed_blank(binaries())
    if target.exists():
        return
    with tempfile.TemporaryDirectory(prefix="outcomes-", dir="/tmp") as home:
        Path(home).chmod(0o755)  # the server may run under a user of its own
        settings = Settings(home=Path(home))
        migrate(connect(settings))
        stop_server(settings)
        _pack(Path(home) / "warehouse", target)
    for other in target.parent.glob("blank-warehouse-*.tar"):
        if other != target:
            other.unlink()


def _pack(folder: Path, target: Path) -> None:
    """A torn pack never stands under the name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    with tarfile.open(partial, "w") as pack:
        for path in sorted(folder.iterdir()):
            if path.name not in _OF_A_RUN:
                pack.add(path, path.name)
    partial.rename(target)


if __name__ == "__main__":
    main()
