"""The cells behind every outcome and year that is asked for: what a page shows when a figure is opened.

A total's cells are taken whole (nothing is split here), so a group's share is the plain sum of its cells. A few
statements read all outcomes together; withheld partners leave the database unnamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import tuple_row

from outcome_reporting.domain.outcome import Explanation, ResultSource, SourceLine, WeightSource, YearSources
from outcome_reporting.warehouse import source_statements as statements
from outcome_reporting.warehouse.cells import Cells, Numbers, large_enough, largest
from outcome_reporting.warehouse.source_cells import read_cells
from outcome_reporting.warehouse.source_names import Key, Rows, SourceNames, read_names
from outcome_reporting.warehouse.source_totals import GROUPS_SHOWN, GroupedCells

LINES_SHOWN = 20
_WITHHELD = "select partner from report.withheld"
_RESULT_VALUES = ("baseline", "milestone", "target", "result")


@dataclass(frozen=True, slots=True)
class Sources:
    """What `read_sources` found: the years of each outcome, and the core revenue by (year, partner) in percent."""

    years: Mapping[Key, Mapping[int, YearSources]]
    core_revenue: Mapping[tuple[int, str], str]


@dataclass(frozen=True, slots=True)
class CellsAhead:
    """Sources that were read before their publication, and the partners that were withheld then."""

    sources: Sources
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
    offices: Sequence[str] | None = None,
    outcomes: Collection[Key] | None = None,
    is_imputed: bool = False,
) -> Sources:
    """The cells of these outcomes (None: all) of these offices (None: all) that were live at the snapshot.

    Partners withheld today, or at `run_date` by the partner list of the snapshot, are left unnamed.
    """
    keys = None if outcomes is None else sorted(outcomes)
    given: dict[str, Any] = {
        "snapshot": snapshot,
        "run_date": run_date,
        "offices": None if offices is None else list(offices),
        "codes": None if keys is None else [code for code, _ in keys],
        "periods": None if keys is None else [period for _, period in keys],
    }
    for statement in statements.PREPARATION:
        connection.execute(statement, given)

    def rows(query: str, **more: Any) -> list[tuple[Any, ...]]:
        return connection.cursor(row_factory=tuple_row).execute(query, given | more).fetchall()

    names = read_names(rows)
    cells = read_cells(connection, names)
    found: _Years = defaultdict(lambda: defaultdict(_Year))
    groups = GroupedCells(cells, names)
    for (key, year), measure, fund_type, explanation in groups.of_funds():
        found[key][year].funds[statements.MEASURES[measure], fund_type] = explanation
    for (key, year), measure, kind, explanation in groups.of_partners():
        own = found[key][year]
        (own.partners if measure == statements.EXPENSE else own.contributions)[kind] = explanation
    _lines(cells, names, rows, found)
    _weights(rows, names, found)
    for outcome, period, fiscal_year, output, indicator, number, row in rows(statements.RESULTS):
        file, sheet, columns = names.sheets[number]
        letters = {name: columns[name] for name in _RESULT_VALUES if columns.get(name)}
        found[(outcome, period)][fiscal_year].results[(output, indicator)] = ResultSource(file, sheet, row, letters)
    revenue = rows(statements.CORE_REVENUE) if is_imputed else ()
    core_revenue = {(fiscal_year, partner): percent for fiscal_year, partner, percent in revenue}
    years = {key: {year: _year(one) for year, one in sorted(own.items())} for key, own in found.items()}
    return Sources(years, core_revenue)


def read_withheld(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """The partners that no page may name today."""
    return frozenset(partner for (partner,) in connection.cursor(row_factory=tuple_row).execute(_WITHHELD))


def read_cells_ahead(
    connection: psycopg.Connection[Any],
    snapshot: datetime,
    run_date: date,
    offices: Sequence[str],
    is_imputed: bool,
) -> CellsAhead:
    """`read_sources` while what the cells amount to is still being computed: they stand on the snapshot alone.

    Only the list of withheld partners may be another one when the figures are published.
    """
    withheld = read_withheld(connection)
    return CellsAhead(read_sources(connection, snapshot, run_date, offices, None, is_imputed), withheld)


def _lines(cells: Cells, names: SourceNames, rows: Rows, found: _Years) -> None:
    """The largest cells of each total of budgets and expenses, as they are written."""
    shown = _largest_cells(cells, names)
    for query, is_wanted in (
        (statements.BUDGET_LINES, cells.measure[shown] < statements.EXPENSE),
        (statements.EXPENSE_LINES, cells.measure[shown] == statements.EXPENSE),
    ):
        wanted = shown[is_wanted]
        columns = (cells.measure, cells.part, cells.row, cells.cents, names.page_of_place[cells.place])
        measures, parts, numbers, cents, pages = (column[wanted].tolist() for column in columns)
        written = rows(query, measures=_text(measures), parts=_text(parts), rows=_text(numbers))
        for (field_name, amount, currency, rate, rate_date, rate_source), measure, part, row, share, page in zip(
            written, measures, parts, numbers, cents, pages, strict=True
        ):
            file, sheet, letters = names.sheets[names.sheet_of_part[part]]
            line = SourceLine(
                *(file, sheet, row, letters[field_name], _plain(amount), currency, rate, rate_date, share),
                rate_source=rate_source,
            )
            key, year = names.pages[page]
            found[key][year].lines[statements.MEASURES[measure]].append(line)


def _largest_cells(cells: Cells, names: SourceNames) -> Numbers:
    """The indexes of the cells that are told: of equals those of the first sheet and row."""
    spent = np.flatnonzero(cells.measure != statements.CONTRIBUTION)
    total = names.page_of_place[cells.place[spent]] * len(statements.MEASURES) + cells.measure[spent]
    few = large_enough(total, cells.cents[spent], LINES_SHOWN)
    total, few = total[few], spent[few]
    ties = (names.sheet_of_part[cells.part[few]], cells.row[few])
    return few[largest(total, cells.cents[few], LINES_SHOWN, ties)]


def _weights(rows: Rows, names: SourceNames, found: _Years) -> None:
    """Weights under each year whose money they split: the year's own, or those of the nearest earlier year."""
    written: dict[Key, dict[str, dict[int, dict[str, WeightSource]]]] = defaultdict(dict)
    for outcome, period, output, year, sdg, number, row, percent in rows(statements.SDG_WEIGHTS):
        of_output = written[(outcome, period)].setdefault(output, {})
        file, sheet, _ = names.sheets[number]
        of_output.setdefault(year, {})[sdg] = WeightSource(percent, file, sheet, row, year)
    for key, outputs in written.items():
        for year, own in found[key].items():
            for output, by_year in outputs.items():
                earlier = [one for one in by_year if one <= year]
                if earlier:
                    own.sdg_weights |= {(output, sdg): weight for sdg, weight in by_year[max(earlier)].items()}
    for outcome, period, year, framework, element, number, row, percent in rows(statements.PLAN_WEIGHTS):
        file, sheet, _ = names.sheets[number]
        weight = WeightSource(percent, file, sheet, row, year)
        found[(outcome, period)][year].plan_weights[(framework, element)] = weight


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
