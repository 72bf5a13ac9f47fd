"""Rows and texts of a sheet as XML: what is done to hundreds at once gives what each gives alone."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from outcome_reporting.reports.plain_sheet import (
    ROW,
    PlainSheet,
    RowForm,
    any_slot,
    number_slot,
    text_cell,
    text_in_cell,
    text_slot,
    xml_text,
    xml_texts,
)

NAMES = ["Sweden", "Türkiye", "R&D <fund>", "a|b", "Кыргызстан", "日本", "😀", 'it\'s "so"']


@pytest.mark.parametrize("text", [*NAMES, "\x07bell", "\0", "\1", "a\ud800b", "tab\tand\nline"])
def test_a_text_is_ascii_and_read_back_as_it_was(text):
    written = xml_text(text)
    assert written.isascii() and not {"\0", "\1", "\x07"} & set(written)
    kept = text.replace("\x07", "").replace("\0", "").replace("\1", "").replace("\ud800", "")
    assert ElementTree.fromstring(f"<t>{written}</t>").text == (kept or None)


@pytest.mark.parametrize("names", [["Sweden", "Norway"], NAMES[:3], NAMES, [*NAMES, "b"], []])
def test_many_texts_together_are_what_each_is_alone(names):
    assert list(xml_texts(names) or ()) == [xml_text(name) for name in names]


@pytest.mark.parametrize("names", [["a", ""], ["", "a"], [" a", "b"], ["a", "b "], ["a ", "b"], ["a", "line\n"]])
def test_texts_that_need_care_are_not_taken_together(names):
    assert xml_texts(names) is None


def test_a_form_is_filled_for_any_rows():
    form = RowForm(text_slot(0, 3) + any_slot(2) + number_slot(3, 6))
    columns = (["x", "y"], list(map(text_in_cell, ["", " z"])), ["1.50", "-2"])
    rows = list(form.rows([7, 12], *columns))
    assert rows[0] == (
        '<row r="7"><c r="A7" s="3" t="inlineStr"><is><t>x</t></is></c><c r="C7"/><c r="D7" s="6"><v>1.50</v></c></row>'
    )
    assert rows[1].startswith('<row r="12"><c r="A12"') and 'r="C12" t="inlineStr"><is><t xml:space=' in rows[1]
    assert list(form.rows(range(12, 13), *[column[1:] for column in columns])) == rows[1:]
    assert list(form.rows([], [], [], [])) == []


def test_a_form_takes_as_many_contents_as_it_has_slots_and_rows():
    form = RowForm(text_slot(0) + text_slot(1))
    with pytest.raises(ValueError, match="argument"):
        list(form.rows([1, 2], ["a", "b"], ["c"]))
    with pytest.raises(ValueError, match="argument"):
        list(form.rows([1, 2], ["a", "b"]))


def test_rows_from_a_form_stand_where_rows_on_their_own_would():
    alone, filled = PlainSheet(), PlainSheet()
    for sheet in (alone, filled):
        sheet.skip_row()
    for name in ("a", "b"):
        alone.add_row(text_cell(0, name))
    filled.add_form(text_slot(0), 2, ["a", "b"])
    assert alone.xml("", "", "") == filled.xml("", "", "") and ROW not in filled.xml("", "", "")
    assert alone.row == filled.row == 3
