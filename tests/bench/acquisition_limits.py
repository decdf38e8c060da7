"""How many judgments carry the information that an order takes, whatever rule chooses the pairs."""

from functools import lru_cache

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import entr

from core.judgment import Floats
from core.models import logistic

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def answer_bits(mean: float, variance: float) -> float:
    """Mutual information of an answer and a log-odds that is believed to be N(mean, variance)."""
    chance = logistic(mean + np.sqrt(variance) * NODES)
    return float(_bits(WEIGHTS @ chance) - WEIGHTS @ _bits(chance))


def _bits(chance: Floats) -> Floats:
    bits: Floats = (entr(chance) + entr(1 - chance)) / np.log(2)
    return bits


@lru_cache(maxsize=64)
def correlation_for(spearman: float, n_items: int) -> float:
    """Of normal strengths and their estimates, where this is the mean rank correlation of n.

    Moran's formula: E ρ_S = 6 / (π (n + 1)) (arcsin r + (n - 2) arcsin(r / 2)) [1]_.

    References
    ----------
    .. [1] Moran, "Rank correlation and product-moment correlation", Biometrika 35, 1948.
    """

    def missing(r: float) -> float:
        inside = np.arcsin(r) + (n_items - 2) * np.arcsin(r / 2)
        return float(6 / np.pi / (n_items + 1) * inside) - spearman

    return float(brentq(missing, 0.01, 1 - 1e-9))


def judgments_for(spearman: float, n_items: int, scale: float, *, best: bool) -> float:
    r"""Judgments that carry enough bits, if all strengths are learned equally well.

    Strengths are N(0, σ²). Estimates that correlate with them at r leave a variance of (1 - r²) σ²,
    and cost at least :math:`\tfrac12 \log_2 1 / (1 - r^2)` bits an item (the rate-distortion
    function of a normal [1]_). While a variance of x is left, an answer about two items whose
    difference is believed to be N(0, 2x) tells I(0, 2x) bits, the most there is; one about a pair
    drawn at random the mean of I(m, 2x) over m ~ N(0, 2(σ² - x)). So it takes

    .. math:: \frac{n - 1}{2 \ln 2} \int_{(1-r^2)\sigma^2}^{\sigma^2} \frac{dx}{x\, I(x)}

    judgments, the common level being no matter. A rule that minds ranks alone may do with fewer: it
    need not know the extremes as well as the middle, where ranks are crowded.

    Parameters
    ----------
    best : bool
        Whether pairs are the best there are; else they are drawn at random.

    References
    ----------
    .. [1] Cover and Thomas, Elements of Information Theory, 2nd ed., 2006, theorem 10.3.2.
    """
    r, whole = correlation_for(spearman, n_items), scale**2

    def bits(left: float) -> float:
        if best:
            return answer_bits(0.0, 2 * left)
        gaps = np.sqrt(2 * (whole - left)) * NODES
        return float(WEIGHTS @ np.array([answer_bits(gap, 2 * left) for gap in gaps]))

    area, _ = quad(lambda log: 1 / bits(np.exp(log)), np.log(whole * (1 - r**2)), np.log(whole))
    return float((n_items - 1) / (2 * np.log(2)) * area)
