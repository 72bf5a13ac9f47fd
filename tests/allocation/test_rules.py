"""Each rule of the allocation on its own, with figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.allocation.house import OTHER_OUTPUT, OUTCOME, OUTPUT, PERIOD, House, expense_row


def test_a_third_each_leaves_the_odd_cents_in_natural_order(house: House) -> None:
    house.expense("1.00")
    house.weights(t5_6="33.33", t5_10="33.33", t5_a="33.33")
    house.night()
    assert house.sdg() == {"5.6": 34, "5.10": 33, "5.a": 33}
    assert house.methods(2020) == {"renormalised"}


def test_the_larger_remainder_gets_the_odd_cent_before_the_larger_weight(house: House) -> None:
    house.expense("0.05")  # 70 % is 3.5, 30 % is 1.5: equal remainders, the larger weight wins
    house.weights(t1_1="30", t1_2="70")
    house.expense("0.01", period=2, output=OTHER_OUTPUT)
    house.weights(output=OTHER_OUTPUT, t1_3="49", t1_4="51")
    house.night()
    assert house.sdg() == {"1.1": 1, "1.2": 4, "1.4": 1}


def test_goals_stand_before_targets_and_x00_last_among_equals(house: House) -> None:
    house.expense("0.02")
    house.weights(tX00="25", t5_1="25", t4="25", t4_1="25")
    house.night()
    assert house.sdg() == {"4": 1, "4.1": 1}
    assert house.rows("sdg_line", "sdg", "goal", "target") == [("4", "4", ""), ("4.1", "4", "4.1")]


def test_a_negative_amount_is_the_mirror_of_its_positive(house: House) -> None:
    house.expense("-1.00")
    house.weights(t5_6="33.33", t5_10="33.33", t5_a="33.33")
    house.night()
    assert house.sdg() == {"5.6": -34, "5.10": -33, "5.a": -33}


def test_each_cell_is_split_once_and_sums_are_of_pieces(house: House) -> None:
    lines = [expense_row("0.01", partner=name) for name in ("SWE", "SWE AID", "NOR")]
    house.drop("expenses", "KGZ|2020|1", lines)
    house.weights(t5_1="50", t5_2="50")
    house.night()  # SWE's two cents are one cell: 1 + 1; NOR's cent goes to the first
    assert house.sdg() == {"5.1": 2, "5.2": 1}


def test_amounts_past_nine_digits_of_weight_stay_exact(house: House) -> None:
    house.budgets(("original", "90000000000000.01", "0"))
    house.weights(t5_1="33.3333333333", t5_2="66.6666666667")
    house.night()
    assert house.sdg("planned_cents") == {"5.1": 2999999999997000, "5.2": 6000000000003001}


def test_no_weights_at_all_split_equally(house: House) -> None:
    house.expense("0.10")
    house.weights(t5_1=None, t5_2=None, t5_3=None)
    house.night()
    assert house.sdg() == {"5.1": 4, "5.2": 3, "5.3": 3}
    assert house.methods(2020) == {"equal"}


def test_a_missing_year_inherits_the_nearest_earlier_one_of_its_plan_period(house: House) -> None:
    house.drop("outcomes", "KGZ|2023-2026", [{"plan_period": "2023-2026", "outcome": OUTCOME, "title": "t"}])
    later = {"plan_period": "2023-2026", "outcome": OUTCOME, "output": "KGZ_D_1.1", "title": "t"}
    house.drop("outputs", "KGZ|2023-2026", [later])
    house.weights(year=2018, t1_1="100")
    house.weights(year=2019, t2_1="100")
    house.weights(year=2022, t3_1="100")
    for year in (2018, 2021, 2023):
        house.expense("1.00", year=year)
    house.night()
    assert house.rows("sdg_line", "fiscal_year", "sdg", "method") == [
        (2018, "1.1", "weighted"),
        (2021, "2.1", "inherited"),
        (2023, "X00", "none"),
    ]


def test_a_held_group_replaces_the_older_one_and_is_skipped_by_later_years(house: House) -> None:
    house.weights(year=2019, t2_1="100")
    house.weights(year=2020, t3_1="100")
    house.weights(year=2020, at=0.5, held=True, t3_1="70")
    for year in (2020, 2021):
        house.expense("1.00", year=year)
    house.night()
    assert house.rows("sdg_line", "fiscal_year", "sdg", "method") == [
        (2020, "X00", "none"),
        (2021, "2.1", "inherited"),
    ]


def test_a_revised_budget_replaces_the_original(house: House) -> None:
    house.budgets(("original", "100.00", "90.00"), ("revised", "70.00", "0.00"))
    house.night()
    expected = [("non-core", 7000, 0, 0)]
    assert house.rows("resource_line", "fund_type", "planned_cents", "available_cents", "expense_cents") == expected


@pytest.mark.parametrize(
    ("amount", "rate", "cents"),
    [("1", "200", 1), ("-1", "200", -1), ("0.9999", "200", 0), ("100", "3", 3333), ("-5.5", "79.5", -7)],
)
def test_another_currency_is_divided_exactly_and_rounded_once(house: House, amount: str, rate: str, cents: int) -> None:
    house.rate("KGS", date(2019, 12, 1), "1")
    house.rate("KGS", date(2020, 1, 15), rate)
    house.rate("KGS", date(2021, 1, 1), "7")
    foreign = expense_row(None, currency="KGS", amount=Decimal(amount))
    house.drop("expenses", "KGZ|2020|1", [foreign, expense_row("1.00")])
    house.night()
    assert house.rows("resource_line", "expense_cents") == [(100 + cents,)]


def test_written_dollars_govern_over_amount_and_rate(house: House) -> None:
    house.rate("KGS", date(2019, 12, 1), "1")
    house.expense("5.00", currency="KGS", amount=Decimal("999"))
    house.night()
    assert house.rows("resource_line", "expense_cents") == [(500,)]


def test_partners_by_kind(house: House) -> None:
    house.partners(NOR=date(2025, 6, 2), GAVI=date(2025, 6, 1))
    lines = [
        expense_row("1.00", partner="SWE"),
        expense_row("2.00", partner="NOR"),
        expense_row("4.00", partner="GAVI AID", fund="XC"),
        expense_row("8.00", partner=None),
        expense_row("16.00", partner="NOR", fund="CORE"),
        expense_row("32.00", partner=None, fund="IB"),
    ]
    house.drop("expenses", "KGZ|2020|1", lines)
    house.contribution("SWE", [{"amount_usd": Decimal(10), "outcome": OUTCOME}, {"amount_usd": Decimal(99)}])
    refund = {"amount_usd": Decimal(-3), "outcome": OUTCOME, "stage": "refund"}
    house.contribution("NOR", [refund, {"amount_usd": Decimal(5), "outcome": OUTCOME, "stage": "cash"}])
    house.contribution("GAVI", [{"amount_usd": Decimal(7), "outcome": OUTCOME, "fund": "IB"}])
    house.night()
    columns = ("kind", "partner", "partner_name", "expense_cents", "contribution_cents")
    assert house.rows("partner_line", *columns) == [
        ("core pool", "", "", 4800, 700),
        ("direct", "GAVI", "Partner GAVI", 400, 0),
        ("direct", "SWE", "Partner SWE", 100, 1000),
        ("unattributed", "", "", 800, 0),
        ("withheld", "", "", 200, -300),
    ]


def test_partner_lines_are_written_in_the_order_of_their_key(house: House) -> None:
    house.drop("outcomes", "KGZ|2020-2024", [{"plan_period": "2020-2024", "outcome": "KGZ_D_2", "title": "t"}])
    known = {"plan_period": "2020-2024", "outcome": "KGZ_D_2", "output": "KGZ_D_2.1", "title": "t"}
    house.drop("outputs", "KGZ|2020-2024", [known])
    for year in (2021, 2020):
        lines = [
            expense_row("1.00", year, partner=one, fund=fund, output=output)
            for output in ("KGZ_D_2.1", OUTPUT)
            for one, fund in (("SWE", "XB"), (None, "XB"), ("NOR", "XC"), (None, "CORE"))
        ]
        house.drop("expenses", f"KGZ|{year}|1", lines)
    house.night()
    written = house.connection.exec_driver_sql(
        "select office, outcome, partner, fiscal_year, plan_period, kind from report.partner_line order by ctid"
    ).all()
    assert len(written) == 16 and written == sorted(written)


def test_a_slice_without_a_line_has_no_money(house: House) -> None:
    house.drop("expenses", "KGZ|2020|1", [])
    house.expense("1.00", period=2)
    house.drop("expenses", "KGZ|2020|3", [])
    house.weights(t5_1="100")
    house.night()
    assert house.sdg() == {"5.1": 100}


def test_revenue_merges_withheld_partners(house: House) -> None:
    house.partners(NOR=date(2025, 6, 2), GAVI=date(2026, 1, 1))
    for code in ("SWE", "NOR", "GAVI"):
        house.contribution(code, [{"amount_usd": Decimal("1.50")}, {"amount_usd": Decimal(1), "stage": "cash"}])
    house.night()
    columns = ("stage", "partner", "partner_name", "contributor_type", "amount_cents")
    assert house.rows("revenue_line", *columns) == [
        ("cash", "", "Withheld", "", 200),
        ("cash", "SWE", "Partner SWE", "C01", 100),
        ("revenue", "", "Withheld", "", 300),
        ("revenue", "SWE", "Partner SWE", "C01", 150),
    ]


def test_imputed_lines_replace_the_core_pool(house: House) -> None:
    house.partners(GAVI=date(2026, 1, 1))
    house.expense("0.10", fund="CORE")
    house.expense("1.00", fund="CORE", year=2021)
    core = {"fund": "CORE", "amount_usd": Decimal(20)}
    house.contribution("SWE", [core, core | {"stage": "pledge", "amount_usd": Decimal(1000)}])
    house.contribution("NOR", [core])
    house.contribution("GAVI", [core])
    house.night(impute=True)
    assert house.rows("partner_line", "fiscal_year", "kind", "partner", "expense_cents") == [
        (2020, "imputed", "NOR", 3),
        (2020, "imputed", "SWE", 3),
        (2020, "withheld", "", 4),
        (2021, "core pool", "", 100),
    ]


def test_plan_kinds_are_partitions_and_what_is_not_linked_stands_whole(house: House) -> None:
    kinds = {"E1": "impact area", "E2": "impact area", "S1": "systemic outcome"}
    house.framework("2018-2021", 2018, 2021, **kinds)
    house.framework("2022-2025", 2022, 2025, N1="impact area")
    house.expense("0.05")
    house.expense("2.00", year=2022)
    house.budgets(("original", "1.00", "0"))
    house.links(("2018-2021", "E1", "50"), ("2018-2021", "E2", "50"))
    house.night()
    columns = ("fiscal_year", "framework", "kind", "element", "planned_cents", "expense_cents")
    assert house.rows("plan_line", *columns) == [
        (2020, "2018-2021", "impact area", "E1", 50, 3),
        (2020, "2018-2021", "impact area", "E2", 50, 2),
        (2020, "2018-2021", "systemic outcome", "", 100, 5),
        (2022, "2022-2025", "impact area", "", 0, 200),
    ]


def test_links_name_the_framework_and_held_ones_do_so_alone(house: House) -> None:
    house.framework("OLD", 2000, 2010, O1="impact area")
    house.framework("NOW", 2018, 2025, N1="impact area")
    house.expense("1.00", year=2020)
    house.expense("1.00", year=2021)
    house.links(("OLD", "O1", None), year=2020)
    house.links(year=2021, held=(("OLD", "O1", "70"),))
    house.night()
    assert house.rows("plan_line", "fiscal_year", "framework", "element") == [(2020, "OLD", "O1"), (2021, "OLD", "")]


def test_no_framework_in_force_leaves_one_row_with_all_empty(house: House) -> None:
    house.expense("1.00")
    house.night()
    assert house.rows("plan_line", "framework", "kind", "element", "expense_cents") == [("", "", "", 100)]


def test_results_keep_the_text_beside_the_number(house: House) -> None:
    texts = {"a": "35%", "b": "1,402", "c": "Yes", "d": "--", "e": "−2.5", "f": None, "g": "1,4"}
    rows = [
        {
            "outcome": OUTCOME,
            "indicator": code,
            "indicator_title": "t",
            "measure": "unit",
            "fiscal_year": 2020,
            "result": text,
        }
        for code, text in texts.items()
    ]
    house.drop("results", f"{OUTCOME}|2020", rows)
    house.night()
    found = {
        code: (text, value) for code, text, value in house.rows("result_line", "indicator", "result", "result_value")
    }
    assert {code: value for code, (_, value) in found.items()} == {
        "a": 35, "b": 1402, "c": None, "d": None, "e": Decimal("-2.5"), "f": None, "g": None,
    }  # fmt: skip
    assert found["a"][0] == "35%" and found["f"][0] == ""


def test_notes_of_every_status_are_kept_with_their_period(house: House) -> None:
    notes = [
        {
            "outcome": OUTCOME,
            "fiscal_year": 2020,
            "language": language,
            "title": "t",
            "note": "n",
            "author": "a",
            "status": status,
        }
        for language, status in (("en", "approved"), ("fr", "draft"))
    ]
    house.drop("progress_notes", f"{OUTCOME}|2020", notes)
    house.night()
    assert house.rows("note_line", "plan_period", "language", "status") == [
        (PERIOD, "en", "approved"),
        (PERIOD, "fr", "draft"),
    ]
