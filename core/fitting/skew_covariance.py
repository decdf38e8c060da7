"""How sure the parameters of the general model are: the inverse of information plus prior."""

import numpy as np

from core.blocks import BlockMatrix, Layout
from core.fitting.laplace import hold_levels, information, invert, release_levels, to_items
from core.fitting.skew_loss import Place, Terms
from core.models import davidson, quarter_turn, skew_part


def covariance_at(terms: Terms, place: Place, layout: Layout) -> tuple[BlockMatrix, float]:
    """Invert Fisher information plus prior precision, in (strength, embedding) of each item.

    Returns
    -------
    tuple of BlockMatrix and float
        Covariance of the items' parameters, ties integrated out, and variance of the log tie
        weight. It is positive definite although turned planes fit equally well: the penalty is
        what holds them.
    """
    counts, width = terms.counts, layout.width
    here, there = place.embeddings[counts.first], place.embeddings[counts.second]
    slope, other_slope = quarter_turn(there), -quarter_turn(here)
    precision = np.full(width, terms.penalty)
    if terms.with_strengths:
        one = np.ones((len(here), 1))
        slope, other_slope = np.hstack([one, slope]), np.hstack([-one, other_slope])
        precision[0] = terms.prior_precision
    odds = skew_part(here, there) + place.strengths[counts.first]
    shares = davidson(odds - place.strengths[counts.second], place.tie)
    curvature, mixed, tie_curvature = (counts.total * part for part in information(shares))
    diagonal = np.zeros((counts.n_items, width, width)) + np.diag(precision)
    for k, m in np.ndindex(width, width):
        own = curvature * slope[:, k] * slope[:, m]
        other = curvature * other_slope[:, k] * other_slope[:, m]
        diagonal[:, k, m] += to_items(counts, own, other)
    off = curvature[:, None, None] * slope[:, :, None] * other_slope[:, None, :]
    hessian = BlockMatrix.assemble(layout, diagonal, counts.first, counts.second, off)
    if terms.with_strengths:
        hold_levels(hessian)
    border = [
        to_items(counts, mixed * slope[:, k], mixed * other_slope[:, k]) for k in range(width)
    ]
    covariance, tie_variance = invert(
        hessian,
        np.stack(border, axis=1),
        float(tie_curvature.sum()) + terms.tie_precision,
        with_ties=terms.with_ties,
    )
    if terms.with_strengths:
        release_levels(covariance, terms.prior_precision)
    return covariance, tie_variance
