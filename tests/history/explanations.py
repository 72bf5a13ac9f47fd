"""What an explanation must list, computed a second time: every cell behind a figure, its rate, weight and share.

Works on the model's live rows, each with its place in a dropped file; nothing of the product is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from organization_oracle import (
    _element_shares,
    attribution,
    cents,
    expected,
    fund_types,
    plan_of,
    sdg_shares,
)
from organization_rows import FRAMEWORKS, rate_in_force
from storm_files import DATASET_OF, Placed
from storm_model import History

STAGES = ("pledge", "commitment", "cash", "revenue", "refund")
HEADING = {"planned": "Planned (USD)", "available": "Available (USD)"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One money cell and where its money belongs; `cents` are its dollars."""

    file_name: str
    sheet: str
    row_no: int
    column: str
    amount: Decimal
    currency: str
    rate: Fraction | None
    rate_date: date | None
    cents: int
    measure: str
    office: str
    period: str
    outcome: str
    output: str
    year: int
    fund_type: str
    partner: str | None  # resolved, None where there is none
    kind: str
    is_withheld: bool

    @property
    def place(self) -> tuple[str, str, int, str]:
        return self.file_name, self.sheet, self.row_no, self.column


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a figure id."""

    scope: tuple[str, str]  # kind ("code", "office", "sdg", "partner", "plan", "all") and value
    period: str
    year: int | None
    what: tuple[str, ...]
    measure: str


def parse(figure: str) -> Asked:
    first, *middle, measure = figure.split(":")
    kind, mark, rest = first.partition("=")
    scope = (kind, unquote(rest)) if mark else ("all", "") if first == "all" else ("code", unquote(first))
    period = middle.pop(0) if middle and len(middle[0]) == 9 and middle[0][4] == "-" else ""
    year = int(middle.pop(0)) if middle and middle[0].isdigit() else None
    return Asked(scope, period, year, tuple(map(unquote, middle)), measure)


class Explainer:
    """Explains figures of what is live in a history."""

    def __init__(self, history: History, run_date: date) -> None:
        self.history, self.live = history, history.live_loads()
        self.org = history.organization(self.live)
        self.types = fund_types(self.org)
        self.partners = {partner.code: partner for partner in self.org.partners}
        self.run_date = run_date
        self.views = expected(self.org, run_date)
        self.cells = list(self._cells())

    # --- cells

    def _cells(self) -> Iterator[Cell]:
        revised = {(b.output, b.year, b.fund) for b in self.org.budgets if b.version == "revised"}
        for key in self.live:
            source = self.history.origin(key, self.live)
            for placed in source.slices[key]:
                match DATASET_OF[type(placed.row)]:
                    case "budgets":
                        row = placed.row
                        if row.version == "revised" or (row.output, row.year, row.fund) not in revised:
                            yield self._cell(placed, "planned", HEADING["planned"], row.planned)
                            yield self._cell(placed, "available", HEADING["available"], row.available)
                    case "expenses":
                        yield self._paid(placed, "expense", placed.row.posted)
                    case "contributions":
                        yield self._paid(placed, placed.row.stage, placed.row.day)

    def _paid(self, placed: Placed, measure: str, day: date) -> Cell:
        row = self.history.resolved(placed.row)
        if row.amount_usd is not None:
            return self._cell(placed, measure, "Amount (USD)", row.amount_usd)
        if row.currency == "USD":
            return self._cell(placed, measure, "Amount", row.amount)
        dated = [r.effective for r in self.org.rates if r.currency == row.currency and r.effective <= day]
        rate = (rate_in_force(self.org, row.currency, day), max(dated))
        return self._cell(placed, measure, "Amount", row.amount, row.currency, *rate)

    def _cell(
        self,
        placed: Placed,
        measure: str,
        heading: str,
        hundredths: int,
        currency: str = "USD",
        rate: Fraction | None = None,
        rate_date: date | None = None,
    ) -> Cell:
        row = self.history.resolved(placed.row)
        code = getattr(row, "output", None) or getattr(row, "outcome", None)
        office, period, outcome = plan_of(self.org, code, row.year) if code else ("", "", "")
        partner = self.partners.get(getattr(row, "partner", None) or "")
        who = attribution(partner, self.types[row.fund], self.run_date)
        is_budget = measure in HEADING
        return Cell(
            placed.file_name, *placed.cell(heading), Decimal(hundredths).scaleb(-2), currency, rate, rate_date,
            hundredths if is_budget else cents(self.org, row), measure, office, period, outcome,
            getattr(row, "output", "") or "", row.year, self.types[row.fund], partner.code if partner else None,
            str(who[3]), partner is not None and attribution(partner, "non-core", self.run_date)[3] == "withheld",
        )  # fmt: skip

    # --- figures

    def rows(self, figure: str) -> list[tuple]:
        """(file, sheet, row, column, amount, currency, rate, rate date, weight percent, share in cents or None)."""
        asked = parse(figure)
        measures = {
            "shortfall": ("planned", "available"),
            "funding_rate": ("planned", "available"),
            "delivery_rate": ("available", "expense"),
            "contribution": ("revenue", "refund"),
        }.get(asked.measure, (asked.measure,))
        found = []
        for line_cents, parts in self._lines(asked, measures):
            for cell, weight, share in shared(line_cents, parts):
                if asked.measure == "shortfall" and cell.measure == "available":
                    share = -share
                is_rate = asked.measure.endswith("_rate")
                rate = None if cell.rate is None else Decimal(cell.rate.numerator) / Decimal(cell.rate.denominator)
                found.append(
                    (*cell.place, cell.amount, cell.currency, rate, cell.rate_date, weight, None if is_rate else share)
                )
        return sorted(found, key=repr)

    def _lines(self, asked: Asked, measures: tuple[str, ...]) -> Iterator[tuple[int | None, list]]:
        """Each published line behind the figure: its cents (None: the sum of its cells), and (cell, weight, sum)."""
        chosen = [cell for cell in self.cells if cell.measure in measures and self._is_in_scope(asked, cell)]
        sdgs = [value for kind, value in (asked.scope, asked.what[:2] if len(asked.what) == 2 else ("", ""))
                if kind == "sdg"]  # fmt: skip
        plan = asked.what[1] if asked.what[:1] == ("plan",) else asked.scope[1] if asked.scope[0] == "plan" else ""
        partner = (
            asked.what[1] if asked.what[:1] == ("partner",) else asked.scope[1] if asked.scope[0] == "partner" else ""
        )
        if asked.measure in STAGES:
            for cell in chosen:
                if not partner or (cell.is_withheld if partner == "(withheld)" else cell.partner == partner):
                    yield None, [(cell, Fraction(1), Fraction(1))]
        elif sdgs:
            yield from self._sdg_lines(sdgs, chosen)
        elif plan:
            yield from self._plan_lines(plan, chosen)
        elif partner or asked.measure == "contribution":
            yield from self._partner_lines(partner, asked, chosen)
        else:
            of_type = asked.what[0] if asked.what else ""
            for cell in chosen:
                if not of_type or cell.fund_type == of_type:
                    yield None, [(cell, Fraction(1), Fraction(1))]

    def _is_in_scope(self, asked: Asked, cell: Cell) -> bool:
        kind, value = asked.scope
        return (
            (kind != "code" or value in (cell.outcome, cell.output))
            and (kind != "office" or value == cell.office)
            and (not asked.period or asked.period == cell.period)
            and (asked.year is None or asked.year == cell.year)
            and (asked.measure != "contribution" or bool(cell.outcome))
        )

    def _sdg_lines(self, wanted: list[str], chosen: list[Cell]) -> Iterator[tuple[int, list]]:
        by_line: dict[tuple, list[Cell]] = defaultdict(list)
        for cell in chosen:
            by_line[cell.period, cell.output, cell.year, cell.fund_type, cell.measure].append(cell)
        place = {"planned": 9, "available": 10, "expense": 11}
        for row in self.views["sdg_allocation"]:
            _, period, _, output, year, fund_type, goal, target, method = row[:9]
            code = target or goal
            if not all(_is_sdg(str(goal), target, one) for one in wanted):
                continue
            shares = sdg_shares(self.org, str(output), int(str(year)))
            weight, total = (Fraction(1), Fraction(1)) if method == "none" else (
                shares.weights[str(code)], sum(shares.weights.values(), Fraction(0)))  # fmt: skip
            for measure, at in place.items():
                cells = by_line.get((period, output, year, fund_type, measure), [])
                if row[at] and cells:
                    yield int(str(row[at])), [(cell, weight, total) for cell in cells]

    def _plan_lines(self, wanted: str, chosen: list[Cell]) -> Iterator[tuple[int, list]]:
        by_line: dict[tuple, list[Cell]] = defaultdict(list)
        for cell in chosen:
            by_line[cell.period, cell.outcome, cell.year, cell.measure].append(cell)
        for row in self.views["plan_contribution"]:
            _, period, outcome, year, framework, kind, element = row[:7]
            if wanted != f"{framework}/{element or f'({kind})'}":
                continue
            codes = {code for code, _ in FRAMEWORKS[str(framework)][str(kind)]}
            shares = _element_shares(self.org, str(outcome), int(str(year)), codes)
            total = sum(shares.values(), Fraction(0))
            for measure, at in (("expense", 7), ("planned", 8)):
                cells = by_line.get((period, outcome, year, measure), [])
                if row[at] and cells:
                    one = (shares[str(element)], total) if element else (Fraction(1), Fraction(1))
                    yield int(str(row[at])), [(cell, *one) for cell in cells]

    def _partner_lines(self, wanted: str, asked: Asked, chosen: list[Cell]) -> Iterator[tuple[int, list]]:
        kinds = {"(core)": "core pool", "(none)": "unattributed", "(withheld)": "withheld"}
        by_line: dict[tuple, list[Cell]] = defaultdict(list)
        for cell in chosen:
            who = cell.partner if cell.kind == "direct" else None
            by_line[cell.period, cell.outcome, cell.year, cell.kind, who].append(cell)
        at = 9 if asked.measure == "contribution" else 8
        for row in self.views["partner_contribution"]:
            _, period, outcome, year, partner, _, _, kind = row[:8]
            is_wanted = not wanted or (kinds[wanted] == kind if wanted in kinds else partner == wanted)
            cells = by_line.get((period, outcome, year, kind, partner), [])
            if is_wanted and row[at] and cells:
                yield int(str(row[at])), [(cell, Fraction(1), Fraction(1)) for cell in cells]


def _is_sdg(goal: str, target: Any, wanted: str) -> bool:
    if wanted.endswith(".-"):
        return target is None and goal == wanted[:-2]
    return target == wanted if "." in wanted else goal == wanted


def shared(line_cents: int | None, parts: list[tuple[Cell, Fraction, Fraction]]) -> Iterator[tuple[Cell, Decimal, int]]:
    """(cell, weight percent, share): exact shares floored, what the line lacks one cent each to the largest rest."""
    exact = [cell.cents * weight / total for cell, weight, total in parts]
    whole = [share.numerator // share.denominator for share in exact]
    lacking = 0 if line_cents is None else line_cents - sum(whole)
    assert 0 <= lacking <= len(parts)
    order: Callable[[int], tuple] = lambda n: (whole[n] - exact[n], *parts[n][0].place)  # noqa: E731
    for n in sorted(range(len(parts)), key=order)[:lacking]:
        whole[n] += 1
    for (cell, weight, total), share in zip(parts, whole, strict=True):
        percent = 100 * weight / total
        rounded = (Decimal(percent.numerator) / Decimal(percent.denominator)).quantize(
            Decimal("0.0001"), rounding=ROUND_HALF_UP
        )
        yield cell, rounded.normalize(), share
