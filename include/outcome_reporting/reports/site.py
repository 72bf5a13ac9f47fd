"""The site around the outcome pages: paths, the front page, office pages and the way to the newest year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from markupsafe import Markup

from outcome_reporting.domain.codes import natural_key
from outcome_reporting.domain.figures import FigureIds
from outcome_reporting.domain.money import format_usd, plain_usd
from outcome_reporting.domain.outcome import OutcomeFacts, OutcomeYearSummary

from .anchors import SOURCES_PAGE
from .html import path_part, render_template
from .html_parts import data
from .model import Figure
from .numbers import percent, rate_value, short_usd, unit_of
from .texts import Texts

LISTED = 120  # outcomes that the front page lists itself; with more it lists offices


@dataclass(frozen=True, slots=True)
class SitePaths:
    """Places below the site's folder, with forward slashes."""

    index: str  # leads to the newest year
    page: str
    sources: str  # the explanations of the page's figures
    workbook: str
    workbook_name: str


def outcome_path(office: str, plan_period: str, outcome: str) -> str:
    return "/".join(path_part(part) for part in (office, plan_period, outcome))


def site_paths(facts: OutcomeFacts, year: int) -> SitePaths:
    """Where the page and the workbook of a year stand: `<office>/<plan period>/<outcome>/<year>/...`."""
    folder = outcome_path(facts.office, facts.plan_period, facts.outcome)
    name = f"{path_part(facts.outcome)}-{year}.xlsx"
    own = f"{folder}/{year}"
    return SitePaths(f"{folder}/index.html", f"{own}/index.html", f"{own}/{SOURCES_PAGE}", f"{own}/{name}", name)


def render_redirect(year: int, title: str, language: str = "en") -> str:
    """The page at `<outcome>/index.html`: leads to the newest year without script."""
    texts = Texts(language)
    return render_template("redirect.html.j2", t=texts, year=year, title=title, language=language)


# ------------------------------------------------------------------------------------------ listings

Rows = Sequence[OutcomeYearSummary]


def render_index(
    summaries: Rows,
    year: int,
    data_date: datetime,
    years: Sequence[int] = (),
    publisher_name: str = "UN Women",
    language: str = "en",
) -> str:
    """The front page of `year`: every outcome, or every office when there are more than LISTED outcomes.

    `years` are those that have a front page of their own, at `years/<year>.html`; the newest is `index.html`.
    """
    shown = [row for row in summaries if row.fiscal_year == year]
    listing = _Listing(shown, year, data_date, list(years), publisher_name, language, "")
    return listing.render(is_by_office=len(shown) > LISTED)


def render_year_index(
    summaries: Rows,
    year: int,
    data_date: datetime,
    years: Sequence[int],
    publisher_name: str = "UN Women",
    language: str = "en",
) -> str:
    """The same for a page that stands one folder down, at `years/<year>.html`."""
    shown = [row for row in summaries if row.fiscal_year == year]
    listing = _Listing(shown, year, data_date, list(years), publisher_name, language, "../")
    return listing.render(is_by_office=len(shown) > LISTED)


def render_office(
    summaries: Rows,
    office: str,
    year: int,
    data_date: datetime,
    publisher_name: str = "UN Women",
    language: str = "en",
) -> str:
    """The page at `<office>/index.html`: the office's outcomes of `year`."""
    shown = [row for row in summaries if row.fiscal_year == year and row.office == office]
    return _Listing(shown, year, data_date, [], publisher_name, language, "../").render(office=office)


