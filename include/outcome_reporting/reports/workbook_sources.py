"""The workbook's sheet of source lines: for each figure the cells behind it, as the page of sources tells them.

Totals of the year, kinds of fund and partners are listed by group; what is split over SDG targets and plan elements
is listed by what it is a part of, with the weight; an indicator by its cells. The parts of a figure add up to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import compress, islice
from typing import Generic, NamedTuple, TypeVar

from outcome_reporting.domain.figures import FigureIds, plan_what, sdg_what, what_text
from outcome_reporting.domain.money import plain_usd, plain_usd_column
from outcome_reporting.domain.outcome import (
    Explanation,
    OutcomeFacts,
    SourceFile,
    SourceGroup,
    SourceLine,
    YearSources,
)

from .model import Page
from .plain_sheet import (
    EMPTY,
    PlainSheet,
    RowForm,
    any_slot,
    any_slots,
    number_in_cell,
    number_slot,
    text_cells,
    text_in_cell,
    text_slot,
    xml_text,
)
from .texts import Texts
from .workbook_frame import Styles

T = TypeVar("T")

SOURCE_WIDTHS = ((0, 1, 40), (2, 15, 14))  # (first column, last column, letters)

_HEADINGS = (
    "book.figure_id", "book.file", "book.sheet", "book.output", "book.fund", "book.partner", "panel.lines",
    "book.row", "book.column", "panel.amount", "book.currency", "panel.rate", "book.rate_date", "book.rate_source",
    "panel.weight", "panel.share", "sources.owner", "sources.dropped", "sources.sha256",
)  # fmt: skip
# columns of the headings
_COUNT, _ROW, _WEIGHT, _SHARE = 6, 7, 14, 15
_FIRST_ROW = 2
_CODES = {"core pool": "(core)", "withheld": "(withheld)", "unattributed": "(none)"}


def write_source_lines(page: Page, facts: OutcomeFacts, texts: Texts, styles: Styles) -> PlainSheet:
    lines = _Lines(texts, styles)
    sources = facts.sources[page.year]
    panels = [(panel.figure.id, panel.explanation) for panel in page.panels]
    lines.explanations([*panels, *_parts(facts, page.year, sources)])
    _splits(lines, facts, page.year, sources)
    _cells(lines, facts, page.year, sources)
    sheet = PlainSheet(len(_HEADINGS))
    sheet.add_row(text_cells(0, *(texts(key) for key in _HEADINGS), style=styles.head))
    sheet.add_numbered(lines.rows)
    return sheet


class _Rows(Generic[T]):
    """Rows of one kind, which are made together: their numbers, the ids of their figures, and what they tell."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.figures: list[str] = []
        self.told: list[T] = []

    def add(self, row: int, figure: str, told: Sequence[T]) -> int:
        """Rows of one figure, from `row` on; returns the row after them."""
        end = row + len(told)
        self.numbers += range(row, end)
        self.figures += [figure] * len(told)
        self.told += told
        return end


