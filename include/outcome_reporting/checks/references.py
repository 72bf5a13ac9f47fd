"""Does every row refer to something that exists, in the year it speaks of?

Vectorised: each table is reduced to its distinct combinations of codes, those are looked up one by one, and
a bad one becomes one finding with all its rows, however many these are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.checks.catalogue import Catalogue, partner_spellings
from outcome_reporting.checks.columns import Columns, grouped
from outcome_reporting.checks.exchange import check_exchange
from outcome_reporting.checks.faults import Faults, nearest
from outcome_reporting.domain.codes import fold_name, office_of, plan_period_years
from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.finding import Finding, shown
from outcome_reporting.domain.placeholder import find_placeholder
from outcome_reporting.domain.rules import RULES
from outcome_reporting.domain.table import TypedTable

# a hundred ledgers name the same partners
_folded = lru_cache(maxsize=1 << 16)(fold_name)


def check_references(
    contract: Contract, table: TypedTable, catalogue: Catalogue, columns: Columns | None = None
) -> Iterator[Finding]:
    """All findings of one table against the catalogue of the night; nothing is capped.

    `columns` are those of the table where they have been reduced to distinct values before.
    """
    faults = Faults(contract, columns or Columns(table))
    names = {field.name for field in contract.fields}
    for field in contract.fields:
        if field.refers_to:
            _reference(faults, field.name, field.refers_to[0], names, catalogue)
    if "office" in names:
        _office_of_code(faults, names, catalogue)
    if contract.dataset == "outputs":
        _outputs_under_outcomes(faults, catalogue)
    if contract.dataset in ("outcomes", "outputs"):
        _plan_periods(faults, catalogue)
    if contract.dataset == "partners":
        _shared_spellings(faults, catalogue)
    if {"currency", "amount", "amount_usd"} <= names:
        check_exchange(faults, catalogue)
    if {"fund", "partner", "transaction"} <= names:
        _partner_on_core(faults, catalogue)
    if {"posting_date", "fiscal_year"} <= names:
        _dates(faults)
    if not contract.amount_fields:
        _placeholders(faults)
    return faults.findings()


def prepare_references(contract: Contract, columns: Columns) -> None:
    """Makes the combinations that `check_references` will look up, before there is a catalogue to look them up in:
    they take most of its time and hang on the table alone.
    """
    names = {field.name for field in contract.fields}
    for field in contract.fields:
        if field.refers_to and field.refers_to[0] != contract.dataset:
            is_in_year = field.refers_to[0] in ("outputs", "outcomes") and "fiscal_year" in names
            columns.combos([field.name, "fiscal_year"] if is_in_year else [field.name])
    if "office" in columns and "output" in columns:
        columns.combos(["office", "output"])


def _reference(faults: Faults, field: str, dataset: str, names: set[str], catalogue: Catalogue) -> None:
    if dataset in ("outputs", "outcomes") and faults.contract.dataset not in ("outcomes", "outputs"):
        _code_in_year(faults, field, dataset, catalogue)
    elif dataset == "partners" and faults.contract.dataset != "partners":
        _partners(faults, field, catalogue)
    elif dataset in ("offices", "funds") and faults.contract.dataset != dataset:
        known = catalogue.offices if dataset == "offices" else set(catalogue.funds)
        _plain_code(faults, field, known, f"unknown_{dataset[:-1]}", dataset)


def _plain_code(faults: Faults, field: str, known: set[str], rule: str, dataset: str) -> None:
    found = faults.columns.combos([field])
    listed: list[str] = []
    for index, (code,) in enumerate(found.values):
        if code is not None and code not in known:
            listed = listed or sorted(known)
            faults.at(found.rows(index), field, rule, code, f"one of the known {dataset}", nearest(code, listed))


class _OutputsOrOutcomes:
    """The codes that a field may name, and what is expected where it names none of them."""

    def __init__(self, word: str, catalogue: Catalogue) -> None:
        self.word, self.offices = word, catalogue.offices
        outputs, outcomes = catalogue.outputs, catalogue.outcomes
        self.codes, self.others = (outputs, outcomes) if word == "output" else (outcomes, outputs)
        self.by_office: dict[str, list[str]] = defaultdict(list)
        self.other_word = "outcome" if word == "output" else "output"

    def nearest(self, code: str) -> str:
        """The likeliest code: of the same office where any is near."""
        if not self.by_office:
            for known in sorted(self.codes):
                self.by_office[office_of(known)].append(known)
                self.by_office[""].append(known)
        return nearest(code, self.by_office.get(office_of(code), ())) or nearest(code, self.by_office.get("", ()))

    def expected(self, code: str, year: int, example: str) -> str:
        if code in self.others:
            return f"an {self.word}; {code} is an {self.other_word}"
        if office_of(code) not in self.offices or office_of(code) == code:
            return f"the code of an {self.word}, which begins with its office, such as {example}"
        return f"an {self.word} of {office_of(code)} in a plan period with {year}"


def _code_in_year(faults: Faults, field: str, dataset: str, catalogue: Catalogue) -> None:
    """An output or outcome must stand in a plan period that contains the row's fiscal year."""
    known = _OutputsOrOutcomes(dataset[:-1], catalogue)
    found = faults.columns.combos([field, "fiscal_year"])
    nearest_of = lru_cache(maxsize=None)(known.nearest)  # a code stands with every year
    for index, (code, year) in enumerate(found.values):
        if code is None or year is None or catalogue.period_of(known.codes, code, year):
            continue
        rows = found.rows(index)
        if code in known.codes:
            periods = ", ".join(sorted(period[2] for period in known.codes[code]))
            message = f"No plan period of {code} contains {year}"
            faults.at(rows, field, "year_outside_plan_period", code, f"a year of {periods}", message=message)
            continue
        column = faults.contract.field(field)
        if not nearest_of(code) and column.pattern and not re.match(column.pattern, code):
            continue  # no code at all: that is told by the check of how codes are written
        expected = known.expected(code, year, nearest_of(code) or next(iter(column.examples), ""))
        faults.at(rows, field, f"unknown_{known.word}", code, expected, nearest_of(code))


