"""The one plain structure that html, workbook and later PDF render: a page of blocks, figures and notes.

Builders fill it; a renderer only sets it. Money stands in `Figure.cents`, and nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from outcome_reporting.domain.money import format_usd, plain_usd_column
from outcome_reporting.domain.outcome import Explanation, ProgressNote, SourceFile


@dataclass(slots=True)
class Figure:
    """One published number: `value` is its exact plain decimal, `text` what a reader sees.

    `unit` is USD, % or the measure of an indicator. `cents` is set for money alone, which writes its own text, and
    only where it is shown; `words` is the text of all others. `before` is the plain value at the previous
    publication where it changed. `link` leads to its explanation, from its page's folder.
    """

    id: str
    value: str
    unit: str
    words: str = ""
    cents: int | None = None
    before: str = ""
    before_text: str = ""
    link: str = ""

    @property
    def text(self) -> str:
        return self.words if self.cents is None else format_usd(self.cents)

    @property
    def number(self) -> float:
        """For a spreadsheet's number cell: exact to its 15 significant digits."""
        return self.cents / 100 if self.cents is not None else float(Decimal(self.value))


@dataclass(slots=True)
class Cell:
    """One cell of a table: a figure, or words. `is_missing` marks words such as "no data"; `why` explains."""

    text: str = ""
    figure: Figure | None = None
    is_missing: bool = False
    why: str = ""
    bar_percent: float | None = None  # a bar instead of words: its width


@dataclass(slots=True)
class Column:
    title: str
    is_number: bool = False
    is_bar: bool = False  # drawn in html only


@dataclass(slots=True)
class Row:
    """`code` stands before the heading; `goal` draws an SDG tile. `style` is "", group, sub, now or total.

    `part` says which part of the money the row is, as the explanations know it: ("year", "2021"), ("period",),
    ("fund", "core"), ("goal", "5"), ("line", "5", "5.2"), ("partner", kind, code), ("plan", framework, kind,
    element). `key` is a name of the row that no other row of the page has; back links lead to it.
    """

    heading: str
    cells: list[Cell]
    code: str = ""
    goal: str = ""
    style: str = ""
    part: tuple[str, ...] = ()
    key: str = ""

    def figures(self) -> list[Figure]:
        return [cell.figure for cell in self.cells if cell.figure is not None]


@dataclass(slots=True)
class Table:
    """A table of the page. `is_shortened`: the workbook has the listing of the block instead, which is whole."""

    key: str
    caption: str
    unit: str
    columns: list[Column]
    rows: list[Row]
    totals: list[Row] = field(default_factory=list)
    is_shortened: bool = False
    tab: str = ""  # title of the tab under which it stands
    note: str = ""

    def figures(self) -> list[Figure]:
        return [cell.figure for row in self.rows + self.totals for cell in row.cells if cell.figure is not None]


@dataclass(slots=True)
class AmountColumn:
    """Money down one column of a listing, row by row; None where a row has no figure of its own there.

    `ids` and `cents` are given, `values` are the plain dollars of the cents.
    """

    ids: list[str]
    cents: Sequence[int | None]
    values: list[str] = field(init=False)

    def __post_init__(self) -> None:
        known = [one for one in self.cents if one is not None]
        self.values = plain_usd_column(known)
        if len(known) < len(self.cents):
            values = iter(self.values)
            self.values = ["" if one is None else next(values) for one in self.cents]


@dataclass(slots=True)
class Listing:
    """A long table that the workbook alone shows, by column: headings, then words and money in their order.

    Only its total is made of rows and cells. To make an object of each of its cells took half the time of a page.
    `codes` stand before the headings, where there are any.
    """

    caption: str
    unit: str
    columns: list[Column]
    headings: list[str]
    contents: list[list[str] | AmountColumn]
    totals: list[Row]
    note: str = ""
    codes: list[str] = field(default_factory=list)

    @property
    def amounts(self) -> list[AmountColumn]:
        return [content for content in self.contents if isinstance(content, AmountColumn)]

    def figures(self) -> list[Figure]:
        """The figures of its rows, without the link and the earlier value, which no workbook shows."""
        return [
            Figure(figure_id, value, self.unit, cents=cents)
            for column in self.amounts
            for figure_id, value, cents in zip(column.ids, column.values, column.cents, strict=True)
            if value
        ]


