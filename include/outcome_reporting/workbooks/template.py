"""The template workbook: what a person fills in, with all that the contract says at hand.

One sheet for each dataset. Headings carry a comment, columns a format (codes are text, so that `8.10` stays
`8.10`) and a drop-down or a range. No sheet is hidden: the lists behind the drop-downs stand in the last one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from outcome_reporting.domain.contract import BadRows, Contract, Field, Kind

_FILLABLE_ROWS = 10_000
_EXCEL_TEXT_LIMIT = 32_767
_EXACT_DIGITS = 15
_LEAST_WEIGHT = 0.000001
_LISTS = "Lists"
_FORMATS = {Kind.INTEGER: "0", Kind.DATE: "yyyy-mm-dd", Kind.DECIMAL: "General"}
_WIDTHS = {Kind.TEXT: 28, Kind.NAMES: 32, Kind.MONEY: 18, Kind.INTEGER: 12, Kind.DATE: 14}

ReferenceLists = Mapping[str, Sequence[str]]
Prefill = Mapping[str, list[dict]]


def write_template(
    contracts: Sequence[Contract],
    reference_lists: ReferenceLists,
    out: Path,
    prefill: Prefill | None = None,
) -> Path:
    """Writes the workbook `out` (its folder is made) and returns it.

    `reference_lists` gives codes by list name (`currencies`) or by dataset (`outputs`); what is not given has
    no drop-down. `prefill` gives rows by dataset: field name -> text, int, Decimal (money in whole units of
    its currency), date or None; `markers` may be a dict or JSON. Raises ValueError when no contract is given.
    """
    if not contracts:
        raise ValueError("A template needs at least one dataset")
    out.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        styles = _styles(book)
        guide = book.add_worksheet("Instructions")
        lists = _Lists(reference_lists)
        for contract in contracts:
            _data_sheet(book, contract, styles, lists, list((prefill or {}).get(contract.dataset, ())))
        lists.write(book, styles)
        _instructions(guide, contracts, styles)
        if len(contracts) == 1:
            book.worksheets()[1].activate()
    return out


class _Lists:
    """The lists that drop-downs of this workbook need, each a column of the sheet *Lists*."""

    def __init__(self, reference_lists: ReferenceLists) -> None:
        self.known = reference_lists
        self.columns: dict[str, tuple[str, ...]] = {}

    def source_of(self, contract: Contract, field: Field) -> str | None:
        """The range of a field's drop-down, or None where there is nothing to choose from."""
        name = field.code_list or (field.refers_to[0] if field.refers_to else "")
        values = tuple(field.allowed) or tuple(self.known.get(name, ()))
        if not values:
            return None
        name = name or f"{contract.title}: {field.heading}"
        self.columns.setdefault(name, values)
        column = xl_col_to_name(list(self.columns).index(name))
        return f"={_LISTS}!${column}$2:${column}${len(self.columns[name]) + 1}"

    def write(self, book: xlsxwriter.Workbook, styles: dict[str, Any]) -> None:
        if not self.columns:
            return
        sheet = book.add_worksheet(_LISTS)
        sheet.freeze_panes(1, 0)
        for column, (name, values) in enumerate(self.columns.items()):
            sheet.set_column(column, column, 24, styles["text"])
            sheet.write_string(0, column, f"List: {name}", styles["optional"])
            for row, value in enumerate(values, start=1):
                sheet.write_string(row, column, value, styles["text"])


def _styles(book: xlsxwriter.Workbook) -> dict[str, Any]:
    heading = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "num_format": "@"}
    styles = {
        "required": book.add_format({**heading, "bg_color": "#14202B", "font_color": "#FFFFFF"}),
        "optional": book.add_format({**heading, "bg_color": "#D9E0E6", "font_color": "#14202B"}),
        "title": book.add_format({"bold": True, "font_size": 16}),
        "section": book.add_format({"bold": True, "font_size": 12, "top": 1}),
        "words": book.add_format({"text_wrap": True, "valign": "top"}),
        "text": book.add_format({"num_format": "@"}),
        "wrapped": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
    }
    for scale in (0, 2, 4):
        zeros = "0" * scale
        styles[f"money{scale}"] = book.add_format({"num_format": f"#,##0.{zeros}" if scale else "#,##0"})
    for kind, number_format in _FORMATS.items():
        styles[kind.value] = book.add_format({"num_format": number_format})
    return styles


