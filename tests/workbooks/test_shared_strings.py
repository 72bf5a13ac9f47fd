"""A table of shared strings is the same texts, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcome_reporting.workbooks import shared_strings
from outcome_reporting.workbooks.shared_strings import shared_texts
from outcome_reporting.workbooks.texts import UnusualXml

PRESERVED = '<t xml:space="preserve">'
STRINGS = st.lists(
    st.tuples(st.sampled_from(["<t>", PRESERVED]), st.sampled_from(["", "a", "b c", "x > y", "é", "R&amp;D"])),
    max_size=5,
)
PIECES = [
    "<si>", "</si>", "<t>", "</t>", "<t/>", "<t />", "<r>", "</r>", "<", ">", "t", "s", "/", "</t></si>", "<si><t>",
    ' xml:space="preserve"', "<si><t/></si>", "",
]  # fmt: skip
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), st.sampled_from(PIECES)), max_size=2)


def table(inside: str) -> bytes:
    return f'<sst xmlns="x">{inside}</sst>'.encode()


def texts_of(part: bytes) -> list[str] | None:
    """Blank ones as empty; None when only a whole reader can judge."""
    try:
        texts = shared_texts(part)
    except UnusualXml:
        return None
    return ["" if place < 0 else texts.distinct[place].as_py() for place in texts.place_of.tolist()]


@settings(max_examples=400, deadline=None)
@given(strings=STRINGS, changes=CHANGES)
def test_what_the_places_of_tags_prove_is_what_the_expression_finds(strings, changes):
    inside = "".join(f"<si>{opened}{text}</t></si>" for opened, text in strings)
    for where, removed, piece in changes:
        at = int(where * len(inside))
        inside = inside[:at] + piece + inside[at + removed :]
    found = texts_of(table(inside))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_strings, "_plain_places", lambda data: None)
        assert texts_of(table(inside)) == found
    if not changes:
        assert found == [text.replace("&amp;", "&") for _, text in strings]


@pytest.mark.parametrize(
    "inside, is_plain",
    [
        ("<si><t>a</t></si>", True),
        (f"<si><t>a</t></si><si>{PRESERVED} b</t></si><si><t></t></si>", True),
        ("<si><t/></si><si><t>a</t></si>", False),
        ("<si><r><t>a</t></r></si>", False),
        ('<si><t xml:space="default">a</t></si>', False),
    ],
)
def test_only_tables_in_another_form_are_looked_at_in_another_way(monkeypatch, inside, is_plain):
    asked = []
    monkeypatch.setattr(shared_strings, "has", lambda *given: asked.append(given))
    texts_of(table(inside))
    assert bool(asked) is not is_plain
