"""Block 4: the year's money by SDG goal and target; what is not linked is shown, and why."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from outcome_reporting.domain.codes import GOAL_COUNT, natural_key, sdg_sort_key
from outcome_reporting.domain.figures import FigureIds, sdg_what, what_text
from outcome_reporting.domain.money import format_usd
from outcome_reporting.domain.outcome import SdgRow

from ..context import MEASURES, Context, Money
from ..model import AmountColumn, Block, Cell, Column, GoalBar, GoalBars, Listing, Row, Table
from ..numbers import unit_of

UNLINKED = "X00"
_Lines = dict[tuple[str, str], tuple[list[int], set[str]]]  # (goal, target) -> money, methods


def _summed(rows: Iterable[tuple[Any, SdgRow]]) -> dict[Any, tuple[list[int], set[str]]]:
    """Money and methods of the rows under each key."""
    sums: dict[Any, tuple[list[int], set[str]]] = {}
    for key, row in rows:
        known = sums.get(key)
        if known is None:
            sums[key] = [row.planned, row.available, row.expense], {row.method}
            continue
        money, methods = known
        money[0] += row.planned
        money[1] += row.available
        money[2] += row.expense
        methods.add(row.method)
    return sums


# The same few hundred lines stand on all pages.


@lru_cache(maxsize=1024)
def _order(line: tuple[str, str]) -> int:
    return sdg_sort_key(line[1] or line[0])


@lru_cache(maxsize=1024)
def _what(goal: str, target: str) -> str:
    return what_text(*sdg_what(goal, target))


def lines(context: Context) -> _Lines:
    """The page's year by (goal, target) over outputs and funds, in natural order of codes, X00 last."""
    sums = _summed(((row.goal, row.target), row) for row in context.facts.sdg if row.fiscal_year == context.year)
    return {key: sums[key] for key in sorted(sums, key=_order)}


def goal_totals(found: _Lines) -> dict[str, Money]:
    """Goal totals are sums of rounded lines, never rounded again."""
    totals: dict[str, list[int]] = {}
    for (goal, _), (money, _) in found.items():
        total = totals.setdefault(goal, [0, 0, 0])
        for place in range(3):
            total[place] += money[place]
    return {goal: (total[0], total[1], total[2]) for goal, total in totals.items()}


def goal_title(context: Context, goal: str) -> str:
    if goal == UNLINKED:
        return context.texts("sdg.unlinked")
    return context.facts.labels.goals.get(goal, context.texts("sdg.goal_word", goal=goal).rstrip(", "))


def short_title(context: Context, goal: str) -> str:
    """For charts and sentences, where the full title would run into the amount on a phone."""
    if goal == UNLINKED or not goal.isdigit() or not 1 <= int(goal) <= GOAL_COUNT:
        return goal_title(context, goal)
    return context.texts(f"goal.{goal}")


def _line_title(context: Context, goal: str, target: str) -> str:
    if not target:
        return context.texts("sdg.goal_line")
    return context.facts.labels.targets.get(target, "")


def _cells(context: Context, what: str, money: list[int] | Money, method: str) -> list[Cell]:
    amounts = dict(zip(MEASURES, money, strict=True))
    cells = context.money_cells(context.ids.stem(context.year, what), amounts)
    return [*cells, context.words(method) if method else Cell()]


def _columns(context: Context, first: str) -> list[Column]:
    texts = context.texts
    names = (texts(f"resources.{name}") for name in MEASURES)
    return [Column(texts(first)), *(Column(name, is_number=True) for name in names), Column(texts("sdg.method"))]


def _total(context: Context) -> Row:
    cells = _cells(context, "", context.totals(context.year), "")
    return Row(context.texts("sdg.total", year=context.year), cells, style="total")


def _table(context: Context, found: _Lines, totals: dict[str, Money]) -> Table:
    rows: list[Row] = []
    for goal, money in totals.items():
        methods = ", ".join(sorted(found[(goal, "")][1])) if goal == UNLINKED else ""
        key = what_text("sdg", goal)
        cells = _cells(context, key, money, methods)
        part = ("goal", goal) if goal != UNLINKED else ("line", goal, "")
        rows.append(Row(goal_title(context, goal), cells, goal=goal, style="group", part=part, key=key))
        for (line_goal, target), (line, kinds) in found.items():
            if line_goal == goal and goal != UNLINKED:
                what = _what(goal, target)
                cells = _cells(context, what, line, ", ".join(sorted(kinds)))
                title, part = _line_title(context, goal, target), ("line", goal, target)
                rows.append(Row(title, cells, code=target or goal, style="sub", part=part, key=what))
    caption = context.texts("sdg.caption", year=context.year)
    note = context.texts("sdg.note")
    return Table("sdg", caption, "USD", _columns(context, "sdg.column"), rows, [_total(context)], note=note)