class _Listing:
    def __init__(
        self,
        rows: Rows,
        year: int,
        data_date: datetime,
        years: list[int],
        publisher_name: str,
        language: str,
        root: str,
    ) -> None:
        order = sorted(rows, key=lambda r: (r.region, r.office_name, natural_key(r.outcome), r.plan_period))
        self.rows, self.year, self.data_date, self.years = order, year, data_date, sorted(years)
        self.publisher_name, self.language, self.root = publisher_name, language, root
        self.texts = Texts(language)

    def render(self, is_by_office: bool = False, office: str = "") -> str:
        texts = self.texts
        offices = self._offices()
        title = texts("index.title")
        if office:
            title = self.rows[0].office_name if self.rows else office
        body = self._office_rows(offices) if is_by_office else self._outcome_rows(offices, bool(office))
        caption = "index.office_caption" if is_by_office else "index.caption"
        ids = FigureIds(("office", office)) if office else FigureIds("all")
        return render_template(
            "index.html.j2",
            t=texts,
            language=self.language,
            root=self.root,
            publisher_name=self.publisher_name,
            title=title,
            is_front=not office,
            lede=texts("index.lede", outcomes=f"{len(self.rows):,}", offices=f"{len(offices):,}"),
            counted=self._count(len(self.rows)),
            years=self.years,
            year=self.year,
            newest=max(self.years, default=self.year),
            data_date=self.data_date,
            date=texts.date(self.data_date),
            caption=texts(caption, year=self.year),
            first_column=texts("index.office" if is_by_office else "index.outcome"),
            period=self._spark_title(),
            key_figures=Markup(self._key_figures(ids)),
            filters=Markup("" if office else self._filters(offices, is_by_office)),
            rows=Markup(body),
            total=Markup(self._total(ids)),
            note=texts("index.note", year=self.year) if not is_by_office else "",
        )

    def _count(self, number: int) -> str:
        return self.texts("index.outcome_one") if number == 1 else self.texts("index.outcomes", count=f"{number:,}")

    def _offices(self) -> list[tuple[str, list[OutcomeYearSummary]]]:
        """(office, its rows) in the order of region and name."""
        groups: dict[str, list[OutcomeYearSummary]] = {}
        for row in self.rows:
            groups.setdefault(row.office, []).append(row)
        return list(groups.items())

    def _spark_title(self) -> str:
        years = [year for row in self.rows for year, _ in row.expenses_by_year]
        return f"{min(years)}–{max(years)}" if years else ""

    def _sums(self, rows: Rows) -> tuple[int, int, int]:
        return sum(r.planned for r in rows), sum(r.available for r in rows), sum(r.expense for r in rows)

    def _figure(self, ids: FigureIds, measure: str, cents: int) -> Figure:
        return Figure(ids(self.year, "", measure), plain_usd(cents), "USD", "", cents)

    def _cells(self, ids: FigureIds, money: tuple[int, int, int]) -> str:
        """Planned, available, expense and delivery of one line."""
        cells = []
        for measure, cents in zip(("planned", "available", "expense"), money, strict=True):
            label = escape(self.texts(f"key.{measure}"))
            figure = self._figure(ids, measure, cents)
            kind = "n negative" if cents < 0 else "n"
            cells.append(f'<td class="{kind}" data-label="{label}"><span{data(figure)}>{figure.text}</span></td>')
        label = escape(self.texts("index.delivery"))
        if money[1]:
            value = rate_value(money[2], money[1])
            rate = Figure(ids(self.year, "", "delivery_rate"), value, "%", percent(value))
            cells.append(f'<td class="n" data-label="{label}"><span{data(rate)}>{rate.text}</span></td>')
        else:
            words = escape(self.texts("none.not_computable"))
            why = escape(self.texts("why.no_available"))
            cells.append(f'<td class="n none" data-label="{label}" title="{why}"><span>{words}</span></td>')
        return "".join(cells)

    def _outcome_rows(self, offices, is_office_page: bool) -> str:
        parts = []
        for office, rows in offices:
            if not is_office_page:
                parts.append(self._group(office, rows))
            parts += [self._outcome_row(row) for row in rows]
            if not is_office_page and len(rows) > 1:
                words = escape(self.texts("index.office_total", name=rows[0].office_name))
                cells = self._cells(FigureIds(("office", office)), self._sums(rows))
                spark = '<td class="spark"></td>'
                parts.append(f'<tr class="subtotal"><th scope="row">{words}</th>{spark}{cells}</tr>')
        return "".join(parts)

    def _group(self, office: str, rows: Rows) -> str:
        link = f"{self.root}{path_part(office)}/index.html"
        region = f'<span class="meta">{escape(rows[0].region)}</span>' if rows[0].region else ""
        name = f'<a class="t" href="{link}">{escape(rows[0].office_name)}</a>'
        heading = f'<th scope="rowgroup" colspan="6">{name}{region}</th>'
        return f'<tr class="group" id="office-{path_part(office)}">{heading}</tr>'

    def _outcome_row(self, row: OutcomeYearSummary) -> str:
        link = f"{self.root}{outcome_path(row.office, row.plan_period, row.outcome)}/{self.year}/index.html"
        badge = ""
        if row.changed:
            badge = f' <span class="badge small">{escape(self.texts("index.changed", count=row.changed))}</span>'
        meta = f"<b>{escape(row.outcome)}</b> · {escape(self.texts.period(row.plan_period))}"
        cells = self._cells(FigureIds(row.outcome, row.plan_period), (row.planned, row.available, row.expense))
        return (
            f'<tr><th scope="row"><a class="t" href="{link}">{escape(row.title)}</a>'
            f'<span class="meta">{meta}{badge}</span></th><td class="spark">{self._spark(row)}</td>{cells}</tr>'
        )

    def _office_rows(self, offices) -> str:
        parts = []
        for office, rows in offices:
            link = f"{self.root}{path_part(office)}/index.html"
            meta = " · ".join(part for part in (office, rows[0].region, self._count(len(rows))) if part)
            cells = self._cells(FigureIds(("office", office)), self._sums(rows))
            parts.append(
                f'<tr id="office-{path_part(office)}"><th scope="row"><a class="t" href="{link}">'
                f'{escape(rows[0].office_name)}</a><span class="meta">{escape(meta)}</span></th>'
                f'<td class="spark"></td>{cells}</tr>'
            )
        return "".join(parts)

    def _spark(self, row: OutcomeYearSummary) -> str:
        """Small bars from zero on the row's own scale; the page's year is dark."""
        spent = list(row.expenses_by_year)[-6:]
        largest = max([cents for _, cents in spent] + [1])
        unit = unit_of(largest)
        bars = "".join(
            f'<rect class="{"sp" if year == self.year else "spo"}" x="{2 + 15 * i}" width="11" '
            f'y="{30 - 27 * cents / largest:.1f}" height="{27 * cents / largest:.1f}"/>'
            for i, (year, cents) in enumerate(spent)
            if cents > 0
        )
        if not spent:
            return ""
        values = ", ".join(short_usd(cents, unit) for _, cents in spent)
        words = escape(self.texts("index.spark", first=spent[0][0], last=spent[-1][0], values=values))
        drawing = (
            f'<svg width="92" height="32" aria-hidden="true"><line class="axis" x2="92" y1="30" y2="30"/>{bars}</svg>'
        )
        return f'{drawing}<span class="hidden">{words}</span>'

    def _total(self, ids: FigureIds) -> str:
        if not self.rows:
            return ""
        words = escape(self.texts("index.total"))
        cells = self._cells(ids, self._sums(self.rows))
        return f'<tr><th scope="row">{words}</th><td class="spark"></td>{cells}</tr>'

    def _key_figures(self, ids: FigureIds) -> str:
        texts, money = self.texts, self._sums(self.rows)
        planned, available, expense = money
        unlinked = sum(row.unlinked_expense for row in self.rows)
        unit = unit_of(max(map(abs, money), default=0))
        remarks = (
            texts("key.usd", amount=format_usd(planned)),
            texts("key.of_planned", percent=percent(rate_value(available, planned))) if planned else "",
            texts("key.of_available", percent=percent(rate_value(expense, available))) if available else "",
            texts("index.of_expense", percent=percent(rate_value(unlinked, expense))) if expense > 0 else "",
        )
        figures = [
            self._figure(ids, measure, cents)
            for measure, cents in zip(("planned", "available", "expense"), money, strict=True)
        ]
        figures.append(Figure(ids(self.year, "sdg:X00", "expense"), plain_usd(unlinked), "USD", "", unlinked))
        labels = (
            texts("index.planned", year=self.year),
            texts("key.available"),
            texts("key.expense"),
            texts("index.unlinked"),
        )
        return "".join(
            f"<div><dt>{escape(label)}</dt><dd{data(figure)}>{short_usd(figure.cents or 0, unit)}</dd>"
            f"<dd>{escape(remark)}</dd></div>"
            for label, figure, remark in zip(labels, figures, remarks, strict=True)
        )

    def _filters(self, offices, is_by_office: bool) -> str:
        """Plain links: regions lead to their first office, offices to their group or page."""
        regions: dict[str, list] = {}
        for office, rows in offices:
            regions.setdefault(rows[0].region, []).append((office, rows))
        parts = []
        if len(regions) > 1 or "" not in regions:
            links = "".join(
                self._filter(
                    f"#office-{path_part(group[0][0])}",
                    name or self.texts("index.no_region"),
                    sum(len(r) for _, r in group),
                )
                for name, group in regions.items()
            )
            parts.append(
                f"<details open><summary>{escape(self.texts('index.region'))}</summary><ul>{links}</ul></details>"
            )
        links = "".join(
            self._filter(
                f"{self.root}{path_part(office)}/index.html" if is_by_office else f"#office-{path_part(office)}",
                rows[0].office_name,
                len(rows),
            )
            for office, rows in offices
        )
        parts.append(f"<details open><summary>{escape(self.texts('index.office'))}</summary><ul>{links}</ul></details>")
        return "".join(parts)

    def _filter(self, link: str, name: str, count: int) -> str:
        return f'<li><a href="{link}"><span>{escape(name)}</span><span class="count">{count:,}</span></a></li>'
