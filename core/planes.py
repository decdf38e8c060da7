"""Where items lie in the plane that shows most of who beats whom."""

from dataclasses import dataclass

import numpy as np

from core.judgment import Floats, Indices
from core.models import GeneralPreference
from core.transitive_reading import log_odds_between

#: Below this every item is as good as every other, nats.
NOTHING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Items as points; each is favoured over those up to half a turn clockwise of it.

    Attributes
    ----------
    positions : ndarray, shape (n, 2)
        In square roots of nats: the log-odds of two items are twice the area of the triangle that
        they make with the origin. The item favoured most on average lies straight left.
    share : float
        Of the squared log-odds that the plane holds, from 0 to 1.
    """

    positions: Floats
    share: float


def strongest_plane(odds: Floats) -> Plane:
    r"""The plane that comes closest to a skew-symmetric matrix of log-odds [1]_.

    The Hermitian matrix :math:`iS` has eigenvalues :math:`\pm\sigma`; with the eigenvector
    :math:`x + iy` of the largest, :math:`S \approx 2\sigma (y x^T - x y^T)`, so that the rows of
    :math:`\sqrt{2\sigma}\,(y, x)` are embeddings with these log-odds, up to a turn. Where items
    have one order they lie on one side of the origin; where they run in a circle they lie around
    it.

    Parameters
    ----------
    odds : ndarray, shape (n, n)
        Skew-symmetric, nats; at least two items.

    References
    ----------
    .. [1] Balduzzi et al., "Re-evaluating evaluation", NeurIPS 2018 (the Schur decomposition of
       evaluation data); Bertrand, Czarnecki and Gidel, "On the limitations of the Elo", AISTATS
       2023 (discs).
    """
    values, vectors = np.linalg.eigh(1j * odds)
    if values[-1] < NOTHING:
        return Plane(np.zeros((len(odds), 2)), 1.0)
    top = vectors[:, -1] * np.sqrt(2 * values[-1])
    # As a complex number, i beats j where the turn from i to j is positive; minus: clockwise.
    points = np.conj(top.imag + 1j * top.real)
    strongest = points[int(np.argmax(odds.sum(axis=1)))]
    if abs(strongest) > NOTHING:
        points *= -np.conj(strongest) / abs(strongest)
    share = 2 * values[-1] ** 2 / float((odds**2).sum())
    return Plane(np.column_stack([points.real, points.imag]), float(share))


def plane_of(model: GeneralPreference, items: Indices) -> Plane:
    """The strongest plane of some items of one component, strengths and skew part together."""
    return strongest_plane(log_odds_between(model, items))
