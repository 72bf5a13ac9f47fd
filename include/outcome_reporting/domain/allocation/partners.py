"""Whose money it was: the partner lines of each outcome and year, and each partner's revenue."""

from __future__ import annotations

from collections import defaultdict

from outcome_reporting.domain.allocation.facts import POOLED_FUND_TYPES, Facts
from outcome_reporting.domain.allocation.rows import Row, Rows
from outcome_reporting.domain.allocation.split import split
from outcome_reporting.domain.codes import natural_key

WITHHELD_NAME = "Withheld"


def partner_contribution(facts: Facts) -> list[Row]:
    """Rows of the view `partner_contribution`; lines without a partner have no name and no type either."""
    rows = Rows(
        ("office", "plan_period", "outcome", "fiscal_year", "partner", "kind"),
        ("expense_usd", "contribution_usd"),
    )
    for (outcome, year, partner, kind), cents in _expense_lines(facts).items():
        place = facts.outcome_place(outcome, year)
        rows.add((place.office, place.plan_period, outcome, year, partner, kind), expense_usd=cents)
    for row in facts.world.contributions:
        if row.outcome and row.stage in ("revenue", "refund"):
            place = facts.outcome_place(row.outcome, row.fiscal_year)
            line = _line(facts, row.fund, facts.resolve_partner(row.partner))
            key = (place.office, place.plan_period, row.outcome, row.fiscal_year, *line)
            rows.add(key, contribution_usd=facts.usd_cents(row, row.date))
    return [_named(facts, row) for row in rows.rows()]


def partner_revenue(facts: Facts) -> list[Row]:
    """Rows of the view `partner_revenue`: all contributions, withheld partners merged into one line a key."""
    rows = Rows(("partner", "fiscal_year", "fund_type", "instrument", "stage"), ("amount_usd",))
    for row in facts.world.contributions:
        partner = facts.resolve_partner(row.partner)
        fund = facts.fund[row.fund]
        shown = None if facts.is_withheld(partner) else partner
        key = (shown, row.fiscal_year, fund.fund_type, fund.financing_instrument or None, row.stage)
        rows.add(key, amount_usd=facts.usd_cents(row, row.date))
    named = [_named(facts, row) for row in rows.rows()]
    return [row | {"partner_name": row["partner_name"] or WITHHELD_NAME} for row in named]


def _line(facts: Facts, fund: str, partner: str | None) -> tuple[str | None, str]:
    """(partner, kind) of money on a fund: the fund type decides first, then withholding."""
    if facts.fund_type(fund) in POOLED_FUND_TYPES:
        return None, "core pool"
    if partner is None:
        return None, "unattributed"
    if facts.is_withheld(partner):
        return None, "withheld"
    return partner, "direct"


def _expense_lines(facts: Facts) -> dict[tuple[str, int, str | None, str], int]:
    """Cents by (outcome, fiscal year, partner, kind), the core pool imputed where that is asked for."""
    lines: dict[tuple[str, int, str | None, str], int] = defaultdict(int)
    for (output, year, fund, partner), cents in facts.expense_cells.items():
        outcome = facts.output_place(output, year).outcome
        lines[outcome, year, *_line(facts, fund, partner)] += cents
    if facts.world.impute_core:
        for outcome, year in sorted({(outcome, year) for outcome, year, _, _ in lines}):
            _impute(facts, lines, outcome, year)
    return lines


def _impute(facts: Facts, lines: dict[tuple[str, int, str | None, str], int], outcome: str, year: int) -> None:
    """Replaces one core pool by lines pro rata to that year's core revenue; withheld partners stay hidden."""
    revenue = _core_revenue(facts, year)
    if not any(revenue.values()):
        return
    pool = lines.pop((outcome, year, None, "core pool"), 0)
    for partner, cents in split(pool, list(revenue.items()), order=natural_key):
        line = (None, "withheld") if facts.is_withheld(partner) else (partner, "imputed")
        lines[outcome, year, *line] += cents


def _core_revenue(facts: Facts, year: int) -> dict[str, int]:
    """Each partner's core revenue of a year in cents, a negative total counting as zero."""
    totals: dict[str, int] = defaultdict(int)
    for row in facts.world.contributions:
        if row.fiscal_year == year and row.stage == "revenue" and facts.fund_type(row.fund) == "core":
            totals[facts.resolve_partner(row.partner)] += facts.usd_cents(row, row.date)
    return {partner: max(0, cents) for partner, cents in totals.items()}


def _named(facts: Facts, row: Row) -> Row:
    """The row with the partner's name and contributor type, empty where it shows no partner."""
    partner = facts.partner[row["partner"]] if row["partner"] else None
    return row | {
        "partner_name": partner.name if partner else None,
        "contributor_type": partner.contributor_type if partner else None,
    }
