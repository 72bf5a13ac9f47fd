"""Whether a file can hold tables at all is told from its ends, before anything heavy is imported for it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from outcome_reporting.workbooks.sniff import FileKind, may_be_tables, sniff


def _zip(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return path.read_bytes()


def test_what_reads_as_a_workbook_or_as_text_may_hold_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook = _zip(path)
    assert may_be_tables(path)
    for content in (b"Office;Year\nKGZ;2022\n", workbook + b"\0" * 40):
        path.write_bytes(content)
        assert may_be_tables(path) and sniff(content).kind is not FileKind.UNKNOWN
    assert may_be_tables(tmp_path / "gone.xlsx")  # to be told by whoever reads it


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"\x89PNG....", b"PK\x03\x04 and no more"])
def test_what_is_certainly_no_workbook_is_not_waited_for(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert not may_be_tables(path)
    assert sniff(content).kind is FileKind.UNKNOWN


def test_half_a_workbook_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(_zip(path)[:-30])
    assert not may_be_tables(path)
