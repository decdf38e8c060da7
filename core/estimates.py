"""An estimated figure with its interval, also from judgments that come in clusters."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from core.errors import DiscernError
from core.judgment import Floats, Indices


class NotDeterminedError(DiscernError):
    """A figure was asked for that the data cannot support."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its interval and the number of judgments (or other units) it was made from.

    Attributes
    ----------
    low, high : float
        Ends of the interval, 95 % unless the function that made it says otherwise. They are
        infinite where the data say nothing about the spread (one cluster only).
    """

    value: float
    low: float
    high: float
    n: int


def normal_quantile(level: float) -> float:
    """How many standard deviations a two-sided interval of this level reaches to each side."""
    if not 0 < level < 1:
        raise ValueError(f"A level lies strictly between 0 and 1, got {level}.")
    return NormalDist().inv_cdf(0.5 + level / 2)


def clustered_mean(
    values: Floats,
    cluster: Indices,
    *,
    level: float = 0.95,
    within: tuple[float, float] | None = None,
) -> Estimate:
    r"""Mean of values that are independent between clusters only, with its interval.

    .. math::
        \bar x = \frac1n \sum_i x_i, \qquad
        \widehat{\mathrm{var}}(\bar x) = \frac{G}{G-1}\,\frac1{n^2}
        \sum_{g=1}^G \Bigl(\sum_{i \in g} (x_i - \bar x)\Bigr)^2

    and :math:`\bar x \pm t_{G-1} \sqrt{\widehat{\mathrm{var}}}` [1]_.

    Values that are all the same show no spread, which is not to know that there is none. Where they
    can only lie in :math:`[a, b]`, the share of clusters that are otherwise is at most
    :math:`\pi = z^2 / (G + z^2)` (Wilson's interval of a share of which none was seen), so that the
    mean lies between :math:`\bar x - \pi (\bar x - a)` and :math:`\bar x + \pi (b - \bar x)`: for
    zeros and ones what `clustered_share` says.

    Parameters
    ----------
    values : ndarray, shape (n,)
        In any unit; the estimate has the same.
    cluster : ndarray of int64, shape (n,)
        For example the pair that was judged.
    level : float
        Of the interval.
    within : (float, float) or None
        The least and the greatest value that there can be. None: not known, or values that are all
        the same are so for a reason, as the difference of one model from itself.

    Raises
    ------
    NotDeterminedError
        If there are no values.

    References
    ----------
    .. [1] Liang and Zeger, "Longitudinal data analysis using generalized linear models",
       Biometrika 73(1), 1986 (working independence, intercept only), with the usual
       factor G/(G-1) for a finite number of clusters.
    """
    if len(values) == 0:
        raise NotDeterminedError("There is no judgment to average over. Judge some pairs first.")
    mean, deviation, n_clusters = _clustered_moments(values, cluster)
    if n_clusters == 1:
        return Estimate(mean, -np.inf, np.inf, len(values))
    if within is not None and np.ptp(values) == 0:
        z = normal_quantile(level)
        unseen = z**2 / (n_clusters + z**2)
        low, high = mean - unseen * (mean - within[0]), mean + unseen * (within[1] - mean)
        return Estimate(mean, low, high, len(values))
    from scipy.special import stdtrit  # here, as scipy takes long to import

    reach = float(stdtrit(n_clusters - 1, 0.5 + level / 2)) * deviation
    return Estimate(mean, mean - reach, mean + reach, len(values))


def clustered_share(hits: Floats, cluster: Indices, *, level: float = 0.95) -> Estimate:
    r"""Share of hits among judgments that come in clusters, with an interval inside [0, 1].

    Wilson's interval [1]_ with the effective number of judgments
    :math:`n_e = \hat p (1 - \hat p) / \widehat{\mathrm{var}}_{cluster}(\hat p)` in place of n,
    never more than n. Where all or none are hits the variance cannot be estimated and
    :math:`n_e` is the number of clusters, which is the cautious end.

    Parameters
    ----------
    hits : ndarray, shape (n,)
        In [0, 1]; one half is an undecided case.
    cluster : ndarray of int64, shape (n,)

    References
    ----------
    .. [1] Wilson, "Probable inference, the law of succession, and statistical inference",
       JASA 22, 1927; with the effective sample size of Korn and Graubard, "Confidence
       intervals for proportions with small expected number of positive counts estimated
       from survey data", Survey Methodology 24(2), 1998.
    """
    if len(hits) == 0:
        raise NotDeterminedError("There is no judgment to count. Judge some pairs first.")
    share, deviation, n_clusters = _clustered_moments(hits, cluster)
    spread = share * (1 - share)
    known = n_clusters > 1 and deviation > 0 and spread > 0
    effective = min(len(hits), spread / deviation**2) if known else n_clusters
    z = normal_quantile(level)
    centre = (share + z**2 / (2 * effective)) / (1 + z**2 / effective)
    reach = z * np.sqrt(spread / effective + z**2 / (4 * effective**2)) / (1 + z**2 / effective)
    # At 0 and 1 rounding would leave the share a hair outside its interval.
    low, high = min(float(centre - reach), share), max(float(centre + reach), share)
    return Estimate(share, max(low, 0.0), min(high, 1.0), len(hits))


def _clustered_moments(values: Floats, cluster: Indices) -> tuple[float, float, int]:
    """Mean, its standard deviation, number of clusters."""
    _, place = np.unique(cluster, return_inverse=True)
    n_clusters = int(place.max()) + 1
    mean = float(values.mean())
    sums = np.bincount(place, values - mean, n_clusters)
    correction = n_clusters / (n_clusters - 1) if n_clusters > 1 else 1.0
    return mean, float(np.sqrt(correction * (sums**2).sum())) / len(values), n_clusters
