"""What must be live after any sequence of drops and undos, by the written rules alone: the newest standing load
of each slice. Nothing of the product is used.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from organization_oracle import judged, sdg_group
from organization_rows import FRAMEWORKS, Organization
from storm_files import DATASET_OF, DIMENSIONS, File, Placed, SliceKey, business_key


@dataclass(eq=False, slots=True)
class Load:
    """One load of a file; `stands_for` names, for each slice, the load whose equal slice it repeats."""

    file: File
    slices: dict[SliceKey, list[Placed]]
    is_undone: bool = False
    stands_for: dict[SliceKey, Load] = field(default_factory=dict)
    waiting: set[SliceKey] = field(default_factory=set)  # weights of outputs that were not known then


@dataclass(frozen=True, slots=True)
class Need:
    """A code that a row needs, and in which year or plan period."""

    dataset: str
    code: Any
    when: Any = None


class History:
    """Every load in its order, and what follows from it."""

    def __init__(self, spellings: dict[str, str]) -> None:
        self.spellings = spellings  # every spelling that any partner ever has -> partner
        self.loads: list[Load] = []

    def giver(self, text: str) -> str:
        return self.spellings[text]

    # --- what is live

    def live_loads(self, without: Iterable[Load] = (), more: Iterable[Load] = ()) -> dict[SliceKey, Load]:
        """The load that each slice is read from, as if some were undone and others loaded on top."""
        live: dict[SliceKey, Load] = {}
        gone = set(without)
        for load in (*self.loads, *more):
            if not load.is_undone and load not in gone:
                for key in load.slices:
                    live[key] = load
        return live

    def live_rows(self, live: dict[SliceKey, Load] | None = None) -> Iterator[Placed]:
        for key, load in (self.live_loads() if live is None else live).items():
            yield from load.slices[key]

    def organization(self, live: dict[SliceKey, Load] | None = None) -> Organization:
        """The live rows, partners' cells resolved to codes."""
        org = Organization(0)
        lists: dict[str, list] = {
            "outcomes": org.outcomes,
            "outputs": org.outputs,
            "funds": org.funds,
            "partners": org.partners,
            "exchange_rates": org.rates,
            "budgets": org.budgets,
            "expenses": org.expenses,
            "contributions": org.contributions,
            "sdg_weights": org.weights,
            "plan_links": org.links,
        }
        for placed in self.live_rows(live):
            dataset = DATASET_OF[type(placed.row)]
            if dataset in lists:
                lists[dataset].append(self.resolved(placed.row))
        return org

    def resolved(self, row: Any) -> Any:
        if DATASET_OF[type(row)] in ("expenses", "contributions") and row.partner:
            return replace(row, partner=self.giver(row.partner))
        return row

    # --- loading and undoing

    def load(self, file: File) -> Load:
        load = self._new(file)
        before = self.live_loads()
        for key, rows in load.slices.items():
            other = before.get(key)
            is_same = other is not None and _content(other.slices[key]) == _content(rows)
            load.stands_for[key] = other.stands_for[key] if is_same and other is not None else load
        self.loads.append(load)
        if file.datasets & set(DIMENSIONS):
            self.release()
        return load

    def _new(self, file: File) -> Load:
        load = Load(file, file.slices(self.giver))
        before = self.live_loads()
        weights = [key for key in load.slices if key[0] == "sdg_weights"]
        load.waiting = {key for key in weights if not self._is_known(load, key, before)}
        return load

    def _is_known(self, load: Load, key: SliceKey, before: dict[SliceKey, Load]) -> bool:
        known = {row.row.code for row in self.live_rows({**before, **dict.fromkeys(load.slices, load)})
                 if DATASET_OF[type(row.row)] == "outputs"}  # fmt: skip
        return key[1][0] in known

    def release(self) -> None:
        """Weights that waited for their output load by themselves when it has come."""
        live = self.live_loads()
        for key, load in live.items():
            if key in load.waiting and self._is_known(load, key, live):
                load.waiting.discard(key)

    def undo(self, file: File) -> None:
        for load in self.loads:
            if load.file.sha256 == file.sha256:
                load.is_undone = True
        self.release()

    def standing(self, file: File) -> list[Load]:
        return [load for load in self.loads if load.file.sha256 == file.sha256 and not load.is_undone]

    def is_whole_and_live(self, file: File) -> bool:
        """Whether dropping these bytes again is nothing new."""
        own = [load for load in self.loads if load.file.sha256 == file.sha256 and not load.is_undone]
        if not own:
            return False
        live = self.live_loads()
        return all(key in live and live[key].stands_for[key] is own[-1].stands_for[key] for key in own[-1].slices)

    def origin(self, key: SliceKey, live: dict[SliceKey, Load]) -> Load:
        """The load that an explanation names for a slice: its own, or the first standing one that repeated it."""
        meant = live[key].stands_for[key]
        same = [load for load in self.loads if load.stands_for.get(key) is meant]
        return next((load for load in same if not load.is_undone), same[0])

    # --- what may not be done

    def unmet(self, live: dict[SliceKey, Load]) -> set[tuple[str, Need]]:
        """(dataset, need) of live rows that refer to what is not live."""
        known = _known(placed.row for placed in self.live_rows(live))
        found = set()
        for key, load in live.items():
            if key[0] == "sdg_weights" and (key in load.waiting or not _is_sound(load.slices[key])):
                continue
            for placed in load.slices[key]:
                if key[0] == "plan_links" and not _is_sound_link(placed, load.slices[key]):
                    continue
                found |= {(key[0], need) for need in needs(placed.row) if not _is_met(known, need)}
        return found

    def doubled(self, live: dict[SliceKey, Load]) -> set[str]:
        """Transactions that stand in two live slices."""
        seen: set[str] = set()
        twice: set[str] = set()
        for placed in self.live_rows(live):
            if DATASET_OF[type(placed.row)] == "expenses":
                (twice if placed.row.transaction in seen else seen).add(placed.row.transaction)
        return twice

    def may_be_undone(self, file: File) -> bool:
        before, after = self.live_loads(), self.live_loads(without=self.standing(file))
        return not (self.unmet(after) - self.unmet(before)) and not (self.doubled(after) - self.doubled(before))

    def may_be_loaded(self, file: File) -> bool:
        """Whether every code is known, none that live rows need vanishes, and no transaction stands elsewhere."""
        new = self._new(file)
        after = self.live_loads(more=[new])
        known = _known(placed.row for placed in self.live_rows(after))
        own = (placed.row for placed in file.rows if DATASET_OF[type(placed.row)] != "sdg_weights")
        return (
            all(_is_met(known, need) for row in own for need in needs(row))
            and not (self.unmet(after) - self.unmet(self.live_loads()))
            and not self.doubled(after)
        )

    def files_with_a_live_slice(self, live: dict[SliceKey, Load] | None = None) -> list[File]:
        """In the order of their last load."""
        live = self.live_loads() if live is None else live
        used = {load: None for load in self.loads if any(other is load for other in live.values())}
        return [load.file for load in used]

    def can_be_dropped_once(self, live: dict[SliceKey, Load]) -> bool:
        """Whether the files with a live slice, dropped whole in one night, are right together.

        A row of theirs that was replaced since may need a code that was taken back since, or two files on one
        slice may have no row in common: then the files alone do not tell what stands.
        """
        known = _known(placed.row for placed in self.live_rows(live))
        files = self.files_with_a_live_slice(live)
        owners: dict[SliceKey, list[File]] = {}
        for file in files:
            for placed in file.rows:
                if DATASET_OF[type(placed.row)] != "sdg_weights" and not all(
                    _is_met(known, need) for need in needs(placed.row)
                ):
                    return False
            for key in file.slices(self.giver):
                owners.setdefault(key, []).append(file)
        return all(
            _keys(earlier.slices(self.giver)[key]) & _keys(later.slices(self.giver)[key])
            for key, sharing in owners.items()
            for earlier, later in itertools.pairwise(sharing)
        )


