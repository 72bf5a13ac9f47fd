"""Workbooks that look like people's own: cover, title rows, formats, totals; same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter

CREATED = datetime(2026, 1, 15, 9, 0, 0)

MONEY = "#,##0.00"
MONEY_BRACKETS = "#,##0.00;[Red](#,##0.00)"
DAY = "dd/mm/yyyy"
ISO_DAY = "yyyy-mm-dd"

Cell = str | int | Decimal | date | None


@dataclass(slots=True)
class Look:
    """How one table is dressed. Headings are given in another language by `headings` (canonical -> shown)."""

    titles: Sequence[str] = ()
    headings: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] = ()
    total: str = ""
    subtotal: str = ""
    group_by: str = ""
    summed: Sequence[str] = ()
    money: str = MONEY
    day: str = ISO_DAY
    first_column: int = 0
    notes: Sequence[str] = ()
    colour: str = "#D9E6F2"


class Workbook:
    """One xlsx. `with Workbook(path) as book: book.cover(...); book.table("2021", headings, rows, look)`."""

    def __init__(self, path: Path, title: str = "", author: str = "Sample office") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        options = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(str(path), options)
        self.book.set_properties({"title": title, "author": author, "created": CREATED})
        self._formats: dict[tuple[tuple[str, object], ...], object] = {}

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *failure: object) -> None:
        self.book.close()

    def style(self, **properties: object):
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(properties)
        return self._formats[key]

    def cover(self, name: str, lines: Sequence[str]) -> None:
        """A sheet of words only: who made this, for whom; no headings of any dataset."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 3)
        sheet.set_column(1, 1, 80)
        for number, line in enumerate(lines):
            style = self.style(bold=True, font_size=16) if number == 0 else self.style(text_wrap=True)
            sheet.write_string(1 + number, 1, line, style)

    def table(
        self, name: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]], look: Look | None = None
    ) -> None:
        """Rows under their headings. Totals are formulas with the value that a spreadsheet would cache."""
        look = look or Look()
        _Table(self, self.book.add_worksheet(name), list(headings), look).write(rows)


class _Table:
    def __init__(self, book: Workbook, sheet, headings: list[str], look: Look) -> None:
        self.book, self.sheet, self.headings, self.look = book, sheet, headings, look
        self.shown = list(look.order) or headings
        self.places = [headings.index(heading) for heading in self.shown]
        self.left = look.first_column
        self.text = book.style()
        self.money = book.style(num_format=look.money)
        self.day = book.style(num_format=look.day)

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        at = self._titles()
        self._headings(at)
        at += 1
        first, group_first, previous = at, at, None
        sums = {heading: Decimal(0) for heading in self.look.summed}
        group = dict(sums)
        group_place = self.headings.index(self.look.group_by) if self.look.group_by else None
        for row in rows:
            if group_place is not None and previous is not None and row[group_place] != previous:
                at = self._sum_row(at, f"{self.look.subtotal} {previous}", group_first, group)
                group, group_first = {heading: Decimal(0) for heading in group}, at
            if group_place is not None:
                previous = row[group_place]
            self._row(at, row)
            for heading in sums:
                value = row[self.headings.index(heading)]
                if isinstance(value, Decimal):
                    sums[heading] += value
                    group[heading] += value
            at += 1
        if group_place is not None:
            at = self._sum_row(at, f"{self.look.subtotal} {previous}", group_first, group)
        if self.look.total:
            at = self._sum_row(at, self.look.total, first, sums, is_formula=group_place is None)
        for number, note in enumerate(self.look.notes):
            self.sheet.write_string(at + 1 + number, self.left, note, self.book.style(italic=True))

    def _titles(self) -> int:
        if not self.look.titles:
            return 0
        for number, title in enumerate(self.look.titles):
            style = self.book.style(bold=True, font_size=14 if number == 0 else 10)
            self.sheet.write_string(number, self.left, title, style)
        return len(self.look.titles) + 1

    def _headings(self, at: int) -> None:
        style = self.book.style(bold=True, bg_color=self.look.colour, border=1, text_wrap=True, valign="top")
        for column, heading in enumerate(self.shown):
            self.sheet.write_string(at, self.left + column, self.look.headings.get(heading, heading), style)
            width = 44 if heading in ("Title", "Description", "Note", "Name", "Indicator title") else 15
            self.sheet.set_column(self.left + column, self.left + column, width)
        self.sheet.freeze_panes(at + 1, 0)

    def _row(self, at: int, row: Sequence[Cell]) -> None:
        for column, place in enumerate(self.places, start=self.left):
            value = row[place]
            if value is None:
                continue
            if isinstance(value, str):
                self.sheet.write_string(at, column, value, self.text)
            elif isinstance(value, Decimal):
                is_money = self.headings[place].startswith(("Amount", "Planned", "Available"))
                self.sheet.write_number(at, column, float(value), self.money if is_money else self.text)
            elif isinstance(value, date):
                self.sheet.write_datetime(at, column, datetime(value.year, value.month, value.day), self.day)
            else:
                self.sheet.write_number(at, column, value, self.text)

    def _sum_row(self, at: int, label: str, first: int, sums: dict[str, Decimal], is_formula: bool = True) -> int:
        bold = self.book.style(bold=True, top=1)
        money = self.book.style(bold=True, top=1, num_format=self.look.money)
        self.sheet.write_string(at, self.left, label, bold)
        for heading, value in sums.items():
            column = self.left + self.shown.index(heading)
            if is_formula:
                letter = xlsxwriter.utility.xl_col_to_name(column)
                formula = f"=SUM({letter}{first + 1}:{letter}{at})"
                self.sheet.write_formula(at, column, formula, money, float(value))
            else:
                self.sheet.write_number(at, column, float(value), money)
        return at + 1
