"""The check of one workbook, twice in one process, as a desk that stays up does it: seconds of both."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from outcome_reporting.settings import load_settings
from outcome_reporting.workflows.intake import check_files


def main(book: Path) -> None:
    seconds = {}
    for name in ("first", "second"):
        with tempfile.TemporaryDirectory() as out:
            started = time.perf_counter()
            check_files(load_settings(), [book], out=Path(out))
            seconds[name] = time.perf_counter() - started
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
