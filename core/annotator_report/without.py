"""Strengths with and without an annotator, side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates import normal_quantile
from core.judgment import Floats, Indices
from core.uncertainty.verdicts import discoveries

#: Strengths, and so changes, are not known better than this share of the variance.
RELATIVE_ERROR = 1e-6
#: Of strengths: what is alike before these has no order that could turn round.
DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """Strengths from everybody and without somebody; arrays have shape (n_items,).

    Attributes
    ----------
    everybody, without, change : ndarray
        `change` is without minus everybody.
    low, high : ndarray
        Of the change, each item by itself.
    moved : ndarray of bool
        Where it is none by chance, by Benjamini and Hochberg's procedure at one minus the level.
    rank_everybody, rank_without : ndarray of int64
        Within the group; 1 is the largest.
    n_reversed, n_pairs : int
        Pairs of items of one group whose order turns around, and all.
    """

    everybody: Floats
    without: Floats
    change: Floats
    low: Floats
    high: Floats
    moved: NDArray[np.bool_]
    rank_everybody: Indices
    rank_without: Indices
    n_reversed: int
    n_pairs: int


def side_by_side(
    everybody: Floats,
    variance: Floats,
    without: Floats,
    variance_without: Floats,
    group: Indices,
    *,
    level: float = 0.95,
) -> SideBySide:
    r"""Compare two estimates of which one was made from part of the other's judgments.

    Where leaving a person out only takes information away (the person answers by the same
    strengths), :math:`\mathrm{var}(\hat\theta_{without} - \hat\theta) =
    \mathrm{var}(\hat\theta_{without}) - \mathrm{var}(\hat\theta)`, as the fit of all is
    efficient [1]_; with one prior in both it is so for posterior means on average over studies.
    An interval without zero speaks for a person who answers otherwise.

    Parameters
    ----------
    everybody, without : ndarray, shape (n_items,)
        Strengths, nats, each group with the mean of the same items taken out.
    variance, variance_without : ndarray, shape (n_items,)
        Both at everybody's strengths, as `core.fitting.sandwich.variances_from` gives the second:
        at others the curvature is another one, by about as much as one person adds.
    group : ndarray of int64, shape (n_items,)
        Items that can be put in one order.

    References
    ----------
    .. [1] Hausman, "Specification tests in econometrics", Econometrica 46(6), 1978.
    """
    from scipy.special import ndtr  # here, as scipy takes long to import

    everybody, without = np.round(everybody, DIGITS), np.round(without, DIGITS)
    change = without - everybody
    gained = np.maximum(variance_without - variance, RELATIVE_ERROR * variance)
    deviation = np.sqrt(gained)
    reach = normal_quantile(level) * deviation
    z = np.divide(np.abs(change), deviation, out=np.zeros(len(change)), where=deviation > 0)
    pairs = [_reversed(everybody[group == g], without[group == g]) for g in np.unique(group)]
    return SideBySide(
        everybody=everybody,
        without=without,
        change=change,
        low=change - reach,
        high=change + reach,
        moved=discoveries(2 * ndtr(-z), 1 - level),
        rank_everybody=_ranks(everybody, group),
        rank_without=_ranks(without, group),
        n_reversed=sum(turned for turned, _ in pairs),
        n_pairs=sum(n for _, n in pairs),
    )


def _reversed(one: Floats, other: Floats) -> tuple[int, int]:
    """Pairs of items that the two put in opposite orders, and all pairs."""
    n = len(one)
    order = np.argsort(-one, kind="stable")
    one, other = one[order], other[order]
    turned = sum(
        int(((other[k + 1 :] > other[k]) & (one[k + 1 :] < one[k])).sum()) for k in range(n)
    )
    return turned, n * (n - 1) // 2


def _ranks(values: Floats, group: Indices) -> Indices:
    order = np.lexsort((-values, group))
    sizes = np.unique(group, return_counts=True)[1]
    begins = np.repeat(np.cumsum(sizes) - sizes, sizes)
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(len(values)) - begins + 1
    return ranks
