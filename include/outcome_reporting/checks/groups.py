"""Weights that are held in groups: SDG weights of an output and year, links of an outcome, year and kind.

A group with any problem is held whole; the file that brings it is not rejected for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from outcome_reporting.domain.contract import Contract
from outcome_reporting.domain.finding import Finding, Severity, compact_rows
from outcome_reporting.domain.reference import Reference
from outcome_reporting.domain.rules import RULES
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.domain.weights import (
    Effective,
    Problem,
    element_index,
    judge_plan_group,
    judge_sdg_group,
)


@dataclass(slots=True)
class Group:
    """Rows that stand or fall together: (index of the table, index of the row) each, and what is wrong."""

    key: tuple
    rows: list[tuple[int, int]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_held(self) -> bool:
        return any(finding.is_error for finding in self.findings)


def judge_groups(
    contract: Contract,
    tables: Sequence[TypedTable],
    reference: Reference,
    row_findings: Sequence[Finding] = (),
) -> list[Group]:
    """The groups of one file's tables of a dataset, each with its findings.

    `row_findings` are what earlier checks said of single rows (an unknown output, an unreadable weight): an
    error among them holds the group that the row belongs to.
    """
    judge = _sdg_groups if contract.dataset == "sdg_weights" else _plan_groups
    groups = judge(contract, tables, reference)
    if not row_findings:
        return groups
    row_no = [table.data["row_no"].to_pylist() for table in tables]
    place = {(tables[table].sheet, row_no[table][row]): group for group in groups for table, row in group.rows}
    for finding in row_findings:
        rows = (row for first, last in finding.runs() for row in range(first, last + 1))
        hit = (place.get((finding.sheet, row)) for row in rows)
        for group in {id(group): group for group in hit if group is not None}.values():
            group.findings.append(finding)
    return groups


def _rows(tables: Sequence[TypedTable]) -> Iterator[tuple[int, int, dict]]:
    for number, table in enumerate(tables):
        for index, row in enumerate(table.data.to_pylist()):
            yield number, index, row


def _weight(row: dict) -> Decimal | None:
    return None if row.get("weight_percent") is None else Decimal(row["weight_percent"])


def _sdg_groups(contract: Contract, tables: Sequence[TypedTable], reference: Reference) -> list[Group]:
    members: dict[tuple, list[tuple[int, int, dict]]] = defaultdict(list)
    for number, index, row in _rows(tables):
        members[(row.get("output"), row.get("fiscal_year"))].append((number, index, row))
    groups = []
    for key, rows in members.items():
        verdict = judge_sdg_group([(row.get("sdg") or "", _weight(row)) for _, _, row in rows], reference.targets)
        groups.append(_group(contract, tables, key, rows, verdict, "sdg"))
    return groups


def _plan_groups(contract: Contract, tables: Sequence[TypedTable], reference: Reference) -> list[Group]:
    """One group for each kind; a row that names no known element holds all groups of its outcome and year."""
    years: dict[tuple, list[tuple[int, int, dict]]] = defaultdict(list)
    for number, index, row in _rows(tables):
        years[(row.get("outcome"), row.get("fiscal_year"))].append((number, index, row))
    groups = []
    for (outcome, year), rows in years.items():
        frameworks = {row.get("framework") for _, _, row in rows}
        members: dict[tuple, list[tuple[int, int, dict]]] = defaultdict(list)
        unknown = []
        for number, index, row in rows:
            known = reference.plan_element(str(row.get("framework")), row.get("element") or "")
            if known is None:
                unknown.append((number, index, row))
            members[(outcome, year, row.get("framework"), known.kind if known else "")].append((number, index, row))
        for key, group_rows in members.items():
            elements = element_index(
                (element.code, element.name)
                for element in reference.plan_elements.values()
                if element.framework == key[2]
            )
            verdict = judge_plan_group([(row.get("element") or "", _weight(row)) for _, _, row in group_rows], elements)
            group = _group(contract, tables, key, group_rows, verdict, "element")
            if len(frameworks) > 1:
                problem = Problem("two_frameworks", tuple(range(len(group_rows))), "two frameworks in one year")
                group.findings += list(_findings(contract, tables, group_rows, [problem], "framework"))
            elif unknown and key[3]:
                group.findings.append(_held_with(contract, tables, group_rows[0], unknown[0]))
            groups.append(group)
    return groups


def _group(contract, tables, key, rows, verdict, field_name: str) -> Group:
    group = Group(key, [(number, index) for number, index, _ in rows])
    if isinstance(verdict, Effective):
        if verdict.method == "renormalised":
            problem = Problem("weights_renormalised", (0,), f"the weights sum to {verdict.stated_sum}", "100")
            group.findings = list(_findings(contract, tables, rows, [problem], "weight_percent"))
        return group
    group.findings = list(_findings(contract, tables, rows, verdict, field_name))
    return group


def _findings(contract, tables, rows, problems: Sequence[Problem], field_name: str) -> Iterator[Finding]:
    for problem in problems:
        rule = RULES[problem.rule]
        column = "weight_percent" if "weight" in problem.rule or problem.rule == "shares_not_percent" else field_name
        same: dict[tuple, list[int]] = defaultdict(list)
        for at in problem.rows:
            number, _, row = rows[at]
            found = row.get(column)
            same[number, "" if found is None else str(found)].append(row["row_no"])
        for (number, found), lines in same.items():
            yield Finding(
                rule=rule.id,
                severity=rule.severity,
                file_name=tables[number].file_name,
                message=f"{rule.title}: {problem.message}",
                expected=problem.expected,
                remedy=rule.remedy,
                sheet=tables[number].sheet,
                row=min(lines),
                column=tables[number].columns.get(column, ""),
                found=found,
                dataset=contract.dataset,
                field=column,
                rows=compact_rows(sorted(lines)),
            )


def _held_with(contract, tables, row, unknown) -> Finding:
    number, _, cells = row
    return Finding(
        rule="group_held",
        severity=Severity.ERROR,
        file_name=tables[number].file_name,
        message=f"Held together with row {unknown[2]['row_no']}, whose element is not known",
        expected="known elements for all links of an outcome and year",
        remedy="Mend the row named",
        sheet=tables[number].sheet,
        row=cells["row_no"],
        column=tables[number].columns.get("element", ""),
        found=str(cells.get("element") or ""),
        dataset=contract.dataset,
        field="element",
    )
