"""Where the explanation of a figure stands: one page of sources for each outcome and year, beside its report."""

from __future__ import annotations

from outcome_reporting.domain.figures import FigureIds

SOURCES_PAGE = "sources.html"


class Anchors:
    """Anchors on the page of sources, and the links that lead to them from the folder of `year`.

    An anchor is the figure id without what all figures of its page share: outcome, plan period and year. A total
    of the plan period keeps the period, a figure of an output its code.
    """

    def __init__(self, outcome: str, plan_period: str, year: int) -> None:
        self._outcome = FigureIds(outcome)(None, "", "")
        self._of_period = f"{self._outcome}{plan_period}:"
        self._of_year = f"{self._of_period}{year}:"
        self._middle = f":{plan_period}:"
        self._year = str(year)

    def anchor(self, figure_id: str) -> str:
        """The anchor on the page of the figure's own year."""
        if figure_id.startswith(self._of_year):
            return figure_id[len(self._of_year) :]
        return self._split(figure_id)[1]

    def link(self, figure_id: str) -> str:
        """The link from a page of this year."""
        if figure_id.startswith(self._of_year):
            return f"{SOURCES_PAGE}#{figure_id[len(self._of_year) :]}"
        year, anchor = self._split(figure_id)
        return f"{SOURCES_PAGE}#{anchor}" if year in ("", self._year) else f"../{year}/{SOURCES_PAGE}#{anchor}"

    def link_stem(self, stem: str) -> str:
        """The link of all ids that begin with `stem` and go on with a measure, up to that measure."""
        if stem.startswith(self._of_year):
            return f"{SOURCES_PAGE}#{stem[len(self._of_year) :]}"
        return self.link(f"{stem}_")[:-1]

    def _split(self, figure_id: str) -> tuple[str, str]:
        """(year, or "" for a total of the plan period; anchor)."""
        scope, _, rest = figure_id.partition(self._middle)
        year, _, own = rest.partition(":")
        is_own = f"{scope}:" == self._outcome
        if not (own and year.isdigit()):
            return "", figure_id[len(self._outcome) :] if is_own else figure_id
        return year, own if is_own else f"{scope}:{own}"
