"""The first sheet of a returned workbook: *What to fix*, a line for each problem, linked to its first cell.

It may be answered in place: a value written in the column `RIGHT_VALUE` counts for all cells of its line when the
workbook is dropped again (`mended`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from outcome_reporting.domain.finding import Finding, Severity
from outcome_reporting.workbooks import look
from outcome_reporting.workbooks.answer import Verdict, counted
from outcome_reporting.workbooks.cell_styles import CellStyles, fill_of
from outcome_reporting.workbooks.package import DECLARATION, MAIN
from outcome_reporting.workbooks.saying import ALL_CELLS, RIGHT_VALUE, column_letter

MAX_LINKS = 60_000  # a sheet may hold 65,530
MAX_LINES = 1_048_000  # a sheet has 1,048,576 rows
HEADINGS = (
    "No.", "Sheet", "Cell", "Severity", "Problem", "Found", "Expected", "How to mend it", "Nearest valid",
    "Cells", RIGHT_VALUE, ALL_CELLS,
)  # fmt: skip
HEADING_ROW = 4
MENDED = "mended_in_list"  # the rule of a line whose right value was written here before
_WIDTHS = (6, 18, 18, 11, 40, 26, 34, 44, 20, 9, 24, 18)
_WRAPPED = len(_WIDTHS) - 1  # columns but the last, whose text runs on
_LINE_HEIGHT, _HIGHEST = 15, 405  # points
_SHORT = 60  # letters of a list of cells that are shown beside the problem
_CELL_LIMIT = 32_000
_PIECE = 2_000  # lines
# where the same value may be right in one row and wrong in another, no one value is right for all cells
_OF_ROWS = {
    "duplicate_key", "duplicate_sdg", "duplicate_element", "key_loaded_elsewhere", "goal_beside_target", "weights_sum",
    "weights_renormalised", "weights_mixed_empty", "shares_not_percent", "group_held", "totals_excluded",
    "duplicate_heading", "unknown_heading", "shared_alias",
}  # fmt: skip


def summary(verdict: Verdict, findings: Sequence[Finding]) -> str:
    """`3 errors must be mended; 1 warning may stay. 118 rows were read, on sheet Expenses. ...`"""
    said = {Severity.ERROR: "must be mended", Severity.WARNING: "may stay", Severity.NOTE: "for information"}
    parts = [f"{words} {what}" for severity, what in said.items() if (words := counted(findings, severity))]
    words = "; ".join(parts) + "." if parts else "Nothing to mend."
    if verdict.rows_read:
        where = f", on {'sheet' if len(verdict.sheets) == 1 else 'sheets'} {', '.join(verdict.sheets)}"
        rows = "1 row was" if verdict.rows_read == 1 else f"{verdict.rows_read:,} rows were"
        words += f" {rows} read{where if verdict.sheets else ''}."
    return f"{words} {verdict.stays_live}".strip()


def instruction(is_own_workbook: bool, may_answer: bool) -> str:
    if not is_own_workbook:
        return "The workbook itself could not be marked; mend it where this list says, and drop it again."
    words = "Mend the coloured cells in this workbook and drop it again. Select a cell in column C to go there."
    return (
        f"{words} Or write the right value in column K: it counts for all cells of its line." if may_answer else words
    )


def address_of(finding: Finding) -> str:
    """The cell to go to: the finding's own, the start of its row, or the top of its sheet."""
    if finding.row:
        return f"{finding.column or 'A'}{finding.row}"
    return f"{finding.column}1" if finding.column else "A1"


def may_be_answered(finding: Finding) -> bool:
    """Whether one value could be right for all cells: those of a column that is read, wrong by their value."""
    is_cell = bool(finding.row and finding.column and finding.field)
    return (
        is_cell and finding.rule not in _OF_ROWS and (finding.severity is not Severity.NOTE or finding.rule == MENDED)
    )


