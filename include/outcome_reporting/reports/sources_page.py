"""The page of sources beside a report: every figure of one outcome and year with the cells that made it.

It follows the report's tables row by row, so that no figure is left without its explanation: a table for each
block, a row group for each figure, ending in its sum.
"""

from __future__ import annotations

from collections import defaultdict

from markupsafe import Markup

from outcome_reporting.domain.figures import FigureIds, what_text
from outcome_reporting.domain.outcome import FUND_TYPES, Explanation, OutcomeFacts, SdgRow, WeightSource, YearSources

from .anchors import Anchors
from .blocks.results import row_key
from .context import MEASURES
from .html import print_line, render_template
from .html_panels import lines_table
from .html_parts import amount, escape
from .html_sources import SourceRows, explained_table, scroll
from .model import Block, Figure, Page, Row
from .texts import Texts

_RATES = {"funding_rate": ("available", "planned"), "delivery_rate": ("expense", "available")}
_VALUES = ("baseline", "milestone", "target", "result")
_NONE = Explanation()
_OTHERS_NAMED = 20  # smaller partners named where a page sums them
_PARTNERS_IN_FULL = 3  # with all groups that were read; of smaller ones the largest group, the others in one
_LINES_SHOWN = 6  # largest cells of a total; a query has all of them
_GROUPS_SHOWN = 3  # of a kind of fund and of a shortfall; a total shows all that were read


def render_sources(facts: OutcomeFacts, page: Page) -> str:
    """The html of `sources.html`; `page` is the report of the same facts and year."""
    return _SourcesPage(facts, page).render()


