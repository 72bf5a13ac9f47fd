"""A figure opened to the cells behind it and the files that they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from psycopg.rows import dict_row

from outcome_reporting.domain.errors import Refused, UsageError
from outcome_reporting.domain.figures import FigureId, parse_figure_id
from outcome_reporting.settings import Settings
from outcome_reporting.warehouse.server import open_session

_CELLS = "select * from report.explain(%(figure)s, %(as_of)s::timestamptz)"
_FILES = "select * from report.explain_files(%(figure)s, %(as_of)s::timestamptz)"
_RATE_SOURCES = "select * from report.rate_sources(%(as_of)s::timestamptz)"
_VALUE = "select report.published_value(%(figure)s, %(as_of)s::timestamptz)"
_RATES = ("funding_rate", "delivery_rate")


def explain_figure(settings: Settings, figure: str, as_of: str | None = None) -> dict[str, Any]:
    """`figure`, its published `value`, the rows of `report.explain` (`lines`, each with `rate_source`) and its
    `files`, all as texts, and `sum_usd` (empty for a rate and for an indicator, which no sum makes).

    Raises UsageError when it is not a figure id or `as_of` no moment, Refused when no page has such a figure.
    """
    try:
        asked = parse_figure_id(figure)
    except ValueError as error:
        raise UsageError(str(error)) from error
    given = {"figure": str(asked), "as_of": _moment(as_of)}
    with open_session(settings) as connection:
        (value,) = connection.execute(_VALUE, given).fetchone() or (None,)
        if value is None:
            raise Refused(f"{asked} is not published" + (f" as of {as_of}." if as_of else "."), [_why(asked)])
        cursor = connection.cursor(row_factory=dict_row)
        rows = cursor.execute(_CELLS, given).fetchall()
        files = cursor.execute(_FILES, given).fetchall()
        is_converted = any(row["rate"] is not None for row in rows)
        quoted = cursor.execute(_RATE_SOURCES, given).fetchall() if is_converted else []
    sources = {(rate["currency"], rate["rate_date"]): rate["rate_source"] for rate in quoted}
    has_sum = asked.what[:1] != ("result",) and asked.measure not in _RATES
    total = sum((row["share_usd"] for row in rows if row["share_usd"] is not None), Decimal("0.00"))
    return {
        "figure": str(asked),
        "value": value,
        "lines": [_texts({**row, "rate_source": sources.get((row["currency"], row["rate_date"]))}) for row in rows],
        "files": [_texts(dict(row)) for row in files],
        "sum_usd": str(total) if has_sum else "",
    }


def describe_explanation(explanation: Mapping[str, Any], largest: int | None = None) -> str:
    """An explanation for a terminal: the figure, its files, its cells by file and sheet, their sum.

    With `largest` only that many cells are listed, largest share first; the counts and the sum are of all.
    """
    asked = parse_figure_id(explanation["figure"])
    unit = "" if asked.what[:1] == ("result",) else " %" if asked.measure in _RATES else " USD"
    said = [f"{explanation['figure']}", f"Published: {_grouped(explanation['value'])}{unit}"]
    lines, files = explanation["lines"], explanation["files"]
    if not lines:
        return "\n".join([*said, "No cell stands behind it: nothing was dropped that has this money."])
    for file in files:
        said += ["", file["file_name"], f"  dropped by {file['owner'] or 'an unnamed owner'} into {file['source']}"
                 f" at {file['dropped_at']}", f"  sha256 {file['sha256']}"]  # fmt: skip
        said.append(f"  {_count(int(file['cells']), 'cell')}" + _shared(file["share_usd"]))
    listed = lines
    if largest is not None and largest < len(lines):
        ranked = sorted(lines, key=lambda line: -abs(Decimal(line["share_usd"] or line["amount"] or 0)))
        listed = sorted(ranked[:largest], key=lambda line: (line["file_name"], line["sheet"], int(line["row"])))
    for (name, sheet), cells in groupby(listed, key=lambda line: (line["file_name"], line["sheet"])):
        said += ["", f"{name}, sheet {sheet}", *_table(list(cells))]
    said.append("")
    if len(listed) < len(lines):
        said.append(f"The {len(listed):,} largest of {_count(len(lines), 'cell')} are listed.")
    if explanation["sum_usd"]:
        held = f"Sum of {_count(len(lines), 'cell')} in {_count(len(files), 'file')}: "
        said.append(held + f"{_grouped(explanation['sum_usd'])} USD")
    return "\n".join(said)


def _moment(as_of: str | None) -> datetime | None:
    if as_of is None:
        return None
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError as error:
        raise UsageError(f"{as_of} is not a moment; write it as 2023-03-01T12:00:00+00:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _why(asked: FigureId) -> str:
    if asked.scope[0] == "partner" or asked.what[:1] == ("partner",):
        return "no page has this partner there, or its name is withheld; withheld money is partner:(withheld)"
    return "it is written as a figure id is, but no page of that moment has this figure"


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    """Every value as text, None as ""; moments in UTC."""
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


def _table(cells: list[dict[str, str]]) -> list[str]:
    """Aligned columns: cell, amount and currency, rate with its date and source, weight, share."""
    rows = [
        (
            f"{cell['column']}{cell['row']}",
            f"{_grouped(cell['amount'])} {cell['currency']}".strip(),
            f"at {cell['rate']} of {cell['rate_date']}, {cell['rate_source']}" if cell["rate"] else "",
            f"{cell['weight_percent']} %" if cell["weight_percent"] else "",
            _grouped(cell["share_usd"]),
        )
        for cell in cells
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    return [
        "  "
        + "  ".join(
            part.ljust(width) if place in (0, 2) else part.rjust(width)
            for place, (part, width) in enumerate(zip(row, widths, strict=True))
            if width
        ).rstrip()
        for row in rows
    ]


def _grouped(number: str) -> str:
    """Thousands by comma where the text is a plain decimal; any other text as it stands."""
    whole, point, places = number.lstrip("-").partition(".")
    if not whole.isdigit() or (places and not places.isdigit()):
        return number
    places = places.rstrip("0").ljust(2, "0") if point else ""
    return f"{'-' if number.startswith('-') else ''}{int(whole):,}{point}{places}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _shared(share: str) -> str:
    return f", {_grouped(share)} USD" if share else ""
