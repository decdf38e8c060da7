"""Context terms: against an optimiser that knows nothing of blocks, and against known truths."""

import numpy as np
import pytest
from scipy.optimize import minimize

from core.errors import NoComparisonsError
from core.estimates import NotDeterminedError
from core.fitting.contexts import evaluate_contexts, fit_contexts
from core.judgment import Comparisons
from tests.bench.contexts import N_CONTEXTS, excess, world
from tests.strategies import comparisons_of


def test_the_optimum_is_that_of_a_general_optimiser() -> None:
    """Four items, two contexts, σ = 1, σ_u = .5: strengths minimise the penalised loss."""
    rng = np.random.default_rng(1)
    rows = [(a, b, int(rng.choice([1, -1]))) for a in range(4) for b in range(a + 1, 4)] * 5
    data = comparisons_of(4, rows)
    context = np.arange(len(rows)) % 2
    sign = data.outcome.astype(np.float64)

    def loss(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        common, own = values[:4], values[4:].reshape(2, 4)
        there = common + own[context]
        odds = np.take_along_axis(there, data.first[:, None], 1)[:, 0]
        odds = odds - np.take_along_axis(there, data.second[:, None], 1)[:, 0]
        penalty = common @ common / 2 + (own**2).sum() / (2 * 0.25)
        return float(np.logaddexp(0, -sign * odds).sum() + penalty)

    best = minimize(loss, np.zeros(12), method="BFGS", options={"gtol": 1e-8}).x
    model = fit_contexts(data, context, spread=0.5, prior_scale=1.0)
    there = best[:4] + best[4:].reshape(2, 4)
    expected = there - there.mean(axis=1, keepdims=True)
    found = model.group_strengths - model.group_strengths.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert model.n_people.tolist() == [1, 1]
    assert model.n_judgments.tolist() == [15, 15]


def test_terms_cost_next_to_nothing_without_an_effect_and_gain_with_one() -> None:
    """Two studies each of 2,000 judgments: at most .0005 nats lost; else better than both."""
    ours, none, separate, spread = np.mean([excess(2_000, 0.0, 50 + k) for k in range(2)], axis=0)
    assert ours - none < 0.0005
    assert separate - none > 0.01
    assert spread < 0.25
    ours, none, separate, spread = np.mean([excess(2_000, 0.6, 50 + k) for k in range(2)], axis=0)
    assert ours < none - 0.005
    assert ours < separate - 0.005
    assert spread == pytest.approx(0.6, abs=0.15)


def test_intervals_of_deviations_hold_as_often_as_they_say() -> None:
    """480 intervals of two studies: their share has a standard deviation of about .01."""
    held = []
    for seed in range(2):
        data, context, strengths = world(4_000, 0.5, seed)
        model = fit_contexts(data, context)
        truth = strengths - strengths.mean(axis=1, keepdims=True)
        low, high = model.group_interval()
        held.append(((low <= truth) & (truth <= high)).mean())
    assert 0.92 < np.mean(held) < 0.98


def test_held_out_pairs_tell_an_effect_and_none() -> None:
    data, context, _ = world(2_000, 0.8, 0)
    assert evaluate_contexts(data, context, n_folds=3).high < 0
    data, context, _ = world(2_000, 0.0, 1)
    assert evaluate_contexts(data, context, n_folds=3).high > 0


def test_unknown_contexts_count_for_the_common_strengths_only() -> None:
    data, context, _ = world(1_000, 0.5, 2)
    context = np.where(np.arange(1_000) < 300, -1, context)
    model = fit_contexts(data, context)
    assert model.groups.tolist() == list(range(N_CONTEXTS))
    assert model.n_judgments.sum() == 700
    first, second = data.first[:5], data.second[:5]
    unknown = model.outcome_probabilities(first, second, np.full(5, -1))
    assert unknown.sum(axis=1) == pytest.approx(np.ones(5))


def test_what_cannot_be_fitted_is_said() -> None:
    data = comparisons_of(2, [(0, 1, 1)])
    with pytest.raises(NotDeterminedError, match="No judgment has a context"):
        fit_contexts(data, np.array([-1]))
    none = data.where(np.zeros(1, dtype=np.bool_))
    with pytest.raises(NoComparisonsError):
        fit_contexts(none, np.empty(0, dtype=np.int64))
    with pytest.raises(ValueError, match="A context for each of the 1 judgments"):
        fit_contexts(data, np.zeros(2, dtype=np.int64))
    assert isinstance(data, Comparisons)
