"""Scales and tie thresholds of annotators."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from core.annotator_models import (
    AnnotatorModel,
    Population,
    model_arrays,
    model_from_arrays,
    rao_kupper,
)
from core.blocks import Layout
from core.errors import NoComparisonsError
from core.fitting import fit_bradley_terry
from core.fitting.annotators import evaluate_annotators, fit_annotators
from core.fitting.annotators.covariance import Precisions, information, joint_covariance
from core.fitting.annotators.likelihood import Sheets, expect, modes, slopes
from core.fitting.annotators.recognise import step_up
from core.judgment import Comparisons, Floats
from core.predictions import averaged
from tests.core import real_judgments
from tests.core.crowd import judge
from tests.strategies import comparisons, comparisons_of


def crowd(
    seed: int, n_people: int = 40, each: int = 40, scale_sd: float = 0.3, threshold: float = 0.5
) -> tuple[Comparisons, Floats, Floats]:
    """Judgments, the strengths and the scales behind them."""
    rng = np.random.default_rng(seed)
    strengths = 1.2 * rng.normal(size=15)
    scale = 1 + scale_sd * rng.normal(size=n_people)
    thresholds = threshold * np.exp(0.5 * rng.normal(size=n_people))
    return judge(strengths, scale, thresholds, each, rng=rng), strengths, scale


def test_three_outcomes_of_a_worked_example() -> None:
    """s = ln 3, e^t = 2: P(first) = 3 / (3 + 2), P(second) = 1 / (1 + 2 * 3), the rest are ties."""
    [shares] = rao_kupper(np.array([np.log(3)]), np.array([np.log(2)]))
    assert shares == pytest.approx([3 / 5, 9 / 35, 1 / 7])


@given(st.floats(-700, 700), st.floats(1e-12, 300))
def test_the_outcomes_sum_to_one_and_swapping_mirrors_every_bit(odds: float, t: float) -> None:
    [there] = rao_kupper(np.array([odds]), np.array([t]))
    [back] = rao_kupper(np.array([-odds]), np.array([t]))
    assert there.sum() == pytest.approx(1)
    assert (there == back[::-1]).all()


def test_slopes_are_those_that_automatic_differentiation_finds() -> None:
    rng = np.random.default_rng(0)
    x, tau = rng.normal(size=30) * 2, rng.normal(size=30)
    outcome = np.tile([1, 0, -1], 10)
    at = torch.tensor(np.stack([x, tau], axis=1), requires_grad=True)

    def value(point: torch.Tensor) -> torch.Tensor:
        t = point[:, 1].exp()
        first = torch.sigmoid(point[:, 0] - t)
        second = torch.sigmoid(-point[:, 0] - t)
        shares = torch.stack([second, 1 - first - second, first], dim=1)
        return shares.log()[torch.arange(30), torch.tensor(outcome) + 1]

    [slope] = torch.autograd.grad(value(at).sum(), at, create_graph=True)
    [bend_x] = torch.autograd.grad(slope[:, 0].sum(), at, retain_graph=True)
    [bend_tau] = torch.autograd.grad(slope[:, 1].sum(), at)
    ours = slopes(x, np.exp(tau), outcome)
    assert ours.value == pytest.approx(value(at).detach().numpy())
    assert np.stack([ours.x, ours.tau], 1) == pytest.approx(slope.detach().numpy())
    assert np.stack([ours.xx, ours.x_tau], 1) == pytest.approx(-bend_x.numpy())
    assert ours.tau_tau == pytest.approx(-bend_tau[:, 1].numpy())


def test_information_is_the_expected_square_of_the_score() -> None:
    x, t = np.array([0.7, -1.5]), np.array([0.4, 1.2])
    shares = rao_kupper(x, t)
    score = [slopes(x, t, np.full(2, outcome)) for outcome in (1, 0, -1)]
    xx = sum(shares[:, k] * of.x**2 for k, of in enumerate(score))
    x_tau = sum(shares[:, k] * of.x * of.tau for k, of in enumerate(score))
    tau = sum(shares[:, k] * of.tau**2 for k, of in enumerate(score))
    for ours, expected in zip(information(x, t), (xx, x_tau, tau), strict=True):
        assert ours == pytest.approx(expected)


def test_quadrature_agrees_with_a_fine_grid() -> None:
    data, strengths, _ = crowd(1, n_people=6, each=12)
    sheets, population = Sheets.of(data), Population(0.4, 0.6, -0.6, ties=True)
    odds = strengths[sheets.first] - strengths[sheets.second]
    around = modes(sheets, odds, population, np.zeros((6, 2)), 20)
    ours = expect(sheets, odds, population, around, n_nodes=9)
    points = np.linspace(-6, 6, 401)
    one, other = np.meshgrid(points, points, indexing="ij")
    for person in range(6):
        total = norm.logpdf(one) + norm.logpdf(other)
        mine = np.flatnonzero(sheets.person == person)
        for row in mine:
            x, t = (1 + 0.4 * one) * odds[row], np.exp(-0.6 + 0.6 * other)
            total += np.log(rao_kupper(x, t)[..., 1 - sheets.outcome[row]])
        weight = np.exp(total)
        step = (points[1] - points[0]) ** 2
        assert ours.log_marginal[person] == pytest.approx(np.log(weight.sum() * step), abs=2e-3)
        mean = (weight * one).sum() / weight.sum()
        assert ours.mean[person, 0] == pytest.approx(mean, abs=0.01)


def test_expected_scores_are_the_slopes_of_the_marginal_likelihood() -> None:
    data, strengths, _ = crowd(2, n_people=8, each=15)
    sheets, population = Sheets.of(data), Population(0.3, 0.5, -0.6, ties=True)

    def marginal(at: Floats) -> float:
        odds = at[sheets.first] - at[sheets.second]
        around = modes(sheets, odds, population, np.zeros((8, 2)), 20)
        return float(expect(sheets, odds, population, around, n_nodes=15).log_marginal.sum())

    odds = strengths[sheets.first] - strengths[sheets.second]
    around = modes(sheets, odds, population, np.zeros((8, 2)), 20)
    score = expect(sheets, odds, population, around, n_nodes=15).score
    for item in range(3):
        own = score[sheets.first == item].sum() - score[sheets.second == item].sum()
        step = np.zeros(15)
        step[item] = 1e-4
        slope = (marginal(strengths + step) - marginal(strengths - step)) / 2e-4
        assert own == pytest.approx(slope, abs=1e-3)


def test_without_variances_it_is_the_plain_model_of_rao_and_kupper() -> None:
    data, _, _ = crowd(3)
    model = fit_annotators(data, spread=(0, 0), prior_scale=1.0)

    def loss(at: Floats) -> float:
        odds, t = at[data.first] - at[data.second], np.full(len(data), np.exp(at[-1]))
        likelihood = np.log(rao_kupper(odds, t)[np.arange(len(data)), 1 - data.outcome]).sum()
        return float((at[:-1] ** 2).sum() / 2 + (at[-1] + 0.7) ** 2 / 4.5 - likelihood)

    found = minimize(loss, np.zeros(16), method="BFGS", options={"gtol": 1e-4})
    assert model.strengths == pytest.approx(found.x[:-1] - found.x[:-1].mean(), abs=1e-4)
    assert model.population.log_threshold == pytest.approx(found.x[-1], abs=1e-4)
    assert model.suspicions is None
    first, second = np.array([0, 3]), np.array([1, 2])
    expected = averaged(
        lambda odds: rao_kupper(odds, np.full(len(odds), np.exp(found.x[-1]))),
        model.strengths[first] - model.strengths[second],
        model.covariance.of_differences(first, second),
    )
    assert model.outcome_probabilities(first, second) == pytest.approx(expected, abs=1e-4)


def test_without_ties_and_variances_it_is_bradley_terry() -> None:
    data, _, _ = crowd(4)
    decided = data.where(data.outcome != 0)
    model = fit_annotators(decided, spread=(0, 0), prior_scale=1.5)
    plain = fit_bradley_terry(decided, prior_scale=1.5)
    assert model.strengths == pytest.approx(plain.strengths, abs=1e-5)
    for ours, theirs in zip(model.strengths_interval(), plain.strengths_interval(), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)


def test_known_scales_are_recovered_and_their_intervals_hold() -> None:
    """90 % intervals of 600 scales; sampling alone moves their share by 1.2 % a standard error."""
    inside, spreads, thresholds, alike = [], [], [], []
    for seed in range(15):
        data, _, scale = crowd(seed)
        model = fit_annotators(data, suspicions=False)
        low, high = model.scale_interval(0.9)
        inside.append(np.mean((low <= scale) & (scale <= high)))
        spreads.append(model.population.scale_sd)
        thresholds.append(model.population.threshold_sd)
        alike.append(np.corrcoef(model.scale, scale)[0, 1])
    assert 0.86 <= np.mean(inside) <= 0.94
    assert np.mean(alike) > 0.5
    assert np.mean(spreads) == pytest.approx(0.3, abs=0.05)
    assert np.mean(thresholds) == pytest.approx(0.5, abs=0.06)


def test_intervals_of_strengths_hold_among_annotators_who_differ() -> None:
    inside = []
    for seed in range(20):
        data, strengths, _ = crowd(seed)
        low, high = fit_annotators(data, suspicions=False).strengths_interval(0.9)
        truth = strengths - strengths.mean()
        inside.append(np.mean((low <= truth) & (truth <= high)))
    assert 0.85 <= np.mean(inside) <= 0.95


def test_random_clickers_are_found_and_honest_people_left_alone() -> None:
    """60 judgments each; six of sixty click at random and three answer the wrong way round."""
    found, reversed_found, alarms = [], [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        scale = np.abs(1 + 0.25 * rng.normal(size=60))
        scale[:6], scale[6:9] = 0.0, -scale[6:9]
        threshold = np.exp(-0.7 + 0.5 * rng.normal(size=60))
        data = judge(1.5 * rng.normal(size=30), scale, threshold, 60, rng=rng)
        suspicions = fit_annotators(data, seed=seed).suspicions
        assert suspicions is not None
        found.append(suspicions.flagged[:6].mean())
        inverted = suspicions.inverted > suspicions.careless
        reversed_found.append((suspicions.flagged & inverted)[6:9].mean())
        alarms.append(suspicions.flagged[9:].mean())
    assert np.mean(found) >= 0.9
    assert np.mean(reversed_found) >= 0.9
    assert np.mean(alarms) <= 0.05


def test_among_honest_people_only_hardly_anybody_is_flagged() -> None:
    flagged = []
    for seed in range(10):
        data, _, _ = crowd(seed, each=60)
        suspicions = fit_annotators(data).suspicions
        assert suspicions is not None
        flagged.append(suspicions.flagged.mean())
    assert np.mean(flagged) <= 0.01


def test_benjamini_and_hochberg_on_their_own_example() -> None:
    """Their section 4.1: of 15 p-values the four smallest are rejected at 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert step_up(np.array(p), 0.05).tolist() == [True] * 4 + [False] * 11


