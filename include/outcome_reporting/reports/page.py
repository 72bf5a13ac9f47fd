"""One outcome and year as a page: pure, without clock, environment or chance."""

from __future__ import annotations

from collections.abc import Callable

from outcome_reporting.domain.outcome import OutcomeFacts

from .blocks import notes, partners, plan, resources, results, sdg, summary
from .context import Context
from .errors import UnpublishablePage
from .gate import reasons_not_to_publish
from .model import Block, Figure, KeyFigure, Page, Panel
from .numbers import unit_of
from .texts import Texts

# The fixed order of the blocks: a table of contents in code.
BLOCKS: tuple[Callable[[Context], Block], ...] = (
    summary.build,
    resources.build,
    results.build,
    sdg.build,
    partners.build,
    notes.build,
    plan.build,
)


def build_page(facts: OutcomeFacts, year: int, language: str = "en") -> Page:
    """The whole page of `year`. Raises UnpublishablePage with every reason when a rule of publication is broken."""
    page = assemble_page(facts, year, language)
    reasons = reasons_not_to_publish(page, facts)
    if reasons:
        raise UnpublishablePage(f"{facts.outcome} {facts.plan_period}, {year}", reasons)
    return page


def assemble_page(facts: OutcomeFacts, year: int, language: str = "en") -> Page:
    """The page without its gate: what `build_page` judges."""
    context = Context(facts, year, Texts(language))
    page = Page(
        office=facts.office,
        office_name=summary.office_words(context),
        region=facts.region,
        plan_period=facts.plan_period,
        outcome=facts.outcome,
        title=facts.title,
        year=year,
        years=sorted(set(facts.years) | {year}),
        publisher_name=facts.labels.publisher_name,
        data_date=facts.data_date,
        previous_date=facts.previous_date,
        changed_count=0,
        lede=_lede(context),
        key_figures=_key_figures(context),
        blocks=[build(context) for build in BLOCKS],
        goals=facts.labels.goals,
        language=language,
    )
    _link_explanations(context, page)
    page.changed_count = len({figure.id for figure in page.figures() if figure.before})
    return page


def _lede(context: Context) -> str:
    texts, year = context.texts, context.year
    planned, available, expense = context.totals(year)
    if not context.has_money:
        sentence = texts("lede.no_money", year=year)
    else:
        unit = unit_of(max(abs(planned), abs(available), abs(expense)))
        short = [context.short(cents, unit) for cents in (planned, available, expense)]
        sentence = texts("lede.money", year=year, planned=short[0], available=short[1], spent=short[2])
    met, known = results.targets_met(context)
    if known == 1:
        sentence += " " + texts("lede.target_one", met=texts("met" if met else "not met"))
    elif known:
        counted = {"met": texts.count(met), "all": texts.count(known, is_first=False)}
        sentence += " " + texts("lede.targets", **counted)
    return sentence


def _key_figures(context: Context) -> list[KeyFigure]:
    texts, year = context.texts, context.year
    planned, available, expense = context.totals(year)
    unit = unit_of(max(abs(planned), abs(available), abs(expense)))
    amounts = {"planned": planned, "available": available, "shortfall": planned - available, "expense": expense}
    figures = []
    for name, cents in amounts.items():
        figure = context.money(context.ids(year, "", name), cents)
        part, whole, key = (
            (expense, available, "key.of_available") if name == "expense" else (cents, planned, "key.of_planned")
        )
        remarks = [texts("key.usd", amount=figure.text)]
        if name != "planned" and whole:
            remarks.append(texts(key, percent=context.of(part, whole)))
        figures.append(KeyFigure(texts(f"key.{name}"), figure, context.short(cents, unit), remarks))
    return figures


def _link_explanations(context: Context, page: Page) -> None:
    """Points every figure of the year to its own explanation, else to that of the year's total of its measure."""
    explanations = context.facts.explanations
    if not explanations:
        return
    base = {"funding_rate": "available", "delivery_rate": "expense", "shortfall": "planned"}
    panels: dict[str, Panel] = {}
    for block in page.blocks:
        for table in block.tables:
            for figure in table.figures():
                measure = figure.id.rsplit(":", 1)[-1]
                of_year = context.ids(context.year, "", base.get(measure, measure))
                is_of_year = f":{context.year}:" in figure.id
                if not is_of_year:
                    continue  # another year's figures are explained on that year's page
                own = figure.id if figure.id in explanations else of_year
                if own in explanations and table.only != "xlsx":
                    if own not in panels and own == figure.id:
                        panels[own] = _panel(context, block, figure, len(panels) + 1)
                    figure.panel = own
    for figure in page.figures():
        figure.panel = panels[figure.panel].key if figure.panel in panels else ""
    for key in page.key_figures:
        if key.figure.id in panels:
            key.figure.panel = panels[key.figure.id].key
    page.panels = list(panels.values())


def _panel(context: Context, block: Block, figure: Figure, place: int) -> Panel:
    title = context.texts("panel.title", amount=figure.text)
    return Panel(f"why-{place}", block.key, figure, title, context.facts.explanations[figure.id])
