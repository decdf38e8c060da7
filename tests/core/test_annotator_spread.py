"""How far annotators differ: intervals in simulated crowds, information by differentiation."""

import numpy as np
import pytest

from core.annotator_spread import spread_information, spread_interval
from core.fitting.annotators import fit_annotators
from tests.core.crowd import judge

SPREADS = np.array([0.3, 0.5])


def test_intervals_hold_how_far_people_differ() -> None:
    """20 crowds of 15 people, two spreads each: at 95 %, fewer than 34 have probability 0.3 %."""
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scale = rng.normal(1, SPREADS[0], 15)
        threshold = np.exp(rng.normal(-0.7, SPREADS[1], 15))
        data = judge(rng.normal(0, 1.5, 12), scale, threshold, 60, rng=rng)
        low, high = spread_interval(fit_annotators(data, suspicions=False))
        held += int(((low <= SPREADS) & (high >= SPREADS)).sum())
    assert held >= 34


def test_the_information_is_the_bend_of_the_marginal_likelihood() -> None:
    """One person, answers y ~ N(s z, 1) with z ~ N(0, 1): y ~ N(0, 1 + s²), in log s."""
    y, s, step = 1.7, 0.8, 1e-4

    def log_likelihood(log_s: float) -> float:
        variance = 1 + np.exp(2 * log_s)
        return float(-0.5 * np.log(variance) - y**2 / (2 * variance))

    ends = [log_likelihood(np.log(s) + k * step) for k in (-1, 0, 1)]
    bend = -(ends[0] - 2 * ends[1] + ends[2]) / step**2
    # The posterior of z is normal with variance 1 / (1 + s²) and mean s y / (1 + s²).
    variance = np.array([[1 / (1 + s**2)]])
    mean = np.array([[s * y / (1 + s**2)]])
    # Louis' formula takes the scale off the deviations: information of log s in z = u / s.
    assert spread_information(mean, variance)[0] == pytest.approx(bend, abs=1e-5)
