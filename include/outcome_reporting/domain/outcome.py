"""All that one outcome's report says, as plain values: what the warehouse fills and the reports read.

Money is integer cents (US dollars), never a float. Codes are text. An empty text means "there is none".
Rows stand for ALL years of the plan period, so one `OutcomeFacts` serves the page of each of its years.
Withheld partners must already be masked: a row of kind `withheld` has an empty partner and name.
What comes by the thousand for each page is a named tuple, made in a quarter of a frozen dataclass's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

FUND_TYPES = ("core", "non-core", "institutional")
PLAN_KINDS = ("impact area", "systemic outcome", "organizational output")


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """One output of the outcome, as its plan period names it."""

    code: str
    title: str
    description: str = ""


class ResourceRow(NamedTuple):
    """One row of view `outcome_resources`: money of one fiscal year and fund type, in cents."""

    fiscal_year: int
    fund_type: str  # one of FUND_TYPES
    planned: int
    available: int
    expense: int


class ResultRow(NamedTuple):
    """One row of view `result`. The four texts stand as in the spreadsheet ("" where the cell is empty)."""

    indicator: str
    output: str  # "" for an indicator of the outcome itself
    title: str
    measure: str  # unit, percentage, nominal, ordinal, qualitative
    fiscal_year: int
    baseline: str
    milestone: str
    target: str
    result: str
    result_value: Decimal | None = None  # the number of `result`, where it is one


class SdgRow(NamedTuple):
    """One row of view `sdg_allocation`, in cents.

    `goal` is "1".."17" or "X00"; `target` is "" on a goal-level line; `method` one of weighted,
    renormalised, equal, inherited, none.
    """

    output: str
    fiscal_year: int
    fund_type: str
    goal: str
    target: str
    method: str
    planned: int
    available: int
    expense: int


@dataclass(frozen=True, slots=True)
class HeldOutput:
    """An output whose SDG weights of a year are held, so that its money stands under X00.

    `reason` is "" when the weights only do not sum to 100 (then `weight_sum` says to what), else a sentence
    without a full stop that a reader understands ("target 5.2 stands twice").
    """

    output: str
    fiscal_year: int
    weight_sum: str = ""  # plain decimal: "97.50"
    reason: str = ""


class PartnerRow(NamedTuple):
    """One row of view `partner_contribution`, in cents.

    `kind` is direct, core pool, imputed, withheld or unattributed; for core pool, withheld and unattributed
    `partner`, `name` and `contributor_type` are "".
    """

    fiscal_year: int
    partner: str
    name: str
    contributor_type: str  # a code of standard VI: C01, C04D, ...
    kind: str
    expense: int
    contribution: int


class PlanRow(NamedTuple):
    """One row of view `plan_contribution`, in cents.

    `element` is "" where the kind is not linked; `framework`, `kind` and `element` are all "" where no
    framework is in force. `element_name` comes from the reference data.
    """

    fiscal_year: int
    framework: str  # "2022-2025"
    kind: str  # one of PLAN_KINDS
    element: str
    element_name: str
    planned: int
    expense: int


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """One note of one year and language; paragraphs are parted by line breaks. Drafts are never shown."""

    fiscal_year: int
    language: str  # ISO 639-1
    title: str
    note: str
    author: str
    status: str  # approved, draft

    @property
    def is_approved(self) -> bool:
        return self.status == "approved"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was dropped: by whom and into which source, when (UTC), and the hash of its bytes."""

    file_name: str
    owner: str  # the file's owner, "" where the system names none
    source: str
    dropped_at: datetime
    sha256: str


class SourceGroup(NamedTuple):
    """The cells of one file, sheet, output, fund and partner behind a figure, taken together."""

    file: SourceFile
    sheet: str
    output: str  # "" for a contribution
    fund: str
    fund_type: str
    partner: str  # "" where none is named or the partner is withheld
    lines: int  # number of cells
    share: int  # cents
    weight_percent: str = "100"  # share applied; "100" where nothing is split

    @property
    def file_name(self) -> str:
        return self.file.file_name


class SourceLine(NamedTuple):
    """One cell behind a figure: a row of `report.explain`, with the source of its rate."""

    file: SourceFile
    sheet: str
    row: int
    column: str
    amount: str  # plain decimal in `currency`
    currency: str
    rate: str  # "" for dollars
    rate_date: str  # ISO date or ""
    share: int | None  # cents; None for a rate
    weight_percent: str = "100"
    rate_source: str = ""  # who quoted the rate, "" for dollars

    @property
    def file_name(self) -> str:
        return self.file.file_name


