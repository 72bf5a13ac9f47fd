"""Dividing integer cents by weights so that the parts sum to the whole, the same way every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outcome_reporting.domain.codes import sdg_sort_key


def split(
    cents: int,
    parts: Sequence[tuple[str, Decimal | Fraction | int]],
    order: Callable[[str], Any] = sdg_sort_key,
) -> list[tuple[str, int]]:
    """Largest remainder over exact shares weight / sum of weights: [(code, cents)] in the order of `order`.

    The absolute value is split and the sign restored. Leftover cents go one each to the larger remainder,
    then the larger weight, then the code that `order` puts first (`natural_key` for other than SDG codes).
    Weights are not below zero and not all zero, codes differ; otherwise ValueError.
    """
    weights = {code: Fraction(weight) for code, weight in parts}
    total = sum(weights.values())
    if len(weights) != len(parts) or total <= 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("a split needs different codes and weights above zero")
    exact = {code: abs(cents) * weight / total for code, weight in weights.items()}
    whole = {code: share.numerator // share.denominator for code, share in exact.items()}
    by_claim = sorted(weights, key=lambda code: (whole[code] - exact[code], -weights[code], order(code)))
    for code in by_claim[: abs(cents) - sum(whole.values())]:
        whole[code] += 1
    sign = -1 if cents < 0 else 1
    return [(code, sign * whole[code]) for code in sorted(weights, key=order)]
