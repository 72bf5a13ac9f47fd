"""Every environment variable that the product reads, once. `.env.example` lists them with their defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def _include() -> Path:
    return Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each variable; sizes in bytes, times in seconds.

    `home` holds everything that is not code (folders of `commands`: inbox, answers, archive, reports, issues,
    warehouse, staging). `warehouse_url` is empty for the embedded PostgreSQL under the home.
    """

    home: Path
    warehouse_url: str = ""
    publisher: str = "XM-DAC-41146"
    publisher_name: str = "UN Women"
    timezone: str = "UTC"
    contracts: Path = _include() / "contracts"
    sources: Path = _include() / "sources"
    reference: Path = _include() / "reference"
    settle_seconds: float = 0.0
    reader_memory_bytes: int = 2 * 1024**3
    reader_cpu_seconds: int = 60
    reader_wall_seconds: int = 120
    scan_max_entries: int = 5_000
    scan_max_inflated_bytes: int = 256 * 1024**2
    scan_max_cells: int = 20_000_000
    impute_core: bool = False

    def folder(self, name: str) -> Path:
        path = self.home / name
        path.mkdir(parents=True, exist_ok=True)
        return path


_VARIABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "OUTCOMES_WAREHOUSE_URL": ("warehouse_url", str),
    "OUTCOMES_PUBLISHER": ("publisher", str),
    "OUTCOMES_PUBLISHER_NAME": ("publisher_name", str),
    "OUTCOMES_TIMEZONE": ("timezone", str),
    "OUTCOMES_CONTRACTS": ("contracts", Path),
    "OUTCOMES_SOURCES": ("sources", Path),
    "OUTCOMES_REFERENCE": ("reference", Path),
    "OUTCOMES_SETTLE_SECONDS": ("settle_seconds", float),
    "OUTCOMES_READER_MEMORY_BYTES": ("reader_memory_bytes", int),
    "OUTCOMES_READER_CPU_SECONDS": ("reader_cpu_seconds", int),
    "OUTCOMES_READER_WALL_SECONDS": ("reader_wall_seconds", int),
    "OUTCOMES_SCAN_MAX_ENTRIES": ("scan_max_entries", int),
    "OUTCOMES_SCAN_MAX_INFLATED_BYTES": ("scan_max_inflated_bytes", int),
    "OUTCOMES_SCAN_MAX_CELLS": ("scan_max_cells", int),
    "OUTCOMES_IMPUTE_CORE": ("impute_core", lambda text: text.strip().lower() in ("1", "true", "yes", "on")),
}


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; an unset or empty variable takes its default."""
    environment = os.environ if environment is None else environment
    values = {
        name: convert(environment[variable])
        for variable, (name, convert) in _VARIABLES.items()
        if environment.get(variable)
    }
    home = Path(environment.get("OUTCOMES_HOME") or "var").resolve()
    return Settings(home=home, **values)
