"""What each row under the headings is: data, nothing, a total, a note, a label, or stray numbers."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from outcome_reporting.domain.contract import Field, Kind
from outcome_reporting.workbooks.distinct import Distinct
from outcome_reporting.workbooks.recognize import Match
from outcome_reporting.workbooks.sheets import Body

_TOTAL_WORDS = (
    r"(?:grand|sub|sous|general|overall|running|общий|промежуточный)?[\s\-–]*"
    r"(?:totals?|totale?s|totaux|suma|sumas|somme|sum|итоги?|итого|всего|подытог)"
)
TOTAL_START = re.compile(rf"\s*{_TOTAL_WORDS}(?:\W.*)?", re.IGNORECASE | re.DOTALL)
TOTAL_END = re.compile(r".*\W(?:sub)?totals?\W*", re.IGNORECASE | re.DOTALL)
_TOTAL_HINTS = ("total", "totaux", "sum", "som", "итог", "ытог", "всего")  # one of them stands in every label


@dataclass(slots=True)
class Rows:
    """Row indices (from 0, under the headings) by what they are. `data` is a mask over all of them.

    `labels` are rows with a single text inside the table, `notes` such rows below it, `stray` rows below it that
    hold numbers alone.
    """

    data: np.ndarray
    totals: list[int] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    stray: list[int] = field(default_factory=list)
    blank_inside: list[int] = field(default_factory=list)


class _Filled:
    """Which cells hold something, by column, and how many of each sort in a row. Looked at are the rows that lack
    one: most columns are filled from end to end, or nearly."""

    def __init__(self, body: Body) -> None:
        self.length = body.length
        self.lacking = {column: np.flatnonzero(~raw.filled()) for column, raw in body.columns.items()}

    def count(self, columns: Collection[int]) -> np.ndarray:
        lacking = [self.lacking[column] for column in columns if column in self.lacking]
        total = np.full(self.length, len(lacking), np.int32)
        for rows in lacking:
            total[rows] -= 1
        return total


def is_total_label(text: str) -> bool:
    """Whether a cell names its row a total: `Total`, `Subtotal KGZ`, `Total général`, `Итого`, `KGZ Total`."""
    folded = text.casefold()
    is_hinted = any(hint in folded for hint in _TOTAL_HINTS)
    return is_hinted and bool(TOTAL_START.fullmatch(text) or TOTAL_END.fullmatch(text))


def _labelled(body: Body, match: Match, filled: _Filled) -> list[int]:
    """Rows whose first text is a total's label and that lack something which every row must have."""
    required = [filled.lacking[column] for column, f in match.columns.items() if f.required]
    left = np.unique(np.concatenate(required)) if required else np.zeros(0, np.intp)
    found: list[int] = []
    for column in sorted(body.columns):
        raw = body.columns[column]
        if raw.has_texts and len(left):
            number = raw.distinct.index[left]
            found += left[_are_labels(raw.distinct, number)].tolist()
            left = left[number < 0]
    return sorted(found)


def _are_labels(distinct: Distinct, numbers: np.ndarray) -> np.ndarray:
    """Which of some cells hold a total's label, by the numbers of their texts (-1: none)."""
    among = np.unique(numbers[numbers >= 0])
    texts = distinct.dictionary.take(pa.array(among)).to_pylist()
    labels = [number for number, text in zip(among.tolist(), texts, strict=True) if is_total_label(text)]
    return np.isin(numbers, labels)


def _looks_like_key(body: Body, match: Match, row: int, column: int) -> bool:
    """A lone text that could be the key of a row somebody began: not to be taken for a label or a note."""
    known: Field | None = match.columns.get(column)
    if known is None or not (known.in_key or known.required):
        return False
    return " " not in body.columns[column].text(row).strip()


def sort_rows(body: Body, match: Match) -> Rows:
    """Tells the rows of a table apart; money that stands alone in a row is a total without a label."""
    filled = _Filled(body)
    money = [c for c, f in match.columns.items() if f.kind is Kind.MONEY]
    words = [c for c, f in match.columns.items() if f.kind not in (Kind.MONEY, Kind.DECIMAL, Kind.INTEGER)]
    words += list(match.markers)
    everything = filled.count(body.columns)
    beside = [c for c in body.columns if c not in match.columns and c not in match.markers]
    texts_beside = [c for c in beside if body.columns[c].has_texts]
    said = filled.count(words) + filled.count(texts_beside)
    counted = filled.count([c for c, f in match.columns.items() if f.kind in (Kind.INTEGER, Kind.DECIMAL)])
    blank = everything == 0
    rows = Rows(~blank)
    totals = set(_labelled(body, match, filled))
    lone_money = (filled.count(money) > 0) & (said == 0) & (counted == 0) & (len(words) > 0)
    totals |= set(np.flatnonzero(lone_money).tolist())
    single = _single_texts(body, match, filled, everything, totals)
    numbers_only = ~blank & (said == 0) & (len(words) > 0)
    numbers_only[sorted(totals)] = False
    rows.totals = sorted(totals)
    rows.data[rows.totals] = False
    rows.data[single] = False
    settled = rows.data & ~numbers_only
    last = int(np.flatnonzero(settled).max()) if settled.any() else -1
    first = int(np.argmax(settled)) if settled.any() else 0
    rows.stray = [int(row) for row in np.flatnonzero(numbers_only) if row > last]
    rows.data[rows.stray] = False
    rows.notes = [row for row in single if row > last]
    rows.labels = [row for row in single if row <= last]
    rows.blank_inside = [int(row) for row in np.flatnonzero(blank) if first < row < last]
    return rows


def _single_texts(body: Body, match: Match, filled: _Filled, everything: np.ndarray, totals: set[int]) -> list[int]:
    lone: dict[int, int] = {}
    alone = np.flatnonzero(everything == 1)
    for column, raw in body.columns.items() if len(alone) else ():
        lone |= dict.fromkeys(alone[raw.filled_with_text()[alone]].tolist(), column)
    return sorted(r for r, c in lone.items() if r not in totals and not _looks_like_key(body, match, r, c))
