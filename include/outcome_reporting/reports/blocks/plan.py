"""Block 7: the same money once for each kind of strategic-plan element; three tabs that are not added up."""

from __future__ import annotations

from outcome_reporting.domain.codes import natural_key
from outcome_reporting.domain.figures import plan_what, what_text
from outcome_reporting.domain.outcome import PLAN_KINDS, PlanRow

from ..context import Context
from ..model import Block, Cell, Column, Row, Table


def rows_of_year(context: Context) -> list[PlanRow]:
    return [row for row in context.facts.plan if row.fiscal_year == context.year]


def _row(context: Context, row: PlanRow, whole: int) -> Row:
    what = what_text(*plan_what(row.framework, row.element, row.kind))
    title = row.element_name if row.element else context.texts(f"plan.unlinked.{row.kind}")
    width = 100 * row.expense / whole if whole > 0 and row.expense > 0 else 0.0
    return Row(
        title,
        [
            *context.money_cells(
                context.ids.stem(context.year, what), {"planned": row.planned, "expense": row.expense}
            ),
            Cell(bar_percent=width),
        ],
        code=row.element,
        part=("plan", row.framework, row.kind, row.element),
        key=what,
    )


def _table(context: Context, kind: str, rows: list[PlanRow]) -> Table:
    texts, year = context.texts, context.year
    planned, _, expense = context.totals(year)
    ordered = sorted(rows, key=lambda row: (row.element == "", natural_key(row.element)))
    total = Row(
        texts("plan.total", year=year),
        [
            *context.money_cells(context.ids.stem(year, ""), {"planned": planned, "expense": expense}),
            Cell(),
        ],
        style="total",
    )
    columns = [
        Column(texts("plan.column")),
        Column(texts("resources.planned"), is_number=True),
        Column(texts("resources.expense"), is_number=True),
        Column(texts("plan.share"), is_bar=True),
    ]
    title = texts(f"plan.{kind}")
    caption = texts("plan.caption", kind=title, year=year)
    lines = [_row(context, row, expense) for row in ordered]
    return Table(f"plan-{PLAN_KINDS.index(kind) + 1}", caption, "USD", columns, lines, [total], tab=title)


def _finding(context: Context, rows: list[PlanRow]) -> str:
    """The largest linked element of any kind; neutral where nothing is linked or spent."""
    texts, whole = context.texts, context.totals(context.year)[2]
    linked = [row for row in rows if row.element and row.expense > 0]
    if whole <= 0 or not linked:
        return texts("plan.neutral", year=context.year)
    largest = min(linked, key=lambda row: (-row.expense, natural_key(row.element), row.kind))
    share = context.of(largest.expense, whole)
    return texts("plan.finding", percent=share, element=f"“{largest.element_name or largest.element}”")


def build(context: Context) -> Block:
    texts, year = context.texts, context.year
    block = Block("plan", texts("plan.title"), texts("plan.short"))
    rows = rows_of_year(context)
    named = [row for row in rows if row.kind]
    if not named:
        block.empty_reason = texts("plan.no_framework" if rows else "plan.empty", year=year)
        return block
    framework = texts.period(named[0].framework)
    block.finding = _finding(context, named)
    for kind in PLAN_KINDS:
        of_kind = [row for row in named if row.kind == kind]
        if of_kind:
            block.tables.append(_table(context, kind, of_kind))
        else:
            title = texts(f"plan.{kind}")
            reason = texts("plan.no_kind", framework=framework, kind=title.lower())
            key = f"plan-{PLAN_KINDS.index(kind) + 1}"
            block.tables.append(Table(key, title, "", [], [], tab=title, note=reason))
    block.remarks = [("", texts("plan.note", framework=framework))]
    return block
