"""Files of the site; one whose bytes are the same is never touched."""

from __future__ import annotations

import os
from pathlib import Path


def write_if_changed(path: Path, content: bytes) -> bool:
    """True when it wrote. A new file is written straight: nothing leads to it before the front pages, which come last.

    What stands there is never written through, as it may be a link to the former release's file: it is replaced by
    a neighbour, so that no reader sees half a file.
    """
    try:
        new = open(path, "xb")  # noqa: SIM115 - that it stands there is an answer too
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_if_changed(path, content)
    except FileExistsError:
        if path.read_bytes() == content:
            return False
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        os.replace(part, path)
        return True
    with new:
        new.write(content)
    return True
