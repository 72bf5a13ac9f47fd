"""What a page must obey before it is published. Every broken rule is a reason, worded for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from outcome_reporting.domain.money import format_usd
from outcome_reporting.domain.outcome import OutcomeFacts, ResourceRow, SdgRow
from outcome_reporting.domain.placeholder import find_placeholder

from .context import MEASURES
from .model import Block, Page


def reasons_not_to_publish(page: Page, facts: OutcomeFacts) -> list[str]:
    """Empty when the page may be published."""
    return [
        *_placeholders(page),
        *_empty_blocks(page),
        *_figures(page),
        *_notes(page, facts),
        *_sums(facts, page.year),
        *_cells(facts, page.year),
    ]


def _prose(page: Page) -> Iterator[tuple[str, object, str]]:
    """(block, what in it, text) of everything people wrote; results stand as written and are not judged."""
    yield "title", "", page.title
    for block in page.blocks:
        yield block.title, "", block.text
        for fact in block.facts:
            yield block.title, "", fact.text
            for code, text in fact.items:
                yield block.title, code, text
        for note in block.notes:
            yield block.title, note.source.fiscal_year, note.source.title
            yield block.title, note.source.fiscal_year, note.source.note
        rows = [row for table in block.tables for row in table.rows]
        listed = block.listing.headings if block.listing is not None else []
        if find_placeholder("\n".join([*[row.heading for row in rows], *listed])):  # else none of hundreds holds one
            yield from ((block.title, row.code or row.heading, row.heading) for row in rows)
            codes = block.listing.codes if block.listing is not None else []
            yield from ((block.title, part, heading) for part, heading in zip(codes or listed, listed, strict=True))


def _placeholders(page: Page) -> list[str]:
    reasons = []
    for block, part, text in _prose(page):
        match = find_placeholder(text) if text else None
        if match:
            place = f"{block}, {part}" if part else block
            reasons.append(f"{place} holds the placeholder text “{match}”")
    return reasons


def _is_empty(block: Block) -> bool:
    return not (block.facts or block.text or block.charts or block.tables or block.notes)


def _empty_blocks(page: Page) -> list[str]:
    reasons = [
        f"block “{b.title}” is empty and does not say why" for b in page.blocks if _is_empty(b) and not b.empty_reason
    ]
    for block in page.blocks:
        for table in block.tables:
            if not table.rows and not table.note:
                reasons.append(f"table “{table.caption}” is empty and does not say why")
    return reasons


def _are_clear(page: Page) -> bool:
    """Whether every figure has an id and each id one value; of a listing all ids are taken at once."""
    values: dict[str, str] = {}
    listed = 0
    for block in page.blocks:
        for column in block.listing.amounts if block.listing else ():
            values.update(zip(column.ids, column.values, strict=True))
            listed += len(column.ids)
    if len(values) < listed:
        return False  # an id stands twice in listings: look at each
    is_one = all(values.setdefault(one.id, one.value) == one.value for one in page.figures_but_listed())
    return is_one and "" not in values


def _figures(page: Page) -> list[str]:
    reasons = []
    if not _are_clear(page):
        values: dict[str, str] = {}
        for figure in page.figures():
            if not figure.id:
                reasons.append(f"the figure {figure.text} has no id")
            elif values.setdefault(figure.id, figure.value) != figure.value:
                reasons.append(f"figure {figure.id} is both {values[figure.id]} and {figure.value}")
    for block in page.blocks:
        for table in block.tables:
            reasons.extend(_amounts_without_id(block, table))
    return reasons


def _amounts_without_id(block: Block, table) -> list[str]:
    """A table of dollars whose number cell holds words that look like an amount."""
    if table.unit != "USD":
        return []
    numbers = [place for place, column in enumerate(table.columns[1:]) if column.is_number]
    return [
        f"{block.title}: the amount {row.cells[place].text} of “{row.heading}” has no figure id"
        for row in table.rows + table.totals
        for place in numbers
        if row.cells[place].figure is None and any(letter.isdigit() for letter in row.cells[place].text)
    ]


def _notes(page: Page, facts: OutcomeFacts) -> list[str]:
    reasons = []
    first, _, last = facts.plan_period.partition("-")
    for block in page.blocks:
        for note in block.notes:
            year = note.source.fiscal_year
            if not year or str(year) not in note.heading:
                reasons.append(f"the note “{note.source.title}” stands under no year")
            elif last and not int(first) <= year <= int(last):
                reasons.append(f"the note “{note.source.title}” is of {year}, outside the plan period")
    return reasons


def _difference(what: str, measure: str, found: int, expected: int, year: int) -> list[str]:
    if found == expected:
        return []
    return [
        f"{what} of {year} sum to {format_usd(found)} {measure}, the outcome's resources to {format_usd(expected)} "
        f"(difference {format_usd(found - expected)})"
    ]


def _sums(facts: OutcomeFacts, year: int) -> list[str]:
    """SDG lines against resources (by fund type), partner lines and each kind of plan element against expenses."""
    resources: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    sdg: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    rows: Sequence[ResourceRow] | Sequence[SdgRow]
    for rows, sums in ((facts.resources, resources), (facts.sdg, sdg)):
        for row in rows:
            if row.fiscal_year == year:
                money = sums[row.fund_type]
                money[0] += row.planned
                money[1] += row.available
                money[2] += row.expense
    reasons = []
    for fund_type in sorted(resources.keys() | sdg.keys()):
        if sdg[fund_type] == resources[fund_type]:
            continue
        for measure, found, expected in sorted(zip(MEASURES, sdg[fund_type], resources[fund_type], strict=True)):
            reasons += _difference(f"the SDG lines ({fund_type})", measure, found, expected, year)
    planned, _, expense = map(sum, zip(*resources.values(), strict=True)) if resources else (0, 0, 0)
    partners = sum([row.expense for row in facts.partners if row.fiscal_year == year])
    reasons += _difference("the partner lines", "expense", partners, expense, year)
    kinds: dict[str, list[int]] = {}
    for line in facts.plan:
        if line.fiscal_year == year:
            total = kinds.setdefault(line.kind, [0, 0])
            total[0] += line.planned
            total[1] += line.expense
    if not kinds and (planned or expense):
        kinds[""] = [0, 0]
    for kind, total in sorted(kinds.items()):
        what = f"the strategic-plan lines ({kind or 'no framework'})"
        reasons += _difference(what, "planned", total[0], planned, year)
        reasons += _difference(what, "expense", total[1], expense, year)
    return reasons


def _cells(facts: OutcomeFacts, year: int) -> list[str]:
    """The cells behind each kind of fund against what is published of it, where cells are known."""
    sources = facts.sources.get(year)
    if sources is None:
        return []
    published = {
        (measure, row.fund_type): getattr(row, measure)
        for row in facts.resources
        if row.fiscal_year == year
        for measure in MEASURES
    }
    reasons = []
    for measure, fund_type in sorted(published.keys() | sources.funds.keys()):
        found = sources.funds.get((measure, fund_type))
        cents = found.share if found else 0
        what = f"the spreadsheet cells ({fund_type})"
        reasons += _difference(what, measure, cents, published.get((measure, fund_type), 0), year)
    return reasons
