"""The code lists are complete, and a new strategic plan is a matter of two CSV files."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from outcome_reporting.contracts.load import ContractError, load_contracts, load_reference

FOLDER = Path(__file__).resolve().parents[2] / "include" / "reference"
REFERENCE = load_reference(FOLDER)
TARGETS_BY_GOAL = (7, 8, 13, 10, 9, 8, 5, 12, 8, 10, 10, 11, 5, 10, 12, 12, 19)


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_seventeen_goals_and_their_169_targets() -> None:
    assert list(REFERENCE.goals) == [str(n) for n in range(1, 18)]
    counts = Counter(target.goal for target in REFERENCE.targets.values())
    assert tuple(counts[goal] for goal in REFERENCE.goals) == TARGETS_BY_GOAL
    assert len(REFERENCE.targets) == 169
    for target in REFERENCE.targets.values():
        assert target.code.split(".")[0] == target.goal
        assert target.title and len(target.title) <= 70
    assert {"8.1", "8.10", "16.10", "17.10", "5.a", "17.19"} <= set(REFERENCE.targets)
    assert len(REFERENCE.code_list("sdg")) == 17 + 169 + 1


def test_text_on_goal_colours_can_be_read() -> None:
    for goal in REFERENCE.goals.values():
        light, dark = sorted((luminance(goal.colour), luminance(goal.text_colour)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, goal.code


def test_currencies_have_the_decimals_of_iso_4217() -> None:
    decimals = {code: REFERENCE.currencies[code].decimals for code in ("USD", "KGS", "JPY", "XOF", "KWD", "IQD")}
    assert decimals == {"USD": 2, "KGS": 2, "JPY": 0, "XOF": 0, "KWD": 3, "IQD": 3}
    assert len(REFERENCE.currencies) > 150


def test_countries_and_languages() -> None:
    assert len(REFERENCE.countries) == len({c.iso2 for c in REFERENCE.countries.values()}) == 249
    assert REFERENCE.countries["NAM"].iso2 == "NA"
    assert {"en", "fr", "es", "ru", "ky", "pt", "ar", "zh"} <= set(REFERENCE.languages)


def test_contributor_types_and_instruments() -> None:
    assert " ".join(REFERENCE.contributor_types) == "C01 C02 C03 C04A C04B C04C C04D C04E C05 C06 C07 C08A C08B C09"
    assert " ".join(REFERENCE.financing_instruments) == "R01 R02A R02B R03A R03B R03C R03D R03E R03F R04A R04B R04C"


def test_frameworks_their_years_and_kinds() -> None:
    assert [REFERENCE.framework_of_year(year) for year in (2017, 2018, 2021, 2022, 2025, 2026)] == [
        None,
        "2018-2021",
        "2018-2021",
        "2022-2025",
        "2022-2025",
        None,
    ]
    counts = Counter((e.framework, e.kind) for e in REFERENCE.plan_elements.values())
    assert counts == {
        ("2018-2021", "impact area"): 5,
        ("2018-2021", "organizational output"): 4,
        ("2022-2025", "impact area"): 4,
        ("2022-2025", "systemic outcome"): 7,
        ("2022-2025", "organizational output"): 5,
    }
    assert REFERENCE.kinds_of("2018-2021") == ("impact area", "organizational output")


def test_an_element_is_known_by_code_or_name_within_its_framework() -> None:
    for text in ("SP_D_0.3", "sp_d_0.3 ", "POSITIVE SOCIAL NORMS, INCLUDING BY ENGAGING MEN AND BOYS"):
        element = REFERENCE.plan_element("2022-2025", text)
        assert element and element.code == "SP_D_0.3"
    assert REFERENCE.plan_element("2018-2021", "SP_D_0.3") is None
    assert REFERENCE.plan_element("2022-2025", "") is None


def test_a_new_framework_is_rows_in_two_files(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.csv"):
        shutil.copy(path, tmp_path / path.name)
    with (tmp_path / "frameworks.csv").open("a", encoding="utf-8") as stream:
        stream.write("2026-2029,2026,2029\n")
    with (tmp_path / "plan_elements.csv").open("a", encoding="utf-8") as stream:
        stream.write("2026-2029,impact area,SP_D_1,A new area\n")
    reference = load_reference(tmp_path)
    assert reference.framework_of_year(2027) == "2026-2029"
    assert reference.kinds_of("2026-2029") == ("impact area",)
    contracts = load_contracts(FOLDER.parent / "contracts", tmp_path)
    assert "2026-2029" in contracts["plan_links"].field("framework").allowed


def test_a_torn_list_is_named(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.csv"):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "frameworks.csv").unlink()
    with pytest.raises(ContractError, match=r"frameworks\.csv"):
        load_reference(tmp_path)