class _Lines:
    """Rows of the sheet below its head, one kind a method. There are hundreds, so most are made by column."""

    def __init__(self, texts: Texts, styles: Styles) -> None:
        self.texts = texts
        self.forms = _forms(styles.cells.numbers[""], styles.cells.numbers["USD"])
        self._files: dict[int, tuple[str, ...]] = {}  # contents by the id of a file object: dozens of lines share each
        self.rows: list[str] = []

    def explanations(self, explained: Sequence[tuple[str, Explanation]]) -> None:
        """Of each figure its groups, the others in one, and its largest cells, which are not added to the groups."""
        row = len(self.rows) + _FIRST_ROW
        groups, rests, cells = _Rows[SourceGroup](), _Rows[Explanation](), _Rows[SourceLine]()
        figures = map(xml_text, [figure_id for figure_id, _ in explained])
        for figure, (_, explanation) in zip(figures, explained, strict=True):
            own_groups, own_cells, rest_groups, _, _ = explanation
            row = groups.add(row, figure, own_groups)
            if rest_groups:
                row = rests.add(row, figure, (explanation,))
            if own_cells:
                row = cells.add(row, figure, own_cells)
        made_groups, made_rests, made_cells = self._groups(groups), self._rests(rests), self._cells(cells)
        for _, (own_groups, own_cells, rest_groups, _, _) in explained:  # each kind of rows is made in this order
            self.rows += islice(made_groups, len(own_groups))
            if rest_groups:
                self.rows += islice(made_rests, 1)
            if own_cells:
                self.rows += islice(made_cells, len(own_cells))

    def _groups(self, rows: _Rows[SourceGroup]) -> Iterator[str]:
        if not rows.told:
            return iter(())
        files, sheets, outputs, funds, _, partners, counts, shares, weights = zip(*rows.told, strict=True)
        names, *dropped = self._files_down(files)
        texts = (map(text_in_cell, column) for column in (sheets, outputs, funds, partners))
        amounts = map(str, counts), map(text_in_cell, weights), plain_usd_column(shares)
        return self.forms.group.rows(rows.numbers, rows.figures, names, *texts, *amounts, *dropped)

    def _rests(self, rows: _Rows[Explanation]) -> Iterator[str]:
        """What is left out of the groups of a figure, in one row."""
        one, more = self.texts("panel.more_one"), self.texts("panel.more")
        others = [_counted(one if told.rest_groups == 1 else more, told.rest_groups) for told in rows.told]
        lines = [str(told.rest_lines) for told in rows.told]
        shares = plain_usd_column(told.rest_share for told in rows.told)
        return self.forms.rest.rows(rows.numbers, rows.figures, others, lines, shares)

    def _cells(self, rows: _Rows[SourceLine]) -> Iterator[str]:
        if not rows.told:
            return iter(())
        told = zip(*rows.told, strict=True)
        files, sheets, numbers, columns, amounts, currencies, rates, dates, shares, weights, sources = told
        names, *dropped = self._files_down(files)
        return self.forms.cell.rows(
            rows.numbers, rows.figures, names, map(text_in_cell, sheets), map(str, numbers),
            map(text_in_cell, columns), map(xml_text, amounts),
            *(map(text_in_cell, column) for column in (currencies, rates, dates, sources, weights)),
            [EMPTY if share is None else number_in_cell(plain_usd(share)) for share in shares], *dropped,
        )  # fmt: skip

    def _files_down(self, files: Sequence[SourceFile]) -> Iterable[Sequence[str]]:
        """Columns of files: their names, who dropped them, when (UTC), and the hashes of their bytes."""
        numbers = list(map(id, files))
        for number, file in dict(zip(numbers, files, strict=True)).items():
            if number not in self._files:
                self._file(file)
        return zip(*map(self._files.__getitem__, numbers), strict=True)

    def _file(self, file: SourceFile) -> tuple[str, ...]:
        when = f"{file.dropped_at:%Y-%m-%d %H:%M:%S}"
        texts = file.file_name, file.owner or file.source, when, file.sha256
        contents = self._files[id(file)] = tuple(map(text_in_cell, texts))
        return contents

    def splits(self, form: RowForm, figures: Sequence[str], shares: Sequence[int], *where: Sequence[str]) -> None:
        """What figures have of parts of the money: a share each, where it is not 0. Figures are ids as XML."""
        amounts = plain_usd_column(filter(None, shares))
        if not amounts:
            return
        first = len(self.rows) + _FIRST_ROW
        columns = [map(text_in_cell, compress(column, shares)) for column in where]
        self.rows += form.rows(range(first, first + len(amounts)), compress(figures, shares), *columns, amounts)

    def value(self, figure_id: str, file: SourceFile, sheet: str, row: int, column: str, text: str) -> None:
        """One cell of an indicator, and what stands in it."""
        name, *dropped = self._files.get(id(file)) or self._file(file)
        contents = name, text_in_cell(sheet), str(row), text_in_cell(column), text_in_cell(text), *dropped
        number = len(self.rows) + _FIRST_ROW
        self.rows += self.forms.value.rows(
            range(number, number + 1), [xml_text(figure_id)], *([one] for one in contents)
        )


