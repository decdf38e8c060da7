"""The best of four: of sets made from held-out pairs, and of held-out lists."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.benchmark_scores import known_best
from core.estimates import NotDeterminedError
from core.judgment import Floats
from core.models import davidson
from core.rankings import AllAnswers, Answer, BestOf, Ranking
from core.scores import HeldOut
from trainer.best_of import best_of_lists, best_of_pairs

PAIRS = np.array(list(combinations(range(6), 2)))


def held_out(n_prompts: int, plain: Floats, general: Floats, noise: float = 0.0) -> HeldOut:
    """Six items a prompt, the first of two always better; models by strengths (n_items,)."""
    rng = np.random.default_rng(0)
    first, second = (np.vstack([PAIRS + 6 * p for p in range(n_prompts)])).T
    outcome = np.where(rng.random(len(first)) < noise, -1, 1)
    none = np.zeros(len(first), dtype=np.int64)
    one, other = (davidson(s[first] - s[second], -np.inf) for s in (plain, general))
    return HeldOut(first, second, outcome, none, none, one, other, (), by_pair=True)


def test_who_knows_the_order_finds_all_and_who_turns_it_round_none() -> None:
    """Of six items in order the first three beat three others or more: three sets a prompt."""
    falling = -np.arange(60.0)
    found = best_of_pairs(held_out(10, falling, -falling), np.arange(60) // 6, seed=0)
    assert (found["n_sets"], found["n_prompts"]) == (30, 10)
    assert found["bradley_terry"]["value"] == 1
    assert found["general_preference"]["value"] == 0
    with pytest.raises(NotDeterminedError, match="needs 10"):
        best_of_pairs(held_out(3, falling, falling), np.arange(60) // 6, seed=0)


def test_rows_that_are_left_out_take_their_sets_with_them() -> None:
    """Without the judgments of the first item of each prompt, two items beat three others."""
    falling = -np.arange(60.0)
    whole = held_out(10, falling, -falling)
    found = best_of_pairs(whole.where(whole.first % 6 != 0), np.arange(60) // 6, seed=0)
    assert found["n_sets"] == 20
    assert found["general_preference"]["value"] == 0


def test_who_guesses_finds_one_in_four() -> None:
    """About 600 sets: a standard error of 0.018, a little more as sets of a prompt share items."""
    rng = np.random.default_rng(1)
    guesses, even = rng.normal(size=1200), np.zeros(1200)
    found = best_of_pairs(held_out(200, guesses, even, 0.1), np.arange(1200) // 6, seed=0)
    assert found["bradley_terry"]["value"] == pytest.approx(0.25, abs=0.08)
    assert found["bradley_terry"]["low"] < 0.25 < found["bradley_terry"]["high"]
    assert found["general_preference"]["value"] == 0.25  # all equal: a quarter each


@given(st.integers(0, 500))
def test_a_best_beat_the_others_of_its_set(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(PAIRS), size=40)
    (first, second), outcome = PAIRS[drawn].T, rng.integers(-1, 2, size=40)
    sets = known_best(first, second, outcome, 3, rng=rng)
    assert len(np.unique(sets.best)) == len(sets.best)
    for best, rows in zip(sets.best, sets.pair, strict=True):
        others = {int(first[r] + second[r] - best) for r in rows}
        assert len(others) == 2
        for other in others:
            about = (np.minimum(best, other) == first) & (np.maximum(best, other) == second)
            net = outcome[about].sum()
            assert net > 0 if best < other else net < 0


def test_lists_are_foretold_as_often_as_strengths_can() -> None:
    """Choices by e^strength among four items: the strongest is chosen as often as it can be said.

    500 lists, so that the share has a standard error of 0.022.
    """
    rng, strengths = np.random.default_rng(2), 1.0 * np.arange(8)
    answers: list[Answer] = []
    expected = []
    for number in range(500):
        shown = rng.permutation(8)[:4]
        odds = np.exp(strengths[shown])
        expected.append(odds.max() / odds.sum())
        order = [f"i{k}" for k in shown[np.argsort(-strengths[shown] - rng.gumbel(size=4))]]
        if number % 2:
            answers.append(Ranking.of("a", order))
        else:
            answers.append(BestOf("a", order[0], tuple(order[1:])))
    answers.append(BestOf("a", "i0", ("i1", "i2")))  # too short to be one of four
    everything = AllAnswers.of([f"i{k}" for k in range(8)], ["q"] * 8, answers)
    found = best_of_lists(everything, seed=0)
    assert found["n_sets"] == 500
    assert found["strengths"]["value"] == pytest.approx(np.mean(expected), abs=0.07)
    assert found["guessing"] == 0.25
    with pytest.raises(NotDeterminedError, match="Nobody was asked"):
        best_of_lists(AllAnswers.of(["i0", "i1"], ["q"] * 2, []), seed=0)
