"""Imported once where tasks are forked from, so that no task imports these again.

The order matters: the product's own modules quieten their libraries before they import them.
"""

from __future__ import annotations

import importlib

for _name in ("intake", "allocation", "reports"):
    importlib.import_module(f"outcome_reporting.workflows.{_name}")
