"""An archive of our own, read by the standard library."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile

from outcome_reporting.reports.archive import archive, deflated

PARTS = {
    "[Content_Types].xml": "<Types/>",
    "xl/empty.xml": "",
    "xl/worksheets/sheet1.xml": "<c>– 1,234.50 ж</c>" * 5_000,
}


def test_the_parts_are_read_back_whole_and_in_order():
    with ZipFile(io.BytesIO(archive(deflated(*part) for part in PARTS.items()))) as found:
        assert found.testzip() is None
        assert {name: found.read(name).decode() for name in found.namelist()} == PARTS
        assert found.namelist() == list(PARTS)
        for info in found.infolist():
            assert (info.compress_type, info.date_time) == (ZIP_DEFLATED, (1980, 1, 1, 0, 0, 0))
            assert info.file_size == len(PARTS[info.filename].encode())


def test_it_is_read_from_its_beginning_too():
    """Tools that stream an archive trust the header before each part, not the directory at the end."""
    whole = archive(deflated(*part) for part in PARTS.items())
    with ZipFile(io.BytesIO(whole)) as found:
        for info in found.infolist():
            header = whole[info.header_offset : info.header_offset + 30]
            assert int.from_bytes(header[14:18], "little") == info.CRC
            assert int.from_bytes(header[18:22], "little") == info.compress_size
            assert int.from_bytes(header[22:26], "little") == info.file_size


def test_a_part_kept_deflated_stands_in_many_archives():
    shared = deflated("a.xml", "<a/>")
    for text in ("<b/>", "<b>other</b>"):
        with ZipFile(io.BytesIO(archive([shared, deflated("b.xml", text)]))) as found:
            assert (found.read("a.xml"), found.read("b.xml")) == (b"<a/>", text.encode())
