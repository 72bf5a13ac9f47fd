"""What programme teams keep: SDG weights, links to the strategic plan, results, notes. All invented."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dice import Dice
from figures import Output, read_figures, read_outputs

WEIGHT_HEADINGS = ("Output", "Fiscal year", "SDG", "Weight (%)")
LINK_HEADINGS = ("Outcome", "Fiscal year", "Framework", "Element", "Weight (%)")
RESULT_HEADINGS = (
    "Outcome", "Output", "Indicator", "Indicator title", "Measure", "Fiscal year", "Baseline", "Milestone",
    "Target", "Result", "Comment",
)  # fmt: skip
NOTE_HEADINGS = ("Outcome", "Fiscal year", "Language", "Title", "Note", "Author", "Status")

# One line a scheme: SDG as written and its weight ("" = no weight written).
SCHEMES: dict[str, tuple[tuple[str, str], ...]] = {
    "one": (("5.1", "100"),),
    "two": (("5.2", "70"), ("16.1", "30")),
    "many": (("5.5", "40"), ("16.7", "25.5"), ("16.10", "20"), ("17.17", "14.5")),
    "economy": (("5.a", "45"), ("8.10", "30"), ("8.5", "15"), ("1.4", "10")),
    "thirds": (("5.1", "33.33"), ("5.c", "33.33"), ("17.9", "33.33")),
    "sevenths": tuple((sdg, "14.29") for sdg in ("1.2", "3.7", "4.5", "5.2", "5.3", "10.2", "16.3")),
    "equal": (("5.4", ""), ("8.8", ""), ("10.7", "")),
    "goals": (("5", "60"), ("16", "40")),
    "mixed grain": (("5.b", "50"), ("9", "30"), ("17.8", "20")),
    "partly not": (("SDG 5.c", "75"), ("X00", "25")),
    "spelled": (("Target 5.2", "80"), ("16.A", "20")),
    "held": (("5.5", "60"), ("16.7", "37.5")),  # 97.5: refused, the group is held
    "none": (),
}
HELD_GROUP = ("MDA_D_2.2.2", 2020)
_FIXED = {
    ("KGZ_O_2.1", "2018-2022"): "many",
    ("KGZ_O_2.2", "2018-2022"): "thirds",
    ("KGZ_O_2.3", "2018-2022"): "two",
    ("KGZ_O_2.4", "2018-2022"): "equal",
    ("KGZ_D_1.1.1", "2018-2022"): "two",
    ("KGZ_D_1.1.2", "2018-2022"): "partly not",
    ("KGZ_D_1.1.3", "2018-2022"): "spelled",
    ("KGZ_D_2.1.1", "2018-2022"): "economy",
    ("KGZ_D_3.1.2", "2018-2022"): "goals",
    ("KGZ_O_3.1", "2018-2022"): "none",
    ("KGZ_D_2.1.14", "2023-2027"): "mixed grain",
    ("KGZ_D_4.3.5", "2023-2027"): "sevenths",
    ("KGZ_D_4.3.6", "2023-2027"): "many",
}
_INHERITING = ("KGZ_O_2.3", "KGZ_D_2.1.2", "MDA_D_1.1.3", "UKR_D_2.1.10", "MOZ_D_1.10.2", "KGZ_D_4.1.6")
_DRAWN = ("one", "two", "many", "economy", "thirds", "sevenths", "equal", "goals", "mixed grain")


def weight_rows(offices: Iterable[str]) -> list[tuple]:
    """Weights of the outputs of these offices; an inheriting output has rows for its first year alone."""
    rows = []
    for output in read_outputs():
        if output.office not in offices:
            continue
        dice = Dice("weights", output.code, output.period)
        scheme = _FIXED.get((output.code, output.period)) or dice.pick(_DRAWN)
        years = [year for year in output.years if not output.jwp or year >= 2023]
        for year in years[:1] if output.code in _INHERITING else years:
            name = "held" if (output.code, year) == HELD_GROUP else scheme
            rows += [(output.code, year, sdg, Decimal(weight) if weight else None) for sdg, weight in SCHEMES[name]]
    return rows


def link_rows(offices: Iterable[str]) -> list[tuple]:
    """Links of outcomes to elements of the framework in force; D outcomes have no organizational output."""
    rows = []
    years: dict[tuple[str, str], set[int]] = {}
    for output in read_outputs():
        if output.office in offices:
            years.setdefault((output.outcome, output.period), set()).update(output.years)
    for (outcome, period), span in years.items():
        for year in sorted(span):
            framework = "2018-2021" if year <= 2021 else "2022-2025"
            for element, weight in _elements(outcome, period, framework):
                rows.append((outcome, year, framework, element, Decimal(weight) if weight else None))
    return rows


def _elements(outcome: str, period: str, framework: str) -> list[tuple[str, str]]:
    dice = Dice("links", outcome, period, framework)
    is_new = framework == "2022-2025"
    if "_O_" in outcome:
        links = [("SP_O_2", "100")] if outcome.endswith("_2") else [("SP_O_3", "60"), ("SP_O_1", "40")]
        if (outcome, period) == ("KGZ_O_2", "2018-2022") and is_new:
            links = [("Advancing partnerships and resourcing", "80"), ("SP_O_5", "20")]
            links += [("SP_D_0.2", "60"), ("SP_D_0.7", "40"), ("SP_D_1", ""), ("SP_D_3", "")]
        return links
    areas = ["SP_D_1", "SP_D_2", "SP_D_3", "SP_D_4"]
    first = dice.pick(areas)
    second = dice.pick([area for area in areas if area != first])
    links = [(first, "100")] if dice.chance(0.4) else [(first, "66.67"), (second, "33.33")]
    if is_new:
        systemic = ["SP_D_0.1", "SP_D_0.3", "SP_D_0.4", "SP_D_0.5", "SP_D_0.6"]
        one = dice.pick(systemic)
        other = dice.pick([element for element in systemic if element != one])
        shape = dice.share()
        if shape < 0.4:
            links += [(one, ""), (other, "")]
        elif shape < 0.8:
            links += [(one, "55"), (other, "45")]
    return links


def result_rows() -> list[tuple]:
    """Yearly values of every indicator: numbers, percentages, words and dashes."""
    spans = _spans()
    rows = []
    for row in read_figures("indicators.csv"):
        years = spans[row["outcome"], row["plan_period"]]
        for place, year in enumerate(years, start=1):
            dice = Dice("result", row["indicator"], year)
            step = place / len(years)
            milestone = _between(row, step)
            result = _between(row, step * (0.8 + 0.35 * dice.share()))
            if year == 2020 and dice.chance(0.3):
                result = "--"
            rows.append((
                row["outcome"], row["output"] or None, row["indicator"], row["title"], row["measure"], year,
                _cell(row["baseline"]), milestone, _cell(row["target"]), result, row["comment"] or None,
            ))  # fmt: skip
    return rows


def note_rows() -> list[tuple]:
    return [
        (r["outcome"], int(r["fiscal_year"]), r["language"], r["title"], r["note"], r["author"], r["status"])
        for r in read_figures("progress_notes.csv")
    ]


def _spans() -> dict[tuple[str, str], list[int]]:
    spans: dict[tuple[str, str], set[int]] = {}
    for output in read_outputs():
        spans.setdefault((output.outcome, output.period), set()).update(output.years)
    return {key: sorted(years) for key, years in spans.items()}


def _cell(text: str) -> str | int:
    return int(text) if text.isdigit() else text


def _between(row: dict[str, str], step: float) -> str | int:
    baseline, target = row["baseline"], row["target"]
    if baseline in ("No", "NA") or target == "Yes":
        return target if step >= 0.75 else baseline
    low, high = (int(text.rstrip("%")) for text in (baseline, target))
    value = low + int((high - low) * step)
    return f"{value}%" if "%" in baseline else value


def outcome_rows(office: str) -> list[tuple]:
    """Rows of the dataset outcomes with two marker columns."""
    return [
        (
            office, row["plan_period"], row["outcome"], row["title"], row["description"] or None,
            row["un_system_function"], row["marker_gender_equality"], row["marker_peace"],
        )
        for row in read_figures("outcomes.csv")
        if row["outcome"][:3] == office
    ]  # fmt: skip


def output_rows(office: str) -> list[tuple]:
    outputs: list[Output] = [output for output in read_outputs() if output.office == office]
    return [(output.period, output.outcome, output.code, output.title, None) for output in outputs]
