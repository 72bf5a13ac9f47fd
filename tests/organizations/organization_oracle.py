"""What the public views must show for an organization, computed a second time from the written rules alone.

Integers and fractions only; nothing of the product is used. Rows whose figures are all zero are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from organization_rows import (
    FRAMEWORKS,
    Contribution,
    Expense,
    Organization,
    Partner,
    rate_in_force,
)

HUNDRED = Fraction(100)
Row = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """Weights of a group by code, and the method that stands on its lines."""

    weights: Mapping[str, Fraction]
    method: str


NOTHING_APPLIES = Shares({"X00": Fraction(1)}, "none")


def expected(org: Organization, run_date: date) -> dict[str, set[Row]]:
    """View name -> rows as tuples in the order of the view's columns, money in integer cents."""
    return {
        "outcome_resources": outcome_resources(org),
        "sdg_allocation": sdg_allocation(org),
        "partner_contribution": partner_contribution(org, run_date),
        "partner_revenue": partner_revenue(org, run_date),
        "plan_contribution": plan_contribution(org),
    }


# --- money


def half_away(value: Fraction) -> int:
    whole, rest = divmod(abs(value), 1)
    rounded = whole + (1 if rest >= Fraction(1, 2) else 0)
    return int(rounded if value >= 0 else -rounded)


def cents(org: Organization, row: Expense | Contribution) -> int:
    """Amount (USD) governs where it stands; else the amount at the rate of its day, rounded once."""
    if row.amount_usd is not None:
        return row.amount_usd
    if row.currency == "USD":
        return row.amount
    day = row.posted if isinstance(row, Expense) else row.day
    return half_away(Fraction(row.amount) / rate_in_force(org, row.currency, day))


