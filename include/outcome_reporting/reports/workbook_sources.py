"""The workbook's sheet of source lines: for each figure the cells behind it, as the page of sources tells them.

Totals of the year, kinds of fund and partners are listed by group; what is split over SDG targets and plan elements
is listed by what it is a part of, with the weight; an indicator by its cells. The parts of a figure add up to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from outcome_reporting.domain.figures import FigureIds, plan_what, sdg_what, what_text
from outcome_reporting.domain.money import plain_usd
from outcome_reporting.domain.outcome import Explanation, OutcomeFacts, SourceFile, SourceLine, YearSources

from .model import Page
from .plain_sheet import PlainSheet
from .texts import Texts

_HEADINGS = (
    "book.figure_id", "book.file", "book.sheet", "book.output", "book.fund", "book.partner", "panel.lines",
    "book.row", "book.column", "panel.amount", "book.currency", "panel.rate", "book.rate_date", "book.rate_source",
    "panel.weight", "panel.share", "sources.owner", "sources.dropped", "sources.sha256",
)  # fmt: skip
_CODES = {"core pool": "(core)", "withheld": "(withheld)", "unattributed": "(none)"}
_MEASURES = ("planned", "available", "expense")


def write_source_lines(
    sheet: PlainSheet, page: Page, facts: OutcomeFacts, texts: Texts, head: Any, usd: Any, whole: Any
) -> None:
    """Fill the sheet; `head`, `usd` and `whole` are formats of its workbook."""
    sheet.set_column(0, 1, 40)
    sheet.set_column(2, 15, 14)
    sheet.freeze_panes(1, 0)
    sheet.add_row(*(texts(key) for key in _HEADINGS), form=head)
    lines = _Lines(sheet, texts, usd, whole)
    sources = facts.sources[page.year]
    for panel in page.panels:
        lines.explanation(panel.figure.id, panel.explanation)
    for figure_id, explanation in _parts(facts, page.year, sources):
        lines.explanation(figure_id, explanation)
    _splits(lines, facts, page.year, sources)
    _cells(lines, facts, page.year, sources)


class _Lines:
    """Rows of the sheet, one kind a method."""

    def __init__(self, sheet: PlainSheet, texts: Texts, usd: Any, whole: Any) -> None:
        self.sheet, self.texts, self.usd, self.whole = sheet, texts, usd, whole

    def explanation(self, figure_id: str, explanation: Explanation) -> None:
        """Groups, the others in one, and the largest cells (which are among the groups and not added to them)."""
        for group in explanation.groups:
            where = (group.file_name, group.sheet, group.output, group.fund, group.partner)
            count, share = (str(group.lines), self.whole), (plain_usd(group.share), self.usd)
            self.sheet.add_row(
                figure_id, *where, count, *[None] * 7, group.weight_percent, share, *_dropped(group.file)
            )
        if explanation.rest_groups:
            key = "panel.more_one" if explanation.rest_groups == 1 else "panel.more"
            more = self.texts(key, count=f"{explanation.rest_groups:,}")
            count, share = (str(explanation.rest_lines), self.whole), (plain_usd(explanation.rest_share), self.usd)
            self.sheet.add_row(figure_id, more, *[None] * 4, count, *[None] * 8, share)
        for line in explanation.lines:
            self._cell(figure_id, line)

    def _cell(self, figure_id: str, line: SourceLine) -> None:
        at = (line.file_name, line.sheet, None, None, None, None, (str(line.row), self.whole), line.column)
        amount = (line.amount, line.currency, line.rate, line.rate_date, line.rate_source, line.weight_percent)
        part = None if line.share is None else (plain_usd(line.share), self.usd)
        self.sheet.add_row(figure_id, *at, *amount, part, *_dropped(line.file))

    def split(self, figure_id: str, output: str, fund_type: str, percent: str, share: int) -> None:
        """What a figure has of the money of one output and kind of fund."""
        where = (None, None, output, fund_type, None)
        self.sheet.add_row(figure_id, *where, *[None] * 8, percent, (plain_usd(share), self.usd))

    def value(self, figure_id: str, file: SourceFile, sheet: str, row: int, column: str, text: str) -> None:
        """One cell of an indicator, and what stands in it."""
        at = (file.file_name, sheet, *[None] * 4, (str(row), self.whole), column, text)
        self.sheet.add_row(figure_id, *at, *[None] * 6, *_dropped(file))


def _parts(facts: OutcomeFacts, year: int, sources: YearSources) -> Iterator[tuple[str, Explanation]]:
    """Figures of a kind of fund or a partner that are the sum of cells of their own."""
    ids = FigureIds(facts.outcome, facts.plan_period)
    for (measure, fund_type), explanation in sorted(sources.funds.items()):
        yield ids(year, fund_type, measure), explanation
    for row in facts.partners:
        if row.fiscal_year != year or row.kind == "imputed":
            continue
        what = what_text("partner", _CODES.get(row.kind) or row.partner)
        for measure, amount, known in (
            ("expense", row.expense, sources.partners), ("contribution", row.contribution, sources.contributions)
        ):  # fmt: skip
            own = known.get((row.kind, row.partner))
            if amount and own is not None and own.share == amount:
                yield ids(year, what, measure), own


def _splits(lines: _Lines, facts: OutcomeFacts, year: int, sources: YearSources) -> None:
    ids = FigureIds(facts.outcome, facts.plan_period)
    for row in facts.sdg:
        if row.fiscal_year != year:
            continue
        weight = sources.sdg_weights.get((row.output, row.target or row.goal))
        percent = "100" if row.method == "none" else weight.percent if weight else ""
        for measure in _MEASURES:
            if share := getattr(row, measure):
                figure_id = ids(year, what_text(*sdg_what(row.goal, row.target)), measure)
                lines.split(figure_id, row.output, row.fund_type, percent, share)
    for line in facts.plan:
        if line.fiscal_year != year or not line.framework:
            continue
        weight = sources.plan_weights.get((line.framework, line.element))
        for measure in ("planned", "expense"):
            figure_id = ids(year, what_text(*plan_what(line.framework, line.element, line.kind)), measure)
            percent = weight.percent if weight else "" if line.element else "100"
            if share := getattr(line, measure):
                lines.split(figure_id, "", "", percent, share)


def _cells(lines: _Lines, facts: OutcomeFacts, year: int, sources: YearSources) -> None:
    for row in facts.results:
        source = sources.results.get((row.output, row.indicator)) if row.fiscal_year == year else None
        if source is None:
            continue
        ids = FigureIds(row.output or facts.outcome, facts.plan_period)
        for measure, column in source.columns.items():
            if text := getattr(row, measure, ""):
                figure_id = ids(year, what_text("result", row.indicator), measure)
                lines.value(figure_id, source.file, source.sheet, source.row, column, text)


def _dropped(file: SourceFile) -> tuple[str, str, str]:
    """Who dropped a file, when (UTC), and the hash of its bytes."""
    return file.owner or file.source, f"{file.dropped_at:%Y-%m-%d %H:%M:%S}", file.sha256
