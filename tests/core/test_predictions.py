"""What models foretell: averages over what is not known."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import norm

from core.fitting import fit_bradley_terry, fit_general_preference
from core.fitting.bradley_terry import Approximation
from core.judgment import Comparisons, Floats
from core.models import BradleyTerry, GeneralPreference
from core.predictions import averaged, davidson, logistic
from core.simulation import possible_pairs, simulate
from tests.strategies import comparisons, comparisons_of, rock_paper_scissors

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@given(st.floats(-8, 8), st.floats(0, 30), st.sampled_from([-np.inf, -2.0, 0.0, 3.0]))
def test_the_average_is_the_integral_that_quadpack_finds(
    mean: float, deviation: float, tie: float
) -> None:
    shares = averaged(lambda odds: davidson(odds, tie), np.array([mean]), np.array([deviation**2]))[
        0
    ]

    def integrand(z: float, outcome: int) -> float:
        chance: float = davidson(np.array([mean + deviation * z]), tie)[0, outcome]
        return chance * float(norm.pdf(z))

    where = [z for z in (-mean / max(deviation, 1e-9),) if abs(z) < 9]
    for outcome in range(3):
        integral = quad(integrand, -9, 9, (outcome,), points=where, limit=400, epsabs=1e-10)[0]
        assert shares[outcome] == pytest.approx(integral, abs=1e-7)


@pytest.mark.parametrize("variance", [1e6, np.inf])
def test_where_nothing_is_known_odds_are_even_and_equals_are_rare(variance: float) -> None:
    shares = averaged(lambda odds: davidson(odds, 0.0), np.array([2.0]), np.array([variance]))
    assert shares[0] == pytest.approx([0.5, 0, 0.5], abs=2e-3)
    assert shares.sum() == pytest.approx(1)


def test_decided_answers_are_foretold_by_conditional_probability() -> None:
    """s is 0 or 4 with equal chance: a decision makes 4 likelier, as equals are often tied."""
    either = davidson(np.array([0.0, 4.0]), np.log(2.0))
    first, _, second = either.mean(axis=0)
    by_rule = first / (first + second)
    weight = either[:, [0, 2]].sum(axis=1)
    given_decision = np.average(logistic(np.array([0.0, 4.0])), weights=weight)
    assert by_rule == pytest.approx(given_decision)
    assert by_rule > logistic(np.array([0.0, 4.0])).mean() + 0.03


def models_of(data: Comparisons) -> tuple[BradleyTerry | GeneralPreference, ...]:
    return (
        fit_bradley_terry(data),
        fit_bradley_terry(data, tie_model="rao_kupper"),
        fit_general_preference(data, n_planes=1, penalty_share=0.3),
    )


@given(comparisons())
def test_swapping_two_items_mirrors_every_bit(data: Comparisons) -> None:
    one, other = possible_pairs(data.prompts)
    for model in models_of(data):
        there, back = (model.outcome_probabilities(*pair) for pair in ((one, other), (other, one)))
        assert there == pytest.approx(back[:, ::-1], abs=1e-14)
        both = model.probability(one, other) + model.probability(other, one)
        assert np.abs(both - 1).max() < 1e-12


def test_a_pair_asked_again_and_again_is_worked_out_once_and_said_alike() -> None:
    model = fit_bradley_terry(rock_paper_scissors(3))
    one, other = np.array([0, 1, 0, 2, 0]), np.array([1, 2, 1, 0, 1])
    shares = model.outcome_probabilities(one, other)
    assert (shares[0] == shares[2]).all()
    assert (shares[0] == shares[4]).all()
    assert (shares[[1]] == model.outcome_probabilities(one[1:2], other[1:2])).all()
    assert model.outcome_probabilities(one[:0], other[:0]).shape == (0, 3)


def test_an_average_lies_nearer_to_even_odds_and_further_the_less_is_known() -> None:
    few, many = (
        fit_bradley_terry(comparisons_of(2, [(0, 1, 1)] * n + [(0, 1, -1)])) for n in (4, 400)
    )
    pair = np.array([0]), np.array([1])
    for model, least in ((few, 0.02), (many, 0.0)):
        [chance] = model.probability(*pair)
        [middle] = logistic(model.log_odds(*pair))
        assert least < middle - chance < 0.2


def test_without_planes_the_general_model_foretells_what_bradley_terry_does() -> None:
    data = simulate(np.linspace(-1, 1, 6), rng=np.random.default_rng(0), n_judgments=40)
    pairs = possible_pairs(data.prompts)
    general = fit_general_preference(data, penalty_share=1.0).outcome_probabilities(*pairs)
    assert general == pytest.approx(fit_bradley_terry(data).outcome_probabilities(*pairs))


def test_what_is_foretold_is_calibrated_and_better_than_the_middle_of_the_posterior() -> None:
    """150 simulated studies of 8 items and 20 judgments, strengths drawn from the prior.

    Both are scored against the truth. The middle is too sure by more than four standard errors;
    the average is not, and its expected log loss is lower by more than four.
    """
    gain: list[float] = []
    sure: list[float] = []
    average: list[float] = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        strengths = rng.normal(0, 1.5, 8)
        data = simulate(strengths, rng=rng, n_judgments=20)
        one, other = possible_pairs(data.prompts)
        truth = logistic(strengths[one] - strengths[other])
        model = fit_bradley_terry(data, prior_scale=1.5)
        said = logistic(model.log_odds(one, other)), model.probability(one, other)
        middle, mean = (-truth * np.log(p) - (1 - truth) * np.log(1 - p) for p in said)
        gain.append((middle - mean).mean())
        for p, boast in zip(said, (sure, average), strict=True):
            boast.append((np.abs(p - 0.5) - (truth - 0.5) * np.sign(p - 0.5)).mean())
    errors = [np.std(values) / np.sqrt(150) for values in (gain, sure, average)]
    assert np.mean(gain) > 4 * errors[0]
    assert np.mean(sure) > 4 * errors[1]
    assert abs(np.mean(average)) < 3 * errors[2]


def kullback_leibler(values: Floats, data: Comparisons, scale: float) -> float:
    """Of the posterior from N(m, L Lᵀ), up to a constant; values hold m and the entries of L."""
    n = len(data.items)
    root = np.zeros((n, n))
    root[np.tril_indices(n)] = values[n:]
    mean, covariance = values[:n], root @ root.T
    between = covariance[data.first, data.first] + covariance[data.second, data.second]
    between -= 2 * covariance[data.first, data.second]
    odds = data.outcome * (mean[data.first] - mean[data.second])
    spread = odds[:, None] + np.sqrt(between)[:, None] * NODES
    missed = (np.logaddexp(0, -spread) @ WEIGHTS).sum()
    prior = (mean @ mean + np.trace(covariance)) / (2 * scale**2)
    return float(missed + prior - np.log(np.abs(np.diagonal(root))).sum())


def test_the_variational_fit_is_the_normal_nearest_to_the_posterior() -> None:
    """As a general optimiser finds it, over mean and covariance at once."""
    data = simulate(np.array([-1.0, 0.0, 0.5, 1.0]), rng=np.random.default_rng(3), n_judgments=7)
    start = np.hstack([np.zeros(4), np.eye(4)[np.tril_indices(4)]])
    found = minimize(kullback_leibler, start, (data, 1.2), method="BFGS", options={"gtol": 1e-8})
    mean, root = found.x[:4], np.zeros((4, 4))
    root[np.tril_indices(4)] = found.x[4:]
    covariance = root @ root.T
    model = fit_bradley_terry(data, prior_scale=1.2)
    assert model.strengths == pytest.approx(mean - mean.mean(), abs=2e-3)
    one, other = possible_pairs(data.prompts)
    expected = covariance[one, one] + covariance[other, other] - 2 * covariance[one, other]
    assert model.log_odds_variance(one, other) == pytest.approx(expected, rel=3e-3)


def test_the_variational_fit_is_nearer_to_the_posterior_than_the_mode() -> None:
    """One judgment of two items; the posterior's mean and variance by quadrature."""
    data, pair = comparisons_of(2, [(0, 1, 1)]), (np.array([0]), np.array([1]))
    density = [
        quad(lambda s, k=k: s**k * norm.pdf(s, scale=np.sqrt(4.5)) * logistic(s), -30, 30)[0]
        for k in range(3)
    ]
    mean = density[1] / density[0]
    variance = density[2] / density[0] - mean**2
    near = fit_bradley_terry(data, prior_scale=1.5, approximation="variational")
    mode = fit_bradley_terry(data, prior_scale=1.5, approximation="laplace")
    assert near.log_odds(*pair)[0] == pytest.approx(mean, rel=0.01)
    assert near.log_odds_variance(*pair)[0] == pytest.approx(variance, rel=0.02)
    assert mode.log_odds(*pair)[0] < 0.9 * mean