def _partners(faults: Faults, field: str, catalogue: Catalogue) -> None:
    found = faults.columns.combos([field])
    spellings: list[str] = []
    for index, (text,) in enumerate(found.values):
        if text is None:
            continue
        codes = catalogue.partners.get(_folded(text), set())
        if not codes:
            spellings = spellings or sorted(catalogue.partners)
            near = nearest(fold_name(text), spellings)
            known = sorted(catalogue.partners[near])[0] if near else ""
            faults.at(found.rows(index), field, "unknown_partner", text, "a partner's code, name or alias", known)
        elif len(codes) > 1:
            faults.at(found.rows(index), field, "ambiguous_partner", text, "one of " + ", ".join(sorted(codes)))


def _office_of_code(faults: Faults, names: set[str], catalogue: Catalogue) -> None:
    """Of a code that begins with no office the code is wrong, which is told of the code itself."""
    for code_field in ("output", "outcome"):
        if code_field in names:
            found = faults.columns.combos(["office", code_field])
            for index, (office, code) in enumerate(found.values):
                if office and code and office_of(code) != office and office_of(code) in catalogue.offices:
                    faults.at(
                        found.rows(index),
                        "office",
                        "office_mismatch",
                        office,
                        f"{office_of(code)}, the office in {code}",
                        office_of(code),
                    )
            return


def _outputs_under_outcomes(faults: Faults, catalogue: Catalogue) -> None:
    found = faults.columns.combos(["output", "outcome", "plan_period"])
    of_period: dict[str, set[str]] = defaultdict(set)
    for code, periods in catalogue.outcomes.items():
        for _, _, name, _ in periods:
            of_period[name].add(code)
    for index, (output, outcome, period) in enumerate(found.values):
        if not (output and outcome and period):
            continue
        known = of_period[period]
        if outcome not in known:
            near = nearest(outcome, sorted(known))
            faults.at(
                found.rows(index),
                "outcome",
                "unknown_outcome",
                outcome,
                f"an outcome of plan period {period}",
                near,
            )
        elif office_of(output) != office_of(outcome):
            faults.at(
                found.rows(index),
                "output",
                "output_not_under_outcome",
                output,
                f"an output of {office_of(outcome)}",
            )


