"""Curvature of a log posterior over items that rows connect, and linear systems with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.blocks import Layout
from core.judgment import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array

#: Conjugate gradients are given up for a factorisation after so many rounds, or without one
#: after so many times as many.
MAX_ROUNDS, LAST_ROUNDS = 150, 100
#: Items up to which a factorisation at once takes less time than conjugate gradients do.
FEW = 100
#: Most items for which a dense matrix is factored.
MAX_DENSE = 2_000
#: Rows an item up to which a sparse factorisation stays sparse enough.
MAX_ROWS_AN_ITEM = 3

Numbers = NDArray[np.int32] | NDArray[np.int64]
Weights = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    r"""Minus the second derivatives in strengths and further parameters at one place.

    .. math::
        \begin{pmatrix} A & B \\ B^T & H \end{pmatrix}, \qquad
        A = \sum_r w_r (e_{i_r} - e_{j_r})(e_{i_r} - e_{j_r})^T + \sigma^{-2} I

    A is the Laplacian of a graph whose edges are the rows, plus the prior's precision. "All
    strengths of a component up" is an eigenvector of A with eigenvalue :math:`\sigma^{-2}`, and
    orthogonal to B.

    Attributes
    ----------
    layout : Layout, width 1
        Of the components of the graph.
    first, second : ndarray of int32 or int64, shape (n_rows,)
        Rows may name a pair several times.
    weight : ndarray, shape (n_rows,)
        w, in nats for each squared nat.
    diagonal : ndarray, shape (n_items,)
        Of A, the prior included.
    border, corner : ndarrays, shapes (n_items, n_further), (n_further, n_further)
        B and H.
    prior_precision : float
        :math:`\sigma^{-2}`; 0: no prior.
    """

    layout: Layout
    first: Numbers
    second: Numbers
    weight: Weights
    diagonal: Floats
    border: Floats
    corner: Floats
    prior_precision: float

    @property
    def n_items(self) -> int:
        return len(self.diagonal)

    @property
    def scale(self) -> Floats:
        """Curvature of each parameter by itself; an item without any never moves."""
        own = np.hstack([self.diagonal, np.diagonal(self.corner)])
        return np.where(own > 0, own, 1.0)

    def without_further(self) -> "Curvature":
        """A alone: the further parameters held where they are."""
        none = np.empty((self.n_items, 0))
        return replace(self, border=none, corner=np.empty((0, 0)))

    def matrix(self, *, held: bool = False) -> "csc_array":
        """A; held: where it has an inverse also without a prior.

        Without a prior the level of a component is free. One item of each is then held, which
        changes nothing else.
        """
        from scipy.sparse import coo_array  # here, as scipy takes long to import

        items = np.arange(self.n_items, dtype=self.first.dtype)
        diagonal = self._held() if held else self.diagonal
        values = np.hstack([diagonal, -self.weight, -self.weight])
        row = np.hstack([items, self.first, self.second])
        column = np.hstack([items, self.second, self.first])
        return coo_array((values, (row, column)), (self.n_items, self.n_items)).tocsc()

    def factored(self, right: Floats) -> Floats | None:
        """Solve by a factorisation: dense where items are few, sparse where rows are; else None."""
        n, n_further = self.n_items, len(self.corner)
        if n > MAX_DENSE and len(self.first) > MAX_ROWS_AN_ITEM * n:
            return None
        solved = self._solved_strengths(np.column_stack([self.border, right[:n]]))
        if n_further == 0:
            return solved.reshape(right.shape)
        along, plain = solved[:, :n_further], solved[:, n_further:].reshape(right[:n].shape)
        remaining = self.corner - self.border.T @ along
        below = np.linalg.solve(remaining, right[n:] - self.border.T @ plain)
        return np.concatenate([plain - along @ below, below])

    def _solved_strengths(self, sides: Floats) -> Floats:
        if self.n_items <= MAX_DENSE:
            dense: Floats = np.linalg.solve(self._dense(), sides).astype(np.float64, copy=False)
            return dense
        from scipy.sparse.linalg import splu  # here, as scipy takes long to import

        solved: Floats = splu(self.matrix(held=True)).solve(sides)
        return solved

    def _dense(self) -> Floats:
        """The matrix that `matrix(held=True)` is, in full."""
        n = self.n_items
        places = self.first.astype(np.int64) * n + self.second
        half: Floats = np.bincount(places, self.weight, n * n).reshape(n, n).astype(np.float64)
        dense: Floats = -half - half.T
        dense[np.arange(n), np.arange(n)] = self._held()
        return dense

    def _held(self) -> Floats:
        """The diagonal of A; one item of each component held where nothing else holds its level."""
        diagonal = self.diagonal.copy()
        if self.prior_precision == 0:
            item = self.layout.order[np.cumsum(self.layout.sizes) - 1]
            diagonal[item] += np.where(diagonal[item] > 0, diagonal[item], 1.0)
        return diagonal

    def solve(self, right: Floats, times: Callable[[Floats], Floats], *, accuracy: float) -> Floats:
        """Solve curvature · x = right, for one right side or several side by side.

        A factorisation where items are few; else conjugate gradients scaled by the diagonal, and a
        factorisation where those take long. The levels of components are solved for apart, as what
        holds them is far weaker than all else; without a prior they stay 0.

        Parameters
        ----------
        right : ndarray, shape (n_items + n_further,) or (n_items + n_further, n_sides)
        times : callable
            Multiplies vectors of that shape by the curvature.
        accuracy : float
            Size of what is left of the right side, as a share of its own, in the norm of the
            scaled system.
        """
        middle = self.levelled(right)
        x = self.factored(middle) if self.n_items <= FEW else None
        if x is None:
            x = self._approached(middle, times, accuracy)
        x = self.levelled(x)
        return x if self.prior_precision == 0 else x + (right - middle) / self.prior_precision

    def _approached(
        self, right: Floats, times: Callable[[Floats], Floats], accuracy: float
    ) -> Floats:
        x, done = conjugate_gradients(times, self._scaled, right, accuracy, MAX_ROUNDS)
        exact = None if done else self.factored(right)
        if done or exact is not None:
            return x if exact is None else exact
        rounds = LAST_ROUNDS * MAX_ROUNDS
        return conjugate_gradients(times, self._scaled, right, accuracy, rounds)[0]

    def levelled(self, x: Floats) -> Floats:
        """Take the means of components out of the strengths' part of x."""
        n = self.n_items
        if len(x) == n:
            return centred(self.layout, x)
        return np.concatenate([centred(self.layout, x[:n]), x[n:]])

    def _scaled(self, x: Floats) -> Floats:
        return self.levelled(x / (self.scale if x.ndim == 1 else self.scale[:, None]))


