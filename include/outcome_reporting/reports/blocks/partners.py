"""Block 5: who funds this outcome. A withheld partner is money in one line, never a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from operator import attrgetter
from typing import Any, NamedTuple

from outcome_reporting.domain.figures import what_text
from outcome_reporting.domain.partner_lines import smaller_partners

from ..context import DASH, Context
from ..model import AmountColumn, Block, Cell, Column, Listing, PartnerBar, PartnerBars, Row, Table
from ..numbers import unit_of

_BARS = 14  # partners drawn
_NAME_DRAWN = 34  # letters of a name in the chart; the table has it whole
_LAST = {"withheld": 1, "unattributed": 2}
_EXPENSE = attrgetter("expense")
_REMAINDERS = {"core pool": "(core)", "withheld": "(withheld)", "unattributed": "(none)"}


class Line(NamedTuple):
    """One line of the table: money of the page's year in cents. `partner` is a code or a bracketed remainder.

    `contribution` is None where the partner's direct line tells it.
    """

    partner: str
    name: str
    type_name: str
    kind: str
    expense: int
    contribution: int | None

    @property
    def measure(self) -> str:
        return "imputed" if self.kind == "imputed" else "expense"

    @property
    def is_remainder(self) -> bool:
        return self.kind in _REMAINDERS or self.partner == "(other)"


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a year by column, in the order of the table: a page has hundreds and shows few."""

    partners: list[str]
    names: list[str]
    types: list[str]
    kinds: list[str]
    expenses: list[int]
    contributions: list[int | None]

    @property
    def columns(self) -> tuple[list[Any], ...]:
        return self.partners, self.names, self.types, self.kinds, self.expenses, self.contributions

    def __iter__(self) -> Iterator[Line]:
        return map(Line._make, zip(*self.columns, strict=True))

    def some(self, places: Sequence[int]) -> Lines:
        """Those at these places, in their order."""
        return Lines(*([column[place] for place in places] for column in self.columns))


def lines(context: Context) -> Lines:
    """Named partners by amount, the core pool among them first, withheld and unattributed last."""
    year, titles = context.year, context.facts.labels.contributor_types
    rows = [row for row in context.facts.partners if row.fiscal_year == year]
    rows.sort(key=_EXPENSE, reverse=True)  # so that hardly any line has to change its place below
    _, partners, names, types, kinds, expenses, given = map(list, zip(*rows, strict=True)) if rows else ([],) * 7
    found = Lines(
        partners,
        [name or partner for name, partner in zip(names, partners, strict=True)],
        [titles.get(code, code) for code in types],
        kinds,
        expenses,
        given,
    )
    own = set(kinds)
    if "imputed" in own:
        _join_contributions(found)
    if not own.isdisjoint(_REMAINDERS):
        _name_remainders(context, found)
    return _ordered(found, own)


def _join_contributions(found: Lines) -> None:
    """A partner's contribution has one figure: it stands in the direct line where there are two."""
    direct = {partner: place for place, partner in enumerate(found.partners) if found.kinds[place] == "direct"}
    for place, kind in enumerate(found.kinds):
        if kind == "imputed" and (own := direct.get(found.partners[place])) is not None:
            found.contributions[own] = (found.contributions[own] or 0) + (found.contributions[place] or 0)
            found.contributions[place] = None


def _name_remainders(context: Context, found: Lines) -> None:
    for place, kind in enumerate(found.kinds):
        if kind in _REMAINDERS:
            found.partners[place], found.types[place] = _REMAINDERS[kind], ""
            found.names[place] = context.texts(f"partners.{kind}")


