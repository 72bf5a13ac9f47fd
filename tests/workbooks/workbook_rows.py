"""Headings that the tests write, and short ways to ask what a reading says."""

from __future__ import annotations

from pathlib import Path

from outcome_reporting.workbooks.reading import FileReading

INCLUDE = Path(__file__).parents[2] / "include"
# fmt: off
EXPENSES = [
    "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner", "Account",
    "Description", "Currency", "Amount", "Amount (USD)",
]
# fmt: on
BUDGETS = ["Output", "Fiscal year", "Fund", "Version", "Planned (USD)", "Available (USD)"]
WEIGHTS = ["Output", "Fiscal year", "SDG", "Weight (%)"]


def rules(reading: FileReading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def told(reading: FileReading, rule: str) -> list:
    return [finding for finding in reading.findings if finding.rule == rule]
