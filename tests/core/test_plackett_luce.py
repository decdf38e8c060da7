from itertools import combinations, permutations
from typing import get_args

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from core.fitting.answers import Further, WorstChoice
from core.fitting.plackett_luce import Picks
from core.judgment import Floats
from core.rankings import (
    AllAnswers,
    Answer,
    BestAndWorst,
    BestFew,
    BestOf,
    Ranking,
    Thumb,
)
from core.simulation import simulate
from tests.core.answers import (
    NAMES,
    about,
    chance,
    dense_slopes,
    every_kind,
    log_likelihood,
    weak_orders,
)

STRENGTHS = np.array([0.7, -1.2, 0.1, 2.0, -0.4])


def test_a_ranking_of_three_by_hand() -> None:
    """Strengths log 1, log 2, log 3: c before a before b is 3/6 · 1/3."""
    strengths = np.log([1.0, 2.0, 3.0])
    assert chance(Ranking.of("x", "cab"), strengths) == pytest.approx(1 / 6)
    assert chance(Ranking.of("x", "c", "ab"), strengths) == pytest.approx(1 / 2)


def test_the_best_two_of_three_by_hand() -> None:
    """Weights 1, 2, 3: {a, b} is 1/6 · 2/5 + 2/6 · 1/4 = 3/20."""
    strengths = np.log([1.0, 2.0, 3.0])
    assert chance(BestFew("x", ("a", "b"), ("c",)), strengths) == pytest.approx(3 / 20)


def test_best_and_worst_of_three_by_hand() -> None:
    """Weights 1, 2, 3: best c 3/6; worst a against b 2/3. Worst first: (1/1)/(11/6), then 3/5."""
    strengths = np.log([1.0, 2.0, 3.0])
    answer = BestAndWorst("x", "c", "a", ("b",))
    assert chance(answer, strengths) == pytest.approx(1 / 3)
    assert chance(answer, strengths, "reversed") == pytest.approx(1 / 3)
    mirrored = BestAndWorst("x", "c", "a", ("b",), worst_first=True)
    assert chance(mirrored, strengths) == pytest.approx(1 / 3)
    assert chance(mirrored, strengths, "reversed") == pytest.approx(6 / 11 * 3 / 5)


def test_best_and_worst_are_the_sum_of_the_rankings_with_these_ends() -> None:
    for best, worst in permutations("abcde", 2):
        middle = tuple(item for item in "abcde" if item not in {best, worst})
        whole = sum(
            chance(Ranking.of("x", (best, *order, worst)), STRENGTHS)
            for order in permutations(middle)
        )
        answer = BestAndWorst("x", best, worst, middle)
        assert chance(answer, STRENGTHS) == pytest.approx(whole, rel=1e-12)


def everything_about(shown: str, form: str) -> list[Answer]:
    orders = ["".join(order) for order in permutations(shown)]
    possible: dict[str, list[Answer]] = {
        "full": [Ranking.of("x", order) for order in orders],
        "top two": [
            Ranking.of("x", top, sorted(set(shown) - set(top))) for top in permutations(shown, 2)
        ],
        "best": [BestOf("x", best, tuple(set(shown) - {best})) for best in shown],
        "best and worst": [
            BestAndWorst("x", one, other, tuple(set(shown) - {one, other}))
            for one, other in permutations(shown, 2)
        ],
        "worst and best": [
            BestAndWorst("x", one, other, tuple(set(shown) - {one, other}), worst_first=True)
            for one, other in permutations(shown, 2)
        ],
    }
    for k in range(1, len(shown)):
        possible[f"pick {k}"] = [
            BestFew("x", few, tuple(set(shown) - set(few))) for few in combinations(shown, k)
        ]
    return possible[form]


@pytest.mark.parametrize(
    "form",
    ["full", "top two", "best", "best and worst", "worst and best"]
    + [f"pick {k}" for k in (1, 2, 3, 4)],
)
@pytest.mark.parametrize("worst_choice", get_args(WorstChoice))
def test_the_probabilities_of_all_possible_answers_sum_to_one(
    form: str, worst_choice: WorstChoice
) -> None:
    possible = everything_about("abcde", form)
    chances = [chance(answer, STRENGTHS, worst_choice) for answer in possible]
    assert len(set(chances)) == len(chances)
    assert sum(chances) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("sizes", [(2,), (2, 3), (2, 3, 4)])
