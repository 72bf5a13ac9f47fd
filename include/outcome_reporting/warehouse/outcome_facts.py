"""What is published about outcomes, read in a few statements for many outcomes at once, now or as of a moment.

Figures come from the rows of `report` that were published at the moment; names and texts from the slices that
were live for that publication; partners that are withheld today are masked whatever was published then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table

from outcome_reporting.domain.figures import parse_figure_id
from outcome_reporting.domain.outcome import (
    Change,
    HeldOutput,
    Labels,
    OutcomeFacts,
    OutputFacts,
    PartnerRow,
    PlanRow,
    ProgressNote,
    ResourceRow,
    ResultRow,
    SdgRow,
)
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live import has_office_key, live_select, valid_sql
from outcome_reporting.warehouse.sources import read_sources

Key = tuple[str, str]  # outcome, plan period
_LINES = ("resource_line", "sdg_line", "partner_line", "plan_line", "result_line", "note_line")


@dataclass(frozen=True, slots=True)
class Publication:
    """A moment at which figures were published, and the moment whose slices they were computed from."""

    published_at: datetime
    snapshot_at: datetime
    run_date: date
    is_imputed: bool


def publication_at(connection: Connection, as_of: datetime | None = None) -> Publication | None:
    """The last publication, or the last one not after `as_of`; None when there is none."""
    row = connection.exec_driver_sql(
        "select published_at, snapshot_at, run_date, is_imputed from report.publication "
        "where %(as_of)s::timestamptz is null or published_at <= %(as_of)s order by published_at desc limit 1",
        {"as_of": as_of},
    ).one_or_none()
    return Publication(*row) if row else None


def read_outcomes(
    connection: Connection,
    labels: Labels,
    element_names: Mapping[tuple[str, str], str],
    as_of: datetime | None = None,
    offices: Sequence[str] | None = None,
    sources_of: Collection[Key] | None = None,
) -> list[OutcomeFacts]:
    """The facts of every outcome of these offices (None: all) that has a year to report, by code and period.

    `element_names` maps (framework, element) to the element's name. The cells behind them are read for the
    outcomes in `sources_of` alone (None: all), as only pages that are built anew show them.
    """
    publication = publication_at(connection, as_of)
    if publication is None:
        return []
    reading = _Reading(connection, publication, as_of, offices)
    rows = {name: reading.lines(name) for name in _LINES}
    dates = reading.data_dates()
    held = reading.held_outputs()
    names = {row["office"]: row for row in reading.live(tables.office)}
    outputs: dict[Key, list[OutputFacts]] = defaultdict(list)
    outcome_of: dict[tuple[str, str], str] = {}
    for row in reading.live(tables.output):
        outcome_of[(row["output"], row["plan_period"])] = row["outcome"]
        output = OutputFacts(row["output"], row["title"], row["description"] or "")
        outputs[(row["outcome"], row["plan_period"])].append(output)
    changes = reading.changes(outcome_of)
    sources = read_sources(
        connection, publication.snapshot_at, publication.run_date, offices, sources_of, publication.is_imputed
    )
    outcomes = reading.live(tables.outcome)
    periods: dict[str, list[str]] = defaultdict(list)
    for row in outcomes:
        periods[row["outcome"]].append(row["plan_period"])
    facts = []
    for row in sorted(outcomes, key=lambda one: (_natural(one["outcome"]), one["plan_period"])):
        key = (row["outcome"], row["plan_period"])
        years = {line["fiscal_year"] for name in _LINES for line in rows[name].get(key, ()) if _has_page(name, line)}
        if not years or (offices is not None and row["office"] not in offices):
            continue
        office = names.get(row["office"], {})
        own_outputs = tuple(sorted(outputs[key], key=lambda one: _natural(one.code)))
        date = dates.get(key, publication.published_at)
        changed = changes.get(key)
        facts.append(
            OutcomeFacts(
                office=row["office"],
                plan_period=row["plan_period"],
                outcome=row["outcome"],
                title=row["title"],
                office_name=office.get("name") or row["office"],
                office_kind=office.get("kind") or "",
                data_date=date,
                years=tuple(sorted(years)),
                description=row["description"] or "",
                region=_region(names, office.get("region") or ""),
                framework_kind=row["outcome"].split("_")[1],
                policy_markers=row["markers"] or {},
                un_function=row["un_system_function"] or "",
                outputs=own_outputs,
                resources=tuple(_resources(rows["resource_line"].get(key, ()))),
                results=tuple(_results(rows["result_line"].get(key, ()))),
                sdg=tuple(_sdg(rows["sdg_line"].get(key, ()))),
                held_outputs=tuple(
                    one for output in own_outputs for one in held.get(output.code, ()) if _within(one, row)
                ),
                partners=tuple(_partners(rows["partner_line"].get(key, ()), reading.withheld)),
                plan=tuple(_plan(rows["plan_line"].get(key, ()), element_names)),
                notes=tuple(_notes(rows["note_line"].get(key, ()))),
                other_periods=tuple(sorted(one for one in periods[row["outcome"]] if one != row["plan_period"])),
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
        self, connection: Connection, publication: Publication, as_of: datetime | None, offices: Sequence[str] | None
    ) -> None:
        self.connection, self.publication, self.offices = connection, publication, offices
        self.given = {
            "at": publication.published_at,
            "snapshot": publication.snapshot_at,
            "offices": None if offices is None else list(offices),
        }
        self.moment = None if as_of is None else "%(at)s"
        found = connection.exec_driver_sql("select partner from report.withheld")
        self.withheld = {partner for (partner,) in found}

    def _rows(self, query: str) -> list[dict[str, Any]]:
        found = self.connection.exec_driver_sql(query, self.given)
        names = tuple(found.keys())
        return [dict(zip(names, row, strict=True)) for row in found.all()]

    def live(self, table: Table) -> list[dict[str, Any]]:
        """The rows of a core table that were live at the snapshot, of these offices where it is theirs."""
        query = live_select(table, self.publication.snapshot_at)
        if self.offices is not None and has_office_key(table):
            query = query.where(table.c.office.in_(self.offices))
        found = self.connection.execute(query)
        names = tuple(found.keys())
        return [dict(zip(names, row, strict=True)) for row in found.all()]

    def lines(self, table: str) -> dict[Key, list[Mapping[str, Any]]]:
        found: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
        query = (
            f"select * from report.{table} where {valid_sql(self.moment)} "
            "and (%(offices)s::text[] is null or office = any(%(offices)s))"
        )
        for row in self._rows(query):
            found[(row["outcome"], row["plan_period"])].append(row)
        return found

    def data_dates(self) -> dict[Key, datetime]:
        """For each outcome the last moment, not after the publication, at which one of its rows came or went."""
        each = " union all ".join(
            f"select outcome, plan_period, greatest(max(valid_from) filter (where valid_from <= %(at)s), "
            f"max(valid_to) filter (where valid_to <= %(at)s)) as at from report.{table} "
            "where (%(offices)s::text[] is null or office = any(%(offices)s)) group by 1, 2"
            for table in _LINES
        )
        query = f"select outcome, plan_period, max(at) as at from ({each}) as lines where at is not null group by 1, 2"
        return {(row["outcome"], row["plan_period"]): row["at"] for row in self._rows(query)}

    def held_outputs(self) -> dict[str, list[HeldOutput]]:
        """Outputs whose weights are held in slices that were live at the snapshot."""
        query = f"""
        select h.cells, h.reason from intake.held_row h
        join core.slice_life e on e.office = h.office and e.slice_id = h.slice_id
        where h.dataset = 'sdg_weights' and {valid_sql("%(snapshot)s", "e")}
        and (h.released_at is null or h.released_at > %(snapshot)s)
        and (%(offices)s::text[] is null or h.office = any(%(offices)s))
        order by h.table_no, h.row_no"""
        groups: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
        for row in self._rows(query):
            groups[(row["cells"]["output"], row["cells"]["fiscal_year"])].append(row)
        held: dict[str, list[HeldOutput]] = defaultdict(list)
        for (output, year), rows in sorted(groups.items()):
            weights = [row["cells"].get("weight_percent") for row in rows]
            total = "" if None in weights else str(sum((Decimal(weight) for weight in weights), Decimal(0)))
            is_sum = rows[0]["reason"].startswith("The weights do not sum")
            reason = "" if is_sum and total else rows[0]["reason"][:1].lower() + rows[0]["reason"][1:]
            held[output].append(HeldOutput(output, year, total if is_sum else "", reason))
        return held

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
        for row in self._rows(query):
            figure = parse_figure_id(row["figure_id"])
            code = figure.scope[0]
            key = (outcome_of.get((code, figure.plan_period), code), figure.plan_period)
            if not row["before"]:
                continue
            known = found.get(key)
            if known is None or known.published_at != row["published_at"]:
                known = found[key] = _Changes(row["published_at"], row["previous"])
            known.before[row["figure_id"]] = Change(row["before"], row["cause"], row["file_name"], row["sha256"])
        return found


def _natural(code: str) -> tuple:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", code))


def _region(offices: Mapping[str, Mapping[str, Any]], region: str) -> str:
    """The name of a region that is an office, else the text as it stands."""
    return offices[region]["name"] if region in offices else region


def _has_page(table: str, line: Mapping[str, Any]) -> bool:
    return table != "note_line" or line["status"] == "approved"


def _within(held: HeldOutput, outcome: Mapping[str, Any]) -> bool:
    first, last = outcome["plan_period"].split("-")
    return int(first) <= held.fiscal_year <= int(last)


def _resources(rows: Iterable[Mapping[str, Any]]) -> Iterable[ResourceRow]:
    for row in sorted(rows, key=lambda one: (one["fiscal_year"], one["fund_type"])):
        yield ResourceRow(
            row["fiscal_year"], row["fund_type"], row["planned_cents"], row["available_cents"], row["expense_cents"]
        )


def _results(rows: Iterable[Mapping[str, Any]]) -> Iterable[ResultRow]:
    for row in sorted(rows, key=lambda one: (_natural(one["indicator"]), one["output"], one["fiscal_year"])):
        yield ResultRow(
            row["indicator"],
            row["output"],
            row["title"],
            row["measure"],
            row["fiscal_year"],
            row["baseline"],
            row["milestone"],
            row["target"],
            row["result"],
            row["result_value"],
        )


def _sdg(rows: Iterable[Mapping[str, Any]]) -> Iterable[SdgRow]:
    for row in sorted(rows, key=lambda one: (one["fiscal_year"], one["output"], one["fund_type"], one["sdg"])):
        yield SdgRow(
            row["output"],
            row["fiscal_year"],
            row["fund_type"],
            row["goal"],
            row["target"],
            row["method"],
            row["planned_cents"],
            row["available_cents"],
            row["expense_cents"],
        )


def _partners(rows: Iterable[Mapping[str, Any]], withheld: set[str]) -> Iterable[PartnerRow]:
    """Rows with the partners of today's withhold list folded into the year's withheld line."""
    found: list[tuple] = []
    folded: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])  # kinds that name nobody
    for row in rows:
        kind, partner, year = row["kind"], row["partner"], row["fiscal_year"]
        money = (row["expense_cents"], row["contribution_cents"])
        if kind in ("direct", "imputed") and partner not in withheld:
            found.append((year, kind, partner, row["partner_name"], row["contributor_type"], *money))
            continue
        line = folded[year, "withheld" if partner in withheld else kind]
        line[0] += money[0]
        line[1] += money[1]
    found += [(year, kind, "", "", "", *money) for (year, kind), money in folded.items()]
    for year, kind, partner, name, contributor_type, expense, contribution in sorted(found):
        yield PartnerRow(year, partner, name, contributor_type, kind, expense, contribution)


def _plan(rows: Iterable[Mapping[str, Any]], names: Mapping[tuple[str, str], str]) -> Iterable[PlanRow]:
    for row in sorted(rows, key=lambda one: (one["fiscal_year"], one["kind"], _natural(one["element"]))):
        yield PlanRow(
            row["fiscal_year"],
            row["framework"],
            row["kind"],
            row["element"],
            names.get((row["framework"], row["element"]), ""),
            row["planned_cents"],
            row["expense_cents"],
        )


def _notes(rows: Iterable[Mapping[str, Any]]) -> Iterable[ProgressNote]:
    for row in sorted(rows, key=lambda one: (-one["fiscal_year"], one["language"])):
        if row["status"] == "approved":
            yield ProgressNote(
                row["fiscal_year"], row["language"], row["title"], row["note"], row["author"], row["status"]
            )
