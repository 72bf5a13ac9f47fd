"""Partners and contributions: what a donor relations team keeps.

UN Women's published revenue of 2018-2024 is kept to the cent for each named donor, year and kind of
contribution. Agreements, dates, currencies and outcomes are invented, and so are all lines of the partners
in `INVENTED` and of the stages other than revenue.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal

from dice import Dice
from figures import Rates, read_figures, read_outputs
from spending import DONORS, EXPIRED, POOLED, WITHHELD, dollars

PARTNER_HEADINGS = (
    "Partner", "Name", "Contributor type", "Country", "Aliases", "Withhold until", "Withhold reason",
)  # fmt: skip
CONTRIBUTION_HEADINGS = (
    "Agreement", "Partner", "Fund", "Stage", "Date", "Fiscal year", "Currency", "Amount", "Amount (USD)",
    "Outcome",
)  # fmt: skip
YEARS = range(2018, 2025)
INVENTED = (
    (POOLED, "Spotlight Initiative (UN pooled fund)", "C04D", None, "Spotlight Initiative; SI", None, None),
    (
        WITHHELD, "A foundation that gives without its name (sample)", "C05", None, "Quiet Giver",
        date(2099, 12, 31), "The agreement asks that the name is not published",
    ),
    (
        EXPIRED, "Women's Fund of the Steppe (sample)", "C05", None, "Steppe Fund",
        date(2024, 6, 30), "Not to be named before the fund's own launch",
    ),
)  # fmt: skip
ALIASES = {
    "GBR": "United Kingdom; UK; FCDO",
    "USA": "United States; USAID",
    "SWE": "Sida; Suède",
    "CHE": "SDC; Suiza",
    "EU": "EC; European Commission",
    "KOR": "Korea; South Korea; KOICA",
    "BMGF": "Gates Foundation; Bill and Melinda Gates Foundation",
    "CIV": "Ivory Coast; Cote d'Ivoire",
    "TUR": "Turkey",
    "CZE": "Czech Republic",
    "VNM": "Vietnam",
    "MDA": "Moldova",
    "COD": "DR Congo; Zaire",
    "WB": "The World Bank; IBRD",
    "OCHA": "UNOCHA",
    "NLD": "The Netherlands; Pays-Bas",
    "DEU": "Allemagne; BMZ",
    "TZA": "Tanzania",
    "JPN": "Japon; JICA",
}
OWN_CURRENCY = {
    "SWE": "SEK",
    "CHE": "CHF",
    "GBR": "GBP",
    "EU": "EUR",
    "DEU": "EUR",
    "FIN": "EUR",
    "AUT": "EUR",
}
LOCAL_RESOURCES = ("SSD", "COD", "BRA", "ECU", "COL", "CMR", "MAR", "MWI", "ARG", "SEN")


def partner_rows() -> list[tuple]:
    """Every donor of the published revenue, and the three invented ones."""
    rows, seen = [], set()
    for row in read_figures("revenue_by_donor.csv"):
        code = row["partner"]
        if code not in seen:
            seen.add(code)
            named = (code, row["name"], row["contributor_type"], row["country"] or None)
            rows.append((*named, ALIASES.get(code), None, None))
    return sorted([*rows, *INVENTED], key=lambda row: row[0])


def revenue_rows(year: int, rates: Rates) -> list[tuple]:
    """Contribution rows of stage revenue; for each donor and kind they sum to the published figure."""
    rows = []
    for published in read_figures("revenue_by_donor.csv"):
        if published[str(year)]:
            cents = int(Decimal(published[str(year)]).scaleb(2))
            rows += _revenue_of(published["partner"], published["fund_type"], year, cents, rates)
    rows += [_row(f"{code}-{year}", code, "UNW-CS", "revenue", date(year, 5, 3), cents, outcome)
             for code, cents, outcome in _invented_revenue(year)]  # fmt: skip
    return rows


def _revenue_of(partner: str, fund_type: str, year: int, cents: int, rates: Rates) -> list[tuple]:
    dice = Dice("revenue", partner, fund_type, year)
    is_core = fund_type == "core"
    fund = "00012" if is_core else "UNW-LR" if partner in LOCAL_RESOURCES else "UNW-CS"
    parts: list[int] = [cents]
    outcomes: list[str | None] = [None]
    if not is_core and cents > 40_000_000:  # above USD 400,000: several agreements, some for one outcome
        funded = _outcomes_funded(partner, year, dice)
        small = [dice.whole(60_000, 140_000) * 100 // len(funded) for _ in funded]
        rest = cents - sum(small)
        parts, outcomes = [*small, *dice.split(rest, 2)], [*funded, None, None]
    rows = []
    for number, (part, outcome) in enumerate(zip(parts, outcomes, strict=True), start=1):
        agreement = f"{partner}-{year}-{'C' if is_core else 'E'}{number}"
        month = dice.whole(1, 12)
        day = date(year, month, dice.whole(1, monthrange(year, month)[1]))
        currency = OWN_CURRENCY.get(partner, "USD") if dice.chance(0.6) else "USD"
        rows.append(_row(agreement, partner, fund, "revenue", day, part, outcome, currency, rates))
    return rows


def _outcomes_funded(partner: str, year: int, dice: Dice) -> list[str]:
    """Up to three outcomes with money in that year, in offices where the partner stands on expense lines."""
    offices = [office for office, donors in DONORS.items() if partner in donors]
    outcomes = sorted({o.outcome for o in read_outputs() if o.office in offices and year in o.years})
    return [outcome for outcome in outcomes if dice.chance(0.45)][:3]


def _invented_revenue(year: int) -> list[tuple[str, int, str | None]]:
    rows: list[tuple[str, int, str | None]] = []
    if year >= 2020:
        rows.append((WITHHELD, 25_000_000 + 1_111_111 * (year - 2020), "KGZ_O_2"))
    if year in (2021, 2023):
        rows.append((EXPIRED, 18_000_050, "KGZ_D_2.1"))
    return rows


def other_stage_rows(year: int, rates: Rates) -> list[tuple]:
    """Pledges, commitments, cash and refunds of the partners that the sample offices work with."""
    rows = []
    partners = sorted({donor for donors in DONORS.values() for donor in donors})
    for partner in [*partners, POOLED]:
        dice = Dice("stages", partner, year)
        fund = "UNW-PF" if partner == POOLED else "UNW-CS"
        agreement, pledged = f"{partner}-{year}-E", dice.whole(200, 1800) * 100_000
        currency = OWN_CURRENCY.get(partner, "USD")
        signed = pledged * dice.whole(70, 100) // 100
        if partner != POOLED:
            rows.append(_row(agreement, partner, fund, "pledge", date(year, 2, 10), pledged, None))
        rows.append(_row(agreement, partner, fund, "commitment", date(year, 4, 20), signed, None))
        for number, part in enumerate(dice.split(signed, 2)):
            day = date(year, 5 + 5 * number, 12)
            rows.append(_row(agreement, partner, fund, "cash", day, part, None, currency, rates))
        outcomes = _outcomes_funded(partner, year, dice)
        if outcomes and dice.chance(0.4):
            returned = -dice.whole(300, 900) * 1_013
            rows.append(_row(agreement, partner, fund, "refund", date(year, 12, 9), returned, outcomes[0]))
    return rows


def _row(
    agreement: str,
    partner: str,
    fund: str,
    stage: str,
    day: date,
    cents: int,
    outcome: str | None,
    currency: str = "USD",
    rates: Rates | None = None,
) -> tuple:
    amount = dollars(cents) if currency == "USD" or rates is None else rates.to_local(currency, cents, day)
    return (agreement, partner, fund, stage, day, day.year, currency, amount, dollars(cents), outcome)
