"""What workbooks have in common, drawn by XlsxWriter once for each shape: styles, theme, columns, print setup, charts.

Nearly all workbooks of a site have the same sheets and the same kinds of chart, and drawing these anew costs more than
filling the cells. So XlsxWriter makes an empty workbook of the shape, once a process, and each page fills a copy.
Should the library ever write sheets or charts otherwise, a frame fails when it is drawn: no workbook comes out empty.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zipfile import ZipFile

import xlsxwriter
from xlsxwriter.utility import quote_sheetname, xl_range_abs

from .archive import Part, archive, deflated
from .plain_sheet import PlainSheet, xml_text

_TITLE, _CREATED = "THE TITLE", datetime(1999, 1, 1)  # what stands in a frame where a page has its own
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_REFERENCE = re.compile(r"<c:(?:str|num)Ref>.*?</c:(?:str|num)Ref>")
_ANCHOR_ROW = re.compile(r"<xdr:row>(\d+)</xdr:row>")
_CHART_COLUMN = 8
_SERIES = {"column": ("#ffffff", "#b9d6ec", "#0b4f84"), "bar": ("#0b4f84",)}  # colours, by type of chart
_FORMS = {"USD": "#,##0.00", "%": '0.0" %"', "": "#,##0.####"}


class _ByUnit(dict[str, int]):
    """Any unit but USD and % is the measure of an indicator."""

    def __missing__(self, unit: str) -> int:
        return self[""]


@dataclass(frozen=True, slots=True)
class RowStyles:
    """Of a row in a table: its words, and its numbers by unit."""

    words: int
    numbers: _ByUnit


@dataclass(frozen=True, slots=True)
class Styles:
    """Numbers of the formats, the same in every workbook."""

    title: int
    bold: int
    head: int
    number_head: int
    wrap: int
    cells: RowStyles
    totals: RowStyles


class SheetShape(NamedTuple):
    """`widths` are (first column, last column, letters); a list has its head frozen, other sheets are for print."""

    name: str
    widths: tuple[tuple[int, int, int], ...]
    is_list: bool = False
    chart: str = ""  # "column", "bar" or none


class Range(NamedTuple):
    """Cells of one column of a sheet, for a chart, which carries a copy of their values."""

    column: int
    first: int
    last: int
    values: Sequence[str]
    is_number: bool = False

    def xml(self, sheet: str) -> str:
        kind, form = ("num", "<c:formatCode>General</c:formatCode>") if self.is_number else ("str", "")
        values = self.values if self.is_number else map(xml_text, self.values)
        points = "".join([f'<c:pt idx="{index}"><c:v>{value}</c:v></c:pt>' for index, value in enumerate(values)])
        return (
            f"<c:{kind}Ref><c:f>{_place(sheet, self.column, self.first, self.last)}</c:f><c:{kind}Cache>{form}"
            f'<c:ptCount val="{len(self.values)}"/>{points}</c:{kind}Cache></c:{kind}Ref>'
        )


@lru_cache(maxsize=1024)
def _place(sheet: str, column: int, first: int, last: int) -> str:
    """Cells down a column, as a chart names them. Those of most pages are the same."""
    return xml_text(f"{quote_sheetname(sheet)}!{xl_range_abs(first, column, last, column)}")


class ChartData(NamedTuple):
    """`ranges` are name, categories and values of each series in turn; the chart stands from `row` on."""

    title: str
    row: int
    ranges: Sequence[Range]


class Frame:
    """An empty workbook of one shape, and how a page's sheets are put into it."""

    def __init__(self, shapes: Sequence[SheetShape]) -> None:
        self.styles, parts = _draw(shapes)
        self._names = [shape.name for shape in shapes]
        self._sheets = [_cut(parts.pop(f"xl/worksheets/sheet{place}.xml")) for place, _ in enumerate(shapes, start=1)]
        drawn = [place for place, shape in enumerate(shapes) if shape.chart]
        self._charts = {
            place: _ChartFrame(
                number, parts.pop(f"xl/charts/chart{number}.xml"), parts.pop(f"xl/drawings/drawing{number}.xml")
            )
            for number, place in enumerate(drawn, start=1)
        }
        self._core = parts.pop("docProps/core.xml")
        self._stem = [deflated(name, part) for name, part in parts.items()]

    def fill(self, title: str, created: datetime, sheets: Sequence[tuple[PlainSheet, ChartData | None]]) -> bytes:
        """The workbook with these sheets, in the order of the shapes; a chart where its shape has one."""
        core = self._core.replace(_CREATED.strftime(_STAMP), created.strftime(_STAMP))
        parts = [*self._stem, deflated("docProps/core.xml", core.replace(_TITLE, xml_text(title)))]
        for place, (sheet, chart) in enumerate(sheets):
            parts.append(deflated(f"xl/worksheets/sheet{place + 1}.xml", sheet.xml(*self._sheets[place])))
            if chart is not None:
                parts += self._charts[place].fill(self._names[place], chart)
        return archive(parts)


