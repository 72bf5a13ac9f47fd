"""Whether a group of weights holds together, and what it then does to money.

A group is one output and year (SDG weights), or one outcome, year, framework and kind (strategic-plan links):
the rules are the same, so `evaluate` knows nothing of goals. A group with any problem is held as a whole; the
problems name the rows by their index in what was given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from outcome_reporting.domain.codes import NOT_ATTRIBUTABLE, Sdg, fold_name, look_alike, parse_sdg
from outcome_reporting.domain.money import plain_decimal

HUNDRED = Decimal(100)
TOLERANCE_PER_WEIGHT = Decimal("0.01")


class Method(StrEnum):
    """How a line's share came about; it stands on every line."""

    WEIGHTED = "weighted"
    RENORMALISED = "renormalised"
    EQUAL = "equal"
    INHERITED = "inherited"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Effective:
    """Weights that hold together: `parts` are (code, weight), each weight above zero, taken over their sum.

    `stated_sum` is the sum as written (0 for an equal split, whose weights are 1 each).
    """

    method: Method
    parts: tuple[tuple[str, Decimal], ...]
    stated_sum: Decimal

    def shares(self) -> dict[str, Fraction]:
        """Each code's exact share of one."""
        total = sum(Fraction(weight) for _, weight in self.parts)
        return {code: Fraction(weight) / total for code, weight in self.parts}


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule of a group: an id of `domain.rules`, the rows' indices, what was found and expected."""

    rule: str
    rows: tuple[int, ...]
    message: str
    expected: str = ""


NOT_ATTRIBUTED = Effective(Method.NONE, ((NOT_ATTRIBUTABLE, Decimal(1)),), Decimal(0))


def evaluate(
    rows: Sequence[tuple[str, Decimal | None]], duplicate_rule: str = "duplicate_key"
) -> Effective | list[Problem]:
    """Judges one group of (canonical code, weight or None).

    All weights empty: an equal split. All written: they sum to exactly 100 (weighted) or to it within 0.01
    for each weight (renormalised). Everything else is a problem; all problems are returned together.
    """
    if not rows:
        raise ValueError("a group of weights has at least one row")
    problems = _duplicates([code for code, _ in rows], duplicate_rule)
    empty = tuple(index for index, (_, weight) in enumerate(rows) if weight is None)
    written = [(index, weight) for index, (_, weight) in enumerate(rows) if weight is not None]
    problems += [
        Problem("weight_out_of_range", (index,), f"weight {plain_decimal(weight)}", "above 0, at most 100")
        for index, weight in written
        if not 0 < weight <= HUNDRED
    ]
    if empty and written:
        message = f"{len(empty)} of {len(rows)} weights are empty"
        problems.append(Problem("weights_mixed_empty", empty, message, "all written or all empty"))
    elif written:
        problems += _sum_problems([weight for _, weight in written])
    if problems:
        return problems
    if empty:
        return Effective(Method.EQUAL, tuple((code, Decimal(1)) for code, _ in rows), Decimal(0))
    total = sum((weight for _, weight in written), Decimal(0))
    method = Method.WEIGHTED if total == HUNDRED else Method.RENORMALISED
    return Effective(method, tuple((code, weight) for code, weight in rows if weight is not None), total)


def _duplicates(codes: Sequence[str], rule: str) -> list[Problem]:
    if len(set(codes)) == len(codes):
        return []
    places: dict[str, list[int]] = defaultdict(list)
    for index, code in enumerate(codes):
        places[code].append(index)
    return [
        Problem(rule, tuple(indices), f"{code} stands {len(indices)} times", "once")
        for code, indices in places.items()
        if len(indices) > 1
    ]


def _sum_problems(weights: Sequence[Decimal]) -> list[Problem]:
    total = sum(weights, Decimal(0))
    tolerance = TOLERANCE_PER_WEIGHT * len(weights)
    if abs(total - HUNDRED) <= tolerance:
        return []
    everywhere = tuple(range(len(weights)))
    message = f"the weights sum to {plain_decimal(total)}"
    if all(weight <= 1 for weight in weights) and abs(total - 1) <= tolerance:
        return [Problem("shares_not_percent", everywhere, message, "percentages that sum to 100")]
    return [Problem("weights_sum", everywhere, message, "100")]


def judge_sdg_group(
    rows: Sequence[tuple[str, Decimal | None]], known_targets: Collection[str]
) -> Effective | list[Problem]:
    """Judges the (SDG text, weight or None) rows of one output and year; `known_targets` are the 169 codes.

    Beyond `evaluate`: every code is readable, every target known, and no goal stands beside its own target.
    """
    problems: list[Problem] = []
    codes: list[Sdg | None] = []
    for index, (text, _) in enumerate(rows):
        try:
            codes.append(parse_sdg(text))
        except ValueError as reason:
            codes.append(None)
            rule = "look_alike_letter" if look_alike(text) else "unreadable_sdg"
            problems.append(Problem(rule, (index,), str(reason), "a target (5.2, 5.a), a goal (5) or X00"))
    problems += [
        Problem("unknown_target", (index,), f"no target is called {sdg.target}", f"a target of goal {sdg.goal}")
        for index, sdg in enumerate(codes)
        if sdg and sdg.target and sdg.target not in known_targets
    ]
    targeted = {sdg.goal for sdg in codes if sdg and sdg.target}
    problems += [
        Problem("goal_beside_target", (index,), f"goal {sdg.goal} stands beside its targets", "one of them")
        for index, sdg in enumerate(codes)
        if sdg and not sdg.target and sdg.goal in targeted
    ]
    # An unreadable code is no duplicate of anything: its index makes it unlike every other.
    named = [sdg.code if sdg else f"?{index}" for index, sdg in enumerate(codes)]
    weights = [weight for _, weight in rows]
    return _joined(problems, evaluate(list(zip(named, weights, strict=True)), "duplicate_sdg"))


def element_index(elements: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Looks up an element of one framework by folded code or folded name, from (code, name) pairs."""
    pairs = list(elements)
    by_name = {fold_name(name): code for code, name in pairs}
    return by_name | {fold_name(code): code for code, _ in pairs}


def judge_plan_group(
    rows: Sequence[tuple[str, Decimal | None]], known_elements: Mapping[str, str]
) -> Effective | list[Problem]:
    """Judges the (element text, weight or None) rows of one outcome, year, framework and kind.

    `known_elements` is the `element_index` of that framework (or of that kind of it).
    """
    found = [known_elements.get(fold_name(text)) for text, _ in rows]
    problems = [
        Problem("unknown_element", (index,), f"there is no element “{rows[index][0]}”", "a code or name")
        for index, code in enumerate(found)
        if code is None
    ]
    named = [code if code is not None else f"?{index}" for index, code in enumerate(found)]
    weights = [weight for _, weight in rows]
    return _joined(problems, evaluate(list(zip(named, weights, strict=True)), "duplicate_element"))


def _joined(problems: list[Problem], verdict: Effective | list[Problem]) -> Effective | list[Problem]:
    """What was found before and by `evaluate`, together."""
    if isinstance(verdict, Effective):
        return problems or verdict
    return problems + verdict
