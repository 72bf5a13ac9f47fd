"""SDG: what each line has of the money of an output and kind of fund, and the weights that say so."""

from __future__ import annotations

from collections import defaultdict

from outcome_reporting.domain.outcome import SdgRow

from ..context import MEASURES
from ..html_parts import BASE, amount, escape
from ..html_sources import explained_table
from ..model import Block, Row
from .page import ExplainedPage

_Part = tuple[str, str]  # output, kind of fund


def build(page: ExplainedPage, block: Block) -> list[str]:
    """A row group for each goal and line, its three amounts side by side: they are split by the same weights."""
    split = _Split(page)
    if not split.lines:
        return []
    rows = block.tables[0].rows
    targets: dict[str, list[Row]] = defaultdict(list)  # of each goal
    for row in rows:
        if row.part[0] == "line":
            targets[row.part[1]].append(row)
    bodies: list[str] = []
    for row in rows:
        goal = row.part[1]
        if row.part[0] == "goal":
            parts = [_target_row(page, one) for one in targets[goal]]
        else:
            parts = [split.row(line) for line in split.lines[goal, row.part[2]]]
        bodies += page.money_figures(row, parts)
    note = f'<p class="note">{page.words("sources.split_note")}</p>'
    head = _head(page, "sources.output_fund", "sources.method")
    return [*explained_table(block.title, head, bodies), note, *split.bases_table(), *split.weights_table()]


def _head(page: ExplainedPage, *keys: str) -> str:
    titles = [page.texts(key) for key in keys]
    titles += [page.texts("sources.amount_of", measure=page.measures[name].capitalize()) for name in MEASURES]
    return page.rows.titles(titles)


def _target_row(page: ExplainedPage, row: Row) -> str:
    """One line of a goal, which is explained by itself."""
    figures = row.figures()
    link = f'<a href="#{escape(page.anchors.anchor(figures[0].id))}">{escape(f"{row.code} {row.heading}")}</a>'
    amounts = "".join([amount(figure.cents or 0) for figure in figures])
    return f'<tr><th scope="row" colspan="2">{link}</th>{amounts}</tr>'


class _Split:
    """The year's lines, and the money that they split."""

    def __init__(self, page: ExplainedPage) -> None:
        self.page, self._weights = page, page.sources.sdg_weights
        self.lines: dict[tuple[str, str], list[SdgRow]] = defaultdict(list)
        sums: dict[_Part, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in page.facts.sdg:
            if row.fiscal_year == page.page.year:
                self.lines[row.goal, row.target].append(row)
                base = sums[row.output, row.fund_type]
                base[0] += row.planned
                base[1] += row.available
                base[2] += row.expense
        self._bases = {part: sums[part] for part in sorted(sums)}
        self._links = {
            (output, kind): f'<tr><th scope="row"><a href="#base-{number}">{escape(output)} · {kind}</a></th><td>'
            for number, (output, kind) in enumerate(self._bases, start=1)
        }

    def row(self, line: SdgRow) -> str:
        """A line's part of what its output has of one kind of fund; that stands in a table of its own."""
        part = (line.output, line.fund_type)
        planned, available, expense = self._bases[part]
        if not (planned or available or expense):
            return ""
        weight = self._weights.get((line.output, line.target or line.goal))
        percent = "100\u00a0%" if line.method == "none" else f"{weight.percent}\u00a0%" if weight else "–"
        return (
            f"{self._links[part]}{line.method} {percent}</td>{amount(line.planned) if planned else '<td>–</td>'}"
            f"{amount(line.available) if available else '<td>–</td>'}"
            f"{amount(line.expense) if expense else '<td>–</td>'}</tr>"
        )

    def bases_table(self) -> list[str]:
        """What is split: the money of each output and kind of fund, whose cells stand with the kind of fund."""
        page = self.page
        rows = [
            f'<tr id="base-{number}"><th scope="row"><a href="#{kind}:expense">'
            f"{escape(output)} · {page.words(f'fund.{kind}')}</a></th>"
            f"{''.join([amount(base, BASE) for base in bases])}</tr>"
            for number, ((output, kind), bases) in enumerate(self._bases.items(), start=1)
            if any(bases)
        ]
        head = _head(page, "sources.output_fund")
        return explained_table(page.texts("sources.bases"), head, ["<tbody>", *rows, "</tbody>"], is_hidden=False)

    def weights_table(self) -> list[str]:
        used = {(line.output, line.target or line.goal) for own in self.lines.values() for line in own}
        known = self.page.sources.sdg_weights.items()
        weights = [(f"{output} · {sdg}", weight) for (output, sdg), weight in known if (output, sdg) in used]
        return self.page.weights("sources.weights", "sources.weight_of", weights)
