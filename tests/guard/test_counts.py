"""What a night may cost, in counts that are the same on every machine.

Each bound names what was measured when it was set. A bound that is passed is looked at, not raised: one statement
more for each file is a night's minutes on a slow line.
"""

from __future__ import annotations

import os
from collections import Counter

from benchmark.generate import OUTCOMES, WEIGHTS, YEAR

from .conftest import LINES, OFFICES, Night, Nights


def _written(night: Night, schema: str) -> int:
    return sum(count for table, count in night.rows.items() if table.startswith(f"{schema}."))


def _ours(night: Night) -> Counter[str]:
    """Processes of this project that were started, by module."""
    return Counter(command[2] for command in night.processes if command[1] == "-m")


def test_each_night_did_what_it_should(nights: Nights) -> None:
    every = (nights.first, nights.one, nights.four, nights.nothing, nights.corrected)
    assert [night.summary["intake"]["accepted"] for night in every] == [5, 1, 4, 0, 1]
    assert {tuple(night.summary["intake"]["rejected_files"]) for night in every} == {("Ledger of nobody.xlsx",)}
    assert {night.summary["allocation"]["reconciliation_difference"] for night in every} == {"0.00"}
    assert [night.summary["reports"]["reports"] > 0 for night in every] == [True, True, True, False, True]


def test_statements_of_a_file(nights: Nights) -> None:
    more = (len(nights.four.statements) - len(nights.one.statements)) / 3
    assert more <= 16  # measured: 14.3, for noticing, judging, loading, answering, allocating, reporting
    assert (nights.four.copies - nights.one.copies) / 3 <= 1  # measured: 1, the ledger's lines
    assert len(nights.one.statements) <= 450  # measured: 375
    assert len(nights.nothing.statements) <= 60  # measured: 43, half of them the sums that must agree each night


def test_batches_of_great_expectations(nights: Nights) -> None:
    """Two for each contract, all of its files together: one of all rows, one of distinct values."""
    datasets = 7  # of the first night: offices, outcomes, outputs, weights, funds, budgets, partners; with expenses 8
    assert nights.first.batches <= 2 * (datasets + 1)  # measured: 16
    assert nights.one.batches == nights.four.batches <= 2  # measured: 2
    assert nights.nothing.batches == 0


def test_processes_of_a_night(nights: Nights) -> None:
    started = _ours(nights.first)
    assert started["outcome_reporting.workbooks.reader_process"] == 2
    assert started["outcome_reporting.workbooks.marking"] <= 1  # one workbook was marked; its children are forks
    assert started["outcome_reporting.workflows.builder_process"] <= (os.cpu_count() or 1)
    assert started.total() <= 3 + (os.cpu_count() or 1) and started.total() == len(nights.first.processes)
    for night in (nights.one, nights.four, nights.corrected):
        assert set(_ours(night)) <= {"outcome_reporting.workflows.builder_process"}  # the readers stay
        assert len(night.processes) <= (os.cpu_count() or 1)  # measured: 0, so few offices are built at once
    assert nights.nothing.processes == []


def test_a_night_with_nothing_new_writes_nothing(nights: Nights) -> None:
    assert nights.nothing.rows == {}
    assert nights.nothing.files == []


def test_rows_that_a_corrected_book_writes(nights: Nights) -> None:
    """Of a ledger in which one line differs only the line's period is stored again."""
    rows, summary = nights.corrected.rows, nights.corrected.summary
    assert rows["core.slice_life"] == 2  # one interval ends, one begins
    assert rows["core.expense"] <= LINES / 4  # measured: 12 of 100, the period's own
    assert _written(nights.corrected, "core") <= LINES / 4 + 2 + 12 + 4  # and a slice for each month
    assert _written(nights.corrected, "intake") - rows["intake.finding"] <= 12  # measured: 9, for two files
    assert rows["intake.finding"] <= 60  # measured: 41, the findings of the rejected file, looked at again, with them
    # one output and fund type: each line that changed is stamped and written, its SDG lines and kinds of plan too
    lines = 2 * (1 + 1 + WEIGHTS + 3)  # measured: 22
    own = ("report.resource_line", "report.partner_line", "report.sdg_line", "report.plan_line")
    assert sum(rows[name] for name in own) <= lines
    assert rows["report.figure_change"] == summary["allocation"]["figures_changed"] <= 120  # measured: 75
    assert rows["report.reconciliation_line"] <= 4  # measured: 3, the file before it and its own
    assert set(rows) <= {
        *own, "report.figure_change", "report.reconciliation_line", "report.publication", "core.slice_life",
        "core.slice", "core.expense", "intake.run", "intake.file", "intake.load", "intake.sheet_table",
        "intake.finding",
    }  # fmt: skip


def test_files_that_a_corrected_book_writes(nights: Nights) -> None:
    """The changed office's pages, the front pages, the answer, the bytes; not a file of another office."""
    parts = [name.split("/") for name in nights.corrected.files]
    pages = [part[part.index("site") + 1 :] for part in parts if "site" in part]
    assert {part[0] for part in pages} == {OFFICES[0], "index.html"}
    assert len(pages) <= 3 * OUTCOMES + 2  # page, sources and workbook of each outcome; two front pages
    beside = Counter(part[0] for part in parts if "site" not in part)
    assert beside == {"answers": 2, "archive": 1, "reports": 2}  # receipt and answer; what the release holds


def test_bytes_of_a_page(nights: Nights) -> None:
    """Of a report and of the page of its sources, here with 300 partners and twenty outputs an office."""
    site = nights.home.path / "reports" / "site"
    sizes = {str(path.relative_to(site)): path.stat().st_size for path in site.rglob("*.html")}
    pages = 2 * OUTCOMES * len(OFFICES)  # one year of each outcome
    assert len([name for name in sizes if f"/{YEAR}/" in name]) == pages
    assert max(sizes.values()) <= 100_000, max(sizes.items(), key=lambda one: one[1])  # measured: 76,502
