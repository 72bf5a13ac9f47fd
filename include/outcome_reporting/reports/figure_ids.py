"""Figure ids: `<scope>:<plan period>[:<year>][:<what>]:<measure>`, each part percent-encoded where needed."""

from __future__ import annotations

_ENCODED = {"%": "%25", ":": "%3A", "/": "%2F", " ": "%20"}


def encode(part: str) -> str:
    """A part with colon, slash, space and the percent sign itself percent-encoded; brackets stand as they are."""
    for letter, code in _ENCODED.items():
        if letter in part:
            part = part.replace(letter, code)
    return part


class FigureIds:
    """Ids of one scope and plan period; `what` arrives encoded from the functions below."""

    def __init__(self, scope: str, plan_period: str = "") -> None:
        self._stem = f"{encode(scope)}:{encode(plan_period)}" if plan_period else encode(scope)

    def __call__(self, year: int | None, what: str, measure: str) -> str:
        middle = (f":{year}" if year else "") + (f":{what}" if what else "")
        return f"{self._stem}{middle}:{measure}"


def scope_ids(kind: str, code: str) -> FigureIds:
    """Ids of another page's scope: `office=KGZ`, `all` (kind "all")."""
    ids = FigureIds(kind)
    if kind != "all":
        ids._stem = f"{kind}={encode(code)}"
    return ids


def goal_line(goal: str, target: str) -> str:
    """`sdg:5.2`, `sdg:5.-` for the line tagged to the goal itself, `sdg:X00`."""
    if goal == "X00":
        return "sdg:X00"
    return f"sdg:{target}" if target else f"sdg:{goal}.-"


def goal_total(goal: str) -> str:
    return f"sdg:{goal}"


def partner(code: str) -> str:
    """`partner:SWE`; `(core)`, `(withheld)`, `(none)` and `(other)` are written with their brackets."""
    return f"partner:{encode(code)}"


def plan_element(framework: str, element: str, kind: str) -> str:
    """`plan:2022-2025/SP_D_0.3`, or `plan:2022-2025/(systemic%20outcome)` where the kind is not linked."""
    return f"plan:{encode(framework)}/{encode(element) if element else encode(f'({kind})')}"


def result(indicator: str) -> str:
    return f"result:{encode(indicator)}"
