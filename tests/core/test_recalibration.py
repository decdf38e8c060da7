"""Maps that correct a model's log-odds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from core.estimates import NotDeterminedError
from core.fitting import fit_bradley_terry
from core.fitting.recalibration import (
    FITS,
    CannotScaleError,
    choose_calibrator,
    cross_fit_calibration,
    fit_beta,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    fit_venn_abers,
)
from core.judgment import Floats, Indices
from core.models import logistic
from core.recalibration import (
    Calibrator,
    IdentityCalibrator,
    Recalibrated,
    calibrator_from_arrays,
    calibrator_to_arrays,
    compare,
    log_odds_of,
)
from core.simulation import simulate

WORKED = np.append(
    [0.2, -0.4, 0.6, -0.9, 1.1, 1.4, -1.8, 2.2, 2.6, -3.0, 3.4],
    [0.3, -0.7, 1.3, 2.1, -2.4, 0.5, -1.0, 1.6, 2.9, -0.1, 0.8],
)
ANSWERS = np.array([1, 1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1.0])


def boastful(seed: int, boast: float, n: int = 1500) -> tuple[Floats, Floats, Indices]:
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.3, n)
    return boast * odds, (rng.random(n) < logistic(odds)).astype(float), np.arange(n)


FITTED = [fit(*boastful(3, 2.0, 400)) for fit in FITS.values()]


@pytest.mark.parametrize("calibrator", FITTED, ids=lambda fitted: fitted.name)
@given(
    st.floats(-40, 40),
    st.floats(0, 5),
    st.integers(1, 999).map(lambda thousandth: thousandth / 1000),
)
def test_swapping_the_items_mirrors_the_result_exactly(
    calibrator: Calibrator, odds: float, reach: float, p: float
) -> None:
    there, back = (calibrator.log_odds(np.array([sign * odds])) for sign in (1, -1))
    np.testing.assert_array_equal(there, -back)
    q = calibrator.probability(np.array([p, 1 - p]))
    assert abs(q.sum() - 1) < 1e-12
    low, high = calibrator.interval(np.array([odds - reach]), np.array([odds + reach]))
    mirrored = calibrator.interval(np.array([-odds - reach]), np.array([-odds + reach]))
    np.testing.assert_array_equal(mirrored, (-high, -low))
    assert low <= high
    shares = np.array([[0.9 * p, 0.1, 0.9 * (1 - p)]])
    three = calibrator.outcome_probabilities(shares)
    other = calibrator.outcome_probabilities(shares[:, ::-1])
    np.testing.assert_array_equal(three, other[:, ::-1])
    assert three.sum() == pytest.approx(1, abs=1e-12)
    assert three[0, 1] == 0.1


@pytest.mark.parametrize("calibrator", FITTED, ids=lambda fitted: fitted.name)
def test_a_recalibrated_model_mirrors_and_keeps_its_order(calibrator: Calibrator) -> None:
    """Swapping the items mirrors all that is said of a pair; the interval goes round the value."""
    rng = np.random.default_rng(0)
    model = fit_bradley_terry(simulate(np.linspace(-2, 2, 6), rng=rng, judgments_per_pair=4))
    used, (first, second) = Recalibrated(model, calibrator), np.triu_indices(6, 1)
    p, q = used.probability(first, second), used.probability(second, first)
    np.testing.assert_allclose(p + q, 1, atol=1e-12)
    low, high = used.probability_interval(first, second)
    np.testing.assert_allclose(used.probability_interval(second, first), (1 - high, 1 - low))
    assert ((low <= p) & (p <= high)).all()
    shares = used.outcome_probabilities(first, second)
    turned = used.outcome_probabilities(second, first)
    np.testing.assert_allclose(shares, turned[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(shares[:, 0] / (1 - shares[:, 1]), p, atol=1e-9)
    as_fitted = model.probability(first, second)
    order = np.argsort(as_fitted)
    assert (np.diff(p[order]) >= -1e-12).all()
    plain = Recalibrated(model, IdentityCalibrator())
    np.testing.assert_array_equal(plain.probability(first, second), as_fitted)
    np.testing.assert_allclose(
        plain.probability_interval(first, second), model.probability_interval(first, second)
    )


@pytest.mark.parametrize("calibrator", FITTED, ids=lambda fitted: fitted.name)
def test_it_is_saved_and_read_as_it_was(calibrator: Calibrator) -> None:
    arrays = calibrator_to_arrays(calibrator)
    assert all(array.dtype.kind in "fU" for array in arrays.values())
    read = calibrator_from_arrays(arrays)
    odds = np.linspace(-6, 6, 101)
    np.testing.assert_array_equal(read.log_odds(odds), calibrator.log_odds(odds))
    assert read.name == calibrator.name


def test_a_stranger_is_not_read() -> None:
    with pytest.raises(ValueError, match="'spline'"):
        calibrator_from_arrays({"calibrator": np.array("spline")})


def test_scales_equal_those_of_a_library() -> None:
    """scikit-learn: logistic regression without offset; its sigmoid with both namings."""
    pair = np.arange(len(WORKED))
    plain = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12).fit(
        WORKED[:, None], ANSWERS
    )
    temperature = fit_temperature(WORKED, ANSWERS, pair)
    assert temperature.scale == pytest.approx(float(plain.coef_[0, 0]), abs=1e-6)
    both = _SigmoidCalibration().fit(
        np.concatenate([WORKED, -WORKED]), np.concatenate([ANSWERS, 1 - ANSWERS])
    )
    assert both.b_ == pytest.approx(0, abs=1e-8)
    assert fit_platt(WORKED, ANSWERS, pair).scale == pytest.approx(-both.a_, abs=1e-6)


def test_the_beta_map_equals_a_logistic_regression_of_its_two_features() -> None:
    odds, answers, pair = boastful(1, 2.0)
    sure, right = np.abs(odds), np.where(odds > 0, answers, 1 - answers)
    features = np.stack([np.log(2 * logistic(sure)), -np.log(2 * logistic(-sure))], axis=1)
    library = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-14, max_iter=1000).fit(
        features, right
    )
    found = fit_beta(odds, answers, pair)
    assert [found.near_half, found.near_one] == pytest.approx(library.coef_[0], abs=1e-5)


def test_venn_abers_equals_a_library_and_its_definition() -> None:
    """venn-abers 1.5.4 at log-odds 0.25, 1, 2, 3, 4; and isotonic fits with the answer added."""
    found = fit_venn_abers(WORKED, ANSWERS, np.arange(len(WORKED)))
    at = np.array([0.25, 1, 2, 3, 4])
    low, high = found.multiprobability(at)
    np.testing.assert_allclose(low, [1 / 2, 5 / 7, 9 / 11, 5 / 6, 5 / 6], atol=1e-12)
    np.testing.assert_allclose(high, [2 / 3, 6 / 7, 11 / 12, 11 / 12, 1], atol=1e-12)
    merged = [0.57142857, 0.75, 0.83448276, 0.84615385, 0.85714286]
    np.testing.assert_allclose(logistic(found.log_odds(at)), merged, atol=1e-8)
    odds, answers, pair = boastful(2, 1.5, 120)
    sure, right = np.abs(odds), np.where(odds > 0, answers, 1 - answers)
    other = fit_venn_abers(odds, answers, pair)
    for place in (0.01, 0.7, float(sure[5]), 9.0):
        for answer, share in zip(
            (0.0, 1.0), other.multiprobability(np.array([place])), strict=True
        ):
            refit = IsotonicRegression().fit(np.append(sure, place), np.append(right, answer))
            assert share[0] == pytest.approx(refit.predict([place])[0], abs=1e-9)


def test_isotonic_equals_a_library_with_both_namings() -> None:
    odds, answers, pair = boastful(4, 2.0, 500)
    both = IsotonicRegression().fit(
        np.concatenate([odds, -odds]), np.concatenate([answers, 1 - answers])
    )
    found = logistic(fit_isotonic(odds, answers, pair).log_odds(odds))
    expected = both.predict(odds)
    inside = (expected > 0) & (expected < 1)
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-9)
    assert ((found > 0) & (found < 1)).all()


def test_a_boastful_model_is_scaled_back_and_an_honest_one_left_alone() -> None:
    """Log-odds three times too large: the scale is 1/3, and no simpler way is as good."""
    choice = choose_calibrator(*boastful(0, 3.0))
    assert choice.calibrator.name == "temperature"
    fitted = fit_temperature(*boastful(0, 3.0))
    assert abs(fitted.scale - 1 / 3) < 2 * fitted.deviation
    assert [candidate.name for candidate in choice.candidates] == list(FITS)
    assert choice.candidates[1].against_none.high < 0
    assert choose_calibrator(*boastful(0, 1.0)).calibrator.name == "none"


def test_before_and_after_are_of_the_same_judgments() -> None:
    odds, answers, pair = boastful(5, 3.0)
    after = logistic(cross_fit_calibration(odds, answers, pair))
    figures = {figure.name: figure for figure in compare(logistic(odds), after, answers, pair)}
    loss = figures["log loss"]
    assert loss.difference is not None
    assert loss.difference.value == pytest.approx(loss.after.value - loss.before.value)
    assert loss.difference.high < 0
    error = figures["smooth calibration error"]
    assert error.after.value < 0.02
    assert error.before.low > 0.1


def test_the_error_of_the_scale_is_as_said() -> None:
    """100 studies: |z| < 1.96 in 95 %; fewer than 88 hits have probability 0.2 %."""
    hits = 0
    for seed in range(100):
        fitted = fit_temperature(*boastful(seed, 2.0, 300))
        hits += abs(fitted.scale - 0.5) < 1.96 * fitted.deviation
    assert hits >= 88


def test_what_judgments_cannot_determine_is_refused() -> None:
    right = np.array([1.0, -1.0, 2.0])
    with pytest.raises(CannotScaleError):
        fit_temperature(right, (right > 0).astype(np.float64), np.arange(3))
    with pytest.raises(CannotScaleError):
        fit_temperature(right, (right < 0).astype(np.float64), np.arange(3))
    assert fit_platt(right, (right > 0).astype(np.float64), np.arange(3)).scale > 0
    with pytest.raises(NotDeterminedError, match="25 pairs, there are 3"):
        choose_calibrator(right, np.ones(3), np.arange(3))
    with pytest.raises(NotDeterminedError, match="even odds"):
        fit_venn_abers(np.zeros(3), np.ones(3), np.arange(3))


@given(st.floats(0, 1))
def test_log_odds_of_a_probability_are_those_of_its_mirror(p: float) -> None:
    here, there = log_odds_of(np.array([p])), log_odds_of(np.array([1 - p]))
    assert np.isfinite(here).all()
    assert abs(logistic(here) + logistic(there) - 1).max() < 2e-12
