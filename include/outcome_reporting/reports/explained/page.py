"""What the blocks of the page of sources share: facts and cells of one year, anchors, and the rows of a figure."""

from __future__ import annotations

from outcome_reporting.domain.figures import FigureIds
from outcome_reporting.domain.outcome import Explanation, OutcomeFacts, WeightSource, YearSources

from ..anchors import Anchors
from ..context import MEASURES
from ..frames import fixed_texts
from ..html_parts import SUM, amount, escape
from ..html_sources import SourceRows, explained_table
from ..model import Figure, Page, Row
from ..texts import Texts

RATES = {"funding_rate": ("available", "planned"), "delivery_rate": ("expense", "available")}
VALUES = ("baseline", "milestone", "target", "result")
_NAMED = (*MEASURES, *VALUES, "shortfall", "contribution", "imputed", *RATES)
GROUPS_SHOWN = 3  # of a kind of fund, a shortfall and the largest partners; a total shows all that were read
NOTHING = Explanation()


class ExplainedPage:
    """One page of sources while it is made. Each figure is explained once, where it stands first."""

    def __init__(self, facts: OutcomeFacts, page: Page) -> None:
        self.facts, self.page, self.texts = facts, page, Texts(page.language)
        self.sources = facts.sources.get(page.year) or YearSources()
        self.ids = FigureIds(facts.outcome, facts.plan_period)
        self.anchors = Anchors(facts.outcome, facts.plan_period, page.year)
        self.rows = SourceRows(self.texts, page.files)
        self._fixed = fixed_texts(page.language)
        self.measures = {name: self._fixed[f"sources.measure.{name}"] for name in _NAMED}
        self._sum, self._no_cell = self.words("sources.total"), self.words("sources.none")
        self._other_cells = self.words("sources.other_cells")
        self._done: set[str] = set()
        self._money: dict[int, dict[str, int]] = {}
        self._year_links: dict[int, tuple[str, str]] = {}  # what stands before and after a measure

    def words(self, key: str, **values: object) -> str:
        """A fixed text, safe for html."""
        return escape(self.texts(key, **values)) if values else self._fixed[key]

    def figure(self, figure: Figure, measure: str, heading: str, inside: list[str]) -> list[str]:
        """The row group of one figure, four columns wide: what it is, its parts, its sum.

        `heading` is what its row is called, `inside` the rows of its parts.
        """
        anchor = self.anchors.anchor(figure.id)
        if anchor in self._done:
            return []
        self._done.add(anchor)
        key, words = escape(anchor), self._sum if inside else self._no_cell
        if figure.cents is None:
            total = f"<td{SUM}>{figure.text}</td>"
        else:
            total = amount(figure.cents, SUM)
            if figure.cents and not inside:
                inside, words = [self.plain_row(self._other_cells, figure.cents)], self._sum
        return [
            f'<tbody id="{key}"><tr class="of"><th colspan="4" scope="rowgroup">{heading}, {self.measures[measure]} '
            f"<code>{key}</code></th></tr>",
            *inside,
            f'<tr class="sum"><th scope="row" colspan="3">{words}</th>{total}</tr></tbody>',
        ]

    def money_figures(self, row: Row, inside: list[str]) -> list[str]:
        """The row group of figures that stand side by side; it ends in their sums, each found by its anchor."""
        figures = row.figures()
        keys = [self.anchors.anchor(figure.id) for figure in figures]
        if not self._done.isdisjoint(keys):
            return []
        self._done.update(keys)
        ids = escape(", …:".join([keys[0], *[measure_of(key) for key in keys[1:]]]))
        sums = [amount(figure.cents or 0, SUM, escape(key)) for figure, key in zip(figures, keys, strict=True)]
        return [
            f'<tbody><tr class="of"><th colspan="5" scope="rowgroup">{heading_link(row)} <code>{ids}</code></th></tr>',
            *inside,
            f'<tr class="sum"><th scope="row" colspan="2">{self._sum}</th>{"".join(sums)}</tr></tbody>',
        ]

    def money_of(self, year: int) -> dict[str, int]:
        """All money of a year by measure, in cents."""
        money = self._money.get(year)
        if money is None:
            rows = [row for row in self.facts.resources if row.fiscal_year == year]
            money = self._money[year] = {name: sum([getattr(row, name) for row in rows]) for name in MEASURES}
            money["shortfall"] = money["planned"] - money["available"]
        return money

    def year_link(self, year: int, measure: str) -> str:
        """A year of the plan period, leading to where that year's total of the measure is explained."""
        link = self._year_links.get(year)
        if link is None:
            stem = escape(self.anchors.link_stem(self.ids.stem(year, "")))
            link = self._year_links[year] = f'<a href="{stem}', f'">{self.words("sources.year", year=year)}</a>'
        return f"{link[0]}{measure}{link[1]}"

    def plain_row(self, words: str, cents: int) -> str:
        """A part of a figure that no single cell explains; `words` are safe for html."""
        return f'<tr><th scope="row" colspan="3">{words}</th>{amount(cents)}</tr>'

    def weights(self, title: str, first: str, weights: list[tuple[str, WeightSource]]) -> list[str]:
        """The weights that were applied, each with its row of a spreadsheet; `title` and `first` are keys of texts."""
        if not weights:
            return []
        row = self.words("book.row").lower()
        rows = [
            f'<tr><th scope="row">{escape(name)}</th><td class="w">{self.rows.file(weight.file)}<small>'
            f"{escape(weight.sheet)} · {row} {weight.row}</small></td>"
            f"<td>{weight.fiscal_year}</td><td>{weight.percent}\u00a0%</td></tr>"
            for name, weight in sorted(weights)
        ]
        head = self.rows.head(first, "sources.weight_cell", "sources.weight_year", "panel.weight", words=2)
        return explained_table(self.texts(title), head, ["<tbody>", *rows, "</tbody>"], is_hidden=False)


def measure_of(figure_id: str) -> str:
    """What a figure's id or anchor ends in."""
    return figure_id.rpartition(":")[2]


def heading_link(row: Row) -> str:
    """What a row is called, leading back to it on the report."""
    name = f"{row.code} {row.heading}" if row.code else row.heading
    return f'<a href="index.html#at-{escape(row.key)}">{escape(name)}</a>'
