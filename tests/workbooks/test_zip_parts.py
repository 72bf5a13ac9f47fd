"""Parts of an archive are inflated to what was packed, or refused."""

from __future__ import annotations

import tracemalloc
import zipfile
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcome_reporting.workbooks.zip_parts import inflated

NAME = "xl/worksheets/sheet1.xml"
FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def packed(data: bytes, how: int = zipfile.ZIP_DEFLATED) -> bytearray:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        archive.writestr(NAME, data)
    return bytearray(stream.getvalue())


def read(content: bytes, by=inflated) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return by(archive, NAME)


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("data", [b"", b"a", b"<row/>" * 100_000])
def test_a_part_is_what_was_packed(data, how):
    assert read(packed(data, how)) == data


@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_gives_what_zipfile_gives_or_a_fault(place, byte):
    content = packed(bytes(range(256)) + b"<row/>" * 50)
    content[place % len(content)] = byte
    try:
        known = read(content, zipfile.ZipFile.read)
    except (*FAULTS, KeyError):
        known = None
    try:
        assert read(content) == known
    except (*FAULTS, KeyError) as fault:
        assert known is None or isinstance(fault, (zipfile.BadZipFile, EOFError))  # where its directory is wrong


def told_size(content: bytearray, size: int) -> bytearray:
    """The archive with another size of its one part in the directory."""
    place = content.index(b"PK\1\2") + 24
    content[place : place + 4] = size.to_bytes(4, "little")
    return content


@pytest.mark.parametrize("size", [0, 5, 7, 2**31])
def test_a_part_of_another_size_than_told_is_refused(size):
    with pytest.raises(zipfile.BadZipFile):
        read(told_size(packed(b"<row/>"), size))


def test_a_part_that_unpacks_to_more_than_told_is_refused_before_it_does():
    content = told_size(packed(b" " * 50_000_000), 100)
    tracemalloc.start()
    try:
        with pytest.raises(zipfile.BadZipFile):
            read(content)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_half_a_part_is_refused():
    content = packed(bytes(range(256)) * 4)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        size = archive.getinfo(NAME).compress_size
    place = content.index(b"PK\1\2") + 20
    content[place : place + 4] = (size // 2).to_bytes(4, "little")
    with pytest.raises(zipfile.BadZipFile):
        read(content)
