"""Readers that misbehave, each for the name of the file; used in the child instead of the real one."""

from __future__ import annotations

import os
import sys
import time

from outcome_reporting.workbooks.reading import FileReading


def read(path, contracts, reference, file_name, source, limits, publisher) -> FileReading:
    if "crash" in file_name:
        os.abort()
    if "stall" in file_name:
        time.sleep(60)
    if "spin" in file_name:
        while True:
            pass
    if "memory" in file_name:
        bytearray(8 * 1024**3)
    if "panic" in file_name:
        raise BaseException("a panic is not an Exception")
    print("noise on standard output")
    loaded = [name for name in ("pyarrow", "pandas") if sys.modules.get(name)]
    return FileReading(file_name, cover_sheets=[str(os.getpid()), *loaded])
