"""Reads one dropped file of any kind into typed tables and findings. Run it through `child`: files are not trusted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from outcome_reporting.domain.contract import Contract, Kind
from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.domain.money import Convention
from outcome_reporting.domain.reference import Reference
from outcome_reporting.workbooks.control_totals import PlacedTotal, check_control_totals, totals_of_rows
from outcome_reporting.workbooks.distinct import Reading
from outcome_reporting.workbooks.head import HeadRow
from outcome_reporting.workbooks.mended import Mend, mends_of
from outcome_reporting.workbooks.reading import FileReading
from outcome_reporting.workbooks.recognize import HeadingIndex, Match, Recognition, recognize
from outcome_reporting.workbooks.saying import ANSWER_SHEET, say
from outcome_reporting.workbooks.scan import Limits, scan
from outcome_reporting.workbooks.sheets import READER_FAULTS, CsvFault, Sheet, open_sheets
from outcome_reporting.workbooks.sniff import FileKind, contradicts_name, sniff
from outcome_reporting.workbooks.source_reading import SourceReading
from outcome_reporting.workbooks.tabulate import Tabulation

_PLAIN_SOURCE = SourceReading()
_PLAIN_LIMITS = Limits()


def read_file(
    path: Path,
    contracts: Mapping[str, Contract],
    reference: Reference | None = None,
    file_name: str = "",
    source: SourceReading = _PLAIN_SOURCE,
    limits: Limits = _PLAIN_LIMITS,
    publisher: str = "XM-DAC-41146",
) -> FileReading:
    """The tables and findings of the file at `path`, under the name `file_name` (default: its own).

    What is wrong with the file is among the findings. Raises OSError when the bytes cannot be had, and whatever
    the readers of workbooks raise on bytes made to break them: `child` turns that into a finding too.
    """
    return _FileReader(path, dict(contracts), reference, file_name or path.name, source, limits, publisher).read()


class _Headings:
    """The index of headings that was made last: one reader reads many files of one source."""

    def __init__(self, contracts: Mapping[str, Contract], source: SourceReading) -> None:
        self.contracts, self.source = list(contracts.values()), source
        self.index = HeadingIndex(contracts, source.headings, source.constants)

    def is_of(self, contracts: Mapping[str, Contract], source: SourceReading) -> bool:
        # contracts are kept here and compared by identity: comparing them by value costs more than the index
        ours, theirs = map(id, self.contracts), map(id, contracts.values())
        return source == self.source and list(ours) == list(theirs)


_last_headings: _Headings | None = None


def _heading_index(contracts: Mapping[str, Contract], source: SourceReading) -> HeadingIndex:
    global _last_headings
    if _last_headings is None or not _last_headings.is_of(contracts, source):
        _last_headings = _Headings(contracts, source)
    return _last_headings.index


class _FileReader:
    def __init__(self, path, contracts, reference, file_name, source, limits, publisher) -> None:
        self.path, self.contracts, self.source, self.limits = path, contracts, source, limits
        self.index = _heading_index(self.contracts, source)
        self.reference, self.publisher = reference, publisher
        self.result = FileReading(file_name)
        self.unmatched: list[tuple[Sheet, list[HeadRow], Recognition]] = []
        self.control_totals: list[PlacedTotal] = []
        self.mends: list[Mend] = []

    def say(self, rule: str, message: str = "", **place) -> None:
        self.result.findings.append(say(rule, self.result.file_name, message, **place))

    def read(self) -> FileReading:
        with self._timed("scan"):
            sheets = self._open()
        if sheets is not None:
            try:
                self._read_sheets(sheets)
            except READER_FAULTS:
                self.say("unreadable_file", "A sheet of the file is damaged")
        return self.result

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.result.seconds[stage] = time.perf_counter() - started

    def _read_sheets(self, sheets: list[Sheet]) -> None:
        with self._timed("read"):
            matched = list(self._recognized(sheets))
        with self._timed("convert"):
            for sheet, match in matched:
                self._tabulate(sheet, match)
            self._tell_unmatched(bool(matched))
            self._check_control_totals()

    def _recognized(self, sheets: list[Sheet]) -> Iterator[tuple[Sheet, Match]]:
        """The sheets that hold a dataset, each with what was found; the others are kept among the unmatched."""
        for sheet in sheets:
            if sheet.name == ANSWER_SHEET:
                self.mends = mends_of(sheet)
                continue
            head = sheet.head()
            recognition = recognize(head, self.index, sheet.name)
            if recognition.match is not None:
                yield sheet, recognition.match
                above = [row for row in head if row.row_no < recognition.match.header.row_no]
                self.control_totals += totals_of_rows(sheet.name, above)
            else:
                self.unmatched.append((sheet, head, recognition))

    def _open(self) -> list[Sheet] | None:
        """The sheets, or None with the finding that says why there are none."""
        size = self.path.stat().st_size
        if size > self.limits.max_inflated_bytes:
            self.say("file_too_large", f"It has {size / 1024**2:,.0f} MiB")
            return None
        content = self.path.read_bytes()
        sniffed = sniff(content)
        self.result.kind = sniffed.kind
        if sniffed.kind is FileKind.UNKNOWN:
            self.say(sniffed.rule, found=sniffed.looks_like)
            return None
        if contradicts_name(sniffed.kind, self.result.file_name):
            self.say("not_what_its_name_says", f"The content is {sniffed.kind.value}; it was read so")
        scanned = scan(content, sniffed.kind, self.result.file_name, self.limits)
        self.result.findings += scanned.findings
        if scanned.is_refused:
            return None
        try:
            return open_sheets(content, sniffed.kind, scanned, self.source.code_page, self.source.delimiter)
        except CsvFault as fault:
            self.say(fault.rule, str(fault))
        except Exception:  # every reader has its own words for "damaged", none of them for people
            self.say("unreadable_file")
        return None

    def _check_control_totals(self) -> None:
        money = {
            (table.dataset, known.name)
            for table in self.result.tables
            for known in self.contracts[table.dataset].fields
            if known.kind is Kind.MONEY
        }
        is_unread = any(
            f.is_error and (f.dataset, f.field) in money and f.rule != "total_disagrees" for f in self.result.findings
        )
        self.result.findings += check_control_totals(
            self.result.file_name, self.control_totals, self.result.tables, self.contracts, is_unread
        )

    def _tabulate(self, sheet: Sheet, match: Match) -> None:
        number = len(self.result.tables) + 1
        tabulation = Tabulation(self.result.file_name, sheet, match, self._reading(), number)
        if sheet.is_hidden:
            self.say("hidden_sheet", sheet=sheet.name, dataset=match.contract.dataset)
        self.result.findings += tabulation.findings
        self.result.tables.append(tabulation.table)
        self.result.rows_in_file[number] = tabulation.table.row_count
        self.result.amounts[number] = tabulation.amounts

    def _reading(self) -> Reading:
        return Reading(
            contracts=self.contracts,
            reference=self.reference,
            publisher=self.publisher,
            decimal=Convention(self.source.decimal) if self.source.decimal else None,
            date_order=self.source.date_order or None,
            is_text_file=self.result.kind is FileKind.CSV,
            constants=self.source.constants,
            mends=self.mends,
        )

    # ------------------------------------------------------------------------------- sheets without a dataset

    def _tell_unmatched(self, has_tables: bool) -> None:
        for sheet, head, recognition in self.unmatched:
            closest = recognition.closest
            if recognition.in_doubt:
                titles = ", ".join(contract.title for contract in recognition.in_doubt)
                self.say("ambiguous_dataset", f"The headings fit {titles}", sheet=sheet.name)
                self.result.unmatched_sheets.append(sheet.name)
            elif closest is not None and closest.is_close and not sheet.is_hidden:
                self.result.findings += self._missing_headings(sheet, closest)
                self.result.unmatched_sheets.append(sheet.name)
            elif head:
                self._tell_cover(sheet, head, closest, has_tables)
        if not has_tables and not self.result.unmatched_sheets:
            self._tell_nothing_found()

    def _missing_headings(self, sheet: Sheet, closest: Match) -> list[Finding]:
        words = closest.missing_words()
        return [
            say(
                "missing_heading",
                self.result.file_name,
                f"The sheet comes closest to {closest.contract.title}: {words}",
                sheet=sheet.name,
                row=closest.header.row_no,
                dataset=closest.contract.dataset,
                found=", ".join(closest.unknown.values()),
                expected=", ".join(absent.heading for absent in closest.missing),
            )
        ]

    def _tell_cover(self, sheet: Sheet, head: list[HeadRow], closest: Match | None, has_tables: bool) -> None:
        self.result.cover_sheets.append(sheet.name)
        is_doubtful = closest is not None and len(closest.columns) >= 2 and not sheet.is_hidden
        totals = [] if is_doubtful else list(totals_of_rows(sheet.name, head))
        self.control_totals += totals
        if has_tables:
            self.say(
                "sheet_not_recognized",
                f"The sheet “{sheet.name}” holds no known dataset and "
                + ("was read for its control totals alone" if totals else "was not read"),
                sheet=sheet.name,
                severity=Severity.WARNING if is_doubtful else Severity.NOTE,
            )

    def _tell_nothing_found(self) -> None:
        found = [recognition.closest for _, _, recognition in self.unmatched if recognition.closest]
        closest = max(found, key=lambda m: len(m.columns), default=None)
        if not any(head for _, head, _ in self.unmatched):
            self.say("no_dataset_recognized", "Every sheet of the file is empty")
        elif closest is None or len(closest.columns) < 2:
            self.say("no_dataset_recognized", "No heading of any dataset stands in the first 30 rows")
        else:
            message = f"{closest.contract.title} comes closest: {closest.missing_words()}"
            expected = ", ".join(f.heading for f in closest.missing)
            self.say("no_dataset_recognized", message, expected=expected)
