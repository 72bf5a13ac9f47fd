"""One recognized sheet becomes a typed table, and everything odd about it a finding with its address."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outcome_reporting.domain.contract import Field, Kind
from outcome_reporting.domain.finding import Finding, Severity, compact_rows
from outcome_reporting.domain.money import plain_decimal
from outcome_reporting.domain.table import TypedTable
from outcome_reporting.workbooks.columns import RawColumn, as_numbers, is_valid
from outcome_reporting.workbooks.convert import all_texts, convert, convert_markers
from outcome_reporting.workbooks.distinct import Converted, Problem, Reading
from outcome_reporting.workbooks.mended import holds, still_wrong, with_value
from outcome_reporting.workbooks.recognize import Match
from outcome_reporting.workbooks.rows import Rows, sort_rows
from outcome_reporting.workbooks.saying import column_letter, say
from outcome_reporting.workbooks.sheets import Body, CsvSheet, Sheet

_CELL = re.compile(r"([A-Z]+)([0-9]+)")


class Tabulation:
    """Builds one table. `table` and `findings` are its result; `amounts` the sums of its money fields."""

    def __init__(self, file_name: str, sheet: Sheet, match: Match, reading: Reading, table_no: int) -> None:
        self.file_name, self.sheet, self.match = file_name, sheet, match
        self.reading, self.table_no = reading, table_no
        self.findings: list[Finding] = []
        self.body: Body = sheet.body(match.header)
        self.rows: Rows = sort_rows(self.body, match)
        self.end = int(np.flatnonzero(self.rows.data).max(initial=-1)) + 1  # totals and notes may follow the data
        self.letters = {f.name: column_letter(column) for column, f in match.columns.items()}
        self.amounts: dict[str, int] = {}
        self.mended: set[tuple[str, int]] = set()  # column and row of cells for which the list of an answer speaks
        self.table = self._build()
        self._tell_headings()
        self._tell_rows()
        self._tell_lost_cells()

    def say(self, rule: str, message: str = "", row: int | np.ndarray | None = None, **place) -> None:
        """A finding on this sheet; `row`, or each of several, counts from 0 under the headings."""
        lines = [] if row is None else (np.atleast_1d(row) + self.body.first_row).tolist()
        self.findings.append(
            say(
                rule,
                self.file_name,
                message,
                sheet=self.sheet.name,
                row=lines[0] if lines else None,
                rows=compact_rows(lines),
                dataset=self.match.contract.dataset,
                **place,
            )
        )

    # --------------------------------------------------------------------------------------------- the table

    def _build(self) -> TypedTable:
        converted = self._convert()
        table = TypedTable(
            dataset=self.match.contract.dataset,
            file_name=self.file_name,
            sheet=self.sheet.name,
            table_no=self.table_no,
            header_row=self.match.header.row_no,
            columns=dict(self.letters),
            data=self._data(converted),
        )
        for row in self.rows.totals:
            for name in self._money_fields():
                value = converted[name].array[row].as_py()
                if value is not None:
                    table.totals.append((self.body.first_row + row, name, value))
        self._check_totals(converted)
        return table

    def _money_fields(self) -> list[str]:
        return [f.name for f in self.match.columns.values() if f.kind is Kind.MONEY]

    def _convert(self) -> dict[str, Converted]:
        result: dict[str, Converted] = {}
        mended_columns = {mend.column for mend in self.reading.mends if mend.is_of(self.sheet.name)}
        for column, known in sorted(self.match.columns.items()):
            if column in mended_columns:
                self._mend(column, known)
            raw = self.body.columns[column]
            # of what stands below the data nothing is read but totals
            converted = convert(raw if known.kind is Kind.MONEY else raw.first(self.end), known, self.reading)
            self._place(converted.problems, column, known)
            self._place([(np.array([row]), note) for row, note in converted.notes[:1]], column, known)
            result[known.name] = converted
        if self.match.markers:
            known = next(f for f in self.match.contract.fields if f.kind is Kind.MARKERS)
            columns = {name: self.body.columns[column].first(self.end) for column, name in self.match.markers.items()}
            result[known.name] = convert_markers(columns, self.end)
            self.letters[known.name] = column_letter(min(self.match.markers))
        for known in self.match.contract.fields:
            if known.name in self.reading.constants and known.name not in result:
                texts = pa.array([self.reading.constants[known.name]] * self.end, pa.string())
                result[known.name] = convert(RawColumn(self.end, texts=texts), known, self.reading)
        return result

    def _mend(self, column: int, known: Field) -> None:
        """Takes what the list of an earlier answer says for the cells that still hold what it found there."""
        raw, letter = self.body.columns[column], column_letter(column)
        texts = self._with_lost(all_texts(raw), letter)
        typed = convert(raw, known, self.reading).array
        for mend in self.reading.mends:
            if mend.column != column or not mend.is_of(self.sheet.name):
                continue
            right = mend.value.shown(0)
            rows = np.unique(mend.rows) - self.body.first_row
            rows = rows[(rows >= 0) & (rows < raw.length)]
            is_wrong = still_wrong(mend, rows, texts, typed, known)
            place = {"column": letter, "field": known.name, "found": mend.found, "nearest": right}
            if is_wrong.any():
                self.body.columns[column] = with_value(self.body.columns[column], rows[is_wrong], mend.value)
                self.mended |= {(letter, row) for row in rows[is_wrong].tolist()}
                self.say("mended_in_list", f"“{mend.found}” was read as “{right}”", rows[is_wrong], **place)
            is_other = ~is_wrong & ~holds(texts.take(pa.array(rows)), right)
            if is_other.any():
                self.say("list_value_unused", "", rows[is_other], **place)

    def _with_lost(self, texts: pa.Array, letter: str) -> pa.Array:
        """A column's texts, and where it holds an error of the spreadsheet the text of that."""
        lost = {row: found for place, row, _, found in self._lost_cells() if place == letter and row < len(texts)}
        if not lost:
            return texts
        mask = np.zeros(len(texts), bool)
        mask[list(lost)] = True
        return pc.replace_with_mask(texts, pa.array(mask), pa.array([lost[row] for row in sorted(lost)], pa.string()))

    def _place(self, problems: Iterable[tuple[np.ndarray, Problem]], column: int, known: Field) -> None:
        """A problem of a value is one finding with all its rows, by the first of them."""
        raw = self.body.columns[column]
        same: dict[tuple[Problem, str], list[np.ndarray]] = {}
        for every, problem in problems:
            rows = every[self.rows.data[every]]
            if len(rows):
                same.setdefault((problem, raw.shown(int(rows[0]))), []).append(rows)
        for (problem, text), parts in sorted(same.items(), key=lambda one: min(rows[0] for rows in one[1])):
            place = {"remedy": problem.remedy} if problem.remedy else {}
            self.say(
                problem.rule,
                problem.message,
                np.sort(np.concatenate(parts)),
                column=column_letter(column),
                field=known.name,
                found=text,
                expected=problem.expected,
                nearest=problem.nearest,
                severity=problem.severity,
                **place,
            )

    def _data(self, converted: dict[str, Converted]) -> pa.Table:
        order = [f.name for f in self.match.contract.fields if f.name in converted]
        numbers = np.arange(self.body.first_row, self.body.first_row + self.end, dtype=np.int32)
        arrays = [pa.array(numbers), *(converted[name].array.slice(0, self.end) for name in order)]
        table = pa.table(arrays, names=["row_no", *order])
        table = _kept(table, self.rows.data[: self.end])
        for name in self._money_fields():
            self.amounts[name] = pc.sum(table[name]).as_py() or 0
        return table

    # -------------------------------------------------------------------------------------------------- totals

    def _check_totals(self, converted: dict[str, Converted]) -> None:
        """Each total must equal the rows above it, the rows since the last total, or all rows."""
        if not self.rows.totals:
            return
        for column, known in sorted(self.match.columns.items()):
            if known.kind is not Kind.MONEY:
                continue
            array = converted[known.name].array
            if (self.rows.data & self.body.columns[column].filled() & ~is_valid(array)).any():
                continue  # a cell that could not be read is mended first: until then no sum is known
            values = as_numbers(array) * self.rows.data
            since = 0
            for row in self.rows.totals:
                total = array[row].as_py()
                if total is not None:
                    sums = (int(values[:row].sum()), int(values[since:row].sum()), int(values.sum()))
                    self._judge_total(row, column, known, total, sums)
                since = row

    def _judge_total(self, row: int, column: int, known: Field, total: int, sums: tuple[int, int, int]) -> None:
        shown = _plain(total, known.scale)
        if total in sums:
            message = f"The total {shown} equals the sum of its rows; it was used as a check and not loaded"
            self.say("totals_excluded", message, row, column=column_letter(column), field=known.name)
            return
        nearest = min(sums, key=lambda value: abs(value - total))
        self.say(
            "total_disagrees",
            f"The total is {shown}, the sum of its rows {_plain(nearest, known.scale)}",
            row,
            column=column_letter(column),
            field=known.name,
            found=shown,
            expected=_plain(nearest, known.scale),
            nearest=_plain(nearest, known.scale),
        )

    # ------------------------------------------------------------------------------------ headings, odd rows

    def _tell_headings(self) -> None:
        header = self.match.header.row_no
        for column, known in self.match.doubles.items():
            self.findings.append(
                say(
                    "duplicate_heading",
                    self.file_name,
                    f"Two columns are {known.heading}: {self.letters[known.name]} and {column_letter(column)}",
                    sheet=self.sheet.name,
                    row=header,
                    column=column_letter(column),
                    found=self.match.header.cells.get(column, ""),
                    dataset=self.match.contract.dataset,
                    field=known.name,
                )
            )
        resembling = self.match.resembling() if self.match.unknown else {}
        for column, heading in self.match.unknown.items():
            meant = resembling.get(column)
            words = f"; perhaps {meant.heading} is meant, which no column is called" if meant else ""
            self.findings.append(
                say(
                    "unknown_heading",
                    self.file_name,
                    f"The column “{heading}” is not part of {self.match.contract.title} and was not read{words}",
                    sheet=self.sheet.name,
                    row=header,
                    column=column_letter(column),
                    found=heading,
                    nearest=meant.heading if meant else "",
                    severity=Severity.WARNING if meant else None,
                    dataset=self.match.contract.dataset,
                )
            )
        for column, raw in self.body.columns.items():
            if column in self.match.header.cells or raw.numbers is None:
                continue
            rows = np.flatnonzero(raw.filled() & self.rows.data)
            if len(rows):
                message = f"{len(rows):,} cells of the column stand under no heading"
                letter = column_letter(column)
                self.say("numbers_beside_table", message, int(rows[0]), column=letter, found=raw.shown(int(rows[0])))

    def _first_cell(self, row: int) -> tuple[str, str]:
        for column in sorted(self.body.columns):
            shown = self.body.columns[column].shown(row)
            if shown:
                return column_letter(column), shown
        return "", ""

    def _tell_rows(self) -> None:
        groups = (("notes_below_table", self.rows.notes), ("group_row", self.rows.labels))
        for rule, rows in (*groups, ("numbers_below_table", self.rows.stray)):
            same: dict[tuple[str, str], list[int]] = defaultdict(list)
            for row in rows:
                same[self._first_cell(row)].append(row)
            for (letter, shown), alike in same.items():
                self.say(rule, "", np.unique(alike), column=letter, found=shown)
        if self.rows.blank_inside:
            count = len(self.rows.blank_inside)
            message = f"{count:,} empty rows stand inside the table; they were skipped" if count > 1 else ""
            self.say("empty_row", message, self.rows.blank_inside[0])
        if isinstance(self.sheet, CsvSheet):
            ragged = self.sheet.ragged_rows(self.match.header)
            if ragged:
                self.say("ragged_row", "", np.array(ragged) - self.body.first_row)
        if not self.rows.data.any():
            self.say("no_rows", f"{self.match.contract.title}: there are headings and no rows under them")

    def _lost_cells(self) -> Iterator[tuple[str, int, str, str]]:
        """Column, row (from 0 under the headings), rule and text of each cell whose value the file does not hold."""
        lost = [(cell, "error_cell", text) for cell, text in self.sheet.error_cells]
        lost += [(cell, "formula_without_value", "a formula without a value") for cell in self.sheet.unvalued_cells]
        for cell, rule, found in lost:
            place = _CELL.fullmatch(cell)
            row = int(place[2]) - self.body.first_row if place else 0
            if row >= 0:
                yield place[1] if place else "", row, rule, found

    def _tell_lost_cells(self) -> None:
        """Errors of the spreadsheet and formulas without a value, where they stand in a column that is read."""
        fields = {column_letter(column): f.name for column, f in self.match.columns.items()}
        fields |= {column_letter(column): "" for column in self.match.markers}
        same: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for letter, row, rule, found in self._lost_cells():
            if not letter:
                self.say(rule, found=found)
            elif letter in fields and (letter, row) not in self.mended:
                same[rule, letter, found].append(row)
        for (rule, letter, found), rows in same.items():
            self.say(rule, "", np.unique(rows), column=letter, field=fields[letter], found=found)


def _kept(table: pa.Table, is_kept: np.ndarray) -> pa.Table:
    """The rows of a table that are marked; copied only where they do not follow each other."""
    kept = np.flatnonzero(is_kept)
    if len(kept) and kept[-1] - kept[0] == len(kept) - 1:
        return table.slice(kept[0], len(kept))
    return table.filter(pa.array(is_kept)).combine_chunks()


def _plain(units: int, scale: int) -> str:
    value = plain_decimal(Decimal(units).scaleb(-scale))
    whole, _, part = value.partition(".")
    return f"{whole}.{part.ljust(2, '0')}" if scale else whole
