"""Restating only what was touched gives the rows of a full restatement, after any sequence of drops and undos."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from slices_alone import rows_of, world_at
from sqlalchemy import Connection
from storm import MONEY_VIEWS, as_oracle
from tests.allocation import worlds
from tests.allocation.drops import Drops, day
from tests.warehouse.books import CONTRACTS

from outcome_reporting.allocation import reconcile, restate, touched_scope
from outcome_reporting.domain.allocation import World
from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.warehouse.undo import undo

SEEDS = range(int(os.environ.get("INCREMENTAL_SEEDS", "6")))
NIGHTS = 6


class Sequence:
    """A random world, then random drops, corrections, undos and replays, with a clock of its own."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self.connection, self.dice = connection, Random(seed)
        self.world = worlds.random_world(seed, office_count=2)
        self.drops = Drops(connection)
        self.clock = 0.0
        self.since = None
        self.loaded: list[str] = []
        self.said: list[str] = []
        worlds.load_world(self.drops, self.world, day(0))
        self.first = self.drops._count

    def now(self):
        self.clock += 0.01
        return day(self.clock)

    def step(self) -> None:
        chosen = self.dice.choice([
            self.money, self.money, self.weights, self.weights, self.held, self.links, self.contributions, self.funds,
            self.partners, self.rates, self.undo, self.undo, self.undo,
        ])  # fmt: skip
        before = self.drops._count
        chosen()
        self.loaded += [f"{n:064x}" for n in range(before + 1, self.drops._count + 1)]
        self.said.append(chosen.__name__)

    def _part(self) -> World:
        """The dimensions of the world, without any fact."""
        return replace(
            self.world, budgets=[], expenses=[], contributions=[], sdg_weights=[], plan_links=[],
            held_sdg_groups=set(), held_plan_groups=set(), outcomes=[], outputs=[],
        )  # fmt: skip

    def _drop_slices(self, part: World) -> None:
        sliced = worlds._slices_of(part)
        for dataset, office, key in sorted(sliced):
            rows = sliced[dataset, office, key]
            for row in rows:
                if "transaction" in row:
                    row["transaction"] = uuid.uuid4().hex
            self.drops.drop(dataset, key, rows, self.now(), office)

    def money(self) -> None:
        part = self._part()
        output = self.dice.choice(self.world.outputs)
        worlds._money(part, self.dice, output.output, self.dice.choice(worlds._years(output.plan_period)))
        self._drop_slices(part)

    def weights(self) -> None:
        part = self._part()
        worlds._weights(part, self.dice, self.dice.choice(self.world.outputs))
        self._drop_slices(part)

    def held(self) -> None:
        """A bad group arrives, and now and then its good rows follow, as a replay writes them."""
        output = self.dice.choice(self.world.outputs)
        year = self.dice.choice(worlds._years(output.plan_period))
        key, office = f"{output.output}|{year}", output.output[:3]
        cells = {"output": output.output, "fiscal_year": year, "sdg": "5.2", "weight_percent": "70"}
        self.drops.drop("sdg_weights", key, [], self.now(), office, held=[cells])
        if self.dice.random() < 0.4:
            self.drops.drop("sdg_weights", key, [cells | {"weight_percent": Decimal(100)}], self.now(), office)

    def links(self) -> None:
        part = self._part()
        outcome = self.dice.choice(self.world.outcomes)
        year = self.dice.choice(worlds._years(outcome.plan_period))
        worlds._links(part, self.dice, outcome.outcome, year)
        worlds._load_links(self.drops, part, self.now())

    def contributions(self) -> None:
        part = self._part()
        part.outcomes = self.world.outcomes
        worlds._contributions(part, self.dice, 1)
        (one,) = part.contributions
        row = worlds._contribution(self.dice.randrange(10**9), one)
        self.drops.drop("contributions", f"{one.partner}|{one.fiscal_year}", [row], self.now())

    def funds(self) -> None:
        place = self.dice.randrange(len(self.world.funds))
        kind = self.dice.choice(("core", "non-core", "institutional"))
        self.world.funds[place] = replace(self.world.funds[place], fund_type=kind)
        rows = [
            {"fund": f.fund, "name": f.fund, "fund_type": f.fund_type, "financing_instrument": f.financing_instrument}
            for f in self.world.funds
        ]
        self.drops.drop("funds", "", rows, self.now())

    def partners(self) -> None:
        place = self.dice.randrange(len(self.world.partners))
        until = self.dice.choice([None, self.world.run_date + timedelta(days=self.dice.randint(0, 400))])
        self.world.partners[place] = replace(self.world.partners[place], withhold_until=until)
        rows = [
            worlds.partner(p.partner, p.name, p.aliases, contributor_type=p.contributor_type,
                           withhold_until=p.withhold_until)
            for p in self.world.partners
        ]  # fmt: skip
        self.drops.drop("partners", "", rows, self.now())

    def rates(self) -> None:
        currency, year = self.dice.choice(("KGS", "XOF")), self.dice.choice((2017, 2020, 2023))
        row = {"currency": currency, "effective_date": date(year, 3, 15), "source": "test",
               "rate_per_usd": Decimal(self.dice.randint(1, 10**7)) / 10 ** self.dice.randint(0, 6)}  # fmt: skip
        self.drops.drop("exchange_rates", f"{currency}|{year}", [row], self.now())

    def undo(self) -> None:
        """Any load of the sequence, live or not, by the product; refused or done already is fine."""
        if self.loaded:
            try:
                with self.connection.begin_nested():
                    undo(self.connection, CONTRACTS, self.dice.choice(self.loaded), self.now())
            except (Refused, UsageError):
                return

    def night(self) -> None:
        """Only what is touched; now and then the date has moved on, so that a withholding has expired."""
        if self.dice.random() < 0.3:
            self.world.run_date += timedelta(days=self.dice.randint(1, 300))
        at = self.now()
        scope = touched_scope(self.connection, self.since, self.world.run_date, snapshot_at=at)
        self.restate(at, scope.fiscal_years, scope.offices)
        self.since = at

    def restate(self, at, years, offices):
        return restate(
            self.connection,
            snapshot_at=at,
            published_at=at,
            run_id=uuid.uuid4(),
            run_date=self.world.run_date,
            fiscal_years=years,
            offices=offices,
            impute=self.world.impute_core,
        )


def published(connection: Connection) -> dict[str, set]:
    found = {}
    for view, (keys, money) in MONEY_VIEWS.items():
        columns = ", ".join([*keys.split(), *money.split()])
        rows = [tuple(row) for row in connection.exec_driver_sql(f"select {columns} from report.{view}")]
        assert len(rows) == len(set(rows))
        found[view] = {as_oracle(view, row) for row in rows} - {None}
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_touched_alone_gives_the_rows_of_a_full_restatement(connection: Connection, seed: int) -> None:
    sequence = Sequence(connection, seed)
    sequence.night()
    for _ in range(NIGHTS):
        for _ in range(sequence.dice.randint(1, 4)):
            sequence.step()
        sequence.night()
        now = world_at(connection, None, sequence.world.run_date, sequence.world.impute_core)
        wanted = rows_of(now)
        for view, rows in published(connection).items():
            assert rows == wanted[view], (seed, view, sequence.said)
        assert reconcile(connection, day(sequence.clock)) == []
    again = sequence.restate(sequence.now(), None, None)
    assert (again.is_published, sum(again.rows_changed.values())) == (False, 0)
