"""How models are evaluated: by subset, best of four, consistency, aggregates, orders."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import trim_mean

from core.aggregation import aggregate_ranks, kemeny_order
from core.benchmark_scores import (
    UnknownSubsetError,
    benchmark_scores,
    best_of_several,
    share_of_the_reachable,
)
from core.consistency import (
    OnePromptError,
    compare_preferences,
    exchanged_prompts,
    length_effect,
    said_twice,
    tail_effect,
    with_off_topic_tail,
)
from core.estimates import Estimate, NotDeterminedError, clustered_mean
from core.robust_aggregates import aggregate, interquartile_mean


def test_sections_are_averaged_by_judgment_and_then_evenly() -> None:
    """Chat: a 3 of 4, b 0 of 2, so 3/6; safety: c 2 of 2. Overall (1/2 + 1) / 2, pooled 5/8."""
    right = np.array([1.0, 1, 1, 0, 0, 0, 1, 1])
    subset = ["a"] * 4 + ["b"] * 2 + ["c"] * 2
    scores = benchmark_scores(right, subset, np.arange(8), {"chat": ["a", "b"], "safety": ["c"]})
    assert [part.accuracy.value for part in scores.subsets] == [0.75, 0, 1]
    assert scores.sections["chat"].value == 0.5
    assert (scores.overall.value, scores.pooled.value) == (0.75, 0.625)
    alone = benchmark_scores(right, ["a"] * 8, np.arange(8))
    assert alone.overall.value == alone.pooled.value
    plain = clustered_mean(right, np.arange(8))
    assert alone.overall.low == pytest.approx(plain.low)
    assert alone.overall.high == 1 < plain.high  # a share
    with pytest.raises(UnknownSubsetError, match="'d'"):
        benchmark_scores(right, subset, np.arange(8), {"chat": ["d"]})


def test_the_interval_of_the_mean_of_sections_holds() -> None:
    """200 benchmarks with sections of 300 and 30: fewer than 180 hits have probability 0.4 %."""
    held = 0
    subset = ["large"] * 300 + ["small"] * 30
    for seed in range(200):
        rng = np.random.default_rng(seed)
        right = (rng.random(330) < np.repeat([0.9, 0.6], [300, 30])).astype(float)
        overall = benchmark_scores(right, subset, np.arange(330)).overall
        held += overall.low <= 0.75 <= overall.high
    assert 180 <= held <= 199


def test_best_of_four_counts_the_highest_and_shares_ties() -> None:
    numbers = np.array([[3.0, 1, 2, 0], [1, 3, 2, 0], [2, 2, 1, 0], [1, 1, 1, 1]])
    assert best_of_several(numbers, np.arange(4)).value == (1 + 0 + 0.5 + 0.25) / 4


def test_what_was_reached_is_said_of_what_can_be() -> None:
    found = share_of_the_reachable(Estimate(0.7, 0.65, 0.75, 100), Estimate(0.9, 0.8, 1.0, 50))
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.3, 0.25 / 0.3))
    with pytest.raises(NotDeterminedError):
        share_of_the_reachable(Estimate(0.7, 0.65, 0.75, 9), Estimate(0.5, 0.5, 0.5, 9))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.integers(0, 99))
def test_changed_texts_take_from_other_prompts_only(prompts: list[int], seed: int) -> None:
    numbers, rng = np.array(prompts), np.random.default_rng(seed)
    texts = [f"text {place}\n\nlast of {prompt}" for place, prompt in enumerate(prompts)]
    if len(set(prompts)) < 2:
        with pytest.raises(OnePromptError):
            exchanged_prompts(numbers, rng)
        with pytest.raises(OnePromptError):
            with_off_topic_tail(texts, numbers, rng)
        return
    other = exchanged_prompts(numbers, rng)
    assert all(other[prompt] != prompt for prompt in prompts)
    assert sorted({int(other[prompt]) for prompt in prompts}) == sorted(set(prompts))
    for text, before, prompt in zip(
        with_off_topic_tail(texts, numbers, rng), texts, prompts, strict=True
    ):
        assert text.startswith(before)
        assert not text.endswith(f"last of {prompt}")
    assert said_twice(["a"]) == ("a\n\na",)


def test_what_a_change_did_is_counted() -> None:
    before, after = np.array([2.0, -1, 1, 3]), np.array([1.0, 1, 0.5, 1.5])
    found = compare_preferences(before, after, np.arange(4))
    assert (found.kept.value, found.sureness.value) == (0.75, (-1 + 0 - 0.5 - 1.5) / 4)
    worse = tail_effect(np.zeros(4), np.array([-1.0, -2, 0, 1]), np.arange(4))
    assert (worse.not_worse.value, worse.log_odds.value) == (0.5, -0.5)


def test_length_is_held_apart_from_prompts() -> None:
    """Within prompts 0.5 nats for twice the length; the prompts' levels and lengths differ."""
    prompts = np.repeat(np.arange(20), 4)
    characters = np.tile([100, 200, 400, 800], 20) * (1 + prompts)
    strengths = 0.5 * np.tile([0.0, 1, 2, 3], 20) - 3 * prompts
    found = length_effect(strengths, characters, prompts, strengths + 0.25)
    assert found.slope is not None
    assert found.slope.value == pytest.approx(0.5, abs=1e-3)
    assert found.same_content is not None
    assert found.same_content.value == pytest.approx(0.25)


