"""Taking back a load, at once and in one transaction.

Whatever is live is the newest load that is not undone, for each slice key; undoing a file marks its loads and
restores exactly that. Facts are never touched: the older slice gets a new interval. A slice that repeated the
live one stands for it (`same_as`), so content that two files brought stays while one of them stands.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.copying import core_table
from outcome_reporting.warehouse.live import DIMENSION_TABLES, key_text
from outcome_reporting.warehouse.lives import close_lives, let_wait_again, open_lives
from outcome_reporting.warehouse.moments import next_moment
from outcome_reporting.warehouse.needs import code_clashes, unmet_needs


@dataclass(frozen=True, slots=True)
class SliceChange:
    """One slice key before and after; `*_file` is empty and `*_rows` 0 where nothing stands."""

    dataset: str
    office: str
    slice_key: str
    before_slice: uuid.UUID | None
    before_file: str
    before_rows: int
    after_slice: uuid.UUID | None
    after_file: str
    after_rows: int


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What an undo did. Slices of the file that a later load had replaced are not among `changes`."""

    sha256: str
    file_name: str
    moment: datetime
    load_ids: tuple[uuid.UUID, ...]
    changes: tuple[SliceChange, ...]


def undo(
    connection: Connection, contracts: Mapping[str, Contract], sha256: str, moment: datetime | None = None
) -> UndoResult:
    """Takes back every load of a file (its hash whole, or at least 8 first letters of it).

    Raises UsageError when no such file was loaded or it is undone already; Refused, with the list, while live
    rows need what it brought, or where a key would be live twice. The caller's transaction is rolled back by any.
    """
    loads = _loads(connection, sha256)
    standing = [load for load in loads if load["undone_at"] is None]
    if not standing:
        raise UsageError(f"{loads[0]['file_name']} ({loads[0]['sha256'][:12]}) is undone already")
    moment = next_moment(connection, moment)
    ids = tuple(load["load_id"] for load in standing)
    datasets = _datasets(connection, ids)
    unmet_before, clashes_before = unmet_needs(connection, contracts, datasets), code_clashes(connection)
    connection.execute(update(tables.load).where(tables.load.c.load_id.in_(ids)).values(undone_at=moment))
    changes = [
        *_restore(connection, tables.slice_org, tables.slice_org_life, ids, moment),
        *_restore(connection, tables.slice_, tables.slice_life, ids, moment),
    ]
    name = standing[-1]["file_name"]
    unmet = unmet_needs(connection, contracts, datasets)
    reasons = sorted(use.sentence() for key, use in unmet.items() if key not in unmet_before)
    if reasons:
        raise Refused(f"{name} cannot be undone while live rows need what it brought", reasons)
    reasons = sorted(code_clashes(connection) - clashes_before) + _doubled_keys(connection, contracts, changes)
    if reasons:
        raise Refused(f"{name} cannot be undone: what would be live again stands elsewhere by now", reasons)
    return UndoResult(loads[0]["sha256"], name, moment, ids, tuple(changes))


_DOUBLED = """
with live as materialized (
  select {own}slice_id from core.{slice}_life where valid_to is null and dataset = %(dataset)s),
mine as materialized (
  select {own}slice_id, {key} as key, {first}::text as first from {facts} where {opened}),
other as (
  select {own}slice_id, {key} as key from {facts} join live using ({own}slice_id))
select distinct mine.first, l.file_name
from mine join other on other.key = mine.key and other.slice_id <> mine.slice_id
join core.{slice} s on {same}s.slice_id = other.slice_id
join intake.load l on l.load_id = s.load_id
order by 1, 2"""


def _doubled_keys(
    connection: Connection, contracts: Mapping[str, Contract], changes: Sequence[SliceChange]
) -> list[str]:
    """Keys that would stand in two live slices: the older line came back, the newer one moved elsewhere."""
    said: list[str] = []
    for contract in contracts.values():
        back = [one for one in changes if one.dataset == contract.dataset and one.after_slice]
        if not back or not contract.may_key_span_slices:
            continue
        is_org = contract.is_organization_wide
        query = _DOUBLED.format(
            own="" if is_org else "office, ",
            same="" if is_org else "s.office = other.office and ",
            slice="slice_org" if is_org else "slice",
            facts=core_table(contract),
            key=key_text(contract),
            first=contract.key[0],
            opened="slice_id = any(%(opened)s)" + ("" if is_org else " and office = any(%(offices)s)"),
        )
        given = {
            "dataset": contract.dataset,
            "opened": [one.after_slice for one in back],
            "offices": sorted({one.office for one in back}),
        }
        what = contract.field(contract.key[0]).heading.lower()
        said += [f"{what} {first} stands in {name}" for first, name in connection.exec_driver_sql(query, given)]
    return said


def find_loaded(connection: Connection, sha256: str) -> dict[str, Any]:
    """The last load of a file, for a redo (which loads the archived bytes again, as a new load, cause `redo`).

    Keys of intake.load and sha256. Raises UsageError when no such file was ever loaded.
    """
    return _loads(connection, sha256)[-1]