@given(comparisons())
def test_any_pattern_of_judgments_gives_probabilities_that_mirror_exactly(
    data: Comparisons,
) -> None:
    model = fit_annotators(data)
    for who in (None, data.annotator, np.full(len(data), 99)):
        there = model.outcome_probabilities(data.first, data.second, who)
        back = model.outcome_probabilities(data.second, data.first, who)
        assert (there == back[:, ::-1]).all()
        assert there.sum(axis=1) == pytest.approx(1)
        assert np.isfinite(there).all()


def test_somebody_known_is_predicted_by_the_average_over_what_is_known_of_them() -> None:
    data, _, _ = crowd(5, each=8, scale_sd=0.8)
    model = fit_annotators(data, suspicions=False)
    rng = np.random.default_rng(0)
    spread = model.deviation_covariance[3]
    scale, threshold = model.population.at(
        rng.multivariate_normal(model.deviation[3], spread, size=200_000)
    )
    far = np.array([np.argmax(model.strengths)]), np.array([np.argmin(model.strengths)])
    odds = float((model.strengths[far[0]] - model.strengths[far[1]])[0])
    deviation = float(np.sqrt(model.covariance.of_differences(*far))[0])
    likely = rng.normal(odds, deviation, size=200_000)
    expected = rao_kupper(scale * likely, threshold).mean(axis=0)
    [shares] = model.outcome_probabilities(*far, np.array([3]))
    assert shares == pytest.approx(expected, abs=2e-3)
    _, middle = model.population.at(model.deviation[3])
    alone = rao_kupper(np.array([model.scale[3] * odds]), np.array([float(middle)]))
    assert np.abs(alone[0] - expected).max() > 0.01


