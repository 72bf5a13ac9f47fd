"""Money is exact: what is read, converted and shown agrees with rational arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outcome_reporting.domain.money import (
    MINUS,
    Convention,
    cents_from_decimal,
    convert_to_usd_cents,
    decimal_from_number,
    detect_convention,
    format_usd,
    number_to_units,
    parse_decimal_text,
    parse_money_text,
    plain_decimal,
    plain_usd,
)

CENTS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("(1,234.00)", -123400),
        ("1234-", -123400),
        ("\u22125.10", -510),
        ("+5", 500),
        ("1\u00a0234,56", 123456),
        ("1\u202f234\u2009567.8", 123456780),
        ("1'234.50", 123450),
        ("12,34,567.00", 123456700),
        ("1,234,567", 123456700),
        ("1.234.567", 123456700),
        ("0,5", 50),
        (".5", 50),
        ("1234.560", 123456),
        (" -   ", 0),
        ("\u2013", 0),
        ("0", 0),
        ("(0.00)", 0),
    ],
)
def test_amounts_as_people_write_them(text, cents):
    assert parse_money_text(text, 2) == cents


@pytest.mark.parametrize(
    "text",
    ["", "NA", "--", "1e5", "$5", "1,", "(-5)", "-5-", "1,23,4", "1 23", "12.345,6.7", "1,234²", "½", "0x1"],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError):
        parse_money_text(text, 2)


@pytest.mark.parametrize("text", ["1,234", "87,052", "1.234", "(1,234)"])
def test_a_lone_mark_is_never_guessed(text):
    with pytest.raises(ValueError, match="can be read as"):
        parse_money_text(text, 2)


def test_the_convention_of_the_column_decides():
    assert parse_money_text("1,234", 2, Convention.POINT) == 123400
    assert parse_money_text("1.234", 2, Convention.COMMA) == 123400
    with pytest.raises(ValueError, match="more than 2 decimals"):
        parse_money_text("1,234", 2, Convention.COMMA)
    with pytest.raises(ValueError, match="as its column does"):
        parse_money_text("1.234,56", 2, Convention.POINT)


def test_too_many_decimals_are_refused_and_zeros_are_not():
    with pytest.raises(ValueError, match="decimals"):
        parse_money_text("1.2345", 2)
    assert parse_money_text("1.2300", 2) == 123
    assert parse_money_text("1.2345", 4) == 12345


def test_a_column_of_one_way_settles_its_ambiguous_cells():
    column = detect_convention(["1,234", "1,234.56", "7", "-"])
    assert column.convention is Convention.POINT
    assert (column.ambiguous, column.undecided, column.mixed, column.unreadable) == ((0,), (), (), ())


def test_a_column_that_cannot_be_settled_lists_its_cells():
    column = detect_convention(["5", "1,234", "87,052", "NA"])
    assert column.convention is None
    assert (column.undecided, column.unreadable) == ((1, 2), (3,))


def test_a_mixed_column_lists_the_cells_of_the_rarer_way():
    assert detect_convention(["1,234.56", "1.234,56", "1.5"]).mixed == (1,)
    assert detect_convention(["1,234.56", "1.234,56"]).mixed == (0, 1)
    assert detect_convention([]).convention is None


@given(
    CENTS,
    st.sampled_from([",", " ", "\u00a0", "\u202f", "'", ""]),
    st.sampled_from(["-{}", "({})", "{}-", "\u2212{}"]),
)
def test_a_written_amount_is_read_back(cents, mark, minus):
    text = f"{abs(cents) // 100:,}.{abs(cents) % 100:02}".replace(",", mark)
    assert parse_money_text(minus.format(text) if cents < 0 else text, 2) == cents


@given(CENTS)
def test_both_shown_forms_are_read_back(cents):
    assert parse_money_text(format_usd(cents), 2) == cents
    assert parse_money_text(plain_usd(cents), 2) == cents
    assert cents_from_decimal(Decimal(plain_usd(cents))) == cents


@given(st.one_of(st.integers(-(10**9), 10**9), CENTS))
@example(99_999)
@example(100_000)
@example(100_001_00)
@example(99_999_999)
@example(100_000_000)
def test_the_two_forms_are_those_of_exact_decimals(cents):
    dollars = Decimal(cents).scaleb(-2)
    assert format_usd(cents) == f"{dollars:,.2f}".replace("-", MINUS)
    assert plain_usd(cents) == f"{dollars:.2f}"


@given(st.lists(CENTS, min_size=1))
def test_a_column_written_with_commas_is_read_back(column):
    swap = str.maketrans(",.", ".,")
    texts = [format_usd(cents).translate(swap) for cents in column]
    found = detect_convention(texts)
    assert found.convention is Convention.COMMA
    assert [parse_money_text(text, 2, found.convention) for text in texts] == column


def test_money_is_shown_with_a_true_minus():
    assert format_usd(-123456) == f"{MINUS}1,234.56"
    assert format_usd(0) == "0.00"
    assert plain_usd(-5) == "-0.05"
    assert plain_usd(-123456) == "-1234.56"


def test_a_number_cell_counts_at_its_15_significant_digits():
    assert number_to_units(1234.5600000000002, 2) == 123456
    assert number_to_units(0.1 + 0.2, 2) == 30
    assert number_to_units(-0.0, 2) == 0
    assert number_to_units(33.333, 2) is None
    assert number_to_units(100 / 3, 4) is None
    assert number_to_units(float("nan"), 2) is None
    assert number_to_units(float("inf"), 2) is None
    assert number_to_units(12, 2) == 1200
    assert decimal_from_number(79.5) == Decimal("79.5")


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_every_amount_of_15_digits_survives_a_number_cell(cents):
    assert number_to_units(float(plain_usd(cents)), 2) == cents


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**10), st.integers(0, 8))
def test_conversion_is_exact_and_rounds_once_away_from_zero(units, rate_digits, rate_scale):
    rate = Decimal(rate_digits).scaleb(-rate_scale)
    exact = Fraction(units * 100, 10**4) / Fraction(rate)
    cents = convert_to_usd_cents(units, 4, rate)
    assert abs(cents - exact) <= Fraction(1, 2)
    if abs(cents - exact) == Fraction(1, 2):
        assert abs(cents) > abs(exact)
    assert convert_to_usd_cents(-units, 4, rate) == -cents


def test_half_a_cent_rounds_away_from_zero():
    assert convert_to_usd_cents(100, 4, Decimal(2)) == 1
    assert convert_to_usd_cents(-100, 4, Decimal(2)) == -1
    assert convert_to_usd_cents(795_000, 4, Decimal("79.5")) == 100
    for rate in ("0", "-1", "NaN"):
        with pytest.raises(ValueError):
            convert_to_usd_cents(1, 4, Decimal(rate))


def test_plain_decimals():
    assert [plain_decimal(Decimal(text)) for text in ("33.3300", "1E+2", "-0.00", "79.5")] == [
        "33.33",
        "100",
        "0",
        "79.5",
    ]
    assert parse_decimal_text("33.33") == Decimal("33.33")
