"""The cells behind every outcome and year that is asked for: what a page shows when a figure is opened.

A total's cells are taken whole (nothing is split here), so a group's share is the plain sum of its cells. A few
statements read all outcomes together; withheld partners leave the database unnamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from outcome_reporting.domain.outcome import (
    Explanation,
    ResultSource,
    SourceFile,
    SourceGroup,
    SourceLine,
    WeightSource,
    YearSources,
)
from outcome_reporting.warehouse import source_statements as statements

Key = tuple[str, str]  # outcome, plan period
_RESULT_VALUES = ("baseline", "milestone", "target", "result")


@dataclass(frozen=True, slots=True)
class Sources:
    """What `read_sources` found: the years of each outcome, and the core revenue by (year, partner) in percent."""

    years: Mapping[Key, Mapping[int, YearSources]]
    core_revenue: Mapping[tuple[int, str], str]


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


def read_sources(
    connection: Connection,
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
    given = {
        "snapshot": snapshot,
        "run_date": run_date,
        "offices": None if offices is None else list(offices),
        "codes": None if keys is None else [code for code, _ in keys],
        "periods": None if keys is None else [period for _, period in keys],
    }
    for statement in statements.PREPARATION:
        connection.exec_driver_sql(statement, given)

    def rows(query: str) -> Sequence[Any]:
        return connection.exec_driver_sql(query, given).all()

    sheets = {
        number: (SourceFile(name, owner, source, dropped_at.astimezone(UTC), sha256), sheet)
        for number, name, owner, source, dropped_at, sha256, sheet in rows(statements.SHEETS)
    }
    found: dict[Key, dict[int, _Year]] = defaultdict(lambda: defaultdict(_Year))
    for own, explained in _explained(rows(statements.LARGEST_OF_FUNDS), sheets, lambda row: row[4]):  # fund type
        found[own[:2]][own[2]].funds[(own[3], own[4])] = explained
    for own, explained in _explained(rows(statements.LARGEST_OF_PARTNERS), sheets, _kind):
        year = found[own[:2]][own[2]]
        (year.partners if own[3] == "expense" else year.contributions)[own[4]] = explained
    for outcome, period, fiscal_year, measure, number, *cell, cents in rows(statements.LARGEST_LINES):
        row, column, amount, currency, rate, rate_date, source = cell
        line = SourceLine(
            *sheets[number], row, column, _plain(amount), currency, rate, rate_date, cents, rate_source=source
        )
        found[(outcome, period)][fiscal_year].lines[statements.MEASURES[measure]].append(line)
    _weights(rows, sheets, found)
    for outcome, period, fiscal_year, output, indicator, number, row, columns in rows(statements.RESULTS):
        letters = {name: columns[name] for name in _RESULT_VALUES if columns.get(name)}
        source = ResultSource(*sheets[number], row, letters)
        found[(outcome, period)][fiscal_year].results[(output, indicator)] = source
    revenue = rows(statements.CORE_REVENUE) if is_imputed else ()
    core_revenue = {(fiscal_year, partner): percent for fiscal_year, partner, percent in revenue}
    years = {key: {year: _year(one) for year, one in sorted(own.items())} for key, own in found.items()}
    return Sources(years, core_revenue)


def _explained(
    rows: Sequence[Any], sheets: Mapping[int, tuple[SourceFile, str]], part: Callable[[Any], Any]
) -> Iterator[tuple[tuple, Explanation]]:
    """((outcome, period, year, measure, part), explanation) of rows that come ordered by these."""
    groups: list[SourceGroup] = []
    last, rest = None, (0, 0, 0)
    for row in rows:
        outcome, period, year, measure, fund_type, _, _, partner, number, output, fund, lines, cents = row[:13]
        own = (outcome, period, year, statements.MEASURES[measure], part(row))
        if own != last:
            if last is not None:
                yield last, _with_rest(groups, rest)
            groups, last, rest = [], own, row[13:]
        file, sheet = sheets[number]
        groups.append(SourceGroup(file, sheet, output, fund, fund_type, partner, lines, cents))
    if last is not None:
        yield last, _with_rest(groups, rest)


def _with_rest(groups: list[SourceGroup], whole: Sequence[int]) -> Explanation:
    """`whole` counts all groups, their cells and their cents."""
    count, lines, cents = whole
    return Explanation(
        tuple(groups),
        (),
        count - len(groups),
        lines - sum(group.lines for group in groups),
        cents - sum(group.share for group in groups),
    )


def _kind(row: Any) -> tuple[str, str]:
    """(kind, partner) of a row, as `report.partner_contribution` calls them."""
    is_direct, partner_no, partner = row[5:8]
    if partner_no == -1:
        return ("withheld", "")
    if not is_direct:
        return ("core pool", "")
    return ("unattributed", "") if partner_no == 0 else ("direct", partner)


def _weights(rows: Callable[[str], Sequence[Any]], sheets, found: dict[Key, dict[int, _Year]]) -> None:
    """Weights under each year whose money they split: the year's own, or those of the nearest earlier year."""
    written: dict[Key, dict[str, dict[int, dict[str, WeightSource]]]] = defaultdict(dict)
    for outcome, period, output, year, sdg, number, row, percent in rows(statements.SDG_WEIGHTS):
        of_output = written[(outcome, period)].setdefault(output, {})
        file, sheet = sheets[number]
        of_output.setdefault(year, {})[sdg] = WeightSource(percent, file, sheet, row, year)
    for key, outputs in written.items():
        for year, own in found[key].items():
            for output, by_year in outputs.items():
                earlier = [one for one in by_year if one <= year]
                if earlier:
                    own.sdg_weights |= {(output, sdg): weight for sdg, weight in by_year[max(earlier)].items()}
    for outcome, period, year, framework, element, number, row, percent in rows(statements.PLAN_WEIGHTS):
        file, sheet = sheets[number]
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
    shown, left = groups[: statements.GROUPS_SHOWN], groups[statements.GROUPS_SHOWN :]
    return Explanation(
        tuple(shown),
        tuple(one.lines[measure]),
        sum(part.rest_groups for part in parts) + len(left),
        sum(part.rest_lines for part in parts) + sum(group.lines for group in left),
        sum(part.rest_share for part in parts) + sum(group.share for group in left),
    )


def _plain(amount: str) -> str:
    """A decimal with at least two places."""
    whole, _, places = amount.partition(".")
    return f"{whole}.{places:0<2}"
