from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.acquisition import (
    PairsWithinPrompts,
    Places,
    ReadyPairs,
    SideCounts,
    choose_left,
    choose_pair,
)
from core.judgment import Pair

AB, AC, BC = Pair("a", "b"), Pair("a", "c"), Pair("b", "c")
TRIANGLE = ReadyPairs([AB, AC, BC])


@given(st.lists(st.integers(0, 7), min_size=1, max_size=5))
def test_pairs_within_prompts_numbers_each_pair_once(sizes: list[int]) -> None:
    """The space holds exactly the pairs of items of the same prompt, each under one number."""
    groups = [[f"{g}-{i}" for i in range(size)] for g, size in enumerate(sizes)]
    space = PairsWithinPrompts.of(groups)
    listed = [space[number] for number in range(len(space))]
    expected = {Pair.of(*two) for group in groups for two in combinations(group, 2)}
    assert len(listed) == len(set(listed))
    assert set(listed) == expected


def test_a_prompt_with_many_items_is_never_listed() -> None:
    """A million items are 499,999,500,000 pairs; the last number is the last pair."""
    items = [f"{i:06}" for i in range(1_000_000)]
    space = PairsWithinPrompts.of([items])
    assert len(space) == 499_999_500_000
    assert space[len(space) - 1] == Pair("999998", "999999")
    choice = choose_pair(space, Places({}, set(), 1), 0.1, np.random.default_rng(0))
    assert choice is not None
    assert choice.probability == pytest.approx(1 / 499_999_500_000)


def test_nothing_is_left_when_all_places_are_taken_or_own() -> None:
    rng = np.random.default_rng(0)
    places = Places({AB: 2, AC: 1}, {AC, BC}, overlap=2)
    assert choose_pair(TRIANGLE, places, 0.1, rng) is None


def test_the_logged_probability_is_the_one_used() -> None:
    """ab has one judgment, ac and bc none: P(ab) = .3/3 = .1, P(ac) = P(bc) = .1 + .7/2 = .45."""
    rng = np.random.default_rng(1)
    places = Places({AB: 1}, set(), overlap=2)
    expected = {AB: 0.1, AC: 0.45, BC: 0.45}
    n_draws = 10_000
    seen = dict.fromkeys(expected, 0)
    for _ in range(n_draws):
        choice = choose_pair(TRIANGLE, places, 0.3, rng)
        assert choice is not None
        assert choice.probability == pytest.approx(expected[choice.pair])
        seen[choice.pair] += 1
    result = chisquare([seen[pair] for pair in expected], [n_draws * p for p in expected.values()])
    assert result.pvalue > 0.001


@given(
    taken=st.dictionaries(st.sampled_from([AB, AC, BC]), st.integers(1, 3)),
    own=st.sets(st.sampled_from([AB, AC, BC])),
    share=st.floats(0, 1),
    seed=st.integers(0, 100),
)
def test_a_choice_is_always_open_to_the_annotator(
    taken: dict[Pair, int], own: set[Pair], share: float, seed: int
) -> None:
    """Neither an own pair nor one whose places are all taken is ever chosen, whatever the lot."""
    places = Places(taken, own, overlap=2)
    choice = choose_pair(TRIANGLE, places, share, np.random.default_rng(seed))
    open_pairs = [pair for pair in TRIANGLE.pairs if places.open_to(pair)]
    if choice is None:
        assert not open_pairs
    else:
        assert choice.pair in open_pairs
        assert choice.probability is not None
        assert 0 < choice.probability <= 1


def test_sides_even_out_the_pair_first_and_then_the_annotator() -> None:
    rng = np.random.default_rng(0)
    even, more_left, more_right = SideCounts(1, 1), SideCounts(2, 1), SideCounts(1, 2)
    assert choose_left(AB, more_left, more_right, rng) == "b"
    assert choose_left(AB, more_right, more_left, rng) == "a"
    assert choose_left(AB, even, more_left, rng) == "b"
    lots = [choose_left(AB, even, even, rng) for _ in range(1000)]
    assert 400 < lots.count("a") < 600  # four standard deviations of 1000 fair coins: 63
