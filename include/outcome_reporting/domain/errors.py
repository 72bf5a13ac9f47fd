"""Exceptions are for us: a fault of the system or of its use. Errors in data are findings."""


class OutcomeReportingError(Exception):
    """Base of all; raised only through its subclasses."""


class UsageError(OutcomeReportingError):
    """A command or a setting was used wrongly (exit 2)."""


class SystemFault(OutcomeReportingError):
    """The database, a folder or a child process failed; trying again may help (exit 3)."""


class Refused(OutcomeReportingError):
    """An undo or redo that would leave live facts without what they need (exit 1); `reasons` lists them."""

    def __init__(self, message: str, reasons: list[str]) -> None:
        super().__init__(message)
        self.reasons = reasons
