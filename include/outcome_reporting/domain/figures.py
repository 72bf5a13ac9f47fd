"""Figure ids: the name that every published figure has, and that no two share.

Form: `<scope>:<plan period>[:<year>][:<what>]:<measure>`, as in
`KGZ_D_1.1:2018-2022:2022:sdg:5.2:expense`. A scope or a what is given here as a tuple of its plain parts; a
colon, slash, space or percent sign inside a part is percent-encoded in the id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

_AMOUNTS = ("planned", "available", "shortfall", "expense", "contribution", "imputed")
_RATES = ("funding_rate", "delivery_rate")
_STAGES = ("pledge", "commitment", "cash", "revenue", "refund")
_RESULTS = ("baseline", "milestone", "target", "result")
MEASURES = frozenset({*_AMOUNTS, *_RATES, *_STAGES, *_RESULTS})

_FUND_TYPES = ("core", "non-core", "institutional")
_SCOPES = {"office": 1, "sdg": 1, "partner": 1, "plan": 2}
_WHATS = {"sdg": 1, "partner": 1, "plan": 2, "result": 1}
_PERIOD = re.compile(r"[0-9]{4}-[0-9]{4}")
_YEAR = re.compile(r"[0-9]{4}")
_ENCODED = re.compile("[%:/ ]")


@dataclass(frozen=True, slots=True)
class FigureId:
    """The parts of a figure id, decoded.

    `scope` is `(code,)` of an outcome or output, `("all",)`, `("office", "KGZ")`, `("sdg", "5")`,
    `("partner", "SWE")` or `("plan", "2022-2025", "SP_D_0.3")`. `what` is `()` for all funds, `(fund type,)`,
    `("sdg", "5.2")`, `("partner", "SWE")`, `("plan", framework, element or "(kind)")` or
    `("result", indicator)`. `plan_period` is empty where there is none, `year` None for a period's total.
    """

    scope: tuple[str, ...]
    plan_period: str
    year: int | None
    what: tuple[str, ...]
    measure: str

    def __str__(self) -> str:
        return figure_id(self.scope, self.plan_period, self.year, self.what, self.measure)


def figure_id(
    scope: str | tuple[str, ...],
    period: str | None,
    year: int | None,
    what: str | tuple[str, ...] | None,
    measure: str,
) -> str:
    """The id of these parts (see `FigureId`; a text stands for a tuple of one)."""
    scope = (scope,) if isinstance(scope, str) else scope
    what = (what,) if isinstance(what, str) else what or ()
    return FigureIds(scope, period or "")(year, what_text(*what), measure)


class FigureIds:
    """Makes the ids of one scope and plan period: `ids(2022, what_text("sdg", "5.2"), "expense")`."""

    def __init__(self, scope: str | tuple[str, ...], plan_period: str = "") -> None:
        stem = _scope_text((scope,) if isinstance(scope, str) else scope)
        self._stem = f"{stem}:{plan_period}:" if plan_period else f"{stem}:"
        self._stems: dict[int | None, str] = {None: self._stem}  # by year

    def __call__(self, year: int | None, what: str, measure: str) -> str:
        """`what` as `what_text` gives it, "" for all funds; `year` None for a total of the plan period."""
        return f"{self.stem(year, what)}{measure}"

    def stem(self, year: int | None, what: str) -> str:
        """What all measures of a part have in common: their ids up to the measure."""
        stem = self._stems.get(year)
        if stem is None:
            stem = self._stems[year] = f"{self._stem}{year}:"
        return f"{stem}{what}:" if what else stem


@lru_cache(maxsize=4096)
def what_text(*what: str) -> str:
    """The parts of a what as they stand in an id: `sdg:5.2`, `plan:2022-2025/(systemic%20outcome)`."""
    if len(what) < 2:
        return what[0] if what else ""
    return f"{what[0]}:{'/'.join(map(_encode, what[1:]))}"


def plan_what(framework: str, element: str, kind: str) -> tuple[str, str, str]:
    """The what of a plan element, or of a kind that is not linked."""
    return ("plan", framework, element or f"({kind})")


def sdg_what(goal: str, target: str | None) -> tuple[str, str]:
    """The what of one SDG line: a target, the line tagged to the goal itself (`5.-`), or X00.

    The total of a goal is `("sdg", goal)`.
    """
    if goal == "X00":
        return ("sdg", "X00")
    return ("sdg", target or f"{goal}.-")


def parse_figure_id(text: str) -> FigureId:
    """The parts of a figure id. Raises ValueError, worded for a person, when it is none."""
    pieces = text.strip().split(":")
    if len(pieces) < 2 or not all(pieces) or pieces[-1] not in MEASURES:
        raise ValueError(f"“{text}” is not a figure id: it ends in a measure, as KGZ_O_2:2018-2022:2022:expense")
    middle = pieces[1:-1]
    period = middle.pop(0) if middle and _PERIOD.fullmatch(middle[0]) else ""
    year = int(middle.pop(0)) if middle and _YEAR.fullmatch(middle[0]) else None
    return FigureId(_parse_scope(pieces[0], text), period, year, _parse_what(middle, text), pieces[-1])


def _encode(part: str) -> str:
    return _ENCODED.sub(lambda match: f"%{ord(match[0]):02X}", part)


def _scope_text(scope: tuple[str, ...]) -> str:
    if len(scope) == 1:
        return _encode(scope[0]).replace("=", "%3D")
    return f"{scope[0]}={'/'.join(map(_encode, scope[1:]))}"


def _parse_scope(piece: str, text: str) -> tuple[str, ...]:
    kind, mark, rest = piece.partition("=")
    if not mark:
        return (unquote(piece),)
    parts = tuple(map(unquote, rest.split("/")))
    if _SCOPES.get(kind) != len(parts) or not all(parts):
        raise ValueError(f"“{text}” is not a figure id: no page is called “{piece}”")
    return (kind, *parts)


def _parse_what(middle: list[str], text: str) -> tuple[str, ...]:
    if not middle:
        return ()
    if len(middle) == 1 and middle[0] in _FUND_TYPES:
        return (middle[0],)
    if len(middle) == 2:
        parts = tuple(map(unquote, middle[1].split("/")))
        if _WHATS.get(middle[0]) == len(parts) and all(parts):
            return (middle[0], *parts)
    raise ValueError(f"“{text}” is not a figure id: “{':'.join(middle)}” names no part of the money")
