import numpy as np
import pytest

from core.ensembles import (
    DifferentGroupsError,
    Ensemble,
    ensemble_from_arrays,
    ensemble_to_arrays,
)
from core.errors import NoComparisonsError
from core.estimates import NotDeterminedError
from core.fitting import fit_general_preference
from core.fitting.ensemble import fit_ensemble
from core.judgment import Floats
from core.models import PreferenceModel
from core.simulation import possible_pairs, simulate
from tests.strategies import comparisons_of, rock_paper_scissors

ZERO, ONE = np.array([0]), np.array([1])


def two_items(log_odds: list[float], ties: float = -np.inf) -> Ensemble:
    """Members that say so much for item 0 against item 1."""
    half = np.array(log_odds) / 2
    return Ensemble(
        items=("a", "b"),
        prompts=np.zeros(2, np.int64),
        component=np.zeros(2, np.int64),
        strengths=np.stack([half, -half], axis=1),
        embeddings=np.zeros((len(half), 2, 2)),
        tie_log_weights=np.full(len(half), ties),
        unit="pair",
    )


def chance(log_odds: float) -> Floats:
    return np.array([1 / (1 + np.exp(-log_odds))])


def test_careful_readings_by_hand() -> None:
    """Members say 1, 2 and 6: mean 3, least 1, variance 7."""
    ensemble: PreferenceModel = two_items([1.0, 2.0, 6.0])
    assert isinstance(ensemble, Ensemble)
    mean = (chance(1) + chance(2) + chance(6)) / 3
    assert ensemble.probability(ZERO, ONE) == pytest.approx(mean)
    assert ensemble.log_odds_variance(ZERO, ONE) == pytest.approx([7])
    assert ensemble.worst_case_probability(ZERO, ONE) == pytest.approx(chance(1))
    assert ensemble.worst_case_probability(ONE, ZERO) == pytest.approx(chance(-6))
    careful = ensemble.uncertainty_weighted_probability(ZERO, ONE, caution=0.1)
    assert careful == pytest.approx(chance(3 - 0.7))
    reach = 4.302653 * np.sqrt(7)  # Student's t with two degrees of freedom
    low, high = ensemble.probability_interval(ZERO, ONE)
    assert low == pytest.approx(chance(3 - reach))
    assert high == pytest.approx(chance(3 + reach))
    assert ensemble.strengths_by("mean") == pytest.approx([1.5, -1.5])
    assert ensemble.strengths_by("worst") == pytest.approx([0.5, -3.0])
    assert ensemble.strengths_by("weighted", caution=0.1) == pytest.approx([1.325, -1.675])
    with pytest.raises(ValueError, match="boldest"):
        ensemble.strengths_by("boldest")


def test_agreement_by_hand() -> None:
    """Three of four members hold the first better: 3 of the 6 pairs of members agree."""
    ensemble = two_items([1.0, 2.0, 0.5, -1.0])
    assert ensemble.agreement(ZERO, ONE) == pytest.approx([0.5])
    assert not ensemble.unanimous(ZERO, ONE)[0]
    assert two_items([1.0, 2.0]).agreement(ONE, ZERO) == pytest.approx([1.0])
    assert two_items([1.0, 2.0]).unanimous(ONE, ZERO)[0]


def test_ties_are_averaged_over_members() -> None:
    """Log-odds 0 and tie weight 1: a third each, whatever the member."""
    shares = two_items([0.0, 0.0], ties=0.0).outcome_probabilities(ZERO, ONE)
    assert shares == pytest.approx(np.full((1, 3), 1 / 3))


def test_swapping_the_items_mirrors_what_an_ensemble_says() -> None:
    data = simulate(np.linspace(-1, 1, 6), rng=np.random.default_rng(0), n_judgments=200)
    ensemble = fit_ensemble(
        data, n_planes=1, penalty_share=0.3, prior_scale=1.0, n_members=5, seed=1
    )
    one, other = possible_pairs(data.prompts)
    total = ensemble.probability(one, other) + ensemble.probability(other, one)
    assert np.abs(total - 1).max() < 1e-12
    low, _ = ensemble.probability_interval(one, other)
    _, high = ensemble.probability_interval(other, one)
    assert np.abs(low + high - 1).max() < 1e-12
    assert (ensemble.agreement(one, other) == ensemble.agreement(other, one)).all()


