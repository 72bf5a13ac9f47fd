"""A storm over a real warehouse: every step is done by the product and by the model, and both must agree."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from organization_oracle import Row, expected
from sqlalchemy import text
from storm_files import File
from storm_model import History
from storm_steps import Dice

from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.settings import Settings
from outcome_reporting.workflows import allocation, intake, reports
from outcome_reporting.workflows.house import connect, migrate_warehouse
from outcome_reporting.workflows.undo import redo_load, undo_load

# view -> (columns of the key, columns of money)
MONEY_VIEWS = {
    "outcome_resources": (
        "office plan_period outcome fiscal_year fund_type",
        "planned_usd available_usd expense_usd shortfall_usd",
    ),
    "sdg_allocation": (
        "office plan_period outcome output fiscal_year fund_type goal target method",
        "planned_usd available_usd expense_usd",
    ),
    "partner_contribution": (
        "office plan_period outcome fiscal_year partner partner_name contributor_type kind",
        "expense_usd contribution_usd",
    ),
    "partner_revenue": (
        "partner partner_name contributor_type fiscal_year fund_type instrument stage",
        "amount_usd",
    ),
    "plan_contribution": (
        "office plan_period outcome fiscal_year framework kind element",
        "expense_usd planned_usd",
    ),
}
OTHER_VIEWS = ("result", "progress_note", "reconciliation")
FIGURE = re.compile(r'data-figure="([^"]+)"[^<>]*? data-value="([^"]+)"')


@dataclass
class Night:
    """What one night published."""

    at: datetime
    run_date: date
    views: dict[str, list[tuple]]
    pages: dict[str, list[tuple[str, str]]]  # page -> (figure id, value) in order
    withheld: set[str]


@dataclass
class Storm:
    settings: Settings
    seed: int
    history: History = field(init=False)
    dice: Dice = field(init=False)
    nights: list[Night] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _clock: float = field(default_factory=lambda: time.time() - 100_000)

    def __post_init__(self) -> None:
        self.today = datetime.now(UTC).date()
        self.dice = Dice(self.seed, self.today)
        self.history = History(self.dice.spellings)
        migrate_warehouse(self.settings)

    # --- the product

    def drop(self, *files: File) -> dict[str, Any]:
        """Drops these files in their order, and the intake of a night."""
        for file in files:
            put_into_inbox(self.settings, file, self._tick())
            if file not in self.files:
                self.files.append(file)
        return run_intake(self.settings)

    def _tick(self) -> float:
        self._clock += 60
        return self._clock

    def query(self, statement: str, **given: Any) -> list[tuple]:
        return query(self.settings, statement, **given)

    # --- steps; each returns a line for the log

    def begin(self) -> None:
        files = self.dice.first_files()
        summary = self.drop(*files)
        assert (summary["accepted"], summary["rejected_files"]) == (len(files), []), summary["findings"]
        for file in files:
            self.history.load(file)

    def step(self) -> None:
        for _ in range(60):
            kind = self.dice.rng.choices(list(STEPS), [weight for weight, _ in STEPS.values()])[0]
            said = STEPS[kind][1](self)
            if said:
                self.said.append(f"{len(self.said) + 1}: {kind}: {said}")
                return
        raise AssertionError("no step could be taken")

    def accept(self, *files: File) -> str:
        """Drops files that must be accepted; '' when the model says that they may not be dropped now."""
        for file in files:
            if self.history.is_whole_and_live(file):
                assert self.drop(file)["identical"] == 1, file.name
                return f"{file.name} again, identical"
        if not self._is_admissible(*files):
            return self._rejected(*files)
        summary = self.drop(*files)
        assert summary["accepted"] == len(files), (self.said, [f.name for f in files], summary["findings"])
        for file in files:
            self.history.load(file)
        return " and ".join(file.name for file in files)

    def _is_admissible(self, *files: File) -> bool:
        trial = History(self.history.spellings)
        trial.loads = list(self.history.loads)
        for file in files:
            if not trial.may_be_loaded(file):
                return False
            trial.load(file)
        for load in trial.loads[len(self.history.loads) :]:
            load.stands_for.clear()
        return trial.can_be_dropped_once(trial.live_loads())

    def _rejected(self, *files: File) -> str:
        """A file that refers to what is not there is rejected, and nothing changes; then it is withdrawn."""
        if len(files) > 1 or self.history.may_be_loaded(files[0]):
            return ""
        before = self.live_slices()
        summary = self.drop(files[0])
        assert summary["rejected_files"] == [files[0].name], (self.said, files[0].name)
        assert self.live_slices() == before
        (self.settings.home / "inbox" / files[0].source / files[0].name).unlink()
        return f"{files[0].name} rejected"

    def live_slices(self) -> list[tuple]:
        return self.query(
            "select office, slice_id::text from core.slice_life where valid_to is null union all "
            "select '', slice_id::text from core.slice_org_life where valid_to is null order by 1, 2"
        )

    def undo(self) -> str:
        loaded = [file for file in self.files if self.history.standing(file)]
        file = self.dice.rng.choice(loaded[: -1 or None])
        after = self.history.live_loads(without=self.history.standing(file))
        if not self.history.may_be_undone(file):
            before = self.live_slices()
            with pytest.raises(Refused) as refused:
                undo_load(self.settings, file.sha256)
            assert refused.value.reasons and file.name in str(refused.value)
            assert self.live_slices() == before
            return f"{file.name} refused: {refused.value.reasons[:2]}"
        if not self.history.can_be_dropped_once(after):
            return ""
        changed = {key for key, load in self.history.live_loads().items() if _content(load, key) != _content(
            after.get(key), key)}  # fmt: skip
        words = undo_load(self.settings, file.sha256)
        for key in changed:
            again = f"of {self.history.origin(key, after).file.name} live again" if key in after else "nothing live"
            assert again in words or " more" in words, (key, words)
        self.history.undo(file)
        return file.name

    def undo_twice(self) -> str:
        undone = [f for f in self.files if not self.history.standing(f) and self._was_loaded(f)]
        if not undone:
            return ""
        file = self.dice.rng.choice(undone)
        with pytest.raises(UsageError, match="is undone already"):
            undo_load(self.settings, file.sha256)
        return file.name

    def _was_loaded(self, file: File) -> bool:
        return any(load.file.sha256 == file.sha256 for load in self.history.loads)

    def redo(self) -> str:
        gone = [
            f for f in self.files if self._was_loaded(f) and not self.history.standing(f) and self._is_admissible(f)
        ]
        if not gone:
            return ""
        file = self.dice.rng.choice(gone)
        assert "was loaded again" in redo_load(self.settings, file.sha256)
        self.history.load(file)
        return file.name

    def same_bytes(self) -> str:
        loaded = [file for file in self.files if self._was_loaded(file)]
        return self.accept(self.dice.rng.choice(loaded))

    # --- nights

    def night(self) -> Night:
        """Restates, builds the site, and compares every row with the oracle."""
        allocation.restate(self.settings)
        if reports.pending_reports(self.settings):
            built = reports.build_reports(self.settings)
            assert built["problems"] == []
        wanted = expected(self.history.organization(), self.today)
        for view, rows in money_rows(self.settings).items():
            assert rows == wanted[view], self.told(view, rows, wanted[view])
        at = self.query("select max(published_at) from report.publication")[0][0]
        withheld = {partner for (partner,) in self.query("select partner from report.withheld")}
        night = Night(at, self.today, all_rows(self.settings), read_pages(self.site), withheld)
        if not self.nights or self.nights[-1].at != at:
            self.nights.append(night)
        return night

    @property
    def site(self) -> Path:
        return self.settings.home / "reports" / "site"

    def told(self, view: str, found: set[Row], wanted: set[Row]) -> str:
        lines = [f"seed {self.seed}, {view} after:", *self.said[-12:]]
        lines += [f"  missing  {row}" for row in sorted(map(repr, wanted - found))[:8]]
        return "\n".join(lines + [f"  too many {row}" for row in sorted(map(repr, found - wanted))[:8]])


def _content(load: Any, key: Any) -> Any:
    return None if load is None else load.stands_for[key]


def _pair(storm: Storm) -> str:
    """Two files of one night, the second over a slice of the first."""
    first = storm.dice.correction(storm.history, 2)
    trial = History(storm.history.spellings)
    trial.loads = list(storm.history.loads)
    if not storm._is_admissible(first):
        return ""
    load = trial.load(first)
    key = next(iter(load.slices))
    rows = storm.dice.corrected(key, [placed.row for placed in load.slices[key]])
    return storm.accept(first, storm.dice.file(rows))


def _make(maker: Callable[[Dice, History], File]) -> Callable[[Storm], str]:
    return lambda storm: storm.accept(maker(storm.dice, storm.history))


STEPS: dict[str, tuple[int, Callable[[Storm], str]]] = {
    "new file": (7, _make(Dice.new_file)),
    "correction of one slice": (5, _make(lambda dice, history: dice.correction(history, 1))),
    "correction of several slices": (5, _make(lambda dice, history: dice.correction(history, dice.rng.randint(2, 5)))),
    "correction of a part of a file": (5, _make(Dice.part_of_a_file)),
    "two files on one slice": (2, _pair),
    "ledger": (5, _make(Dice.ledger)),
    "dimension": (6, _make(Dice.dimension)),
    "weights that wait": (4, _make(Dice.weights_that_wait)),
    "mended weights": (3, _make(Dice.mended_weights)),
    "money of new outputs": (3, _make(Dice.money_of_new_outputs)),
    "same bytes": (5, Storm.same_bytes),
    "undo": (10, Storm.undo),
    "undo twice": (2, Storm.undo_twice),
    "redo": (4, Storm.redo),
}


# --- reading what the product says


def put_into_inbox(settings: Settings, file: File, mtime: float) -> None:
    folder = settings.home / "inbox" / file.source
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.name
    path.write_bytes(file.content)
    os.utime(path, (mtime, mtime))


def run_intake(settings: Settings) -> dict[str, Any]:
    run_id = intake.begin_night(settings)
    intake.read_files(settings, run_id, intake.notice_files(settings, run_id))
    intake.load_files(settings, run_id, intake.judge_files(settings, run_id))
    intake.answer_files(settings, run_id)
    return intake.close_night(settings, run_id)


def query(settings: Settings, statement: str, **given: Any) -> list[tuple]:
    with connect(settings).connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), given)]


def money_rows(settings: Settings, as_of: datetime | None = None) -> dict[str, set[Row]]:
    """The money views (or their twins) as the oracle writes them: cents, rows of nothing but zeros left out."""
    found = {}
    for view, (keys, money) in MONEY_VIEWS.items():
        columns = ", ".join([*keys.split(), *money.split()])
        source = f"report.{view}" if as_of is None else f"report.{view}_as_of(:as_of)"
        given = {} if as_of is None else {"as_of": as_of}
        rows = query(settings, f"select {columns} from {source}", **given)
        found[view] = {as_oracle(view, row) for row in rows} - {None}
        assert len(rows) >= len(found[view])
    return found  # type: ignore[return-value]


def as_oracle(view: str, row: tuple) -> Row | None:
    width = len(MONEY_VIEWS[view][0].split())
    key = list(row[:width])
    if view == "partner_contribution" and key[4] is None:
        key[5] = key[6] = None
    cents = [Decimal(value) * 100 for value in row[width:]]
    assert all(amount == int(amount) for amount in cents)
    return (*key, *map(int, cents)) if any(cents) else None


def all_rows(settings: Settings, as_of: datetime | None = None) -> dict[str, list[tuple]]:
    """Every row of every view, as it stands there."""
    found = {}
    for view in (*MONEY_VIEWS, *OTHER_VIEWS):
        keys, money = MONEY_VIEWS.get(view, ("*", ""))
        source = f"report.{view}" if as_of is None else f"report.{view}_as_of(:as_of)"
        given = {} if as_of is None else {"as_of": as_of}
        columns = ", ".join([*keys.split(), *money.split()])
        found[view] = sorted(query(settings, f"select {columns} from {source}", **given), key=repr)
    return found


def read_pages(site: Path) -> dict[str, list[tuple[str, str]]]:
    return {
        str(path.relative_to(site)): FIGURE.findall(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


def masked(view: str, rows: list[tuple], withheld: set[str]) -> list[tuple]:
    """Rows of the partner views with today's withheld names masked, and rows of one key summed."""
    if view not in ("partner_contribution", "partner_revenue"):
        return rows
    width = len(MONEY_VIEWS[view][0].split())
    sums: dict[tuple, list[Decimal]] = {}
    for row in rows:
        key = list(row[:width])
        if view == "partner_contribution" and key[4] in withheld:
            key[4:8] = [None, None, None, "withheld"]
        if view == "partner_revenue" and key[0] in withheld:
            key[0:3] = [None, "Withheld", None]
        held = sums.setdefault(tuple(key), [Decimal(0)] * (len(row) - width))
        held[:] = [a + b for a, b in zip(held, row[width:], strict=True)]
    return sorted(((*key, *amounts) for key, amounts in sums.items()), key=repr)
