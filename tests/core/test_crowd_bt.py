"""Crowd-BT: reliabilities of annotators."""

import numpy as np
import pytest
import torch
from hypothesis import given

from core.errors import NoComparisonsError
from core.fitting import fit_bradley_terry
from core.fitting.crowd_bt import Loss, fit_crowd_bradley_terry
from core.judgment import Comparisons, Floats
from tests.core.crowd import judge
from tests.strategies import comparisons, comparisons_of


def crowd(scale: Floats, each: int = 60, seed: int = 1) -> tuple[Comparisons, Floats]:
    rng = np.random.default_rng(seed)
    strengths = 1.5 * rng.normal(size=25)
    no_ties = np.full(len(scale), 1e-9)
    return judge(strengths, scale, no_ties, each, rng=rng), strengths


def test_the_gradient_is_that_of_the_formula_as_published() -> None:
    data, _ = crowd(np.ones(6), each=10)
    loss = Loss(data, data.annotator, 6, 0.7, 3.0, 1.0)
    at = np.random.default_rng(0).normal(size=31)
    point = torch.tensor(at, requires_grad=True)
    strengths, eta = point[:25], torch.sigmoid(point[25:])
    odds = torch.tensor(data.outcome) * (strengths[data.first] - strengths[data.second])
    mine = eta[data.annotator]
    chance = mine * torch.sigmoid(odds) + (1 - mine) * torch.sigmoid(-odds)
    value = 0.35 * (strengths**2).sum() - chance.log().sum()
    value = value - 3 * eta.log().sum() - (1 - eta).log().sum()
    [slope] = torch.autograd.grad(value, point)
    assert loss(at)[0] == pytest.approx(value.item())
    assert loss(at)[1] == pytest.approx(slope.numpy())


def test_careless_and_inverted_annotators_are_less_reliable_than_the_rest() -> None:
    scale = np.ones(40)
    scale[:5], scale[5:8] = 0, -1
    data, strengths = crowd(scale)
    model = fit_crowd_bradley_terry(data)
    careless, inverted, faithful = np.split(model.reliability, [5, 8])
    assert inverted.max() < careless.min() < careless.max() < faithful.min()
    plain = fit_bradley_terry(data)
    truth = strengths - strengths.mean()

    def error(found: Floats) -> float:
        return float(np.square(found - found.mean() - truth).mean())

    assert error(model.strengths) < error(plain.strengths)


def test_with_everybody_known_to_be_faithful_it_is_bradley_terry() -> None:
    data, _ = crowd(np.ones(10))
    model = fit_crowd_bradley_terry(data, faithful=1e9, unfaithful=1.0001, prior_scale=1.5)
    plain = fit_bradley_terry(data, prior_scale=1.5, ties=False, approximation="laplace")
    assert model.strengths == pytest.approx(plain.strengths, abs=1e-3)


@given(comparisons())
def test_swapping_the_items_mirrors_the_probability_exactly(data: Comparisons) -> None:
    if not data.outcome.any():
        with pytest.raises(NoComparisonsError):
            fit_crowd_bradley_terry(data)
        return
    model = fit_crowd_bradley_terry(data)
    for who in (None, data.annotator, np.full(len(data), 9)):
        there = model.probability(data.first, data.second, who)
        back = model.probability(data.second, data.first, who)
        assert np.abs(there + back - 1).max() < 1e-15


def test_a_prior_that_allows_zero_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="above 1"):
        fit_crowd_bradley_terry(comparisons_of(2, [(0, 1, 1)]), unfaithful=1)
