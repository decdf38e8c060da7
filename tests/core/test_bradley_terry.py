from itertools import pairwise
from random import Random
from typing import Literal

import choix
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from torch.autograd.functional import hessian

from core.blocks import TooLargeError
from core.errors import NoComparisonsError, NotConvergedError
from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.judgment import Comparisons, Floats
from core.models import BradleyTerry
from core.simulation import possible_pairs, simulate
from tests.strategies import (
    comparisons,
    comparisons_of,
    comparisons_of_wins,
    excess_wins,
    renamed,
    rock_paper_scissors,
)

#: Wins of the American League, Eastern Division, 1987: Agresti, "Categorical Data Analysis",
#: 2nd edition, Wiley 2002, table 10.10. Milwaukee, Detroit, Toronto, New York, Boston,
#: Cleveland, Baltimore.
BASEBALL = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]


@given(comparisons(), st.sampled_from([0.3, 1.0, 5.0, "evidence"]))
def test_score_equations_hold_at_the_optimum(
    data: Comparisons, prior_scale: float | Literal["evidence"]
) -> None:
    """Observed minus expected wins of every item equals its prior pull; so do the ties."""
    model = fit_bradley_terry(data, prior_scale=prior_scale, approximation="laplace")
    counts = data.counts()
    odds = model.log_odds(counts.first, counts.second)
    excess = excess_wins(counts, odds, model.tie_log_weight)
    assert excess == pytest.approx(model.strengths / model.prior_scale**2, abs=1e-6)
    if counts.tied.any():
        shares = model.outcomes_at(odds)
        excess_ties = (counts.tied - counts.total * shares[:, 1]).sum()
        assert excess_ties == pytest.approx(model.tie_log_weight / 9, abs=1e-6)


@given(comparisons())
def test_strengths_sum_to_zero_within_each_component(data: Comparisons) -> None:
    model = fit_bradley_terry(data)
    sums = np.bincount(model.covariance.layout.component, model.strengths)
    assert sums == pytest.approx(0, abs=1e-9)


def test_the_american_league_of_1987_gets_its_published_strengths_and_standard_errors() -> None:
    """As printed by BradleyTerry2 (Turner and Firth, JSS 48(9), 2012) for its data `baseball`.

    Contrasts with Baltimore; Milwaukee's standard error is the one printed beside its strength.
    """
    model = fit_bradley_terry(comparisons_of_wins(BASEBALL), prior_scale=np.inf)
    contrasts = model.strengths - model.strengths[6]
    published = [1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0]
    assert contrasts == pytest.approx(published, abs=5e-5)
    variance = model.log_odds_variance(np.array([0]), np.array([6]))
    assert np.sqrt(variance) == pytest.approx([0.3433], abs=5e-5)


def test_the_worked_example_of_wikipedia_is_reached() -> None:
    """Article "Bradley-Terry model", section "Worked example of solution procedure"."""
    wins = [[0, 2, 0, 1], [3, 0, 5, 0], [0, 3, 0, 1], [4, 0, 3, 0]]
    model = fit_bradley_terry(comparisons_of_wins(wins), prior_scale=np.inf)
    assert np.exp(model.strengths) == pytest.approx([0.640, 1.043, 0.660, 2.270], abs=5e-4)


def test_choix_finds_the_same_strengths() -> None:
    """choix 0.4.1, `opt_pairwise`: its penalty alpha |θ|² is a prior of scale 1 / sqrt(2 alpha)."""
    data = simulate(np.linspace(-2, 2, 12), rng=np.random.default_rng(1), n_judgments=300)
    won = np.where(data.outcome > 0, data.first, data.second)
    lost = np.where(data.outcome > 0, data.second, data.first)
    theirs = choix.opt_pairwise(12, list(zip(won, lost, strict=True)), alpha=0.5, tol=1e-10)
    ours = fit_bradley_terry(data, prior_scale=1.0, approximation="laplace")
    assert ours.strengths == pytest.approx(theirs, abs=1e-5)


def test_a_general_optimiser_finds_the_same_strengths_and_ties() -> None:
    data = simulate(
        np.linspace(-1, 1, 6), rng=np.random.default_rng(2), judgments_per_pair=8, tie_weight=0.8
    )
    counts = data.counts()

    def loss(parameters: Floats) -> float:
        """Davidson (1970) in his own parameters: π, and ν times the root of their product."""
        worth, tie = np.exp(parameters[:-1]), np.exp(parameters[-1])
        one, other = worth[counts.first], worth[counts.second]
        tied = tie * np.sqrt(one * other)
        observed = (
            counts.first_better * np.log(one)
            + counts.second_better * np.log(other)
            + counts.tied * np.log(tied)
        )
        prior = (parameters[:-1] ** 2).sum() / 2 + parameters[-1] ** 2 / 18
        return float((counts.total * np.log(one + other + tied) - observed).sum() + prior)

    found = minimize(loss, np.zeros(7), method="BFGS", options={"gtol": 1e-7, "maxiter": 1000})
    model = fit_bradley_terry(data, prior_scale=1.0, approximation="laplace")
    assert model.strengths == pytest.approx(found.x[:-1], abs=1e-5)
    assert model.tie_log_weight == pytest.approx(found.x[-1], abs=1e-5)