@given(comparisons(), st.sampled_from([0.5, 1.5, "evidence"]))
def test_score_equations_hold_on_average_over_the_posterior(
    data: Comparisons, scale: float | Literal["evidence"]
) -> None:
    """Observed minus expected wins and ties, expected over strengths that are not known."""
    model = fit_bradley_terry(data, prior_scale=scale)
    counts = data.counts()
    shares = model.outcome_probabilities(counts.first, counts.second)
    expected = counts.total * (shares[:, 0] - shares[:, 2]) / 2
    excess = (counts.first_better - counts.second_better) / 2 - expected
    sums = np.bincount(counts.first, excess, len(data.items))
    sums -= np.bincount(counts.second, excess, len(data.items))
    variance = model.belief(counts.first, counts.second)[1]
    if np.average(variance, weights=counts.total) > 0.3:
        assert sums == pytest.approx(model.strengths / model.prior_scale**2, abs=0.01)


def test_with_few_judgments_the_prior_scale_is_found_without_bias() -> None:
    """20 studies of 40 prompts with 10 items and 12 judgments each; strengths have spread 1.5."""
    found: dict[Approximation, list[float]] = {"laplace": [], "variational": []}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        prompts = np.repeat(np.arange(40), 10)
        strengths = rng.normal(0, 1.5, 400)
        data = simulate(strengths, prompts=prompts, rng=rng, n_judgments=480)
        for kind, scales in found.items():
            scales.append(np.log(fit_bradley_terry(data, approximation=kind).prior_scale))
    error = np.std(found["variational"]) / np.sqrt(20)
    assert abs(np.mean(found["variational"]) - np.log(1.5)) < 0.05 + 2 * error
    assert np.mean(found["laplace"]) < np.log(1.5) - 0.2
