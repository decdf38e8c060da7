import numpy as np
import pytest

from core.errors import DiscernError
from core.rankings import (
    AllAnswers,
    Answer,
    BestAndWorst,
    BestFew,
    BestOf,
    Ranking,
    Thumb,
    UnusableAnswerError,
    graph_of,
)
from tests.core.answers import about
from tests.strategies import comparisons_of


def test_an_item_named_twice_is_refused_by_name() -> None:
    with pytest.raises(UnusableAnswerError, match="'b' more than once"):
        Ranking.of("somebody", ["a", "b", "b"])
    with pytest.raises(UnusableAnswerError, match="'a' more than once"):
        Ranking.of("somebody", ["a", "b"], ["a"])
    with pytest.raises(UnusableAnswerError, match="'a' more than once"):
        BestAndWorst("somebody", "a", "a", ("b",))
    with pytest.raises(UnusableAnswerError, match="'b' more than once"):
        BestFew("somebody", ("a", "b"), ("b",))


def test_lists_of_one_item_or_of_none_are_refused() -> None:
    with pytest.raises(UnusableAnswerError, match="at least two items, got 1"):
        Ranking.of("somebody", ["a"])
    with pytest.raises(UnusableAnswerError, match="at least two items, got 0"):
        Ranking.of("somebody", [])
    with pytest.raises(UnusableAnswerError, match="at least two items, got 1"):
        BestOf("somebody", "a", ())


def test_rankings_with_an_empty_place_are_refused() -> None:
    with pytest.raises(UnusableAnswerError, match="empty place"):
        Ranking("somebody", (("a",), (), ("b",)))
    with pytest.raises(UnusableAnswerError, match="empty place"):
        Ranking.of("somebody", [], ["a", "b"])


def test_picking_none_or_all_is_refused_because_it_orders_nothing() -> None:
    with pytest.raises(UnusableAnswerError, match="2 items were picked and 0 left"):
        BestFew("somebody", ("a", "b"), ())
    with pytest.raises(UnusableAnswerError, match="0 items were picked and 2 left"):
        BestFew("somebody", (), ("a", "b"))


@pytest.mark.parametrize(
    "answer", [Ranking.of("x", ["a", "z"]), BestOf("x", "z", ("a",)), Thumb("x", "z", up=True)]
)
def test_items_that_the_study_does_not_have_are_refused_by_name(answer: Answer) -> None:
    with pytest.raises(UnusableAnswerError, match="'z', which the study does not have"):
        about(3, [answer])


def test_lists_across_prompts_are_refused_and_thumbs_are_not() -> None:
    with pytest.raises(UnusableAnswerError, match="different prompts"):
        AllAnswers.of(["a", "b"], ["one", "two"], [Ranking.of("somebody", ["a", "b"])])
    thumbs = [Thumb("somebody", "a", up=True), Thumb("somebody", "b", up=False)]
    assert AllAnswers.of(["a", "b"], ["one", "two"], thumbs).n.thumbs == 2


def test_items_listed_twice_are_refused() -> None:
    with pytest.raises(UnusableAnswerError, match="3 items have only 2 different ids"):
        AllAnswers.of(["a", "b", "a"], ["p"] * 3, [])


def test_pairs_about_other_items_are_refused() -> None:
    pairs = comparisons_of(2, [(0, 1, 1)])
    with pytest.raises(DiscernError, match="2 items and the other answers about 3"):
        AllAnswers.of(["a", "b", "c"], ["p"] * 3, [], pairs)


def test_answers_are_counted_by_kind() -> None:
    answers: list[Answer] = [
        Ranking.of("somebody", ["a", "b", "c"]),
        Ranking.of("somebody", ["b", "a"]),
        BestOf("somebody", "a", ("b",)),
        BestAndWorst("somebody", "a", "b", ("c",)),
        BestFew("somebody", ("a", "b"), ("c",)),
        Thumb("somebody", "a", up=True),
    ]
    n = about(3, answers).n
    assert (n.pairs, n.rankings, n.best, n.best_and_worst, n.best_few, n.thumbs) == (
        (0, 2, 1, 1, 1, 1)
    )
    assert n.total == 6


def test_answers_of_all_kinds_connect_items() -> None:
    """a-b by a pair, b-c by a ranking, d-e by a pick; f by nothing, g alone under a thumb."""
    pairs = comparisons_of(7, [(0, 1, 1)])
    name = pairs.items
    answers: list[Answer] = [
        Ranking.of("somebody", [name[1], name[2]]),
        BestFew("somebody", (name[3],), (name[4],)),
        Thumb("somebody", name[6], up=True),
    ]
    graph = graph_of(about(7, answers, pairs))
    same = graph.component[:, None] == graph.component
    assert same.sum(axis=1).tolist() == [3, 3, 3, 2, 2, 1, 1]
    assert graph.component_sizes == (3, 2, 1)
    assert graph.never_judged == (name[5],)
    assert graph.n_held_by_prior == 3
    assert graph.on_threshold(np.array([6]))
    assert not graph.on_threshold(np.array([6, 0]))


def test_thumbs_connect_items_through_the_threshold() -> None:
    thumbs = [Thumb("somebody", item, up=up) for item in "abc" for up in (True, False)]
    graph = graph_of(about(3, thumbs))
    assert graph.component_sizes == (3,)
    assert graph.n_held_by_prior == 0
    assert graph.on_threshold(np.arange(3))


def test_a_circle_of_rankings_needs_no_prior_and_a_single_ranking_does() -> None:
    circle = [Ranking.of("x", order) for order in ("abc", "bca", "cab")]
    assert graph_of(about(3, circle)).n_held_by_prior == 0
    assert graph_of(about(3, circle[:1])).n_held_by_prior == 1


def test_items_that_share_a_place_are_connected_both_ways() -> None:
    tied = graph_of(about(3, [Ranking("x", (("a", "b", "c"),))]))
    assert (tied.component_sizes, tied.n_held_by_prior) == ((3,), 0)
    through_tie = [Ranking("x", (("a", "b"), ("c",))), Ranking.of("x", "ca")]
    assert graph_of(about(3, through_tie)).n_held_by_prior == 0


def test_an_item_that_is_ranked_below_counts_as_worse_than_all_above() -> None:
    """a > {b, c} leaves b and c untold; c > a closes the circle for these two only."""
    answers = [Ranking.of("x", "a", "bc"), Ranking.of("x", "ca")]
    assert graph_of(about(3, answers)).n_held_by_prior == 1
    closed = [*answers, Ranking.of("x", "ba")]
    assert graph_of(about(3, closed)).n_held_by_prior == 0
