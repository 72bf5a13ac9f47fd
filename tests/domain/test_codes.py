"""Codes are folded, read and ordered as people expect, and foreign letters are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.domain.codes import (
    Sdg,
    ambiguous_readings,
    fold_code,
    fold_name,
    look_alike,
    natural_key,
    office_of,
    parse_sdg,
    plan_period_code,
    plan_period_years,
    sdg_sort_key,
    short_code,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  kgz_o_2 ", "KGZ_O_2"),
        ("KGZ_O_2\u00a0", "KGZ_O_2"),
        ("ＫＧＺ_O_2", "KGZ_O_2"),
        ("\ufeffKGZ_O\u200b_2", "KGZ_O_2"),
        ("World \t Bank", "WORLD BANK"),
        ("", ""),
    ],
)
def test_a_code_is_folded(text, folded):
    assert fold_code(text) == folded
    assert fold_name(text) == folded


@given(st.text())
def test_folding_a_folded_code_changes_nothing(text):
    assert fold_code(fold_code(text)) == fold_code(text)


def test_the_publisher_prefix_goes_and_the_office_is_the_first_part():
    assert short_code("XM-DAC-41146-KGZ_D_1.10", "XM-DAC-41146") == "KGZ_D_1.10"
    assert short_code("xm‑dac‑41146‑kgz_o_2", "XM-DAC-41146") == "KGZ_O_2"
    assert short_code("KGZ_O_2", "XM-DAC-41146") == "KGZ_O_2"
    assert short_code("XM-DAC-99999-KGZ_O_2", "XM-DAC-41146") == "XM-DAC-99999-KGZ_O_2"
    assert office_of("KGZ_D_1.1.1") == "KGZ"


@pytest.mark.parametrize("text", ["5.A", "SDG 5.a", "Target 5.a", "5.a.", "5.a", "SDG Target 5.A", "cible 5.a"])
def test_a_target_is_read_in_every_spelling(text):
    assert parse_sdg(text) == Sdg("5", "5.a")


@pytest.mark.parametrize(
    ("text", "goal", "target"),
    [
        ("Goal 5", "5", None),
        ("SDG5", "5", None),
        ("05", "5", None),
        ("8.10", "8", "8.10"),
        ("8.1", "8", "8.1"),
        ("x00", "X00", None),
        ("SDG X00", "X00", None),
        ("17.19", "17", "17.19"),
    ],
)
def test_goals_targets_and_x00(text, goal, target):
    assert parse_sdg(text) == Sdg(goal, target)
    assert parse_sdg(parse_sdg(text).code) == Sdg(goal, target)


@pytest.mark.parametrize("text", ["", "gender", "18", "0", "5.0", "5.02", "5.2.1", "5,2", "5.ab", "5.2 and 5.3", "-5"])
def test_what_is_no_sdg_is_refused_in_plain_words(text):
    with pytest.raises(ValueError, match="goal"):
        parse_sdg(text)


def test_a_cyrillic_target_letter_is_named():
    with pytest.raises(ValueError, match="Cyrillic"):
        parse_sdg("5.а")


def test_sdg_codes_stand_in_natural_order():
    ordered = ["1", "1.2", "1.10", "1.a", "5", "5.1", "5.6", "5.a", "5.c", "16.10", "17.1", "X00"]
    assert sorted(set(ordered), key=sdg_sort_key) == ordered


def test_output_codes_stand_in_natural_order():
    ordered = ["KGZ_D_1", "KGZ_D_1.1", "KGZ_D_1.2", "KGZ_D_1.10", "KGZ_D_2", "KGZ_O_1"]
    assert sorted(set(ordered), key=natural_key) == ordered


@given(st.lists(st.text(max_size=8)))
def test_any_texts_have_a_natural_order(codes):
    assert len(sorted(codes, key=natural_key)) == len(codes)


def test_a_number_that_may_have_lost_a_zero_has_two_readings():
    targets = {"8.1", "8.10", "8.2", "5.1"}
    assert ambiguous_readings("8.1", targets) == ("8.1", "8.10")
    assert ambiguous_readings("8.2", targets) is None
    assert ambiguous_readings("5.1", targets) is None


def test_the_first_foreign_letter_of_a_code_is_named():
    assert look_alike("KGZ_О_2") == "character 5 is Cyrillic О (U+041E), not Latin O"
    assert "Greek" in look_alike("ΚGZ_O_2")
    assert look_alike("KGZ_O_2") is None
    assert look_alike("Côte") is None


def test_a_name_in_another_script_is_a_name_but_a_mixed_word_is_not():
    assert look_alike("Швеция", is_name=True) is None
    assert look_alike("Швеция SIDA", is_name=True) is None
    assert "Cyrillic" in look_alike("Swеden", is_name=True)


def test_plan_periods():
    assert plan_period_years("2018-2022") == (2018, 2022)
    assert plan_period_code(" 2018 – 2022 ") == "2018-2022"
    for text in ("2018", "2022-2018", "2018/22", "18-22", ""):
        with pytest.raises(ValueError, match="plan period"):
            plan_period_years(text)