def _keys(rows: list[Placed]) -> set:
    return {business_key(placed.row) for placed in rows}


def _content(rows: list[Placed]) -> list:
    return sorted(((placed.table_no, placed.row_no, placed.row) for placed in rows), key=lambda one: one[:2])


def _is_sound(rows: list[Placed]) -> bool:
    return sdg_group([placed.row.sdg for placed in rows], [placed.row.weight for placed in rows]) is not None


def _is_sound_link(placed: Placed, rows: list[Placed]) -> bool:
    link = placed.row
    codes = next({c for c, _ in kind} for kind in FRAMEWORKS[link.framework].values() if link.element in dict(kind))
    return judged([other.row.weight for other in rows if other.row.element in codes]) is not None


def needs(row: Any) -> list[Need]:
    """Every code that a row refers to."""
    match DATASET_OF[type(row)]:
        case "outcomes":
            return [Need("offices", row.office)]
        case "outputs":
            return [Need("outcomes", row.outcome, row.period)]
        case "budgets":
            return [Need("outputs", row.output, row.year), Need("funds", row.fund)]
        case "expenses":
            found = [Need("offices", row.office), Need("outputs", row.output, row.year), Need("funds", row.fund)]
            return found + _paid(row, row.posted)
        case "contributions":
            found = [Need("funds", row.fund), *_paid(row, row.day)]
            return found + ([Need("outcomes", row.outcome, row.year)] if row.outcome else [])
        case "sdg_weights":
            return [Need("outputs", row.output, row.year)]
        case "plan_links" | "results" | "progress_notes":
            return [Need("outcomes", row.outcome, row.year)]
    return []


def _paid(row: Any, day: date) -> list[Need]:
    found = [Need("partners", row.partner)] if row.partner else []
    is_converted = row.amount_usd is None and row.currency != "USD"
    return found + ([Need("exchange_rates", row.currency, day)] if is_converted else [])


def _known(rows: Iterable[Any]) -> dict[str, dict[Any, list]]:
    """dataset -> code -> plan periods or days."""
    known: dict[str, dict[Any, list]] = {dataset: {} for dataset in DIMENSIONS}
    for row in rows:
        match DATASET_OF[type(row)]:
            case "outcomes" | "outputs" as dataset:
                known[dataset].setdefault(row.code, []).append(row.period)
            case "offices" | "funds" as dataset:
                known[dataset][row.code] = []
            case "partners":
                known["partners"] |= {key: [] for key in (row.code, row.name, *row.aliases)}
            case "exchange_rates":
                known["exchange_rates"].setdefault(row.currency, []).append(row.effective)
    return known


def _is_met(known: dict[str, dict[Any, list]], need: Need) -> bool:
    found = known[need.dataset]
    if need.code not in found:
        return False
    if need.dataset in ("outcomes", "outputs"):
        periods = found[need.code]
        return need.when in periods if isinstance(need.when, tuple) else any(a <= need.when <= b for a, b in periods)
    if need.dataset == "exchange_rates":
        return any(day <= need.when for day in found[need.code])
    return True
