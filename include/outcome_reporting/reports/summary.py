"""One line of the front page from the facts of an outcome."""

from __future__ import annotations

from dataclasses import fields

from outcome_reporting.domain.outcome import OutcomeFacts, OutcomeYearSummary

_NAMES = [field.name for field in fields(OutcomeYearSummary)]


def summarize(facts: OutcomeFacts, year: int) -> OutcomeYearSummary:
    """Sums of the year over all funds, in cents; what the outcome's own page shows."""
    rows = [row for row in facts.resources if row.fiscal_year == year]
    spent = dict.fromkeys(facts.years, 0)
    for row in facts.resources:
        if row.fiscal_year in spent:
            spent[row.fiscal_year] += row.expense
    of_year = f":{year}:"
    return OutcomeYearSummary(
        office=facts.office,
        office_name=facts.office_name,
        region=facts.region,
        plan_period=facts.plan_period,
        outcome=facts.outcome,
        title=facts.title,
        fiscal_year=year,
        planned=sum(row.planned for row in rows),
        available=sum(row.available for row in rows),
        expense=sum(row.expense for row in rows),
        unlinked_expense=sum(r.expense for r in facts.sdg if r.fiscal_year == year and r.goal == "X00"),
        changed=sum(of_year in figure_id for figure_id in facts.changes),
        expenses_by_year=tuple(sorted(spent.items())),
    )


def plain_values(summary: OutcomeYearSummary) -> dict:
    """A summary as JSON holds it. There is one for each page, and dataclasses.asdict takes six times as long."""
    return {name: getattr(summary, name) for name in _NAMES}


def summary_of(values: dict) -> OutcomeYearSummary:
    """A summary from its plain values, as JSON holds them."""
    years = tuple((year, cents) for year, cents in values["expenses_by_year"])
    return OutcomeYearSummary(**values | {"expenses_by_year": years})
