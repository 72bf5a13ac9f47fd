"""The warehouse's tables: the description that Alembic's history leads to.

Three layers. `intake`: files, loads, findings, held rows (where everything came from). `core`: what the cells
say, one row a spreadsheet row, by slice. `report`: allocations, stamped with valid_from / valid_to.

Rules kept throughout, so that the same schema also runs distributed: `office` (never null) stands in every key
of facts, slices and allocations; whole-organization data has slices and tables of its own; no triggers, no
sequences; nothing references a fact. Facts are only ever inserted: time lives in `slice_life`.
"""

from __future__ import annotations

from outcome_reporting.warehouse.tables.core import (
    budget,
    contribution,
    exchange_rate,
    expense,
    framework,
    fund,
    office,
    outcome,
    output,
    partner,
    plan_element,
    plan_link,
    progress_note,
    result,
    sdg,
    sdg_weight,
    slice_,
    slice_life,
    slice_org,
    slice_org_life,
)
from outcome_reporting.warehouse.tables.intake import (
    file,
    finding,
    held_row,
    load,
    run,
    sheet_table,
)
from outcome_reporting.warehouse.tables.report import (
    figure_change,
    note_line,
    partner_line,
    plan_line,
    publication,
    reconciliation_line,
    resource_line,
    result_line,
    revenue_line,
    sdg_line,
    withheld,
)
from outcome_reporting.warehouse.tables.schema import MOMENT, USD, metadata

__all__ = [
    "MOMENT",
    "USD",
    "budget",
    "contribution",
    "exchange_rate",
    "expense",
    "figure_change",
    "file",
    "finding",
    "framework",
    "fund",
    "held_row",
    "load",
    "metadata",
    "note_line",
    "office",
    "outcome",
    "output",
    "partner",
    "partner_line",
    "plan_element",
    "plan_line",
    "plan_link",
    "progress_note",
    "publication",
    "reconciliation_line",
    "resource_line",
    "result",
    "result_line",
    "revenue_line",
    "run",
    "sdg",
    "sdg_line",
    "sdg_weight",
    "sheet_table",
    "slice_",
    "slice_life",
    "slice_org",
    "slice_org_life",
    "withheld",
]
