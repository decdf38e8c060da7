from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.acquisition import (
    Aids,
    Beliefs,
    Concern,
    FeatureReach,
    ListedPairs,
    MissingAidError,
    OpenPairs,
    PromptPairs,
    UnusableTopError,
    attend,
    choose_next,
    score_pairs,
    score_sets,
)
from core.acquisition.selection import draw, favourites
from core.fitting import fit_bradley_terry, fit_general_preference
from core.judgment import Floats, Indices
from core.models import davidson
from core.simulation import possible_pairs, simulate
from core.study import Policy

N_ITEMS = 12
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def one_prompt(n_items: int) -> tuple[tuple[str, ...], Indices]:
    return tuple(f"item {i}" for i in range(n_items)), np.zeros(n_items, dtype=np.int64)


@pytest.fixture(scope="module")
def aids() -> Aids:
    """A general model of cyclic answers, and features in a plane."""
    rng = np.random.default_rng(5)
    turn = np.linspace(0, 2 * np.pi, N_ITEMS, endpoint=False)
    skew = 2 * np.sin(turn[:, None] - turn)
    data = simulate(np.zeros(N_ITEMS), rng=rng, skew=skew, judgments_per_pair=6)
    general = fit_general_preference(data)
    return Aids(top=3, general=general, features=FeatureReach(rng.normal(size=(N_ITEMS, 2))))


def with_answers(n: int = 25) -> Beliefs:
    truth = np.linspace(-2, 2, N_ITEMS)
    data = simulate(truth, rng=np.random.default_rng(6), n_judgments=n)
    beliefs = Beliefs.prior(*one_prompt(N_ITEMS))
    for first, second, outcome in zip(data.first, data.second, data.outcome, strict=True):
        beliefs.answer(int(first), int(second), int(outcome))
    return beliefs


def all_open(n_items: int, *closed: tuple[int, int]) -> OpenPairs:
    table = np.array(closed, dtype=np.int64).reshape(-1, 2)
    space = PromptPairs(np.zeros(n_items, dtype=np.int64))
    return OpenPairs.without(space, n_items, table[:, 0], table[:, 1])


@pytest.mark.parametrize("policy", Policy)
def test_the_logged_probability_is_the_one_used(policy: Policy, aids: Aids) -> None:
    """10,000 draws from one state, against the probability of every open pair: the mixture's.

    The best pair and another one are closed, so that what is left decides; the probabilities of
    all open pairs sum to one. At most one in a thousand honest choosers fails.
    """
    beliefs, share, n_draws = with_answers(), 0.4, 10_000
    [best, *_] = zip(*favourites(beliefs, all_open(N_ITEMS), policy, aids), strict=True)
    pairs = all_open(N_ITEMS, best, (4, 7))
    first, second = favourites(beliefs, pairs, policy, aids)
    expected = {
        pair: share / len(pairs)
        for pair in combinations(range(N_ITEMS), 2)
        if pair not in {best, (4, 7)}
    }
    for pair in zip(first.tolist(), second.tolist(), strict=True):
        expected[pair] += (1 - share) / len(first)
    assert len(expected) == len(pairs)
    assert sum(expected.values()) == pytest.approx(1)
    rng, seen = np.random.default_rng(1), Counter[tuple[int, int]]()
    for _ in range(n_draws):
        chosen = draw((first, second), pairs, policy, share, rng)
        pair = chosen.first, chosen.second
        assert chosen.probability == pytest.approx(expected[pair])
        assert chosen.policy in {policy.value, "random"}
        seen[pair] += 1
    chosen_next = choose_next(
        beliefs, pairs, policy, random_share=share, rng=np.random.default_rng(1), aids=aids
    )
    assert chosen_next == draw((first, second), pairs, policy, share, np.random.default_rng(1))
    counts = [seen[pair] for pair in expected]
    assert chisquare(counts, [n_draws * p for p in expected.values()]).pvalue > 0.001


