"""Strengths of groups, and of few raters of different taste."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from torch.autograd.functional import hessian, jacobian

from core.errors import NoComparisonsError
from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.fitting.group_newton import Problem, Widths
from core.fitting.groups import evaluate_groups, fit_groups, fit_tastes
from core.group_strengths import group_arrays, group_from_arrays
from core.judgment import Comparisons, Floats, Indices
from tests.core.crowd import judge
from tests.strategies import comparisons, comparisons_of

GROUP = np.repeat([0, 1, 2, -1], [20, 15, 4, 10])


def crowd(seed: int, apart: float, each: int = 40) -> tuple[Comparisons, Floats]:
    """Two groups large enough, one too small, and people of unknown group; strengths by group."""
    rng = np.random.default_rng(seed)
    common, deviation = rng.normal(size=20), apart * rng.normal(size=(4, 20))
    deviation[3] = 0
    n_people = len(GROUP)
    data = judge(
        common,
        np.ones(n_people),
        np.full(n_people, 0.4),
        each,
        rng=rng,
        taste=deviation[GROUP],
    )
    return data, common + deviation


def joint(data: Comparisons, group: Indices, sigma: float, spread: float) -> torch.Tensor:
    """Covariance of (common, group 0, group 1, log tie weight) by brute force, at the optimum."""
    n = len(data.items)

    def loss(at: torch.Tensor) -> torch.Tensor:
        common, own, tie = at[:n], at[n:-1].reshape(2, n), at[-1]
        strengths = torch.cat([own, common[None]])[torch.tensor(group[data.annotator])]
        rows = torch.arange(len(data))
        odds = strengths[rows, data.first] - strengths[rows, data.second]
        logits = torch.stack([odds / 2, tie.expand_as(odds), -odds / 2], 1)
        chance = torch.log_softmax(logits, 1)[rows, 1 - data.outcome]
        prior = (common**2).sum() / (2 * sigma**2) + tie**2 / 18
        return prior + ((own - common) ** 2).sum() / (2 * spread**2) - chance.sum()

    at = torch.zeros(3 * n + 1, dtype=torch.float64)
    for _ in range(20):
        at = at - torch.linalg.solve(hessian(loss, at), jacobian(loss, at))  # type: ignore[no-untyped-call]
    return torch.cat([at[:, None], torch.linalg.inv(hessian(loss, at))], dim=1)  # type: ignore[no-untyped-call]


def test_optimum_and_spreads_are_those_of_one_large_system() -> None:
    rng = np.random.default_rng(0)
    group = np.array([0, 0, 1, 1, -1])
    data = judge(
        rng.normal(size=4), np.ones(5), np.full(5, 0.4), 30, rng=rng, taste=rng.normal(size=(5, 4))
    )
    model = fit_groups(data, group, minimum_size=2, spread=0.5, prior_scale=1.2)
    found = joint(data, group, 1.2, 0.5).numpy()
    place, covariance = found[:, 0], found[:, 1:]
    level = place[:4].mean()
    assert model.strengths == pytest.approx(place[:4] - level, abs=1e-6)
    assert model.group_strengths == pytest.approx(place[4:12].reshape(2, 4) - level, abs=1e-6)
    centre = np.eye(4) - 0.25
    for ours, rows in ((model.strengths_sd, slice(0, 4)), (model.group_sd[1], slice(8, 12))):
        part = centre @ covariance[rows, rows] @ centre
        assert ours == pytest.approx(np.sqrt(np.diag(part)), rel=0.05)
    away = np.zeros((4, 13))
    away[:, 4:8], away[:, :4] = np.eye(4), -np.eye(4)
    part = centre @ away @ covariance @ away.T @ centre
    assert model.deviation_sd[0] == pytest.approx(np.sqrt(np.diag(part)), rel=0.05)


def test_evidence_is_that_of_one_large_system_up_to_a_constant() -> None:
    data, _ = crowd(1, 0.5, each=10)
    group = np.where(GROUP < 2, GROUP, -1)
    problem = Problem.of(data, group, np.array([0, 1]), ties=True)

    def both(widths: Widths) -> tuple[float, float]:
        point = problem.optimum(problem.start(np.zeros(20)), widths, 50)
        determinant = np.linalg.slogdet(
            joint(data, group, widths.prior_scale, widths.spread).numpy()[:, 1:]
        )[1]
        loss = problem.loss(point.place, widths)
        scales = 20 * np.log(widths.prior_scale) + 40 * np.log(widths.spread)
        return point.log_evidence(), -loss - scales + determinant / 2

    ours, theirs = zip(both(Widths(1.0, 0.4)), both(Widths(1.5, 0.8)), strict=True)
    assert ours[0] - ours[1] == pytest.approx(theirs[0] - theirs[1], abs=1e-4)


def test_with_next_to_no_spread_all_groups_are_bradley_terry() -> None:
    data, _ = crowd(2, 0.0)
    model = fit_groups(data, GROUP, spread=1e-4, prior_scale=1.3)
    plain = fit_bradley_terry(data, prior_scale=1.3)
    assert model.strengths == pytest.approx(plain.strengths, abs=1e-4)
    assert model.group_strengths[1] == pytest.approx(plain.strengths, abs=1e-4)
    low, high = plain.strengths_interval()
    assert model.strengths_interval()[0] == pytest.approx(low, abs=1e-3)
    assert model.group_interval()[1][0] == pytest.approx(high, abs=1e-3)


def test_small_groups_are_pooled_and_said_to_be() -> None:
    data, _ = crowd(3, 0.6)
    model = fit_groups(data, GROUP)
    assert model.groups.tolist() == [0, 1]
    assert model.n_people.tolist() == [20, 15]
    assert model.n_judgments.tolist() == [800, 600]
    assert model.pooled.tolist() == [2]
    assert model.n_pooled == 14
    with pytest.raises(NotDeterminedError, match="the largest has 20"):
        fit_groups(data, GROUP, minimum_size=21)
    with pytest.raises(NotDeterminedError, match="two groups of 16"):
        evaluate_groups(data, GROUP, minimum_size=16)


def test_intervals_of_groups_hold_and_groups_that_differ_are_told_apart() -> None:
    inside, spreads, helped, gains = [], [], [], []
    for seed in range(8):
        data, truth = crowd(seed, 0.6)
        model = fit_groups(data, GROUP)
        centred = truth[:2] - truth[:2].mean(axis=1, keepdims=True)
        low, high = model.group_interval(0.9)
        inside.append(np.mean((low <= centred) & (centred <= high)))
        spreads.append(model.spread)
        gains.append(model.log_evidence_gain)
        evaluation = evaluate_groups(data, GROUP)
        helped.append(evaluation.difference.high < 0)
        assert evaluation.n_people == 35
    assert np.mean(inside) > 0.82
    assert 0.45 < np.mean(spreads) < 0.9
    assert min(gains) > 3
    assert np.mean(helped) > 0.8


def test_groups_that_do_not_differ_are_shrunk_together() -> None:
    worse, gains = [], []
    for seed in range(8):
        data, _ = crowd(seed, 0.0)
        model = fit_groups(data, GROUP)
        evaluation = evaluate_groups(data, GROUP)
        worse.append(evaluation.difference.value)
        gains.append(model.log_evidence_gain)
        assert model.spread < 0.35
    assert abs(np.mean(worse)) < 0.002
    assert max(gains) < 3


def test_with_eight_raters_of_different_taste_90_percent_intervals_hold() -> None:
    """30 items, 900 judgments, tastes with standard deviation 1: at least 84 % are wanted."""
    inside, plain = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        strengths, taste = rng.normal(size=30), rng.normal(size=(8, 30))
        data = judge(strengths, np.ones(8), np.full(8, 1e-9), 112, rng=rng, taste=taste)
        truth = strengths - strengths.mean()
        low, high = fit_tastes(data).strengths_interval(0.9)
        inside.append(np.mean((low <= truth) & (truth <= high)))
        low, high = fit_bradley_terry(data).strengths_interval(0.9)
        plain.append(np.mean((low <= truth) & (truth <= high)))
    assert np.mean(plain) < 0.8
    assert 0.84 <= np.mean(inside) <= 0.95


def test_few_raters_get_the_quantile_of_student() -> None:
    """With four raters, 3.182 standard deviations to each side at 95 %."""
    data, _ = crowd(5, 0.0, each=30)
    four = data.where(data.annotator < 4)
    model = fit_tastes(four)
    low, high = model.strengths_interval()
    assert (high - low) / 2 == pytest.approx(3.1824 * model.strengths_sd, rel=1e-4)


def test_one_rater_says_nothing_about_others() -> None:
    with pytest.raises(NotDeterminedError, match="One annotator judged"):
        fit_tastes(comparisons_of(3, [(0, 1, 1), (1, 2, 1)]))


@given(comparisons())
def test_any_pattern_of_judgments_gives_finite_figures_that_mirror_exactly(
    data: Comparisons,
) -> None:
    people = np.arange(len(data)) % 4
    data = Comparisons(
        data.items, data.prompts, data.first, data.second, data.outcome, people.astype(np.int64)
    )
    group = np.array([0, 0, 1, -1])
    model = fit_groups(data, group, minimum_size=1)
    assert np.isfinite(model.group_sd).all()
    own = group[people]
    there = model.outcome_probabilities(data.first, data.second, own)
    back = model.outcome_probabilities(data.second, data.first, own)
    assert (there == back[:, ::-1]).all()


def test_group_strengths_are_saved_and_loaded_without_pickle() -> None:
    data, _ = crowd(4, 0.3, each=10)
    model = fit_groups(data, GROUP)
    file = io.BytesIO()
    np.savez(file, **group_arrays(model))  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = group_from_arrays(arrays)
    assert loaded.items == model.items
    assert loaded.spread == model.spread
    assert (loaded.group_strengths == model.group_strengths).all()
    assert (loaded.strengths_interval()[0] == model.strengths_interval()[0]).all()


def test_nothing_judged_is_refused() -> None:
    with pytest.raises(NoComparisonsError):
        fit_groups(comparisons_of(3, []), GROUP)
