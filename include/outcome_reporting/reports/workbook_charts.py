"""What the charts of a workbook draw: bars that stand beside a table, from its cells."""

from __future__ import annotations

from .model import Block, PartnerBars, YearBars
from .workbook_frame import ChartData, Range

_YEAR_COLUMNS = (1, 2, 4)  # planned, available and spent in the table of years


def kind_of_chart(block: Block) -> str:
    """The type of a block's chart; "" where none is drawn."""
    chart = _drawn(block)
    return "" if chart is None else "column" if isinstance(chart, YearBars) else "bar"


def chart_data(block: Block, row: int) -> ChartData | None:
    """Bars from the cells of the first table of the sheet, whose caption stands in `row`.

    Where the page shows a shorter table, as many bars as it has rows are drawn.
    """
    chart = _drawn(block)
    if chart is None:
        return None
    is_years, count = isinstance(chart, YearBars), len(block.tables[0].rows)
    first, last = row + 2, row + 1 + count
    whole = block.listing if block.tables[0].is_shortened else None
    names = whole.headings[:count] if whole else [line.heading for line in block.tables[0].rows]
    ranges = []
    for column in _YEAR_COLUMNS if is_years else (len(block.tables[0].columns) - 1,):
        ranges += [
            Range(column, row + 1, row + 1, [block.tables[0].columns[column].title]),
            Range(0, first, last, names, is_number=is_years),
            Range(column, first, last, _values(block, column, count), is_number=True),
        ]
    return ChartData(chart.title, row, ranges)


def _drawn(block: Block) -> YearBars | PartnerBars | None:
    if not block.tables:
        return None
    return next((chart for chart in block.charts if isinstance(chart, YearBars | PartnerBars)), None)


def _values(block: Block, column: int, count: int) -> list[str]:
    """Plain numbers of a column: of the listing its last, which is the expense."""
    if block.listing and block.tables[0].is_shortened:
        return block.listing.amounts[-1].values[:count]
    figures = [line.cells[column - 1].figure for line in block.tables[0].rows]
    return [figure.value if figure else "0" for figure in figures]
