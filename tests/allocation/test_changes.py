"""report.change against the views themselves: every figure of two nights, made in Python from the as-of twins."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.allocation.drops import TABLE_OF, Drops, day
from tests.allocation.worlds import PERIODS, load_world, random_world
from tests.warehouse.books import CONTRACTS

from outcome_reporting.allocation import restate, touched_scope
from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.domain.figures import figure_id, parse_figure_id, sdg_what
from outcome_reporting.warehouse.tables import metadata
from outcome_reporting.warehouse.undo import undo

MONEY = ("planned", "available", "expense")
NAMES = {"core pool": "(core)", "withheld": "(withheld)", "unattributed": "(none)"}
PROVENANCE = ("office", "slice_id", "table_no", "row_no")


@dataclass
class Published:
    """One night: figures by id, and the page and year that each stands on."""

    values: dict[str, str] = field(default_factory=dict)
    page_of: dict[str, tuple] = field(default_factory=dict)
    pages: set[tuple] = field(default_factory=set)

    def put(self, page: tuple, figure: str, value: str) -> None:
        assert figure not in self.values, f"two figures are called {figure}"
        self.values[figure], self.page_of[figure] = value, page


def published(connection: Connection, moment: Any) -> Published:
    """Every figure of the views as of a moment, with totals of years, periods, offices, goals and elements."""
    night = Published()
    money: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def rows(view: str) -> Iterator[dict[str, Any]]:
        found = connection.exec_driver_sql(f"select * from report.{view}_as_of(%s)", (moment,)).mappings().all()
        for row in found:
            if "outcome" in row:
                _open(night, row)
            yield dict(row)

    def add(scopes: list[tuple], row: dict[str, Any], what: Any, **cents: int) -> None:
        """Onto these scopes in the row's year, and onto codes in its plan period too."""
        for scope in scopes:
            is_code = len(scope) == 1 and scope != ("all",)
            for year in (row["fiscal_year"], None) if is_code else (row["fiscal_year"],):
                period = row["plan_period"] if is_code else None
                page = ("outcome", row["outcome"], period, year) if is_code else ("total", scope, year)
                if scope[0] == "office":
                    page = ("office", scope[1], year)
                if scope[0] == "partner":
                    page = ("stage", year)
                sums = money[page, scope, period, year, what]
                for measure, amount in cents.items():
                    sums[measure] += amount

    for row in rows("outcome_resources"):
        cents = _cents(row, *MONEY)
        add([(row["outcome"],), ("office", row["office"]), ("all",)], row, None, **cents, is_whole=1)
        add([(row["outcome"],)], row, row["fund_type"], **cents, is_whole=1)
    for row in rows("sdg_allocation"):
        cents, codes = _cents(row, *MONEY), [(row["outcome"],), (row["output"],)]
        add(codes, row, sdg_what(row["goal"], row["target"]), **cents)
        if row["goal"] == "X00":
            add([("office", row["office"]), ("all",)], row, ("sdg", "X00"), expense=cents["expense"])
        else:
            add(codes, row, ("sdg", row["goal"]), **cents)
        add([("sdg", row["goal"])], row, None, **cents)
        add(codes[1:], row, None, **cents)
        add(codes[1:], row, row["fund_type"], **cents)
    for row in rows("partner_contribution"):
        what = ("partner", NAMES.get(row["kind"]) or row["partner"])
        spent = "imputed" if row["kind"] == "imputed" else "expense"
        cents = _cents(row, "expense", "contribution")
        add([(row["outcome"],)], row, what, **{spent: cents["expense"], "contribution": cents["contribution"]})
    for row in rows("plan_contribution"):
        if row["kind"]:
            what = ("plan", row["framework"], row["element"] or f"({row['kind']})")
            cents = _cents(row, "planned", "expense")
            add([(row["outcome"],)], row, what, **cents)
            add([what], row, None, **cents)
    for row in rows("partner_revenue"):
        scope, cents = ("partner", row["partner"] or "(withheld)"), int(row["amount_usd"] * 100)
        night.pages.add(("stage", row["fiscal_year"]))
        for what in (None, row["fund_type"]):
            add([scope], row, what, **{row["stage"]: cents})
    for (page, scope, period, year, what), sums in money.items():
        for measure, value in _texts(sums):
            night.put(page, figure_id(scope, period, year, what, measure), value)
    for row in rows("result"):
        for measure in ("baseline", "milestone", "target", "result"):
            if row[measure] is not None:
                page = ("outcome", row["outcome"], row["plan_period"], row["fiscal_year"])
                what = ("result", row["indicator"])
                code = row["output"] or row["outcome"]
                night.put(page, figure_id(code, *page[2:], what, measure), row[measure])
    for _ in rows("progress_note"):
        pass
    return night