def conjugate_gradients(
    times: Callable[[Floats], Floats],
    scaled: Callable[[Floats], Floats],
    right: Floats,
    accuracy: float,
    n_rounds: int,
) -> tuple[Floats, bool]:
    """Conjugate gradients [1]_ on a scaled system; the solution, and whether it is that accurate.

    Parameters
    ----------
    times, scaled : callable
        Multiply by the matrix, and by something near its inverse; both symmetric.

    References
    ----------
    .. [1] Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems",
       Journal of Research of the National Bureau of Standards 49(6), 1952.
    """
    x, rest = np.zeros_like(right), right.copy()
    along = scaled(rest)
    size = np.einsum("n...,n...->...", rest, along)
    enough = np.maximum(size * accuracy**2, np.finfo(float).tiny)
    for _ in range(n_rounds):
        active = size > enough
        if not np.any(active):
            return x, True
        image = times(along)
        bend = np.einsum("n...,n...->...", along, image)
        length = np.where(active & (bend > 0), size / np.where(bend > 0, bend, 1.0), 0.0)
        x += length * along
        rest -= length * image
        image = scaled(rest)
        former, size = size, np.einsum("n...,n...->...", rest, image)
        along *= np.where(active, size / np.where(former > 0, former, 1.0), 0.0)
        along += image
    return x, bool(np.all(size <= enough))


def centred(layout: Layout, x: Floats) -> Floats:
    """Take the mean of each component out of x, (n_items,) or (n_items, n_vectors)."""
    if len(layout.sizes) == 1:
        level: Floats = x.mean(axis=0)
        return x - level
    means = np.empty((len(layout.sizes), *x.shape[1:]))
    for k in np.ndindex(x.shape[1:]):
        means[:, *k] = np.bincount(layout.component, x[:, *k]) / layout.sizes
    rest: Floats = x - means[layout.component]
    return rest
