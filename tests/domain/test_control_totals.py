"""Stated totals are read from labels and running text in four languages, and judged against a file's sums."""

from __future__ import annotations

from decimal import Decimal

import pytest

from outcome_reporting.domain.control_totals import TableSums, judge_totals, stated_total, totals_in_text

EXPENSES = TableSums(
    rows=3,
    columns={"amount": Decimal("744509.50"), "amountusd": Decimal("894.50")},
    by_currency={"USD": Decimal("894.50"), "KGS": Decimal("743615.00")},
    usd=(Decimal("9350.00"),),
)
BUDGETS = TableSums(2, {"plannedusd": Decimal(300), "availableusd": Decimal(120)}, {}, (Decimal(300), Decimal(120)))


@pytest.mark.parametrize(
    ("label", "value", "amount", "currency"),
    [
        ("Control total", "1234.56", "1234.56", ""),
        ("TOTAL AMOUNT (USD)", "1,234.56", "1234.56", "USD"),
        ("Total", "US$ (1,234.56)", "-1234.56", "USD"),
        ("Montant total (EUR)", "1 234,56", "1234.56", "EUR"),
        ("Total de contrôle", "1 234,56", "1234.56", ""),
        ("Importe total", "1.234,56", "1234.56", ""),
        ("Suma de control", "-7", "-7", ""),
        ("Контрольная сумма", "1 234,56", "1234.56", ""),
        ("Общая сумма (KGS)", "12", "12", "KGS"),
        ("Всего USD", "12", "12", "USD"),
    ],
)
def test_a_label_beside_an_amount(label, value, amount, currency):
    stated = stated_total(label, value)
    assert stated is not None and not stated.is_count
    assert (stated.values, stated.currency) == ((Decimal(amount),), currency)


@pytest.mark.parametrize(
    "label",
    ["Number of lines", "No. of records", "Total rows", "Transaction count", "Nombre de lignes", "Nombre d’écritures",
     "Número de líneas", "Cantidad total de registros", "Количество строк", "Всего записей", "Число операций"],
)  # fmt: skip
def test_a_label_beside_a_number_of_rows(label):
    stated = stated_total(label, "120")
    assert stated is not None and stated.is_count and stated.values == (Decimal(120),)


@pytest.mark.parametrize(
    ("label", "value"),
    [("Total", "120"), ("Prepared by", "5"), ("Control total", "see below"), ("Control total", "-"), ("Year", "2022")],
)
def test_what_states_no_total(label, value):
    assert stated_total(label, value) is None


def test_a_total_in_running_text():
    found = totals_in_text("May ledger. Total: USD 1,234.56; 120 lines")
    assert [(one.values, one.currency, one.is_count) for one in found] == [
        ((Decimal("1234.56"),), "USD", False),
        ((Decimal(120),), "", True),
    ]
    found = totals_in_text("Estimados,\nImporte total: 1.234,56 EUR\nNúmero de líneas: 3\nSaludos")
    assert [(one.values[0], one.currency) for one in found] == [(Decimal("1234.56"), "EUR"), (Decimal(3), "")]
    assert totals_in_text("Please find the ledger of May 2022: all is well.") == []


@pytest.mark.parametrize(
    ("text", "expected", "agrees"),
    [
        ("Number of lines: 3", "3", True),
        ("Number of lines: 4", "3", False),
        ("Control total: 894.50", "894.50", True),
        ("Control total: 9,350.00", "9350.00", True),
        ("Control total: USD 9350.01", "9350.00", False),
        ("Control total: KGS 743,615.00", "743615.00", True),
        ("Total Amount (USD): 894.50", "894.50", True),
        ("Total Amount: 744509.5", "744509.50", True),
        ("Total Amount: 744509.4", "744509.50", False),
    ],
)
def test_a_total_against_one_table(text, expected, agrees):
    (judgement,) = judge_totals(totals_in_text(text), [EXPENSES])
    assert (judgement.agrees, judgement.expected) == (agrees, Decimal(expected))


def test_while_rows_wait_for_a_rate_a_total_may_be_of_their_dollars():
    waiting = TableSums(2, {"amount": Decimal(700), "amountusd": Decimal(5)}, {"KGS": Decimal(695), "USD": Decimal(5)})
    (dollars,) = judge_totals(totals_in_text("Control total: USD 13.00"), [waiting])
    (local,) = judge_totals(totals_in_text("Control total: KGS 696"), [waiting])
    assert (dollars.expected, local.expected, local.agrees) == (None, Decimal(695), False)
    ledger = TableSums(1, {"amount": Decimal(695)}, {"KGS": Decimal(695)})
    (judgement,) = judge_totals(totals_in_text("Control total: 696"), [ledger])
    assert (judgement.expected, judgement.agrees) == (Decimal(695), False)


def test_a_heading_names_its_column_and_several_tables_unite():
    (planned,) = judge_totals(totals_in_text("Total planned (USD): 300"), [BUDGETS])
    assert planned.agrees
    (swapped,) = judge_totals(totals_in_text("Total available (USD): 300"), [BUDGETS])
    assert (swapped.agrees, swapped.expected) == (False, Decimal(120))
    (rows,) = judge_totals(totals_in_text("Number of lines: 5"), [EXPENSES, BUDGETS])
    assert rows.agrees
    (more,) = judge_totals(totals_in_text("Total amount: EUR 5"), [EXPENSES])
    assert more.expected is None


def test_a_lone_comma_is_read_both_ways():
    table = TableSums(1, {"amount": Decimal(1234)}, {"USD": Decimal(1234)}, (Decimal(1234),))
    (judgement,) = judge_totals(totals_in_text("Control total: 1,234"), [table])
    assert judgement.agrees