def _plan_periods(faults: Faults, catalogue: Catalogue) -> None:
    """Periods of one code must not overlap, and a code is not outcome and output in one period."""
    field = faults.contract.dataset[:-1]
    own = catalogue.outcomes if field == "outcome" else catalogue.outputs
    other = catalogue.outputs if field == "outcome" else catalogue.outcomes
    found = faults.columns.combos([field, "plan_period"])
    for index, (code, period) in enumerate(found.values):
        if not (code and period):
            continue
        try:
            first, last = plan_period_years(period)
        except ValueError:
            faults.at(found.rows(index), "plan_period", "unreadable_plan_period", period, "2018-2022")
            continue
        for start, end, name, _ in own.get(code, ()):
            if name != period and start <= last and first <= end:
                faults.at(found.rows(index), "plan_period", "period_overlap", period, f"no year of {name}")
        if any(start <= last and first <= end for start, end, _, _ in other.get(code, ())):
            faults.at(
                found.rows(index),
                field,
                "code_is_outcome_and_output",
                code,
                f"a code that is only an {field}",
            )


def _shared_spellings(faults: Faults, catalogue: Catalogue) -> None:
    for index, row in enumerate(faults.table.data.to_pylist()):
        if row.get("partner") is None:
            continue
        for spelling in partner_spellings(row):
            others = catalogue.partners.get(spelling, set()) - {row["partner"]}
            if others:
                faults.at(
                    [index],
                    "aliases" if row.get("aliases") else "name",
                    "shared_alias",
                    spelling,
                    f"a name that only {row['partner']} has; also with {', '.join(sorted(others))}",
                )


def _partner_on_core(faults: Faults, catalogue: Catalogue) -> None:
    funds, partners = faults.columns.distinct("fund"), faults.columns.distinct("partner")
    is_core = np.array([catalogue.funds.get(fund) in ("core", "institutional") for fund in funds.listed])
    if not (is_core[funds.of_row] & (partners.of_row < partners.count)).any():
        return
    found = faults.columns.combos(["fund", "partner"])
    for index, (fund, partner) in enumerate(found.values):
        if partner and catalogue.funds.get(fund) in ("core", "institutional"):
            faults.at(
                found.rows(index),
                "partner",
                "partner_on_core",
                partner,
                f"an empty cell: {fund} is {catalogue.funds[fund]}",
            )


def _dates(faults: Faults) -> None:
    days, years = faults.columns.distinct("posting_date"), faults.columns.distinct("fiscal_year")
    year_of_day, year = (
        np.append(values.cast(pa.int64()).to_numpy(), 0)[column.of_row]
        for column, values in ((days, pc.year(days.values.cast(pa.date32()))), (years, years.values))
    )
    is_outside = (year_of_day != year) & (days.of_row < days.count) & (years.of_row < years.count)
    if not is_outside.any():
        return
    found = faults.columns.combos(["posting_date", "fiscal_year"])
    for index, (day, year) in enumerate(found.values):
        if day is not None and year is not None and day.year != year:
            faults.at(found.rows(index), "posting_date", "date_outside_year", day.isoformat(), f"a date in {year}")


def _placeholders(faults: Faults) -> None:
    """Texts that a faults would show must be real ones."""
    for field in faults.contract.fields:
        if field.kind is not Kind.TEXT or field.name not in faults.table.data.column_names:
            continue
        column = faults.columns.distinct(field.name)
        words = [find_placeholder(text) if text else None for text in column.listed]
        bad = np.array([word is not None for word in words])
        rows = np.flatnonzero(bad[column.of_row])
        for part in grouped(column.of_row[rows]):
            number = column.of_row[rows[part[0]]]
            text, word = column.listed[number], words[number]
            message = "" if text == word else f"{RULES['placeholder_text'].title}: “{word}”"
            faults.at(rows[part], field.name, "placeholder_text", shown(text), "the real text", message=message)