@given(
    taken=st.dictionaries(st.integers(0, 65), st.integers(1, 3)),
    own=st.sets(st.integers(0, 65)),
    share=st.floats(0, 1),
    policy=st.sampled_from([Policy.RANKING, Policy.EXPECTED_INFORMATION, Policy.OPTIMISTIC]),
)
def test_a_choice_is_always_open(
    taken: dict[int, int], own: set[int], share: float, policy: Policy
) -> None:
    """Neither an own pair nor one whose places are all taken, also of few listed pairs."""
    everything = PromptPairs(one_prompt(N_ITEMS)[1])
    listed = ListedPairs(*everything.at(np.arange(0, 66, 5)))
    beliefs = with_answers(5)
    for space in (everything, listed):
        numbers = range(len(space))
        closed = [n for n in numbers if n in own or taken.get(n, 0) >= 2]
        pairs = OpenPairs.without(space, N_ITEMS, *space.at(np.array(closed, dtype=np.int64)))
        table = space.at(np.array([n for n in numbers if n not in closed], dtype=np.int64))
        left = set(zip(*(ends.tolist() for ends in table), strict=True))
        assert len(pairs) == len(left)
        rng = np.random.default_rng(0)
        chosen = choose_next(beliefs, pairs, policy, random_share=share, rng=rng)
        if chosen is None:
            assert not left
        else:
            assert (chosen.first, chosen.second) in left


@given(st.lists(st.integers(0, 7), min_size=1, max_size=5))
def test_prompt_pairs_number_each_pair_once(sizes: list[int]) -> None:
    prompts = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    space = PromptPairs(prompts.astype(np.int64))
    first, second = space.at(np.arange(len(space)))
    listed = list(zip(first.tolist(), second.tolist(), strict=True))
    one, other = possible_pairs(prompts)
    assert len(listed) == len(set(listed))
    assert set(listed) == set(zip(one.tolist(), other.tolist(), strict=True))


@pytest.mark.parametrize("policy", [Policy.RANKING, Policy.EXPECTED_INFORMATION])
def test_the_shortlist_of_a_large_prompt_holds_nearly_the_best(policy: Policy) -> None:
    """400 items, of whose 79,800 pairs 32,768 are scored: the best of those is the best of all, to
    a tenth of the score."""
    rng = np.random.default_rng(0)
    items, prompts = one_prompt(400)
    truth, space = 1.5 * rng.normal(size=400), PromptPairs(prompts)
    data = simulate(truth, rng=rng, n_judgments=3_000)
    beliefs = Beliefs.of(fit_bradley_terry(data), items, prompts)
    aids, pairs = Aids(), OpenPairs.without(space, 400, *np.empty((2, 0), dtype=np.int64))
    first, second = favourites(beliefs, pairs, policy, aids)
    found = score_pairs(policy, beliefs, first, second, aids)[0]
    assert found > 0.9 * score_pairs(policy, beliefs, *possible_pairs(prompts), aids).max()


def test_fifty_people_at_once_get_fifty_different_pairs() -> None:
    """Each shown pair is expected to be answered, so the next one tells something else.

    The 100 places go to all 20 items, no item having more than twice its share of 5.
    """
    beliefs = Beliefs.prior(*one_prompt(20))
    rng, chosen = np.random.default_rng(0), []
    for _ in range(50):
        pair = choose_next(
            beliefs, all_open(20), Policy.EXPECTED_INFORMATION, random_share=0.0, rng=rng
        )
        assert pair is not None
        beliefs.expect(pair.first, pair.second)
        chosen.append((pair.first, pair.second))
    assert len(set(chosen)) == 50
    assert 1 <= beliefs.exposure.min() <= beliefs.exposure.max() <= 10


@pytest.mark.parametrize("tie_log_weight", [-np.inf, -1.0])
def test_expected_information_is_near_the_mutual_information(tie_log_weight: float) -> None:
    """H(E p) - E H(p) by quadrature: within 15 % where a judgment is typical (v <= 2)."""
    beliefs = with_answers(40)
    beliefs.tie_log_weight = tie_log_weight
    first, second = possible_pairs(beliefs.prompts)
    gap, variance = beliefs.differences(first, second)
    usual = (variance <= 2) & (np.abs(gap) < 2)
    points = gap[usual, None] + np.sqrt(variance[usual, None]) * NODES
    shares = davidson(points.ravel(), tie_log_weight).reshape(*points.shape, 3)
    mean = np.einsum("k,nky->ny", WEIGHTS, shares)
    exact = entropy(mean) - entropy(shares) @ WEIGHTS
    scores = score_pairs(Policy.EXPECTED_INFORMATION, beliefs, first[usual], second[usual], Aids())
    assert usual.sum() > 20
    assert scores == pytest.approx(exact, rel=0.15)


def entropy(shares: Floats) -> Floats:
    summed: Floats = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=-1)
    return summed