_LIVE_AGAIN = """
with newest as (
  select l.load_id, l.loaded_at from intake.load l join intake.file f using (file_id)
  where f.sha256 = %(sha256)s and l.undone_at is null order by l.loaded_at desc limit 1),
own as (
  select office, dataset, slice_key, coalesce(same_as, slice_id) as slice_id, row_count, held_count
  from core.slice join newest using (load_id)
  union all
  select '', dataset, slice_key, coalesce(same_as, slice_id), row_count, held_count
  from core.slice_org join newest using (load_id)),
live as (
  select office, slice_id, valid_from from core.slice_life where valid_to is null
  union all
  select '', slice_id, valid_from from core.slice_org_life where valid_to is null)
select dataset, office, slice_key, row_count, held_count, valid_from >= loaded_at as is_changed
from own join live using (office, slice_id) cross join newest
order by dataset, office, slice_key"""


@dataclass(frozen=True, slots=True)
class LiveSlice:
    """A slice of the newest load of a file that is live; `is_changed` where that load made it so."""

    dataset: str
    office: str
    slice_key: str
    row_count: int
    held_count: int
    is_changed: bool


def live_slices_of(connection: Connection, sha256: str) -> list[LiveSlice]:
    """What is live of the newest standing load of a file (its hash whole)."""
    return [LiveSlice(*row) for row in connection.exec_driver_sql(_LIVE_AGAIN, {"sha256": sha256})]


def _loads(connection: Connection, sha256: str) -> list[dict[str, Any]]:
    """Every load of a file, oldest first."""
    prefix = sha256.strip().lower()
    if len(prefix) < 8 or not all(letter in "0123456789abcdef" for letter in prefix):
        raise UsageError(f"“{sha256}” is not a hash: give the SHA-256 that the receipt names, or 8 letters of it")
    query = (
        select(tables.load, tables.file.c.sha256)
        .join(tables.file, tables.file.c.file_id == tables.load.c.file_id)
        .where(tables.file.c.sha256.startswith(prefix, autoescape=True))
        .order_by(tables.load.c.loaded_at)
    )
    loads = [dict(row) for row in connection.execute(query).mappings()]
    if not loads:
        raise UsageError(f"no loaded file has the hash {sha256}")
    if len({load["sha256"] for load in loads}) > 1:
        raise UsageError(f"several files have a hash that begins with {sha256}: give more of it")
    return loads


def _datasets(connection: Connection, load_ids: Sequence[uuid.UUID]) -> list[str]:
    """The datasets whose codes are to be checked: what vanishes, or what older facts may need again."""
    brought: set[str] = set()
    for content in (tables.slice_, tables.slice_org):
        brought |= set(
            connection.execute(select(content.c.dataset).where(content.c.load_id.in_(load_ids)).distinct()).scalars()
        )
    has_facts = bool(brought - set(DIMENSION_TABLES))
    return [name for name in DIMENSION_TABLES if has_facts or name in brought or "outcomes" in brought]


_KEYS = """
with undone as (
  select distinct {office} as office, dataset, slice_key from {content} where load_id = any(%(loads)s)),
standing as (
  select distinct on (u.office, s.dataset, s.slice_key)
    u.office, s.dataset, s.slice_key, coalesce(s.same_as, s.slice_id) as slice_id, s.row_count, l.file_name
  from {content} s
  join undone u on u.dataset = s.dataset and u.slice_key = s.slice_key and {same_office}
  join intake.load l on l.load_id = s.load_id
  where l.undone_at is null
  -- of one load, the slice whose held rows were loaded later stands
  order by u.office, s.dataset, s.slice_key, l.loaded_at desc, s.held_count, s.row_count desc),
live as (
  select u.office, u.dataset, u.slice_key, f.slice_id, s.row_count, l.file_name
  from {life} f
  join undone u on u.dataset = f.dataset and u.slice_key = f.slice_key and {life_office}
  join {content} s on s.slice_id = f.slice_id and {same_office}
  join intake.load l on l.load_id = s.load_id
  where f.valid_to is null)
select office, dataset, slice_key,
  live.slice_id as before_slice, coalesce(live.file_name, '') as before_file,
  coalesce(live.row_count, 0) as before_rows,
  standing.slice_id as after_slice, coalesce(standing.file_name, '') as after_file,
  coalesce(standing.row_count, 0) as after_rows
from undone
left join live using (office, dataset, slice_key)
left join standing using (office, dataset, slice_key)
where coalesce(live.slice_id, {none}) <> coalesce(standing.slice_id, {none})
order by dataset, office, slice_key"""


@dataclass(frozen=True, slots=True)
class _Opened:
    dataset: str
    office: str
    slice_key: str
    slice_id: uuid.UUID


def _restore(
    connection: Connection, content: Any, life: Any, load_ids: Sequence[uuid.UUID], moment: datetime
) -> list[SliceChange]:
    """Makes the newest standing slice of each key of these loads live, where another one is."""
    has_office = content is tables.slice_
    query = _KEYS.format(
        content=content.fullname,
        life=life.fullname,
        office="office" if has_office else "''::text",
        same_office="u.office = s.office" if has_office else "true",
        life_office="u.office = f.office" if has_office else "true",
        none="'00000000-0000-0000-0000-000000000000'::uuid",
    )
    found = connection.exec_driver_sql(query, {"loads": list(load_ids)}).mappings()
    changes = [SliceChange(**row) for row in found]
    closed = [(one.office, one.before_slice) for one in changes if one.before_slice]
    close_lives(connection, life, closed, moment, load_ids[-1])
    opened = [_Opened(one.dataset, one.office, one.slice_key, one.after_slice) for one in changes if one.after_slice]
    open_lives(connection, life, opened, moment, "undo", load_ids[-1])
    let_wait_again(connection, opened)
    return changes
