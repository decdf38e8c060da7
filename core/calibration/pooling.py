"""Pool adjacent violators: the best monotone map from a forecast to an observed share."""

import numpy as np

from core.judgment import Floats


def pooled_shares(values: Floats, weights: Floats) -> Floats:
    """The non-decreasing sequence next to `values` in weighted squares [1]_; shape (n,).

    It is also the likeliest non-decreasing sequence of probabilities of a hit, and the best for
    every other proper score.

    References
    ----------
    .. [1] Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution function for sampling
       with incomplete information", Annals of Mathematical Statistics 26(4), 1955.
    """
    means: list[float] = []
    sizes: list[float] = []
    lengths: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, size, length = value, weight, 1
        while means and means[-1] >= mean:
            before, other, longer = means.pop(), sizes.pop(), lengths.pop()
            mean = (before * other + mean * size) / (other + size)
            size, length = size + other, length + longer
        means.append(mean)
        sizes.append(size)
        lengths.append(length)
    return np.repeat(np.array(means), lengths)


def grouped(sure: Floats, right: Floats) -> tuple[Floats, Floats, Floats]:
    """Different probabilities in order, their shares of hits, their numbers of judgments."""
    level, place = np.unique(sure, return_inverse=True)
    size = np.bincount(place).astype(np.float64)
    return level, np.bincount(place, right) / size, size