def test_the_probabilities_of_all_orders_with_ties_sum_to_one(sizes: tuple[int, ...]) -> None:
    further = Further(None, sizes, None, ())
    weights = np.array([-0.3, 0.8, 0.2])[: len(sizes)]
    orders = list(weak_orders("abcd", max(sizes)))
    assert len(orders) == {2: 66, 3: 74, 4: 75}[max(sizes)]
    chances = [
        np.exp(log_likelihood(about(4, [Ranking("x", order)]), STRENGTHS[:4], weights, further))
        for order in orders
    ]
    assert sum(chances) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_a_pick_is_the_sum_of_the_rankings_that_it_could_be(k: int) -> None:
    strengths = np.array([3.0, -4.0, 0.0, 1.0, -1.0, 6.0])
    for few in combinations("abcdef", k):
        rest = tuple(sorted(set("abcdef") - set(few)))
        whole = sum(chance(Ranking.of("x", order, rest), strengths) for order in permutations(few))
        assert chance(BestFew("x", few, rest), strengths) == pytest.approx(whole, rel=1e-12)


def test_a_pick_of_fifty_from_a_hundred_equals_is_one_of_that_many_sets() -> None:
    picks = Picks(np.arange(50)[None], np.arange(50, 100)[None])
    n_sets = 100_891_344_545_564_193_334_812_497_256  # 100 choose 50
    value = picks.log_likelihood(np.zeros(100), np.zeros(0))
    assert value == pytest.approx(-np.log(float(n_sets)), abs=1e-11)


def test_a_pick_against_all_odds_keeps_its_probability() -> None:
    """Strengths 60 apart: the two worst picked, each as if alone against the best."""
    strengths = np.array([-60.0, -60.0, 0.0])
    picks = Picks(np.array([[0, 1]]), np.array([[2]]))
    assert picks.log_likelihood(strengths, np.zeros(0)) == pytest.approx(-120 + np.log(2))


@pytest.mark.parametrize(
    "answers",
    [
        every_kind(),
        [answer for answer in every_kind() if not getattr(answer, "tie_sizes", ())],
        [Thumb("x", "a", up=True), Thumb("y", "a", up=False), Thumb("y", "b", up=True)],
    ],
)
@pytest.mark.parametrize("worst_choice", get_args(WorstChoice))
def test_slopes_and_curvature_are_those_of_the_likelihood(
    answers: list[Answer], worst_choice: WorstChoice
) -> None:
    rng = np.random.default_rng(7)
    pairs = simulate(STRENGTHS, rng=rng, n_judgments=12, tie_weight=0.7)
    named = AllAnswers.of(NAMES[:5], ["p"] * 5, answers)
    data = AllAnswers(named.items, named.prompts, pairs, named.lists, named.thumbs)
    n_further = Further.of(data, with_shifts=True).n
    point = np.hstack([STRENGTHS, rng.normal(size=n_further)])

    def value(place: Floats) -> float:
        return log_likelihood(data, place[:5], place[5:], worst_choice=worst_choice)

    def score(place: Floats) -> Floats:
        return dense_slopes(data, place[:5], place[5:], worst_choice)[0]

    found, information = dense_slopes(data, point[:5], point[5:], worst_choice)
    assert found == pytest.approx(approx_fprime(point, value, 1e-6), abs=1e-4)
    moved = [
        (score(point + step) - score(point - step)) / 2e-5 for step in np.eye(len(point)) * 1e-5
    ]
    assert information == pytest.approx(-np.array(moved), abs=1e-7)


def test_every_kind_of_answer_has_one_hill_only() -> None:
    """The information is nowhere negative, also for picks, where that is not plain to see."""
    rng = np.random.default_rng(8)
    data = about(5, every_kind())
    n_further = Further.of(data, with_shifts=True).n
    for _ in range(50):
        strengths, further = rng.normal(0, 3, 5), rng.normal(0, 2, n_further)
        _, information = dense_slopes(data, strengths, further)
        assert np.linalg.eigvalsh(information).min() > -1e-10