def test_intervals_of_an_ensemble_hold_the_truth_about_as_often_as_laplace() -> None:
    """8 simulated studies with a circle, nominal 95 %."""
    held: dict[str, list[float]] = {"laplace": [], "ensemble": []}
    angle = 2 * np.pi * np.arange(12) / 12
    skew = 2 * np.sin(angle[:, None] - angle[None, :])
    for seed in range(8):
        rng = np.random.default_rng(seed)
        data = simulate(np.linspace(-1, 1, 12), skew=skew, rng=rng, judgments_per_pair=12)
        one, other = possible_pairs(data.prompts)
        odds = np.linspace(-1, 1, 12)
        truth = 1 / (1 + np.exp(-(odds[one] - odds[other] + skew[one, other])))
        model = fit_general_preference(data, n_planes=1, penalty_share=0.1)
        ensemble = fit_ensemble(
            data, n_planes=1, penalty_share=0.1, prior_scale=model.prior_scale, seed=seed
        )
        for name, fitted in (("laplace", model), ("ensemble", ensemble)):
            low, high = fitted.probability_interval(one, other)
            held[name].append(float(((low <= truth) & (truth <= high)).mean()))
    assert 0.88 < np.mean(held["laplace"]) <= 1
    assert 0.85 < np.mean(held["ensemble"]) <= 1


def test_by_annotator_people_are_drawn_and_one_person_is_not_enough() -> None:
    data = simulate(np.zeros(5), rng=np.random.default_rng(1), n_judgments=300, n_annotators=10)
    model = fit_ensemble(
        data, n_planes=0, penalty_share=1.0, prior_scale=1.0, unit="annotator", n_members=3
    )
    assert model.unit == "annotator"
    assert model.embeddings.shape == (3, 5, 0)
    assert (model.strengths[0] != model.strengths[1]).all()
    with pytest.raises(NotDeterminedError, match="annotator"):
        fit_ensemble(
            rock_paper_scissors(), n_planes=0, penalty_share=1, prior_scale=1, unit="annotator"
        )


def test_the_same_seed_gives_the_same_ensemble_and_it_comes_back_from_arrays() -> None:
    one, other = (
        fit_ensemble(
            rock_paper_scissors(), n_planes=1, penalty_share=0.3, prior_scale=1, n_members=2, seed=4
        )
        for _ in range(2)
    )
    read = ensemble_from_arrays(ensemble_to_arrays(one))
    for name in ("strengths", "embeddings", "tie_log_weights", "component", "prompts"):
        assert (getattr(one, name) == getattr(other, name)).all()
        assert (getattr(one, name) == getattr(read, name)).all()
    assert (read.items, read.unit) == (one.items, one.unit)


def test_items_that_nothing_connects_are_not_compared() -> None:
    data = comparisons_of(4, [(0, 1, 1), (0, 1, -1), (2, 3, 1), (2, 3, 1)] * 3)
    ensemble = fit_ensemble(data, n_planes=0, penalty_share=1, prior_scale=1, n_members=2)
    with pytest.raises(DifferentGroupsError, match="connect"):
        ensemble.probability(ZERO, np.array([2]))


def test_progress_is_reported_and_senseless_settings_are_refused() -> None:
    steps: list[tuple[str, int, int]] = []
    fit_ensemble(
        rock_paper_scissors(), n_planes=0, penalty_share=1, prior_scale=1, n_members=2,
        report=lambda *step: steps.append(step),
    )  # fmt: skip
    assert steps == [("ensemble", 0, 2), ("ensemble", 1, 2), ("ensemble", 2, 2)]
    with pytest.raises(ValueError, match="two members"):
        fit_ensemble(rock_paper_scissors(), n_planes=0, penalty_share=1, prior_scale=1, n_members=1)
    with pytest.raises(NoComparisonsError):
        fit_ensemble(comparisons_of(2, []), n_planes=0, penalty_share=1, prior_scale=1)