def _by_output(context: Context) -> Listing:
    """The finer grain, for the workbook: each output's own lines."""
    of_year = [row for row in context.facts.sdg if row.fiscal_year == context.year]
    sums = _summed(((row.output, row.goal, row.target), row) for row in of_year)
    keys = sorted(sums, key=lambda key: (natural_key(key[0]), _order(key[1:])))
    outputs = {output for output, _, _ in keys}
    of_output = {one: FigureIds(one, context.facts.plan_period).stem(context.year, "") for one in outputs}
    stems = [f"{of_output[output]}{_what(goal, target)}:" for output, goal, target in keys]
    unlinked = context.texts("sdg.unlinked")
    return Listing(
        context.texts("sdg.output_caption", year=context.year),
        "USD",
        _columns(context, "sdg.output"),
        headings=[unlinked if goal == UNLINKED else _line_title(context, goal, target) for _, goal, target in keys],
        contents=[
            *(
                AmountColumn([stem + measure for stem in stems], [sums[key][0][place] for key in keys])
                for place, measure in enumerate(MEASURES)
            ),
            [", ".join(sorted(sums[key][1])) for key in keys],
        ],
        totals=[_total(context)],
        codes=[f"{output} {target or goal}" for output, goal, target in keys],
    )


def _chart(context: Context, found: _Lines, totals: dict[str, Money]) -> GoalBars:
    texts, year = context.texts, context.year
    whole = context.totals(year)[2]
    unit = unit_of(max(max(abs(money[0]), abs(money[2])) for money in totals.values()))
    goals = sorted(totals, key=lambda goal: (goal == UNLINKED, -totals[goal][2], _order((goal, ""))))
    bars = []
    for goal in goals:
        planned, _, expense = totals[goal]
        what = what_text("sdg", goal)
        pieces = [(t or goal, line[2]) for (g, t), (line, _) in found.items() if g == goal and line[2] > 0]
        bars.append(
            GoalBar(
                goal,
                short_title(context, goal),
                context.money(context.ids(year, what, "expense"), expense),
                context.money(context.ids(year, what, "planned"), planned),
                context.of(expense, whole) if whole > 0 else "",
                sorted(pieces, key=lambda piece: (-piece[1], sdg_sort_key(piece[0]))),
            )
        )
    said = "; ".join(f"{bar.title}: USD {context.short(bar.expense.cents or 0, unit)}" for bar in bars)
    subtitle = texts("sdg.sub", year=year, unit=context.unit_words(unit))
    return GoalBars(texts("sdg.neutral", year=year), subtitle, said + ".", bars)


def _finding(context: Context, totals: dict[str, Money]) -> str:
    texts, year = context.texts, context.year
    place, key = 2, "sdg.finding"
    whole = context.totals(year)[2]
    if whole == 0:
        place, key, whole = 0, "sdg.finding_planned", context.totals(year)[0]
    if whole <= 0 or any(money[place] < 0 for money in totals.values()):
        return texts("sdg.neutral", year=year)
    linked = {goal: money[place] for goal, money in totals.items() if goal != UNLINKED and money[place]}
    if not linked:
        return texts("sdg.all_unlinked", year=year) if place == 2 else texts("sdg.neutral", year=year)
    largest = min(linked, key=lambda goal: (-linked[goal], _order((goal, ""))))
    goal = short_title(context, largest)
    sentence = texts(key, percent=context.of(linked[largest], whole), goal=goal[:1].lower() + goal[1:])
    unlinked = totals.get(UNLINKED, (0, 0, 0))[place]
    if unlinked:
        sentence += "; " + texts("sdg.and_unlinked", percent=context.of(unlinked, whole))
    return sentence


def _why_unlinked(context: Context, money: Money) -> tuple[str, str]:
    """(beginning, words): how much is not linked, by cause; by expense, or by plan where nothing is spent."""
    texts = context.texts
    place, attribute = (2, "expense") if money[2] else (0, "planned")
    amounts: dict[tuple[str, bool], int] = {}
    for row in context.facts.sdg:
        if row.fiscal_year == context.year and row.goal == UNLINKED:
            key = (row.output, row.method != "none")
            amounts[key] = amounts.get(key, 0) + getattr(row, attribute)
    held = {h.output: h for h in context.facts.held_outputs if h.fiscal_year == context.year}
    causes = []
    for (output, is_tagged), cents in sorted(amounts.items(), key=lambda item: natural_key(item[0][0])):
        values = {"output": output, "amount": format_usd(cents)}
        if not cents:
            continue
        if is_tagged:
            causes.append(texts("sdg.why_tagged", **values))
        elif output not in held:
            causes.append(texts("sdg.why_untagged", **values))
        elif held[output].reason:
            causes.append(texts("sdg.why_held", reason=held[output].reason, **values))
        else:
            causes.append(texts("sdg.why_held_sum", sum=held[output].weight_sum, **values))
    return texts("sdg.why", amount=format_usd(money[place])), "; ".join(causes) + "."


def build(context: Context) -> Block:
    texts = context.texts
    block = Block("sdg", texts("sdg.title"), texts("sdg.short"))
    found = lines(context)
    if not found:
        block.empty_reason = texts("sdg.empty", year=context.year)
        return block
    totals = goal_totals(found)
    block.view = "both"
    block.finding = _finding(context, totals)
    block.charts = [_chart(context, found, totals)]
    block.tables = [_table(context, found, totals)]
    block.listing = _by_output(context)
    unlinked = totals.get(UNLINKED)
    if unlinked and (unlinked[2] or unlinked[0]):
        block.remarks = [_why_unlinked(context, unlinked)]
    return block
