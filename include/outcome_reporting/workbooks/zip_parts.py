"""The parts of a zip archive, inflated by isal in a third of zlib's time."""

from __future__ import annotations

import copy
import zipfile

from isal import isal_zlib

_RAW = -isal_zlib.MAX_WBITS  # deflated without a header of its own


def inflated(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part's bytes; never more than the archive's directory says. Raises what zipfile raises, and BadZipFile when
    they are not those that were packed."""
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        return archive.read(entry)
    inflater = isal_zlib.decompressobj(_RAW)
    try:
        data = inflater.decompress(packed(archive, entry), entry.file_size + 1)
    except isal_zlib.error as fault:  # type: ignore[misc]  # its stub declares an exception, not its class
        raise zipfile.BadZipFile(f"{name} cannot be inflated") from fault
    if not inflater.eof or len(data) != entry.file_size or isal_zlib.crc32(data) != entry.CRC:
        raise zipfile.BadZipFile(f"{name} is not what its size and checksum say")
    return data


def packed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A part as it is stored: zipfile looks at its header as always, and believes that nothing was packed."""
    stored = copy.copy(entry)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, entry.compress_size
    del stored.CRC
    return archive.read(stored)
