"""A group of weights holds together or says everything that is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.domain.rules import RULES
from outcome_reporting.domain.weights import (
    Effective,
    Method,
    element_index,
    evaluate,
    judge_plan_group,
    judge_sdg_group,
)

TARGETS = {"5.1", "5.2", "5.6", "5.a", "8.1", "8.10", "16.1"}


def group(*weights: str | None) -> list[tuple[str, Decimal | None]]:
    return [(f"1.{n}", None if w is None else Decimal(w)) for n, w in enumerate(weights, start=1)]


def rules(verdict) -> list[str]:
    assert not isinstance(verdict, Effective)
    assert all(problem.rule in RULES for problem in verdict)
    return [problem.rule for problem in verdict]


@pytest.mark.parametrize(
    ("weights", "method"),
    [
        (("100",), Method.WEIGHTED),
        (("60", "40.00"), Method.WEIGHTED),
        (("25", "0.49", "74.51"), Method.WEIGHTED),
        (("33.33",) * 3, Method.RENORMALISED),
        (("14.29",) * 7, Method.RENORMALISED),
        (("50.01", "50.01"), Method.RENORMALISED),
        (("99.99",), Method.RENORMALISED),
        ((None, None), Method.EQUAL),
        ((None,), Method.EQUAL),
    ],
)
def test_groups_that_hold_together(weights, method):
    verdict = evaluate(group(*weights))
    assert isinstance(verdict, Effective)
    assert verdict.method is method
    assert sum(verdict.shares().values()) == 1


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (("50", "50.03"), ["weights_sum"]),
        (("99.98",), ["weights_sum"]),
        (("60",), ["weights_sum"]),
        (("0.25", "0.75"), ["shares_not_percent"]),
        (("1",), ["shares_not_percent"]),
        (("60", None), ["weights_mixed_empty"]),
        (("100", "0"), ["weight_out_of_range"]),
        (("105", "-5"), ["weight_out_of_range", "weight_out_of_range"]),
        (("-5", None), ["weight_out_of_range", "weights_mixed_empty"]),
    ],
)
def test_groups_that_do_not(weights, expected):
    assert rules(evaluate(group(*weights))) == expected


def test_a_duplicate_is_named_with_its_rows():
    verdict = judge_sdg_group([("5.2", Decimal(50)), ("SDG 5.2", Decimal(50))], TARGETS)
    assert rules(verdict) == ["duplicate_sdg"]
    assert verdict[0].rows == (0, 1)


def test_a_goal_beside_its_own_target_is_refused_and_beside_another_is_not():
    assert rules(judge_sdg_group([("5", Decimal(50)), ("5.2", Decimal(50))], TARGETS)) == ["goal_beside_target"]
    assert isinstance(judge_sdg_group([("8", Decimal(50)), ("5.2", Decimal(50))], TARGETS), Effective)


def test_x00_may_carry_a_weight():
    verdict = judge_sdg_group([("x00", Decimal(20)), ("5.A", Decimal(80))], TARGETS)
    assert verdict.parts == (("X00", Decimal(20)), ("5.a", Decimal(80)))


def test_every_problem_of_a_group_is_told_at_once():
    rows = [("5.9", Decimal(10)), ("gender", Decimal(10)), ("5.а", Decimal(10)), ("5", Decimal(10))]
    assert rules(judge_sdg_group(rows, TARGETS)) == [
        "unreadable_sdg",
        "look_alike_letter",
        "unknown_target",
        "goal_beside_target",
        "weights_sum",
    ]


def test_plan_elements_are_known_by_code_and_by_name():
    known = element_index([("SP_D_0.3", "Positive social norms"), ("SP_D_0.2", "Financing for gender equality")])
    rows = [("sp_d_0.3", Decimal(60)), ("Financing  for gender equality", Decimal(40))]
    assert judge_plan_group(rows, known).parts == (("SP_D_0.3", Decimal(60)), ("SP_D_0.2", Decimal(40)))
    assert rules(judge_plan_group([("SP_D_9", Decimal(100))], known)) == ["unknown_element"]
    twice = [("SP_D_0.3", None), ("Positive social norms", None)]
    assert rules(judge_plan_group(twice, known)) == ["duplicate_element"]


@given(st.lists(st.integers(1, 10000), min_size=1, max_size=12))
def test_tolerance_is_a_hundredth_for_each_weight(hundredths):
    verdict = evaluate([(f"c{n}", Decimal(h) / 100) for n, h in enumerate(hundredths)])
    assert isinstance(verdict, Effective) == (abs(sum(hundredths) - 10000) <= len(hundredths))
    if isinstance(verdict, Effective):
        assert verdict.shares()["c0"] == Fraction(hundredths[0], sum(hundredths))