def test_ranking_asks_about_the_crowded_middle_and_top_k_about_the_bar() -> None:
    """Nine items at 0, ±.1, ... and three far above, all known equally well: ranking asks about two
    of the nine, whose order is open; the best three are clear, so top 3 tells least of anything,
    and top 2 asks about two of the three."""
    beliefs = Beliefs.prior(*one_prompt(N_ITEMS), scale=0.5)
    beliefs.mean[:] = [*np.linspace(-0.4, 0.4, 9), 4.0, 4.1, 4.2]
    chosen = favourites(beliefs, all_open(N_ITEMS), Policy.RANKING, Aids())
    assert np.max(chosen) < 9
    chosen = favourites(beliefs, all_open(N_ITEMS), Policy.TOP_K, Aids(top=2))
    assert np.min(chosen) >= 9
    first, second = possible_pairs(beliefs.prompts)
    of_two, of_three = (
        score_pairs(Policy.TOP_K, beliefs, first, second, Aids(top=top)).max() for top in (2, 3)
    )
    assert of_three < of_two / 100
    every = score_pairs(Policy.TOP_K, beliefs, first, second, Aids(top=N_ITEMS))
    assert np.array_equal(every, np.zeros(len(first)))


def test_optimism_asks_about_the_items_that_could_be_best() -> None:
    beliefs = Beliefs.prior(*one_prompt(4))
    beliefs.mean[:] = [3.0, 0.0, 2.0, -1.0]
    first, second = favourites(beliefs, all_open(4), Policy.OPTIMISTIC, Aids())
    assert (first.tolist(), second.tolist()) == ([0], [2])


def test_disagreement_is_largest_where_a_cycle_is(aids: Aids) -> None:
    """Answers go round in a circle: the additive model says 1/2, the general one up to 80 % a
    quarter turn apart. A pair that was just asked counts half."""
    beliefs = Beliefs.prior(*one_prompt(N_ITEMS))
    first, second = possible_pairs(beliefs.prompts)
    policy = Policy.MODEL_DISAGREEMENT
    scores = score_pairs(policy, beliefs, first, second, aids)
    best = int(scores.argmax())
    assert abs(int(second[best]) - int(first[best])) in {2, 3, 4, 8, 9, 10}
    beliefs.asked[int(first[best]), int(second[best])] += 1
    again = score_pairs(policy, beliefs, first, second, aids)
    assert again[best] == pytest.approx(scores[best] / 2)
    with pytest.raises(MissingAidError):
        score_pairs(policy, beliefs, first, second, Aids())


def test_distance_reaches_for_the_item_far_from_all_shown() -> None:
    """Items at 0, 1, 10 and 10.1; 0 was shown. Both far ones are far, but the second of them adds
    .1 only: so one of them with 1 (10.1 + 1) rather than both (10.1 + .1)."""
    features = FeatureReach(np.array([[0.0], [1.0], [10.0], [10.1]]))
    beliefs = Beliefs.prior(*one_prompt(4))
    beliefs.exposure[0] = 1
    first, second = possible_pairs(beliefs.prompts)
    scores = score_pairs(Policy.FEATURE_DISTANCE, beliefs, first, second, Aids(features=features))
    by_pair = dict(zip(zip(first.tolist(), second.tolist(), strict=True), scores, strict=True))
    assert by_pair[1, 3] == pytest.approx(10.1 + 1.0) == max(by_pair.values())
    assert by_pair[2, 3] == pytest.approx(10.1 + 0.1)
    beliefs.exposure[3] = 1
    assert features.distances(beliefs.exposure) == pytest.approx([0, 1, 0.1, 0])


def test_a_set_scores_as_its_pairs_together() -> None:
    beliefs = with_answers()
    sets = np.array([[0, 3, 5], [1, 2, 11]])
    scores = score_sets(Policy.EXPECTED_INFORMATION, beliefs, sets, Aids())
    pairs = [[(0, 3), (0, 5), (3, 5)], [(1, 2), (1, 11), (2, 11)]]
    ends = [(np.array(three)[:, 0], np.array(three)[:, 1]) for three in pairs]
    summed = [
        score_pairs(Policy.EXPECTED_INFORMATION, beliefs, one, other, Aids()).sum()
        for one, other in ends
    ]
    assert scores == pytest.approx(summed)


def test_the_best_none_are_no_question() -> None:
    with pytest.raises(UnusableTopError):
        attend(Beliefs.prior(*one_prompt(3)), Concern(0))


def test_listed_pairs_beyond_what_is_scored_are_cut_to_the_promising() -> None:
    rng = np.random.default_rng(0)
    first, second = possible_pairs(np.zeros(300, dtype=np.int64))
    pull = rng.normal(size=300)
    one, other = ListedPairs(first, second).shortlist(lambda: pull)
    assert len(one) == 2**15
    assert (pull[one] + pull[other]).min() >= np.sort(pull[first] + pull[second])[-(2**15)]
