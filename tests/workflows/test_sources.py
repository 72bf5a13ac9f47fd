"""What a source may say of how its files are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from outcome_reporting.domain.errors import UsageError
from outcome_reporting.settings import load_settings
from outcome_reporting.workflows.sources import load_sources


def test_three_sources_stand_by_default() -> None:
    assert sorted(load_sources(load_settings({}))) == ["donors", "finance", "programme"]


def test_a_source_says_how_its_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "moscow.yaml").write_text("source: moscow\nreading: {code_page: cp1251, delimiter: ';'}\n")
    reading = load_sources(replace(load_settings({}), sources=tmp_path))["moscow"]
    assert (reading.code_page, reading.delimiter) == ("cp1251", ";")


def test_an_unknown_word_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("reading: {codepage: cp1251}\n")
    with pytest.raises(UsageError, match=r"x\.yaml.*codepage"):
        load_sources(replace(load_settings({}), sources=tmp_path))