def test_the_covariance_is_that_of_one_large_system() -> None:
    """Every score of every outcome, squared and weighed by its probability, in all parameters."""
    data, strengths, _ = crowd(9, n_people=3, each=20)
    sheets, population = Sheets.of(data), Population(0.4, 0.6, -0.6, ties=True)
    deviation = np.array([[0.5, -0.3], [-1.0, 0.2], [0.1, 0.8]])
    odds = strengths[sheets.first] - strengths[sheets.second]
    scale, threshold = population.at(deviation)
    precision = np.diag([0.7] * 15 + [1.0] * 6 + [0.2])
    for row, person in enumerate(sheets.person):
        x, t = np.full(3, scale[person] * odds[row]), np.full(3, threshold[person])
        of = [slopes(x[:1], t[:1], np.array([outcome])) for outcome in (1, 0, -1)]
        for share, one in zip(rao_kupper(x[:1], t[:1])[0], of, strict=True):
            score = np.zeros(22)
            score[sheets.first[row]] = scale[person] * one.x[0]
            score[sheets.second[row]] = -scale[person] * one.x[0]
            score[15 + 2 * person] = 0.4 * odds[row] * one.x[0]
            score[16 + 2 * person] = 0.6 * one.tau[0]
            score[21] = one.tau[0]
            precision += share * np.outer(score, score)
    layout = Layout.of(np.zeros(15, dtype=np.int64), 1)
    ours = joint_covariance(
        sheets, layout, odds, population, deviation=deviation, precisions=Precisions(0.7, 0.2)
    )
    centre = np.eye(15) - 1 / 15
    expected = centre @ np.linalg.inv(precision)[:15, :15] @ centre
    assert ours.values.reshape(15, 15) == pytest.approx(expected, abs=1e-9)


