"""Uncertainty of strengths, computed when it is asked for, for any number of items."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.blocks import BlockMatrix, Layout
from core.curvature import Curvature, centred
from core.judgment import Floats, Indices

if TYPE_CHECKING:
    from scipy.sparse import csc_array

#: Added along "all strengths of a component up", which no figure depends on, so that a matrix
#: has an inverse where there is no prior; it is taken out afterwards.
LEVEL_PRECISION = 1.0
#: Vectors solved side by side; random ones for variances, of which there are at most so many.
N_SIDES, MAX_PROBES = 8, 64
#: Estimated variances are good enough when the median standard error is this share of them.
ENOUGH = 0.005
#: Beyond this share after the first of them, a matrix that can be computed is computed at once.
HOPELESS = 0.015
#: Components up to this size always get exact variances; up to the next, exact ones of differences.
SMALL_COMPONENT, MEDIUM_COMPONENT = 500, 1_000
#: So many differences are solved for one by one; variances of more are read from so many draws.
FEW_PAIRS, N_SKETCHED = 64, 64
SOLVED = 1e-4
#: Pairs whose differences in all draws are held at once.
AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class LaplaceCovariance:
    r"""The inverse curvature of the log posterior, with the level of each component taken out.

    .. math:: C = P A^{-1} P + S V^{-1} S^T

    with A from `Curvature`, P the projection on strengths that sum to zero in each component, V
    the covariance of the further parameters and S that between both. Where the layout is small
    enough C is computed as dense blocks, once; beyond that, variances are estimated and
    differences solved for one by one.

    Attributes
    ----------
    curvature : Curvature
        Without further parameters: A alone.
    shared : ndarray, shape (n_items, n_further)
        S, nats squared.
    further : ndarray, shape (n_further, n_further)
        V.
    """

    curvature: Curvature
    shared: Floats
    further: Floats
    _known: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def layout(self) -> Layout:
        return self.curvature.layout

    @property
    def blocks(self) -> BlockMatrix:
        """C as dense blocks; computed on the first call.

        Raises
        ------
        TooLargeError
            If a component is too large for that.
        """
        if "values" not in self._known:
            self.layout.check_size()
            self._known["values"] = self._dense()
        return BlockMatrix(self.layout, self._known["values"])

    @property
    def values(self) -> Floats:
        return self.blocks.values

    def between(self, first: Indices, second: Indices) -> Floats:
        """Covariances of pairs of items, (n, 1, 1); zero between components."""
        if self.layout.fits:
            return self.blocks.between(first, second)
        asked, place = np.unique(second, return_inverse=True)
        entries = np.empty(len(first))
        for begin in range(0, len(asked), N_SIDES):
            inside = (place >= begin) & (place < begin + N_SIDES)
            items = asked[begin : begin + N_SIDES]
            sides = np.zeros((self.curvature.n_items, len(items)))
            sides[items, np.arange(len(items))] = 1.0
            columns = self._times(sides)
            entries[inside] = columns[first[inside], place[inside] - begin]
        together = self.layout.component[first] == self.layout.component[second]
        return np.where(together, entries, 0.0)[:, None, None]

    def variances(self) -> tuple[Floats, Floats]:
        r"""Variance of every strength and its standard error (0 where exact); shape (n_items,).

        Where components are large and C is not known yet, its diagonal is estimated [1]_ from
        products with random signs z: the mean of :math:`z \odot R z`, where R is C less the first
        two terms :math:`Q + Q W Q` of its series, :math:`Q = P D^{-1} P` (D the diagonal of A,
        W = D - A), whose diagonals are known exactly. What is left is small where items
        are compared with many others; where it is not, and C can be computed, that is done.

        References
        ----------
        .. [1] Bekas, Kokiopoulou and Saad, "An estimator for the diagonal of a matrix", Applied
           Numerical Mathematics 57, 2007.
        """
        small = self.layout.sizes.max(initial=0) <= SMALL_COMPONENT
        if "values" in self._known or (small and self.layout.fits):
            return self.blocks.variances()
        if "variances" not in self._known:
            variance, error = self._estimated_variances()
            if self.layout.fits and np.median(error / variance) > ENOUGH:
                return self.blocks.variances()
            self._known["variances"], self._known["errors"] = variance, error
        return self._known["variances"], self._known["errors"]

    def of_differences(self, first: Indices, second: Indices) -> Floats:
        r"""Variance of strength of `first` minus that of `second`, within components; shape (n,).

        Exact for components of up to `MEDIUM_COMPONENT` items, where C is known already, and for
        up to `FEW_PAIRS` pairs. For many pairs of larger components, the mean square of their
        differences in `N_SKETCHED` draws, which is off by a standard error of 18 % of it, whatever
        the graph [1]_.

        References
        ----------
        .. [1] Spielman and Srivastava, "Graph sparsification by effective resistances", SIAM
           Journal on Computing 40(6), 2011.
        """
        medium = self.layout.sizes.max(initial=0) <= MEDIUM_COMPONENT
        if "values" in self._known or (medium and self.layout.fits):
            return self.blocks.of_differences(first, second)
        if len(first) > FEW_PAIRS:
            return self._sketched(first, second)
        variance = np.empty(len(first))
        for begin in range(0, len(first), N_SIDES):
            part = slice(begin, begin + N_SIDES)
            one, other = first[part], second[part]
            sides, place = np.zeros((self.curvature.n_items, len(one))), np.arange(len(one))
            sides[one, place] += 1.0
            sides[other, place] -= 1.0
            solved = self._times(sides, accuracy=SOLVED**2)
            variance[part] = solved[one, place] - solved[other, place]
        return np.maximum(variance, 0.0)

    def _sketched(self, first: Indices, second: Indices) -> Floats:
        """Variances of differences from draws of the strengths alone, always the same ones."""
        if "sketch" not in self._known:
            drawn = self._drawn_alone(np.random.default_rng(0), N_SKETCHED)
            self._known["sketch"] = np.ascontiguousarray(drawn.T)
        sketch, variance = self._known["sketch"], np.empty(len(first))
        for begin in range(0, len(first), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            apart = sketch[first[part]] - sketch[second[part]]
            variance[part] = (apart**2).mean(axis=1)
        if len(self.further):
            moved = self.shared[first] - self.shared[second]
            variance += (moved * np.linalg.solve(self.further, moved.T).T).sum(axis=1)
        return variance

    def draws(self, rng: np.random.Generator, n_draws: int) -> Floats:
        """Normal deviations with covariance C; shape (n_draws, n_items)."""
        if self.layout.fits:
            return self.blocks.draws(rng, n_draws)
        drawn = self._drawn_alone(rng, n_draws)
        if len(self.further):
            further = rng.multivariate_normal(np.zeros(len(self.further)), self.further, n_draws)
            drawn += np.linalg.solve(self.further, further.T).T @ self.shared.T
        return drawn

    def _drawn_alone(self, rng: np.random.Generator, n_draws: int) -> Floats:
        r"""Deviations with the further parameters held; shape (n_draws, n_items).

        :math:`A^{-1} \varepsilon` with noise of covariance A, one normal number for each row and
        item, as A is too large to factor [1]_.

        References
        ----------
        .. [1] Papandreou and Yuille, "Gaussian sampling by local perturbations", NIPS 2010.
        """
        curvature, n_items = self.curvature, self.curvature.n_items
        roots = np.sqrt(curvature.weight)
        noise = rng.normal(size=(n_items, n_draws)) * np.sqrt(curvature.prior_precision)
        for k in range(n_draws):
            pull = roots * rng.normal(size=len(roots))
            noise[:, k] += np.bincount(curvature.first, pull, n_items)
            noise[:, k] -= np.bincount(curvature.second, pull, n_items)
        drawn = np.empty((n_draws, n_items))
        for begin in range(0, n_draws, N_SIDES):
            part = slice(begin, begin + N_SIDES)
            drawn[part] = self._strengths_alone(noise[:, part], SOLVED).T
        return drawn

    def _times(self, sides: Floats, *, accuracy: float = SOLVED) -> Floats:
        """C times sides of shape (n_items, n_sides)."""
        product = self._strengths_alone(sides, accuracy)
        if len(self.further):
            product += self.shared @ np.linalg.solve(self.further, self.shared.T @ sides)
        return product

    def _strengths_alone(self, sides: Floats, accuracy: float) -> Floats:
        """P A⁻¹ P times sides."""
        matrix = self._matrix()
        right = centred(self.layout, sides)
        solved = self.curvature.solve(right, lambda x: matrix @ x, accuracy=accuracy)
        return centred(self.layout, solved)

    def _matrix(self) -> "csc_array":
        if "matrix" not in self._known:
            self._known["matrix"] = self.curvature.matrix()
        return self._known["matrix"]

    def _dense(self) -> Floats:
        curvature, layout = self.curvature, self.layout
        items = np.arange(curvature.n_items)
        values = np.zeros(layout.n_values)
        values -= np.bincount(
            layout.places(curvature.first, curvature.second), curvature.weight, layout.n_values
        )
        for _, blocks in layout.stacks(values):
            np.add(blocks, blocks.transpose(0, 2, 1).copy(), out=blocks)
        values[layout.places(items, items)] += curvature.diagonal
        for items_of, blocks in layout.stacks(values):
            np.add(blocks, LEVEL_PRECISION / items_of.shape[1], out=blocks)
        inverse = BlockMatrix(layout, values).inverse()
        level = 1 / (curvature.prior_precision + LEVEL_PRECISION)
        for items_of, blocks in layout.stacks(inverse.values):
            vectors = self.shared[items_of]
            explained = vectors @ np.linalg.solve(self.further, vectors.transpose(0, 2, 1))
            np.add(blocks, explained - level / items_of.shape[1], out=blocks)
        return inverse.values

    def _estimated_variances(self) -> tuple[Floats, Floats]:
        own, matrix = self.curvature.scale[:, None], self._matrix()
        known, rng = self._known_terms(), np.random.default_rng(0)
        sums, n_probes = np.zeros((2, len(known))), 0
        while True:
            signs = rng.choice([-1.0, 1.0], size=(len(known), N_SIDES))
            one = self._projected(self._projected(signs) / own)
            two = self._projected(self._projected(own * one - matrix @ one) / own)
            rest = (self._strengths_alone(signs, SOLVED) - one - two) * signs
            sums += rest.sum(axis=1), (rest**2).sum(axis=1)
            n_probes += N_SIDES
            mean = sums[0] / n_probes
            spread = np.sqrt(np.maximum(sums[1] / n_probes - mean**2, 0.0) / (n_probes - 1))
            variance = known + mean
            near = np.median(spread / variance)
            if n_probes >= MAX_PROBES or near <= ENOUGH or (near > HOPELESS and self.layout.fits):
                break
        variance += (self.shared * np.linalg.solve(self.further, self.shared.T).T).sum(axis=1)
        return self._with_small_components(variance, spread)

    def _projected(self, x: Floats) -> Floats:
        return centred(self.layout, x)

    def _known_terms(self) -> Floats:
        r"""Diagonal of Q + Q W Q with :math:`Q = P D^{-1} P`, from sums over rows and components.

        Column i of Q is :math:`e_i \delta_i + a_i 1 + b e` within its component, where e is the
        diagonal of :math:`D^{-1}`.
        """
        layout, own, matrix = self.layout, self.curvature.scale, self._matrix()
        e, one = 1 / own, np.ones(len(own))
        size = layout.items_beside.astype(np.float64)

        def total(x: Floats) -> Floats:
            sums = np.bincount(layout.component, x).astype(np.float64)
            return sums[layout.component]

        a, b = total(e) / size**2 - e / size, -1 / size
        w_one, w_e = own - matrix @ one, one - matrix @ e
        first = e * (1 - 2 / size) + total(e) / size**2
        second = 2 * e * (a * w_one + b * w_e)
        second += a**2 * total(w_one) + 2 * a * b * total(w_e) + b**2 * total(e * w_e)
        terms: Floats = first + second
        return terms

    def _with_small_components(self, variance: Floats, error: Floats) -> tuple[Floats, Floats]:
        """Exact variances for components that are small, where random signs say least."""
        layout, curvature = self.layout, self.curvature
        chosen = layout.items_beside <= SMALL_COMPONENT
        if not chosen.any():
            return variance, error
        place, rows = np.cumsum(chosen, dtype=np.int32) - 1, chosen[curvature.first]
        inside = Layout.of(np.unique(layout.component[chosen], return_inverse=True)[1], 1)
        part = replace(
            curvature,
            layout=inside,
            first=place[curvature.first[rows]],
            second=place[curvature.second[rows]],
            weight=curvature.weight[rows],
            diagonal=curvature.diagonal[chosen],
            border=curvature.border[chosen],
        )
        exact = LaplaceCovariance(part, self.shared[chosen], self.further)
        variance[chosen], error[chosen] = exact.variances()
        return variance, error
