"""How much of what people preferred is a slope, how much runs in circles: HodgeRank."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from core.blocks import BlockMatrix, Layout
from core.fitting.laplace import hold_levels, to_items
from core.judgment import Floats, Indices, PairCounts

#: In a component with more pairs, unless all pairs were judged, local and global circles are not
#: told apart: that takes an eigenvalue decomposition of this size.
MAX_PAIRS = 1_000
#: Eigenvalues below this share of the largest are zero but for rounding.
RANK_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Energies:
    """Weighted squares of three parts of a flow that are orthogonal and add up to it.

    Attributes
    ----------
    gradient : float
        Of the differences of one number per item that come closest.
    curl : float
        Of what runs round triangles of three judged pairs. Where `harmonic` is NaN, of all that
        runs round.
    harmonic : float
        Of what runs round longer circles only, which no triangles fill. NaN where a component
        is too large to tell.
    """

    gradient: float
    curl: float
    harmonic: float

    @property
    def total(self) -> float:
        return self.gradient + self.curl + (0.0 if np.isnan(self.harmonic) else self.harmonic)


class HodgeDecomposition:
    r"""The decomposition of flows on one comparison graph with one set of weights.

    A flow has one value :math:`y_e` for each pair e = (i, j), said of the first item. With weights
    w its energy is :math:`\sum_e w_e y_e^2`, and [1]_

    .. math:: y = \text{grad}\, r + \text{curl}^* \phi + h

    orthogonally: :math:`(\text{grad}\, r)_e = r_i - r_j` with r by weighted least squares, the
    image of the adjoint of the curl (sums round triangles), and the harmonic rest, which is a
    least squares solution on longer circles and exists only where these are not filled by
    triangles. Where all pairs of a component were judged there is none.

    References
    ----------
    .. [1] Jiang, Lim, Yao and Ye, "Statistical ranking and combinatorial Hodge theory",
       Mathematical Programming 127, 2011.
    """

    def __init__(self, counts: PairCounts, layout: Layout, weights: Floats) -> None:
        self.counts, self.layout, self.weights = counts, layout, weights
        degrees = to_items(counts, weights, weights)
        degrees = np.where(degrees > 0, degrees, 1.0)
        laplacian = BlockMatrix.assemble(
            layout, degrees[:, None, None], counts.first, counts.second, -weights[:, None, None]
        )
        hold_levels(laplacian)
        self.inverse = laplacian.inverse()
        self.harmonics = self._harmonics()

    def energies(self, flow: Floats) -> Energies:
        """Split the energy of a flow of shape (n_pairs,)."""
        counts = self.counts
        weighted = self.weights * flow
        rest = flow - self._gradient(to_items(counts, weighted, -weighted))
        left = float(self.weights @ rest**2)
        gradient = float(self.weights @ flow**2) - left
        if self.harmonics is None:
            return Energies(gradient, left, np.nan)
        whitened = np.sqrt(self.weights) * rest
        harmonic = sum(
            float(((basis.T @ whitened[pairs]) ** 2).sum()) for pairs, basis in self.harmonics
        )
        return Energies(gradient, max(left - harmonic, 0.0), harmonic)

    def _gradient(self, divergence: Floats) -> Floats:
        """Differences of the numbers per item that solve the weighted Laplacian."""
        numbers = np.zeros(self.counts.n_items)
        for items, blocks in self.layout.stacks(self.inverse.values):
            numbers[items] = (blocks @ divergence[items][:, :, None])[:, :, 0]
        slopes: Floats = numbers[self.counts.first] - numbers[self.counts.second]
        return slopes

    def _harmonics(self) -> list[tuple[Indices, Floats]] | None:
        """Pairs of each component that has some, and an orthonormal basis of its harmonic flows."""
        counts, sizes = self.counts, self.layout.sizes
        component = self.layout.component[counts.first]
        judged = np.bincount(component, minlength=len(sizes))
        # A tree has no circles; where all pairs were judged, triangles fill every circle.
        open_ = (judged >= sizes) & (judged < sizes * (sizes - 1) // 2)
        if (judged[open_] > MAX_PAIRS).any():
            return None
        found = []
        for number in np.flatnonzero(open_):
            pairs = np.flatnonzero(component == number)
            basis = _harmonic_basis(counts.first[pairs], counts.second[pairs], self.weights[pairs])
            if basis.shape[1]:
                found.append((pairs, basis))
        return found


def empirical_log_odds(counts: PairCounts) -> Floats:
    """Log-odds of the counts with half a win added to each side [1]_, nats; a tie is half a win.

    References
    ----------
    .. [1] Haldane, "The estimation and significance of the logarithm of a ratio of frequencies",
       Annals of Human Genetics 20, 1956.
    """
    half = counts.tied / 2 + 0.5
    odds: Floats = np.log(counts.first_better + half) - np.log(counts.second_better + half)
    return odds


def _harmonic_basis(first: Indices, second: Indices, weights: Floats) -> Floats:
    """Orthonormal kernel of the whitened Hodge Laplacian of one component; (n_pairs, dimension)."""
    _, ends = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, other = ends[: len(first)], ends[len(first) :]
    n_items, pairs = int(ends.max()) + 1, np.arange(len(first))
    signs = np.concatenate([np.ones(len(first)), -np.ones(len(first))])
    slopes = coo_array(
        (signs, (np.tile(pairs, 2), np.concatenate([one, other]))), (len(first), n_items)
    ).toarray()
    rounds = _triangles(n_items, one, other).toarray()
    down = slopes * np.sqrt(weights)[:, None]
    up = rounds.T / np.sqrt(weights)[:, None]
    down /= max(float(np.abs(down).max()), 1e-300)
    up = up / max(float(np.abs(up).max(initial=0.0)), 1e-300)
    values, vectors = np.linalg.eigh(down @ down.T + up @ up.T)
    basis: Floats = vectors[:, values < RANK_TOLERANCE * values[-1]]
    return basis


def _triangles(n_items: int, first: Indices, second: Indices) -> csr_array:
    """The curl: one row for each triangle i < j < k, +1 for (i, j) and (j, k), -1 for (i, k)."""
    number = np.full((n_items, n_items), -1)
    number[first, second] = np.arange(len(first))
    rows = []
    for pair, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        third = np.flatnonzero((number[j] >= 0) & (number[i] >= 0))
        rows.append(np.stack([np.full(len(third), pair), number[j, third], number[i, third]], 1))
    edges = np.concatenate([np.empty((0, 3), dtype=np.int64), *rows])
    row = np.repeat(np.arange(len(edges)), 3)
    signs = np.tile([1.0, 1.0, -1.0], len(edges))
    return coo_array((signs, (row, edges.ravel())), (len(edges), len(first))).tocsr()
