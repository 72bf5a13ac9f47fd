"""The colours of the 17 goals, which are never altered, and the ink that reads on them."""

from __future__ import annotations

from functools import cache

_INK, _WHITE = "#14202b", "#fff"
_GOALS = [
    "#E5243B",
    "#DDA63A",
    "#4C9F38",
    "#C5192D",
    "#FF3A21",
    "#26BDE2",
    "#FCC30B",
    "#A21942",
    "#FD6925",
    "#DD1367",
    "#FD9D24",
    "#BF8B2E",
    "#3F7E44",
    "#0A97D9",
    "#56C02B",
    "#00689D",
    "#19486A",
]
_WHITE_ON = {1, 4, 8, 10, 13, 16, 17}


@cache
def goal_colours(goal: str) -> tuple[str, str]:
    """(fill, text) of goal "1".."17"; grey for anything else."""
    number = int(goal) if goal.isdigit() and 1 <= int(goal) <= len(_GOALS) else 0
    if not number:
        return "#5f7182", _WHITE
    return _GOALS[number - 1], _WHITE if number in _WHITE_ON else _INK
