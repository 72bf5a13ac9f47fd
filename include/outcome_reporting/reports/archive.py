"""A zip archive put together from parts, each deflated once: those that many archives share are kept deflated.

The standard library's zipfile writes the same bytes, but deflates a shared part anew for each archive.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from isal import isal_zlib as zlib

_LEVEL = 2  # the size of zlib's second level in a third of its time
_SHORT, _LEVEL_OF_SHORT = 4096, 0  # a third of the time again; a code of their own would not shorten them much
_LONG_AGO = 1 << 21 | 1 << 16  # 1 January 1980: the same parts give the same bytes, whenever they are packed
_FORM = (20, 0, zlib.DEFLATED, _LONG_AGO)  # version, no flags, how it is packed, when
_LOCAL = struct.Struct("<4sHHHLLLLHH")
_CENTRAL = struct.Struct("<4sHHHHLLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")


class Part(NamedTuple):
    """A file of the archive, deflated; `record` is its header and bytes as the archive holds them."""

    name: bytes
    numbers: tuple[int, int, int]  # checksum, deflated size, size
    record: bytes


def deflated(name: str, text: str) -> Part:
    """`name` is ASCII, as all parts of a workbook are."""
    content, path = text.encode(), name.encode("ascii")
    level = _LEVEL_OF_SHORT if len(content) <= _SHORT else _LEVEL
    packed = zlib.compress(content, level, -zlib.MAX_WBITS)
    numbers = (zlib.crc32(content), len(packed), len(content))
    header = _LOCAL.pack(b"PK\3\4", *_FORM, *numbers, len(path), 0)
    return Part(path, numbers, b"".join((header, path, packed)))


def archive(parts: Iterable[Part]) -> bytes:
    """The parts one after another, and the directory that says where each begins."""
    records: list[bytes] = []
    directory: list[bytes] = []
    place = 0
    for part in parts:
        names = (len(part.name), 0, 0, 0, 0, 0, place)
        directory += _CENTRAL.pack(b"PK\1\2", 20, *_FORM, *part.numbers, *names), part.name
        records.append(part.record)
        place += len(part.record)
    listed = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(records), len(records), len(listed), place, 0)
    return b"".join((*records, listed, end))
