from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fitting import fit_bradley_terry, fit_general_preference
from core.judgment import Comparisons
from core.models import (
    BradleyTerry,
    DifferentPromptsError,
    GeneralPreference,
    davidson,
    from_arrays,
    logistic,
    quarter_turn,
    skew_operator,
    skew_part,
    to_arrays,
)
from core.simulation import possible_pairs, simulate
from tests.strategies import comparisons, comparisons_of, rock_paper_scissors

finite = st.floats(-800, 800)


@given(comparisons())
def test_swapping_the_items_mirrors_every_answer(data: Comparisons) -> None:
    model = fit_bradley_terry(data)
    one, other = possible_pairs(data.prompts)
    total = model.probability(one, other) + model.probability(other, one)
    assert np.abs(total - 1).max() < 1e-12
    low, high = model.probability_interval(one, other)
    mirrored_low, mirrored_high = model.probability_interval(other, one)
    assert np.abs(low + mirrored_high - 1).max() < 1e-12
    assert np.abs(high + mirrored_low - 1).max() < 1e-12
    outcomes = model.outcome_probabilities(one, other)
    assert np.abs(outcomes - model.outcome_probabilities(other, one)[:, ::-1]).max() < 1e-12


@given(comparisons())
def test_a_probability_lies_in_its_interval_and_an_item_ties_with_itself(data: Comparisons) -> None:
    model = fit_bradley_terry(data)
    one, other = possible_pairs(data.prompts)
    low, high = model.probability_interval(one, other)
    chance = model.probability(one, other)
    assert ((low <= chance) & (chance <= high)).all()
    assert model.log_odds_variance(one, one) == pytest.approx(0, abs=1e-12)
    assert (model.probability(one, one) == 0.5).all()


@given(finite, st.floats(-20, 20))
def test_given_a_decision_davidson_keeps_the_log_odds(log_odds: float, tie: float) -> None:
    first, _, second = davidson(np.array([log_odds]), tie)[0]
    decided = np.exp(-np.logaddexp(0, -log_odds))
    assert first / (first + second) == pytest.approx(decided, abs=1e-12)


def test_davidson_by_hand() -> None:
    """s = 2 ln 2 and ν = 1/2: weights 2, 1/2 and 1/2."""
    shares = davidson(np.array([2 * np.log(2)]), np.log(0.5))
    assert shares == pytest.approx(np.array([[2 / 3, 1 / 6, 1 / 6]]))


def test_without_ties_a_tie_has_probability_zero() -> None:
    assert davidson(np.array([-3.0, 0.0, 3.0]), -np.inf)[:, 1].tolist() == [0, 0, 0]


@given(finite)
def test_probabilities_are_mirrored_and_never_overflow(x: float) -> None:
    assert logistic(np.array([x])) + logistic(np.array([-x])) == pytest.approx([1], abs=1e-15)


@given(st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_the_skew_part_is_the_operator_between_embeddings(n_planes: int, seed: int) -> None:
    """<R v, w>, with R skew-symmetric and length-preserving; its slope in v is R^T w."""
    v, w = np.random.default_rng(seed).normal(size=(2, 1, 2 * n_planes))
    operator = skew_operator(n_planes)
    assert skew_part(v, w) == pytest.approx((v @ operator.T @ w.T)[0])
    assert (skew_part(v, w) == -skew_part(w, v)).all()
    assert quarter_turn(w) == pytest.approx(w @ operator)
    assert np.linalg.norm(v @ operator.T) == pytest.approx(np.linalg.norm(v))


@pytest.mark.parametrize("general", [False, True])
def test_a_saved_and_loaded_model_predicts_the_same(general: bool) -> None:  # noqa: FBT001
    prompts = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    data = simulate(
        np.linspace(-1, 1, 8), prompts=prompts, rng=np.random.default_rng(1), n_judgments=60,
        tie_weight=0.3,
    )  # fmt: skip
    model = fit_general_preference(data) if general else fit_bradley_terry(data)
    file = BytesIO()
    np.savez(file, **to_arrays(model))  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        loaded = from_arrays(arrays)
    assert type(loaded) is type(model)
    assert loaded.items == model.items
    pairs = possible_pairs(prompts)
    for method in ("log_odds", "log_odds_variance", "probability", "outcome_probabilities"):
        assert (getattr(loaded, method)(*pairs) == getattr(model, method)(*pairs)).all()
    assert np.array_equal(loaded.strengths_interval(), model.strengths_interval())


def test_a_file_that_holds_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="Elo"):
        from_arrays({"model": np.array("Elo")})


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_items_of_different_prompts_are_not_compared(share: float) -> None:
    data = comparisons_of(4, [(0, 1, 1), (2, 3, 1)], prompts=np.array([0, 0, 1, 1]))
    model = fit_general_preference(data, penalty_share=share)
    with pytest.raises(DifferentPromptsError):
        model.probability(np.array([0]), np.array([2]))


def test_between_components_of_one_prompt_the_skew_part_says_nothing() -> None:
    """Two circles never compared with each other: the answer is one half, and far from sure."""
    circle = [(0, 1, 1), (1, 2, 1), (2, 0, 1)]
    data = comparisons_of(6, [*circle, *((i + 3, j + 3, k) for i, j, k in circle)] * 20)
    model = fit_general_preference(data, penalty_share=0.1)
    one, other = np.array([0, 0]), np.array([1, 3])
    assert model.probability(one, other)[0] > 0.9
    assert model.probability(one, other)[1] == pytest.approx(0.5, abs=1e-4)
    low, high = model.probability_interval(one, other)
    assert low[1] < 0.1
    assert high[1] > 0.9


def test_the_delta_method_agrees_with_draws_from_the_posterior() -> None:
    """Strengths and embeddings drawn from the covariance, predictions computed from each draw.

    400 judgments a pair keep the posterior narrow, so that predictions are linear in it, and a
    strong penalty keeps turns of the plane, which change nothing, from being long.
    """
    model = fit_general_preference(rock_paper_scissors(400), n_planes=1, penalty_share=0.9)
    rng = np.random.default_rng(2)
    centre = np.column_stack([model.strengths, model.embeddings]).ravel()
    # Strengths sum to zero, so that the covariance is singular in one direction.
    assert model.covariance is not None
    values, vectors = np.linalg.eigh(model.covariance.values.reshape(9, 9))
    root = vectors * np.sqrt(np.maximum(values, 0))
    draws = centre + 0.1 * rng.normal(size=(20_000, 9)) @ root.T
    strengths, embeddings = draws.reshape(-1, 3, 3)[:, :, 0], draws.reshape(-1, 3, 3)[:, :, 1:]
    odds = strengths[:, 0] - strengths[:, 1] + skew_part(embeddings[:, 0], embeddings[:, 1])
    variance = model.log_odds_variance(np.array([0]), np.array([1]))
    assert odds.var() * 100 == pytest.approx(variance[0], rel=0.05)


def test_models_are_told_apart_by_type() -> None:
    assert isinstance(fit_bradley_terry(rock_paper_scissors()), BradleyTerry)
    assert isinstance(fit_general_preference(rock_paper_scissors()), GeneralPreference)