@dataclass(slots=True)
class YearBars:
    """Planned, available and spent for each year; `now` is the page's year."""

    title: str
    subtitle: str
    description: str
    years: list[int]
    planned: list[Figure]
    available: list[Figure]
    expense: list[Figure]
    now: int


@dataclass(slots=True)
class FundBars:
    """Planned, available and spent for each kind of fund of one year."""

    title: str
    subtitle: str
    description: str
    names: list[str]
    planned: list[Figure]
    available: list[Figure]
    expense: list[Figure]


@dataclass(slots=True)
class RateLines:
    """Funding and delivery rate by year in percent; None where not computable."""

    title: str
    subtitle: str
    description: str
    years: list[int]
    funding: list[Figure | None]
    delivery: list[Figure | None]


@dataclass(slots=True)
class IndicatorChart:
    """One indicator over the years. Numbers where they are numbers, else `texts` are shown as words."""

    code: str
    title: str
    description: str
    years: list[int]
    results: list[Decimal | None]
    milestones: list[Decimal | None]
    target: Decimal | None
    target_text: str
    texts: list[str]
    progress_bold: str
    progress: str
    now: int
    latest: str = ""  # text beside the last point


@dataclass(slots=True)
class GoalBar:
    goal: str
    title: str
    expense: Figure
    planned: Figure
    share: str
    segments: list[tuple[str, int]]  # (target code, cents)


@dataclass(slots=True)
class GoalBars:
    title: str
    subtitle: str
    description: str
    goals: list[GoalBar]


@dataclass(slots=True)
class PartnerBar:
    """`style` is named, pool or hatch; `remark` stands muted after the name."""

    name: str
    expense: Figure
    style: str
    remark: str = ""


@dataclass(slots=True)
class PartnerBars:
    title: str
    subtitle: str
    description: str
    bars: list[PartnerBar]


Chart = YearBars | FundBars | RateLines | IndicatorChart | GoalBars | PartnerBars


@dataclass(slots=True)
class Note:
    """A progress note under the heading of its year."""

    heading: str
    source: ProgressNote
    language_name: str


@dataclass(slots=True)
class Fact:
    """One line of the outcome summary: a label and its words, or several (code, text) pairs."""

    label: str
    text: str = ""
    remark: str = ""
    items: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """One of the seven blocks. It has content, or `empty_reason` says why there is none.

    `listing` is a long table for the workbook; where the first table is shortened, the whole of it.
    """

    key: str
    title: str
    short_title: str
    finding: str = ""
    facts: list[Fact] = field(default_factory=list)
    text: str = ""
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    listing: Listing | None = None
    notes: list[Note] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)  # (bold beginning, words)
    empty_reason: str = ""
    view: str = ""  # "chart", "both" or "" (no toggle)


@dataclass(slots=True)
class KeyFigure:
    """`short` is set large, `remarks` below it: the exact amount, and its share."""

    label: str
    figure: Figure
    short: str
    remarks: list[str]


@dataclass(slots=True)
class Panel:
    """The explanation of a year's total, under its table; `sources.html` has those of all figures."""

    key: str
    block: str
    figure: Figure
    title: str
    explanation: Explanation


@dataclass(slots=True)
class Page:
    """One outcome of one year, complete."""

    office: str
    office_name: str
    region: str
    plan_period: str
    outcome: str
    title: str
    year: int
    years: list[int]
    publisher_name: str
    data_date: datetime
    previous_date: datetime | None
    changed_count: int
    lede: str
    key_figures: list[KeyFigure]
    blocks: list[Block]
    panels: list[Panel] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)  # behind the year, each once
    changed_by: list[str] = field(default_factory=list)  # names of the files that changed its figures
    goals: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"

    def figures(self) -> list[Figure]:
        """Every figure as often as it is shown, on the page or in its workbook."""
        listings = [block.listing for block in self.blocks if block.listing is not None]
        return self.figures_but_listed() + [figure for listing in listings for figure in listing.figures()]

    def figures_but_listed(self) -> list[Figure]:
        """The same without the rows of listings."""
        shown = [key.figure for key in self.key_figures]
        for block in self.blocks:
            for table in block.tables:
                shown += table.figures()
            if block.listing is not None:
                shown += [figure for row in block.listing.totals for figure in row.figures()]
        return shown
