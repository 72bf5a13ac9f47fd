"""Budgets and expense lines: what a finance team keeps.

The published figures of the Kyrgyz joint work plan are kept to the cent for each output; how they fall on
years, funds, partners and lines is invented, as are all other amounts of this module.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from dice import Dice, split_by
from figures import Output, Rates, currencies, read_outputs

FUNDS = (
    # fund, name, fund type, financing instrument
    ("00012", "Regular resources (core)", "core", "R02A"),
    ("UNW-RRK", "Regular resources in kind", "core", "R02B"),
    ("UNW-IB", "Institutional budget", "institutional", ""),
    ("UNW-RB", "Regular budget (assessed)", "institutional", "R01"),
    ("UNW-CS", "Programme cost sharing", "non-core", "R03E"),
    ("UNW-LR", "Local resources of programme countries", "non-core", "R03D"),
    ("UNW-TF", "Thematic trust funds", "non-core", "R03B"),
    ("UNW-PF", "Inter-agency pooled funds", "non-core", "R03A"),
    ("UNW-IK", "Earmarked contributions in kind", "non-core", "R03F"),
)
DONORS = {
    "KGZ": ("SWE", "CHE", "FIN", "JPN", "GBR", "KOR"),
    "MDA": ("SWE", "CHE", "EU", "NOR", "GBR"),
    "UKR": ("SWE", "DNK", "CAN", "EU", "NOR", "JPN", "USA"),
    "ALB": ("SWE", "ITA", "EU", "AUT"),
    "MOZ": ("ISL", "SWE", "BEL", "CAN", "NOR", "KOR"),
    "ECA": ("SWE", "AUT", "EU", "FIN"),
}
YEARLY_DOLLARS = {
    "KGZ": 210_000,
    "MDA": 260_000,
    "UKR": 520_000,
    "ALB": 190_000,
    "MOZ": 330_000,
    "ECA": 280_000,
}
SPELLINGS = {  # what stands in some ledgers instead of the code: a name or an alias
    "SWE": ("Sweden", "Sida"),
    "CHE": ("Switzerland", "SDC"),
    "GBR": ("UK", "United Kingdom"),
    "EU": ("European Union", "EC"),
    "USA": ("United States", "USAID"),
    "KOR": ("Korea", "Republic of Korea"),
    "JPN": ("Japan",),
    "SPOTLIGHT": ("Spotlight Initiative",),
}
ACCOUNTS = (
    ("71300", "National consultant"),
    ("71600", "Travel to project sites"),
    ("72100", "Contractual services"),
    ("72600", "Grant to a civil society organization"),
    ("74200", "Printing and translation"),
    ("75700", "Training and workshops"),
    ("64300", "Staff costs"),
    ("73100", "Rent and premises"),
)
WITHHELD, EXPIRED, POOLED = "ANON-A", "ANON-B", "SPOTLIGHT"


@dataclass(frozen=True, slots=True)
class Cell:
    """Money of one output, fiscal year and fund, in cents."""

    output: Output
    year: int
    fund: str
    planned: int
    available: int
    expense: int


@dataclass(frozen=True, slots=True)
class Line:
    """One ledger line; `amount_usd` is empty where it must be converted; `cents` is what it comes to."""

    transaction: str
    posted: date
    year: int
    period: int
    office: str
    output: str
    fund: str
    partner: str | None
    account: str
    description: str
    currency: str
    amount: Decimal
    amount_usd: Decimal | None
    cents: int

    def row(self) -> tuple:
        return (
            self.transaction, self.posted, self.year, self.period, self.office, self.output, self.fund,
            self.partner, self.account, self.description, self.currency, self.amount, self.amount_usd,
        )  # fmt: skip


def dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


@cache
def cells() -> list[Cell]:
    """Every cell of every output, in the order of the outputs and years."""
    return [cell for output in read_outputs() for cell in _cells_of(output)]


def _cells_of(output: Output) -> Iterator[Cell]:
    dice = Dice("cells", output.code, output.period)
    years = [year for year in output.years if not output.jwp or year >= 2023]
    keys = [(year, fund, weight) for year in years for fund, weight in _funds(output, dice)]
    if output.jwp:
        weights = [weight for _, _, weight in keys]
        money = [split_by(total, weights) for total in output.jwp]
    else:
        size = YEARLY_DOLLARS[output.office] * (0.6 + 0.8 * dice.share())
        money = [[int(size * weight) // 5 * 5 for _, _, weight in keys]]
        money.append([int(cents * (0.72 + 0.33 * dice.share())) for cents in money[0]])
        money.append([int(cents * (0.66 + 0.36 * dice.share())) for cents in money[1]])
    for place, (year, fund, _) in enumerate(keys):
        yield Cell(output, year, fund, *(amounts[place] for amounts in money))


def _funds(output: Output, dice: Dice) -> list[tuple[str, int]]:
    if "_O_" in output.code:
        mix = [("UNW-IB", 48), ("00012", 34), ("UNW-CS", 18)]
        return (
            mix if output.code == "KGZ_O_2.1" or dice.chance(0.5) else [("UNW-IB", 55), ("UNW-RB", 12), ("00012", 33)]
        )
    mix = [("UNW-CS", 58), ("00012", 24)]
    mix += [("UNW-PF", 18)] if dice.chance(0.45) else [("UNW-TF", 18)] if dice.chance(0.4) else []
    return mix


def budget_rows(office: str) -> dict[int, list[tuple]]:
    """Fiscal year -> rows of the dataset budgets; the revised row is the one that counts where it stands."""
    rows: dict[int, list[tuple]] = {}
    for cell in cells():
        if cell.output.office != office:
            continue
        dice = Dice("budget", cell.output.code, cell.year, cell.fund)
        key = (cell.output.code, cell.year, cell.fund)
        counted = (dollars(cell.planned), dollars(cell.available))
        if dice.chance(0.35):
            first = dollars(int(cell.planned * (0.8 + 0.35 * dice.share())) // 100 * 100)
            rows.setdefault(cell.year, []).append((*key, "original", first, first))
            rows[cell.year].append((*key, "revised", *counted))
        else:
            rows.setdefault(cell.year, []).append((*key, "original", *counted))
    return rows


def expense_lines(office: str, rates: Rates) -> dict[int, list[Line]]:
    """Fiscal year -> ledger lines in the order of posting, numbered."""
    drafts: dict[int, list[Line]] = {}
    for cell in cells():
        if cell.output.office == office:
            drafts.setdefault(cell.year, []).extend(_lines_of(cell, rates))
    numbered: dict[int, list[Line]] = {}
    for year, lines in sorted(drafts.items()):
        lines.sort(key=lambda line: (line.period, line.posted, line.output, line.fund, line.cents))
        numbered[year] = [
            Line(f"{office}{year % 100:02d}-{number:06d}", *_fields(line)[1:])
            for number, line in enumerate(lines, start=1)
        ]
    return numbered


def _fields(line: Line) -> tuple:
    return tuple(getattr(line, name) for name in Line.__slots__)


def _lines_of(cell: Cell, rates: Rates) -> list[Line]:
    dice = Dice("lines", cell.output.code, cell.output.period, cell.year, cell.fund)
    pieces = dice.split(cell.expense, dice.whole(5, 12))
    if dice.chance(0.3):  # a payment that was made in excess, and its refund
        excess = max(pieces) // 7
        pieces[pieces.index(max(pieces))] += excess
        pieces.append(-excess)
    partners = _partners(cell, dice)
    lines, left = [], cell.expense
    for place, cents in enumerate(pieces):
        is_last = place == len(pieces) - 1
        line = _line(cell, left if is_last else cents, is_last, partners, rates, dice)
        left -= line.cents
        lines.append(line)
    return lines


def _partners(cell: Cell, dice: Dice) -> list[str | None]:
    if cell.fund in ("00012", "UNW-IB", "UNW-RB", "UNW-RRK"):
        return [None]
    if cell.fund == "UNW-PF":
        return [POOLED]
    if cell.fund == "UNW-CS":
        if cell.output.code in ("KGZ_O_2.1", "UKR_D_2.1.1") and 2020 <= cell.year <= 2024:
            return [WITHHELD, dice.pick(DONORS[cell.output.office])]
        if cell.output.code in ("KGZ_D_2.1.1", "MDA_D_3.1.1"):
            return [EXPIRED, dice.pick(DONORS[cell.output.office])]
    donors = DONORS[cell.output.office]
    return [dice.pick(donors), dice.pick(donors), None] if dice.chance(0.5) else [dice.pick(donors)]


def _line(cell: Cell, cents: int, is_last: bool, partners: list[str | None], rates: Rates, dice: Dice) -> Line:
    month = dice.whole(1, 12)
    period = 13 if month == 12 and dice.chance(0.15) else month
    posted = date(cell.year, month, dice.whole(1, monthrange(cell.year, month)[1]))
    account, description = dice.pick(ACCOUNTS)
    partner = dice.pick(partners)
    if partner in SPELLINGS and dice.chance(0.15):
        partner = dice.pick(SPELLINGS[partner])
    currency, amount = "USD", dollars(cents)
    amount_usd: Decimal | None = amount
    if not is_last and dice.chance(0.32):
        currency = currencies()[cell.output.office] if dice.chance(0.85) else "EUR"
        amount = rates.to_local(currency, cents, posted)
        if dice.chance(0.55):
            amount_usd, cents = None, rates.to_cents(currency, amount, posted)
    words = f"Refund: {description.lower()}" if cents < 0 else description
    return Line(
        "", posted, cell.year, period, cell.output.office, cell.output.code, cell.fund, partner, account,
        words, currency, amount, amount_usd, cents,
    )  # fmt: skip