def _ordered(found: Lines, kinds: set[str]) -> Lines:
    """The lines, which stand by expense, as they are listed: the least of the orders first, the greatest last."""
    places = list(range(len(found.partners)))
    order = places.copy()
    if len(set(found.expenses)) < len(order):  # else no other order counts
        order.sort(key=found.kinds.__getitem__)
        order.sort(key=found.names.__getitem__)
        order.sort(key=lambda place: found.contributions[place] or 0, reverse=True)
        order.sort(key=found.expenses.__getitem__, reverse=True)
    if not kinds.isdisjoint(_LAST):
        order.sort(key=lambda place: _LAST.get(found.kinds[place], 0))
    return found if order == places else found.some(order)


def shortened(context: Context, listed: Lines) -> list[Line]:
    """Where many partners are named, the smaller ones are one line `(other)` whose money is their sum."""
    is_direct = [kind == "direct" for kind in listed.kinds]
    given = [cents or 0 for cents in listed.contributions]
    every = zip(listed.partners, listed.names, listed.expenses, given, strict=True)
    smaller = smaller_partners(compress(every, is_direct))
    if not smaller:
        return list(listed)
    is_smaller = [direct and partner in smaller for partner, direct in zip(listed.partners, is_direct, strict=True)]
    kept = list(listed.some([place for place, is_summed in enumerate(is_smaller) if not is_summed]))
    expense = sum(compress(listed.expenses, is_smaller))
    contribution = sum(compress(given, is_smaller))
    other = Line("(other)", context.texts("partners.other", count=len(smaller)), "", "direct", expense, contribution)
    place = next((i for i, line in enumerate(kept) if line.kind in _LAST), len(kept))
    return [*kept[:place], other, *kept[place:]]


def _table(context: Context, listed: list[Line], has_contributions: bool, is_whole: bool) -> Table:
    """A row for each line; the column of contributions stands where any is recorded."""
    words, own_cell = context.words, context.own_cell
    rows = []
    for line in listed:
        what = what_text("partner", line.partner)
        cells = [words(line.type_name), words(line.kind)]
        if has_contributions:
            is_told = line.contribution is not None
            cells.append(own_cell(what, "contribution", line.contribution or 0) if is_told else words(""))
        cells.append(own_cell(what, line.measure, line.expense))
        key = f"{what}:imputed" if line.kind == "imputed" else what
        rows.append(Row(line.name, cells, "", "", "", ("partner", line.kind, line.partner), key))
    columns, totals, note = _surroundings(context, has_contributions)
    caption = context.texts("partners.caption", year=context.year)
    return Table("partners", caption, "USD", columns, rows, totals, is_shortened=not is_whole, note=note)


def _listing(context: Context, listed: Lines, has_contributions: bool) -> Listing:
    """The same by column, of hundreds of lines."""
    contents: list[list[str] | AmountColumn] = [[name or DASH for name in listed.types], listed.kinds]
    if has_contributions:
        contents.append(context.own_amounts(map(_contribution_id, listed.partners), listed.contributions))
    spent = list(map(_expense_id, listed.partners))
    for place, kind in enumerate(listed.kinds):
        if kind == "imputed":
            spent[place] = _imputed_id(listed.partners[place])
    contents.append(context.own_amounts(spent, listed.expenses))
    columns, totals, note = _surroundings(context, has_contributions)
    caption = context.texts("partners.all_caption", year=context.year)
    return Listing(caption, "USD", columns, listed.names, contents, totals, note)


# The ids of a partner's figures but for what begins them are the same on all pages.


@lru_cache(maxsize=4096)
def _expense_id(partner: str) -> str:
    return f"{what_text('partner', partner)}:expense"


@lru_cache(maxsize=4096)
def _imputed_id(partner: str) -> str:
    return f"{what_text('partner', partner)}:imputed"


@lru_cache(maxsize=4096)
def _contribution_id(partner: str) -> str:
    return f"{what_text('partner', partner)}:contribution"


