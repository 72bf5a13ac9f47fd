"""A small organization made up at random: plain rows of every dataset, as people would type them.

Nothing here knows the product; the words and rules are those of its documentation. Money is integer cents,
rates and weights are decimals as text, codes stand in their stored form (spelling is the writer's affair).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from random import Random

FRAMEWORKS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "2018-2021": {
        "impact area": (
            ("SP_D_2", "Women lead, participate in and benefit equally from governance systems"),
            ("SP_D_3", "Women have income security, decent work and economic autonomy"),
            ("SP_D_4", "All women and girls live a life free from all forms of violence"),
            ("SP_D_5", "Women and girls contribute to and influence sustainable peace and resilience"),
        ),
        "organizational output": (
            ("SP_O_2", "Increased engagement of partners in support of UN-Women's mandate"),
            ("SP_O_3", "High quality of programmes through knowledge, innovation, results-based management "
                       "and evaluation"),
        ),
    },
    "2022-2025": {
        "impact area": (
            ("SP_D_1", "Governance and participation in public life"),
            ("SP_D_2", "Women's economic empowerment"),
            ("SP_D_3", "Ending violence against women and girls"),
        ),
        "systemic outcome": (
            ("SP_D_0.2", "Financing for gender equality"),
            ("SP_D_0.3", "Positive social norms, including by engaging men and boys"),
            ("SP_D_0.4", "Women's equitable access to services, goods and resources"),
            ("SP_D_0.7", "UN system coordination for gender equality and women's empowerment"),
        ),
        "organizational output": (
            ("SP_O_2", "Advancing partnerships and resourcing"),
            ("SP_O_3", "Advancing business transformation"),
            ("SP_O_5", "Effective normative, programmatic and coordination products, services and processes"),
        ),
    },
}  # fmt: skip
TARGETS = (
    "1.2", "1.4", "1.a", "2.3", "3.7", "3.d", "4.5", "5.1", "5.2", "5.5", "5.6", "5.a", "5.b", "5.c", "8.1",
    "8.5", "8.10", "9.1", "10.2", "10.7", "11.7", "13.1", "13.b", "16.1", "16.2", "16.10", "16.a", "17.1",
    "17.9", "17.10", "17.18",
)  # fmt: skip
INSTRUMENTS = {"core": ("R02A", "R02B"), "non-core": ("R03E", "R03A", "R03D"), "institutional": ("R01", "")}
CURRENCIES = ("KGS", "EUR", "MDL")


@dataclass(frozen=True, slots=True)
class Outcome:
    office: str
    period: tuple[int, int]
    code: str


@dataclass(frozen=True, slots=True)
class Output:
    period: tuple[int, int]
    outcome: str
    code: str


@dataclass(frozen=True, slots=True)
class Fund:
    code: str
    fund_type: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Partner:
    code: str
    name: str
    contributor_type: str
    aliases: tuple[str, ...]
    withhold_until: date | None


@dataclass(frozen=True, slots=True)
class Rate:
    currency: str
    effective: date
    per_usd: str


@dataclass(frozen=True, slots=True)
class Budget:
    output: str
    year: int
    fund: str
    version: str
    planned: int
    available: int


@dataclass(frozen=True, slots=True)
class Expense:
    """`amount` in hundredths of the currency; `amount_usd` in cents, or None; `partner` is a code or None."""

    transaction: str
    posted: date
    year: int
    period: int
    office: str
    output: str
    fund: str
    partner: str | None
    currency: str
    amount: int
    amount_usd: int | None


@dataclass(frozen=True, slots=True)
class Contribution:
    agreement: str
    partner: str
    fund: str
    stage: str
    day: date
    year: int
    currency: str
    amount: int
    amount_usd: int | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Weight:
    output: str
    year: int
    sdg: str
    weight: str | None


@dataclass(frozen=True, slots=True)
class Link:
    outcome: str
    year: int
    framework: str
    element: str
    weight: str | None


@dataclass(slots=True)
class Organization:
    """Rows of every dataset. `offices` are (code, name, kind)."""

    seed: int
    offices: list[tuple[str, str, str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    funds: list[Fund] = field(default_factory=list)
    partners: list[Partner] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    expenses: list[Expense] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


def random_organization(seed: int, run_date: date) -> Organization:
    """The organization of a seed; withholding is laid around `run_date` (before, on and after it)."""
    rng = Random(seed)
    org = Organization(seed)
    _plan(org, rng)
    _money_reference(org, rng, run_date)
    for output in org.outputs:
        for year in _years(output.period, rng):
            _budgets(org, rng, output, year)
            _expenses(org, rng, output, year)
            _weights(org, rng, output.code, year)
    for outcome in org.outcomes:
        for year in range(outcome.period[0], outcome.period[1] + 1):
            _links(org, rng, outcome.code, year)
    _contributions(org, rng)
    return org


def _years(period: tuple[int, int], rng: Random) -> list[int]:
    return [year for year in range(period[0], period[1] + 1) if rng.random() < 0.85]


def _plan(org: Organization, rng: Random) -> None:
    codes = rng.sample(["KGZ", "ECA", "MDA", "NAM", "UKR", "MOZ"], rng.randint(2, 3))
    for office in codes:
        org.offices.append((office, f"Office of {office}", rng.choice(["RO", "CO", "MCO", "PR"])))
        start = rng.choice([2016, 2018, 2019, 2020])
        middle = start + rng.randint(2, 3)
        gap = rng.choice([0, 0, 1])
        periods = [(start, middle), (middle + 1 + gap, middle + gap + rng.randint(2, 4))]
        outcomes = rng.sample(["D_1.1", "D_1.2", "D_1.10", "D_2", "O_1", "O_2"], rng.randint(2, 3))
        for place, tail in enumerate(outcomes):
            for period in periods if place == 0 or rng.random() < 0.5 else [rng.choice(periods)]:
                code = f"{office}_{tail}"
                org.outcomes.append(Outcome(office, period, code))
                for number in rng.sample([1, 2, 3, 10], rng.randint(1, 3)):
                    org.outputs.append(Output(period, code, f"{code}.{number}"))


def _money_reference(org: Organization, rng: Random, run_date: date) -> None:
    types = ["core", "non-core", "non-core", "institutional", "non-core", "core"][: rng.randint(4, 6)]
    for number, fund_type in enumerate(types, start=1):
        code = f"{number:05d}" if rng.random() < 0.3 else f"F-{fund_type[0].upper()}{number}"
        org.funds.append(Fund(code, fund_type, rng.choice(INSTRUMENTS[fund_type])))
    untils = [None, None, run_date + timedelta(days=4000), run_date, run_date - timedelta(days=30), None]
    names = ["Kingdom of Elves", "Côte d'Azur", "Fonds Étoile", "Quiet Giver", "Old Secret", "Pooled Fund Nine"]
    kinds = ["C01", "C08A", "C05", "C05", "C06", "C04D"]
    for number, (name, kind, until) in enumerate(zip(names, kinds, untils, strict=True)):
        aliases = tuple(f"{name} {word}" for word in rng.sample(["Agency", "Aid", "(old)"], rng.randint(0, 2)))
        org.partners.append(Partner(f"P{number}{rng.choice('XYZ')}", name, kind, aliases, until))
    for currency, level in zip(CURRENCIES, (84, 0.92, 17), strict=True):
        for year in range(2016, 2030):
            for month in range(1, 13):
                for day in [1, 15] if rng.random() < 0.3 else [1]:
                    rate = round(level * rng.uniform(0.95, 1.05), rng.choice([1, 2, 4, 6]))
                    if currency == "KGS" and rng.random() < 0.2:
                        rate = 80  # halves of a cent come about
                    org.rates.append(Rate(currency, date(year, month, day), repr(rate)))


def _budgets(org: Organization, rng: Random, output: Output, year: int) -> None:
    for fund in org.funds:
        if rng.random() < 0.45:
            versions = rng.choice([["original"], ["original", "revised"], ["revised"]])
            for version in versions:
                planned = rng.choice([0, rng.randint(1, 99), rng.randint(10_000, 90_000_000)])
                available = rng.choice([0, planned, rng.randint(0, 90_000_000)])
                org.budgets.append(Budget(output.code, year, fund.code, version, planned, available))


def _expenses(org: Organization, rng: Random, output: Output, year: int) -> None:
    for _ in range(rng.choice([0, 0, 4, 9, 16])):
        fund = rng.choice(org.funds)
        is_named = rng.random() < (0.8 if fund.fund_type == "non-core" else 0.06)  # a name on core warns
        partner = rng.choice(org.partners).code if is_named else None
        period = rng.randint(0, 13)
        day = date(year, min(max(period, 1), 12), rng.randint(1, 28))
        if rng.random() < 0.03:
            day = date(year + 1, 1, 9)  # posted late: a warning, and the rate of that day
        currency, amount, amount_usd = _amount(org, rng, day)
        number = f"{output.code[:3]}-{len(org.expenses):05d}"
        org.expenses.append(Expense(
            number, day, year, period, output.code[:3], output.code, fund.code, partner, currency, amount,
            amount_usd,
        ))  # fmt: skip


def _amount(org: Organization, rng: Random, day: date) -> tuple[str, int, int | None]:
    """Currency, hundredths, and cents or None; small, large, negative and zero amounts."""
    amount = rng.choice([0, rng.randint(1, 40), rng.randint(100, 90_000), rng.randint(10**6, 10**9)])
    amount *= rng.choice([1, 1, 1, 1, -1])
    if rng.random() < 0.5:
        return "USD", amount, None if rng.random() < 0.1 else amount
    currency = rng.choice(CURRENCIES)
    if rng.random() < 0.2:
        amount = 40 * rng.choice([-1, 1]) * (2 * rng.randint(0, 300) + 1)  # at a rate of 80: half a cent
    if rng.random() < 0.6:
        return currency, amount, None
    rate = rate_in_force(org, currency, day)
    return currency, amount, round(Fraction(amount) / rate * Fraction(1_000 + rng.randint(-3, 3), 1_000))


def rate_in_force(org: Organization, currency: str, day: date) -> Fraction:
    """Local units per dollar: the latest rate whose effective date is not after the day."""
    rates = [rate for rate in org.rates if rate.currency == currency and rate.effective <= day]
    return Fraction(max(rates, key=lambda rate: rate.effective).per_usd)


def _sdg_set(rng: Random, count: int) -> list[str]:
    """Distinct SDG codes, goals only where no target of the same goal stands; sometimes X00."""
    chosen: list[str] = []
    for code in rng.sample(TARGETS, count):
        goal = code.split(".")[0]
        used = {other.split(".")[0] for other in chosen}
        goals = {other for other in chosen if "." not in other}
        if goal in goals:
            continue
        chosen.append(goal if rng.random() < 0.15 and goal not in used else code)
    if rng.random() < 0.2:
        chosen.append("X00")
    return chosen


def _sum_to_hundred(rng: Random, count: int) -> list[str]:
    """Positive weights of two decimals (sometimes equal ones) that sum to exactly 100."""
    cuts = sorted(rng.sample(range(1, 10_000), count - 1))
    hundredths = [high - low for low, high in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    if count in (2, 4, 5) and rng.random() < 0.4:
        hundredths = [10_000 // count] * count
    return [f"{h // 100}.{h % 100:02d}" for h in hundredths]


def _weights_of(rng: Random, count: int, kind: str) -> list[str | None]:
    if kind == "equal":
        return [None] * count
    if kind == "rounded":  # 33.33 x 3, 14.29 x 7, 16.667 x 6
        return [str(round(100 / count, rng.choice([2, 2, 3])))] * count
    weights: list[str | None] = list(_sum_to_hundred(rng, count))
    if kind == "wrong sum":
        weights[0] = str(round(float(weights[0] or 0) * 0.4, 2) or 0.5)
    if kind == "shares":
        weights = [str(round(1 / count, 4))] * count
    if kind == "mixed":
        weights[rng.randrange(count)] = None
    return weights


GOOD = ("exact", "exact", "exact", "rounded", "equal")
WRONG = ("wrong sum", "wrong sum", "shares", "mixed", "goal beside target", "unknown target", "duplicate")


def _weights(org: Organization, rng: Random, output: str, year: int) -> None:
    chance = rng.random()
    if chance < 0.3:
        return
    kind = rng.choice(GOOD) if chance < 0.85 else rng.choice(WRONG)
    codes = _sdg_set(rng, rng.randint(1, 7))
    if kind in ("wrong sum", "mixed") and len(codes) < 2:
        codes = ["5.2", "16.1"]
    if kind == "goal beside target":
        codes = ["5", "5.2"]
    if kind == "unknown target":
        codes = ["16.1", "5.13"]
    if kind == "duplicate":
        codes = ["5.1", "5.a", "5.a"]
    weights = _weights_of(rng, len(codes), kind)
    org.weights += [Weight(output, year, sdg, w) for sdg, w in zip(codes, weights, strict=True)]


def _links(org: Organization, rng: Random, outcome: str, year: int) -> None:
    if rng.random() < 0.25:
        return
    framework = "2018-2021" if year <= 2021 else "2022-2025"
    if rng.random() < 0.1:
        framework = rng.choice(list(FRAMEWORKS))
    for elements in FRAMEWORKS[framework].values():
        chance = rng.random()
        if chance < 0.3:
            continue
        count = rng.randint(1, len(elements))
        kind = rng.choice(GOOD) if chance < 0.85 else rng.choice(("wrong sum", "mixed"))
        if kind in ("wrong sum", "mixed"):
            count = max(count, 2)
        chosen = rng.sample(elements, count)
        for (code, _), weight in zip(chosen, _weights_of(rng, count, kind), strict=True):
            org.links.append(Link(outcome, year, framework, code, weight))


def _contributions(org: Organization, rng: Random) -> None:
    for number in range(rng.randint(40, 120)):
        outcome = rng.choice(org.outcomes)
        year = rng.randint(*outcome.period)
        day = date(year, rng.randint(1, 12), rng.randint(1, 28))
        currency, amount, amount_usd = _amount(org, rng, day)
        org.contributions.append(Contribution(
            f"AG-{number:04d}", rng.choice(org.partners).code, rng.choice(org.funds).code,
            rng.choice(["pledge", "commitment", "cash", "revenue", "revenue", "refund"]), day, year, currency,
            amount, amount_usd, outcome.code if rng.random() < 0.5 else None,
        ))  # fmt: skip