def _open(night: Published, row: dict[str, Any]) -> None:
    year = row["fiscal_year"]
    night.pages |= {("outcome", row["outcome"], row["plan_period"], one) for one in (year, None)}
    night.pages |= {("office", row["office"], year), ("all", year)}


def _cents(row: dict[str, Any], *measures: str) -> dict[str, int]:
    return {measure: int(row[f"{measure}_usd"] * 100) for measure in measures}


def _texts(sums: dict[str, int]) -> Iterator[tuple[str, str]]:
    for measure, cents in sums.items():
        if measure != "is_whole":
            yield measure, f"{Decimal(cents) / 100:.2f}"
    if "is_whole" in sums:
        yield "shortfall", f"{Decimal(sums['planned'] - sums['available']) / 100:.2f}"
        for measure, part, whole in (
            ("funding_rate", sums["available"], sums["planned"]),
            ("delivery_rate", sums["expense"], sums["available"]),
        ):
            if whole:
                tenths, rest = divmod(abs(part) * 1000, abs(whole))
                tenths += 2 * rest >= abs(whole)
                sign = "-" if tenths and (part < 0) != (whole < 0) else ""
                yield measure, f"{sign}{tenths // 10}.{tenths % 10}"


def expected_changes(before: Published, after: Published, seen: set[tuple]) -> dict[str, tuple]:
    """Figures that differ, on pages and years that had been published."""
    found = {}
    for figure in {*before.values, *after.values}:
        page = after.page_of.get(figure) or before.page_of[figure]
        was, now = (_value(figure, night.values.get(figure)) for night in (before, after))
        if was != now and (("all", page[2]) if page[0] == "total" else page) in seen:
            found[figure] = (was, now)
    return found


def _value(figure: str, value: str | None) -> str | None:
    """What is missing was a zero; a rate and a result that are missing are nothing."""
    parsed = parse_figure_id(figure)
    if value is None and not parsed.measure.endswith("_rate") and parsed.what[:1] != ("result",):
        return "0.00"
    return value


