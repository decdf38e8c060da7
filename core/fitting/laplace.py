"""Curvature at an optimum, and the Gaussian that it stands for."""

import numpy as np

from core.blocks import BlockMatrix
from core.judgment import Floats, PairCounts

#: Precision given to the level of a component, which no comparison and no figure depends on.
#: Without it a matrix has no inverse where there is no prior; it is taken out afterwards.
LEVEL_PRECISION = 1.0


def to_items(counts: PairCounts, first: Floats, second: Floats) -> Floats:
    """Add up by item what each pair gives to its first and to its second; shape (n_items,)."""
    sums = np.bincount(counts.first, first, counts.n_items)
    return (sums + np.bincount(counts.second, second, counts.n_items)).astype(np.float64)


def information(shares: Floats) -> tuple[Floats, Floats, Floats]:
    r"""Fisher information of one judgment on (log-odds, log tie weight).

    The score of a judgment in the log-odds is :math:`x - E x` with x = ½, 0, -½; in the log tie
    weight it is the indicator of a tie minus its probability.

    Parameters
    ----------
    shares : ndarray, shape (n, 3)
        From `core.models.davidson`.

    Returns
    -------
    tuple of three ndarrays, shape (n,)
        Variance of x, covariance of both, variance of the indicator. Without ties the first is
        p (1 - p).
    """
    first, tie, second = shares.T
    mean = (first - second) / 2
    return (first + second) / 4 - mean**2, -tie * mean, tie * (1 - tie)


def hold_levels(hessian: BlockMatrix) -> None:
    """Add `LEVEL_PRECISION` along "all strengths of a component up", an eigenvector of each block.

    The strength is the first parameter of each item.
    """
    width = hessian.layout.width
    for items, blocks in hessian.layout.stacks(hessian.values):
        blocks[:, ::width, ::width] += LEVEL_PRECISION / items.shape[1]


def release_levels(covariance: BlockMatrix, prior_precision: float) -> None:
    """Take the variance of the levels out, which leaves that of strengths that sum to zero."""
    width = covariance.layout.width
    for items, blocks in covariance.layout.stacks(covariance.values):
        blocks[:, ::width, ::width] -= 1 / (prior_precision + LEVEL_PRECISION) / items.shape[1]


def tie_direction(hessian: BlockMatrix, mixed: Floats, tie_hessian: float) -> tuple[Floats, float]:
    r"""How the items' parameters answer to the log tie weight, and its variance.

    With the bordered matrix :math:`\begin{pmatrix} A & c \\ c^T & h \end{pmatrix}`: the vector
    :math:`A^{-1} c`, shape (n_items, width), and :math:`1 / (h - c^T A^{-1} c)`.
    """
    along = hessian.solve(mixed[:, :, None])[:, :, 0]
    return along, 1 / (tie_hessian - float((mixed * along).sum()))


def invert(
    hessian: BlockMatrix, mixed: Floats, tie_hessian: float, *, with_ties: bool
) -> tuple[BlockMatrix, float]:
    r"""Invert a bordered block matrix: covariance of the items' parameters, variance of the tie's.

    The items' part is :math:`A^{-1} + A^{-1} c\, c^T A^{-1} / (h - c^T A^{-1} c)`. Its second
    term also connects components, through the tie weight; those entries are not kept.

    Parameters
    ----------
    hessian : BlockMatrix
        A, positive definite.
    mixed : ndarray, shape (n_items, width)
        c.
    tie_hessian : float
        h.
    """
    covariance = hessian.inverse()
    if not with_ties:
        return covariance, 0.0
    along, tie_variance = tie_direction(hessian, mixed, tie_hessian)
    for items, blocks in hessian.layout.stacks(covariance.values):
        vectors = along[items].reshape(blocks.shape[:2])
        blocks[:] += tie_variance * vectors[:, :, None] * vectors[:, None, :]
    return covariance, tie_variance