class _SourcesPage:
    def __init__(self, facts: OutcomeFacts, page: Page) -> None:
        self.facts, self.page, self.texts = facts, page, Texts(page.language)
        self.sources = facts.sources.get(page.year) or YearSources()
        self.anchors = Anchors(facts.outcome, facts.plan_period, page.year)
        self.rows = SourceRows(self.texts, page.files)
        self.done: set[str] = set()
        self.measures = {
            name: escape(self.texts(f"sources.measure.{name}"))
            for name in (*MEASURES, *_VALUES, "shortfall", "contribution", "imputed", *_RATES)
        }
        self.lines: dict[tuple[str, str], list[SdgRow]] = defaultdict(list)
        self.total, self.nothing = escape(self.texts("sources.total")), escape(self.texts("sources.none"))
        self.bases: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in facts.sdg:
            if row.fiscal_year == page.year:
                self.lines[row.goal, row.target].append(row)
                base = self.bases[row.output, row.fund_type]
                base[0] += row.planned
                base[1] += row.available
                base[2] += row.expense
        self.base_ids = {key: f"base-{number}" for number, key in enumerate(sorted(self.bases), start=1)}

    def render(self) -> str:
        page, texts = self.page, self.texts
        stem = FigureIds(page.outcome, page.plan_period)(page.year, "", "")
        example = FigureIds(page.outcome, page.plan_period)(page.year, "", "expense")
        builders = {
            "resources": self._resources,
            "results": self._results,
            "sdg": self._sdg,
            "partners": self._partners,
            "plan": self._plan,
        }
        shown = [(block, builders[block.key](block)) for block in page.blocks if block.key in builders]
        sections = [(block, inside) for block, inside in shown if inside]
        contents = [("files", texts("sources.files")), *((block.key, block.short_title) for block, _ in sections)]
        return render_template(
            "sources.html.j2",
            page=page,
            t=texts,
            root="../../../../",
            period=texts.period(page.plan_period),
            date=texts.date(page.data_date),
            print_line=Markup(print_line(page, texts)),
            contents=contents,
            command=f"outcomes explain '{example}'",
            query=f"select * from report.explain('{example}')",
            stem=stem,
            files=Markup(self.rows.files_table(page.files)) if page.files else "",
            sections=[Markup(_section(block, inside)) for block, inside in sections],
        )

    # -------------------------------------------------------------------------------------- the blocks

    def _resources(self, block: Block) -> str:
        head = self.rows.head("panel.source", "panel.lines", "panel.weight", "panel.share")
        bodies = [self._resource_figures(row) for table in block.tables for row in table.rows + table.totals]
        tables = explained_table(block.title, head, bodies)
        for measure in MEASURES:
            total = self.sources.totals.get(measure)
            if total and total.lines:
                caption = self.texts("sources.largest", measure=self.texts(f"sources.measure.{measure}"))
                tables += scroll(caption, lines_table(total.lines[:_LINES_SHOWN], self.texts, self.rows, caption))
        return tables

    def _resource_figures(self, row: Row) -> str:
        if not row.part or (row.part[0] == "year" and row.part[1] != str(self.page.year)):
            return ""  # a total that stands elsewhere too; another year's page
        parts = []
        for figure in _figures(row):
            measure = figure.id.rsplit(":", 1)[-1]
            if row.part == ("period",):
                inside = "".join(self._year_row(year, measure) for year in self.page.years)
            elif measure in _RATES:
                inside = "".join(self._reference(figure, name, None) for name in _RATES[measure])
            elif measure == "shortfall":
                planned, available = (self._money(row, name) for name in ("planned", "available"))
                if planned.cell_count or available.cell_count:
                    inside = self._reference(figure, "planned", planned.share, "sources.plus")
                    inside += self._reference(figure, "available", -available.share, "sources.less")
                else:
                    inside = ""
            elif row.part[0] == "year":
                inside = self._kinds(figure, measure) or self.rows.groups(self._money(row, measure))
            else:
                inside = self.rows.groups(shortened(self._money(row, measure)))
            parts.append(self._figure(figure, row, inside or self._unknown(figure), 4))
        return "".join(parts)

    def _money(self, row: Row, measure: str) -> Explanation:
        if row.part[0] == "fund":
            return self.sources.funds.get((measure, row.part[1]), _NONE)
        return self.sources.totals.get(measure, _NONE)

    def _kinds(self, figure: Figure, measure: str) -> str:
        """A year's total as its kinds of fund, each with sources of its own; nothing where they are not all of it."""
        own = {kind: self.sources.funds.get((measure, kind), _NONE).share for kind in FUND_TYPES}
        if len(self.sources.funds) == 0 or sum(own.values()) != figure.cents:
            return ""
        rows = [
            f'<tr><th scope="row" colspan="3"><a href="#{kind}:{measure}">{escape(self.texts(f"fund.{kind}"))}</a></th>'
            f"{amount(cents)}</tr>"
            for kind, cents in own.items()
            if cents
        ]
        return "".join(rows)

    def _year_row(self, year: int, measure: str) -> str:
        """One year of a total of the plan period; a rate's years are not added."""
        facts = self.facts
        money = {name: sum(getattr(r, name) for r in facts.resources if r.fiscal_year == year) for name in MEASURES}
        money["shortfall"] = money["planned"] - money["available"]
        figure_id = FigureIds(facts.outcome, facts.plan_period)(year, "", measure)
        if measure in _RATES:
            part, whole = (money[name] for name in _RATES[measure])
            words = " ÷ ".join(_plain_amount(cents) for cents in (part, whole))
            share = f'<td colspan="2">{words}</td><td class="none">–</td>'
            if not whole:
                return f'<tr><th scope="row">{year}</th>{share}</tr>'
        else:
            share = f'<td colspan="2"></td>{amount(money[measure])}'
        link = f'<a href="{escape(self.anchors.link(figure_id))}">{escape(self.texts("sources.year", year=year))}</a>'
        return f'<tr><th scope="row">{link}</th>{share}</tr>'

    def _reference(self, figure: Figure, measure: str, cents: int | None, words: str = "") -> str:
        """A row that leads to the sources of another figure of the same part."""
        other = self.anchors.anchor(figure.id.rsplit(":", 1)[0] + f":{measure}")
        text = escape(self.texts(words or f"sources.row_{measure}"))
        share = '<td class="none">–</td>' if cents is None else amount(cents)
        return f'<tr><th scope="row" colspan="3"><a href="#{escape(other)}">{text}</a></th>{share}</tr>'

    def _sdg(self, block: Block) -> str:
        """A row group for each goal and line, its three amounts side by side: they are split by the same weights."""
        if not self.lines:
            return ""
        rows = block.tables[0].rows
        bodies = []
        for row in rows:
            goal = row.part[1]
            if row.part[0] == "goal":
                parts = [self._target_row(one) for one in rows if one.part[:2] == ("line", goal)]
            else:
                parts = [self._split_row(line) for line in self.lines[goal, row.part[2]]]
            bodies.append(self._three_figures(row, "".join(parts)))
        note = f'<p class="note">{escape(self.texts("sources.split_note"))}</p>'
        head = self._three_head("sources.output_fund", "sources.method")
        return explained_table(block.title, head, bodies) + note + self._sdg_bases() + self._sdg_weights()

    def _three_head(self, *keys: str) -> str:
        titles = [self.texts(key) for key in keys]
        titles += [self.texts("sources.amount_of", measure=self.measures[name].capitalize()) for name in MEASURES]
        return self.rows.titles(titles)

    def _three_figures(self, row: Row, inside: str) -> str:
        """The row group of figures that stand side by side; it ends in their sums, each found by its anchor."""
        figures = _figures(row)
        keys = [self.anchors.anchor(figure.id) for figure in figures]
        if self.done.intersection(keys):
            return ""
        self.done.update(keys)
        name = escape(f"{row.code} {row.heading}" if row.code else row.heading)
        ids = escape(", …:".join([keys[0], *(key.rpartition(":")[2] for key in keys[1:])]))
        sums = "".join(amount(figure.cents or 0, "sum", escape(key)) for figure, key in zip(figures, keys, strict=True))
        link = f'<a href="index.html#at-{escape(row.key)}">{name}</a>'
        return (
            f'<tbody><tr class="of"><th colspan="5" scope="rowgroup">{link}'
            f' <code>{ids}</code></th></tr>{inside}<tr class="sum"><th scope="row" colspan="2">{self.total}</th>'
            f"{sums}</tr></tbody>"
        )

    def _target_row(self, row: Row) -> str:
        """One line of a goal, which is explained by itself."""
        figures = _figures(row)
        link = f'<a href="#{escape(self.anchors.anchor(figures[0].id))}">{escape(f"{row.code} {row.heading}")}</a>'
        amounts = "".join(amount(figure.cents or 0) for figure in figures)
        return f'<tr><th scope="row" colspan="2">{link}</th>{amounts}</tr>'

    def _split_row(self, line: SdgRow) -> str:
        """A line's part of what its output has of one kind of fund; that stands in a table of its own."""
        bases = self.bases[line.output, line.fund_type]
        if not any(bases):
            return ""
        weight = self.sources.sdg_weights.get((line.output, line.target or line.goal))
        percent = "100\u00a0%" if line.method == "none" else f"{weight.percent}\u00a0%" if weight else "–"
        shares = [
            amount(getattr(line, name)) if base else "<td>–</td>" for name, base in zip(MEASURES, bases, strict=True)
        ]
        link = f'<a href="#{self.base_ids[line.output, line.fund_type]}">{escape(line.output)} · {line.fund_type}</a>'
        return f'<tr><th scope="row">{link}</th><td>{line.method} {percent}</td>{"".join(shares)}</tr>'

    def _sdg_bases(self) -> str:
        """What is split: the money of each output and kind of fund, whose cells stand with the kind of fund."""
        rows = [
            f'<tr id="{self.base_ids[output, kind]}"><th scope="row"><a href="#{kind}:expense">'
            f"{escape(output)} · {escape(self.texts(f'fund.{kind}'))}</a></th>"
            f"{''.join([amount(base, 'base') for base in bases])}</tr>"
            for (output, kind), bases in sorted(self.bases.items())
            if any(bases)
        ]
        title = self.texts("sources.bases")
        return explained_table(
            title, self._three_head("sources.output_fund"), [f"<tbody>{''.join(rows)}</tbody>"], is_hidden=False
        )

    def _sdg_weights(self) -> str:
        used = {(line.output, line.target or line.goal) for own in self.lines.values() for line in own}
        weights = [
            (f"{output} · {sdg}", w) for (output, sdg), w in self.sources.sdg_weights.items() if (output, sdg) in used
        ]
        return self._weights("sources.weights", "sources.weight_of", weights)

    def _weights(self, title: str, first: str, weights: list[tuple[str, WeightSource]]) -> str:
        if not weights:
            return ""
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td class="w">{self.rows.file(weight.file)}<small>'
            f"{escape(weight.sheet)} · {escape(self.texts('book.row')).lower()} {weight.row}</small></td>"
            f"<td>{weight.fiscal_year}</td><td>{weight.percent}\u00a0%</td></tr>"
            for name, weight in sorted(weights)
        )
        texts = self.texts
        head = self.rows.head(first, "sources.weight_cell", "sources.weight_year", "panel.weight", words=2)
        return explained_table(texts(title), head, [f"<tbody>{rows}</tbody>"], is_hidden=False)

    def _partners(self, block: Block) -> str:
        if not block.tables:
            return ""
        head = self.rows.head("panel.source", "panel.lines", "panel.weight", "panel.share")
        bodies = []
        for place, row in enumerate(block.tables[0].rows):
            _, kind, code = row.part
            shown = _GROUPS_SHOWN if place < _PARTNERS_IN_FULL else 1
            for figure in _figures(row):
                measure = figure.id.rsplit(":", 1)[-1]
                if code == "(other)":
                    inside = self._other_partners(block, measure)
                elif measure == "imputed":
                    inside = self._imputed_row(figure, code)
                else:
                    inside = self._partner_rows(figure, kind, code, measure, shown)
                bodies.append(self._figure(figure, row, inside or self._unknown(figure), 4))
        return explained_table(block.title, head, bodies)

    def _partner_rows(self, figure: Figure, kind: str, code: str, measure: str, shown: int) -> str:
        name = code if kind in ("direct", "imputed") else ""
        own = "direct" if kind == "imputed" else kind
        groups = (self.sources.contributions if measure == "contribution" else self.sources.partners).get((own, name))
        inside = self.rows.groups(shortened(groups, shown)) if groups else ""
        difference = (figure.cents or 0) - (groups.share if groups else 0)
        if difference:
            words = {"withheld": "sources.core_share", "core pool": "sources.core_given"}.get(
                kind, "sources.other_cells"
            )
            inside += self._plain_row(
                self.texts(words if groups or kind == "withheld" else "sources.other_cells"), difference
            )
        return inside

    def _imputed_row(self, figure: Figure, code: str) -> str:
        """A partner's part of the year's core pool."""
        year = self.page.year
        base = sum(r.expense for r in self.facts.resources if r.fiscal_year == year and r.fund_type != "non-core")
        percent = self.facts.core_revenue.get((year, code), "")
        weight = f"<td>{escape(percent)}\u00a0%</td>" if percent else '<td class="none">–</td>'
        words = escape(self.texts("sources.core_base"))
        return f'<tr><th scope="row">{words}</th>{amount(base, "base")}{weight}{amount(figure.cents or 0)}</tr>'

    def _other_partners(self, block: Block, measure: str) -> str:
        """The smaller partners, the largest of them by name."""
        shown = {row.key for row in block.tables[0].rows}
        left = [row for table in block.tables[1:] for row in table.rows if row.key not in shown]
        amounts = [
            (figure.cents or 0, row.heading)
            for row in left
            for figure in _figures(row)
            if figure.id.endswith(f":{measure}") and figure.cents
        ]
        amounts.sort(key=lambda one: (-abs(one[0]), one[1]))
        parts = [self._plain_row(name, cents) for cents, name in amounts[:_OTHERS_NAMED]]
        rest = amounts[_OTHERS_NAMED:]
        if rest:
            words = self.texts("partners.other", count=len(rest))
            parts.append(self._plain_row(words, sum(cents for cents, _ in rest)))
        return "".join(parts)

    def _plan(self, block: Block) -> str:
        keys = ("plan.column", "sources.base", "sources.method", "panel.share")
        bodies = []
        for table in block.tables:
            for row in table.rows:
                for figure in _figures(row):
                    bodies.append(self._figure(figure, row, self._plan_row(row, figure), 4))
        if not bodies:
            return ""
        weights = [(element, one) for (_, element), one in self.sources.plan_weights.items()]
        weights_table = self._weights("sources.plan_weights", "sources.link_of", weights)
        return explained_table(block.title, self.rows.head(*keys), bodies) + weights_table

    def _plan_row(self, row: Row, figure: Figure) -> str:
        measure = figure.id.rsplit(":", 1)[-1]
        year = self.page.year
        base = sum(getattr(r, measure) for r in self.facts.resources if r.fiscal_year == year)
        _, framework, _, element = row.part
        weight = self.sources.plan_weights.get((framework, element))
        percent = "100" if not element else weight.percent if weight else ""
        method = escape(self.texts("sources.whole_method" if element else "sources.whole_none"))
        return (
            f'<tr><th scope="row"><a href="#{measure}">{escape(self.texts("sources.whole"))}</a></th>'
            f"{amount(base, 'base')}<td>{method} {percent + chr(160) + '%' if percent else '–'}</td>"
            f"{amount(figure.cents or 0)}</tr>"
        )

    def _results(self, block: Block) -> str:
        texts, bodies = self.texts, []
        for row in self.facts.results:
            if row.fiscal_year != self.page.year:
                continue
            source = self.sources.results.get((row.output, row.indicator))
            ids = FigureIds(row.output or self.facts.outcome, self.facts.plan_period)
            what = what_text("result", row.indicator)
            lines = []
            for name in _VALUES:
                anchor = self.anchors.anchor(ids(row.fiscal_year, what, name))
                letter = source.columns.get(name) if source else None
                place = (
                    f"{self.rows.file(source.file)} · {escape(source.sheet)} · {letter}{source.row}"
                    if letter and source
                    else "–"
                )
                text = getattr(row, name)
                stands = escape(text) if text else f'<span class="none">{escape(texts("sources.empty_cell"))}</span>'
                lines.append(
                    f'<tr id="{escape(anchor)}"><th scope="row">{self.measures[name]}</th><td class="w">{place}</td>'
                    f"<td>{stands}</td></tr>"
                )
            back = escape(f"index.html#at-{row_key(row)}")
            title = f'<a href="{back}"><b>{escape(row.indicator)}</b> {escape(row.title)}</a>'
            bodies.append(
                f'<tbody><tr class="of"><th colspan="3" scope="rowgroup">{title}</th></tr>{"".join(lines)}</tbody>'
            )
        head = self.rows.head("sources.value", "sources.place", "sources.text", words=2)
        return explained_table(texts("sources.results"), head, bodies) if bodies else ""

    # -------------------------------------------------------------------------------------- rows of all blocks

    def _figure(self, figure: Figure, row: Row, inside: str, width: int) -> str:
        """The row group of one figure: what it is, its parts, its sum. Each figure stands once."""
        anchor = self.anchors.anchor(figure.id)
        if anchor in self.done:
            return ""
        self.done.add(anchor)
        measure = anchor.rsplit(":", 1)[-1]
        name = f"{row.code} {row.heading}" if row.code else row.heading
        title = f'<a href="index.html#at-{escape(row.key)}">{escape(name)}</a>, {self.measures[measure]}'
        key = escape(anchor)
        is_text = figure.cents is None
        total = f'<td data-of="sum">{figure.text}</td>' if is_text else amount(figure.cents or 0, "sum")
        words = self.total if inside else self.nothing
        return (
            f'<tbody id="{key}"><tr class="of"><th colspan="{width}" scope="rowgroup">{title} <code>{key}</code></th>'
            "</tr>"
            f'{inside}<tr class="sum"><th scope="row" colspan="{width - 1}">{words}</th>{total}</tr></tbody>'
        )

    def _plain_row(self, words: str, cents: int) -> str:
        return f'<tr><th scope="row" colspan="3">{escape(words)}</th>{amount(cents)}</tr>'

    def _unknown(self, figure: Figure) -> str:
        """The one row of a figure whose cells are not known here; a zero has none."""
        return self._plain_row(self.texts("sources.other_cells"), figure.cents) if figure.cents else ""


def shortened(explanation: Explanation, shown: int = _GROUPS_SHOWN) -> Explanation:
    """Fewer groups, the others in one; the same sum."""
    left = explanation.groups[shown:]
    if len(left) < 2:
        return explanation
    return Explanation(
        explanation.groups[:shown],
        explanation.lines,
        explanation.rest_groups + len(left),
        explanation.rest_lines + sum(group.lines for group in left),
        explanation.rest_share + sum(group.share for group in left),
    )


def _figures(row: Row) -> list[Figure]:
    return [cell.figure for cell in row.cells if cell.figure]


def _plain_amount(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}" if cents >= 0 else f"\u2212{-cents // 100:,}.{-cents % 100:02}"


def _section(block: Block, inside: str) -> str:
    heading = f'<div class="block-head"><h2 id="h-{block.key}">{escape(block.title)}</h2></div>'
    return (
        f'<section class="block" id="{block.key}" aria-labelledby="h-{block.key}">{heading}'
        f'<div class="tables">{inside}</div></section>'
    )
