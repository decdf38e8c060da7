"""How long a vector is that is only known with noise: distances from perfect calibration."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.estimates import Estimate
from core.judgment import Floats

N_DRAWS = 1000
N_STEPS = 16

Length = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Distance:
    """How far forecasts are from perfect calibration.

    Attributes
    ----------
    estimate : Estimate
        Corrected for chance; its lower end is 0 where chance alone could explain what is seen.
    as_seen : float
        Without the correction.
    by_chance : float
        What a perfectly calibrated forecast of the same sharpness would show on average.
    p_value : float
        Share of perfectly calibrated forecasts that would show as much.
    """

    estimate: Estimate
    as_seen: float
    by_chance: float
    p_value: float


def distance(
    seen: Floats, covariance: Floats, length: Length, n: int, *, level: float = 0.95, seed: int = 0
) -> Distance:
    r"""Infer the length of a vector from a noisy sight of it.

    A length is never negative and noise adds to it, so that neither "length plus or minus" nor
    the bootstrap is right near zero. Instead, with :math:`d = \lambda\hat d + z` and
    :math:`z \sim N(0, \hat\Sigma)`, those :math:`\lambda` are kept under which the length seen
    lies between the :math:`(1 \mp level)/2` quantiles of :math:`|d|`: the inversion of a test, as
    for the noncentrality of a :math:`\chi^2` [1]_. The estimate is the :math:`\lambda` whose median
    length is the one seen, 0 if there is none.

    Parameters
    ----------
    seen : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
        Of the noise.
    length : callable
        From shape (..., k) to (...); homogeneous of degree one.
    n : int
        Judgments.

    References
    ----------
    .. [1] Steiger and Fouladi, "Noncentrality interval estimation and the evaluation of
       statistical models", in "What If There Were No Significance Tests?", 1997.
    """
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = np.random.default_rng(seed).normal(size=(N_DRAWS, len(seen))) @ root.T
    noise = np.vstack([noise, -noise])
    as_seen = float(length(seen))
    chance = length(noise)
    p_value = float((1 + (chance >= as_seen).sum()) / (1 + len(chance)))
    spread = (1 - level) / 2
    low, middle, high = (
        as_seen * _scale_whose_quantile(share, as_seen, seen, noise, length)
        for share in (1 - spread, 0.5, spread)
    )
    return Distance(Estimate(middle, low, high, n), as_seen, float(chance.mean()), p_value)


def _scale_whose_quantile(
    share: float, as_seen: float, seen: Floats, noise: Floats, length: Length
) -> float:
    """The scale of the vector under which this quantile of the length is the one seen."""

    def excess(scale: float) -> float:
        return float(np.quantile(length(scale * seen + noise), share)) - as_seen

    if as_seen == 0 or excess(0.0) >= 0:
        return 0.0
    low, high = 0.0, 1.0
    while excess(high) < 0:
        low, high = high, 2 * high
    for _ in range(N_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return (low + high) / 2


def cluster_covariance(contributions: Floats) -> Floats:
    """Covariance of the sum of rows that are independent; from (n_clusters, k) to (k, k)."""
    n = len(contributions)
    centred = contributions - contributions.mean(axis=0)
    covariance: Floats = n / (n - 1) * centred.T @ centred
    return covariance
