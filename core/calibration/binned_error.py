"""Calibration error in bins of equal mass, corrected for chance."""

import numpy as np

from core.calibration.forecasts import cluster_sums, equal_bins, said_of_the_better
from core.calibration.noisy_length import Distance, cluster_covariance, distance
from core.estimates import Estimate
from core.judgment import Floats, Indices


def expected_calibration_error(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    n_bins: int = 10,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    r"""Mean distance between observed and predicted shares, corrected for chance.

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{n} \lvert \bar y_b - \bar p_b \rvert

    Chance alone makes it positive; how the correction and the interval are made is said at
    `core.calibration.noisy_length.distance`. Parameters as in `reliability_curve`. An error
    inside a bin that averages out is not seen.

    References
    ----------
    .. [1] Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
       binning", AAAI 2015 (the figure without correction).
    """
    sure, right = said_of_the_better(probability, outcome_first)
    place = equal_bins(sure, n_bins)
    excess = cluster_sums(right - sure, place, cluster) / len(sure)
    seen = excess.sum(axis=0)
    if len(excess) == 1:
        return Estimate(float(np.abs(seen).sum()), 0.0, np.inf, len(sure))
    found = distance(seen, cluster_covariance(excess), _absolute, len(sure), level=level, seed=seed)
    return found.estimate


def debiased_calibration_error(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    n_bins: int = 10,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Distance:
    r"""Root mean squared gap between observed and predicted shares, without what chance adds.

    .. math::
        \mathrm{CE}_2^2 = \sum_b \frac{n_b}{n}\,
        \frac{\bigl(\sum_g r_{gb}\bigr)^2 - \sum_g r_{gb}^2}{n_b^2 - \sum_g n_{gb}^2}

    with :math:`r_{gb}` the sum of :math:`y - p` over the :math:`n_{gb}` judgments of cluster g in
    bin b: products of residuals of different pairs only, so that its mean is the squared gap.
    For one judgment a cluster and one probability a bin it is the debiased estimator of Kumar,
    Liang and Ma [1]_. Below zero by chance, it is shown as 0. Bins of one cluster only say
    nothing and are left out. Parameters as in `reliability_curve`.

    References
    ----------
    .. [1] Kumar, Liang and Ma, "Verified uncertainty calibration", NeurIPS 2019, section 5.
    """
    sure, right = said_of_the_better(probability, outcome_first)
    place = equal_bins(sure, n_bins)
    gaps = cluster_sums(right - sure, place, cluster)
    sizes = cluster_sums(np.ones(len(sure)), place, cluster)
    size = sizes.sum(axis=0)
    products = size**2 - (sizes**2).sum(axis=0)
    told = products > 0
    if not told.any():
        seen = float(np.sqrt((gaps.sum(axis=0) ** 2 / size).sum() / len(sure)))
        return Distance(Estimate(seen, 0.0, np.inf, len(sure)), seen, np.nan, np.nan)
    gaps, size, products = gaps[:, told], size[told], products[told]
    squared = (gaps.sum(axis=0) ** 2 - (gaps**2).sum(axis=0)) / products
    value = float(np.sqrt(max(0.0, (size * squared).sum() / size.sum())))
    scaled = gaps / np.sqrt(size * size.sum())
    found = distance(
        scaled.sum(axis=0),
        cluster_covariance(scaled),
        _euclidean,
        len(sure),
        level=level,
        seed=seed,
    )
    low, high = min(found.estimate.low, value), max(found.estimate.high, value)
    return Distance(
        Estimate(value, low, high, len(sure)), found.as_seen, found.by_chance, found.p_value
    )


def _absolute(vectors: Floats) -> Floats:
    lengths: Floats = np.abs(vectors).sum(axis=-1)
    return lengths


def _euclidean(vectors: Floats) -> Floats:
    lengths: Floats = np.sqrt((vectors**2).sum(axis=-1))
    return lengths
