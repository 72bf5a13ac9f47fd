"""The one exception of the reports: a page that must not be published."""

from __future__ import annotations

from outcome_reporting.domain.errors import OutcomeReportingError


class UnpublishablePage(OutcomeReportingError):
    """Raised when a page breaks a rule of publication; `reasons` lists every broken rule, worded for people."""

    def __init__(self, page: str, reasons: list[str]) -> None:
        super().__init__(f"{page} cannot be published: " + "; ".join(reasons))
        self.page = page
        self.reasons = reasons
