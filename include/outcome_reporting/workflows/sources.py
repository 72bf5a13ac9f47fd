"""Where a night looks, and how what lies there is read: one small file of `include/sources` for each source."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import yaml

from outcome_reporting.domain.errors import UsageError
from outcome_reporting.settings import Settings
from outcome_reporting.workbooks.source_reading import SourceReading

_KNOWN = {field.name for field in fields(SourceReading)}


def load_sources(settings: Settings) -> dict[str, SourceReading]:
    """{name of the source, which is its folder below `inbox/`: how its files are read}, in the order of the names.

    A folder without a file of its own is read as workbooks and csv files usually are. UsageError names the file
    and the word when a source says something that is not known.
    """
    return {path.stem: _reading(path) for path in sorted(settings.sources.glob("*.yaml"))}


def _reading(path: Path) -> SourceReading:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    reading = content.get("reading") or {}
    unknown = sorted(set(content) - {"source", "description", "reading"}) + sorted(set(reading) - _KNOWN)
    if unknown or content.get("source", path.stem) != path.stem:
        raise UsageError(f"{path.name}: not known: {', '.join(unknown) or content.get('source')}")
    return SourceReading(**reading)
