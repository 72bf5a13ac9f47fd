"""Marks a workbook's bad cells with openpyxl. Run as a program, with limits, by `give_back`."""

from __future__ import annotations

import os
import pickle
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Border, PatternFill, Side
from openpyxl.workbook import Workbook

from outcome_reporting.domain.finding import Finding
from outcome_reporting.domain.rules import RULES
from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.answer import Verdict
from outcome_reporting.workbooks.fix_list import address_of, put_text, write_fix_list
from outcome_reporting.workbooks.reader_process import limit_cpu, limit_memory
from outcome_reporting.workbooks.saying import ANSWER_SHEET
from outcome_reporting.workbooks.sniff import FileKind

AUTHOR = "Intake"
MAX_COMMENTS = 5_000  # beyond, a workbook becomes slow to open; colour and list go on
_FORBIDDEN_IN_TITLE = re.compile(r"[\[\]:*?/\\]")


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


# --------------------------------------------------------------------------------------------- the user's sheets


def _open_own(original: Path, kind: FileKind) -> Workbook | None:
    """The workbook itself, styles kept; None when openpyxl cannot open it or sees no sheet in it."""
    if kind not in (FileKind.XLSX, FileKind.XLSM):
        return None
    try:
        with original.open("rb") as stream:
            book = openpyxl.load_workbook(stream)
    except Exception:  # openpyxl refuses what other programs open; the cells are then copied
        return None
    return book if book.worksheets else None


def _copied(original: Path, kind: FileKind) -> Workbook:
    """A new workbook with the cells of a csv, xls, xlsb, ods, or of an xlsx that openpyxl does not open."""
    book = Workbook()
    book.remove(book.active)
    for name, first_row, first_column, rows in _cells_of(original, kind):
        title = _FORBIDDEN_IN_TITLE.sub("_", name)[:31] or "Sheet"
        sheet = book.create_sheet(title)
        for row_no, row in enumerate(rows, first_row):
            for column, value in enumerate(row, first_column):
                _put(sheet, row_no, column, value)
    return book


def _cells_of(original: Path, kind: FileKind):
    content = original.read_bytes()
    if kind is FileKind.CSV:
        from outcome_reporting.workbooks.sheets import CSV_SHEET, _records, find_delimiter

        text = _decoded(content)
        yield CSV_SHEET, 1, 1, _records(text, find_delimiter(text))
        return
    import python_calamine

    from outcome_reporting.workbooks.sheets import read_exactly

    with original.open("rb") as stream:
        names = python_calamine.load_workbook(stream).sheet_names
    for name in names:
        cells = read_exactly(content, name)
        yield name, cells.first_row, cells.first_column + 1, cells.rows


def _decoded(content: bytes) -> str:
    for code_page in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            return content.decode(code_page)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _put(sheet, row: int, column: int, value) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool | int | float | date):
        sheet.cell(row, column).value = value
    else:
        put_text(sheet, row, column, value)


# --------------------------------------------------------------------------------------------------- the marks


def _fill(severity: str) -> PatternFill:
    return PatternFill("solid", fgColor=look.COLOURS[severity][1])


def _remove_old_marks(book: Workbook) -> None:
    """Takes away the list and the marks of an earlier answer: people mend that workbook and drop it again."""
    if ANSWER_SHEET in book.sheetnames:
        del book[ANSWER_SHEET]
    ours = {look.COLOURS[severity][1] for severity in look.COLOURS}
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and cell.comment.author == AUTHOR:
                    cell.comment = None
                    if cell.fill.fgColor.rgb in {f"00{colour}" for colour in ours}:
                        cell.fill, cell.border = PatternFill(), Border()


def _mark(sheet, address: str, findings: list[Finding], may_comment: bool) -> None:
    cell = sheet[address]
    if isinstance(cell, MergedCell):
        merged = next((r for r in sheet.merged_cells.ranges if address in r), None)
        if merged is None:
            return
        cell = sheet.cell(merged.min_row, merged.min_col)
    severity = min(findings, key=lambda f: list(look.COLOURS).index(f.severity.value)).severity.value
    edge = Side("medium", color=look.COLOURS[severity][2])
    cell.fill = _fill(severity)
    cell.border = Border(left=edge, right=edge, top=edge, bottom=edge)
    if may_comment:
        comment = Comment("\n\n".join(comment_text(finding) for finding in findings)[:32_000], AUTHOR)
        comment.width, comment.height = 380, 60 + 60 * min(len(findings), 5)
        cell.comment = comment


def _mark_cells(book: Workbook, findings: Sequence[Finding], titles: dict[str, str]) -> None:
    by_cell: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.sheet in titles and finding.row and (finding.column or finding.severity.value != "note"):
            by_cell[titles[finding.sheet], address_of(finding)].append(finding)
    for number, ((title, address), at_cell) in enumerate(by_cell.items()):
        _mark(book[title], address, at_cell, number < MAX_COMMENTS)


def write_marked(original: Path, kind: FileKind, findings: Sequence[Finding], verdict: Verdict, out: Path) -> None:
    """The whole work, in this process. Raises what openpyxl or a reader raises."""
    book = _open_own(original, kind)
    if book is None:
        book = _copied(original, kind)
    _remove_old_marks(book)
    names = {sheet.title for sheet in book.worksheets}
    said = {finding.sheet for finding in findings if finding.sheet}
    titles = {name: title for name in said if (title := _FORBIDDEN_IN_TITLE.sub("_", name)[:31]) in names}
    _mark_cells(book, findings, titles)
    sheet = book.create_sheet(ANSWER_SHEET, 0)
    write_fix_list(sheet, verdict, findings, titles)
    for other in book.worksheets:
        other.sheet_view.tabSelected = False
    book.active = 0
    book.save(out)


def write_own_workbook(findings: Sequence[Finding], verdict: Verdict, out: Path) -> None:
    """The verdict as a small workbook of its own, for a file that cannot be opened or marked."""
    book = Workbook()
    sheet = book.active
    sheet.title = ANSWER_SHEET
    write_fix_list(sheet, verdict, findings, {}, is_own_workbook=False)
    book.save(out)


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
