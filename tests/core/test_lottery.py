import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judgment import Floats
from core.lottery import maximal_lottery


def probabilities(seed: int, n_items: int) -> Floats:
    excess = np.random.default_rng(seed).uniform(-0.5, 0.5, size=(n_items, n_items))
    return 0.5 + (excess - excess.T) / 2


def test_rock_paper_scissors_by_hand() -> None:
    """Each item's weight is proportional to the margin between the other two: .2, .2, .4."""
    wins = np.array([[0.5, 0.9, 0.3], [0.1, 0.5, 0.7], [0.7, 0.3, 0.5]])
    found = maximal_lottery(wins)
    assert found.weights == pytest.approx([0.25, 0.25, 0.5], abs=1e-6)
    assert found.is_unique
    assert found.condorcet_winner is None


def test_an_item_preferred_to_every_other_has_all_the_weight() -> None:
    wins = np.array([[0.5, 0.4, 0.9], [0.6, 0.5, 0.51], [0.1, 0.49, 0.5]])
    found = maximal_lottery(wins)
    assert found.weights.tolist() == [0, 1, 0]
    assert found.condorcet_winner == 1


def test_where_nothing_is_better_all_are_alike_and_the_answer_is_not_unique() -> None:
    found = maximal_lottery(np.full((4, 4), 0.5))
    assert found.weights == pytest.approx([0.25] * 4, abs=1e-6)
    assert not found.is_unique


def test_two_that_tie_and_beat_the_rest_share_the_weight() -> None:
    wins = np.array([[0.5, 0.5, 0.8], [0.5, 0.5, 0.7], [0.2, 0.3, 0.5]])
    found = maximal_lottery(wins)
    assert found.weights == pytest.approx([0.5, 0.5, 0], abs=1e-6)
    assert not found.is_unique


def test_one_item_is_chosen_with_certainty() -> None:
    assert maximal_lottery(np.array([[0.5]])).weights.tolist() == [1.0]


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_nothing_beats_a_lottery(seed: int, n_items: int) -> None:
    """Optimal by its own certificate: no item wins more than half the time against it."""
    wins = probabilities(seed, n_items)
    found = maximal_lottery(wins)
    assert found.weights.sum() == pytest.approx(1)
    assert (found.weights >= 0).all()
    assert (found.weights @ wins).min() >= 0.5 - 1e-6


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_naming_items_otherwise_moves_the_weights_along(seed: int, n_items: int) -> None:
    wins = probabilities(seed, n_items)
    order = np.random.default_rng(seed).permutation(n_items)
    one, other = maximal_lottery(wins), maximal_lottery(wins[np.ix_(order, order)])
    assert other.weights == pytest.approx(one.weights[order], abs=1e-3)
