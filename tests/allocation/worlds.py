"""Random small worlds for the comparison with the plain-Python allocation, and how they enter the warehouse."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from tests.allocation.drops import Drops, partner

from outcome_reporting.domain.allocation import (
    Budget,
    Contribution,
    Element,
    Expense,
    Framework,
    Fund,
    Outcome,
    Output,
    Partner,
    PlanLink,
    Rate,
    SdgWeight,
    World,
)
from outcome_reporting.domain.codes import fold_name, office_of
from outcome_reporting.warehouse.tables import metadata

SDGS = ["5", "5.2", "5.6", "5.a", "1.2", "1.10", "16.10", "17", "8.10", "X00", "13.b"]
KINDS = ("impact area", "systemic outcome", "organizational output")
PERIODS = ("2018-2021", "2022-2025")
YEARS = range(2018, 2026)


def random_world(seed: int, office_count: int = 20) -> World:
    """A world that intake would accept, with every rule at work somewhere.

    Each office is a small case of its own; funds, partners, rates, frameworks and contributions are shared.
    """
    dice = random.Random(seed)
    world = World(run_date=date(2025, 6, 1), impute_core=dice.random() < 0.4)
    _dimensions(world, dice, [f"O{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(office_count)])
    _frameworks(world, dice)
    for output in world.outputs:
        _weights(world, dice, output)
        for year in _years(output.plan_period):
            if dice.random() < 0.6:
                _money(world, dice, output.output, year)
    for outcome in world.outcomes:
        for year in _years(outcome.plan_period):
            _links(world, dice, outcome.outcome, year)
    _contributions(world, dice, dice.randint(0, 12 * office_count))
    return world


def _years(plan_period: str) -> range:
    first, last = plan_period.split("-")
    return range(int(first), int(last) + 1)


def _dimensions(world: World, dice: random.Random, offices: list[str]) -> None:
    for office in offices:
        for period in PERIODS[: dice.randint(1, 2)]:
            for n in range(1, dice.randint(2, 3)):
                outcome = f"{office}_D_{n}"
                world.outcomes.append(Outcome(outcome, period))
                for m in range(1, dice.randint(2, 3)):
                    world.outputs.append(Output(f"{outcome}.{m}", period, outcome))
    world.funds += [
        Fund("CORE", "core", "R02A"),
        Fund("IB", "institutional"),
        Fund("XB1", "non-core", "R03E"),
        Fund("XB2", "non-core", None),
    ]
    until = [None, date(2025, 6, 1), date(2025, 6, 2)]
    for code in ("SWE", "SWE_2", "SWE_10", "NOR", "GAVI"):
        aliases = (f"{code} fund", f"The {code}")
        world.partners.append(Partner(code, f"Name of {code}", "C01", aliases, dice.choice(until)))
    for currency in ("KGS", "XOF"):
        for year in (2017, 2020, 2023):
            rate = Decimal(dice.randint(1, 10**7)) / 10 ** dice.randint(0, 6)
            world.rates.append(Rate(currency, date(year, 3, 15), rate))


def _frameworks(world: World, dice: random.Random) -> None:
    world.frameworks += [Framework("2018-2021", 2018, 2021), Framework("2022-2025", 2022, 2024)]
    for framework, kinds in (("2018-2021", KINDS[::2]), ("2022-2025", KINDS)):
        if framework == "2018-2021" and dice.random() < 0.2:
            continue  # a framework in force whose elements nobody knows
        for place, kind in enumerate(kinds):
            for n in (1, 2, 10):
                world.elements.append(Element(framework, f"SP_D_{place}.{n}", kind, f"{kind} {n}"))


def _group(dice: random.Random, codes: list[str]) -> list[tuple[str, Decimal | None]]:
    """Weights that hold together: exact, rounded, or none written."""
    n = len(codes)
    style = dice.choice(("exact", "exact", "rounded", "empty"))
    if style == "empty":
        return [(code, None) for code in codes]
    if style == "rounded":
        return [(code, (Decimal(100) / n).quantize(Decimal("0.01"))) for code in codes]
    scale = dice.choice((1, 1, 100, 1000, 10**9))
    cuts = sorted(dice.sample(range(1, 100 * scale), n - 1))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, 100 * scale], strict=True)]
    return [(code, Decimal(size) / scale) for code, size in zip(codes, sizes, strict=True)]


def _weights(world: World, dice: random.Random, output: Output) -> None:
    for year in _years(output.plan_period):
        chance = dice.random()
        if chance < 0.1:
            world.held_sdg_groups.add((output.output, year))
        elif chance < 0.6:
            codes = [code for code in SDGS if code != "5"] if dice.random() < 0.8 else ["5", "1.2", "17"]
            for code, weight in _group(dice, dice.sample(codes, dice.randint(1, min(7, len(codes))))):
                world.sdg_weights.append(SdgWeight(output.output, year, code, weight))


def _cents(dice: random.Random) -> int:
    size = dice.choice((1, 3, 100, 10**6, 10**13))
    return dice.randint(-size // 3, size)


def _money(world: World, dice: random.Random, output: str, year: int) -> None:
    for fund in world.funds:
        if dice.random() < 0.5:
            for version in ("original", "revised")[: dice.randint(1, 2)]:
                budget = Budget(output, year, fund.fund, version, abs(_cents(dice)), abs(_cents(dice)))
                world.budgets.append(budget)
    for _ in range(dice.randint(0, 6)):
        currency = dice.choice(("USD", "USD", "KGS", "XOF"))
        units = _cents(dice) * (100 if currency == "USD" else 1)
        written = _cents(dice) if dice.random() < 0.5 else None
        world.expenses.append(
            Expense(
                output,
                year,
                dice.choice(world.funds).fund,
                _spelling(world, dice) if dice.random() < 0.7 else None,
                date(year, dice.randint(1, 12), dice.randint(1, 28)),
                currency,
                units,
                written,
            )
        )


def _spelling(world: World, dice: random.Random) -> str:
    chosen = dice.choice(world.partners)
    return fold_name(dice.choice((chosen.partner, chosen.name, *chosen.aliases)))


def _links(world: World, dice: random.Random, outcome: str, year: int) -> None:
    chance = dice.random()
    framework = dice.choice(("2018-2021", "2022-2025"))
    elements = [element for element in world.elements if element.framework == framework]
    if chance < 0.3 or not elements:
        return
    held: set[str] = set()
    for kind in sorted({element.kind for element in elements}):
        codes = [element.element for element in elements if element.kind == kind]
        chance = dice.random()
        if chance < 0.2:
            held.add(kind)
        elif chance < 0.7:
            for code, weight in _group(dice, dice.sample(codes, dice.randint(1, 3))):
                world.plan_links.append(PlanLink(outcome, year, framework, code, weight))
    if held:
        world.held_plan_groups.add((outcome, year, framework))


def _contributions(world: World, dice: random.Random, count: int) -> None:
    for _ in range(count):
        outcome = dice.choice(world.outcomes)
        year = dice.choice(_years(outcome.plan_period))
        currency = dice.choice(("USD", "KGS"))
        world.contributions.append(
            Contribution(
                _spelling(world, dice),
                dice.choice(world.funds).fund,
                dice.choice(("pledge", "commitment", "cash", "revenue", "revenue", "refund")),
                date(year, dice.randint(1, 12), dice.randint(1, 28)),
                year,
                currency,
                _cents(dice) * (100 if currency == "USD" else 1),
                _cents(dice) if dice.random() < 0.3 else None,
                outcome.outcome if dice.random() < 0.5 else None,
            )
        )


def load_world(drops: Drops, world: World, at: datetime) -> None:
    """Drops everything of a world at one moment."""
    _load_organization(drops, world, at)
    _load_reference(drops, world)
    sliced = _slices_of(world)
    for dataset, office, key in sorted(sliced):
        drops.drop(dataset, key, sliced[dataset, office, key], at, office)
    for output, year in sorted(world.held_sdg_groups):
        cells = {"output": output, "fiscal_year": year, "sdg": "5.2", "weight_percent": "70"}
        drops.drop("sdg_weights", f"{output}|{year}", [], at, office_of(output), held=[cells])
    _load_links(drops, world, at)


def _load_organization(drops: Drops, world: World, at: datetime) -> None:
    funds = [
        {
            "fund": fund.fund,
            "name": fund.fund,
            "fund_type": fund.fund_type,
            "financing_instrument": fund.financing_instrument,
        }
        for fund in world.funds
    ]
    drops.drop("funds", "", funds, at)
    partners = [
        partner(
            one.partner,
            one.name,
            one.aliases,
            contributor_type=one.contributor_type,
            withhold_until=one.withhold_until,
        )
        for one in world.partners
    ]
    drops.drop("partners", "", partners, at)
    sliced: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for rate in world.rates:
        row = {
            "currency": rate.currency,
            "effective_date": rate.effective_date,
            "rate_per_usd": rate.rate_per_usd,
            "source": "test",
        }
        sliced["exchange_rates", f"{rate.currency}|{rate.effective_date.year}"].append(row)
    for number, one in enumerate(world.contributions):
        sliced["contributions", f"{one.partner}|{one.fiscal_year}"].append(_contribution(number, one))
    for dataset, key in sorted(sliced):
        drops.drop(dataset, key, sliced[dataset, key], at)


def _contribution(number: int, one: Contribution) -> dict[str, Any]:
    return {
        "agreement": f"A{number}",
        "partner": one.partner,
        "fund": one.fund,
        "stage": one.stage,
        "date": one.date,
        "fiscal_year": one.fiscal_year,
        "currency": one.currency,
        "amount": Decimal(one.amount_units) / 10_000,
        "amount_usd": None if one.amount_usd_cents is None else Decimal(one.amount_usd_cents) / 100,
        "outcome": one.outcome,
    }


def _load_reference(drops: Drops, world: World) -> None:
    connection, tables = drops.connection, metadata.tables
    connection.exec_driver_sql("delete from core.plan_element")
    connection.exec_driver_sql("delete from core.framework")
    if world.frameworks:
        rows = [
            {"framework": one.framework, "first_year": one.first_year, "last_year": one.last_year}
            for one in world.frameworks
        ]
        connection.execute(insert(tables["core.framework"]), rows)
    if world.elements:
        rows = [
            {"framework": one.framework, "kind": one.kind, "element": one.element, "name": one.name}
            for one in world.elements
        ]
        connection.execute(insert(tables["core.plan_element"]), rows)


def _slices_of(world: World) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """Rows of the facts by (dataset, office, slice key)."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for outcome in world.outcomes:
        row = {"plan_period": outcome.plan_period, "outcome": outcome.outcome, "title": "t"}
        office = office_of(outcome.outcome)
        found["outcomes", office, f"{office}|{outcome.plan_period}"].append(row)
    for output in world.outputs:
        row = {
            "plan_period": output.plan_period,
            "outcome": output.outcome,
            "output": output.output,
            "title": "t",
        }
        office = office_of(output.output)
        found["outputs", office, f"{office}|{output.plan_period}"].append(row)
    for budget in world.budgets:
        row = {
            "output": budget.output,
            "fiscal_year": budget.fiscal_year,
            "fund": budget.fund,
            "version": budget.version,
            "planned_usd": Decimal(budget.planned_cents) / 100,
            "available_usd": Decimal(budget.available_cents) / 100,
        }
        office = office_of(budget.output)
        found["budgets", office, f"{office}|{budget.fiscal_year}"].append(row)
    for number, expense in enumerate(world.expenses):
        office, period = office_of(expense.output), expense.posting_date.month
        key = f"{office}|{expense.fiscal_year}|{period}"
        found["expenses", office, key].append(_expense(number, expense))
    for weight in world.sdg_weights:
        if (weight.output, weight.fiscal_year) in world.held_sdg_groups:
            continue
        row = {
            "output": weight.output,
            "fiscal_year": weight.fiscal_year,
            "sdg": weight.sdg,
            "weight_percent": weight.weight,
        }
        key = f"{weight.output}|{weight.fiscal_year}"
        found["sdg_weights", office_of(weight.output), key].append(row)
    return found


