"""The cells behind every outcome and year that is asked for: what a page shows when a figure is opened.

A total's cells are taken whole (nothing is split here), so a group's share is the plain sum of its cells. A few
statements read all outcomes together; withheld partners leave the database unnamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import tuple_row

from outcome_reporting.domain.money import plain_usd
from outcome_reporting.domain.outcome import Explanation, ResultSource, SourceLine, WeightSource, YearSources
from outcome_reporting.warehouse import source_statements as statements
from outcome_reporting.warehouse.cells import Cells, Numbers, large_enough, largest
from outcome_reporting.warehouse.source_cells import read_cells
from outcome_reporting.warehouse.source_names import Key, Rows, SourceNames, read_names
from outcome_reporting.warehouse.source_totals import GROUPS_SHOWN, GroupedCells

LINES_SHOWN = 20
_DOLLARS_IN = ("planned_usd", "available_usd", "amount_usd")  # by measure
_RESULT_VALUES = ("baseline", "milestone", "target", "result")


@dataclass(frozen=True, slots=True)
class Sources:
    """What `read_sources` found: the years of each outcome, and the core revenue by (year, partner) in percent.

    `withheld` are the partners that it leaves unnamed.
    """

    years: Mapping[Key, Mapping[int, YearSources]]
    core_revenue: Mapping[tuple[int, str], str]
    withheld: frozenset[str]


@dataclass(slots=True)
class _Year:
    """One outcome and year while it is gathered."""

    funds: dict[tuple[str, str], Explanation] = field(default_factory=dict)
    partners: dict[tuple[str, str], Explanation] = field(default_factory=dict)
    contributions: dict[tuple[str, str], Explanation] = field(default_factory=dict)
    lines: dict[str, list[SourceLine]] = field(default_factory=lambda: defaultdict(list))
    sdg_weights: dict[tuple[str, str], WeightSource] = field(default_factory=dict)
    plan_weights: dict[tuple[str, str], WeightSource] = field(default_factory=dict)
    results: dict[tuple[str, str], ResultSource] = field(default_factory=dict)


_Years = dict[Key, dict[int, _Year]]


def read_sources(
    connection: psycopg.Connection[Any],
    snapshot: datetime,
    run_date: date,
    offices: Sequence[str] | None,
    outputs_of: Mapping[Key, Sequence[str]],
    is_imputed: bool = False,
    withheld: Collection[str] = (),
) -> Sources:
    """The cells of these outcomes, of which the outputs are given, of these offices that were live at the snapshot.

    Partners in `withheld`, or withheld at `run_date` by the partner list of the snapshot, are left unnamed. Of what
    is published nothing is read.
    """
    if not outputs_of:
        return Sources({}, {}, frozenset(withheld))
    given: dict[str, Any] = {
        "snapshot": snapshot,
        "run_date": run_date,
        "offices": None if offices is None else list(offices),
        "withheld": list(withheld),
    }
    connection.cursor(row_factory=tuple_row).execute(statements.PLANNING)

    def rows(query: str, **more: Any) -> list[tuple[Any, ...]]:
        return connection.cursor(row_factory=tuple_row).execute(query, given | more).fetchall()

    names = read_names(rows, outputs_of, withheld)
    cells = read_cells(connection, names, given)
    found: _Years = defaultdict(lambda: defaultdict(_Year))
    groups = GroupedCells(cells, names)
    for (key, year), measure, fund_type, explanation in groups.of_funds():
        found[key][year].funds[statements.MEASURES[measure], fund_type] = explanation
    for (key, year), measure, kind, explanation in groups.of_partners():
        own = found[key][year]
        (own.partners if measure == statements.EXPENSE else own.contributions)[kind] = explanation
    _lines(cells, names, rows, found)
    _sdg_weights(names, rows, found)
    _plan_weights(names, rows, found)
    _results(names, rows, found)
    revenue = rows(statements.CORE_REVENUE) if is_imputed else ()
    core_revenue = {(fiscal_year, partner): percent for fiscal_year, partner, percent in revenue}
    years = {key: {year: _year(one) for year, one in sorted(own.items())} for key, own in found.items()}
    return Sources(years, core_revenue, names.withheld)


def _lines(cells: Cells, names: SourceNames, rows: Rows, found: _Years) -> None:
    """The largest cells of each total of budgets and expenses, as they are written."""
    shown = _largest_cells(cells, names)
    columns = (cells.measure, cells.part, cells.row, cells.cents, names.page_of_place[cells.place])
    wanted = zip(*(column[shown].tolist() for column in columns), strict=True)
    others = iter(_amounts(cells.some(shown[~cells.is_dollars[shown]]), names, rows))
    for is_dollars, (measure, part, row, cents, page) in zip(cells.is_dollars[shown].tolist(), wanted, strict=True):
        file, sheet, letters = names.sheets[names.sheet_of_part[part]]
        column = letters[_DOLLARS_IN[measure] if is_dollars else "amount"]
        amount, currency, rate, rate_date, source = _in_dollars(cents) if is_dollars else next(others)
        key, year = names.pages[page]
        line = SourceLine(file, sheet, row, column, amount, currency, rate, rate_date, cents, rate_source=source)
        found[key][year].lines[statements.MEASURES[measure]].append(line)


def _in_dollars(cents: int) -> tuple[str, str, str, str, str]:
    """What stands in a cell of dollars: amount and currency, and no rate, date and source of one."""
    return plain_usd(cents), "USD", "", "", ""


def _amounts(cells: Cells, names: SourceNames, rows: Rows) -> list[tuple[str, ...]]:
    """Amount, currency, rate, its date and source of expenses whose dollars do not stand in the sheet."""
    if not len(cells.row):
        return []
    parts = cells.part.tolist()
    given = names.given(sorted(set(parts))) | {"of_parts": _text(parts), "rows": _text(cells.row.tolist())}
    return [(_plain(amount), *others) for amount, *others in rows(statements.AMOUNTS, **given)]


def _largest_cells(cells: Cells, names: SourceNames) -> Numbers:
    """The indexes of the cells that are told: of equals those of the first sheet and row."""
    spent = np.flatnonzero(cells.measure != statements.CONTRIBUTION)
    total = names.page_of_place[cells.place[spent]] * len(statements.MEASURES) + cells.measure[spent]
    few = large_enough(total, cells.cents[spent], LINES_SHOWN)
    total, few = total[few], spent[few]
    ties = (names.sheet_of_part[cells.part[few]], cells.row[few])
    return few[largest(total, cells.cents[few], LINES_SHOWN, ties)]


def _sdg_weights(names: SourceNames, rows: Rows, found: _Years) -> None:
    """Weights under each year whose money they split: the year's own, or those of the nearest earlier year."""
    written: dict[Key, dict[str, dict[int, dict[str, WeightSource]]]] = defaultdict(dict)
    for output, year, sdg, part, row, percent in _of_parts("sdg_weights", statements.SDG_WEIGHTS, names, rows):
        file, sheet, _ = names.sheets[names.sheet_of_part[part]]
        weight = WeightSource(percent, file, sheet, row, year)
        for place in names.places_of.get((output, year), ()):
            key, _ = names.pages[names.page_of_place[place]]
            written[key].setdefault(output, {}).setdefault(year, {})[sdg] = weight
    for key, outputs in written.items():
        for year, own in found[key].items():
            for output, by_year in outputs.items():
                earlier = [one for one in by_year if one <= year]
                if earlier:
                    own.sdg_weights |= {(output, sdg): weight for sdg, weight in by_year[max(earlier)].items()}


