"""The only place where the parts meet: the night's steps, callable by DAGs, the command line and pages."""

from outcome_reporting.workflows.house import connect

__all__ = ["connect"]