def negative_log_posterior(
    data: Comparisons, parameters: torch.Tensor, prior_scale: float
) -> torch.Tensor:
    """Written out judgment by judgment, with the part of the prior's constant that varies."""
    strengths, tie = parameters[:-1], parameters[-1]
    odds = strengths[data.first] - strengths[data.second]
    logits = torch.stack([odds / 2, tie.expand_as(odds), -odds / 2], dim=1)
    chances = torch.log_softmax(logits, dim=1)[torch.arange(len(data)), 1 - data.outcome]
    prior = (strengths**2).sum() / (2 * prior_scale**2) + tie**2 / 18
    loss: torch.Tensor = prior - chances.sum() + len(strengths) * np.log(prior_scale)
    return loss


def curvature_at(data: Comparisons, model: BradleyTerry) -> tuple[float, torch.Tensor]:
    """Negative log posterior of the model, and its second derivatives."""
    point = torch.tensor([*model.strengths, model.tie_log_weight], dtype=torch.float64)

    def loss(parameters: torch.Tensor) -> torch.Tensor:
        return negative_log_posterior(data, parameters, model.prior_scale)

    return float(loss(point)), hessian(loss, point)  # type: ignore[no-untyped-call]


def tied_and_one_sided() -> Comparisons:
    rows = [(0, 1, 1), (0, 1, 0), (1, 2, 1), (0, 3, 1), (3, 4, 0), (2, 4, 1), (0, 4, 1), (0, 2, 0)]
    return comparisons_of(5, rows * 3)


def test_the_covariance_is_the_inverse_of_the_joint_curvature() -> None:
    """Strengths and tie weight together; the level of the strengths, known to σ² / 5, taken out."""
    data = tied_and_one_sided()
    model = fit_bradley_terry(data, prior_scale=1.3, approximation="laplace")
    expected = torch.linalg.inv(curvature_at(data, model)[1]).numpy()
    assert model.covariance.values.reshape(5, 5) == pytest.approx(expected[:5, :5] - 1.3**2 / 5)
    assert model.tie_variance == pytest.approx(expected[5, 5])


def test_evidence_is_highest_at_the_prior_scale_chosen() -> None:
    data = tied_and_one_sided()

    def log_evidence(log_scale: float) -> float:
        scale = float(np.exp(log_scale))
        model = fit_bradley_terry(data, prior_scale=scale, approximation="laplace")
        loss, curvature = curvature_at(data, model)
        belief = (log_scale - np.log(1.5)) ** 2 / 2
        return -loss - float(torch.logdet(curvature)) / 2 - float(belief)

    grid = np.linspace(-1, 2, 301)
    best = np.exp(grid[np.argmax([log_evidence(point) for point in grid])])
    model = fit_bradley_terry(data, approximation="laplace")
    assert model.prior_scale == pytest.approx(best, rel=0.02)


def test_rock_paper_scissors_leaves_bradley_terry_at_one_half() -> None:
    model = fit_bradley_terry(rock_paper_scissors())
    assert model.probability(np.array([0, 1, 2]), np.array([1, 2, 0])) == pytest.approx(0.5)


@given(comparisons(), st.randoms(use_true_random=False))
def test_naming_items_otherwise_permutes_the_strengths(data: Comparisons, random: Random) -> None:
    order = list(range(len(data.items)))
    random.shuffle(order)
    before = fit_bradley_terry(data, prior_scale=1.0)
    after = fit_bradley_terry(renamed(data, order), prior_scale=1.0)
    assert after.strengths[order] == pytest.approx(before.strengths, abs=1e-8)


def test_a_single_comparison_moves_both_items_by_the_same() -> None:
    """d / 2σ² = 1 / (1 + e^d) with σ = 1 has the root d = 0.6855."""
    data = comparisons_of(2, [(0, 1, 1)])
    model = fit_bradley_terry(data, prior_scale=1.0, approximation="laplace")
    difference = model.strengths[0] - model.strengths[1]
    assert difference / 2 == pytest.approx(1 / (1 + np.exp(difference)))
    assert model.strengths.sum() == pytest.approx(0, abs=1e-12)


def test_an_item_that_always_wins_gets_a_finite_strength() -> None:
    model = fit_bradley_terry(comparisons_of(3, [(0, 1, 1), (0, 2, 1), (1, 2, 1)] * 50))
    assert model.strengths[0] > model.strengths[1] > model.strengths[2]
    low, high = model.strengths_interval()
    assert np.isfinite([low, high]).all()


