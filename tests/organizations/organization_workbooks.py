"""An organization's rows as files that people could have dropped: split, shuffled, dressed and spelled at random.

All rows of one slice stay in one file (a slice in two files of one night is a conflict by rule); a file may
hold several datasets and several sheets of one. Nothing here knows the product.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import openpyxl
from organization_rows import FRAMEWORKS, Organization, Partner

SOURCES = ("finance", "donors", "programme")
PUBLISHER = "XM-DAC-41146"
Value = str | int | Decimal | date | None

# canonical heading -> other headings that mean the same
SYNONYMS = {
    "Transaction": ("Journal line", "Écriture", "Asiento", "Проводка"),
    "Output": ("Output code", "Produit"),
}
ORGANIZATION_WIDE = ("offices", "funds", "partners")
SUMMED = {"expenses": ("Amount (USD)",), "budgets": ("Planned (USD)", "Available (USD)")}
AS_CSV = ("expenses", "budgets", "contributions", "outputs", "partners")


@dataclass(slots=True)
class Table:
    """Rows of one dataset as dictionaries by canonical heading; `slices` gives each row's slice."""

    dataset: str
    headings: list[str]
    rows: list[dict[str, Value]]
    slices: list[tuple]


def write_workbooks(org: Organization, folder: Path) -> list[Path]:
    """Writes the files under `folder`/<source>/ and returns their paths; the seed decides how they look."""
    rng = Random(f"files of {org.seed}")
    parts: list[Table] = []
    for table in tables(org, rng):
        parts += _divide(table, rng)
    rng.shuffle(parts)
    paths: list[Path] = []
    while parts:
        number = len(paths) + 1
        target = folder / rng.choice(SOURCES)
        target.mkdir(parents=True, exist_ok=True)
        if parts[-1].dataset in AS_CSV and rng.random() < 0.25:
            paths.append(_write_csv(target / f"drop {number:02d}.csv", parts.pop(), rng))
        else:
            together = [parts.pop() for _ in range(min(len(parts), rng.randint(1, 3)))]
            paths.append(_write_xlsx(target / f"drop {number:02d}.xlsx", together, rng))
    return paths


def tables(org: Organization, rng: Random) -> list[Table]:
    """Every dataset, its cells spelled as people spell them."""
    partners = {partner.code: partner for partner in org.partners}
    giver = {gift.agreement: gift.partner for gift in org.contributions}
    return [
        _table("offices", ["Office", "Name", "Kind", "Region"], (
            (code, name, kind, "ECA") for code, name, kind in org.offices
        ), lambda row: ()),
        _table("outcomes", ["Office", "Plan period", "Outcome", "Title"], (
            (o.office, f"{o.period[0]}-{o.period[1]}", _code(o.code, rng), f"Outcome {o.code}")
            for o in org.outcomes
        ), lambda row: (row[0], row[1])),
        _table("outputs", ["Plan period", "Outcome", "Output", "Title"], (
            (f"{o.period[0]}-{o.period[1]}", _code(o.outcome, rng), _code(o.code, rng), f"Output {o.code}")
            for o in org.outputs
        ), lambda row: (_office(row[2]), row[0])),
        _table("funds", ["Fund", "Name", "Fund type", "Financing instrument"], (
            (f.code, f"Fund {f.code}", f.fund_type, f.instrument or None) for f in org.funds
        ), lambda row: ()),
        _table("partners", [
            "Partner", "Name", "Contributor type", "Aliases", "Withhold until", "Withhold reason"
        ], (
            (p.code, p.name, p.contributor_type, rng.choice(["; ", "\n"]).join(p.aliases) or None,
             p.withhold_until, "asked for it" if p.withhold_until else None)
            for p in org.partners
        ), lambda row: ()),
        _table("exchange_rates", ["Currency", "Effective date", "Rate per USD", "Source"], (
            (r.currency, r.effective, Decimal(r.per_usd), "UN") for r in org.rates
        ), lambda row: (row[0], row[1].year)),
        _table("budgets", ["Output", "Fiscal year", "Fund", "Version", "Planned (USD)", "Available (USD)"], (
            (_code(b.output, rng), b.year, b.fund, b.version, _money(b.planned), _money(b.available))
            for b in org.budgets
        ), lambda row: (_office(row[0]), row[1])),
        _table("expenses", [
            "Transaction", "Posting date", "Fiscal year", "Period", "Office", "Output", "Fund", "Partner",
            "Account", "Currency", "Amount", "Amount (USD)",
        ], (
            (e.transaction, e.posted, e.year, e.period, e.office, _code(e.output, rng), e.fund,
             _partner(partners.get(e.partner or ""), rng), "72100", e.currency, _money(e.amount),
             _money(e.amount_usd))
            for e in org.expenses
        ), lambda row: (row[4], row[2], row[3])),
        _table("contributions", [
            "Agreement", "Partner", "Fund", "Stage", "Date", "Fiscal year", "Currency", "Amount",
            "Amount (USD)", "Outcome",
        ], (
            (c.agreement, _partner(partners[c.partner], rng), c.fund, c.stage, c.day, c.year, c.currency,
             _money(c.amount), _money(c.amount_usd), _code(c.outcome, rng) if c.outcome else None)
            for c in org.contributions
        ), lambda row: (giver[row[0]], row[5])),
        _table("sdg_weights", ["Output", "Fiscal year", "SDG", "Weight (%)"], (
            (_code(w.output, rng), w.year, _sdg(w.sdg, rng), Decimal(w.weight) if w.weight else None)
            for w in org.weights
        ), lambda row: (_short(row[0]), row[1])),
        _table("plan_links", ["Outcome", "Fiscal year", "Framework", "Element", "Weight (%)"], (
            (_code(k.outcome, rng), k.year, k.framework, _element(k.framework, k.element, rng),
             Decimal(k.weight) if k.weight else None)
            for k in org.links
        ), lambda row: (_short(row[0]), row[1])),
    ]  # fmt: skip