@lru_cache(maxsize=64)
def frame(shapes: tuple[SheetShape, ...]) -> Frame:
    """The frame of a shape; a site has a handful of them."""
    return Frame(shapes)


class _ChartFrame:
    """A chart's XML, cut where a page's own title, ranges and place stand."""

    def __init__(self, number: int, chart: str, drawing: str) -> None:
        self._number, self._drawing = number, drawing
        (self._before, after) = chart.split(_TITLE)
        self._between = _REFERENCE.split(after)
        self._drawings: dict[int, Part] = {}  # by row

    def fill(self, sheet: str, data: ChartData) -> list[Part]:
        first, *others = self._between
        ranges = [f"{one.xml(sheet)}{other}" for one, other in zip(data.ranges, others, strict=True)]
        chart = "".join((self._before, xml_text(data.title), first, *ranges))
        return [deflated(f"xl/charts/chart{self._number}.xml", chart), self._drawn_at(data.row)]

    def _drawn_at(self, row: int) -> Part:
        """The drawing; nearly all pages have their chart in one of a few rows, so that it is packed for them once."""
        part = self._drawings.get(row)
        if part is None:
            drawing = _ANCHOR_ROW.sub(lambda found: f"<xdr:row>{int(found[1]) + row}</xdr:row>", self._drawing)
            part = self._drawings[row] = deflated(f"xl/drawings/drawing{self._number}.xml", drawing)
        return part


def _cut(sheet: str) -> tuple[str, str, str]:
    """What stands before a sheet's dimension, between it and the rows, and after them."""
    head, rest = sheet.split('<dimension ref="A1"/>')
    middle, tail = rest.split("<sheetData/>")
    return head, middle, tail


def _draw(shapes: Sequence[SheetShape]) -> tuple[Styles, dict[str, str]]:
    """An empty workbook by XlsxWriter: its formats by number, and its parts by name."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": _TITLE, "created": _CREATED})
    styles = _formats(book)
    for shape in shapes:
        sheet = book.add_worksheet(shape.name)
        for first, last, letters in shape.widths:
            sheet.set_column(first, last, letters)
        if shape.is_list:
            sheet.freeze_panes(1, 0)
        else:
            sheet.hide_gridlines(2)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
        if shape.chart:
            sheet.insert_chart(0, _CHART_COLUMN, _chart(book, shape))
    book.close()
    with ZipFile(target) as drawn:
        return styles, {name: drawn.read(name).decode() for name in drawn.namelist()}


def _formats(book: Any) -> Styles:
    def number(**form) -> int:
        return book.add_format(form)._get_xf_index()

    def row(**form) -> RowStyles:
        numbers = {unit: number(num_format=shown, **form) for unit, shown in _FORMS.items()}
        return RowStyles(number(num_format="@", **form), _ByUnit(numbers))

    return Styles(
        title=number(bold=True, font_size=14),
        bold=number(bold=True),
        head=number(bold=True, bottom=1, text_wrap=True, valign="bottom"),
        number_head=number(bold=True, bottom=1, text_wrap=True, valign="bottom", align="right"),
        wrap=number(text_wrap=True, valign="top"),
        cells=row(),
        totals=row(bold=True, top=1),
    )


def _chart(book: Any, shape: SheetShape) -> Any:
    """Bars beside a table: columns of planned, available and spent by year, or one bar for each partner."""
    drawing = book.add_chart({"type": shape.chart})
    somewhere = [shape.name, 0, 0, 0, 0]
    for colour in _SERIES[shape.chart]:
        drawing.add_series(
            {
                "name": somewhere[:3],
                "categories": somewhere,
                "values": somewhere,
                "fill": {"color": colour},
                "border": {"color": "#5b6b79"},
                "gap": 60,
            }
        )
    is_bar = shape.chart == "bar"
    drawing.set_title({"name": _TITLE, "name_font": {"size": 11}})
    drawing.set_legend({"none": True} if is_bar else {"position": "bottom"})
    drawing.set_y_axis({"num_format": "#,##0"} | ({"reverse": True} if is_bar else {}))
    return drawing
