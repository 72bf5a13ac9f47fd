"""The live rows that an allocation reads, as plain lists; names are those of the datasets' fields.

Money is integers: cents in fields ending `_cents`, and `amount_units` in 1/10,000 of the currency. Codes are
in their stored form (`domain.codes`); a partner cell is the folded text of a code, a name or an alias.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

AMOUNT_SCALE = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    outcome: str
    plan_period: str


@dataclass(frozen=True, slots=True)
class Output:
    output: str
    plan_period: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Fund:
    fund: str
    fund_type: str  # core, non-core, institutional
    financing_instrument: str | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    partner: str
    name: str
    contributor_type: str
    aliases: tuple[str, ...] = ()
    withhold_until: date | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    currency: str
    effective_date: date
    rate_per_usd: Decimal


@dataclass(frozen=True, slots=True)
class Budget:
    output: str
    fiscal_year: int
    fund: str
    version: str  # original, revised
    planned_cents: int
    available_cents: int


@dataclass(frozen=True, slots=True)
class Expense:
    output: str
    fiscal_year: int
    fund: str
    partner: str | None
    posting_date: date
    currency: str
    amount_units: int
    amount_usd_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    partner: str
    fund: str
    stage: str  # pledge, commitment, cash, revenue, refund
    date: date
    fiscal_year: int
    currency: str
    amount_units: int
    amount_usd_cents: int | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class SdgWeight:
    output: str
    fiscal_year: int
    sdg: str
    weight: Decimal | None


@dataclass(frozen=True, slots=True)
class PlanLink:
    outcome: str
    fiscal_year: int
    framework: str
    element: str  # code or name
    weight: Decimal | None


@dataclass(frozen=True, slots=True)
class Framework:
    framework: str
    first_year: int
    last_year: int


@dataclass(frozen=True, slots=True)
class Element:
    framework: str
    element: str
    kind: str  # impact area, systemic outcome, organizational output
    name: str


@dataclass(slots=True)
class World:
    """Everything live at one moment. Held groups stand apart: their rows are not among the live ones.

    `held_sdg_groups` are (output, fiscal year); `held_plan_groups` are (outcome, fiscal year, framework).
    `run_date` decides which partners are withheld; `impute_core` asks for core lines by partner.
    """

    run_date: date
    impute_core: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    funds: list[Fund] = field(default_factory=list)
    partners: list[Partner] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    expenses: list[Expense] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    sdg_weights: list[SdgWeight] = field(default_factory=list)
    held_sdg_groups: set[tuple[str, int]] = field(default_factory=set)
    plan_links: list[PlanLink] = field(default_factory=list)
    held_plan_groups: set[tuple[str, int, str]] = field(default_factory=set)
    frameworks: list[Framework] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
