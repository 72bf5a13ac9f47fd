"""Invented but realistic facts of one outcome, KGZ_O_2 of plan period 2018-2022: sums are exact by construction."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from outcome_reporting.domain.outcome import (
    Change,
    Explanation,
    HeldOutput,
    Labels,
    OutcomeFacts,
    OutputFacts,
    PartnerRow,
    PlanRow,
    ProgressNote,
    ResourceRow,
    ResultRow,
    ResultSource,
    SdgRow,
    SourceFile,
    SourceGroup,
    SourceLine,
    WeightSource,
    YearSources,
)

YEARS = (2018, 2019, 2020, 2021, 2022)
TOTALS = {  # planned, available, expense in cents
    2018: (61_240_000, 57_126_040, 49_811_327),
    2019: (74_800_000, 70_291_518, 65_548_091),
    2020: (90_550_000, 68_830_466, 60_422_735),
    2021: (102_000_000, 104_618_002, 96_290_448),
    2022: (114_900_000, 101_247_327, 95_537_927),
}
FUNDS = (("core", 23), ("non-core", 70), ("institutional", 7))
OUTPUTS = (
    ("KGZ_O_2.1", "Parliament, government and civil society consult one another on gender equality laws"),
    ("KGZ_O_2.2", "Women entrepreneurs and companies trade and commit to the Women’s Empowerment Principles"),
    ("KGZ_O_2.3", "Media and new allies carry messages of equality to the wider public"),
    ("KGZ_O_2.4", "Partners finance the country programme"),
)
# output -> share of money, method, SDG weights
WEIGHTS = {
    "KGZ_O_2.1": (38, "weighted", (("5", "5.1", 30), ("5", "5.c", 30), ("16", "16.7", 40))),
    "KGZ_O_2.2": (30, "renormalised", (("5", "5.a", 1), ("5", "5.b", 1), ("8", "8.3", 1))),
    "KGZ_O_2.3": (22, "weighted", (("5", "5.5", 55), ("16", "16.10", 20), ("17", "", 15), ("X00", "", 10))),
    "KGZ_O_2.4": (10, "none", (("X00", "", 100),)),
}
PARTNERS_2022 = (
    ("", "", "", "core pool", 28_248_739, 0),
    ("SPOTLIGHT", "Spotlight Initiative Fund", "C04D", "direct", 27_395_864, 25_000_000),
    ("SWE", "Sweden", "C01", "direct", 14_391_093, 30_000_000),
    ("EU", "European Commission", "C08A", "direct", 9_634_011, 0),
    ("CHE", "Switzerland", "C01", "direct", 8_721_490, 9_500_000),
    ("FIN", "Finland", "C01", "direct", 7_322_423, 8_000_000),
    ("JPN", "Japan", "C01", "direct", -1_824_066, -1_824_066),
    ("", "", "", "withheld", 1_250_000, 1_250_000),
)


def split(cents: int, weights: list[int]) -> list[int]:
    """Largest remainder; the sign is restored, so the parts always sum to `cents`."""
    total, sign = sum(weights), -1 if cents < 0 else 1
    whole = [abs(cents) * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(abs(cents) * weights[i] % total), i))
    for place in order[: abs(cents) - sum(whole)]:
        whole[place] += 1
    return [sign * part for part in whole]


def _split_all(money: tuple[int, ...], weights: list[int]) -> list[tuple[int, ...]]:
    return list(zip(*(split(cents, weights) for cents in money), strict=True))


def _resources() -> tuple[ResourceRow, ...]:
    return tuple(
        ResourceRow(year, fund, *money)
        for year in YEARS
        for (fund, _), money in zip(FUNDS, _split_all(TOTALS[year], [w for _, w in FUNDS]), strict=True)
    )


def _sdg(resources: tuple[ResourceRow, ...]) -> tuple[SdgRow, ...]:
    rows = []
    for row in resources:
        money = (row.planned, row.available, row.expense)
        shares = _split_all(money, [share for share, _, _ in WEIGHTS.values()])
        for (output, (_, method, weights)), part in zip(WEIGHTS.items(), shares, strict=True):
            pieces = _split_all(part, [weight for _, _, weight in weights])
            for (goal, target, _), piece in zip(weights, pieces, strict=True):
                rows.append(SdgRow(output, row.fiscal_year, row.fund_type, goal, target, method, *piece))
    return tuple(rows)


def _partners() -> tuple[PartnerRow, ...]:
    rows = [PartnerRow(2022, *row) for row in PARTNERS_2022]
    rows.append(PartnerRow(2022, "", "", "", "unattributed", 95_537_927 - sum(r.expense for r in rows), 0))
    rows += [PartnerRow(year, "", "", "", "core pool", TOTALS[year][2], 0) for year in YEARS[:-1]]
    return tuple(rows)


def _plan() -> tuple[PlanRow, ...]:
    rows = []
    for year in YEARS[:-1]:
        planned, _, expense = TOTALS[year]
        rows.append(PlanRow(year, "2018-2021", "impact area", "", "", planned, expense))
        name = "Increased engagement of partners in support of UN-Women's mandate"
        rows.append(PlanRow(year, "2018-2021", "organizational output", "SP_O_2", name, planned, expense))
    planned, _, expense = TOTALS[2022]
    rows.append(PlanRow(2022, "2022-2025", "impact area", "", "", planned, expense))
    elements = {
        "systemic outcome": (
            ("SP_D_0.3", "Positive social norms, including by engaging men and boys", 40),
            ("SP_D_0.7", "UN system coordination for gender equality and women's empowerment", 60),
        ),
        "organizational output": (
            ("SP_O_2", "Advancing partnerships and resourcing", 70),
            ("SP_O_5", "Effective normative, programmatic and coordination products, services and processes", 30),
        ),
    }
    for kind, listed in elements.items():
        parts = _split_all((planned, expense), [weight for _, _, weight in listed])
        for (code, name, _), money in zip(listed, parts, strict=True):
            rows.append(PlanRow(2022, "2022-2025", kind, code, name, *money))
    return tuple(rows)


# code, output, title, measure, baseline, target; below it the milestones and the results of each year
_INDICATORS = (
    ("KGZ_O_2A", "", "Partners with new commitments to equality", "unit", "12", "30"),
    ("15 18 20 25 30", "15 18 17 29 34"),
    ("KGZ_O_2.1A", "KGZ_O_2.1", "Laws reviewed by gender experts", "unit", "0", "350"),
    ("40 110 190 270 350", "0 48 120 251 362"),
    ("KGZ_O_2.1B", "KGZ_O_2.1", "A council on women’s rights sits in parliament", "nominal", "No", "Yes"),
    ("NA NA NA NA NA", "No No No No Yes"),
    ("KGZ_O_2.2A", "KGZ_O_2.2", "Women selling on the Buy From Women platform", "unit", "0", "1,500"),
    ("100 300 700 1,100 1,500", "0 210 640 1,159 1,402"),
    ("KGZ_O_2.2B", "KGZ_O_2.2", "Companies signed up to the Principles", "unit", "3", "28"),
    ("5 10 16 22 28", "3 6 9 9 12"),
    ("KGZ_O_2.3A", "KGZ_O_2.3", "Monitored media coverage free of stereotypes", "percentage", "22%", "40%"),
    ("24% 28% 32% 36% 40%", "24% 27% - 33% 35%"),
)


def _results() -> tuple[ResultRow, ...]:
    rows = []
    for indicator, (milestones, results) in zip(_INDICATORS[::2], _INDICATORS[1::2], strict=True):
        code, output, title, measure, baseline, target = indicator
        for year, milestone, result in zip(YEARS, milestones.split(), results.split(), strict=True):
            text = "" if result == "-" else result
            plain = text.replace(",", "").rstrip("%")
            value = Decimal(plain) if plain.isdigit() else None
            rows.append(ResultRow(code, output, title, measure, year, baseline, milestone, target, text, value))
    return tuple(rows)


_NOTES = (
    (
        2022,
        "en",
        "approved",
        "Parliament set up a Council on women’s and children’s rights and gender equality in March 2022. It replaces "
        "the council against violence of the last convocation and, unlike it, gives civil society a seat.\n\n"
        "The review of legislation continued: 362 laws have been read by gender experts since 2019.",
    ),
    (2021, "en", "approved", "Twenty-nine partners made new commitments, among them two media houses."),
    (2020, "fr", "approved", "L’année a été marquée par la pandémie ; les consultations se sont tenues en ligne."),
    (2019, "en", "draft", "This draft is never published."),
)


def _notes() -> tuple[ProgressNote, ...]:
    return tuple(
        ProgressNote(year, language, "Partners change laws", text, "Programme analyst", status)
        for year, language, status, text in _NOTES
    )


LABELS = Labels(
    goals={
        "5": "Gender equality",
        "8": "Decent work and economic growth",
        "16": "Peace, justice and strong institutions",
        "17": "Partnerships for the goals",
    },
    targets={
        "5.1": "End discrimination against women and girls",
        "5.5": "Full participation and equal leadership",
        "5.a": "Equal rights to economic resources",
        "5.b": "Technology that empowers women",
        "5.c": "Policies and laws for gender equality",
        "8.3": "Jobs, enterprise and small business",
        "16.7": "Inclusive, representative decisions",
        "16.10": "Public access to information",
    },
    contributor_types={"C01": "Government", "C04D": "UN inter-agency pooled fund", "C08A": "European Commission"},
)


FILES = {
    name: SourceFile(name, "a.bekova", "finance", datetime(2023, 3, 13, 16, 5, 9, tzinfo=UTC), f"{number:064x}")
    for number, name in enumerate(("Budget_KGZ.xlsx", "Expenses_KGZ.xlsx", "Weights & results_KGZ.xlsx"), start=1)
}


def _explained(rows: list[tuple[str, str, str, int]], file: str) -> Explanation:
    """Of (output, fund type, partner, cents): the three largest by themselves, the others in one."""
    ordered = sorted((row for row in rows if row[3]), key=lambda row: -abs(row[3]))
    groups = tuple(
        SourceGroup(FILES[file], "Sheet <1>", output, f"F-{fund_type}", fund_type, partner, 12, cents)
        for output, fund_type, partner, cents in ordered[:3]
    )
    rest = ordered[3:]
    return Explanation(groups, (), len(rest), 5 * len(rest), sum(row[3] for row in rest))


def _sources(sdg: tuple[SdgRow, ...], partners: tuple[PartnerRow, ...], results: tuple[ResultRow, ...]):
    """The cells of every year, agreeing with the rows that are published."""
    found = {}
    for year in YEARS:
        cells: dict[tuple[str, str, str], int] = {}
        for row in sdg:
            if row.fiscal_year == year:
                for measure in ("planned", "available", "expense"):
                    key = (measure, row.output, row.fund_type)
                    cells[key] = cells.get(key, 0) + getattr(row, measure)
        files = {"planned": "Budget_KGZ.xlsx", "available": "Budget_KGZ.xlsx", "expense": "Expenses_KGZ.xlsx"}
        funds, totals = {}, {}
        for measure, file in files.items():
            rows = [(output, kind, "", cents) for (own, output, kind), cents in cells.items() if own == measure]
            line = SourceLine(FILES[file], "Sheet <1>", 41, "L", "1528400.00", "KGS", "79.5", "2022-06-01", 1_922_516)
            totals[measure] = _explained(rows, file)._replace(lines=(line,) * 7)
            for kind, _ in FUNDS:
                funds[measure, kind] = _explained([row for row in rows if row[1] == kind], file)
        of_year = [row for row in partners if row.fiscal_year == year]
        weights, file = {}, FILES["Weights & results_KGZ.xlsx"]
        for output, (_, method, own) in WEIGHTS.items():
            if method != "none":
                for place, (goal, target, weight) in enumerate(own, start=2):
                    percent = str(weight) if method == "weighted" else "33.3333"
                    weights[output, target or goal] = WeightSource(percent, file, "SDG weights", place, 2018)
        found[year] = YearSources(
            totals,
            funds,
            {
                (row.kind, row.partner): _explained(
                    [("KGZ_O_2.1", "non-core", row.partner, row.expense)], "Expenses_KGZ.xlsx"
                )
                for row in of_year
            },
            {
                (row.kind, row.partner): _explained(
                    [("", "non-core", row.partner, row.contribution)], "Budget_KGZ.xlsx"
                )
                for row in of_year
            },
            weights,
            {("2022-2025", "SP_D_0.3"): WeightSource("40", file, "Links", 2, 2022)},
            {
                (row.output, row.indicator): ResultSource(
                    file,
                    "Results",
                    place,
                    dict(zip(("baseline", "milestone", "target", "result"), "GHIJ", strict=True)),
                )
                for place, row in enumerate(results, start=2)
                if row.fiscal_year == year
            },
        )
    return found


def kgz_facts(**changes) -> OutcomeFacts:
    """The facts; a keyword replaces a field."""
    resources, partners, results = _resources(), _partners(), _results()
    sdg = _sdg(resources)
    values = {
        "office": "KGZ",
        "plan_period": "2018-2022",
        "outcome": "KGZ_O_2",
        "title": "Increased engagement of partners in support of UN-Women’s mandate",
        "office_name": "Kyrgyzstan",
        "office_kind": "CO",
        "data_date": datetime(2023, 3, 14, 2, 0, tzinfo=UTC),
        "years": YEARS,
        "description": "The office widens the circle of those who work for gender equality, from parliament and "
        "ministries to companies, media and traditional leaders, so that policy, money and public opinion move "
        "together.",
        "region": "Europe and Central Asia",
        "framework_kind": "O",
        "policy_markers": {
            "Gender equality": "principal objective",
            "Disability inclusion": "significant objective",
        },
        "un_function": "Development assistance: normative support and capacity development",
        "outputs": tuple(OutputFacts(code, title) for code, title in OUTPUTS),
        "resources": resources,
        "results": results,
        "sdg": sdg,
        "held_outputs": (HeldOutput("KGZ_O_2.4", 2022, "97.50"),),
        "partners": partners,
        "plan": _plan(),
        "notes": _notes(),
        "other_periods": ("2023-2027",),
        "changes": {
            "KGZ_O_2:2018-2022:2022:partner:FIN:expense": Change("70118.23", "load", "Expenses_KGZ.xlsx", f"{2:064x}")
        },
        "previous_date": datetime(2023, 3, 1, 2, 0, tzinfo=UTC),
        "sources": _sources(sdg, partners, results),
        "labels": LABELS,
    }
    return OutcomeFacts(**(values | changes))