class _Looks:
    """The cell styles of the list."""

    def __init__(self, styles: CellStyles) -> None:
        self._styles = styles
        self._fonts: dict[str, int] = {}
        line = f'<border><left/><right/><top/><bottom style="thin"><color rgb="00{look.HAIRLINE}"/></bottom></border>'
        strong = f'<border><left/><right/><top/><bottom style="medium"><color rgb="00{look.INK}"/></bottom></border>'
        hairline, edge = styles.add("borders", line), styles.add("borders", strong)
        head, answer = styles.add("fills", fill_of(look.HEAD_FILL)), styles.add("fills", fill_of(look.ANSWER_FILL))
        top, wrapped = '<alignment vertical="top"/>', '<alignment vertical="top" wrapText="1"/>'
        self.title = self._made(self._font(look.INK, "<b/>", 16))
        self.lede = self._made(self._font(look.INK))
        self.head = self._made(self._font(look.INK, "<b/>"), head, edge, wrapped)
        self.text = self._made(self._font(look.INK), 0, hairline, wrapped)
        self.line = self._made(self._font(look.INK), 0, hairline, top)
        self.answer = self._made(self._font(look.INK), answer, hairline, wrapped)
        self.link = self._made(self._font(look.LINK, "<u/>"), 0, hairline, wrapped)
        self.severity = {
            severity: self._made(self._font(ink, "<b/>"), 0, hairline, top)
            for severity, (ink, _, _) in look.COLOURS.items()
        }

    def _font(self, colour: str, how: str = "", size: int = 11) -> int:
        element = f'<font>{how}<sz val="{size}"/><color rgb="00{colour}"/><name val="Calibri"/></font>'
        if element not in self._fonts:
            self._fonts[element] = self._styles.add("fonts", element)
        return self._fonts[element]

    def _made(self, font: int, fill: int = 0, border: int = 0, alignment: str = "") -> int:
        applied = 'applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"'
        words = f'numFmtId="0" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" {applied}'
        return self._styles.add("cellXfs", f"<xf {words}>{alignment}</xf>" if alignment else f"<xf {words}/>")


def _head() -> str:
    """What stands before the rows: headings that stay in sight, and how wide the columns are."""
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(_WIDTHS, 1)
    )
    pane = f'ySplit="{HEADING_ROW}" topLeftCell="A{HEADING_ROW + 1}" activePane="bottomLeft" state="frozen"'
    tab = f'<sheetPr><tabColor rgb="00{look.COLOURS["error"][0]}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
    view = f'<sheetView showGridLines="0" tabSelected="1" workbookViewId="0"><pane {pane}/></sheetView>'
    form = f'<sheetFormatPr defaultRowHeight="{_LINE_HEIGHT}"/>'
    return f'<worksheet xmlns="{MAIN}">{tab}<sheetViews>{view}</sheetViews>{form}<cols>{widths}</cols><sheetData>'