def _surroundings(context: Context, has_contributions: bool) -> tuple[list[Column], list[Row], str]:
    """Columns, total and note, the same of the table and the listing."""
    texts, year = context.texts, context.year
    columns = [Column(texts("partners.column")), Column(texts("partners.type")), Column(texts("partners.kind"))]
    if has_contributions:
        columns.append(Column(texts("partners.contribution", year=year), is_number=True))
    total = context.money_cell(year, "", "expense", context.totals(year)[2])
    cells = [*[Cell()] * (len(columns) - 1), total]
    columns.append(Column(texts("partners.expense", year=year), is_number=True))
    notes = [texts("partners.note")]
    if not has_contributions:
        notes.append(texts("partners.no_contributions", year=year))
    if context.facts.labels.impute_core:
        notes.append(texts("partners.note_imputed"))
    return columns, [Row(texts("partners.total", year=year), cells, style="total")], " ".join(notes)


def _bar(context: Context, line: Line) -> PartnerBar:
    texts = context.texts
    what = what_text("partner", line.partner)
    figure = context.money(context.ids(context.year, what, line.measure), line.expense)
    style = "pool" if line.kind == "core pool" else "hatch" if line.is_remainder else "named"
    remark = ""
    if line.expense < 0:
        remark = texts("partners.refund")
    elif line.kind in ("withheld", "imputed"):
        remark = texts(f"partners.{line.kind}_remark")
    name = line.name if len(line.name) <= _NAME_DRAWN else line.name[: _NAME_DRAWN - 1].rstrip() + "…"
    return PartnerBar(name, figure, style, remark)


def _chart(context: Context, listed: list[Line]) -> PartnerBars | None:
    texts, year = context.texts, context.year
    spent = [line for line in listed if line.expense]
    if not spent:
        return None
    largest = sorted(spent, key=lambda line: -abs(line.expense))[:_BARS]
    keep = {id(line) for line in largest} | {id(line) for line in spent if line.is_remainder}
    drawn = [line for line in spent if id(line) in keep]
    unit = unit_of(max(abs(line.expense) for line in drawn))
    bars = [_bar(context, line) for line in drawn]
    said = "; ".join(f"{bar.name}: USD {context.short(bar.expense.cents or 0, unit)}" for bar in bars)
    key = "partners.sub_negative" if any(line.expense < 0 for line in drawn) else "partners.sub"
    subtitle = texts(key, year=year, unit=context.unit_words(unit))
    return PartnerBars(texts("partners.neutral", year=year), subtitle, said + ".", bars)


def _finding(context: Context, listed: Lines) -> str:
    texts, year = context.texts, context.year
    whole = context.totals(year)[2]
    spent = list(zip(listed.expenses, listed.kinds, strict=True))
    named = [expense for expense, kind in spent if expense > 0 and kind not in _REMAINDERS]
    core = sum([expense for expense, kind in spent if kind == "core pool"])
    if whole <= 0 or core < 0:
        return texts("partners.neutral", year=year)
    if core and named:
        key = "partners.finding" if len(named) > 1 else "partners.finding_one"
        count = texts.count(len(named), is_first=False)
        return texts(key, core=context.of(core, whole), count=count, named=context.of(sum(named), whole))
    if named:
        largest = max(named)
        name = next(line.name for line in listed if line.expense == largest and not line.is_remainder)
        return texts("partners.finding_named", partner=name, percent=context.of(largest, whole))
    return texts("partners.neutral", year=year)


def build(context: Context) -> Block:
    texts, year = context.texts, context.year
    block = Block("partners", texts("partners.title"), texts("partners.short"))
    listed = lines(context)
    if not listed.partners:
        block.empty_reason = texts("partners.empty", year=year)
        return block
    short = shortened(context, listed)
    block.view = "chart"
    block.finding = _finding(context, listed)
    chart = _chart(context, short)
    block.charts = [chart] if chart else []
    has_contributions = any(listed.contributions)
    is_whole = len(short) == len(listed.partners)
    block.tables = [_table(context, short, has_contributions, is_whole)]
    if not is_whole:
        block.listing = _listing(context, listed, has_contributions)
    block.view = "chart" if chart else ""
    return block
