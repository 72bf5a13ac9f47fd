"""What is live: the slices in force now or at a moment, their rows, and the codes that they make known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, and_, or_, select, tuple_

from outcome_reporting.domain.contract import KEY_SEPARATOR, Contract, Kind
from outcome_reporting.warehouse import tables
from outcome_reporting.warehouse.live_sql import valid_sql
from outcome_reporting.warehouse.tables import slice_life, slice_org_life

if TYPE_CHECKING:
    import pyarrow as pa

SliceKey = tuple[str, str, str]  # dataset, office ('' for the whole organization), slice key
DIMENSION_TABLES = {
    "offices": tables.office,
    "outcomes": tables.outcome,
    "outputs": tables.output,
    "funds": tables.fund,
    "partners": tables.partner,
    "exchange_rates": tables.exchange_rate,
}


def has_office_key(table: Table) -> bool:
    """Whether a table of core belongs to offices (its key holds office) or to the whole organization."""
    return "office" in table.primary_key.columns


def live_select(table: Table, moment: datetime | None = None, without: Collection[SliceKey] = ()):
    """A select of the live rows of a core table with slice_key as a last column; `without` leaves slices out."""
    life = slice_life if has_office_key(table) else slice_org_life
    joined = [life.c.slice_id == table.c.slice_id]
    if life is slice_life:
        joined.append(life.c.office == table.c.office)
    valid = (
        life.c.valid_to.is_(None)
        if moment is None
        else and_(life.c.valid_from <= moment, or_(life.c.valid_to.is_(None), life.c.valid_to > moment))
    )
    query = select(table, life.c.slice_key).join(life, and_(*joined)).where(valid)
    if without and life is slice_life:
        return query.where(tuple_(life.c.dataset, life.c.office, life.c.slice_key).not_in(list(without)))
    if without:
        keys = [(dataset, key) for dataset, _, key in without]
        return query.where(tuple_(life.c.dataset, life.c.slice_key).not_in(keys))
    return query


def live_rows(
    connection: Connection,
    table: Table,
    moment: datetime | None = None,
    without: Collection[SliceKey] = (),
) -> list[dict[str, Any]]:
    """The live rows of a core table, now or as of a moment, each with its slice_key."""
    return [dict(row) for row in connection.execute(live_select(table, moment, without)).mappings()]


def live_offices(connection: Connection) -> list[str]:
    """The offices that have an outcome, in order."""
    query = "select distinct office from core.slice_life where valid_to is null and dataset = 'outcomes' order by 1"
    return [office for (office,) in connection.exec_driver_sql(query)]


def dimensions(connection: Connection, moment: datetime | None = None) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Live rows of offices, outcomes, outputs, funds, partners and rates: {dataset: {slice key: rows}}."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for dataset, table in DIMENSION_TABLES.items():
        slices = found.setdefault(dataset, {})
        for row in live_rows(connection, table, moment):
            slices.setdefault(row.pop("slice_key"), []).append(row)
    return found


def catalogue(
    connection: Connection, moment: datetime | None = None, without: Collection[SliceKey] = ()
) -> dict[str, Any]:
    """Known codes, for reference checks; `without` leaves out slices that a run is going to replace.

    offices: set of codes; outcomes: {code: [plan period]}; outputs: {code: [(outcome, plan period)]};
    funds: {fund: fund type}; partners: {folded spelling: partner}; ambiguous spellings: {spelling: [partners]};
    rates: {currency: [effective date]}.
    """

    def rows(dataset: str) -> Iterable[dict[str, Any]]:
        return live_rows(connection, DIMENSION_TABLES[dataset], moment, without)

    known: dict[str, Any] = {
        "offices": {row["office"] for row in rows("offices")},
        "outcomes": {},
        "outputs": {},
    }
    for row in rows("outcomes"):
        known["outcomes"].setdefault(row["outcome"], []).append(row["plan_period"])
    for row in rows("outputs"):
        known["outputs"].setdefault(row["output"], []).append((row["outcome"], row["plan_period"]))
    known["funds"] = {row["fund"]: row["fund_type"] for row in rows("funds")}
    known["partners"], known["ambiguous"] = partner_spellings(rows("partners"))
    known["rates"] = {}
    for row in rows("exchange_rates"):
        known["rates"].setdefault(row["currency"], []).append(row["effective_date"])
    for days in known["rates"].values():
        days.sort()
    return known


def partner_spellings(
    rows: Iterable[dict[str, Any]],
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Which partner each folded spelling means: a code wins over a name, a name over an alias.

    The second answer lists the spellings that two partners claim with equal right.
    """
    ranked: dict[str, dict[int, set[str]]] = {}
    for row in rows:
        for place, spelling in enumerate(row["spellings"]):
            rank = min(place, 2)
            ranked.setdefault(spelling, {}).setdefault(rank, set()).add(row["partner"])
    meant, ambiguous = {}, {}
    for spelling, by_rank in ranked.items():
        best = sorted(by_rank[min(by_rank)])
        meant[spelling] = best[0]
        if len(best) > 1:
            ambiguous[spelling] = best
    return meant, ambiguous