def _plan_weights(names: SourceNames, rows: Rows, found: _Years) -> None:
    for outcome, year, *element, part, row, percent in _of_parts("plan_links", statements.PLAN_WEIGHTS, names, rows):
        file, sheet, _ = names.sheets[names.sheet_of_part[part]]
        for own in _years_of(outcome, year, names, found):
            own.plan_weights[element[0], element[1]] = WeightSource(percent, file, sheet, row, year)


def _results(names: SourceNames, rows: Rows, found: _Years) -> None:
    for outcome, year, output, indicator, part, row in _of_parts("results", statements.RESULTS, names, rows):
        file, sheet, columns = names.sheets[names.sheet_of_part[part]]
        letters = {name: columns[name] for name in _RESULT_VALUES if columns.get(name)}
        for own in _years_of(outcome, year, names, found):
            own.results[output, indicator] = ResultSource(file, sheet, row, letters)


def _of_parts(dataset: str, query: str, names: SourceNames, rows: Rows) -> Sequence[tuple[Any, ...]]:
    parts = names.parts_of.get(dataset)
    return rows(query, **names.given(parts)) if parts else []


def _years_of(outcome: str, year: int, names: SourceNames, found: _Years) -> Iterator[_Year]:
    """This year of the outcome in each of its plan periods that has it."""
    for place in names.places_of_outcome.get((outcome, year), ()):
        key, _ = names.pages[names.page_of_place[place]]
        yield found[key][year]


def _year(one: _Year) -> YearSources:
    totals = {measure: _total(one, measure) for measure in dict.fromkeys(measure for measure, _ in one.funds)}
    return YearSources(
        totals, one.funds, one.partners, one.contributions, one.sdg_weights, one.plan_weights, one.results
    )


def _total(one: _Year, measure: str) -> Explanation:
    """All kinds of fund together: the largest of each are the largest of all."""
    parts = [explained for (own, _), explained in one.funds.items() if own == measure]
    groups = sorted((group for part in parts for group in part.groups), key=lambda group: -abs(group.share))
    shown, left = groups[:GROUPS_SHOWN], groups[GROUPS_SHOWN:]
    return Explanation(
        tuple(shown),
        tuple(one.lines[measure]),
        sum(part.rest_groups for part in parts) + len(left),
        sum(part.rest_lines for part in parts) + sum(group.lines for group in left),
        sum(part.rest_share for part in parts) + sum(group.share for group in left),
    )


def _text(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _plain(amount: str) -> str:
    """A decimal with at least two places."""
    whole, _, places = amount.partition(".")
    return f"{whole}.{places:0<2}"
