"""What "these two are closer" says of items: triplets, and the map learned from them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.estimates import Estimate
from core.judgment import Floats, Indices


class Kernel(StrEnum):
    """How the chance of an answer follows from distances."""

    STUDENT = "student"
    CROWD = "crowd"


#: Of the crowd kernel: distances much below its root are as good as none.
CROWD_OFFSET = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalMap:
    """Items in a space learned from triplets.

    Attributes
    ----------
    points : ndarray, shape (n_items, n_dims)
        Turned so that axes hold less and less variance; where they lie and how they are scaled
        otherwise means nothing.
    kernel : Kernel
    accuracy : Estimate
        Share of held-out triplets in which the item called closer is closer; chance is one half.
    log_loss : float
        Of held-out triplets, nats; chance is log 2.
    seen : ndarray of bool, shape (n_items,)
        Whether an item is in any triplet; the place of the others means nothing.
    """

    points: Floats
    kernel: Kernel
    accuracy: Estimate
    log_loss: float
    seen: np.ndarray[tuple[int], np.dtype[np.bool_]]


def triplets_of_answers(items: Indices, left_over: Indices) -> Indices:
    """Say "which two of these three are closer?" as triplets (anchor, nearer, further).

    Who calls i and j closest says of i that j is nearer than k, and of j that i is.

    Parameters
    ----------
    items : ndarray of int64, shape (n, 3)
        The three items shown.
    left_over : ndarray of int64, shape (n,)
        The place, 0 to 2, of the item that is left over.

    Returns
    -------
    ndarray of int64, shape (2 n, 3)
        Both triplets of an answer stand beside each other.
    """
    rows = np.arange(len(items))
    one, other = items[rows, (left_over + 1) % 3], items[rows, (left_over + 2) % 3]
    odd = items[rows, left_over]
    both = np.stack([np.stack([one, other, odd], 1), np.stack([other, one, odd], 1)], 1)
    return both.reshape(-1, 3)


def closer_log_odds(points: Floats, triplets: Indices, kernel: Kernel) -> Floats:
    r"""Log-odds that the second item of a triplet is called nearer to the first than the third.

    Student [1]_: :math:`\frac{\alpha + 1}{2} \log \frac{\alpha + d_{ik}^2}{\alpha + d_{ij}^2}`
    with :math:`\alpha` one less than the number of dimensions, at least 1. Crowd [2]_:
    :math:`\log \frac{\mu + d_{ik}^2}{\mu + d_{ij}^2}`.

    References
    ----------
    .. [1] Van der Maaten and Weinberger, "Stochastic triplet embedding", MLSP 2012.
    .. [2] Tamuz, Liu, Belongie, Shamir and Kalai, "Adaptively learning the crowd kernel",
       ICML 2011.
    """
    anchor, near, far = triplets.T
    nearer = ((points[anchor] - points[near]) ** 2).sum(axis=1)
    further = ((points[anchor] - points[far]) ** 2).sum(axis=1)
    factor, offset = kernel_constants(kernel, points.shape[1])
    odds: Floats = factor * np.log((offset + further) / (offset + nearer))
    return odds


def kernel_constants(kernel: Kernel, n_dims: int) -> tuple[float, float]:
    """Factor and offset of the log-odds: both kernels are one formula."""
    if kernel is Kernel.CROWD:
        return 1.0, CROWD_OFFSET
    alpha = max(n_dims - 1, 1)
    return (alpha + 1) / 2, float(alpha)
