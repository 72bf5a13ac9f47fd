"""What every block builder needs: the facts of one year, ids, texts, and the making of figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from outcome_reporting.domain.figures import FigureIds
from outcome_reporting.domain.money import format_usd, plain_usd
from outcome_reporting.domain.outcome import OutcomeFacts

from .anchors import SOURCES_PAGE, Anchors
from .model import AmountColumn, Cell, Figure
from .numbers import percent, rate_value, short_usd
from .texts import Texts

DASH = "–"  # where there is no word
MEASURES = ("planned", "available", "expense")
Money = tuple[int, int, int]  # of these, in cents


class Context:
    """One outcome and year while its page is built. Sums are made once, here, in cents."""

    def __init__(self, facts: OutcomeFacts, year: int, texts: Texts) -> None:
        self.facts = facts
        self.year = year
        self.texts = texts
        self.ids = FigureIds(facts.outcome, facts.plan_period)
        self.anchors = Anchors(facts.outcome, facts.plan_period, year)
        self._of_year = self.ids.stem(year, "")
        self._figures: dict[str, Figure] = {}
        self._words: dict[str, Cell] = {}
        self._by_year: dict[int, Money] = {}
        for row in facts.resources:
            planned, available, expense = self._by_year.get(row.fiscal_year, (0, 0, 0))
            self._by_year[row.fiscal_year] = (
                planned + row.planned,
                available + row.available,
                expense + row.expense,
            )
        self.money_years = sorted(self._by_year.keys() | set(facts.years))

    def totals(self, year: int) -> Money:
        """Planned, available and expense of a year, over all kinds of fund."""
        return self._by_year.get(year, (0, 0, 0))

    @property
    def period_totals(self) -> Money:
        rows = self._by_year.values()
        return sum(r[0] for r in rows), sum(r[1] for r in rows), sum(r[2] for r in rows)

    @property
    def has_money(self) -> bool:
        """Whether the page's year has any row of money, be it zero in sum."""
        return self.year in self._by_year

    def money(self, figure_id: str, cents: int) -> Figure:
        """The figure, one object wherever the page shows it; one of two amounts is two, for the gate to refuse."""
        figure = self._figures.get(figure_id)
        if figure is None or figure.cents != cents:
            return self._new_money(figure_id, cents, self.anchors.link(figure_id))
        return figure

    def _new_money(self, figure_id: str, cents: int, link: str) -> Figure:
        figure = self._figures[figure_id] = Figure(figure_id, plain_usd(cents), "USD", "", cents, "", "", link)
        if figure_id in self.facts.changes:
            self._mark_changed(figure, format_usd(int(Decimal(self.facts.changes[figure_id].before).scaleb(2))))
        return figure

    def money_cell(self, year: int | None, what: str, measure: str, cents: int) -> Cell:
        return Cell("", self.money(self.ids(year, what, measure), cents))

    def own_amounts(self, owns: Iterable[str], cents: Sequence[int | None]) -> AmountColumn:
        """Figures of the page's own year down a column of a listing; `owns` are their ids without stem."""
        return AmountColumn([self._of_year + own for own in owns], cents)

    def own_cell(self, what: str, measure: str, cents: int) -> Cell:
        """The same of the page's own year and a part of its money: a page has hundreds, so nothing is called twice."""
        own = f"{what}:{measure}"
        figure_id = self._of_year + own
        figure = self._figures.get(figure_id)
        if figure is None or figure.cents != cents:
            figure = self._new_money(figure_id, cents, f"{SOURCES_PAGE}#{own}")
        return Cell("", figure)

    def money_cells(self, stem: str, amounts: Mapping[str, int]) -> list[Cell]:
        """The cells of one part of the money, by measure; `stem` is what begins their ids."""
        cells, link = [], self.anchors.link_stem(stem)
        for measure, cents in amounts.items():
            figure_id = stem + measure
            figure = self._figures.get(figure_id)
            if figure is None or figure.cents != cents:
                figure = self._new_money(figure_id, cents, link + measure)
            cells.append(Cell("", figure))
        return cells

    def words(self, text: str) -> Cell:
        """The cell of a word that stands in many rows, one object for all of them; a dash where it is empty."""
        cell = self._words.get(text)
        if cell is None:
            cell = self._words[text] = Cell(text) if text else Cell(DASH, is_missing=True)
        return cell

    def rate(self, year: int | None, what: str, measure: str, money: Money) -> Figure | None:
        """`funding_rate` = available / planned, `delivery_rate` = expense / available; None when divided by 0."""
        planned, available, expense = money
        part, whole = (available, planned) if measure == "funding_rate" else (expense, available)
        if whole == 0:
            return None
        value = rate_value(part, whole)
        figure_id = self.ids(year, what, measure)
        figure = Figure(figure_id, value, "%", percent(value), link=self.anchors.link(figure_id))
        if figure_id in self.facts.changes:
            self._mark_changed(figure, percent(self.facts.changes[figure_id].before))
        return figure

    def _mark_changed(self, figure: Figure, before_text: str) -> None:
        """A figure that differs from what was published before says what it was."""
        before = self.facts.changes[figure.id].before
        if before != figure.value:
            figure.before, figure.before_text = before, before_text

    def measured_figure(self, figure_id: str, value: str, unit: str, text: str) -> Figure:
        """A figure of a result, in the measure of its indicator."""
        figure = Figure(figure_id, value, unit, text, link=self.anchors.link(figure_id))
        if figure_id in self.facts.changes:
            self._mark_changed(figure, self.facts.changes[figure_id].before)
        return figure

    def rate_cell(self, year: int | None, what: str, measure: str, money: Money) -> Cell:
        figure = self.rate(year, what, measure, money)
        if figure:
            return Cell(figure=figure)
        reason = "why.no_planned" if measure == "funding_rate" else "why.no_available"
        return self.missing("none.not_computable", self.texts(reason))

    def missing(self, key: str, why: str = "") -> Cell:
        return Cell(self.texts(key), is_missing=True, why=why)

    def of(self, part: int, whole: int) -> str:
        """`53.8 %`; the share of a whole that is not 0."""
        return percent(rate_value(part, whole))

    def short(self, cents: int, unit: str) -> str:
        return short_usd(cents, unit)

    def unit_words(self, unit: str) -> str:
        return self.texts(f"unit.{unit}")
