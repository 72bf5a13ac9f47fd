"""What is live, as pieces of SQL: for statements that are sent as they are, without SQLAlchemy."""

from __future__ import annotations


def live_slices_sql(
    moment: str | None = None, dataset: str | None = None, *, is_organization_wide: bool = False
) -> str:
    """A select of the live slices: (office,) slice_id, dataset, slice_key; of one dataset where it is named.

    `moment` is an SQL expression (`%(moment)s`, `as_of`), None for now. Join it to facts on office AND slice_id,
    to whole-organization rows on slice_id.
    """
    source = "core.slice_org_life" if is_organization_wide else "core.slice_life"
    office = "" if is_organization_wide else "office, "
    named = "" if dataset is None else f" and dataset = '{dataset}'"
    return f"select {office}slice_id, dataset, slice_key from {source} where {valid_sql(moment)}{named}"


def valid_sql(moment: str | None, row: str = "") -> str:
    """The condition under which a row with valid_from and valid_to holds at a moment (None: now)."""
    row = f"{row}." if row else ""
    if moment is None:
        return f"{row}valid_to is null"
    return f"({row}valid_from <= {moment} and ({row}valid_to is null or {row}valid_to > {moment}))"
