"""The workbook's sheet of source lines: for each figure the cells behind it, as the page of sources tells them.

Totals of the year, kinds of fund and partners are listed by group; what is split over SDG targets and plan elements
is listed by what it is a part of, with the weight; an indicator by its cells. The parts of a figure add up to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outcome_reporting.domain.figures import FigureIds, plan_what, sdg_what, what_text
from outcome_reporting.domain.money import plain_usd
from outcome_reporting.domain.outcome import Explanation, OutcomeFacts, SourceFile, SourceLine, YearSources

from .model import Page
from .plain_sheet import COLUMNS, ROW, PlainSheet, TextsOfColumn, new_text_cell, number_cell, text_cells
from .texts import Texts
from .workbook_frame import Styles

SOURCE_WIDTHS = ((0, 1, 40), (2, 15, 14))  # (first column, last column, letters)

_HEADINGS = (
    "book.figure_id", "book.file", "book.sheet", "book.output", "book.fund", "book.partner", "panel.lines",
    "book.row", "book.column", "panel.amount", "book.currency", "panel.rate", "book.rate_date", "book.rate_source",
    "panel.weight", "panel.share", "sources.owner", "sources.dropped", "sources.sha256",
)  # fmt: skip
# columns of the headings
_COUNT, _ROW, _COLUMN, _AMOUNT, _CURRENCY, _SHARE, _OWNER = 6, 7, 8, 9, 10, 15, 16
_FILES, _SHEETS, _OUTPUTS, _FUNDS, _PARTNERS, _WEIGHTS = (TextsOfColumn(column) for column in (1, 2, 3, 4, 5, 14))
_CODES = {"core pool": "(core)", "withheld": "(withheld)", "unattributed": "(none)"}


def write_source_lines(page: Page, facts: OutcomeFacts, texts: Texts, styles: Styles) -> PlainSheet:
    sheet = PlainSheet(len(_HEADINGS))
    sheet.add_row(text_cells(0, *(texts(key) for key in _HEADINGS), style=styles.head))
    lines = _Lines(texts, styles)
    sources = facts.sources[page.year]
    for panel in page.panels:
        lines.explanation(panel.figure.id, panel.explanation)
    for figure_id, explanation in _parts(facts, page.year, sources):
        lines.explanation(figure_id, explanation)
    _splits(lines, facts, page.year, sources)
    _cells(lines, facts, page.year, sources)
    sheet.add_rows(lines.rows)
    return sheet


class _Lines:
    """Rows of the sheet, one kind a method. There are hundreds, so texts that stand in many are made once."""

    def __init__(self, texts: Texts, styles: Styles) -> None:
        numbers = styles.cells.numbers
        self.texts, self.whole = texts, numbers[""]
        self._before_count = f'<c r="{COLUMNS[_COUNT]}{ROW}" s="{self.whole}"><v>'
        self._before_share = f'<c r="{COLUMNS[_SHARE]}{ROW}" s="{numbers["USD"]}"><v>'
        self._dropped: dict[int, str] = {}  # cells by the id of a file object: dozens of lines share each
        self.rows: list[str] = []

    def explanation(self, figure_id: str, explanation: Explanation) -> None:
        """Groups, the others in one, and the largest cells (which are among the groups and not added to them)."""
        figure, count, share = new_text_cell(0, figure_id), self._before_count, self._before_share
        dropped, drop = self._dropped.get, self._drop
        self.rows += [
            f"{figure}{_FILES[group.file.file_name]}{_SHEETS[group.sheet]}{_OUTPUTS[group.output]}"
            f"{_FUNDS[group.fund]}{_PARTNERS[group.partner]}{count}{group.lines}</v></c>"
            f"{_WEIGHTS[group.weight_percent]}{share}{plain_usd(group.share)}</v></c>"
            f"{dropped(id(group.file)) or drop(group.file)}"
            for group in explanation.groups
        ]
        if explanation.rest_groups:
            key = "panel.more_one" if explanation.rest_groups == 1 else "panel.more"
            more = _FILES[self.texts(key, count=f"{explanation.rest_groups:,}")]
            rest = f"{explanation.rest_lines}</v></c>{share}{plain_usd(explanation.rest_share)}</v></c>"
            self.rows.append(f"{figure}{more}{count}{rest}")
        for line in explanation.lines:
            self._cell(figure, line)

    def _cell(self, figure: str, line: SourceLine) -> None:
        share = "" if line.share is None else f"{self._before_share}{plain_usd(line.share)}</v></c>"
        rate = (line.currency, line.rate, line.rate_date, line.rate_source, line.weight_percent)
        self.rows.append(
            f"{figure}{_FILES[line.file.file_name]}{_SHEETS[line.sheet]}{number_cell(_ROW, line.row, self.whole)}"
            f"{text_cells(_COLUMN, line.column)}{new_text_cell(_AMOUNT, line.amount)}{text_cells(_CURRENCY, *rate)}"
            f"{share}{self._dropped.get(id(line.file)) or self._drop(line.file)}"
        )

    def split(self, figures: Sequence[str], output: str, fund_type: str, percent: str, shares: Sequence[int]) -> None:
        """What figures, given as cells of their ids, have of one output and kind of fund: a share of each, or 0."""
        where = f"{_OUTPUTS[output]}{_FUNDS[fund_type]}{_WEIGHTS[percent]}{self._before_share}"
        self.rows += [
            f"{figure}{where}{plain_usd(share)}</v></c>" for figure, share in zip(figures, shares, strict=True) if share
        ]

    def value(self, figure_id: str, file: SourceFile, sheet: str, row: int, column: str, text: str) -> None:
        """One cell of an indicator, and what stands in it."""
        self.rows.append(
            f"{text_cells(0, figure_id, file.file_name, sheet)}{number_cell(_ROW, row, self.whole)}"
            f"{text_cells(_COLUMN, column, text)}{self._drop(file)}"
        )

    def _drop(self, file: SourceFile) -> str:
        """Who dropped a file, when (UTC), and the hash of its bytes."""
        when = f"{file.dropped_at:%Y-%m-%d %H:%M:%S}"
        cells = self._dropped[id(file)] = text_cells(_OWNER, file.owner or file.source, when, file.sha256)
        return cells


def _parts(facts: OutcomeFacts, year: int, sources: YearSources) -> Iterator[tuple[str, Explanation]]:
    """Figures of a kind of fund or a partner that are the sum of cells of their own."""
    ids = FigureIds(facts.outcome, facts.plan_period)
    for (measure, fund_type), explanation in sorted(sources.funds.items()):
        yield ids(year, fund_type, measure), explanation
    known_partners = sources.partners.keys() | sources.contributions.keys()
    for row in facts.partners:  # of hundreds the cells of the largest are known
        if (row.kind, row.partner) not in known_partners or row.fiscal_year != year or row.kind == "imputed":
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
    figures: dict[tuple[str, str], list[str]] = {}  # by goal and target: each is split by outputs and kinds of fund
    for row in facts.sdg:
        if row.fiscal_year != year:
            continue
        own = figures.get((row.goal, row.target))
        if own is None:
            stem = ids.stem(year, what_text(*sdg_what(row.goal, row.target)))
            own = figures[row.goal, row.target] = _figure_cells(stem, "planned", "available", "expense")
        weight = sources.sdg_weights.get((row.output, row.target or row.goal))
        percent = "100" if row.method == "none" else weight.percent if weight else ""
        lines.split(own, row.output, row.fund_type, percent, (row.planned, row.available, row.expense))
    for line in facts.plan:
        if line.fiscal_year != year or not line.framework:
            continue
        weight = sources.plan_weights.get((line.framework, line.element))
        stem = ids.stem(year, what_text(*plan_what(line.framework, line.element, line.kind)))
        percent = weight.percent if weight else "" if line.element else "100"
        lines.split(_figure_cells(stem, "planned", "expense"), "", "", percent, (line.planned, line.expense))


def _figure_cells(stem: str, *measures: str) -> list[str]:
    return [new_text_cell(0, stem + measure) for measure in measures]


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
