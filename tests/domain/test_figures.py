"""A figure id is read back to the parts it was made of, and two figures never share one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcome_reporting.domain.figures import MEASURES, FigureId, figure_id, parse_figure_id, sdg_what

PART = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: text == text.strip())
SCOPE = st.one_of(
    st.just(("all",)),
    st.tuples(PART),
    st.tuples(st.sampled_from(["office", "sdg", "partner"]), PART),
    st.tuples(st.just("plan"), PART, PART),
)
WHAT = st.one_of(
    st.just(()),
    st.tuples(st.sampled_from(["core", "non-core", "institutional"])),
    st.tuples(st.sampled_from(["sdg", "partner", "result"]), PART),
    st.tuples(st.just("plan"), PART, PART),
)
IDS = st.builds(
    FigureId,
    SCOPE,
    st.sampled_from(["", "2018-2022"]),
    st.one_of(st.none(), st.integers(1990, 2100)),
    WHAT,
    st.sampled_from(sorted(MEASURES)),
)


OUTCOME = ("KGZ_D_1.1", "2018-2022", 2022)
STEM = "KGZ_D_1.1:2018-2022:2022"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((*OUTCOME, ("sdg", "5.2"), "expense"), f"{STEM}:sdg:5.2:expense"),
        ((*OUTCOME, "non-core", "available"), f"{STEM}:non-core:available"),
        ((*OUTCOME, sdg_what("5", "5.a"), "planned"), f"{STEM}:sdg:5.a:planned"),
        ((*OUTCOME, sdg_what("5", None), "planned"), f"{STEM}:sdg:5.-:planned"),
        ((*OUTCOME, sdg_what("X00", None), "planned"), f"{STEM}:sdg:X00:planned"),
        ((*OUTCOME, ("partner", "(core)"), "imputed"), f"{STEM}:partner:(core):imputed"),
        (
            (*OUTCOME, ("plan", "2022-2025", "(systemic outcome)"), "expense"),
            f"{STEM}:plan:2022-2025/(systemic%20outcome):expense",
        ),
        ((*OUTCOME, ("result", "IND 1:a/b"), "target"), f"{STEM}:result:IND%201%3Aa%2Fb:target"),
        (("KGZ_D_1.1", "2018-2022", None, None, "planned"), "KGZ_D_1.1:2018-2022:planned"),
        ((("office", "KGZ"), "2018-2022", 2022, None, "expense"), "office=KGZ:2018-2022:2022:expense"),
        (
            (("plan", "2022-2025", "SP_D_1"), None, 2023, None, "expense"),
            "plan=2022-2025/SP_D_1:2023:expense",
        ),
        (("all", None, 2022, None, "expense"), "all:2022:expense"),
    ],
)
def test_ids_as_the_pages_show_them(parts, text):
    assert figure_id(*parts) == text
    assert str(parse_figure_id(text)) == text


@given(IDS)
def test_an_id_is_read_back(figure):
    assert parse_figure_id(str(figure)) == figure


@given(IDS, IDS)
def test_two_figures_never_share_an_id(one, other):
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KGZ",
        "KGZ_O_2:2018-2022:2022:spent",
        "KGZ_O_2::expense",
        "site=KGZ:2022:expense",
        "KGZ_O_2:2018-2022:x:y:z:expense",
        "plan=2022-2025:2022:expense",
        "KGZ_O_2:2018-2022:2022:plan:SP_D_1:expense",
    ],
)
def test_what_is_no_figure_is_refused_in_plain_words(text):
    with pytest.raises(ValueError, match="is not a figure id"):
        parse_figure_id(text)
