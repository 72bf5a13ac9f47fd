"""What is wrong with the references of a table, collected: one fault with all its rows becomes one finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from outcome_reporting.checks.columns import Columns
from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.finding import Finding, compact_rows
from outcome_reporting.domain.rules import RULES


def nearest(text: str, known: Sequence[str]) -> str:
    """The known code that looks most like the text, or nothing when none is near."""
    from rapidfuzz import fuzz, process  # a night without a wrong code does without it

    found = process.extractOne(text, known, scorer=fuzz.ratio, score_cutoff=60)
    return str(found[0]) if found else ""


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a value of a field, wherever it stands in the table."""

    rule: str
    field: str
    found: str
    expected: str
    near: str
    message: str


class Faults:
    """Collects the faults of one table, each with all its rows; the words of a rule come from `domain.rules`."""

    def __init__(self, contract: Contract, columns: Columns) -> None:
        self.contract, self.columns, self.table = contract, columns, columns.table
        self.rows_of: dict[_Fault, list[np.ndarray]] = defaultdict(list)

    def at(
        self,
        rows: Sequence[int] | np.ndarray,
        field: str,
        rule: str,
        found: object,
        expected: str,
        near: str = "",
        message: str = "",
    ) -> None:
        """The same fault told again, of another year for example, is the same fault in further rows."""
        if len(rows):
            fault = _Fault(rule, field, "" if found is None else str(found), expected, near, message)
            self.rows_of[fault].append(np.asarray(rows))

    def findings(self) -> Iterator[Finding]:
        row_no = self.table.data["row_no"].to_numpy() if self.rows_of else np.zeros(0, dtype=int)
        for fault, parts in self.rows_of.items():
            rows = row_no[parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))].tolist()
            meaning = RULES[fault.rule]
            yield Finding(
                rule=fault.rule,
                severity=meaning.severity,
                file_name=self.table.file_name,
                message=fault.message or meaning.title,
                expected=fault.expected,
                remedy=f"Write {fault.near}." if fault.near else meaning.remedy,
                sheet=self.table.sheet,
                row=rows[0],
                column=self.table.columns.get(fault.field, ""),
                found=fault.found,
                nearest=fault.near,
                dataset=self.table.dataset,
                field=fault.field,
                rows=compact_rows(rows),
            )
