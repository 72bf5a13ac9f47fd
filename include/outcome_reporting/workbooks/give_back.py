"""The user's own workbook back, every bad cell coloured and commented, with the list of what to fix in front.

Marking opens the untrusted file once more, so it happens in a child process with limits. What cannot be marked
is told in a small workbook of its own: a rejection without a reason is impossible.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from outcome_reporting.domain.finding import Finding
from outcome_reporting.workbooks.answer import Receipt, Verdict, in_reading_order
from outcome_reporting.workbooks.marker import mark_in_child
from outcome_reporting.workbooks.receipt import write_receipt
from outcome_reporting.workbooks.sniff import FileKind

__all__ = ["write_answer_json", "write_marked_workbook", "write_receipt"]

MEMORY_BYTES = 3 * 1024**3
CPU_SECONDS = 180
WALL_SECONDS = 300


def write_marked_workbook(
    original: Path,
    kind: FileKind,
    findings: Sequence[Finding],
    verdict: Verdict,
    out: Path,
    memory_bytes: int = MEMORY_BYTES,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: int = WALL_SECONDS,
) -> bool:
    """Writes the marked workbook to `out` (xlsx). False when only a workbook of its own could be written.

    All findings stand in the list, errors first; `out` is replaced whole or not at all.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    ordered = in_reading_order(list(findings))
    handle, name = tempfile.mkstemp(suffix=".xlsx", prefix=".answer-", dir=out.parent)
    os.close(handle)
    partial = Path(name)
    try:
        job = {
            "original": original,
            "kind": kind,
            "findings": ordered,
            "verdict": verdict,
            "out": partial,
            "memory_bytes": memory_bytes,
            "cpu_seconds": cpu_seconds,
        }
        is_marked = kind is not FileKind.UNKNOWN and mark_in_child(job, wall_seconds)
        if not is_marked:
            from outcome_reporting.workbooks.marking import write_own_workbook

            write_own_workbook(ordered, verdict, partial)
        os.chmod(partial, 0o644)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    return is_marked


def write_answer_json(out: Path, verdict: Verdict, findings: Sequence[Finding], receipt: Receipt | None = None) -> None:
    """The same answer for machines, beside the workbook."""
    content = {
        "verdict": asdict(verdict),
        "findings": [finding.told() for finding in in_reading_order(list(findings))],
        "receipt": None if receipt is None else asdict(receipt),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.part")
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    os.replace(partial, out)