def _row(row: int, texts: Sequence[object], cells: Iterable[str]) -> str:
    """A row as high as its texts need: not every program makes room by itself for what does not fit on one line."""
    wrapped = zip(texts, _WIDTHS, strict=False)
    lines = max(-(-len(str(text)) // width) for text, width in wrapped)
    height = f' ht="{min(_HIGHEST, lines * _LINE_HEIGHT)}" customHeight="1"' if lines > 1 else ""
    return f'<row r="{row}"{height}>{"".join(cells)}</row>'


def _cell(column: int, row: int, style: int, text: object) -> str:
    """A cell with a text that no spreadsheet takes for a formula or a number; a number stays one."""
    address = f'<c r="{column_letter(column)}{row}" s="{style}"'
    if isinstance(text, int):
        return f"{address}><v>{text}</v></c>"
    words = escape(look.safe_text(text))
    return f'{address} t="inlineStr"><is><t xml:space="preserve">{words}</t></is></c>' if words else f"{address}/>"


def fix_list(
    styles: CellStyles,
    verdict: Verdict,
    findings: Sequence[Finding],
    titles: Mapping[str, str],
    is_own_workbook: bool = True,
) -> Iterator[bytes]:
    """The pieces of the worksheet's XML. `titles` maps sheet names as findings say them to those of this workbook.

    The styles are added at once, the pieces made when they are asked for.
    """
    return _List(_Looks(styles), titles, is_own_workbook).xml(verdict, findings)


class _List:
    def __init__(self, looks: _Looks, titles: Mapping[str, str], is_own_workbook: bool) -> None:
        self.looks, self.titles, self.is_own_workbook = looks, titles, is_own_workbook

    def xml(self, verdict: Verdict, findings: Sequence[Finding]) -> Iterator[bytes]:
        looks, told = self.looks, findings[:MAX_LINES]
        may_answer = self.is_own_workbook and any(map(may_be_answered, told))
        yield DECLARATION
        yield _head().encode()
        ledes = (summary(verdict, findings), instruction(self.is_own_workbook, may_answer))
        yield f'<row r="1" ht="24" customHeight="1">{_cell(0, 1, looks.title, verdict.headline)}</row>'.encode()
        for row, words in enumerate(ledes, 2):
            yield f'<row r="{row}">{_cell(0, row, looks.lede, words)}</row>'.encode()
        heads = (_cell(column, HEADING_ROW, looks.head, heading) for column, heading in enumerate(HEADINGS))
        yield _row(HEADING_ROW, HEADINGS, heads).encode()
        for start in range(0, len(told), _PIECE):
            lines = enumerate(told[start : start + _PIECE], start + 1)
            yield "".join(self._line(number, finding) for number, finding in lines).encode()
        yield f"</sheetData>{self._links(told)}{_PAGE}</worksheet>".encode()

    def _line(self, number: int, finding: Finding) -> str:
        row, looks = HEADING_ROW + number, self.looks
        cells, rows = finding.cells, finding.row_count
        place = cells or ("sheet" if finding.sheet else "file")
        shown = place if len(place) <= _SHORT else f"{finding.cell} and in {rows - 1:,} more rows"
        is_linked = finding.sheet in self.titles and number <= MAX_LINKS
        may_answer = self.is_own_workbook and may_be_answered(finding)
        columns: list[tuple[int, object]] = [
            (looks.line, number),
            (looks.text, finding.sheet),
            (looks.link if is_linked else looks.text, shown),
            (looks.severity[finding.severity.value], finding.severity.value.capitalize()),
            (looks.text, finding.message),
            (looks.text, finding.found),
            (looks.text, finding.expected),
            (looks.text, finding.remedy),
            (looks.text, finding.nearest),
            (looks.line, rows or ""),
            (looks.answer if may_answer else looks.text, finding.nearest if finding.rule == MENDED else ""),
            *((looks.line, part) for part in (_parts(cells) if may_answer else [""])),
        ]
        told = (_cell(column, row, style, text) for column, (style, text) in enumerate(columns))
        return _row(row, [text for _, text in columns[:_WRAPPED]], told)

    def _links(self, findings: Sequence[Finding]) -> str:
        links = []
        for row, finding in enumerate(findings[:MAX_LINKS], HEADING_ROW + 1):
            if finding.sheet in self.titles:
                quoted = self.titles[finding.sheet].replace("'", "''")
                place = quoteattr(f"'{quoted}'!{address_of(finding)}")
                links.append(f'<hyperlink ref="C{row}" location={place}/>')
        return f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""


_PAGE = (
    '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
    '<pageSetup orientation="landscape" fitToHeight="0"/>'  # as many pages as it takes, one page wide
)


def _parts(cells: str) -> list[str]:
    """A long list of cells goes on in the columns to the right: a cell holds 32,767 letters."""
    parts, rest = [], cells
    while len(rest) > _CELL_LIMIT:
        end = rest.rindex(", ", 0, _CELL_LIMIT)
        parts.append(rest[:end])
        rest = rest[end + 2 :]
    return [*parts, rest]
