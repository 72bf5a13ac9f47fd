"""The front pages of the site: every outcome or every office of a year, and the outcomes of one office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from outcome_reporting.domain.codes import natural_key
from outcome_reporting.domain.figures import FigureIds
from outcome_reporting.domain.money import format_usd, plain_usd
from outcome_reporting.domain.outcome import OutcomeYearSummary

from .frames import framed
from .html_parts import data, escape
from .model import Figure
from .numbers import percent, rate_value, short_usd, unit_of
from .site import outcome_path, path_part
from .texts import Texts

LISTED = 120  # outcomes that the front page lists itself; with more it lists offices

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
        ids = FigureIds(("office", office)) if office else FigureIds("all")
        filters = "" if office else self._filters(offices, is_by_office)
        lede = texts("index.lede", outcomes=f"{len(self.rows):,}", offices=f"{len(offices):,}")
        date = texts.date(self.data_date)
        html = {
            "title_before": f"{escape(title)} · " if office else "",
            "current": "" if office else ' aria-current="page"',
            "lede": "" if office else f'<p class="lede">{escape(lede)}</p>',
            "years": self._year_links(bool(office)),
            "columns": "columns" if filters else "",
            "filters": filters,
            "key_figures": self._key_figures(ids),
        }
        listing = self._table(body, ids, is_by_office) if body else f"<p>{escape(texts('index.empty'))}</p>"
        pieces = framed(
            "index.html",
            self.language,
            html,
            [listing],
            root=self.root,
            publisher_name=self.publisher_name,
            title=title,
            counted=self._count(len(self.rows)),
            day=self.data_date.date().isoformat(),
            date=date,
            foot=texts("page.foot", date=date),
        )
        return "".join(pieces)

    def _year_links(self, is_office_page: bool) -> str:
        newest, links = max(self.years, default=self.year), []
        for year in self.years or [self.year]:
            front = "index.html" if year == newest else f"years/{year}.html"
            link = "index.html" if is_office_page else f"{self.root}{front}"
            now = ' aria-current="page"' if year == self.year else ""
            links.append(f'<li><a href="{link}"{now}>{year}</a></li>')
        return "".join(links)

    def _table(self, rows: str, ids: FigureIds, is_by_office: bool) -> str:
        texts = self.texts
        caption = escape(texts("index.office_caption" if is_by_office else "index.caption", year=self.year))
        first = escape(texts("index.office" if is_by_office else "index.outcome"))
        heads = [f'<th scope="col">{title}</th>' for title in (first, self._spark_title())]
        for key in ("key.planned", "key.available", "key.expense", "index.delivery"):
            heads.append(f'<th scope="col" class="n">{escape(texts(key))}</th>')
        note = "" if is_by_office else f'<p class="note">{escape(texts("index.note", year=self.year))}</p>'
        return (
            f'<div class="list"><table><caption class="hidden">{caption}</caption><thead><tr>{"".join(heads)}</tr>'
            f"</thead><tbody>{rows}</tbody><tfoot>{self._total(ids)}</tfoot></table></div>\n{note}"
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
        label = escape(self.texts("index.filters"))
        return f'<nav class="filters" id="offices" aria-label="{label}">{"".join(parts)}</nav>'

    def _filter(self, link: str, name: str, count: int) -> str:
        return f'<li><a href="{link}"><span>{escape(name)}</span><span class="count">{count:,}</span></a></li>'
