"""The page structure: order, figures, sentences, and every reason for which it is not published."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sample_facts import TOTALS, YEARS, kgz_facts

from outcome_reporting.domain.figures import parse_figure_id
from outcome_reporting.domain.outcome import HeldOutput, PartnerRow, PlanRow, ProgressNote, ResourceRow
from outcome_reporting.reports.errors import UnpublishablePage
from outcome_reporting.reports.gate import reasons_not_to_publish
from outcome_reporting.reports.page import assemble_page, build_page

ORDER = ["summary", "resources", "results", "sdg", "partners", "progress", "plan"]


def figures_of(page) -> dict[str, str]:
    return {figure.id: figure.value for figure in page.figures()}


def block(page, key):
    return next(block for block in page.blocks if block.key == key)


def test_the_seven_blocks_stand_in_their_order():
    assert [block.key for block in build_page(kgz_facts(), 2022).blocks] == ORDER


@pytest.mark.parametrize("year", YEARS)
def test_every_year_of_the_period_has_its_page(year):
    found = figures_of(build_page(kgz_facts(), year))
    planned, available, expense = TOTALS[year]
    stem = f"KGZ_O_2:2018-2022:{year}"
    assert Decimal(found[f"{stem}:planned"]) * 100 == planned
    assert Decimal(found[f"{stem}:available"]) * 100 == available
    assert Decimal(found[f"{stem}:shortfall"]) * 100 == planned - available
    assert Decimal(found[f"{stem}:expense"]) * 100 == expense


def test_totals_of_the_plan_period_have_ids_without_a_year():
    found = figures_of(build_page(kgz_facts(), 2022))
    assert Decimal(found["KGZ_O_2:2018-2022:expense"]) * 100 == sum(money[2] for money in TOTALS.values())
    assert found["KGZ_O_2:2018-2022:funding_rate"] == "90.7"


def test_ids_follow_the_published_form():
    found = figures_of(build_page(kgz_facts(), 2022))
    for figure_id in (
        "KGZ_O_2:2018-2022:2022:non-core:planned",
        "KGZ_O_2:2018-2022:2022:delivery_rate",
        "KGZ_O_2:2018-2022:2022:sdg:5.a:expense",
        "KGZ_O_2:2018-2022:2022:sdg:5:expense",
        "KGZ_O_2:2018-2022:2022:sdg:17.-:available",
        "KGZ_O_2:2018-2022:2022:sdg:X00:expense",
        "KGZ_O_2.1:2018-2022:2022:sdg:5.1:expense",
        "KGZ_O_2:2018-2022:2022:partner:SWE:contribution",
        "KGZ_O_2:2018-2022:2022:partner:(core):expense",
        "KGZ_O_2:2018-2022:2022:partner:(withheld):expense",
        "KGZ_O_2:2018-2022:2022:partner:(none):expense",
        "KGZ_O_2:2018-2022:2022:plan:2022-2025/SP_D_0.3:expense",
        "KGZ_O_2:2018-2022:2022:plan:2022-2025/(impact%20area):planned",
        "KGZ_O_2:2018-2022:2022:result:KGZ_O_2A:result",
        "KGZ_O_2.2:2018-2022:2022:result:KGZ_O_2.2A:milestone",
    ):
        assert figure_id in found, figure_id
    assert "KGZ_O_2:2018-2022:2022:sdg:17:expense" in found  # the goal's total is a figure of its own


def test_goal_totals_and_lines_add_up_to_the_outcome():
    found = figures_of(build_page(kgz_facts(), 2022))
    stem = "KGZ_O_2:2018-2022:2022:sdg:"
    goals = sum(Decimal(found[f"{stem}{goal}:expense"]) for goal in ("5", "8", "16", "17", "X00"))
    assert goals == Decimal(found["KGZ_O_2:2018-2022:2022:expense"])
    targets = sum(Decimal(found[f"{stem}{target}:expense"]) for target in ("5.1", "5.5", "5.a", "5.b", "5.c"))
    assert targets == Decimal(found[f"{stem}5:expense"])


def test_targets_stand_in_natural_order_and_not_linked_is_last():
    rows = block(build_page(kgz_facts(), 2022), "sdg").tables[0].rows
    assert [row.code or row.goal for row in rows] == (
        ["5", "5.1", "5.5", "5.a", "5.b", "5.c", "8", "8.3", "16", "16.7", "16.10", "17", "17", "X00"]
    )


def test_sentences_are_computed_by_rule():
    page = build_page(kgz_facts(), 2022)
    assert page.lede == (
        "In 2022 the office planned USD 1.15\u00a0M for this outcome, had 1.01\u00a0M available and spent "
        "0.96\u00a0M. Three of six targets were met."
    )
    finding = {block.key: block.finding for block in page.blocks}
    assert finding["resources"] == "Spending has nearly doubled since 2018; 11.9\u00a0% of the 2022 plan was not funded"
    assert finding["results"] == "Three of six targets were met"
    assert finding["sdg"] == "54.9\u00a0% of spending went to gender equality; 12.2\u00a0% is not linked to any goal"
    over = build_page(kgz_facts(), 2021)
    assert "more was available in 2021 than planned" in block(over, "resources").finding


def test_not_linked_says_why_by_cause():
    bold, words = block(build_page(kgz_facts(), 2022), "sdg").remarks[0]
    assert bold == "Why 116,556.26 is not linked:"
    assert "KGZ_O_2.4 add up to 97.50 instead of 100" in words
    assert "itself marked 21,018.34 of output KGZ_O_2.3 as outside the SDGs" in words
    named = kgz_facts(held_outputs=(HeldOutput("KGZ_O_2.4", 2022, reason="target 5.2 stands twice"),))
    assert "are held (target 5.2 stands twice)" in block(build_page(named, 2022), "sdg").remarks[0][1]
    plain = kgz_facts(held_outputs=())
    assert "KGZ_O_2.4 has no SDG weights" in block(build_page(plain, 2022), "sdg").remarks[0][1]


def test_words_stay_words_and_empty_results_say_so():
    rows = {row.code: row.cells for row in block(build_page(kgz_facts(), 2022), "results").tables[0].rows}
    council = rows["KGZ_O_2.1B"]
    assert [cell.text for cell in council[1:6]] == ["No", "No", "No", "No", "Yes"]
    assert council[6].text == "NA" and all(cell.figure is None for cell in council)
    media = rows["KGZ_O_2.3A"]
    assert media[3].text == "no data" and media[3].is_missing
    assert (media[5].figure.value, media[5].figure.text, media[5].figure.unit) == ("35", "35\u00a0%", "percentage")
    women = rows["KGZ_O_2.2A"]
    assert (women[5].figure.value, women[5].figure.text) == ("1402", "1,402")


def test_a_rate_without_divisor_is_not_computable_and_says_why():
    nothing = tuple(row._replace(planned=0) for row in kgz_facts().resources)
    page = assemble_page(kgz_facts(resources=nothing), 2022)
    cell = block(page, "resources").tables[0].rows[-1].cells[4]
    assert (cell.text, cell.why, cell.figure) == ("not computable", "nothing was planned", None)


def test_a_changed_figure_carries_its_earlier_value():
    page = build_page(kgz_facts(), 2022)
    changed = [figure for figure in page.figures() if figure.before]
    assert [(figure.id, figure.before) for figure in changed] == [
        ("KGZ_O_2:2018-2022:2022:partner:FIN:expense", "70118.23")
    ]
    assert page.changed_count == 1 and page.changed_by == ["Expenses_KGZ.xlsx"]


def test_notes_stand_under_their_year_own_year_first_and_drafts_never():
    headings = [note.heading for note in block(build_page(kgz_facts(), 2021), "progress").notes]
    assert headings == [f"Progress note for {year}" for year in (2021, 2022, 2020)]


def test_a_year_without_money_gives_reasons_instead_of_empty_blocks():
    facts = kgz_facts()
    fields = ("resources", "sdg", "partners", "plan")
    without = {name: tuple(r for r in getattr(facts, name) if r.fiscal_year != 2020) for name in fields}
    page = build_page(kgz_facts(**without, sources={}), 2020)
    assert page.lede.startswith("No money is recorded for this outcome in 2020.")
    for key in ("sdg", "partners", "plan"):
        assert block(page, key).empty_reason and not block(page, key).tables


def test_an_outcome_without_anything_but_its_name_is_published_with_reasons():
    empty = dict.fromkeys(("resources", "results", "sdg", "partners", "plan", "notes", "outputs", "held_outputs"), ())
    page = build_page(kgz_facts(**empty, years=(2022,), changes={}, sources={}), 2022)
    assert all(block.empty_reason for block in page.blocks if block.key != "summary")


def test_where_no_framework_is_in_force_the_block_says_so():
    planned, _, expense = TOTALS[2022]
    page = build_page(kgz_facts(plan=(PlanRow(2022, "", "", "", "", planned, expense),)), 2022)
    assert block(page, "plan").empty_reason == "No strategic-plan framework is in force for 2022."


def test_direct_and_imputed_lines_of_one_partner_have_ids_of_their_own():
    rows = [row for row in kgz_facts().partners if row.kind != "core pool" or row.fiscal_year != 2022]
    rows.append(PartnerRow(2022, "SWE", "Sweden", "C01", "imputed", 28_248_739, 0))
    found = figures_of(build_page(kgz_facts(partners=tuple(rows)), 2022))
    assert found["KGZ_O_2:2018-2022:2022:partner:SWE:imputed"] == "282487.39"
    assert found["KGZ_O_2:2018-2022:2022:partner:SWE:expense"] == "143910.93"


def test_a_smaller_partner_with_imputed_money_has_one_contribution():
    """Its direct line is among those summed, and its contribution with it: the imputed line has none of its own."""
    rest = PartnerRow(2022, "", "", "", "withheld", -500, 0)
    rows = (*many_partners(300), PartnerRow(2022, "P0", "Partner number 0 of many", "C01", "imputed", 500, 7), rest)
    tables = block(build_page(kgz_facts(partners=rows), 2022), "partners")
    imputed = next(row for row in tables.tables[0].rows if row.part == ("partner", "imputed", "P0"))
    assert (imputed.cells[2].figure, imputed.cells[2].text) == (None, "–")
    listed = {figure.id: figure.value for figure in tables.listing.figures()}
    assert listed["KGZ_O_2:2018-2022:2022:partner:P0:contribution"] == "1.07"
    other = next(row for row in tables.tables[0].rows if row.heading == "260 other partners")
    assert other.cells[2].figure.value == "260.07"


def many_partners(count: int):
    expense = TOTALS[2022][2]
    share = expense // count
    rows = [
        PartnerRow(2022, f"P{i}", f"Partner number {i} of many", "C01", "direct", share + i, 100) for i in range(count)
    ]
    rest = expense - sum(row.expense for row in rows)
    return (*rows, PartnerRow(2022, "", "", "", "unattributed", rest, 0))


def test_many_partners_are_shortened_on_the_page_and_whole_in_the_workbook():
    partners = block(build_page(kgz_facts(partners=many_partners(300)), 2022), "partners")
    (page_table,), listing = partners.tables, partners.listing
    assert page_table.is_shortened
    assert len(page_table.rows) == 42 and len(listing.headings) == 301
    other = next(row for row in page_table.rows if row.heading == "260 other partners")
    assert other.cells[3].figure.id.endswith(":partner:(other):expense")
    assert sum(row.cells[3].figure.cents for row in page_table.rows) == TOTALS[2022][2]
    assert sum(listing.amounts[1].cents) == TOTALS[2022][2]
    assert {len(column if isinstance(column, list) else column.ids) for column in listing.contents} == {301}
    listed = {figure.id: figure.value for figure in listing.figures()}
    assert len(listed) == 602 and all(listed.get(one.id, one.value) == one.value for one in page_table.figures())


def test_figures_of_a_listing_are_figures_of_the_page_and_judged_with_them():
    facts = kgz_facts(partners=many_partners(300))
    page = assemble_page(facts, 2022)
    listing = block(page, "partners").listing
    shown = {figure.id for figure in page.figures()}
    assert shown >= {own for column in listing.amounts for own in column.ids}
    assert shown >= {figure.id for figure in page.figures_but_listed()}
    assert not reasons_not_to_publish(page, facts)
    listing.headings[7] = "Partner TBD"
    listing.amounts[1].values[3] = "1.00"
    listing.amounts[1].ids[4] = ""
    reasons = "\n".join(reasons_not_to_publish(page, facts))
    assert "Partner TBD holds the placeholder text “TBD”" in reasons
    assert ":expense is both" in reasons and "has no id" in reasons


# ------------------------------------------------------------------------------------------------- refusals


def refusal(**changes) -> str:
    with pytest.raises(UnpublishablePage) as caught:
        build_page(kgz_facts(**changes), 2022)
    return "\n".join(caught.value.reasons)


@pytest.mark.parametrize("text", ["Lorem ipsum dolor sit amet", "TBD", "Results xxx of women", "[Insert text here]"])
def test_placeholder_text_is_refused(text):
    assert "placeholder" in refusal(description=text)
    note = ProgressNote(2022, "en", "Title", text, "Analyst", "approved")
    assert "placeholder" in refusal(notes=(note,))


def test_ordinary_words_are_no_placeholders():
    build_page(kgz_facts(description="Lore of the ipsum plant; todo el mundo; XX chromosomes; Exxon"), 2022)


def test_a_block_that_is_empty_without_a_reason_is_refused():
    page = assemble_page(kgz_facts(), 2022)
    sdg = block(page, "sdg")
    sdg.tables, sdg.charts = [], []
    assert any("is empty and does not say why" in reason for reason in reasons_not_to_publish(page, kgz_facts()))


def test_an_amount_without_an_id_and_two_values_of_one_id_are_refused():
    page = assemble_page(kgz_facts(), 2022)
    rows = block(page, "resources").tables[0].rows
    rows[0].cells[0].figure = None
    rows[0].cells[0].text = "612,400.00"
    rows[1].cells[0].figure = replace(rows[1].cells[0].figure, id="KGZ_O_2:2018-2022:2022:planned")
    rows[2].cells[0].figure = replace(rows[2].cells[0].figure, id="")
    reasons = "\n".join(reasons_not_to_publish(page, kgz_facts()))
    assert "the amount 612,400.00 of “2018” has no figure id" in reasons
    assert "figure KGZ_O_2:2018-2022:2022:planned is both 1149000.00 and 748000.00" in reasons
    assert "the figure 905,500.00 has no id" in reasons


def test_a_note_without_a_year_or_outside_the_period_is_refused():
    note = ProgressNote(0, "en", "Untitled", "Text of a note.", "Analyst", "approved")
    assert "stands under no year" in refusal(notes=(note,))
    assert "outside the plan period" in refusal(notes=(replace(note, fiscal_year=2031),))


@pytest.mark.parametrize(
    ("field", "column", "said"),
    [
        ("sdg", "planned", "the SDG lines (core) of 2022"),
        ("sdg", "available", "the SDG lines (core) of 2022"),
        ("sdg", "expense", "the SDG lines (core) of 2022"),
        ("partners", "expense", "the partner lines of 2022"),
        ("plan", "planned", "the strategic-plan lines (impact area) of 2022"),
        ("plan", "expense", "the strategic-plan lines (impact area) of 2022"),
    ],
)
def test_one_cent_too_many_anywhere_is_refused(field, column, said):
    rows = list(getattr(kgz_facts(), field))
    place = next(i for i, row in enumerate(rows) if row.fiscal_year == 2022)
    rows[place] = rows[place]._replace(**{column: getattr(rows[place], column) + 1})
    reasons = refusal(**{field: tuple(rows)})
    assert said in reasons and "difference 0.01" in reasons


def test_sums_that_cancel_between_funds_are_refused_too():
    rows = list(kgz_facts().resources)
    moved = {"core": 5, "non-core": -5}
    rows = [
        ResourceRow(r.fiscal_year, r.fund_type, r.planned, r.available, r.expense + moved.get(r.fund_type, 0))
        if r.fiscal_year == 2022
        else r
        for r in rows
    ]
    assert "(core)" in refusal(resources=tuple(rows))


def test_cells_that_miss_a_cent_are_refused():
    sources = kgz_facts().sources
    whole = sources[2022].funds["expense", "core"]
    short = dict(sources[2022].funds) | {("expense", "core"): whole._replace(rest_share=whole.rest_share - 1)}
    reasons = refusal(sources={2022: replace(sources[2022], funds=short)})
    assert "the spreadsheet cells (core) of 2022" in reasons and "difference \u22120.01" in reasons


def test_missing_sdg_or_plan_lines_are_refused():
    assert "the SDG lines" in refusal(sdg=())
    assert "the strategic-plan lines" in refusal(plan=())


def test_every_id_is_one_that_can_be_read_back():
    for year in YEARS:
        for figure in build_page(kgz_facts(), year).figures():
            assert str(parse_figure_id(figure.id)) == figure.id
