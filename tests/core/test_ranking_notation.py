import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer_form import Form, ListSaid
from core.ranking_notation import InvalidRankingError, items_of, places_of, said_in

NAMES = st.lists(st.text("abcd-é ", min_size=1).map(str.strip), min_size=3, unique=True).filter(all)


@pytest.mark.parametrize(
    ("written", "places"),
    [
        ("a > b = c", (("a",), ("b", "c"))),
        ("c=b>a", (("c", "b"), ("a",))),
        ('["a", ["b", "c"], ["d"]]', (("a",), ("b", "c"), ("d",))),
        ('["a > b", "c"]', (("a > b",), ("c",))),
        ("a", (("a",),)),
    ],
)
def test_an_order_is_read_as_it_is_meant(written: str, places: tuple[tuple[str, ...], ...]) -> None:
    assert places_of(written) == places


@given(NAMES)
def test_both_notations_say_the_same(names: list[str]) -> None:
    assert places_of(" > ".join(names)) == places_of(json.dumps(names))
    assert items_of(", ".join(names)) == items_of(json.dumps(names)) == tuple(names)


@pytest.mark.parametrize(
    "written",
    ["", ">", "a > > b", "a =", "[]", "[[]]", '["a", 1]', "[", '["a", null]', '["\\ud800"]'],
)
def test_what_is_no_order_is_refused(written: str) -> None:
    with pytest.raises(InvalidRankingError):
        places_of(written)


@pytest.mark.parametrize(
    ("form", "written", "rest", "worst", "said"),
    [
        (Form.RANKING, "b > c = a", "", None, ListSaid((("b",), ("a", "c")))),
        (Form.RANKING, "b", "c,a", None, ListSaid((("b",),), ("a", "c"))),
        (Form.BEST_WORST, "b > a = c > d", "", None, ListSaid((("b",),), ("a", "c"), "d")),
        (Form.BEST_WORST, "b", "c, a", "d", ListSaid((("b",),), ("a", "c"), "d")),
        (Form.BEST_WORST, "b > d", "c", None, ListSaid((("b",),), ("c",), "d")),
        (Form.BEST_FEW, "b = a > c = d", "", None, ListSaid((("a", "b"),), ("c", "d"))),
        (Form.BEST_FEW, "b = a", "d,c", None, ListSaid((("a", "b"),), ("c", "d"))),
        (Form.TRIPLET, "b = a > c", "", None, ListSaid((("a", "b"),), ("c",))),
    ],
)
def test_an_order_says_what_the_form_asks(
    form: Form, written: str, rest: str, worst: str | None, said: ListSaid
) -> None:
    found = said_in(form, places_of(written), items_of(rest) if rest else (), worst)
    assert found == said


@pytest.mark.parametrize(
    ("form", "written", "worst", "why"),
    [
        (Form.RANKING, "a > b > a", None, "only once"),
        (Form.RANKING, "a > b", None, "3 to 100 items"),
        (Form.RANKING, " > ".join(map(str, range(101))), None, "3 to 100 items"),
        (Form.RANKING, "a > b > c", "d", "worst item is named where"),
        (Form.BEST_WORST, "a = b > c > d", None, "best > others"),
        (Form.BEST_WORST, "a > b > c > d", None, "best > others"),
        (Form.BEST_WORST, "a > b = c", None, "best > others"),
        (Form.BEST_FEW, "a > b > c", None, "chosen = chosen"),
        (Form.BEST_FEW, "a = b = c", None, "chosen = chosen"),
        (Form.TRIPLET, "a > b = c", None, "two that are closer"),
    ],
)
def test_what_is_no_answer_in_the_form_is_refused(
    form: Form, written: str, worst: str | None, why: str
) -> None:
    with pytest.raises(InvalidRankingError, match=why):
        said_in(form, places_of(written), (), worst)
