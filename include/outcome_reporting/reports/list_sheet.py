"""A worksheet for long plain lists: rows go straight into the sheet's XML, a third of the usual cost."""

from __future__ import annotations

import re
from html import escape

from xlsxwriter.worksheet import Worksheet

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ListSheet(Worksheet):
    """Filled through `add_row` alone; each cell is text, a (number, format) pair, or None."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[str] = []
        self._width = 0

    def add_row(self, *cells: str | tuple[float, object] | None, style: object = None) -> None:
        row = len(self._rows) + 1
        mark = f' s="{style._get_xf_index()}"' if style else ""  # type: ignore[attr-defined]
        parts = []
        for column, cell in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", cells, strict=False):
            if isinstance(cell, tuple):
                number, form = cell
                index = form._get_xf_index()  # type: ignore[attr-defined]
                parts.append(f'<c r="{column}{row}" s="{index}"><v>{number:.16g}</v></c>')
            elif cell:
                text = escape(_NO_XML.sub("", cell), quote=False)
                parts.append(
                    f'<c r="{column}{row}"{mark} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
                )
        self._rows.append(f'<row r="{row}">{"".join(parts)}</row>')
        self._width = max(self._width, len(cells))

    def _write_dimension(self) -> None:
        last = f"{chr(64 + max(self._width, 1))}{max(len(self._rows), 1)}"
        self._xml_empty_tag("dimension", [("ref", f"A1:{last}")])

    def _write_sheet_data(self) -> None:
        self.fh.write(f"<sheetData>{''.join(self._rows)}</sheetData>")