def test_somebody_unseen_is_predicted_by_the_average_over_the_population() -> None:
    data, _, _ = crowd(5)
    model = fit_annotators(data, suspicions=False)
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(200_000, 2))
    scale, threshold = model.population.at(drawn)
    odds = model.strengths[0] - model.strengths[1]
    expected = rao_kupper(scale * odds, threshold).mean(axis=0)
    first, second, who = np.array([0]), np.array([1]), np.array([1000])
    [shares] = model.outcome_probabilities(first, second, who)
    assert shares == pytest.approx(expected, abs=2e-3)


def test_a_model_is_saved_and_loaded_without_pickle() -> None:
    data, _, _ = crowd(6)
    model = fit_annotators(data)
    file = io.BytesIO()
    np.savez(file, **model_arrays(model))  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = model_from_arrays(arrays)
    assert isinstance(loaded, AnnotatorModel)
    assert loaded.population == model.population
    first, second = data.first[:50], data.second[:50]
    there = model.outcome_probabilities(first, second, data.annotator[:50])
    assert (loaded.outcome_probabilities(first, second, data.annotator[:50]) == there).all()
    assert loaded.suspicions is not None
    assert model.suspicions is not None
    assert (loaded.suspicions.flagged == model.suspicions.flagged).all()


def test_knowing_who_answered_helps_where_annotators_differ_and_harms_little_elsewhere() -> None:
    differing, _, _ = crowd(7, n_people=60, each=60, scale_sd=0.5)
    evaluation = evaluate_annotators(differing)
    assert evaluation.difference.log_loss.high < 0
    assert evaluation.difference_to_rao_kupper.log_loss.high < 0
    rng = np.random.default_rng(8)
    alike = judge(rng.normal(size=15), np.ones(40), np.full(40, 0.5), 40, rng=rng)
    evaluation = evaluate_annotators(alike)
    assert abs(evaluation.difference_to_rao_kupper.log_loss.value) < 0.005
    assert evaluation.n_judgments == evaluation.difference.log_loss.n == 1600


def test_nothing_judged_is_refused() -> None:
    nothing = comparisons_of(3, [])
    with pytest.raises(NoComparisonsError, match="Judge at least one pair"):
        fit_annotators(nothing)
    with pytest.raises(NoComparisonsError, match="Judge at least one pair"):
        evaluate_annotators(nothing)


@real_judgments.needed
def test_on_three_topics_of_real_judgments_it_pays_to_know_who_answered() -> None:
    data = real_judgments.read()
    some = data.where(data.prompts[data.first] < 3)
    evaluation = evaluate_annotators(some)
    assert evaluation.difference.log_loss.high < -0.01
    assert evaluation.difference.decisive_log_loss is not None
    assert evaluation.difference.decisive_log_loss.low < 0
