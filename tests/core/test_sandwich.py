import numpy as np
import pytest

from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.fitting.bradley_terry import TieModel
from core.fitting.sandwich import MAX_LEFT_OUT, clustered_covariance
from core.judgment import Comparisons, Floats
from core.models import logistic
from core.simulation import simulate
from tests.strategies import comparisons_of


def judged_by(n_people: int, taste: float, seed: int, n_judgments: int = 900) -> Comparisons:
    """People whose strengths for 30 items differ by `taste` from common ones, seed by seed."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=30)
    own = middle - middle.mean() + taste * rng.normal(size=(n_people, 30))
    one = rng.integers(30, size=n_judgments)
    other = (one + rng.integers(1, 30, size=n_judgments)) % 30
    first, second = np.minimum(one, other), np.maximum(one, other)
    person = rng.integers(n_people, size=n_judgments)
    chance = logistic(own[person, first] - own[person, second])
    outcome = np.where(rng.random(n_judgments) < chance, 1, -1)
    items = tuple(map(str, range(30)))
    return Comparisons(items, np.zeros(30, np.int64), first, second, outcome, person)


def common_strengths(seed: int, taste: float) -> Floats:
    """What one number per item says of such people: log-odds of a mixture are nearer to zero.

    A logistic of a normal log-odds with variance 2 taste² has, to 1 %, the mean of a logistic
    divided by sqrt(1 + 2 taste² · 0.3459): Zeger, Liang and Albert, Biometrics 44(4), 1988.
    """
    middle = np.random.default_rng(seed).normal(size=30)
    shrunk: Floats = (middle - middle.mean()) / np.sqrt(1 + 2 * taste**2 * 0.3459)
    return shrunk


def test_with_eight_people_of_different_taste_intervals_hold_the_truth() -> None:
    """90 % intervals over 40 studies. The inverse curvature alone holds it 79 % of the time."""
    plain_held, held = [], []
    one, other = np.triu_indices(30, 1)
    for seed in range(40):
        data, truth = judged_by(8, 1.0, seed), common_strengths(seed, 1.0)
        model = fit_bradley_terry(data)
        low, high = model.strengths_interval(0.9)
        plain_held.append(((low <= truth) & (truth <= high)).mean())
        clustered = clustered_covariance(model, data)
        low, high = clustered.strengths_interval(0.9)
        held.append(((low <= truth) & (truth <= high)).mean())
        low, high = clustered.difference_interval(one, other, 0.9)
        difference = truth[one] - truth[other]
        held.append(((low <= difference) & (difference <= high)).mean())
    assert np.mean(plain_held) < 0.84
    assert 0.86 < np.mean(held) < 0.94


def test_with_independent_judgments_the_sandwich_is_the_inverse_curvature() -> None:
    """Many people of one taste: both estimate the same variances."""
    data = judged_by(400, 0.0, 1, n_judgments=20_000)
    model = fit_bradley_terry(data)
    one, other = np.triu_indices(30, 1)
    ratio = clustered_covariance(model, data).difference_variance(one, other)
    ratio /= model.log_odds_variance(one, other)
    assert np.mean(ratio) == pytest.approx(1, abs=0.05)


def test_leaving_one_out_agrees_with_leaving_one_out_by_hand() -> None:
    """One Newton step stands for a refit; with 40 people of 50 judgments it is nearly there."""
    data = judged_by(40, 0.5, 2, n_judgments=2000)
    model = fit_bradley_terry(data, prior_scale=1.0)
    refits = np.array(
        [
            fit_bradley_terry(data.where(data.annotator != g), prior_scale=1.0).strengths
            for g in range(40)
        ]
    )
    by_hand = 39 / 40 * ((refits - refits.mean(axis=0)) ** 2).sum(axis=0)
    clustered = clustered_covariance(model, data)
    own = (clustered.influence**2).sum(axis=1)
    assert own == pytest.approx(by_hand, rel=0.05)


def test_many_people_and_few_are_treated_nearly_alike() -> None:
    """Just above the number up to which each person is left out, the result does not jump."""
    data = judged_by(MAX_LEFT_OUT, 0.7, 3, n_judgments=6000)
    model = fit_bradley_terry(data)
    few = clustered_covariance(model, data).variances()
    extra = np.where(np.arange(6000) == 0, MAX_LEFT_OUT, data.annotator)
    many = clustered_covariance(model, data, cluster=extra).variances()
    assert many == pytest.approx(few, rel=0.15)
    assert np.mean(many / few) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("tie_model", ["davidson", "rao_kupper"])
def test_ties_and_covariates_are_part_of_it(tie_model: TieModel) -> None:
    data = simulate(
        np.linspace(-1, 1, 6), rng=np.random.default_rng(4), n_judgments=600, n_annotators=6,
        tie_weight=0.5,
    )  # fmt: skip
    side = np.random.default_rng(5).choice([-1.0, 1.0], 600)
    model = fit_bradley_terry(data, tie_model=tie_model, covariates={"left": side})
    clustered = clustered_covariance(model, data, covariates={"left": side})
    low, high = clustered.strengths_interval()
    assert (low < model.strengths).all()
    assert (model.strengths < high).all()
    plain = model.covariance.variances()[0]
    assert np.mean(clustered.variances() / plain) == pytest.approx(1, abs=0.5)


def test_one_person_says_nothing_of_how_people_differ() -> None:
    data = comparisons_of(3, [(0, 1, 1), (1, 2, 1), (0, 2, 1)])
    with pytest.raises(NotDeterminedError, match="one person"):
        clustered_covariance(fit_bradley_terry(data), data)
