"""Rows of explanations, made in Python for speed: groups of cells, single cells, and the files that hold them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from outcome_reporting.domain.money import MINUS
from outcome_reporting.domain.outcome import Explanation, SourceFile, SourceGroup, SourceLine

from .html_parts import CELL, amount, escape
from .texts import Texts

_WHOLE = "<td>100\u00a0%</td>"


class SourceRows:
    """Rows for one page. `place` says where the list of files stands: "" on the page of sources itself."""

    def __init__(self, texts: Texts, files: list[SourceFile], place: str = "") -> None:
        self.texts = texts
        self._files = {
            file.sha256: f'<a href="{place}#file-{number}">{escape(file.file_name).replace("_", "_<wbr>")}</a>'
            for number, file in enumerate(files, start=1)
        }
        self._no_partner = texts("panel.no_partner")
        self._more_one = escape(texts("panel.more_one"))
        self._before_more, _, self._after_more = escape(texts("panel.more")).partition("{count}")

    def head(self, *keys: str, words: int = 1) -> str:
        """A row of column titles; the first `words` columns hold words, the others numbers."""
        return self.titles([self.texts(key) for key in keys], words)

    def titles(self, texts: list[str], words: int = 1) -> str:
        """The same of titles that stand written."""
        return _titles(tuple(texts), words)

    def file(self, file: SourceFile) -> str:
        """The name as dropped, leading to who dropped it, when, and its hash."""
        return self._files[file.sha256]

    def groups(self, explanation: Explanation, shown: int | None = None) -> list[str]:
        """One row for each group, the others in one; `shown` limits them, but one alone is never left over."""
        groups = explanation.groups
        left = groups[shown:] if shown is not None and len(groups) > shown + 1 else ()
        parts = [self._group(group) for group in (groups[:shown] if left else groups)]
        if left or explanation.rest_groups:
            count = explanation.rest_groups + len(left)
            lines = explanation.rest_lines + sum([group.lines for group in left])
            share = explanation.rest_share + sum([group.share for group in left])
            more = self._more_one if count == 1 else f"{self._before_more}{count:,}{self._after_more}"
            parts.append(f'<tr><th scope="row">{more}</th><td>{lines:,}</td>{_WHOLE}{amount(share)}</tr>')
        return parts

    def _group(self, group: SourceGroup) -> str:
        file, sheet, output, fund, fund_type, partner, lines, share, _ = group
        if not partner:
            partner = self._no_partner if fund_type == "non-core" else fund_type
        where = escape(" · ".join([part for part in (sheet, output, fund, partner) if part]))
        return (
            f'<tr><th scope="row">{self._files[file.sha256]}<small>{where}</small></th>'
            f"<td>{lines if lines < 1000 else format(lines, ',')}</td>{_WHOLE}{amount(share)}</tr>"
        )

    def line(self, line: SourceLine) -> str:
        file, sheet, row, column, quantity, currency, rate, rate_date, cents, percent, rate_source = line
        rates = "<br>".join([escape(rate), escape(rate_date), escape(rate_source)]) if rate else "–"
        share = '<td class="none">–</td>' if cents is None else amount(cents, CELL)
        whole, _, places = quantity.partition(".")
        written = f"{escape(currency)} {int(whole):,}.{places}".replace("-", MINUS)
        return (
            f'<tr><th scope="row">{self._files[file.sha256]}<small>{escape(sheet)} · {column}{row}</small></th>'
            f"<td>{written}</td><td>{rates}</td><td>{escape(percent)}\u00a0%</td>{share}</tr>"
        )

    def files_table(self, files: list[SourceFile]) -> list[str]:
        """Each file once: its name, who dropped it, when, its hash; nothing where no file is known."""
        if not files:
            return []
        texts, rows = self.texts, []
        for number, file in enumerate(files, start=1):
            name = escape(file.file_name).replace("_", "_<wbr>")
            by = texts("sources.by", owner=file.owner, source=file.source) if file.owner else file.source
            rows.append(
                f'<tr id="file-{number}"><th scope="row">{name}</th><td class="w">{escape(by)}</td>'
                f'<td class="w">{_moment(file.dropped_at)}</td>'
                f'<td class="w hash">{file.sha256}</td></tr>'
            )
        head = self.head("sources.file", "sources.owner", "sources.dropped", "sources.sha256", words=4)
        return explained_table(texts("sources.files"), head, ["<tbody>", *rows, "</tbody>"])


@lru_cache(maxsize=256)  # the same on every page
def _titles(texts: tuple[str, ...], words: int) -> str:
    kinds = [""] * words + [' class="n"'] * (len(texts) - words)
    heads = [f'<th scope="col"{kind}>{escape(text)}</th>' for text, kind in zip(texts, kinds, strict=True)]
    return f"<tr>{''.join(heads)}</tr>"


@lru_cache(maxsize=1024)  # to write a date takes as long as a row, and a file stands on many pages
def _moment(moment: datetime) -> str:
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{moment:%Y-%m-%d %H:%M:%S}</time>'


def explained_table(caption: str, head: str, bodies: list[str], is_hidden: bool = True) -> list[str]:
    """A table in a scroll region of its own; its caption may be for those alone who do not see the heading above."""
    hidden = ' class="hidden"' if is_hidden else ""
    words = escape(caption)
    return [
        f'{_SCROLL}{words}"><table><caption{hidden}>{words}</caption><thead>{head}</thead>',
        *bodies,
        "</table></div>",
    ]


_SCROLL = '<div class="scroll" role="region" tabindex="0" aria-label="'


def scroll(label: str, table: str) -> str:
    """A table that may be wider than the page."""
    return f'{_SCROLL}{escape(label)}">{table}</div>'