def test_all_ties_give_equal_items_and_many_ties() -> None:
    model = fit_bradley_terry(comparisons_of(3, [(0, 1, 0), (1, 2, 0), (0, 2, 0)] * 10))
    assert model.strengths == pytest.approx(0, abs=1e-12)
    assert model.outcome_probabilities(np.array([0]), np.array([1]))[0, 1] > 0.9


def test_items_of_different_components_are_compared_through_the_prior_only() -> None:
    """Two components of two items, far apart: the difference of their levels has variance σ²."""
    rows = [(0, 1, 1), (0, 1, -1), (2, 3, 1), (2, 3, -1)] * 10**4
    model = fit_bradley_terry(comparisons_of(4, rows), prior_scale=1.5)
    across = model.log_odds_variance(np.array([0]), np.array([2]))
    assert across == pytest.approx([1.5**2], rel=1e-3)
    assert model.log_odds_variance(np.array([0]), np.array([1]))[0] < 1e-3


def test_an_item_never_compared_keeps_its_prior() -> None:
    model = fit_bradley_terry(comparisons_of(3, [(0, 1, 1)] * 5), prior_scale=2.0)
    low, high = model.strengths_interval()
    assert model.strengths[2] == 0
    assert (low[2], high[2]) == pytest.approx((-3.92, 3.92), abs=0.001)


def test_identical_rows_by_the_million_fit_like_one_row_with_a_count() -> None:
    many = comparisons_of(2, [(0, 1, 1), (0, 1, 1), (0, 1, 1), (0, 1, -1)] * 250_000)
    model = fit_bradley_terry(many)
    assert model.probability(np.array([0]), np.array([1])) == pytest.approx([0.75], abs=1e-4)


def test_no_comparisons_are_refused() -> None:
    with pytest.raises(NoComparisonsError):
        fit_bradley_terry(comparisons_of(2, []))


def test_without_a_prior_data_that_do_not_determine_the_strengths_are_refused() -> None:
    with pytest.raises(NotDeterminedError, match="always wins"):
        fit_bradley_terry(comparisons_of(2, [(0, 1, 1)]), prior_scale=np.inf)
    with pytest.raises(NotDeterminedError, match="ties"):
        fit_bradley_terry(comparisons_of(2, [(0, 1, 0)]), tie_prior_scale=np.inf)


def test_too_few_iterations_are_an_error_and_not_a_result() -> None:
    data = comparisons_of(3, [(0, 1, 1), (1, 2, 1)] * 100)
    with pytest.raises(NotConvergedError, match="after 1 iterations"):
        fit_bradley_terry(data, prior_scale=5.0, n_iterations=1)


def test_a_long_chain_is_fitted_but_its_full_matrix_is_refused_with_a_way_out() -> None:
    """Neighbours judged three to one: θ falls by log 3 from each to the next."""
    rows = [(one, other, k) for one, other in pairwise(range(5001)) for k in (1, 1, 1, -1)]
    model = fit_bradley_terry(comparisons_of(5001, rows), prior_scale=np.inf)
    assert np.diff(model.strengths) == pytest.approx(-np.log(3), abs=1e-6)
    with pytest.raises(TooLargeError, match="5,001 items"):
        _ = model.covariance.values
    apart = model.log_odds_variance(np.array([0, 0]), np.array([1, 5000]))
    assert apart == pytest.approx([4 / 3, 5000 * 4 / 3], rel=1e-4)


def test_evidence_finds_the_spread_of_the_true_strengths() -> None:
    """The sample spread of 200 strengths drawn with scale 0.8 is itself known to 5 %."""
    rng = np.random.default_rng(3)
    prompts = np.repeat(np.arange(20), 10)
    data = simulate(rng.normal(0, 0.8, 200), rng=rng, prompts=prompts, judgments_per_pair=4)
    assert fit_bradley_terry(data).prior_scale == pytest.approx(0.8, rel=0.15)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """100 simulated studies of 8 items and 112 judgments with ties; nominal 95 %.

    A share of 100 studies has a standard deviation of .022: intervals of which 86 % hold would
    pass once in eight times.
    """
    strengths_held, chances_held, ties_held = [], [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        truth = rng.normal(0, 1, 8)
        truth -= truth.mean()
        data = simulate(truth, rng=rng, judgments_per_pair=4, tie_weight=0.5)
        model = fit_bradley_terry(data)
        low, high = model.strengths_interval()
        strengths_held.append(((low <= truth) & (truth <= high)).mean())
        first, second = possible_pairs(data.prompts)
        chance = 1 / (1 + np.exp(truth[second] - truth[first]))
        low, high = model.probability_interval(first, second)
        chances_held.append(((low <= chance) & (chance <= high)).mean())
        distance = abs(model.tie_log_weight - np.log(0.5))
        ties_held.append(distance < 1.96 * np.sqrt(model.tie_variance))
    assert 0.90 < np.mean(strengths_held) < 0.99
    assert 0.90 < np.mean(chances_held) < 0.99
    assert 0.90 < np.mean(ties_held) < 0.99