def split(amount: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Largest remainder; ties by larger weight, then natural code order; the sign is restored at the end."""
    total = sum(weights.values())
    exact = {code: abs(amount) * weight / total for code, weight in weights.items()}
    pieces = {code: int(share) for code, share in exact.items()}  # floor: shares are not negative
    left = abs(amount) - sum(pieces.values())
    queue = sorted(weights, key=lambda code: (-(exact[code] - pieces[code]), -weights[code], natural(code)))
    for code in queue[:left]:
        pieces[code] += 1
    return {code: piece if amount >= 0 else -piece for code, piece in pieces.items()}


def natural(code: str) -> tuple:
    """1.2 before 1.10, 5.6 before 5.a, a goal before its targets, X00 last; elements by their numbers."""
    if code == "X00":
        return ((9, 0, ""),)
    parts = code.replace("_", ".").split(".")
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


# --- the plan


def plan_of(org: Organization, code: str, year: int) -> tuple[str, str, str]:
    """(office, plan period, outcome) of an output's or outcome's code in a year."""
    for output in org.outputs:
        if output.code == code and output.period[0] <= year <= output.period[1]:
            return code[:3], f"{output.period[0]}-{output.period[1]}", output.outcome
    for outcome in org.outcomes:
        if outcome.code == code and outcome.period[0] <= year <= outcome.period[1]:
            return code[:3], f"{outcome.period[0]}-{outcome.period[1]}", code
    raise AssertionError(f"{code} has no plan period in {year}")


def fund_types(org: Organization) -> dict[str, str]:
    return {fund.code: fund.fund_type for fund in org.funds}


def counted_budgets(org: Organization) -> dict[tuple[str, int, str], tuple[int, int]]:
    """(output, year, fund) -> (planned, available): the revised row where there is one."""
    rows: dict[tuple[str, int, str], tuple[int, int]] = {}
    for budget in sorted(org.budgets, key=lambda budget: budget.version):  # original before revised
        rows[budget.output, budget.year, budget.fund] = (budget.planned, budget.available)
    return rows


def sums(pairs: Iterable[tuple[Row, tuple[int, ...]]]) -> set[Row]:
    """Rows of key and summed figures, without those that are zero throughout."""
    totals: dict[Row, list[int]] = {}
    for key, figures in pairs:
        held = totals.setdefault(key, [0] * len(figures))
        for place, figure in enumerate(figures):
            held[place] += figure
    return {(*key, *figures) for key, figures in totals.items() if any(figures)}


# --- the views


def outcome_resources(org: Organization) -> set[Row]:
    types = fund_types(org)
    pairs: list[tuple[Row, tuple[int, ...]]] = []
    for (output, year, fund), (planned, available) in counted_budgets(org).items():
        key = (*plan_of(org, output, year), year, types[fund])
        pairs.append((key, (planned, available, 0, planned - available)))
    for row in org.expenses:
        key = (*plan_of(org, row.output, row.year), row.year, types[row.fund])
        pairs.append((key, (0, 0, cents(org, row), 0)))
    return sums(pairs)


def judged(weights: list[str | None]) -> tuple[list[Fraction], str] | None:
    """Numbers and method of a group, or None where it must be held."""
    if all(weight is None for weight in weights):
        return [Fraction(1)] * len(weights), "equal"
    if any(weight is None for weight in weights):
        return None
    numbers = [Fraction(weight) for weight in weights if weight is not None]
    if any(not 0 < number <= HUNDRED for number in numbers):
        return None
    difference = abs(sum(numbers) - HUNDRED)
    if difference > Fraction(len(numbers), 100):
        return None
    return numbers, "renormalised" if difference else "weighted"


def sdg_group(codes: list[str], weights: list[str | None]) -> Shares | None:
    """Shares of one output and year, or None where the group is held."""
    goals = {code for code in codes if "." not in code}
    targets = [code for code in codes if "." in code]
    is_wrong = len(set(codes)) < len(codes) or "5.13" in codes
    is_wrong = is_wrong or any(target.split(".")[0] in goals for target in targets)
    verdict = judged(weights)
    if is_wrong or verdict is None:
        return None
    return Shares(dict(zip(codes, verdict[0], strict=True)), verdict[1])


def sdg_shares(org: Organization, output: str, year: int) -> Shares:
    """The year's own weights; else those of the nearest earlier sound year of the plan period; else X00."""
    groups: dict[int, tuple[list[str], list[str | None]]] = defaultdict(lambda: ([], []))
    for weight in org.weights:
        if weight.output == output:
            groups[weight.year][0].append(weight.sdg)
            groups[weight.year][1].append(weight.weight)
    if year in groups:
        return sdg_group(*groups[year]) or NOTHING_APPLIES
    first = int(plan_of(org, output, year)[1][:4])
    for earlier in range(year - 1, first - 1, -1):
        shares = sdg_group(*groups[earlier]) if earlier in groups else None
        if shares:
            return Shares(shares.weights, "inherited")
    return NOTHING_APPLIES


def sdg_allocation(org: Organization) -> set[Row]:
    """Every cell is split once, and the view sums the pieces."""
    types = fund_types(org)
    spent: dict[tuple[str, int, str, str | None], int] = defaultdict(int)
    for row in org.expenses:
        spent[row.output, row.year, row.fund, row.partner] += cents(org, row)
    cells = [(output, year, fund, 2, amount) for (output, year, fund, _), amount in spent.items()]
    for (output, year, fund), money in counted_budgets(org).items():
        cells += [(output, year, fund, place, amount) for place, amount in enumerate(money)]
    pairs: list[tuple[Row, tuple[int, ...]]] = []
    shares: dict[tuple[str, int], Shares] = {}
    for output, year, fund, place, amount in cells:
        office, period, outcome = plan_of(org, output, year)
        if (output, year) not in shares:
            shares[output, year] = sdg_shares(org, output, year)
        of_cell = shares[output, year]
        for code, piece in split(amount, of_cell.weights).items():
            goal, target = code.split(".")[0], code if "." in code else None
            key = (office, period, outcome, output, year, types[fund], goal, target, of_cell.method)
            pairs.append((key, tuple(piece if place == at else 0 for at in range(3))))
    return sums(pairs)


def is_withheld(partner: Partner, run_date: date) -> bool:
    return partner.withhold_until is not None and partner.withhold_until > run_date


def attribution(partner: Partner | None, fund_type: str, run_date: date) -> Row:
    """(partner, name, type, kind). The fund type decides first; names of lines without a partner are free."""
    if fund_type != "non-core":
        return (None, None, None, "core pool")
    if partner is None:
        return (None, None, None, "unattributed")
    if is_withheld(partner, run_date):
        return (None, None, None, "withheld")
    return (partner.code, partner.name, partner.contributor_type, "direct")


def partner_contribution(org: Organization, run_date: date) -> set[Row]:
    types, partners = fund_types(org), {partner.code: partner for partner in org.partners}
    pairs: list[tuple[Row, tuple[int, ...]]] = []
    for row in org.expenses:
        who = attribution(partners.get(row.partner or ""), types[row.fund], run_date)
        key = (*plan_of(org, row.output, row.year), row.year, *who)
        pairs.append((key, (cents(org, row), 0)))
    for gift in org.contributions:
        if gift.outcome and gift.stage in ("revenue", "refund"):
            who = attribution(partners[gift.partner], types[gift.fund], run_date)
            key = (*plan_of(org, gift.outcome, gift.year), gift.year, *who)
            pairs.append((key, (0, cents(org, gift))))
    return sums(pairs)


def partner_revenue(org: Organization, run_date: date) -> set[Row]:
    funds, partners = {f.code: f for f in org.funds}, {partner.code: partner for partner in org.partners}
    pairs: list[tuple[Row, tuple[int, ...]]] = []
    for gift in org.contributions:
        partner, fund = partners[gift.partner], funds[gift.fund]
        who: Row = (partner.code, partner.name, partner.contributor_type)
        if is_withheld(partner, run_date):
            who = (None, "Withheld", None)
        key = (*who, gift.year, fund.fund_type, fund.instrument or None, gift.stage)
        pairs.append((key, (cents(org, gift),)))
    return sums(pairs)


def framework_of(org: Organization, outcome: str, year: int) -> str | None:
    """The framework that the links name (held ones too), else the one in force."""
    named = {link.framework for link in org.links if link.outcome == outcome and link.year == year}
    if named:
        return named.pop()
    in_force = [name for name in FRAMEWORKS if int(name[:4]) <= year <= int(name[5:])]
    return in_force[0] if in_force else None


def plan_contribution(org: Organization) -> set[Row]:
    money: dict[tuple[str, str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for row in org.expenses:
        money[*plan_of(org, row.output, row.year), row.year][0] += cents(org, row)
    for (output, year, _), (planned, _) in counted_budgets(org).items():
        money[*plan_of(org, output, year), year][1] += planned
    pairs: list[tuple[Row, tuple[int, ...]]] = []
    for (office, period, outcome, year), (expense, planned) in money.items():
        key: Row = (office, period, outcome, year)
        framework = framework_of(org, outcome, year)
        if framework is None:
            pairs.append(((*key, None, None, None), (expense, planned)))
            continue
        for kind, elements in FRAMEWORKS[framework].items():
            shares = _element_shares(org, outcome, year, {code for code, _ in elements})
            if not shares:
                pairs.append(((*key, framework, kind, None), (expense, planned)))
                continue
            meant = split(planned, shares)
            for element, piece in split(expense, shares).items():
                pairs.append(((*key, framework, kind, element), (piece, meant[element])))
    return sums(pairs)


def _element_shares(org: Organization, outcome: str, year: int, codes: set[str]) -> dict[str, Fraction]:
    links = [link for link in org.links if link.outcome == outcome and link.year == year]
    of_kind = [link for link in links if link.element in codes]
    verdict = judged([link.weight for link in of_kind]) if of_kind else None
    if verdict is None:
        return {}
    return dict(zip([link.element for link in of_kind], verdict[0], strict=True))