def test_interquartile_mean_equals_that_of_a_library() -> None:
    """scipy.stats.trim_mean with a quarter off each end, as in rliable."""
    scores = np.random.default_rng(0).normal(size=(7, 9))
    assert interquartile_mean(scores.ravel()) == pytest.approx(trim_mean(scores.ravel(), 0.25))
    found = aggregate(scores, rng=np.random.default_rng(0))
    assert found.interquartile_mean.low < found.interquartile_mean.value
    wild = scores.copy()
    wild[0, 0] = 1e6
    moved = aggregate(wild, rng=np.random.default_rng(0))
    assert abs(moved.interquartile_mean.value - found.interquartile_mean.value) < 0.2
    assert moved.mean.value > 1000


def test_intervals_of_aggregates_hold_with_many_runs() -> None:
    """100 studies of 20 runs and 6 tasks; normal scores, whose middle half has the same mean."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found = aggregate(rng.normal(size=(20, 6)), n_rounds=200, rng=rng).interquartile_mean
        held += found.low <= 0 <= found.high
    assert 87 <= held <= 100


@given(st.integers(0, 500))
def test_kemeny_is_the_best_of_all_orders(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, size=(5, 7)).astype(float)
    better = (scores[:, None, :] > scores[None, :, :]).sum(axis=2).astype(float)

    def agreed(order: tuple[int, ...]) -> float:
        return float(sum(better[a, b] for n, a in enumerate(order) for b in order[n + 1 :]))

    best = max(agreed(order) for order in permutations(range(5)))
    found = kemeny_order(better, np.arange(5))
    assert sorted(found.tolist()) == list(range(5))
    assert agreed(tuple(found.tolist())) == best
    moved = kemeny_order(better, np.arange(5), most_exact=2)
    assert best - agreed(tuple(moved.tolist())) <= 2


def test_one_wide_subset_decides_the_mean_but_not_the_ranks() -> None:
    """Model 0 is slightly better on four subsets, model 1 much better on one."""
    scores = np.array([[0.6, 0.6, 0.6, 0.6, 0.1], [0.5, 0.5, 0.5, 0.5, 0.9], [0.1] * 5])
    by_mean, by_rank, kemeny = aggregate_ranks(scores, rng=np.random.default_rng(0))
    assert by_mean.order == (1, 0, 2)
    assert by_rank.order == kemeny.order == (0, 1, 2)
    assert kemeny.reversed_pairs == ((1, 0),)
    assert by_mean.reversed_pairs == ()
    assert (kemeny.ranks[2].value, kemeny.ranks[2].high) == (3, 3)
