import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fitting import fit_bradley_terry
from core.ranks import TooFewDrawsError, rank_items, ranks_of
from core.simulation import simulate
from tests.strategies import comparisons_of


def test_ranks_of_three_worked_draws() -> None:
    draws = np.array([[3.0, 2.0, 1.0], [0.0, 1.0, -1.0], [0.0, 1.0, 2.0]])
    assert ranks_of(draws).tolist() == [[1, 2, 3], [2, 1, 3], [3, 2, 1]]


@given(st.integers(1, 8), st.integers(0, 1000), st.integers(1, 10))
def test_probabilities_of_ranks_add_up(n_items: int, seed: int, top: int) -> None:
    draws = np.random.default_rng(seed).normal(size=(250, n_items)) + np.arange(n_items)
    ranks, drawn = rank_items(draws, top=top), ranks_of(draws)
    table = np.stack([(drawn == rank).mean(axis=0) for rank in range(1, n_items + 1)], axis=1)
    assert ranks.best == pytest.approx(table[:, 0])
    assert ranks.among_top == pytest.approx(table[:, :top].sum(axis=1))
    assert ranks.among_top.sum() == pytest.approx(min(top, n_items))
    assert ranks.expected == pytest.approx(table @ np.arange(1, n_items + 1))
    for row, low, high in zip(table, ranks.low, ranks.high, strict=True):
        assert row[low - 1 : high].sum() >= 0.95


def test_the_chance_that_the_better_of_two_is_best_is_that_of_a_normal_difference() -> None:
    """60 wins of 100 without prior: difference log 1.5, variance 1 / 24, chance Φ(1.986) = .977."""
    rows = [(0, 1, 1)] * 60 + [(0, 1, -1)] * 40
    model = fit_bradley_terry(comparisons_of(2, rows), prior_scale=np.inf)
    draws = model.draws(np.random.default_rng(0), 40_000)
    assert rank_items(draws).best[0] == pytest.approx(0.9765, abs=0.003)


def test_draws_spread_as_the_model_says() -> None:
    data = simulate(np.linspace(-1, 1, 5), rng=np.random.default_rng(1), n_judgments=80)
    model = fit_bradley_terry(data)
    draws = model.draws(np.random.default_rng(2), 40_000)
    one, other = np.triu_indices(5, 1)
    spread = (draws[:, one] - draws[:, other]).var(axis=0)
    assert spread == pytest.approx(model.log_odds_variance(one, other), rel=0.04)
    assert draws.mean(axis=0) == pytest.approx(model.strengths, abs=0.01)


def test_an_item_never_compared_may_take_any_rank() -> None:
    rows = [(0, 1, 1), (1, 2, 1), (0, 2, 1)] * 30
    model = fit_bradley_terry(comparisons_of(4, rows), prior_scale=2.0)
    ranks = rank_items(model.draws(np.random.default_rng(3), 2000))
    assert (ranks.low[3], ranks.high[3]) == (1, 4)


def test_intervals_of_ranks_hold_the_true_rank_about_as_often_as_they_say() -> None:
    held = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=10)
        data = simulate(truth, rng=rng, judgments_per_pair=3)
        ranks = rank_items(fit_bradley_terry(data).draws(rng, 500))
        true_rank = ranks_of(truth[None, :])[0]
        held.append(((ranks.low <= true_rank) & (true_rank <= ranks.high)).mean())
    assert 0.93 < np.mean(held) < 0.995


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(TooFewDrawsError, match="got 100"):
        rank_items(np.zeros((100, 3)))
