"""A seeded sequence of drops, corrections and undos over a small organization."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from organization_rows import (
    FRAMEWORKS,
    Budget,
    Contribution,
    Expense,
    Fund,
    Link,
    Outcome,
    Output,
    Partner,
    Rate,
    Weight,
)
from storm_files import DATASET_OF, File, Note, Office, Result, SliceKey, write_file
from storm_model import History

YEARS = range(2020, 2024)
SOURCES = ("finance", "donors", "programme")
FUNDS = [
    Fund("F-C1", "core", "R02A"),
    Fund("F-N2", "non-core", "R03E"),
    Fund("F-N3", "non-core", "R03A"),
    Fund("00004", "institutional", ""),
]
NAMES = ("Kingdom of Elves", "Côte d'Azur", "Fonds Étoile", "Quiet Giver", "Old Secret", "Pooled Fund Nine")
GOOD_WEIGHTS = (
    (("5.2", "60"), ("16.10", "40")),
    (("5.1", "33.33"), ("5.a", "33.33"), ("10.2", "33.33")),
    (("5.1", "12.5"), ("5.6", "37.5"), ("8.10", "25"), ("X00", "25")),
    (("5", "50"), ("13.b", "50")),
    (("3.7", None), ("5.5", None), ("17.18", None)),
    (("1.4", "14.29"), ("2.3", "14.29"), ("4.5", "14.29"), ("5.b", "14.29"), ("5.c", "14.29"), ("9.1", "14.29"),
     ("11.7", "14.29")),
)  # fmt: skip
BAD_WEIGHTS = (
    (("5.2", "60"), ("16.1", "10")),
    (("5.2", "0.5"), ("16.1", "0.5")),
    (("5", "50"), ("5.2", "50")),
    (("5.1", "50"), ("5.2", None)),
)


class Dice:
    """Makes rows and files; knows which transactions and agreements it has given out."""

    def __init__(self, seed: int, today: date) -> None:
        self.rng = Random(seed)
        self.today = today
        self.number = 0
        self.partners = [
            Partner(f"P{n}", name, kind, (f"{name} Agency",), self._until(n))
            for n, (name, kind) in enumerate(zip(NAMES, ("C01", "C08A", "C05", "C05", "C06", "C04D"), strict=True))
        ]
        self.spellings = {
            spelling: p.code
            for p in self.partners
            for spelling in (p.code, p.name, *p.aliases, f"{p.name} Aid", f"{p.name} (old)")
        }
        self.outcomes = [
            Outcome("KGZ", (2020, 2021), "KGZ_D_1.1"),
            Outcome("KGZ", (2022, 2023), "KGZ_D_1.1"),
            Outcome("KGZ", (2020, 2021), "KGZ_O_2"),
            Outcome("MDA", (2020, 2023), "MDA_D_2"),
        ]
        self.outputs = [
            Output((2020, 2021), "KGZ_D_1.1", "KGZ_D_1.1.1"),
            Output((2020, 2021), "KGZ_D_1.1", "KGZ_D_1.1.10"),
            Output((2022, 2023), "KGZ_D_1.1", "KGZ_D_1.1.1"),
            Output((2020, 2021), "KGZ_O_2", "KGZ_O_2.1"),
            Output((2020, 2023), "MDA_D_2", "MDA_D_2.1"),
            Output((2020, 2023), "MDA_D_2", "MDA_D_2.2"),
        ]

    def _until(self, n: int) -> date | None:
        return {3: self.today + timedelta(days=4000), 4: self.today - timedelta(days=30)}.get(n)

    def next(self) -> int:
        self.number += 1
        return self.number

    # --- files

    def file(self, rows: list[Any], name: str = "", columns: Random | None = None) -> File:
        datasets = sorted({DATASET_OF[type(row)] for row in rows})
        ending = "csv" if len(datasets) == 1 and self.rng.random() < 0.25 else "xlsx"
        name = name or f"{self.next():03d} {' and '.join(datasets)[:60]}.{ending}"
        return write_file(name, self.rng.choice(SOURCES), rows, self.rng, columns)

    def first_files(self) -> list[File]:
        """The dimensions, and a first year of everything."""
        rng = self.rng
        rates = [
            Rate(currency, date(year, month, 1), rng.choice(choices))
            for currency, choices in (("KGS", ("84.5", "80", "87.1234")), ("EUR", ("0.92", "0.9153")))
            for year in (2019, *YEARS)
            for month in (1, 7)
        ]
        money = [row for year in (2020, 2022) for row in self._expenses("KGZ", year, (1, 2, 3))]
        money += self._expenses("MDA", 2021, (0, 1, 12))
        budgets = [row for office, year in (("KGZ", 2020), ("MDA", 2021)) for row in self._budgets(office, year)]
        return [
            self.file([Office("KGZ", "Kyrgyzstan", "CO"), Office("MDA", "Moldova", "CO"), *FUNDS]),
            self.file([*self.outcomes, *self.outputs]),
            self.file(list(self.partners)),
            self.file(rates),
            self.file(money),
            self.file(budgets),
            self.file([*self._weights("KGZ_D_1.1.1", 2020), *self._weights("MDA_D_2.1", 2020)]),
            self.file([*self._links("KGZ_D_1.1", 2020), *self._links("MDA_D_2", 2021)]),
            self.file(self._contributions("P0", 2020) + self._contributions("P3", 2021)),
            self.file([
                Result("KGZ_D_1.1", "I-1", 2020, "50%", "35%"), Result("MDA_D_2", "I-2", 2021, "Yes", "NA"),
                Note("KGZ_D_1.1", 2020, "Women took part.", "approved"),
            ]),
        ]  # fmt: skip

    # --- rows

    def outputs_of(self, office: str, year: int) -> list[str]:
        return [o.code for o in self.outputs if o.code[:3] == office and o.period[0] <= year <= o.period[1]]

    def _expenses(self, office: str, year: int, periods: tuple[int, ...]) -> list[Expense]:
        rows = []
        for period in periods:
            for _ in range(self.rng.randint(2, 4)):
                rows.append(self.expense(office, year, period))
        return rows

    def expense(self, office: str, year: int, period: int) -> Expense:
        rng = self.rng
        fund = rng.choice(FUNDS)
        day = date(year, min(max(period, 1), 12), rng.randint(1, 28))
        partner = self.spelling() if fund.fund_type == "non-core" and rng.random() < 0.8 else None
        currency, amount, amount_usd = self._amount()
        output = rng.choice(self.outputs_of(office, year))
        return Expense(
            f"T{self.next():05d}", day, year, period, office, output, fund.code, partner, currency, amount, amount_usd
        )

    def spelling(self) -> str:
        partner = self.rng.choice(self.partners)
        return self.rng.choice([partner.code, partner.name, partner.aliases[0]])

    def _amount(self) -> tuple[str, int, int | None]:
        rng = self.rng
        amount = rng.choice([0, rng.randint(1, 40), rng.randint(100, 90_000), rng.randint(10**6, 10**9)])
        amount *= rng.choice([1, 1, 1, -1])
        match rng.choice(["usd", "usd", "usd only", "converted", "converted", "both"]):
            case "usd":
                return "USD", amount, amount
            case "usd only":
                return "USD", amount, None
            case "both":
                return "EUR", amount, round(amount / 0.92)
        if rng.random() < 0.3:
            return "KGS", 40 * (2 * rng.randint(0, 300) + 1), None  # at a rate of 80: half a cent
        return rng.choice(["KGS", "EUR"]), amount, None

    def _budgets(self, office: str, year: int) -> list[Budget]:
        rng = self.rng
        rows = [
            Budget(output, year, fund.code, version, rng.randint(0, 90_000_000), rng.randint(0, 90_000_000))
            for output in self.outputs_of(office, year)
            for fund in FUNDS
            if rng.random() < 0.6
            for version in rng.choice((["original"], ["original", "revised"]))
        ]
        output = self.outputs_of(office, year)[0]
        sure = Budget(output, year, "F-C1", "original", rng.randint(1, 99), 0)
        return [sure, *(row for row in rows if (row.output, row.fund) != (output, "F-C1"))]

    def _weights(self, output: str, year: int, is_bad: bool = False) -> list[Weight]:
        group = self.rng.choice(BAD_WEIGHTS if is_bad else GOOD_WEIGHTS)
        return [Weight(output, year, sdg, weight) for sdg, weight in group]

    def _links(self, outcome: str, year: int) -> list[Link]:
        rng = self.rng
        framework = "2018-2021" if year <= 2021 else "2022-2025"
        rows = []
        for elements in FRAMEWORKS[framework].values():
            codes = [code for code, _ in rng.sample(elements, 2)]
            weights = rng.choice([("70", "30"), ("66.67", "33.33"), (None, None), ("50", "20"), ("0.01", "99.99")])
            rows += [Link(outcome, year, framework, code, w) for code, w in zip(codes, weights, strict=True)]
        return rows

    def _contributions(self, partner: str, year: int) -> list[Contribution]:
        rng = self.rng
        rows = []
        for stage in ("revenue", rng.choice(["pledge", "cash", "commitment", "refund"])):
            currency, amount, amount_usd = self._amount()
            of_year = [o.code for o in self.outcomes if o.period[0] <= year <= o.period[1]]
            rows.append(Contribution(
                f"AG-{self.next():04d}", rng.choice([s for s, code in self.spellings.items() if code == partner][:3]),
                rng.choice(FUNDS).code, stage, date(year, rng.randint(1, 12), rng.randint(1, 28)), year, currency,
                amount, amount_usd, rng.choice([*of_year, None]),
            ))  # fmt: skip
        return rows

    # --- steps: each gives a file to drop

    def new_file(self, history: History) -> File:
        rng = self.rng
        office, year = rng.choice(["KGZ", "MDA"]), rng.choice(YEARS)
        live = history.live_loads()
        free = [p for p in range(14) if ("expenses", (office, year, p)) not in live]
        rows: list[Any] = self._expenses(office, year, tuple(rng.sample(free, min(len(free), rng.randint(1, 3)))))
        if ("budgets", (office, year)) not in live and rng.random() < 0.6:
            rows += self._budgets(office, year)
        for output in self.outputs_of(office, year):
            if ("sdg_weights", (output, year)) not in live and rng.random() < 0.4:
                rows += self._weights(output, year)
        partner = rng.choice(self.partners).code
        if ("contributions", (partner, year)) not in live and rng.random() < 0.4:
            rows += self._contributions(partner, year)
        outcome = rng.choice([o.code for o in self.outcomes if o.period[0] <= year <= o.period[1]])
        if ("plan_links", (outcome, year)) not in live and rng.random() < 0.4:
            rows += self._links(outcome, year)
        if ("results", (outcome, year)) not in live and rng.random() < 0.3:
            rows.append(Result(outcome, "I-1", year, "50%", f"{rng.randint(1, 99)}%"))
        return self.file(rows or self._weights(rng.choice(self.outputs_of(office, year)), year))

    def correction(self, history: History, count: int) -> File:
        """Some live slices of facts anew: each keeps a row, so that the two files are seen to speak of one thing."""
        kinds = ("expenses", "budgets", "contributions", "sdg_weights", "plan_links", "results")
        live = {key: load for key, load in history.live_loads().items() if key[0] in kinds}
        rows: list[Any] = []
        for key in self.rng.sample(sorted(live, key=repr), min(count, len(live))):
            rows += self.corrected(key, [placed.row for placed in live[key].slices[key]])
        return self.file(rows)

    def part_of_a_file(self, history: History) -> File:
        """Some of the slices of one file, corrected."""
        live = history.live_loads()
        several = [one for one in dict.fromkeys(live.values()) if len(one.slices) > 1]
        load = self.rng.choice([one for one in several if "expenses" in one.file.datasets] or several)
        keys = [key for key in sorted(load.slices, key=repr) if live[key] is load]
        keys = self.rng.sample(keys, max(1, len(keys) // 2))
        rows = [row for key in keys for row in self.corrected(key, [placed.row for placed in load.slices[key]])]
        return self.file(rows)

    def corrected(self, key: SliceKey, rows: list[Any]) -> list[Any]:
        rng = self.rng
        dataset = key[0]
        if dataset == "sdg_weights":
            kept = {rows[0].sdg}
            fresh = [w for w in self._weights(*key[1], is_bad=rng.random() < 0.3) if w.sdg not in kept]
            return [rows[0], *fresh] if fresh and rng.random() < 0.5 else [replace(row, weight=None) for row in rows]
        if dataset == "plan_links":
            return [replace(row, weight=None) for row in rows] if rng.random() < 0.5 else rows[:1]
        if dataset == "results":
            return [replace(row, result=f"{rng.randint(1, 99)}%") for row in rows]
        if dataset not in ("expenses", "budgets", "contributions"):
            return list(rows)
        place = rng.randrange(len(rows))
        changed = list(rows)
        if dataset == "budgets":
            changed[place] = replace(rows[place], planned=rng.randint(0, 90_000_000))
        else:
            currency, amount, amount_usd = self._amount()
            changed[place] = replace(rows[place], currency=currency, amount=amount, amount_usd=amount_usd)
            if dataset == "expenses" and rng.random() < 0.5:
                changed.append(self.expense(*key[1]))
        if len(changed) > 2 and rng.random() < 0.4:
            changed.pop(rng.randrange(len(changed)))
        return changed

    def ledger(self, history: History) -> File:
        """The whole ledger of an office and year under one name; it loses a period now and then."""
        office, year = self.rng.choice([("KGZ", 2020), ("MDA", 2021)])
        live = history.live_loads()
        rows: list[Any] = []
        for period in range(14):
            key = ("expenses", (office, year, period))
            if key in live and self.rng.random() < 0.8:
                same = [placed.row for placed in live[key].slices[key]]
                rows += self.corrected(key, same) if self.rng.random() < 0.3 else same
        rows = rows or self._expenses(office, year, (5,))
        return self.file(rows, f"ledger {office} {year}.xlsx", Random(f"{office}{year}"))

    def weights_that_wait(self, history: History) -> File:
        """Wrong sums, or weights of an output that is not known yet."""
        rng = self.rng
        if rng.random() < 0.4:
            year = rng.choice((2022, 2023))
            return self.file(self._weights(rng.choice(("KGZ_D_1.1.3", "KGZ_D_1.1.7")), year))
        output = rng.choice(self.outputs)
        year = rng.randint(*output.period)
        return self.file(self._weights(output.code, year, is_bad=True))

    def mended_weights(self, history: History) -> File:
        rng = self.rng
        output = rng.choice(self.outputs)
        return self.file(self._weights(output.code, rng.randint(*output.period)))

    def dimension(self, history: History) -> File:
        """A fund of another type, an alias, a withholding, corrected rates, more outputs."""
        rng = self.rng
        org = history.organization()
        match rng.choice(["fund", "alias", "withhold", "withhold", "rates", "rates", "outputs", "outputs"]):
            case "fund":
                place = rng.randrange(1, 3)
                other = "core" if org.funds[place].fund_type == "non-core" else "non-core"
                return self.file([*org.funds[:place], replace(org.funds[place], fund_type=other),
                                  *org.funds[place + 1:]])  # fmt: skip
            case "alias":
                place = rng.randrange(len(org.partners))
                partner = org.partners[place]
                more = rng.choice([f"{partner.name} Aid", f"{partner.name} (old)"])
                aliases = tuple(dict.fromkeys((*partner.aliases, more)))
                return self._partners(org.partners, place, replace(partner, aliases=aliases))
            case "withhold":
                place = rng.randrange(len(org.partners))
                until = rng.choice([None, self.today, self.today + timedelta(days=700)])
                return self._partners(org.partners, place, replace(org.partners[place], withhold_until=until))
            case "rates":
                currency, year = rng.choice(("KGS", "EUR")), rng.choice(YEARS)
                rows = [r for r in org.rates if r.currency == currency and r.effective.year == year]
                per_usd = rng.choice(("80", "81.37", "79.999")) if currency == "KGS" else rng.choice(("0.9", "0.931"))
                rows[rng.randrange(len(rows))] = replace(rows[0], per_usd=per_usd)
                return self.file(list({row.effective: row for row in rows}.values()))
        period = (2022, 2023)
        known = [o for o in org.outputs if o.code[:3] == "KGZ" and o.period == period]
        tail = rng.choice([3, 7, 9])
        more_outputs = [Output(period, "KGZ_D_1.1", f"KGZ_D_1.1.{tail}")]
        known += [o for o in more_outputs if o not in known]
        return self.file(known)

    def _partners(self, partners: list[Partner], place: int, other: Partner) -> File:
        return self.file([*partners[:place], other, *partners[place + 1 :]])

    def money_of_new_outputs(self, history: History) -> File:
        """Lines of an output that was added later, in a slice of their own."""
        rng = self.rng
        org = history.organization()
        added = [o for o in org.outputs if o not in self.outputs]
        live = history.live_loads()
        if not added:
            return self.dimension(history)
        output = rng.choice(added)
        year = rng.randint(*output.period)
        free = [p for p in range(14) if ("expenses", ("KGZ", year, p)) not in live]
        period = rng.choice(free or [13])
        return self.file([replace(self.expense("KGZ", year, period), output=output.code) for _ in range(2)])
