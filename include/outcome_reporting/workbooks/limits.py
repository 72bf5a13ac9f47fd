"""What a workbook's container may hold before any reader opens it."""

from __future__ import annotations

from dataclasses import dataclass

from outcome_reporting.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, `max_cells` in cells of the smallest box around all of them."""

    max_entries: int = 5_000
    max_inflated_bytes: int = 256 * 1024**2
    max_cells: int = 20_000_000


def limits_of(settings: Settings) -> Limits:
    """The limits that the settings give."""
    return Limits(settings.scan_max_entries, settings.scan_max_inflated_bytes, settings.scan_max_cells)
