"""Observed against predicted shares, with bands that hold for all bins at once."""

from dataclasses import dataclass

import numpy as np

from core.calibration.forecasts import equal_bins, said_of_the_better
from core.estimates import Estimate, clustered_share, normal_quantile
from core.judgment import Floats, Indices


@dataclass(frozen=True, slots=True)
class Bin:
    """Judgments about which the model was about equally sure.

    Attributes
    ----------
    low, high : float
        Least and largest probability in it, of the item held better: from 0.5 to 1.
    predicted : float
        Mean probability.
    observed : Estimate
        How often the item held better was preferred; 95 % interval clustered by pair.
    n_clusters : int
        Different pairs in it.
    band : tuple of float
        Ends of a band that holds the true shares of all bins at once with 95 %.
    by_chance : tuple of float
        Where with 95 % all observed shares together would lie if the model were calibrated.
    """

    low: float
    high: float
    predicted: float
    observed: Estimate
    n_clusters: int
    band: tuple[float, float]
    by_chance: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ReliabilityCurve:
    """Observed against predicted shares, from the least sure to the surest judgments."""

    bins: tuple[Bin, ...]

    @property
    def n(self) -> int:
        return sum(part.observed.n for part in self.bins)

    @property
    def outside_chance(self) -> tuple[Bin, ...]:
        """The bins in which a calibrated model would not be seen; none: nothing speaks against."""
        return tuple(
            part
            for part in self.bins
            if not part.by_chance[0] <= part.observed.value <= part.by_chance[1]
        )

    @property
    def mean_gap(self) -> float:
        """Mean distance between observed and predicted, weighted by judgments.

        It is above zero by chance even for a perfect model; `expected_calibration_error` corrects
        for that.
        """
        gaps = [part.observed.n * abs(part.observed.value - part.predicted) for part in self.bins]
        return sum(gaps) / self.n


def reliability_curve(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    n_bins: int = 10,
    *,
    level: float = 0.95,
) -> ReliabilityCurve:
    r"""Compare predicted probabilities with what people preferred, on judgments not used to fit.

    Every judgment is said of the item that the model holds better: probability max(p, 1 - p),
    and whether that item was preferred. (At exactly one half neither is held better, and the
    judgment counts half.) So naming the two items the other way round changes nothing, and no
    judgment is counted twice. Bins hold about equally many judgments; judgments with the same
    probability are never separated, so that there may be fewer bins.

    The band of B bins is the exact interval of Clopper and Pearson [1]_ with the effective number
    of judgments [2]_, each at the level :math:`\mathrm{level}^{1/B}` (Šidák), so that all hold at
    once. `by_chance` is the consistency band [3]_: under calibration the share of a bin has mean
    :math:`\bar p` and variance :math:`D \sum p (1 - p) / n^2`, D being how much clusters inflate
    the variance, at least 1.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        P(first is preferred), given that one of the two is.
    outcome_first : ndarray, shape (n,)
        1 where the first was preferred, 0 where the second was. Ties are left out before.
    cluster : ndarray of int64, shape (n,)
        The pair.
    n_bins : int
        At most so many.
    level : float
        Of the band and of `by_chance`; the intervals of `observed` are 95 %.

    Raises
    ------
    NotDeterminedError
        If there are no judgments.

    References
    ----------
    .. [1] Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case
       of the binomial", Biometrika 26(4), 1934.
    .. [2] Korn and Graubard, Survey Methodology 24(2), 1998.
    .. [3] Bröcker and Smith, "Increasing the reliability of reliability diagrams", Weather and
       Forecasting 22(3), 2007; normal in place of their resampling.
    """
    sure, right = said_of_the_better(probability, outcome_first)
    place = equal_bins(sure, n_bins)
    n_filled = int(place.max()) + 1
    each = level ** (1 / n_filled)
    return ReliabilityCurve(
        tuple(
            _bin(sure[place == number], right[place == number], cluster[place == number], each)
            for number in range(n_filled)
        )
    )


def _bin(sure: Floats, right: Floats, cluster: Indices, level: float) -> Bin:
    observed = clustered_share(right, cluster)
    predicted = float(sure.mean())
    _, number = np.unique(cluster, return_inverse=True)
    n_clusters = int(number.max()) + 1
    return Bin(
        low=float(sure.min()),
        high=float(sure.max()),
        predicted=predicted,
        observed=observed,
        n_clusters=n_clusters,
        band=_exact_interval(observed.value, _effective(right, number), level),
        by_chance=_calibrated_range(sure, right - sure, number, level),
    )


def _effective(right: Floats, number: Indices) -> float:
    """How many independent judgments tell as much about the share of hits."""
    n_clusters = int(number.max()) + 1
    share = float(right.mean())
    sums = np.bincount(number, right - share, n_clusters)
    if n_clusters == 1 or not sums.any():
        return float(n_clusters)
    variance = n_clusters / (n_clusters - 1) * float((sums**2).sum()) / len(right) ** 2
    return min(float(len(right)), share * (1 - share) / variance)


def _exact_interval(share: float, effective: float, level: float) -> tuple[float, float]:
    from scipy.special import betaincinv  # here, as scipy takes long to import

    hits, spread = share * effective, (1 - level) / 2
    misses = effective - hits
    low = float(betaincinv(hits, misses + 1, spread)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, misses, 1 - spread)) if misses > 0 else 1.0
    return min(low, share), max(high, share)


def _calibrated_range(
    sure: Floats, gap: Floats, number: Indices, level: float
) -> tuple[float, float]:
    """Where the share of hits would lie if the probabilities were right."""
    independent = float((sure * (1 - sure)).sum())
    clustered = float((np.bincount(number, gap) ** 2).sum())
    seen = float((gap**2).sum())
    inflation = max(1.0, clustered / seen) if seen > 0 else 1.0
    reach = normal_quantile(level) * float(np.sqrt(inflation * independent)) / len(sure)
    middle = float(sure.mean())
    return max(0.0, middle - reach), min(1.0, middle + reach)
