"""What `core` says of some offices at the snapshot of a publication: all of their pages but what is published.

It is settled as soon as files are loaded. So it can be read before money is allocated: nothing here reads `report`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from outcome_reporting.domain.codes import natural_key
from outcome_reporting.domain.outcome import HeldOutput, OutputFacts
from outcome_reporting.warehouse.live_sql import valid_sql
from outcome_reporting.warehouse.source_names import Key
from outcome_reporting.warehouse.sources import Sources, read_sources

_LIVE = valid_sql("%(snapshot)s", "life")
_HERE = "(%(offices)s::text[] is null or row.office = any(%(offices)s))"
_OF_OFFICES = "join core.slice_life life on life.office = row.office and life.slice_id = row.slice_id"
_OFFICES = f"""
select row.office, row.name, row.kind, row.region
from core.office row join core.slice_org_life life on life.slice_id = row.slice_id where {_LIVE}"""
_OUTCOMES = f"""
select row.office, row.plan_period, row.outcome, row.title, row.description, row.un_system_function, row.markers
from core.outcome row {_OF_OFFICES} where {_LIVE} and {_HERE}"""
_OUTPUTS = f"""
select row.plan_period, row.outcome, row.output, row.title, row.description
from core.output row {_OF_OFFICES} where {_LIVE} and {_HERE}"""
_HELD = f"""
select h.cells, h.reason from intake.held_row h
join core.slice_life e on e.office = h.office and e.slice_id = h.slice_id
where h.dataset = 'sdg_weights' and {valid_sql("%(snapshot)s", "e")}
and (h.released_at is null or h.released_at > %(snapshot)s)
and (%(offices)s::text[] is null or h.office = any(%(offices)s))
order by h.table_no, h.row_no"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What decides what `core` says: the moment whose slices count, the day whose withhold list does, and whether
    core money is imputed to partners.
    """

    at: datetime
    run_date: date
    is_imputed: bool


@dataclass(frozen=True, slots=True)
class CoreFacts:
    """Rows of offices by code and of outcomes, outputs by outcome, held outputs by code, and the cells behind."""

    snapshot: Snapshot
    asked_for: tuple[tuple[str, ...] | None, frozenset[Key] | None]  # offices, and outcomes with their cells
    offices: Mapping[str, Any]
    outcomes: Sequence[Any]
    outputs: Mapping[Key, Sequence[OutputFacts]]
    held: Mapping[str, Sequence[HeldOutput]]
    sources: Sources

    @property
    def outcome_of(self) -> dict[tuple[str, str], str]:
        """The outcome of each output and plan period."""
        return {(one.code, period): outcome for (outcome, period), own in self.outputs.items() for one in own}

    def hides(self, withheld: Set[str]) -> bool:
        """Whether none of these partners is named."""
        return withheld <= self.sources.withheld


def asked_for(
    offices: Sequence[str] | None, sources_of: Collection[Key] | None
) -> tuple[tuple[str, ...] | None, frozenset[Key] | None]:
    """The scope of facts, to be compared with another."""
    return None if offices is None else tuple(offices), None if sources_of is None else frozenset(sources_of)


def read_core_facts(
    connection: psycopg.Connection[Any],
    snapshot: Snapshot,
    offices: Sequence[str] | None = None,
    sources_of: Collection[Key] | None = None,
    withheld: Collection[str] = (),
) -> CoreFacts:
    """The facts of these offices (None: all), with the cells behind the outcomes in `sources_of` (None: all).

    `withheld` are partners left unnamed besides those that the partner list of the snapshot withholds.
    """
    given = {"snapshot": snapshot.at, "offices": None if offices is None else list(offices)}

    def rows(query: str) -> list[Any]:
        return connection.cursor(row_factory=namedtuple_row).execute(query, given).fetchall()

    outcomes = rows(_OUTCOMES)
    outputs: dict[Key, list[OutputFacts]] = defaultdict(list)
    for row in rows(_OUTPUTS):
        outputs[row.outcome, row.plan_period].append(OutputFacts(row.output, row.title, row.description or ""))
    for own in outputs.values():
        own.sort(key=lambda one: natural_key(one.code))
    keys = [(row.outcome, row.plan_period) for row in outcomes]
    codes = {key: [one.code for one in outputs.get(key, ())] for key in keys if sources_of is None or key in sources_of}
    return CoreFacts(
        snapshot,
        asked_for(offices, sources_of),
        {row.office: row for row in rows(_OFFICES)},
        outcomes,
        outputs,
        _held_outputs(rows(_HELD)),
        read_sources(connection, snapshot.at, snapshot.run_date, offices, codes, snapshot.is_imputed, withheld),
    )


def _held_outputs(held_rows: Sequence[Any]) -> dict[str, list[HeldOutput]]:
    """Outputs whose weights are held in slices that were live at the snapshot."""
    groups: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in held_rows:
        groups[(row.cells["output"], row.cells["fiscal_year"])].append(row)
    held: dict[str, list[HeldOutput]] = defaultdict(list)
    for (output, year), rows in sorted(groups.items()):
        weights = [row.cells.get("weight_percent") for row in rows]
        total = "" if None in weights else str(sum((Decimal(weight) for weight in weights), Decimal(0)))
        is_sum = rows[0].reason.startswith("The weights do not sum")
        reason = "" if is_sum and total else rows[0].reason[:1].lower() + rows[0].reason[1:]
        held[output].append(HeldOutput(output, year, total if is_sum else "", reason))
    return held
