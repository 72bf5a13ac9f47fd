"""Reference data in its plain form: SDG goals and targets, frameworks, currencies and other code lists.

`contracts.load.load_reference` makes it from `include/reference/*.csv`. Nothing here is hard-coded: a new
strategic-plan framework is two CSV rows more.
"""

from __future__ import annotations

from dataclasses import dataclass

from outcome_reporting.domain.headings import normalise_heading

NOT_ATTRIBUTABLE = "X00"


@dataclass(frozen=True, slots=True)
class Goal:
    """One of the 17 goals; `code` is `1`..`17`, the colours are `#RRGGBB`."""

    code: str
    title: str
    colour: str
    text_colour: str


@dataclass(frozen=True, slots=True)
class Target:
    """One of the 169 targets; `code` is canonical (`5.a`, `8.10`), `title` a short text."""

    code: str
    goal: str
    title: str


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency; `decimals` are those that an amount in it may have."""

    code: str
    name: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Country:
    """An ISO 3166 country; `code` has three letters, `iso2` two."""

    code: str
    iso2: str
    name: str


@dataclass(frozen=True, slots=True)
class Framework:
    """A strategic plan, in force from `first_year` to `last_year`, both included."""

    code: str
    first_year: int
    last_year: int


@dataclass(frozen=True, slots=True)
class PlanElement:
    """An element of a framework. `kind` is impact area, systemic outcome or organizational output."""

    framework: str
    kind: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Every code list, by code, in the order of its file. Plan elements are known by (framework, code)."""

    goals: dict[str, Goal]
    targets: dict[str, Target]
    currencies: dict[str, Currency]
    countries: dict[str, Country]
    languages: dict[str, str]
    contributor_types: dict[str, str]
    financing_instruments: dict[str, str]
    frameworks: dict[str, Framework]
    plan_elements: dict[tuple[str, str], PlanElement]

    def framework_of_year(self, year: int) -> str | None:
        """The framework in force in a year; of two that overlap, the one that began later; None if none."""
        in_force = [f for f in self.frameworks.values() if f.first_year <= year <= f.last_year]
        return max(in_force, key=lambda f: f.first_year).code if in_force else None

    def kinds_of(self, framework: str) -> tuple[str, ...]:
        """The kinds of element that a framework has, in the order of its file."""
        return tuple(dict.fromkeys(e.kind for e in self.plan_elements.values() if e.framework == framework))

    def plan_element(self, framework: str, text: str) -> PlanElement | None:
        """The element of a framework that a cell names by its code or its name; None when it has no such."""
        found = self.plan_elements.get((framework, text.strip().upper()))
        if found:
            return found
        wanted = normalise_heading(text)
        named = (e for e in self.plan_elements.values() if e.framework == framework)
        return next((e for e in named if wanted and normalise_heading(e.name) == wanted), None)

    def code_list(self, name: str) -> dict[str, str]:
        """Code -> words of one list, as a contract's `code_list` names it.

        `sdg` holds goals, targets and X00; `plan_elements` holds the codes of all frameworks, each with its
        names. Raises KeyError for a list that does not exist.
        """
        return dict(_LISTS[name](self))

    def code_lists(self) -> dict[str, tuple[str, ...]]:
        """List name -> its codes, for drop-downs and for checks of plain membership."""
        return {name: tuple(read(self)) for name, read in _LISTS.items()}


def _sdg(reference: Reference) -> dict[str, str]:
    codes: dict[str, str] = {}
    for goal in reference.goals.values():
        codes[goal.code] = goal.title
        codes |= {t.code: t.title for t in reference.targets.values() if t.goal == goal.code}
    return codes | {NOT_ATTRIBUTABLE: "Not attributable to an SDG"}


def _elements(reference: Reference) -> dict[str, str]:
    names: dict[str, list[str]] = {}
    for element in reference.plan_elements.values():
        names.setdefault(element.code, []).append(f"{element.framework}: {element.name}")
    return {code: "; ".join(parts) for code, parts in names.items()}


_LISTS = {
    "sdg": _sdg,
    "sdg_goals": lambda reference: {g.code: g.title for g in reference.goals.values()},
    "sdg_targets": lambda reference: {t.code: t.title for t in reference.targets.values()},
    "currencies": lambda reference: {c.code: c.name for c in reference.currencies.values()},
    "countries": lambda reference: {c.code: c.name for c in reference.countries.values()},
    "languages": lambda reference: reference.languages,
    "contributor_types": lambda reference: reference.contributor_types,
    "financing_instruments": lambda reference: reference.financing_instruments,
    "frameworks": lambda reference: {
        f.code: f"Strategic plan {f.first_year}-{f.last_year}" for f in reference.frameworks.values()
    },
    "plan_elements": _elements,
}