@lru_cache(maxsize=1024)
def _counted(words: str, count: int) -> str:
    return text_in_cell(words.format(count=f"{count:,}"))


class _Forms(NamedTuple):
    """The kinds of rows: a group of cells, the others in one, a cell, a share of a target or element, a value."""

    group: RowForm
    rest: RowForm
    cell: RowForm
    target: RowForm
    element: RowForm
    value: RowForm


@lru_cache
def _forms(whole: int, usd: int) -> _Forms:
    """With the numbers of two formats: of whole numbers and of dollars."""
    figure, file, weight, share = text_slot(0), any_slots(1, 2), any_slot(_WEIGHT), number_slot(_SHARE, usd)
    dropped, row = any_slots(16, 18), number_slot(_ROW, whole)
    return _Forms(
        group=RowForm(figure + file + any_slots(3, 5) + number_slot(_COUNT, whole) + weight + share + dropped),
        rest=RowForm(figure + any_slot(1) + number_slot(_COUNT, whole) + share),
        cell=RowForm(
            figure + file + row + any_slot(8) + text_slot(9) + any_slots(10, _WEIGHT) + any_slot(_SHARE, usd) + dropped
        ),
        target=RowForm(figure + any_slots(3, 4) + weight + share),
        element=RowForm(figure + weight + share),
        value=RowForm(figure + file + row + any_slots(8, 9) + dropped),
    )


def _parts(facts: OutcomeFacts, year: int, sources: YearSources) -> Iterator[tuple[str, Explanation]]:
    """Figures of a kind of fund or a partner that are the sum of cells of their own."""
    ids = FigureIds(facts.outcome, facts.plan_period)
    for (measure, fund_type), explanation in sorted(sources.funds.items()):
        yield ids(year, fund_type, measure), explanation
    known_partners = {partner for _, partner in (*sources.partners, *sources.contributions)}
    rows = [row for row in facts.partners if row.partner in known_partners]  # of hundreds the largest
    for row_year, partner, _, _, kind, expense, contribution in rows:
        if row_year != year or kind == "imputed":
            continue
        stem = ids.stem(year, what_text("partner", _CODES.get(kind) or partner))
        for measure, amount, known in (
            ("expense", expense, sources.partners), ("contribution", contribution, sources.contributions)
        ):  # fmt: skip
            own = known.get((kind, partner)) if amount else None
            if own is not None and own.share == amount:
                yield stem + measure, own


def _splits(lines: _Lines, facts: OutcomeFacts, year: int, sources: YearSources) -> None:
    """What each target has of each output and kind of fund, then what each plan element has."""
    ids = FigureIds(facts.outcome, facts.plan_period)
    by_target: dict[tuple[str, str], list[str]] = {}  # each is split by outputs and kinds of fund
    figures: list[str] = []
    shares: list[int] = []
    where = []
    for output, row_year, fund_type, goal, target, method, *amounts in facts.sdg:
        if row_year != year:
            continue
        own = by_target.get((goal, target))
        if own is None:
            stem = ids.stem(year, what_text(*sdg_what(goal, target)))
            own = by_target[goal, target] = _figures(stem, "planned", "available", "expense")
        weight = sources.sdg_weights.get((output, target or goal))
        percent = "100" if method == "none" else weight.percent if weight else ""
        figures += own
        shares += amounts
        where += [(output, fund_type, percent)] * len(amounts)
    lines.splits(lines.forms.target, figures, shares, *zip(*where, strict=True))
    figures, shares, percents = [], [], []
    for line in facts.plan:
        if line.fiscal_year != year or not line.framework:
            continue
        weight = sources.plan_weights.get((line.framework, line.element))
        figures += _figures(
            ids.stem(year, what_text(*plan_what(line.framework, line.element, line.kind))), "planned", "expense"
        )
        shares += line.planned, line.expense
        percents += [weight.percent if weight else "" if line.element else "100"] * 2
    lines.splits(lines.forms.element, figures, shares, percents)


def _figures(stem: str, *measures: str) -> list[str]:
    """The ids of the measures of one part, as XML."""
    before = xml_text(stem)
    return [before + measure for measure in measures]


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