def _style_of(field: Field, styles: dict[str, Any]) -> Any:
    if field.kind is Kind.MONEY:
        return styles["money2" if field.scale == 2 else "money4" if field.scale else "money0"]
    return styles.get(field.kind.value) or styles["text"]


def _data_sheet(
    book: xlsxwriter.Workbook, contract: Contract, styles: dict[str, Any], lists: _Lists, rows: list[dict]
) -> None:
    sheet = book.add_worksheet(contract.title[:31])
    sheet.freeze_panes(1, 0)
    columns = _columns(contract, rows)
    last = max(_FILLABLE_ROWS, len(rows))
    for column, (field, heading) in enumerate(columns):
        sheet.set_column(column, column, _WIDTHS.get(field.kind, 16), _style_of(field, styles))
        sheet.write_string(0, column, heading, styles["required" if field.required else "optional"])
        sheet.write_comment(0, column, _comment(field), {"x_scale": 2.4, "y_scale": 1.8, "author": ""})
        source = lists.source_of(contract, field) if field.kind is not Kind.MARKERS else None
        if rule := _validation(field, source):
            sheet.data_validation(1, column, last, column, rule)
    for number, row in enumerate(rows, start=1):
        for column, (field, heading) in enumerate(columns):
            _write_cell(sheet, number, column, field, _prefilled(field, heading, row), styles)
    sheet.set_row(0, 32)


def _columns(contract: Contract, rows: list[dict]) -> list[tuple[Field, str]]:
    """Fields with their headings; markers have a column each, and only when rows bring them."""
    columns = [(field, field.heading) for field in contract.fields if field.kind is not Kind.MARKERS]
    for field in contract.fields:
        if field.kind is Kind.MARKERS:
            names = dict.fromkeys(name for row in rows for name in _markers(row.get(field.name)))
            columns += [(field, f"{field.heading_prefix}{name}") for name in names]
    return columns


def _markers(value: Any) -> dict[str, Any]:
    return (json.loads(value) if isinstance(value, str) else value) if value else {}


def _prefilled(field: Field, heading: str, row: dict) -> Any:
    if field.kind is Kind.MARKERS:
        return _markers(row.get(field.name)).get(heading.removeprefix(field.heading_prefix))
    return row.get(field.name)


def _write_cell(sheet: Any, row: int, column: int, field: Field, value: Any, styles: dict[str, Any]) -> None:
    """Numbers as numbers while the cell can hold them exactly; all else as text, never as a formula."""
    style = _style_of(field, styles)
    if value is None or value == "":
        return
    if field.kind is Kind.DATE and isinstance(value, date | datetime):
        sheet.write_datetime(row, column, value, style)
        return
    if field.kind in (Kind.INTEGER, Kind.MONEY, Kind.DECIMAL):
        exact = Decimal(str(value))
        if len(exact.as_tuple().digits) <= _EXACT_DIGITS:
            sheet.write_number(row, column, float(exact), style)
            return
    text = str(value)
    if len(text) > _EXCEL_TEXT_LIMIT:
        pointer = " [cut: a cell holds no more; the whole text is kept]"
        text = text[: _EXCEL_TEXT_LIMIT - len(pointer)] + pointer
    sheet.write_string(row, column, text, styles["wrapped"] if field.kind is Kind.NAMES else style)


def _validation(field: Field, source: str | None) -> dict[str, Any] | None:
    """The rule of a column's cells; a list only warns, for other spellings are read too."""
    rule: dict[str, Any] = {
        "ignore_blank": True,
        "error_title": field.heading[:32],
        "error_message": f"{_bounds(field) or 'Please look at the comment of the heading.'}"[:255],
    }
    if source:
        return rule | {
            "validate": "list",
            "source": source,
            "error_type": "warning",
            "error_message": "This is not in the list. Keep it only if it is another known spelling.",
        }
    if field.kind is Kind.DATE:
        days = {
            "minimum": date.fromisoformat(field.minimum or "1900-01-01"),
            "maximum": date.fromisoformat(field.maximum or "9999-12-31"),
        }
        return rule | {"validate": "date", "criteria": "between", **days}
    if field.kind in (Kind.INTEGER, Kind.DECIMAL) and (field.minimum or field.maximum):
        return rule | _number_range(field)
    if field.kind is Kind.MONEY:
        wide = {"minimum": -1e13, "maximum": 1e13, "error_message": "Write a number."}
        return rule | {"validate": "decimal", "criteria": "between", **wide}
    return None


