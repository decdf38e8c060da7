import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from core.answer_form import Form, ListSaid
from core.judgment import ItemOutcome
from core.known_answers import Said, score

ITEMS = ("a", "b", "c", "d")


def order(*places: str, rest: str = "", worst: str | None = None) -> Said:
    said = ListSaid(tuple(tuple(place) for place in places), tuple(rest), worst)
    return Said(ItemOutcome.ANSWERED, said)


@pytest.mark.parametrize("outcome", ["first", "second", "tie", "both_bad", "up", "down"])
def test_a_pair_or_a_thumb_is_right_or_it_is_not(outcome: str) -> None:
    known = Said(ItemOutcome(outcome))
    assert score(known, known, Form.PAIR) == 1
    assert score(known, Said(ItemOutcome.INCOMPARABLE), Form.PAIR) == 0


@given(st.permutations(ITEMS), st.permutations(ITEMS))
def test_a_ranking_without_ties_scores_as_kendalls_tau(one: list[str], other: list[str]) -> None:
    """(1 + τ) / 2, by SciPy."""
    places = [[order.index(item) for item in ITEMS] for order in (one, other)]
    tau = kendalltau(*places).statistic
    assert score(order(*one), order(*other), Form.RANKING) == pytest.approx((1 + tau) / 2)


@pytest.mark.parametrize(
    ("form", "known", "said", "expected"),
    [
        # Known: a > b = c. Of its two pairs that differ, a > b is said and a = c is undecided.
        (Form.RANKING, order("a", "bc"), order("ac", "b"), 0.75),
        (Form.RANKING, order("a", "b", "c"), order("a", rest="bc"), 5 / 6),
        # Best a, worst d: a before b, c, d and those before d; b as the best turns a > b round and
        # leaves a > c undecided.
        (Form.BEST_WORST, order("a", rest="bc", worst="d"), order("b", rest="ac", worst="d"), 0.7),
        # Picked a and b: with a and c, a > d is right, a > c and b > d are open, b > c is wrong.
        (Form.BEST_FEW, order("ab", rest="cd"), order("ac", rest="bd"), 0.5),
        (Form.TRIPLET, order("ab", rest="c"), order("ac", rest="b"), 0),
        (Form.TRIPLET, order("ab", rest="c"), order("ab", rest="c"), 1),
        (Form.RANKING, order("abcd"), order("a", "bcd"), 0),
        (Form.RANKING, order("a", "b"), Said(ItemOutcome.INCOMPARABLE), 0),
    ],
)
def test_scores_worked_out(form: Form, known: Said, said: Said, expected: float) -> None:
    assert score(known, said, form) == pytest.approx(expected)
    assert score(known, known, form) == 1