class Explanation(NamedTuple):
    """Where an amount comes from: its largest groups, the others in one, and at most the 20 largest cells.

    The groups and `rest_share` (cents) sum to the amount exactly.
    """

    groups: tuple[SourceGroup, ...] = ()
    lines: tuple[SourceLine, ...] = ()
    rest_groups: int = 0
    rest_lines: int = 0
    rest_share: int = 0

    @property
    def share(self) -> int:
        return sum([group.share for group in self.groups]) + self.rest_share

    @property
    def cell_count(self) -> int:
        return sum([group.lines for group in self.groups]) + self.rest_lines


class WeightSource(NamedTuple):
    """A weight as it is applied, and the row of a spreadsheet that says so."""

    percent: str  # share of the whole: "33.3333"
    file: SourceFile
    sheet: str
    row: int
    fiscal_year: int  # the year that it was written for


class ResultSource(NamedTuple):
    """The row of a spreadsheet that holds an indicator of one year, and the column letter of each of its values."""

    file: SourceFile
    sheet: str
    row: int
    columns: Mapping[str, str]  # baseline, milestone, target, result -> letter; a missing column is left out


@dataclass(frozen=True, slots=True)
class YearSources:
    """The cells behind one outcome and year.

    `totals` by measure (planned, available, expense), `funds` by (measure, fund type), `partners` and
    `contributions` by (kind, partner) with "" for the kinds that name none. `sdg_weights` by (output, goal or
    target), `plan_weights` by (framework, element), `results` by (output, indicator).
    """

    totals: Mapping[str, Explanation] = field(default_factory=dict)
    funds: Mapping[tuple[str, str], Explanation] = field(default_factory=dict)
    partners: Mapping[tuple[str, str], Explanation] = field(default_factory=dict)
    contributions: Mapping[tuple[str, str], Explanation] = field(default_factory=dict)
    sdg_weights: Mapping[tuple[str, str], WeightSource] = field(default_factory=dict)
    plan_weights: Mapping[tuple[str, str], WeightSource] = field(default_factory=dict)
    results: Mapping[tuple[str, str], ResultSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What a figure was before its newest change, and which file changed it, where one alone did."""

    before: str  # plain decimal
    cause: str = ""  # load, undo, redo, expiry
    file_name: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """Site-wide short titles, from the reference data; the same object serves every outcome.

    `goals` "5" -> "Gender equality"; `targets` "5.2" -> short title; `contributor_types` "C01" -> "Government".
    """

    goals: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    contributor_types: Mapping[str, str] = field(default_factory=dict)
    publisher: str = "XM-DAC-41146"
    publisher_name: str = "UN Women"
    impute_core: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """One outcome of one plan period.

    `framework_kind` is "D" (development results) or "O" (organizational effectiveness and efficiency).
    `data_date` is the moment at which what is shown here was last published with a change, so that a night
    in which nothing changed gives the same bytes. `years` are those that have a page, ascending.
    `other_periods` are plan periods in which the same code stands. `changes` gives, by figure id, the earlier
    value of figures that changed since `previous_date`. `sources` holds the cells behind each year; without
    them the pages explain what the published rows alone can show. `core_revenue` gives, by (year, partner), the
    share in percent by which regular resources are imputed.
    """

    office: str
    plan_period: str  # "2018-2022"
    outcome: str  # "KGZ_O_2"
    title: str
    office_name: str
    office_kind: str  # RO, MCO, CO, PR, HQ
    data_date: datetime
    years: tuple[int, ...]
    description: str = ""
    region: str = ""
    framework_kind: str = ""
    policy_markers: Mapping[str, str] = field(default_factory=dict)
    un_function: str = ""
    outputs: tuple[OutputFacts, ...] = ()
    resources: tuple[ResourceRow, ...] = ()
    results: tuple[ResultRow, ...] = ()
    sdg: tuple[SdgRow, ...] = ()
    held_outputs: tuple[HeldOutput, ...] = ()
    partners: tuple[PartnerRow, ...] = ()
    plan: tuple[PlanRow, ...] = ()
    notes: tuple[ProgressNote, ...] = ()
    other_periods: tuple[str, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    previous_date: datetime | None = None
    sources: Mapping[int, YearSources] = field(default_factory=dict)
    core_revenue: Mapping[tuple[int, str], str] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)


@dataclass(frozen=True, slots=True)
class OutcomeYearSummary:
    """One line of the front page: an outcome and one of its years, money in cents.

    `expenses_by_year` gives the expense of each year of the plan period up to the newest, for the small bars.
    """

    office: str
    office_name: str
    region: str
    plan_period: str
    outcome: str
    title: str
    fiscal_year: int
    planned: int
    available: int
    expense: int
    unlinked_expense: int = 0  # under X00
    changed: int = 0  # figures changed since the previous publication
    expenses_by_year: tuple[tuple[int, int], ...] = ()