class Story:
    """Nights of one random world; each changes something and is published as the product does it."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self.connection, self.dice = connection, random.Random(seed)
        self.world = random_world(seed, office_count=3)
        self.drops = Drops(connection)
        self.run_date, self.night = self.world.run_date, 0
        self.runs: list[uuid.UUID] = []
        self.loads: list[uuid.UUID] = []
        load_world(self.drops, self.world, day(0.5))
        self.publish()

    def publish(self) -> None:
        self.night += 1
        since = day(self.night - 1) if self.night > 1 else None
        scope = touched_scope(self.connection, since, self.run_date)
        run_id = uuid.uuid4()
        restate(
            self.connection,
            snapshot_at=day(self.night),
            published_at=day(self.night),
            run_id=run_id,
            run_date=self.run_date,
            fiscal_years=None if since is None else scope.fiscal_years,
            offices=None if since is None else scope.offices,
            impute=self.world.impute_core,
        )
        self.runs.append(run_id)

    @property
    def now(self) -> Any:
        return day(self.night + self.dice.uniform(0.1, 0.8))

    def a_slice(self, dataset: str) -> tuple[str, str, list[dict[str, Any]]] | None:
        """A live slice that has rows: office, key, rows."""
        table = metadata.tables[f"core.{TABLE_OF[dataset]}"]
        is_shared = dataset in ("partners", "exchange_rates", "contributions")
        lives = metadata.tables["core.slice_org_life" if is_shared else "core.slice_life"]
        order = [lives.c.slice_key] if is_shared else [lives.c.office, lives.c.slice_key]
        found = list(
            self.connection.execute(
                select(lives).where(lives.c.dataset == dataset, lives.c.valid_to.is_(None)).order_by(*order)
            ).mappings()
        )
        self.dice.shuffle(found)
        for life in found:
            rows = self.connection.execute(
                select(table).where(table.c.slice_id == life["slice_id"]).order_by(table.c.row_no)
            ).mappings()
            plain = [{name: value for name, value in row.items() if name not in PROVENANCE} for row in rows]
            if plain:
                return life.get("office", ""), life["slice_key"], plain
        return None

    def change(self, dataset: str) -> None:
        found = self.a_slice(dataset)
        if found is None:
            return
        office, key, rows = found
        row = self.dice.choice(rows)
        cents = Decimal(self.dice.randint(-99_999, 999_999)) / 100
        if dataset == "expenses":
            row |= {"amount": row["amount"] + cents} if row["amount_usd"] is None else {"amount_usd": cents}
        elif dataset == "budgets":
            row |= {"planned_usd": abs(cents), "available_usd": self.dice.choice((Decimal(0), abs(cents) / 2))}
            row["available_usd"] = round(row["available_usd"], 2)
        elif dataset == "contributions":
            row |= {"amount_usd": abs(cents)}
        elif dataset == "exchange_rates":
            row |= {"rate_per_usd": row["rate_per_usd"] * 2 + 1}
        elif dataset == "sdg_weights":
            rows = [row | {"sdg": sdg, "weight_percent": None} for sdg in self.dice.sample(["5.2", "1.2", "X00"], 2)]
        elif dataset == "plan_links":
            rows = [row | {"weight_percent": None}]
        elif dataset == "partners":
            row |= {"withhold_until": self.dice.choice((None, self.run_date + timedelta(days=2)))}
        if dataset in ("expenses", "budgets", "contributions") and self.dice.random() < 0.2:
            rows = [one for one in rows if one is not row]
        self.loads.append(self.drops.drop(dataset, key, rows, self.now, office))

    def add_texts(self) -> None:
        """A result and a note: of an outcome's year that may have had no page so far."""
        outcome, period = self.dice.choice([(one.outcome, one.plan_period) for one in self.world.outcomes])
        year, office = int(period[:4]) + self.dice.randint(0, 3), outcome.split("_")[0]
        stem = {"outcome": outcome, "fiscal_year": year}
        result = {"indicator": "I 1/2", "indicator_title": "t", "measure": "unit", "result": str(self.dice.random())}
        note = {
            "language": "en",
            "title": "t",
            "note": "n",
            "author": "a",
            "status": self.dice.choice(["draft", "approved"]),
        }
        if self.dice.random() < 0.6:
            self.loads.append(self.drops.drop("results", f"{outcome}|{year}", [stem | result], self.now, office))
        else:
            self.loads.append(self.drops.drop("progress_notes", f"{outcome}|{year}", [stem | note], self.now, office))

    def add_office(self) -> None:
        """An outcome that was never published, in a year that others have published."""
        office = f"N{chr(65 + self.night)}A"
        code, period = f"{office}_D_1", self.dice.choice(PERIODS)
        year, at = int(period[:4]) + 1, self.now
        self.drops.drop(
            "outcomes", f"{office}|{period}", [{"plan_period": period, "outcome": code, "title": "t"}], at, office
        )
        output = {"plan_period": period, "outcome": code, "output": f"{code}.1", "title": "t"}
        self.drops.drop("outputs", f"{office}|{period}", [output], at, office)
        expense = {
            "transaction": uuid.uuid4().hex,
            "posting_date": date(year, 3, 1),
            "fiscal_year": year,
            "period": 3,
            "output": f"{code}.1",
            "fund": "XB1",
            "partner": "SWE",
            "currency": "USD",
            "amount": Decimal(7),
        }
        self.loads.append(self.drops.drop("expenses", f"{office}|{year}|3", [expense], at, office))

    def take_back(self) -> None:
        """The undo of one of the loads of the story, wherever in its history that stands."""
        if not self.loads:
            return
        load = self.dice.choice(self.loads)
        query = "select f.sha256 from intake.load l join intake.file f using (file_id) where l.load_id = %s"
        sha256 = self.connection.exec_driver_sql(query, (load,)).scalar_one()
        point = self.connection.begin_nested()
        try:
            undo(self.connection, CONTRACTS, sha256, day(self.night + 0.9))
            point.commit()
        except (Refused, UsageError):
            point.rollback()

    def live(self) -> None:
        """One day: a few things happen, and the night publishes."""
        for _ in range(self.dice.randint(1, 3)):
            what = self.dice.choice(
                ("expenses", "expenses", "budgets", "contributions", "exchange_rates", "sdg_weights", "plan_links",
                 "partners", "texts", "texts", "office", "undo", "undo", "tomorrow")
            )  # fmt: skip
            if what == "texts":
                self.add_texts()
            elif what == "office":
                self.add_office()
            elif what == "undo":
                self.take_back()
            elif what == "tomorrow":
                self.run_date += timedelta(days=1)
            else:
                self.change(what)
        self.publish()

    def recorded(self) -> dict[uuid.UUID, dict[str, tuple]]:
        rows = self.connection.exec_driver_sql("select run, figure_id, before, after from report.change").all()
        found: dict[uuid.UUID, dict[str, tuple]] = {run: {} for run in self.runs}
        for run, figure, before, after in rows:
            assert figure not in found[run], f"{figure} stands twice"
            found[run][figure] = (before, after)
        return found

    def expected(self) -> dict[uuid.UUID, dict[str, tuple]]:
        """By night, from the views as they are masked today."""
        nights = [published(self.connection, day(n)) for n in range(1, self.night + 1)]
        found, seen = {self.runs[0]: {}}, set(nights[0].pages)
        for run, before, after in zip(self.runs[1:], nights, nights[1:], strict=False):
            found[run] = expected_changes(before, after, seen)
            seen |= after.pages
        return found


@pytest.mark.parametrize("seed", range(4))
def test_every_change_of_the_views_is_recorded_and_no_other(connection: Connection, seed: int) -> None:
    story = Story(connection, seed)
    for _ in range(2):
        for _ in range(3):
            story.live()
        recorded, expected = story.recorded(), story.expected()
        for number, run in enumerate(story.runs, 1):
            missing = {one: expected[run][one] for one in sorted(expected[run].keys() - recorded[run].keys())}
            surplus = {one: recorded[run][one] for one in sorted(recorded[run].keys() - expected[run].keys())}
            assert (missing, surplus) == ({}, {}), f"night {number} of {story.night}"
            assert recorded[run] == expected[run], f"night {number} of {story.night}"
    assert sum(map(len, recorded.values())) > 100
    names = set(connection.exec_driver_sql("select partner from report.withheld").scalars())
    told = {parse_figure_id(figure) for changes in recorded.values() for figure in changes}
    assert not names & {figure.what[1] for figure in told if figure.what[:1] == ("partner",)}
    assert not names & {figure.scope[1] for figure in told if figure.scope[0] == "partner"}
