"""Block 5: who funds this outcome. A withheld partner is money in one line, never a name."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from outcome_reporting.domain.figures import what_text
from outcome_reporting.domain.partner_lines import smaller_partners

from ..context import DASH, Context
from ..model import AmountColumn, Block, Cell, Column, Listing, PartnerBar, PartnerBars, Row, Table
from ..numbers import unit_of

_BARS = 14  # partners drawn
_NAME_DRAWN = 34  # letters of a name in the chart; the table has it whole
_LAST = {"withheld": 1, "unattributed": 2}
_REMAINDERS = {"core pool": "(core)", "withheld": "(withheld)", "unattributed": "(none)"}


@dataclass(slots=True)
class Line:
    """One line of the table: money of the page's year in cents. `partner` is a code or a bracketed remainder.

    `has_contribution` is False where the partner's direct line tells the contribution.
    """

    partner: str
    name: str
    type_name: str
    kind: str
    expense: int
    contribution: int
    has_contribution: bool = True

    @property
    def measure(self) -> str:
        return "imputed" if self.kind == "imputed" else "expense"

    @property
    def is_remainder(self) -> bool:
        return self.kind in _REMAINDERS or self.partner == "(other)"


def lines(context: Context) -> list[Line]:
    """Named partners by amount, the core pool among them first, withheld and unattributed last."""
    found: dict[tuple[str, str], Line] = {}
    types = context.facts.labels.contributor_types
    for row in context.facts.partners:
        if row.fiscal_year != context.year:
            continue
        kind = row.kind
        key = (_REMAINDERS.get(kind) or row.partner, kind)
        line = found.get(key)
        if line is not None:
            line.expense += row.expense
            line.contribution += row.contribution
        elif kind in _REMAINDERS:
            found[key] = Line(key[0], context.texts(f"partners.{kind}"), "", kind, row.expense, row.contribution)
        else:
            type_name = types.get(row.contributor_type, row.contributor_type)
            found[key] = Line(key[0], row.name or row.partner, type_name, kind, row.expense, row.contribution)
    _join_contributions(found)
    listed = sorted(found.values(), key=attrgetter("kind"))  # the least of the orders first, the greatest last
    listed.sort(key=attrgetter("name"))
    listed.sort(key=attrgetter("contribution"), reverse=True)
    listed.sort(key=attrgetter("expense"), reverse=True)
    listed.sort(key=lambda line: _LAST.get(line.kind, 0))
    return listed


def _join_contributions(found: dict[tuple[str, str], Line]) -> None:
    """A partner's contribution has one figure: it stands in the direct line where there are two."""
    for (code, kind), line in found.items():
        direct = found.get((code, "direct")) if kind == "imputed" else None
        if direct is not None:
            direct.contribution += line.contribution
            line.contribution, line.has_contribution = 0, False


def shortened(context: Context, listed: list[Line]) -> list[Line]:
    """Where many partners are named, the smaller ones are one line `(other)` whose money is their sum."""
    named = [line for line in listed if line.kind == "direct"]
    smaller = smaller_partners(named)
    if not smaller:
        return listed
    rest = [line for line in named if line.partner in smaller]
    kept = [line for line in listed if line.kind != "direct" or line.partner not in smaller]
    expense = sum(line.expense for line in rest)
    contribution = sum(line.contribution for line in rest)
    other = Line("(other)", context.texts("partners.other", count=len(rest)), "", "direct", expense, contribution)
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
            known = line.has_contribution
            cells.append(own_cell(what, "contribution", line.contribution) if known else words(""))
        cells.append(own_cell(what, line.measure, line.expense))
        key = f"{what}:imputed" if line.kind == "imputed" else what
        rows.append(Row(line.name, cells, "", "", "", ("partner", line.kind, line.partner), key))
    columns, totals, note = _surroundings(context, has_contributions)
    caption = context.texts("partners.caption", year=context.year)
    return Table("partners", caption, "USD", columns, rows, totals, is_shortened=not is_whole, note=note)


def _listing(context: Context, listed: list[Line], has_contributions: bool) -> Listing:
    """The same by column, of hundreds of lines."""
    whats = [what_text("partner", line.partner) for line in listed]
    types = [line.type_name or DASH for line in listed]
    kinds = [line.kind for line in listed]
    expenses = [f"{what}:{line.measure}" for what, line in zip(whats, listed, strict=True)]
    contents: list[list[str] | AmountColumn] = [types, kinds]
    if has_contributions:
        owns = [f"{what}:contribution" for what in whats]
        known = [line.contribution if line.has_contribution else None for line in listed]
        contents.append(context.own_amounts(owns, known))
    contents.append(context.own_amounts(expenses, [line.expense for line in listed]))
    columns, totals, note = _surroundings(context, has_contributions)
    caption, names = context.texts("partners.all_caption", year=context.year), [line.name for line in listed]
    return Listing(caption, "USD", columns, names, contents, totals, note)


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


def _finding(context: Context, listed: list[Line]) -> str:
    texts, year = context.texts, context.year
    whole = context.totals(year)[2]
    named = [line for line in listed if not line.is_remainder and line.expense > 0]
    core = sum(line.expense for line in listed if line.kind == "core pool")
    if whole <= 0 or core < 0:
        return texts("partners.neutral", year=year)
    if core and named:
        share = context.of(sum(line.expense for line in named), whole)
        key = "partners.finding" if len(named) > 1 else "partners.finding_one"
        count = texts.count(len(named), is_first=False)
        return texts(key, core=context.of(core, whole), count=count, named=share)
    if named:
        largest = max(named, key=lambda line: line.expense)
        return texts("partners.finding_named", partner=largest.name, percent=context.of(largest.expense, whole))
    return texts("partners.neutral", year=year)


def build(context: Context) -> Block:
    texts, year = context.texts, context.year
    block = Block("partners", texts("partners.title"), texts("partners.short"))
    listed = lines(context)
    if not listed:
        block.empty_reason = texts("partners.empty", year=year)
        return block
    short = shortened(context, listed)
    block.view = "chart"
    block.finding = _finding(context, listed)
    chart = _chart(context, short)
    block.charts = [chart] if chart else []
    has_contributions = any(line.contribution for line in listed)
    block.tables = [_table(context, short, has_contributions, is_whole=short is listed)]
    if short is not listed:
        block.listing = _listing(context, listed, has_contributions)
    block.view = "chart" if chart else ""
    return block
