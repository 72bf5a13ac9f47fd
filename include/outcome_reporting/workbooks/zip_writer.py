"""A zip archive written part by part: parts that stay as they were are not inflated, new ones deflated as they come.

The standard library can do neither without deflating everything anew, with zlib, which takes three times as long.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable
from typing import BinaryIO

from isal import isal_zlib

from outcome_reporting.workbooks.zip_parts import packed

_LEVEL = 2  # the size of zlib's second level in a third of its time
_LONG_AGO = 1 << 21 | 1 << 16  # 1 January 1980: the same parts give the same bytes, whenever they are packed
_VERSION, _UTF8_NAME = 20, 1 << 11
_LOCAL = struct.Struct("<4sHHHLLLLHH")
_CENTRAL = struct.Struct("<4sHHHHLLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")


class ZipWriter:
    """Writes to a file that can be sought in; `close` makes it an archive."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._directory: list[bytes] = []

    def again(self, stream: io.BytesIO) -> ZipWriter:
        """Another archive, which begins with all that was added to this one in memory: packed once for many."""
        assert isinstance(self.stream, io.BytesIO)
        stream.write(self.stream.getbuffer())
        other = ZipWriter(stream)
        other._directory = list(self._directory)
        return other

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """A new part, made of pieces of any size."""
        place, head = self.stream.tell(), _LOCAL.size + len(name.encode())
        self.stream.seek(place + head)  # its sizes are known afterwards
        packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
        checksum = size = 0
        for chunk in chunks:
            checksum = isal_zlib.crc32(chunk, checksum)
            size += len(chunk)
            self.stream.write(packer.compress(chunk))
        self.stream.write(packer.flush())
        end = self.stream.tell()
        self.stream.seek(place)
        self._head(name, place, isal_zlib.DEFLATED, checksum, end - place - head, size)
        self.stream.seek(end)

    def copy(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        """A part of another archive as it is packed there."""
        data = packed(archive, entry)
        self._head(entry.filename, self.stream.tell(), entry.compress_type, entry.CRC, len(data), entry.file_size)
        self.stream.write(data)

    def _head(self, name: str, place: int, how: int, checksum: int, packed_size: int, size: int) -> None:
        path = name.encode()
        form = (_VERSION, _UTF8_NAME, how, _LONG_AGO, checksum, packed_size, size, len(path), 0)
        self.stream.write(_LOCAL.pack(b"PK\3\4", *form) + path)
        self._directory += _CENTRAL.pack(b"PK\1\2", _VERSION, *form, 0, 0, 0, 0, place), path

    def close(self) -> None:
        place, listed = self.stream.tell(), b"".join(self._directory)
        count = len(self._directory) // 2
        self.stream.write(listed + _END.pack(b"PK\5\6", 0, 0, count, count, len(listed), place, 0))