def _expense(number: int, one: Expense) -> dict[str, Any]:
    return {
        "transaction": f"T{number}",
        "posting_date": one.posting_date,
        "fiscal_year": one.fiscal_year,
        "period": one.posting_date.month,
        "output": one.output,
        "fund": one.fund,
        "partner": one.partner,
        "currency": one.currency,
        "amount": Decimal(one.amount_units) / 10_000,
        "amount_usd": None if one.amount_usd_cents is None else Decimal(one.amount_usd_cents) / 100,
    }


def _load_links(drops: Drops, world: World, at: datetime) -> None:
    """Live and held links of one outcome and year are one slice; a held group is of a kind without live ones."""
    live: dict[tuple[str, int], list[PlanLink]] = defaultdict(list)
    for link in world.plan_links:
        live[link.outcome, link.fiscal_year].append(link)
    held = {(outcome, year): framework for outcome, year, framework in world.held_plan_groups}
    for outcome, year in sorted({*live, *held}):
        rows = [
            {
                "outcome": outcome,
                "fiscal_year": year,
                "framework": link.framework,
                "element": link.element,
                "weight_percent": link.weight,
            }
            for link in live[outcome, year]
        ]
        waiting = []
        if (outcome, year) in held:
            framework = held[outcome, year]
            cells = {"outcome": outcome, "fiscal_year": year, "framework": framework, "element": "unknown"}
            waiting = [cells]
        drops.drop("plan_links", f"{outcome}|{year}", rows, at, office_of(outcome), held=waiting)
