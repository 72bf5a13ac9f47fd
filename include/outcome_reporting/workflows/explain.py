"""A figure opened to the cells behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import text

from outcome_reporting.domain.errors import UsageError
from outcome_reporting.domain.figures import parse_figure_id
from outcome_reporting.settings import Settings
from outcome_reporting.workflows.house import open_house


def explain_figure(settings: Settings, figure: str, as_of: str | None = None) -> dict[str, Any]:
    """The rows of `report.explain`, as texts, and their sum. UsageError when it is not a figure id."""
    try:
        parse_figure_id(figure)
    except ValueError as error:
        raise UsageError(str(error)) from error
    query = text("select * from report.explain(:figure, cast(:as_of as timestamptz))")
    with open_house(settings).engine.connect() as connection:
        rows = connection.execute(query, {"figure": figure, "as_of": as_of}).mappings().all()
    lines = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    total = sum((row["share_usd"] for row in rows if row["share_usd"] is not None), Decimal("0.00"))
    return {"figure": figure, "lines": lines, "sum_usd": str(total)}