def _number_range(field: Field) -> dict[str, Any]:
    """From minimum to maximum. Excel has no `above 0 and at most 100`: the least weight stands for it."""
    is_whole = field.kind is Kind.INTEGER
    number = int if is_whole else float
    rule = {"validate": "integer" if is_whole else "decimal"}
    if field.minimum and field.maximum:
        low = _LEAST_WEIGHT if field.is_minimum_exclusive else number(field.minimum)
        return rule | {"criteria": "between", "minimum": low, "maximum": number(field.maximum)}
    if field.maximum:
        return rule | {"criteria": "<=", "value": number(field.maximum)}
    return rule | {"criteria": ">" if field.is_minimum_exclusive else ">=", "value": number(field.minimum)}


def _bounds(field: Field) -> str:
    low = f"{'above' if field.is_minimum_exclusive else 'from'} {field.minimum}" if field.minimum else ""
    high = f"{'to' if low else 'up to'} {field.maximum}" if field.maximum else ""
    kind = "A date" if field.kind is Kind.DATE else "A number"
    return f"{kind} {low} {high}".rstrip() + "." if low or high else ""


def _allowed(field: Field) -> str:
    if field.code_list:
        return f"A code of the list {field.code_list}."
    if field.allowed:
        return ", ".join(field.allowed) + "."
    if field.refers_to:
        return f"A code known in {field.refers_to[0].replace('_', ' ')}."
    return _bounds(field)


def _comment(field: Field) -> str:
    parts = [field.description, "Needed." if field.required else "May stay empty."]
    if allowed := _allowed(field):
        parts.append(f"Allowed: {allowed}")
    if field.examples:
        parts.append(f"Example: {'; '.join(field.examples)}")
    return "\n".join(parts)


_RULES = (
    "Fill in the sheets that follow; dark headings are needed, light ones may stay empty or be deleted.",
    "Keep the headings. The order of columns does not matter; neither do title rows above the headings.",
    "Codes are text: keep the format, or 8.10 becomes 8.1 and KGZ_D_1.10 another outcome.",
    "Write amounts as plain numbers; a reversal or refund has a minus. Leave nothing below the table.",
    "Point at a heading to read what its column means. Drop-downs come from the last sheet.",
    "Check the file before you drop it: outcomes check FILE, or the upload page, gives the night's answer.",
)


def _instructions(sheet: Any, contracts: Sequence[Contract], styles: dict[str, Any]) -> None:
    for column, width in enumerate((26, 10, 64, 44, 30)):
        sheet.set_column(column, column, width, styles["wrapped"])
    sheet.write_string(0, 0, "How to fill in this workbook", styles["title"])
    row = 1
    for number, rule in enumerate(_RULES, start=1):
        sheet.merge_range(row, 0, row, 4, "", styles["words"])
        sheet.write_string(row, 0, f"{number}. {rule}", styles["words"])
        row += 1
    for contract in contracts:
        row = _describe(sheet, row + 1, contract, styles)


def _describe(sheet: Any, row: int, contract: Contract, styles: dict[str, Any]) -> int:
    """One dataset in the instructions; returns the first free row."""
    sheet.write_string(row, 0, f"Sheet: {contract.title}", styles["section"])
    held = contract.bad_rows is BadRows.HOLD_ROWS
    policy = (
        "Rows with an error are held back with their group; the others load."
        if held
        else "A file with an error changes nothing until it is mended."
    )
    sheet.merge_range(row + 1, 0, row + 1, 4, "", styles["words"])
    sheet.write_string(row + 1, 0, f"{contract.purpose} {policy}", styles["words"])
    for column, word in enumerate(("What stands there", "Needed?", "Meaning of it", "What is allowed", "Examples")):
        sheet.write_string(row + 2, column, word, styles["optional"])
    row += 3
    for field in contract.fields:
        cells = (
            field.heading,
            "yes" if field.required else "no",
            field.description,
            _allowed(field),
            "; ".join(field.examples),
        )
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, styles["wrapped"])
        row += 1
    return row
