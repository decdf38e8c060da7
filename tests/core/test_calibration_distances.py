"""Distances from perfect calibration, bands and decompositions."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from core.calibration import (
    Rule,
    by_stratum,
    debiased_calibration_error,
    decompose,
    expected_calibration_error,
    log_score,
    margin_strata,
    reliability_curve,
    sharpness,
    smooth_calibration,
)
from core.calibration.pooling import pooled_shares
from core.judgment import Floats, Indices
from core.models import logistic


def study(seed: int, boast: float, n_pairs: int = 300) -> tuple[Floats, Floats, Indices, Floats]:
    """Forecasts with log-odds `boast` times too large, answers, pairs, and true probabilities."""
    rng = np.random.default_rng(seed)
    odds, pair = np.repeat(rng.normal(0, 1.2, n_pairs), 2), np.repeat(np.arange(n_pairs), 2)
    truth = logistic(odds)
    return logistic(boast * odds), (rng.random(len(truth)) < truth).astype(float), pair, truth


def brute_smooth_error(sure: Floats, gap: Floats, sigma: float, n_points: int = 4001) -> float:
    """The definition: Gaussian kernel, reflected at both ends, trapezoids; both namings."""
    t = np.linspace(0, 1, n_points)
    forecast = np.concatenate([sure, 1 - sure])
    residual = np.concatenate([gap, -gap]) / (2 * len(sure))
    curve = np.zeros(n_points)
    for shift in range(-3, 4):
        for image in (2 * shift + forecast, 2 * shift - forecast):
            kernel = np.exp(-(((t[:, None] - image) / sigma) ** 2) / 2)
            curve += kernel @ residual / (sigma * np.sqrt(2 * np.pi))
    size = np.abs(curve)
    return float((size.sum() - (size[0] + size[-1]) / 2) / (n_points - 1))


def test_debiased_error_equals_that_of_a_library() -> None:
    """uncertainty-calibration 0.1.4, `unbiased_square_ce`: 0.06936224489795918."""
    p = np.repeat([0.55, 0.65, 0.8, 0.9], [6, 8, 5, 9])
    y = np.array(
        [1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0]
    )
    found = debiased_calibration_error(p, y * 1.0, np.arange(28), 28)
    assert found.estimate.value**2 == pytest.approx(0.06936224489795918, abs=1e-12)
    assert found.as_seen > found.estimate.value


def test_smooth_error_equals_its_definition_by_brute_force() -> None:
    p, y, pair, _ = study(0, 2.0, 60)
    found = smooth_calibration(p, y, pair)
    sure, right = np.maximum(p, 1 - p), np.where(p >= 0.5, y, 1 - y)
    expected = brute_smooth_error(sure, right - sure, found.bandwidth)
    assert found.error.as_seen == pytest.approx(expected, abs=1e-6)
    assert found.error.as_seen == pytest.approx(found.bandwidth, abs=1e-6)


def test_noise_is_the_same_added_up_together_and_one_by_one() -> None:
    """Splitting a forecast by a hair makes clusters of several forecasts out of those of one."""
    p, y, pair, _ = study(3, 1.5, 200)
    hair = np.where(np.arange(len(p)) % 2, 1e-9, 0.0)
    one, other = smooth_calibration(p, y, pair), smooth_calibration(p + hair, y, pair)
    assert one.error.by_chance == pytest.approx(other.error.by_chance, rel=0.01)
    assert one.error.estimate.high == pytest.approx(other.error.estimate.high, rel=0.01)


def test_distances_do_not_depend_on_names_and_grow_with_boasting() -> None:
    p, y, pair, _ = study(1, 1.0)
    for measure in (expected_calibration_error, debiased_calibration_error):
        assert measure(p, y, pair) == measure(1 - p, 1 - y, pair)
    one, other = smooth_calibration(p, y, pair), smooth_calibration(1 - p, 1 - y, pair)
    assert one.error == other.error
    assert one.error.estimate.low == 0
    boastful = smooth_calibration(study(1, 3.0)[0], y, pair)
    assert boastful.error.estimate.low > 0.05
    assert boastful.error.p_value < 0.01


@pytest.mark.parametrize("boast", [1.0, 1.7])
def test_intervals_and_bands_hold_the_truth(boast: float) -> None:
    """40 studies: with 95 % coverage fewer than 34 hits have probability 0.3 %.

    Only `by_chance` is about calibrated models; a boastful one must leave it at least once in
    most studies.
    """
    held = np.zeros(5)
    for seed in range(40):
        p, y, pair, truth = study(seed, boast)
        sure, better = np.maximum(p, 1 - p), np.where(p >= 0.5, truth, 1 - truth)
        curve = reliability_curve(p, y, pair, 5)
        place = np.searchsorted([part.high for part in curve.bins], sure - 1e-9)
        shares = np.bincount(place, better) / np.bincount(place)
        gaps = np.bincount(place, better - sure) / len(p)
        squared = float(np.sqrt((gaps**2 / (np.bincount(place) / len(p))).sum()))
        absolute = expected_calibration_error(p, y, pair, 5)
        rooted = debiased_calibration_error(p, y, pair, 5).estimate
        brier = decompose(p, y, pair).miscalibration.estimate
        held += [
            absolute.low <= np.abs(gaps).sum() + 1e-12 <= absolute.high,
            rooted.low <= squared + 1e-12 <= rooted.high,
            all(
                part.band[0] <= q <= part.band[1]
                for part, q in zip(curve.bins, shares, strict=True)
            ),
            brier.low <= ((better - sure) ** 2).mean() + 1e-12 <= brier.high,
            not curve.outside_chance,
        ]
    assert (held[:4] >= 34).all()
    assert held[4] >= 34 if boast == 1 else held[4] <= 20


def test_a_decomposition_worked_out_by_hand() -> None:
    """Four pairs at 0.9 of which one is a miss: Brier (3 · 0.01 + 0.81) / 4 = 0.21.

    The best map says 0.75: Brier 3/16 = 0.1875, so miscalibration in sample 0.0225, resolution
    0.25 - 0.1875 = 0.0625; 0.21 = 0.0225 - 0.0625 + 0.25.
    """
    parts = decompose(np.full(4, 0.9), np.array([1.0, 1, 0, 1]), np.arange(4))
    assert parts.score.value == pytest.approx(0.21)
    assert parts.miscalibration.in_sample == pytest.approx(0.0225)
    assert parts.resolution.in_sample == pytest.approx(0.0625)
    assert parts.uncertainty == 0.25


@pytest.mark.parametrize("rule", list(Rule))
def test_parts_add_up_to_the_score_and_the_truth_lies_between_them(rule: Rule) -> None:
    p, y, pair, truth = study(5, 1.7, 2000)
    parts = decompose(p, y, pair, rule)
    for how in ("in_sample", "held_out"):
        total = getattr(parts.miscalibration, how) - getattr(parts.resolution, how)
        assert total + parts.uncertainty == pytest.approx(parts.score.value)
    assert parts.uncertainty == pytest.approx(0.25 if rule is Rule.BRIER else np.log(2))
    assert parts.miscalibration.held_out <= parts.miscalibration.in_sample
    entropy = -(truth * np.log(truth) + (1 - truth) * np.log(1 - truth)).mean()
    least = (truth * (1 - truth)).mean() if rule is Rule.BRIER else entropy
    assert parts.refinement.estimate.low < least < parts.refinement.estimate.high


def test_pooling_equals_that_of_a_library() -> None:
    """scikit-learn's IsotonicRegression, to rounding."""
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=300).cumsum(), rng.uniform(0.1, 3, 300)
    expected = IsotonicRegression().fit(np.arange(300), values, weights).predict(np.arange(300))
    np.testing.assert_allclose(pooled_shares(values, weights), expected, atol=1e-10)


