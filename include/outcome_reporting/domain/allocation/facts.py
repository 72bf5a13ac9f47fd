"""What the live rows mean together: plan periods, dollars, partners, and the cells that are split.

Everything here is looked up when money is allocated and never frozen into a fact. A `World` that intake would
have refused (an unknown code, no rate) raises ValueError: the reference computes, it does not judge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from outcome_reporting.domain.allocation.world import AMOUNT_SCALE, Contribution, Expense, Partner, World
from outcome_reporting.domain.codes import fold_name, office_of, plan_period_years
from outcome_reporting.domain.money import convert_to_usd_cents

_T = TypeVar("_T")

POOLED_FUND_TYPES = ("core", "institutional")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row of one fiscal year stands."""

    office: str
    plan_period: str
    outcome: str


class Facts:
    """Lookups over one `World`, and its budgets and expenses summed to the cells that are split once.

    `budget_cells` maps (output, fiscal year, fund) to (planned, available) cents, revised in place of
    original; `expense_cells` maps (output, fiscal year, fund, partner code or None) to cents.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.fund = {fund.fund: fund for fund in world.funds}
        self.partner = {partner.partner: partner for partner in world.partners}
        self._partner_texts = _partner_texts(world.partners)
        self._outcomes = _by_code((row.outcome, row) for row in world.outcomes)
        self._outputs = _by_code((row.output, row) for row in world.outputs)
        self._rates = _by_code((rate.currency, rate) for rate in world.rates)
        self.budget_cells: dict[tuple[str, int, str], tuple[int, int]] = {}
        for budget in sorted(world.budgets, key=lambda row: row.version == "revised"):
            key = (budget.output, budget.fiscal_year, budget.fund)
            self.budget_cells[key] = (budget.planned_cents, budget.available_cents)
        self.expense_cells: dict[tuple[str, int, str, str | None], int] = defaultdict(int)
        for expense in world.expenses:
            partner = self.resolve_partner(expense.partner) if expense.partner else None
            cell = (expense.output, expense.fiscal_year, expense.fund, partner)
            self.expense_cells[cell] += self.usd_cents(expense, expense.posting_date)

    def fund_type(self, fund: str) -> str:
        return self.fund[fund].fund_type

    def is_withheld(self, partner: str) -> bool:
        """True while the partner's *Withhold until* lies after the run's date."""
        until = self.partner[partner].withhold_until
        return until is not None and until > self.world.run_date

    def resolve_partner(self, text: str) -> str:
        """The partner code behind a cell: a code, then a name, then an alias."""
        folded = fold_name(text)
        for texts in self._partner_texts:
            if folded in texts:
                return texts[folded]
        raise ValueError(f"unknown partner {text}")

    def usd_cents(self, row: Expense | Contribution, on: date) -> int:
        """Amount (USD) where it stands; else the amount at the rate in force on that day."""
        if row.amount_usd_cents is not None:
            return row.amount_usd_cents
        if row.currency == "USD":
            return convert_to_usd_cents(row.amount_units, AMOUNT_SCALE, Decimal(1))
        rates = [rate for rate in self._rates.get(row.currency, ()) if rate.effective_date <= on]
        if not rates:
            raise ValueError(f"no rate for {row.currency} on {on}")
        newest = max(rates, key=lambda rate: rate.effective_date)
        return convert_to_usd_cents(row.amount_units, AMOUNT_SCALE, newest.rate_per_usd)

    def outcome_place(self, outcome: str, fiscal_year: int) -> Place:
        """The outcome in its plan period that contains the year."""
        for row in self._outcomes.get(outcome, ()):
            if _contains(row.plan_period, fiscal_year):
                return Place(office_of(outcome), row.plan_period, outcome)
        raise ValueError(f"no plan period of outcome {outcome} contains {fiscal_year}")

    def output_place(self, output: str, fiscal_year: int) -> Place:
        """The outcome that the output belongs to in its plan period that contains the year."""
        for row in self._outputs.get(output, ()):
            if _contains(row.plan_period, fiscal_year):
                return Place(office_of(output), row.plan_period, row.outcome)
        raise ValueError(f"no plan period of output {output} contains {fiscal_year}")


def _by_code(rows: Iterable[tuple[str, _T]]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = defaultdict(list)
    for code, row in rows:
        found[code].append(row)
    return dict(found)


def _contains(plan_period: str, fiscal_year: int) -> bool:
    first, last = plan_period_years(plan_period)
    return first <= fiscal_year <= last


def _partner_texts(partners: Iterable[Partner]) -> tuple[dict[str, str], ...]:
    """Folded text to partner code, for codes, for names and for aliases."""
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for partner in partners:
        codes[fold_name(partner.partner)] = partner.partner
        names[fold_name(partner.name)] = partner.partner
        for alias in partner.aliases:
            aliases[fold_name(alias)] = partner.partner
    return codes, names, aliases
