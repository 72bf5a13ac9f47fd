from __future__ import annotations

import pytest

from outcome_reporting.domain.headings import normalise_heading


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amount (USD)", "amount_usd"),
        ("Fiscal year", " FISCAL\u00a0YEAR "),
        ("Année budgétaire", "annee budgetaire"),
        ("Партнёр", "партнер"),
        ("Actual ", "actual"),
        ("Плановый\nпериод", "плановый период"),
        ("Ａｍｏｕｎｔ", "Amount"),
        ("Weight (%)", "Weight"),
    ],
)
def test_headings_that_are_one(one: str, other: str) -> None:
    assert normalise_heading(one) == normalise_heading(other)


def test_headings_that_are_two() -> None:
    assert normalise_heading("Amount") != normalise_heading("Amount (USD)")
    assert normalise_heading("%") == ""
