"""Marks a workbook's bad cells. Run as a program, with limits, by `give_back`.

There is one way for all files: a package of parts, to which marks, comments and the list of what to fix are added.
It begins with the parts of the user's own workbook, or with sheets into which the cells of another kind of file are
copied.
"""

from __future__ import annotations

import os
import pickle
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from outcome_reporting.domain.finding import Finding
from outcome_reporting.domain.rules import RULES
from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.answer import Verdict, column_number
from outcome_reporting.workbooks.cell_comments import Comments
from outcome_reporting.workbooks.cell_styles import CellStyles
from outcome_reporting.workbooks.copied_sheets import CopiedSheets, sheets_of
from outcome_reporting.workbooks.fix_list import fix_list
from outcome_reporting.workbooks.package import Package
from outcome_reporting.workbooks.reader_process import limit_cpu, limit_memory
from outcome_reporting.workbooks.saying import ANSWER_SHEET, title_of
from outcome_reporting.workbooks.sheet_marks import MarkedSheet, SheetMarks
from outcome_reporting.workbooks.sniff import FileKind

MAX_COMMENTS = 5_000  # beyond, a workbook becomes slow to open; colour and list go on
_MOST_LETTERS = 32_000


def comment_text(finding: Finding) -> str:
    """Rule, found, expected, how to mend, nearest valid value: what there is of them, a line each."""
    rule = RULES.get(finding.rule)
    lines = [rule.title if rule else finding.message]
    if finding.message and finding.message != lines[0]:
        lines.append(finding.message)
    parts = (
        ("Found", finding.found),
        ("Expected", finding.expected),
        ("Mend", finding.remedy),
        ("Nearest", finding.nearest),
    )
    lines += [f"{name}: {text}" for name, text in parts if text]
    return look.safe_text("\n".join(lines))


def marks_of(findings: Iterable[Finding]) -> dict[str, SheetMarks]:
    """What is marked on each sheet, by its name as findings say it; of several at a cell the gravest comes first.

    Every cell has its colour. Comments are those of the first cells of all findings, then of the others.
    """
    marks: dict[str, SheetMarks] = defaultdict(SheetMarks)
    placed = [f for f in findings if f.row and (f.column or f.severity.value != "note")]
    for finding in placed:
        cells, column = marks[finding.sheet].cells, column_number(finding.column) or 1
        for first, last in finding.runs():
            for row in range(first, last + 1):
                cells.setdefault(row, {}).setdefault(column, finding.severity.value)
    count = 0
    for finding, row in _comment_places(placed):
        comments, place = marks[finding.sheet].comments, (row, column_number(finding.column) or 1)
        text, before = comment_text(finding), comments.get(place, "")
        if not before and count == MAX_COMMENTS:
            continue
        count += not before
        comments[place] = (f"{before}\n\n{text}" if before else text)[:_MOST_LETTERS]
    return marks


def _comment_places(findings: Sequence[Finding]) -> Iterator[tuple[Finding, int]]:
    """As many as can have a comment; the first row of each finding, then the others."""
    yield from ((finding, finding.row or 1) for finding in findings)
    left = 2 * MAX_COMMENTS
    for finding in findings:
        rows = (row for first, last in finding.runs() for row in range(first, last + 1) if row != finding.row)
        for _, row in zip(range(left), rows, strict=False):
            left -= 1
            yield finding, row


def _own_package(archive: zipfile.ZipFile, marks: dict[str, SheetMarks]) -> tuple[Package, CellStyles]:
    """The workbook itself with its bad cells marked."""
    package = Package(archive)
    styles = CellStyles(package.read(package.styles))
    for name, part in package.sheets:
        of_sheet = marks.get(name, SheetMarks())
        sheet = MarkedSheet(package.read(part), of_sheet, styles.marked)
        if of_sheet.comments or package.related(part, "comments"):
            drawing = Comments(package, part, sheet.drawing).add(of_sheet.comments)
            if drawing:
                sheet.refer_to_comments(drawing)
        pieces = list(sheet.xml())
        if len(pieces) > 1:
            package.put(part, pieces)
    return package, styles


def _copied_package(original: Path, kind: FileKind, marks: dict[str, SheetMarks]) -> tuple[Package, CellStyles]:
    """A new workbook with the cells of a csv, xls, xlsb, ods, or of an xlsx that is written in an unusual way."""
    package = Package()
    styles = CellStyles(package.read(package.styles))
    copies = CopiedSheets(styles)
    for name, first_row, rows in sheets_of(original, kind):
        if name == ANSWER_SHEET:
            continue
        of_sheet = marks.get(name, SheetMarks())
        part = package.add_sheet(title_of(name), [])
        drawing = Comments(package, part).add(of_sheet.comments) if of_sheet.comments else None
        package.put(part, copies.sheet(rows, first_row, of_sheet, drawing))
    package.add("xl/sharedStrings{}.xml", "sharedStrings", copies.shared_texts(), package.book)
    return package, styles


def _finish(
    package: Package,
    styles: CellStyles,
    findings: Sequence[Finding],
    verdict: Verdict,
    out: Path,
    is_own_workbook: bool = True,
) -> None:
    """Adds the list in front and writes the whole."""
    names = {name for name, _ in package.sheets}
    said = {finding.sheet for finding in findings}
    titles = {name: title for name in said if name and (title := title_of(name)) in names}
    titles |= {name: name for name in said & names}
    pieces = fix_list(styles, verdict, findings, titles, is_own_workbook)
    package.add_sheet(ANSWER_SHEET, pieces, is_first=True)
    package.put(package.styles, (styles.part() for _ in range(1)))  # last: marking asks for further styles
    package.write(out)


def write_marked(original: Path, kind: FileKind, findings: Sequence[Finding], verdict: Verdict, out: Path) -> None:
    """The whole work, in this process. Raises what a reader raises."""
    marks = marks_of(findings)
    if kind in (FileKind.XLSX, FileKind.XLSM):
        try:
            with zipfile.ZipFile(original) as archive:
                _finish(*_own_package(archive, marks), findings, verdict, out)
            return
        except Exception:  # what other programs write in ways of their own; the cells are then copied
            marks = marks_of(findings)
    _finish(*_copied_package(original, kind, marks), findings, verdict, out)


def write_own_workbook(findings: Sequence[Finding], verdict: Verdict, out: Path) -> None:
    """The verdict as a small workbook of its own, for a file that cannot be opened or marked."""
    package = Package()
    styles = CellStyles(package.read(package.styles))
    _finish(package, styles, findings, verdict, out, is_own_workbook=False)


def _serve() -> None:
    """Answers `1` or `0` to each job (length, pickle) on standard input; each is done by a fork with limits."""
    stream = sys.stdin.buffer
    while size := stream.read(8):
        job = pickle.loads(stream.read(int.from_bytes(size, "big")))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                limit_memory(job["memory_bytes"])
                limit_cpu(job["cpu_seconds"])
                write_marked(job["original"], job["kind"], job["findings"], job["verdict"], job["out"])
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.buffer.write(b"1" if status == 0 else b"0")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve()