def live_spellings(connection: Connection) -> dict[str, str]:
    """{folded spelling: partner} of the live partners."""
    return partner_spellings(live_rows(connection, tables.partner))[0]


def key_text(contract: Contract) -> str:
    """The SQL text of a row's business key: its one field, or the texts of several with KEY_SEPARATOR between."""
    if len(contract.key) == 1:
        return contract.key[0]
    parts = [
        f"coalesce(to_char({name}, 'YYYY-MM-DD'), '')"  # whatever the server's own style of dates
        if contract.field(name).kind is Kind.DATE
        else f"coalesce({name}::text, '')"
        for name in contract.key
    ]
    return f" || chr({ord(KEY_SEPARATOR)}) || ".join(parts)


def slices_stay(connection: Connection, contract: Contract, replaced: Collection[tuple[str, str]]) -> bool:
    """Whether a live slice of the dataset is not about to be replaced; `replaced` are (office, slice key) pairs."""
    query, given = _staying_slices(contract, replaced)
    return connection.exec_driver_sql(f"{query} limit 1", given).first() is not None


def _staying_slices(contract: Contract, replaced: Collection[tuple[str, str]]) -> tuple[str, dict[str, Any]]:
    """A select of the live slices of a dataset that are not about to be replaced, and what it is given."""
    is_org = contract.is_organization_wide
    life, own, office = ("slice_org_life", "", "''") if is_org else ("slice_life", "office, ", "office")
    given = {
        "dataset": contract.dataset,
        "offices": [of_office for of_office, _ in replaced],
        "replaced": [key for _, key in replaced],
    }
    query = f"""select {own}slice_id from core.{life} where {valid_sql(None)} and dataset = %(dataset)s
      and ({office}, slice_key) not in (select unnest(%(offices)s::text[]), unnest(%(replaced)s::text[]))"""
    return query, given


def keys_elsewhere(
    connection: Connection, contract: Contract, keys: pa.Array, replaced: Collection[tuple[str, str]]
) -> dict[str, str]:
    """Keys that a live row has in a slice that is not about to be replaced: {key: name of its file}.

    `keys` are texts as `key_text` makes them, `replaced` (office, slice key) pairs. The facts are looked at only
    where a slice of the dataset stays (`slices_stay`), once and whole: an index on keys would cost each load more
    than this costs a night.
    """
    if not len(keys) or not slices_stay(connection, contract, replaced):
        return {}
    own, slices = ("", "core.slice_org") if contract.is_organization_wide else ("office, ", "core.slice")
    staying, given = _staying_slices(contract, replaced)
    key, facts = key_text(contract), "core." + contract.table.removeprefix("core.")
    query = f"""
    with staying as materialized ({staying}),
    found as materialized (
      select {own}slice_id, {key} as key from {facts} where {key} = any(string_to_array(%(keys)s, chr(31))))
    select f.key, l.file_name from found f join staying using ({own}slice_id)
    join {slices} using ({own}slice_id) join intake.load l using (load_id)"""
    # one text is bound a hundred times faster than an array of a million
    found = connection.exec_driver_sql(query, given | {"keys": "\x1f".join(keys.to_pylist())})
    return {row.key: row.file_name for row in found}


_LOADS = """
select s.dataset, {office} as office, s.slice_key, l.file_name, l.loaded_at, l.dropped_at
from core.{slice} s join core.{slice}_life e on {join} join intake.load l on l.load_id = s.load_id
where e.valid_to is null"""


def live_loads(connection: Connection) -> dict[SliceKey, tuple[str, datetime, datetime]]:
    """The load of every live slice: {slice: (file name, loaded at, dropped at)}."""
    query = " union all ".join(
        (
            _LOADS.format(office="s.office", slice="slice", join="e.office = s.office and e.slice_id = s.slice_id"),
            _LOADS.format(office="''", slice="slice_org", join="e.slice_id = s.slice_id"),
        )
    )
    found = connection.exec_driver_sql(query)
    return {(dataset, office, key): (name, at, dropped) for dataset, office, key, name, at, dropped in found}


def missing_slices(connection: Connection, load_id: Any) -> list[dict[str, str]]:
    """The live slices that the previous load of a file of this name and source had and this load lacks."""
    query = """
    with this as (select * from intake.load where load_id = %(load)s),
    previous as (
      select l.load_id from intake.load l join this using (file_name, source)
      where l.loaded_at < this.loaded_at and l.undone_at is null order by l.loaded_at desc limit 1),
    every as (
      select load_id, office, dataset, slice_key, slice_id, same_as from core.slice
      union all select load_id, '', dataset, slice_key, slice_id, same_as from core.slice_org),
    live as (
      select office, slice_id from core.slice_life where valid_to is null
      union all select '', slice_id from core.slice_org_life where valid_to is null)
    select p.dataset, p.office, p.slice_key
    from every p join previous using (load_id)
    join live on live.office = p.office and live.slice_id = coalesce(p.same_as, p.slice_id)
    where not exists (
      select 1 from every t join this using (load_id)
      where t.dataset = p.dataset and t.office = p.office and t.slice_key = p.slice_key)
    order by 1, 2, 3"""
    return [dict(row) for row in connection.exec_driver_sql(query, {"load": load_id}).mappings()]