def test_parts_of_the_judgments_have_their_own_figures() -> None:
    """Half of the pairs are forecast boastfully: only there the model is too sure."""
    p, y, pair, truth = study(7, 3.0, 1000)
    fine = pair % 2 == 0
    forecast = np.where(fine, truth, p)
    good, bad = by_stratum(forecast, y, pair, (~fine).astype(np.int64), ["fine", "boastful", "no"])
    assert (good.name, bad.name, good.n_clusters) == ("fine", "boastful", 500)
    assert good.too_sure.low < 0 < good.too_sure.high
    assert bad.too_sure.low > 0
    assert bad.log_loss_difference is not None
    assert good.log_loss_difference is not None
    gap = log_score(forecast[~fine], y[~fine], pair[~fine]).value - good.log_loss.value
    assert bad.log_loss_difference.value == pytest.approx(gap)
    assert good.log_loss_difference.high == pytest.approx(-bad.log_loss_difference.low)
    stratum, names = margin_strata(p)
    assert len(names) == 4
    assert np.bincount(stratum).min() == 500
    assert (
        by_stratum(p, y, pair, np.zeros(len(p), np.int64), ["all"])[0].log_loss_difference is None
    )


def test_sharpness_counts_every_judgment_once() -> None:
    bins = sharpness(np.array([0.5, 0.05, 0.95, 1.0, 0.62]), np.arange(5))
    assert [round(5 * part.share.value) for part in bins] == [1, 0, 1, 0, 0, 0, 0, 0, 0, 3]
