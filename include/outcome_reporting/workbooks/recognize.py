"""Which dataset a sheet holds, and where: headings matched to contracts in its first rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from outcome_reporting.domain.contract import Contract, Field, Kind
from outcome_reporting.domain.headings import normalise_heading
from outcome_reporting.workbooks.head import HeadRow

_RESEMBLES = 60


@dataclass(slots=True)
class Match:
    """One contract against one row of headings. Columns are counted from 0.

    `columns` are the fields found, `markers` the marker names by column, `unknown` headings of no field,
    `doubles` columns whose field stands twice, `missing` the required fields that no heading names.
    """

    contract: Contract
    header: HeadRow
    columns: dict[int, Field] = field(default_factory=dict)
    markers: dict[int, str] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)
    doubles: dict[int, Field] = field(default_factory=dict)
    missing: list[Field] = field(default_factory=list)

    @property
    def is_close(self) -> bool:
        """Whether the sheet was plainly meant as this dataset though required headings are missing."""
        required = [f for f in self.contract.fields if f.required]
        found = len(required) - len(self.missing)
        return len(self.columns) >= 2 and 2 * found >= len(required)

    def resembling(self) -> dict[int, Field]:
        """The columns of unknown headings that resemble a field which no heading names, each used once."""
        found = {f.name for f in self.columns.values()}
        absent = [f for f in self.contract.fields if f.name not in found and f.kind is not Kind.MARKERS]
        scores = [(_likeness(h, f), column, f) for column, h in self.unknown.items() for f in absent]
        pairs: dict[int, Field] = {}
        for score, column, candidate in sorted(scores, key=lambda s: (-s[0], not s[2].required)):
            if score >= _RESEMBLES and column not in pairs and candidate not in pairs.values():
                pairs[column] = candidate
        return pairs

    def missing_words(self) -> str:
        """`missing Amount (USD); found Amt US$`, for each required heading and each other that seems misspelt."""
        pairs = {f.name: self.unknown[column] for column, f in self.resembling().items()}
        parts = []
        for absent in self.contract.fields:
            if absent in self.missing or absent.name in pairs:
                seen = pairs.get(absent.name)
                parts.append(f"missing {absent.heading}" + (f"; found {seen}" if seen else ""))
        return ", ".join(parts)


@dataclass(slots=True)
class Recognition:
    """`match` when the headings of one dataset are all there; else what came closest, or the datasets in doubt."""

    match: Match | None = None
    closest: Match | None = None
    in_doubt: list[Contract] = field(default_factory=list)


def _names_of(column: Field) -> list[str]:
    return [column.heading, column.name, *(text for text, _ in column.synonyms)]


def _likeness(heading: str, absent: Field) -> float:
    """0 to 100: how much a heading resembles any name of a field."""
    found = normalise_heading(heading)
    best = 0.0
    for name in _names_of(absent):
        wanted = normalise_heading(name)
        score = fuzz.ratio(found, wanted)
        if min(len(found), len(wanted)) >= 4 and fuzz.partial_ratio(found, wanted) == 100:
            score = max(score, 80.0)
        best = max(best, score)
    return best


class HeadingIndex:
    """Every heading of every contract, normalised once; `source_headings` maps a source's own words to headings."""

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        source_headings: Mapping[str, str] | None = None,
        provided: Collection[str] = (),
    ) -> None:
        self.contracts = contracts
        self.provided = set(provided)
        self.fields: dict[str, dict[str, Field]] = {}
        self.prefixes: list[tuple[str, str, Field]] = []
        for dataset, contract in contracts.items():
            for column in contract.fields:
                if column.kind is Kind.MARKERS:
                    self.prefixes.append((normalise_heading(column.heading_prefix), dataset, column))
                    continue
                for name in _names_of(column):
                    self.fields.setdefault(normalise_heading(name), {})[dataset] = column
        self.fields.pop("", None)
        self.needed = {
            dataset: {f.name for f in contract.fields if f.required} - self.provided
            for dataset, contract in contracts.items()
        }
        for theirs, ours in (source_headings or {}).items():
            target = self.fields.get(normalise_heading(ours))
            if target:
                self.fields[normalise_heading(theirs)] = target
        self.starts = {word[:2] for word in self.fields}

    def match_row(self, row: HeadRow, only_whole: bool = False) -> list[Match]:
        """A match for each contract of which the row has at least one heading, or all required ones."""
        found = {column: fields for column, text in row.cells.items() if (fields := self._fields_of(text)) is not None}
        datasets = sorted(set().union(*found.values()))
        if only_whole:
            datasets = [d for d in datasets if self.needed[d] <= {f[d].name for f in found.values() if d in f}]
        return [self._match(self.contracts[dataset], row, found) for dataset in datasets]

    def _fields_of(self, text: str) -> dict[str, Field] | None:
        """What a text is the heading of. Most cells of a sheet's first rows begin as no heading does."""
        start = text[:2]
        if start.isascii() and start.isalnum() and len(start) == 2 and start.lower() not in self.starts:
            return None
        return self.fields.get(normalise_heading(text))

    def _match(self, contract: Contract, row: HeadRow, found: Mapping[int, Mapping[str, Field]]) -> Match:
        match = Match(contract, row)
        seen: set[str] = set()
        for column, text in sorted(row.cells.items()):
            known = found.get(column, {}).get(contract.dataset)
            if known is None:
                marker = self._marker(contract.dataset, text, normalise_heading(text))
                if marker:
                    match.markers[column] = marker
                else:
                    match.unknown[column] = text.strip()
            elif known.name in seen:
                match.doubles[column] = known
            else:
                seen.add(known.name)
                match.columns[column] = known
        missing = self.needed[contract.dataset] - seen
        match.missing = [f for f in contract.fields if f.name in missing]
        return match

    def _marker(self, dataset: str, heading: str, word: str) -> str:
        for prefix, owner, column in self.prefixes:
            if owner == dataset and prefix and word.startswith(prefix) and word != prefix:
                _, colon, name = heading.partition(":")
                return (name if colon else heading[len(column.heading_prefix.rstrip(": ")) :]).strip()
        return ""


def recognize(head: Sequence[HeadRow], index: HeadingIndex, sheet: str) -> Recognition:
    """The dataset of a sheet from its first rows, or what came closest."""
    whole = [match for row in head for match in index.match_row(row, only_whole=True)]
    if not whole:
        matches = [match for row in head for match in index.match_row(row)]
        closest = max(matches, key=lambda m: (len(m.columns), -len(m.missing)), default=None)
        return Recognition(closest=closest)
    title = normalise_heading(sheet)

    def weight(match: Match) -> tuple[int, int, int]:
        named = title in (normalise_heading(match.contract.dataset), normalise_heading(match.contract.title))
        return len(match.columns) + len(match.markers), int(named), -len(match.unknown)

    best = max(whole, key=weight)  # of equal rows, the first
    rivals = {m.contract.dataset: m.contract for m in whole if weight(m) == weight(best)}
    if len(rivals) > 1:
        return Recognition(in_doubt=list(rivals.values()), closest=best)
    return Recognition(match=best)
