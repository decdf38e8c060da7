"""Whether of the pairs that a model holds to be 80 % sure, 80 % come out that way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates import Estimate, NotDeterminedError, clustered_mean, clustered_share
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
    """

    low: float
    high: float
    predicted: float
    observed: Estimate
    n_clusters: int


@dataclass(frozen=True, slots=True)
class ReliabilityCurve:
    """Observed against predicted shares, from the least sure to the surest judgments."""

    bins: tuple[Bin, ...]

    @property
    def n(self) -> int:
        return sum(part.observed.n for part in self.bins)

    @property
    def mean_gap(self) -> float:
        """Mean distance between observed and predicted, weighted by judgments.

        It is above zero by chance even for a perfect model; `expected_calibration_error` corrects
        for that.
        """
        gaps = [part.observed.n * abs(part.observed.value - part.predicted) for part in self.bins]
        return sum(gaps) / self.n


def reliability_curve(
    probability: Floats, outcome_first: Floats, cluster: Indices, n_bins: int = 10
) -> ReliabilityCurve:
    """Compare predicted probabilities with what people preferred, on judgments not used to fit.

    Every judgment is said of the item that the model holds better: probability max(p, 1 - p),
    and whether that item was preferred. (At exactly one half neither is held better, and the
    judgment counts half.) So naming the two items the other way round changes nothing, and no
    judgment is counted twice. Bins hold about equally many judgments; judgments with the same
    probability are never separated, so that there may be fewer bins.

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

    Raises
    ------
    NotDeterminedError
        If there are no judgments.
    """
    sure, right = _said_of_the_better(probability, outcome_first)
    place = _equal_bins(sure, n_bins)
    return ReliabilityCurve(
        tuple(
            _bin(sure[place == number], right[place == number], cluster[place == number])
            for number in range(int(place.max()) + 1)
        )
    )


def expected_calibration_error(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    n_bins: int = 10,
    *,
    level: float = 0.95,
    n_rounds: int = 1000,
    seed: int = 0,
) -> Estimate:
    r"""Mean distance between observed and predicted shares, corrected for chance.

    The distance :math:`e` of the bins (`ReliabilityCurve.mean_gap`) is too large by about as much
    as its bootstrap mean exceeds it. With :math:`e^*` from clusters drawn anew with replacement,
    the estimate is :math:`\max(0, 2e - \overline{e^*})` and the interval the basic bootstrap
    interval :math:`2e - q(e^*)` [1]_, cut at 0. Parameters as in `reliability_curve`.

    References
    ----------
    .. [1] Davison and Hinkley, "Bootstrap Methods and their Application", Cambridge 1997,
       sections 2.1.3 and 5.2.1.
    """
    sure, right = _said_of_the_better(probability, outcome_first)
    place = _equal_bins(sure, n_bins)
    _, number = np.unique(cluster, return_inverse=True)
    n_clusters, n_filled = int(number.max()) + 1, int(place.max()) + 1
    cells = number * n_filled + place
    excess = np.bincount(cells, right - sure, n_clusters * n_filled).reshape(n_clusters, n_filled)
    gap = float(np.abs(excess.sum(axis=0)).sum()) / len(sure)
    if n_clusters == 1:
        return Estimate(gap, -np.inf, np.inf, len(sure))
    size = np.bincount(number).astype(np.float64)
    rng = np.random.default_rng(seed)
    gaps = np.empty(n_rounds)
    for round_ in range(n_rounds):
        drawn = np.bincount(rng.integers(n_clusters, size=n_clusters), minlength=n_clusters)
        gaps[round_] = np.abs(drawn @ excess).sum() / (drawn @ size)
    low, high = np.quantile(gaps, [(1 - level) / 2, (1 + level) / 2])
    value, low, high = (max(0.0, 2 * gap - float(other)) for other in (gaps.mean(), high, low))
    return Estimate(value, low, high, len(sure))


def brier_score(probability: Floats, outcome_first: Floats, cluster: Indices) -> Estimate:
    r"""Mean of :math:`(p - y)^2`, with a 95 % interval clustered by pair.

    0 is perfect, 0.25 what a coin gets. The same whichever item is named first. Parameters as in
    `reliability_curve`.

    References
    ----------
    .. [1] Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather
       Review 78(1), 1950 (half of his score, which sums over both outcomes).
    """
    return clustered_mean((probability - outcome_first) ** 2, cluster)


def _said_of_the_better(probability: Floats, outcome_first: Floats) -> tuple[Floats, Floats]:
    """Probability of the item held better, and whether it was preferred; both shape (n,)."""
    if len(probability) == 0:
        raise NotDeterminedError(
            "Calibration is not determined: no held-out judgment prefers one of the two items. "
            "Judge more pairs first."
        )
    # Rounded, as 1 - (1 - p) and p may differ in the last bit and would fall into other bins.
    lean = np.round(probability - 0.5, 12)
    right = (1 + np.sign(lean) * (2 * outcome_first - 1)) / 2
    return 0.5 + np.abs(lean), right


def _equal_bins(sure: Floats, n_bins: int) -> Indices:
    """Number the bin of each judgment, from 0 without gaps; shape (n,)."""
    edges = np.quantile(sure, np.linspace(0, 1, n_bins + 1)[1:-1])
    place = np.searchsorted(np.unique(edges), sure, side="left")
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def _bin(sure: Floats, right: Floats, cluster: NDArray[np.int64]) -> Bin:
    return Bin(
        low=float(sure.min()),
        high=float(sure.max()),
        predicted=float(sure.mean()),
        observed=clustered_share(right, cluster),
        n_clusters=len(np.unique(cluster)),
    )
