"""The largest groups of cells behind each kind of fund and each partner, and what all the others sum to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from outcome_reporting.domain.outcome import Explanation, SourceGroup
from outcome_reporting.warehouse.cells import Cells, Numbers, grouped, largest, starts_of
from outcome_reporting.warehouse.source_names import Page, SourceNames
from outcome_reporting.warehouse.source_statements import CONTRIBUTION, EXPENSE, NOBODY, UNKNOWN, WITHHELD

GROUPS_SHOWN = 8  # of a total, of a kind of fund and of money that names nobody
GROUPS_OF_PARTNER = 3
PARTNERS_SHOWN = 48  # of an outcome and year; a page names fewer
_CORE_POOL, _LAST = -3, 2**31  # beside the numbers of partners, in the order in which their lines stand
_KINDS = {
    _CORE_POOL: ("core pool", ""),
    UNKNOWN: ("direct", ""),
    NOBODY: ("unattributed", ""),
    _LAST: ("withheld", ""),
}
_Told = Iterator[tuple[Page, int, int, Explanation]]  # page, measure, part of its money


class GroupedCells:
    """The cells of one measure, sheet, output, fund and partner together, in the order in which ties fall."""

    def __init__(self, cells: Cells, names: SourceNames) -> None:
        self.names = names
        sheet = names.sheet_of_part[cells.part]
        groups = grouped(cells.measure, sheet, cells.place, cells.fund, cells.partner)
        first = groups.first
        self.measure, self.sheet, self.place = cells.measure[first], sheet[first], cells.place[first]
        self.fund, self.partner = cells.fund[first], cells.partner[first]
        self.page = names.page_of_place[self.place]
        self.lines, self.cents = groups.count, groups.sums(cells.cents)

    def of_funds(self) -> Iterator[tuple[Page, int, str, Explanation]]:
        """Page, measure and fund type of each total of budgets and expenses."""
        totals = _Totals(self, self.measure != CONTRIBUTION, self.names.type_of_fund[self.fund])
        shown = largest(totals.of_member, totals.cents, GROUPS_SHOWN)
        for page, measure, fund_type, explanation in totals.told(shown):
            yield page, measure, self.names.fund_types[fund_type], explanation

    def of_partners(self) -> Iterator[tuple[Page, int, tuple[str, str], Explanation]]:
        """Page, measure and (kind, partner), as `report.partner_contribution` has them, of the totals that are told."""
        whose = np.where(self.names.is_direct[self.fund], self.partner, _CORE_POOL)
        whose[self.partner == WITHHELD] = _LAST
        totals = _Totals(self, self.measure >= EXPENSE, whose)
        is_named = (totals.part > NOBODY) & (totals.part < _LAST)
        few = np.flatnonzero(_are_large(totals, is_named)[totals.of_member])
        of_few = totals.of_member[few]
        counts = np.where(is_named[of_few], GROUPS_OF_PARTNER, GROUPS_SHOWN)
        for page, measure, number, explanation in totals.told(few[largest(of_few, totals.cents[few], counts)]):
            yield page, measure, _KINDS.get(number) or ("direct", self.names.partners[number]), explanation

    def tell(self, indexes: Numbers) -> list[SourceGroup]:
        """These groups in words."""
        names = self.names
        columns = (self.sheet, self.place, self.fund, self.partner, self.lines, self.cents)
        found = []
        for sheet_no, place, fund, partner, lines, cents in zip(
            *(one[indexes].tolist() for one in columns), strict=True
        ):
            file, sheet, _ = names.sheets[sheet_no]
            fund_code, fund_type = names.funds[fund]
            whose = names.partners.get(partner, "")
            found.append(SourceGroup(file, sheet, names.outputs[place], fund_code, fund_type, whose, lines, cents))
        return found


class _Totals:
    """Some groups summed by page, measure and a part of the page's money: a kind of fund, a partner."""

    def __init__(self, groups: GroupedCells, wanted: NDArray[np.bool_], part: Numbers) -> None:
        self.groups, self.members = groups, np.flatnonzero(wanted)
        self.cents, self.lines = groups.cents[self.members], groups.lines[self.members]
        page, measure, part = (column[self.members] for column in (groups.page, groups.measure, part))
        totals = grouped(page, measure, part)
        self.page, self.measure, self.part = (column[totals.first] for column in (page, measure, part))
        self.of_member, self.all_groups = totals.of_member, totals.count
        self.all_lines, self.all_cents = totals.sums(self.lines), totals.sums(self.cents)

    def told(self, shown: Numbers) -> _Told:
        """Each total with those of its members that are shown; they come total by total."""
        if not len(shown):
            return
        of_shown = self.of_member[shown]
        starts = starts_of(of_shown)
        totals, ends = of_shown[starts], np.append(starts[1:], len(shown))
        told = self.groups.tell(self.members[shown])
        pages = self.groups.names.pages
        columns = (
            *(starts, ends, self.page[totals], self.measure[totals], self.part[totals]),
            self.all_groups[totals] - (ends - starts),
            self.all_lines[totals] - np.add.reduceat(self.lines[shown], starts),
            self.all_cents[totals] - np.add.reduceat(self.cents[shown], starts),
        )
        for start, end, page, measure, part, *rest in zip(*(column.tolist() for column in columns), strict=True):
            yield pages[page], measure, part, Explanation(tuple(told[start:end]), (), *rest)


def _are_large(totals: _Totals, is_named: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a partner's total is told: the largest of a page and measure are, and all that name nobody."""
    size = np.where(is_named, totals.all_cents, np.iinfo(np.int64).max)
    found = np.zeros(len(size), bool)
    found[largest(grouped(totals.page, totals.measure).of_member, size, PARTNERS_SHOWN)] = True
    return found