def _table(dataset: str, headings: list[str], rows: Iterable[tuple], slice_of: Callable[[tuple], tuple]) -> Table:
    made = list(rows)
    return Table(
        dataset,
        headings,
        [dict(zip(headings, row, strict=True)) for row in made],
        [slice_of(row) for row in made],
    )


# --- spelling


def _money(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)


def _code(code: str, rng: Random) -> str:
    return rng.choice([code, code, code, code.lower(), f" {code} ", f"{PUBLISHER}-{code}"])


def _short(code: str) -> str:
    return code.strip().upper().removeprefix(f"{PUBLISHER}-")


def _office(code: str) -> str:
    return _short(code)[:3]


def _sdg(code: str, rng: Random) -> str:
    if code == "X00":
        return rng.choice(["X00", "x00"])
    return rng.choice([code, code, code.upper(), f"SDG {code}", f"{code}." if code[-1].isalpha() else code])


def _partner(partner: Partner | None, rng: Random) -> str | None:
    if partner is None:
        return None
    text = rng.choice([partner.code, partner.code, partner.name, *partner.aliases])
    return rng.choice([text, text, text.upper(), f" {text}  ", text.replace(" ", "  ")])


def _element(framework: str, code: str, rng: Random) -> str:
    names = {c: name for elements in FRAMEWORKS[framework].values() for c, name in elements}
    return rng.choice([code, code, names[code]])


# --- dividing and writing


def _divide(table: Table, rng: Random) -> list[Table]:
    """The table cut into one to four files along its slices, rows in any order."""
    count = 1 if table.dataset in ORGANIZATION_WIDE else rng.randint(1, 4)
    place: dict[tuple, int] = {}
    rows: dict[int, list[int]] = defaultdict(list)
    for number, key in enumerate(table.slices):
        rows[place.setdefault(key, rng.randrange(count))].append(number)
    parts = []
    for numbers in rows.values():
        rng.shuffle(numbers)
        chosen = [table.rows[number] for number in numbers]
        parts.append(Table(table.dataset, table.headings, chosen, [table.slices[n] for n in numbers]))
    return parts


def _shown(table: Table, rng: Random) -> tuple[list[str], list[str]]:
    """Canonical headings in the order of the sheet, and what stands there."""
    order = table.headings[:]
    rng.shuffle(order)
    shown = [rng.choice([h, h, h.upper(), f" {h} ", *SYNONYMS.get(h, ())]) for h in order]
    return order, shown


def _write_csv(path: Path, table: Table, rng: Random) -> Path:
    order, shown = _shown(table, rng)
    delimiter, encoding = rng.choice(",;\t"), rng.choice(["utf-8", "utf-8-sig"])
    with path.open("w", encoding=encoding, newline="") as handle:
        writer = csv.writer(handle, delimiter=delimiter)
        writer.writerow(shown)
        for row in table.rows:
            writer.writerow([_text(row[heading]) for heading in order])
    return path


def _text(value: Value) -> str:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return "" if value is None else str(value)


def _write_xlsx(path: Path, parts: list[Table], rng: Random) -> Path:
    book = openpyxl.Workbook()
    cover = book.active
    assert cover is not None
    cover["A1"] = "Prepared by a team that likes covers"
    for number, table in enumerate(parts, start=1):
        sheets = 2 if len(table.rows) > 6 and rng.random() < 0.3 else 1  # sheets of one dataset unite
        for part in range(sheets):
            rows = table.rows[part::sheets]
            _sheet(book.create_sheet(f"{table.dataset} {number}.{part + 1}"), table, rows, rng)
    if rng.random() < 0.4:
        del book[cover.title]
    book.save(path)
    return path


def _sheet(sheet, table: Table, rows: list[dict[str, Value]], rng: Random) -> None:
    order, shown = _shown(table, rng)
    left = rng.choice([0, 0, 0, 1, 2])
    at = 1
    for _ in range(rng.choice([0, 0, 1, 3])):
        sheet.cell(at, 1 + left, "Figures of the office, as booked")
        at += 1
    for column, heading in enumerate(shown, start=1 + left):
        sheet.cell(at, column, heading)
    is_text = rng.random() < 0.2  # the money of this sheet is stored as text
    for row in rows:
        at += 1
        for column, heading in enumerate(order, start=1 + left):
            value: Value | float = row[heading]
            if isinstance(value, Decimal):
                is_money = heading.startswith(("Amount", "Planned", "Available"))
                value = f"{value:.2f}" if is_text and is_money else float(value)
            cell = sheet.cell(at, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    summed = SUMMED.get(table.dataset, ())
    if summed and order[0] not in summed and not is_text and rng.random() < 0.5:
        sheet.cell(at + 1, 1 + left, rng.choice(["Total", "Grand total", "TOTAL"]))
        for heading in summed:
            amounts = [row[heading] for row in rows if isinstance(row[heading], Decimal)]
            sheet.cell(at + 1, 1 + left + order.index(heading), float(sum(amounts)))  # type: ignore[arg-type]
