"""Ten thousand random cases of the split against integers alone: in Python, and in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cmp_to_key
from random import Random

from sqlalchemy import Connection
from tests.allocation.house import OUTCOME, PERIOD, House

from outcome_reporting.domain.allocation.split import split

CASES = 10_000
CODES = [
    *(f"{goal}.{target}" for goal in (1, 5, 8, 10, 16) for target in (1, 2, 6, 10, "a", "b")),
    "2", "3", "4", "13", "17", "X00",
]  # fmt: skip
TYPES = {"CORE": "core", "IB": "institutional", "XB": "non-core"}


def whole_cents(cents: int, weights: dict[str, int]) -> dict[str, int]:
    """Largest remainder in integers: a share is cents * weight // sum, its rest the remainder of that division.

    Ties: the larger rest, then the larger weight, then natural order (1.2 before 1.10, 5.6 before 5.a, a goal
    before its targets, X00 last).
    """
    total, amount = sum(weights.values()), abs(cents)
    pieces = {code: amount * weight // total for code, weight in weights.items()}
    rests = {code: amount * weight % total for code, weight in weights.items()}

    def compare(one: str, other: str) -> int:
        if rests[one] != rests[other]:
            return rests[other] - rests[one]
        if weights[one] != weights[other]:
            return weights[other] - weights[one]
        return -1 if _comes_first(one, other) else 1

    for code in sorted(weights, key=cmp_to_key(compare))[: amount - sum(pieces.values())]:
        pieces[code] += 1
    return {code: piece if cents > 0 else -piece for code, piece in pieces.items()}


def _comes_first(one: str, other: str) -> bool:
    if "X00" in (one, other):
        return other == "X00"
    (goal, _, target), (other_goal, _, other_target) = one.partition("."), other.partition(".")
    if goal != other_goal:
        return int(goal) < int(other_goal)
    if not target or not other_target:
        return not target
    if target.isdigit() and other_target.isdigit():
        return int(target) < int(other_target)
    return target.isdigit() or (not other_target.isdigit() and target < other_target)


def groups(seed: int, count: int) -> Iterator[dict[str, int]]:
    """Weights in millionths of a percent that sum to exactly 100, many of them equal."""
    dice = Random(seed)
    whole = 100_000_000
    for _ in range(count):
        codes = dice.sample(CODES, dice.randint(1, 12))
        unit = dice.choice((1, 10_000, 1_000_000, 5_000_000))
        if len(codes) > whole // unit:
            unit = 1
        cuts = sorted(dice.sample(range(1, whole // unit), len(codes) - 1))
        sizes = [(high - low) * unit for low, high in zip([0, *cuts], [*cuts, whole // unit], strict=True)]
        if dice.random() < 0.3 and whole % len(codes) == 0:
            sizes = [whole // len(codes)] * len(codes)
        yield dict(zip(codes, sizes, strict=True))


def amounts(dice: Random) -> int:
    size = dice.choice((1, 3, 10, 101, 10**6, 10**11))
    return dice.randint(-size, size)


def test_the_python_split_equals_the_integers() -> None:
    dice = Random(3)
    for weights in groups(1, CASES):
        cents = amounts(dice)
        found = dict(split(cents, [(code, Decimal(weight) / 1_000_000) for code, weight in weights.items()]))
        assert found == whole_cents(cents, weights), (cents, weights)


def test_the_split_in_the_database_equals_the_integers(connection: Connection) -> None:
    """Each output, fund type and measure is a cell with weights of its own: as many cells in one restatement."""
    house, dice = House(connection), Random(4)
    every = list(groups(2, -(-CASES // 9)))
    outputs = [f"{OUTCOME}.{n}" for n in range(1, len(every) + 1)]
    known = [{"plan_period": PERIOD, "outcome": OUTCOME, "output": code, "title": "t"} for code in outputs]
    house.drop("outputs", f"KGZ|{PERIOD}", known, at=0.1)
    weights, budgets, spent = [], [], []
    cells: dict[tuple[str, str, str], int] = {}
    for output, group in zip(outputs, every, strict=True):
        weights += [
            {"output": output, "fiscal_year": 2020, "sdg": code, "weight_percent": Decimal(weight) / 1_000_000}
            for code, weight in group.items()
        ]
        for fund, fund_type in TYPES.items():
            planned, available, expense = abs(amounts(dice)), abs(amounts(dice)), amounts(dice)
            cells |= {(output, fund_type, "planned"): planned, (output, fund_type, "available"): available,
                      (output, fund_type, "expense"): expense}  # fmt: skip
            budgets.append({
                "output": output, "fiscal_year": 2020, "fund": fund, "version": "original",
                "planned_usd": Decimal(planned) / 100, "available_usd": Decimal(available) / 100,
            })  # fmt: skip
            spent.append({
                "transaction": f"{output} {fund}", "posting_date": date(2020, 1, 2), "fiscal_year": 2020, "period": 1,
                "output": output, "fund": fund, "partner": None, "currency": "USD", "amount": Decimal(expense) / 100,
                "amount_usd": Decimal(expense) / 100,
            })  # fmt: skip
    house.drop("sdg_weights", f"{OUTCOME}|2020", weights, at=0.2)
    house.drop("budgets", "KGZ|2020", budgets, at=0.3)
    house.drop("expenses", "KGZ|2020|1", spent, at=0.4)
    house.night(1)
    group_of = dict(zip(outputs, every, strict=True))
    wanted = {
        (output, fund_type, measure, code): piece
        for (output, fund_type, measure), cents in cells.items()
        for code, piece in whole_cents(cents, group_of[output]).items()
        if piece
    }
    query = """
    select output, fund_type, measure, sdg, cents from report.sdg_line cross join lateral (
      values ('planned', planned_cents), ('available', available_cents), ('expense', expense_cents)
    ) as amount (measure, cents) where valid_to is null and cents <> 0"""
    found = {tuple(row[:4]): int(row[4]) for row in connection.exec_driver_sql(query)}
    assert len(cells) >= CASES
    assert found == wanted
