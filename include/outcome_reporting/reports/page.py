"""One outcome and year as a page: pure, without clock, environment or chance."""

from __future__ import annotations

from collections.abc import Callable

from outcome_reporting.domain.outcome import OutcomeFacts, SourceFile

from .blocks import notes, partners, plan, resources, results, sdg, summary
from .context import Context
from .errors import UnpublishablePage
from .gate import reasons_not_to_publish
from .model import Block, KeyFigure, Page, Panel
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
    page.panels = _panels(context, page)
    page.files = _files(context)
    if facts.changes:
        values = {figure.id: figure.value for figure in page.figures()}
        changed = [one for own, one in facts.changes.items() if own in values and values[own] != one.before]
        page.changed_count = len(changed)
        page.changed_by = sorted({one.file_name for one in changed if one.file_name})
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


def _panels(context: Context, page: Page) -> list[Panel]:
    """The year's totals are explained on the page itself; their figures, wherever shown, lead there."""
    sources = context.facts.sources.get(context.year)
    if sources is None:
        return []
    panels: list[Panel] = []
    table = next((table for block in page.blocks if block.key == "resources" for table in block.tables), None)
    for figure in table.figures() if table else ():
        measure = figure.id.rsplit(":", 1)[-1]
        explanation = sources.totals.get(measure)
        if explanation is not None and figure.id == context.ids(context.year, "", measure):
            key = f"why-{len(panels) + 1}"
            panels.append(
                Panel(key, "resources", figure, context.texts("panel.title", amount=figure.text), explanation)
            )
            figure.link = f"#{key}"
    return panels


def _files(context: Context) -> list[SourceFile]:
    """Every file that holds a cell behind the year, by name and hash."""
    sources = context.facts.sources.get(context.year)
    if sources is None:
        return []
    parts = (sources.totals, sources.funds, sources.partners, sources.contributions)
    every = [explanation for part in parts for explanation in part.values()]
    found = {group.file.sha256: group.file for explanation in every for group in explanation.groups}
    found |= {line.file.sha256: line.file for explanation in every for line in explanation.lines}
    for rows in (sources.sdg_weights, sources.plan_weights, sources.results):
        found |= {row.file.sha256: row.file for row in rows.values()}
    return sorted(found.values(), key=lambda file: (file.file_name, file.sha256))
