"""What is published about outcomes, read in a few statements for many outcomes at once.

Figures come from the rows of `report` that were published at the moment; names and texts from the slices that
were live for that publication; partners that are withheld today are masked whatever was published then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import namedtuple_row, tuple_row

from outcome_reporting.domain.codes import natural_key
from outcome_reporting.domain.figures import parse_figure_id
from outcome_reporting.domain.outcome import (
    Change,
    HeldOutput,
    Labels,
    OutcomeFacts,
    PartnerRow,
    PlanRow,
    ProgressNote,
    ResultRow,
    SdgRow,
)
from outcome_reporting.warehouse.core_facts import CoreFacts, Snapshot, asked_for, read_core_facts
from outcome_reporting.warehouse.published_lines import PublishedLines
from outcome_reporting.warehouse.source_names import Key

if TYPE_CHECKING:
    import sqlalchemy

_PARTNER_ORDER = attrgetter("fiscal_year", "kind", "partner")


@dataclass(frozen=True, slots=True)
class Publication:
    """A moment at which figures were published, and the moment whose slices they were computed from."""

    published_at: datetime
    snapshot_at: datetime
    run_date: date
    is_imputed: bool


def publication_at(connection: sqlalchemy.Connection, as_of: datetime | None = None) -> Publication | None:
    """The last publication, or the last one not after `as_of`; None when there is none."""
    row = connection.exec_driver_sql(
        "select published_at, snapshot_at, run_date, is_imputed from report.publication "
        "where %(as_of)s::timestamptz is null or published_at <= %(as_of)s order by published_at desc limit 1",
        {"as_of": as_of},
    ).one_or_none()
    return Publication(*row) if row else None


def read_outcomes(
    connection: psycopg.Connection[Any],
    publication: Publication,
    labels: Labels,
    element_names: Mapping[tuple[str, str], str],
    offices: Sequence[str] | None = None,
    sources_of: Collection[Key] | None = None,
    ahead: CoreFacts | None = None,
) -> list[OutcomeFacts]:
    """The facts of every outcome of these offices (None: all) that has a year to report, by code and period.

    `element_names` maps (framework, element) to the element's name. The cells behind them are read for the
    outcomes in `sources_of` alone (None: all), as only pages that are built anew show them. What was read `ahead`
    of the publication is taken where it is what would be read now, else read again.
    """
    reading = _Reading(connection, publication, offices)
    snapshot = Snapshot(publication.snapshot_at, publication.run_date, publication.is_imputed)
    scope = asked_for(offices, sources_of)
    if ahead is None or (ahead.snapshot, ahead.asked_for) != (snapshot, scope) or not ahead.hides(reading.withheld):
        ahead = read_core_facts(connection, snapshot, offices, sources_of, reading.withheld)
    return _facts(ahead, reading, labels, element_names)


def _facts(
    core: CoreFacts, reading: _Reading, labels: Labels, element_names: Mapping[tuple[str, str], str]
) -> list[OutcomeFacts]:
    """What core says and what is published, outcome by outcome."""
    lines = reading.lines()
    rows, sources = lines.rows, core.sources
    changes = reading.changes(core.outcome_of)
    periods: dict[str, list[str]] = defaultdict(list)
    for row in core.outcomes:
        periods[row.outcome].append(row.plan_period)
    facts = []
    for row in sorted(core.outcomes, key=lambda one: (natural_key(one.outcome), one.plan_period)):
        key = (row.outcome, row.plan_period)
        years = lines.years.get(key)
        if not years:
            continue
        office = core.offices.get(row.office)
        own_outputs = tuple(core.outputs.get(key, ()))
        date = lines.dates[key]
        changed = changes.get(key)
        facts.append(
            OutcomeFacts(
                office=row.office,
                plan_period=row.plan_period,
                outcome=row.outcome,
                title=row.title,
                office_name=office.name if office else row.office,
                office_kind=office.kind if office else "",
                data_date=date,
                years=tuple(sorted(years)),
                description=row.description or "",
                region=_region(core.offices, office.region if office else ""),
                framework_kind=row.outcome.split("_")[1],
                policy_markers=row.markers or {},
                un_function=row.un_system_function or "",
                outputs=own_outputs,
                resources=tuple(sorted(rows["resource_line"].get(key, ()))),  # by year and fund type
                results=tuple(_results(rows["result_line"].get(key, ()))),
                sdg=tuple(_sdg(rows["sdg_line"].get(key, ()))),
                held_outputs=tuple(
                    one
                    for output in own_outputs
                    for one in core.held.get(output.code, ())
                    if _within(one, row.plan_period)
                ),
                partners=tuple(_partners(rows["partner_line"].get(key, ()), reading.withheld)),
                plan=tuple(_plan(rows["plan_line"].get(key, ()), element_names)),
                notes=tuple(_notes(rows["note_line"].get(key, ()))),
                other_periods=tuple(sorted(one for one in periods[row.outcome] if one != row.plan_period)),
                changes=changed.before if changed and changed.published_at == date else {},
                previous_date=changed.previous_at if changed and changed.published_at == date else None,
                sources=sources.years.get(key, {}),
                core_revenue=sources.core_revenue,
                labels=labels,
            )
        )
    return facts


@dataclass(slots=True)
class _Changes:
    published_at: datetime
    previous_at: datetime | None
    before: dict[str, Change] = field(default_factory=dict)


class _Reading:
    """One publication read for some offices."""

    def __init__(
        self, connection: psycopg.Connection[Any], publication: Publication, offices: Sequence[str] | None
    ) -> None:
        self.connection = connection
        self.given: dict[str, Any] = {
            "at": publication.published_at,
            "offices": None if offices is None else list(offices),
        }
        self.withheld = {partner for (partner,) in self.rows("select partner from report.withheld")}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.cursor(row_factory=tuple_row).execute(query, self.given).fetchall()

    def named_rows(self, query: str) -> list[Any]:
        return self.connection.cursor(row_factory=namedtuple_row).execute(query, self.given).fetchall()

    def lines(self) -> PublishedLines:
        return PublishedLines(self.connection, self.given["at"], self.given["offices"])

    def changes(self, outcome_of: Mapping[tuple[str, str], str]) -> dict[Key, _Changes]:
        """The figures of each outcome that its newest change altered, with their earlier values."""
        query = """
        select c.figure_id, c.before, c.published_at, c.cause, c.file_name, c.sha256,
               (select max(p.published_at) from report.publication p where p.published_at < c.published_at) as previous
        from report.figure_change c
        where c.published_at <= %(at)s
          and (%(offices)s::text[] is null or split_part(c.figure_id, '_', 1) = any(%(offices)s))
        order by c.published_at"""
        found: dict[Key, _Changes] = {}
        for row in self.named_rows(query):
            figure = parse_figure_id(row.figure_id)
            code = figure.scope[0]
            key = (outcome_of.get((code, figure.plan_period), code), figure.plan_period)
            if not row.before:
                continue
            known = found.get(key)
            if known is None or known.published_at != row.published_at:
                known = found[key] = _Changes(row.published_at, row.previous)
            known.before[row.figure_id] = Change(row.before, row.cause, row.file_name, row.sha256)
        return found


def _region(offices: Mapping[str, Any], region: str | None) -> str:
    """The name of a region that is an office, else the text as it stands."""
    return offices[region].name if region and region in offices else region or ""


def _within(held: HeldOutput, plan_period: str) -> bool:
    first, last = plan_period.split("-")
    return int(first) <= held.fiscal_year <= int(last)


def _results(rows: Iterable[ResultRow]) -> list[ResultRow]:
    return sorted(rows, key=lambda row: (natural_key(row.indicator), row.output, row.fiscal_year))


def _sdg(rows: Iterable[SdgRow]) -> list[SdgRow]:
    return sorted(rows, key=lambda row: (row.fiscal_year, row.output, row.fund_type, row.target or row.goal))


def _partners(rows: Sequence[PartnerRow], withheld: set[str]) -> list[PartnerRow]:
    """Rows with the partners of today's withhold list folded into the year's withheld line."""
    found = [row for row in rows if row.kind in ("direct", "imputed") and row.partner not in withheld]
    if len(found) < len(rows):
        found += _nameless(rows, withheld)
    return sorted(found, key=_PARTNER_ORDER)


def _nameless(rows: Iterable[PartnerRow], withheld: set[str]) -> Iterator[PartnerRow]:
    """One row for each year and kind that names nobody."""
    folded: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row.partner in withheld or row.kind not in ("direct", "imputed"):
            money = folded[row.fiscal_year, "withheld" if row.partner in withheld else row.kind]
            money[0] += row.expense
            money[1] += row.contribution
    for (year, kind), money in folded.items():
        yield PartnerRow(year, "", "", "", kind, *money)


def _plan(rows: Iterable[PlanRow], names: Mapping[tuple[str, str], str]) -> Iterable[PlanRow]:
    for row in sorted(rows, key=lambda row: (row.fiscal_year, row.kind, natural_key(row.element))):
        yield row._replace(element_name=names.get((row.framework, row.element), ""))


def _notes(rows: Iterable[ProgressNote]) -> list[ProgressNote]:
    return sorted(rows, key=lambda row: (-row.fiscal_year, row.language))
