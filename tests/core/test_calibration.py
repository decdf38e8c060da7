import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calibration import brier_score, expected_calibration_error, reliability_curve
from core.estimates import NotDeterminedError
from core.models import logistic

forecast = st.tuples(
    st.integers(0, 1000).map(lambda k: k / 1000), st.integers(0, 1), st.integers(0, 9)
)
forecasts = st.lists(forecast, min_size=2, max_size=60)


def test_a_worked_example() -> None:
    """Ten judgments at 0.6, of which 6 go as predicted; ten at 0.9 or 0.1, of which 8 do.

    Said of the item held better: predicted 0.6 and 0.9, observed 0.6 and 0.8. The mean gap is
    (0 + 0.1) / 2, the Brier score (10 · 0.24 + 8 · 0.01 + 2 · 0.81) / 20.
    """
    probability = np.array([0.6] * 10 + [0.9] * 5 + [0.1] * 5)
    outcome = np.array([1.0] * 6 + [0.0] * 4 + [1.0] * 4 + [0.0] + [0.0] * 4 + [1.0])
    cluster = np.arange(20)
    curve = reliability_curve(probability, outcome, cluster, n_bins=2)
    unsure, sure = curve.bins
    assert (unsure.predicted, sure.predicted) == pytest.approx((0.6, 0.9))
    assert (unsure.observed.value, sure.observed.value) == pytest.approx((0.6, 0.8))
    assert (unsure.observed.n, sure.n_clusters, curve.n) == (10, 10, 20)
    assert curve.mean_gap == pytest.approx(0.05)
    assert brier_score(probability, outcome, cluster).value == pytest.approx(4.1 / 20)


@given(forecasts)
def test_naming_the_items_the_other_way_round_changes_nothing(
    rows: list[tuple[float, int, int]],
) -> None:
    probability, outcome, cluster = (np.array(column) for column in zip(*rows, strict=True))
    one = reliability_curve(probability, outcome * 1.0, cluster)
    other = reliability_curve(1 - probability, 1.0 - outcome, cluster)
    assert one == other
    error = expected_calibration_error(probability, outcome * 1.0, cluster)
    assert error == expected_calibration_error(1 - probability, 1.0 - outcome, cluster)
    assert brier_score(probability, outcome * 1.0, cluster).value == pytest.approx(
        brier_score(1 - probability, 1.0 - outcome, cluster).value
    )


@given(forecasts)
def test_every_judgment_is_in_one_bin_and_every_share_in_its_interval(
    rows: list[tuple[float, int, int]],
) -> None:
    probability, outcome, cluster = (np.array(column) for column in zip(*rows, strict=True))
    curve = reliability_curve(probability, outcome * 1.0, cluster)
    assert curve.n == len(rows)
    assert len(curve.bins) <= 10
    for part in curve.bins:
        assert 0.5 <= part.low <= part.predicted + 1e-12 <= part.high + 2e-12
        assert 0 <= part.observed.low <= part.observed.value <= part.observed.high <= 1


def test_a_certain_and_perfect_forecast_has_no_error() -> None:
    probability = np.array([0.0, 1.0] * 50)
    error = expected_calibration_error(probability, probability, np.arange(100))
    assert (error.value, error.low, error.high) == (0, 0, 0)
    assert brier_score(probability, probability, np.arange(100)).value == 0


def test_half_and_half_is_neither_right_nor_wrong() -> None:
    curve = reliability_curve(np.full(8, 0.5), np.array([1.0] * 6 + [0.0] * 2), np.arange(8))
    (only,) = curve.bins
    assert (only.predicted, only.observed.value) == (0.5, 0.5)


def test_an_honest_forecast_has_an_error_near_zero_and_an_overconfident_one_has_not() -> None:
    """5,000 pairs judged twice; the second forecaster doubles the log-odds.

    The true error of the second is E|σ(2s) - σ(s)|, taken over the same pairs.
    """
    rng = np.random.default_rng(1)
    odds = np.repeat(rng.normal(0, 1.2, 5000), 2)
    truth, claimed = logistic(odds), logistic(2 * odds)
    outcome = (rng.random(10_000) < truth).astype(np.float64)
    pair = np.repeat(np.arange(5000), 2)
    honest = expected_calibration_error(truth, outcome, pair)
    assert honest.low < 0.002
    assert honest.value < 0.01
    assert reliability_curve(truth, outcome, pair).mean_gap > honest.value
    boastful = expected_calibration_error(claimed, outcome, pair)
    assert boastful.low < np.abs(claimed - truth).mean() < boastful.high


def test_judgments_of_one_pair_count_as_one_where_they_always_agree() -> None:
    """100 judgments of 10 pairs are no more than 10: the interval is that of 10 answers."""
    outcome = np.repeat([1.0] * 7 + [0.0] * 3, 10)
    (clustered,) = reliability_curve(np.full(100, 0.7), outcome, np.repeat(np.arange(10), 10)).bins
    (single,) = reliability_curve(np.full(10, 0.7), outcome[::10], np.arange(10)).bins
    assert clustered.observed.high - clustered.observed.low == pytest.approx(
        single.observed.high - single.observed.low, rel=0.1
    )


def test_without_judgments_nothing_is_calibrated() -> None:
    nothing = np.empty(0)
    with pytest.raises(NotDeterminedError):
        reliability_curve(nothing, nothing, np.empty(0, dtype=np.int64))
