"""How far fits that predict equally well differ on single pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates import Estimate, NotDeterminedError, clustered_mean, clustered_share
from core.judgment import Floats, Indices


@dataclass(frozen=True, slots=True, eq=False)
class Multiplicity:
    """What a choice among equally good fits decides.

    Attributes
    ----------
    low, high : ndarray, shape (n_pairs,)
        Least and largest probability of the first over the fits: the viable range.
    flips : ndarray, shape (n_pairs,)
        Share of the fits that hold the other item better than the baseline does.
    ambiguity : Estimate
        Share of pairs for which at least one fit does.
    discrepancy : Estimate
        Of the fit that differs most from the baseline: share of pairs for which it does.
    contested : Estimate
        Share of pairs whose viable range reaches `threshold` or more from the baseline.
    n_fits : int
        Without the baseline.
    """

    low: Floats
    high: Floats
    flips: Floats
    ambiguity: Estimate
    discrepancy: Estimate
    contested: Estimate
    n_fits: int


def near_optimal(
    losses: Floats, cluster: Indices, *, tolerance: float = 0.005
) -> NDArray[np.bool_]:
    """Which fits are as good as the best: within `tolerance`, or not surely worse.

    A fit is kept if its mean held-out loss is at most `tolerance` above the best one's, or if the
    95 % interval of the difference, clustered by pair, reaches down to that.

    Parameters
    ----------
    losses : ndarray, shape (n_fits, n)
        Held-out losses of each judgment, nats.
    tolerance : float
        Nats a judgment.

    Returns
    -------
    ndarray of bool, shape (n_fits,)
    """
    best = losses[losses.mean(axis=1).argmin()]
    behind = [clustered_mean(loss - best, cluster) for loss in losses]
    return np.array([min(other.low, other.value) <= tolerance for other in behind])


def multiplicity(
    probabilities: Floats, baseline: Floats, *, threshold: float = 0.1
) -> Multiplicity:
    """Compare fits on the same pairs: ambiguity and discrepancy [1]_, viable ranges [2]_.

    Every pair is a pair of items, counted once; intervals are 95 % over pairs. A probability of
    exactly one half agrees with both sides. They grow with the number of fits: figures of
    different numbers of fits cannot be held beside each other.

    Parameters
    ----------
    probabilities : ndarray, shape (n_fits, n_pairs)
        P(first) by near-optimal fits or members of an ensemble.
    baseline : ndarray, shape (n_pairs,)
        P(first) by the fit in use.
    threshold : float
        In probability.

    Raises
    ------
    NotDeterminedError
        If there is no other fit, or no pair.

    References
    ----------
    .. [1] Marx, Calmon and Ustun, "Predictive multiplicity in classification", ICML 2020.
    .. [2] Watson-Daniels, Parkes and Ustun, "Predictive multiplicity in probabilistic
       classification", AAAI 2023.
    """
    if probabilities.size == 0:
        raise NotDeterminedError(
            "Multiplicity needs a second fit and a pair to compare them on. Fit an ensemble first."
        )
    lean = np.round(baseline - 0.5, 12)
    flipped: NDArray[np.bool_] = np.sign(np.round(probabilities - 0.5, 12)) * np.sign(lean) < 0
    low = np.minimum(probabilities.min(axis=0), baseline)
    high = np.maximum(probabilities.max(axis=0), baseline)
    furthest = np.maximum(high - baseline, baseline - low)
    pair = np.arange(len(baseline))
    most: Floats = flipped[int(flipped.sum(axis=1).argmax())].astype(np.float64)
    return Multiplicity(
        low=low,
        high=high,
        flips=flipped.mean(axis=0),
        ambiguity=clustered_share(np.asarray(flipped.any(axis=0), dtype=np.float64), pair),
        discrepancy=clustered_share(most, pair),
        contested=clustered_share((furthest >= threshold).astype(np.float64), pair),
        n_fits=len(probabilities),
    )
