"""Judgments as a function of item effects and coefficients: slopes, curvature, Newton, Laplace."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array

from core.blocks import BlockMatrix, Layout
from core.errors import NotConvergedError
from core.fitting.laplace import information, to_items
from core.judgment import Floats, PairCounts
from core.models import davidson

#: Standard deviation of the log tie weight around 0, nats, as for the item models.
TIE_PRIOR_SCALE = 3.0
SHORTEST_STEP = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Priors:
    """What is believed before any judgment.

    Attributes
    ----------
    residual_scale : float
        Standard deviation of an item's own part of its strength, nats.
    coefficient_scales : ndarray, shape (n_coefficients,)
        Of the coefficients, nats an unit of the feature.
    """

    residual_scale: float
    coefficient_scales: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """One place: item effects u, coefficients w, log tie weight."""

    items: Floats
    coefficients: Floats
    tie: float

    def moved(self, step: "Effects", length: float) -> "Effects":
        return Effects(
            self.items + length * step.items,
            self.coefficients + length * step.coefficients,
            self.tie + length * step.tie,
        )

    def dot(self, other: "Effects") -> float:
        whole = self.items @ other.items + self.coefficients @ other.coefficients
        return float(whole + self.tie * other.tie)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    r"""Judged pairs under :math:`s_e = u_i - u_j + (x_i - x_j)^T w` with Davidson's ties.

    Attributes
    ----------
    layout : Layout
        Of the components of the comparison graph, width 1.
    features : ndarray, shape (n_items, n_features)
    """

    counts: PairCounts
    layout: Layout
    features: Floats
    with_ties: bool
    priors: Priors

    def log_odds(self, at: Effects) -> Floats:
        """One value a judged pair, shape (n_pairs,)."""
        level = at.items + self.features @ at.coefficients
        return level[self.counts.first] - level[self.counts.second]

    def tie_log_weight(self, at: Effects) -> float:
        return at.tie if self.with_ties else -np.inf

    def loss(self, at: Effects) -> float:
        """Negative log posterior without the constants of the priors."""
        odds, counts = self.log_odds(at), self.counts
        normaliser = np.logaddexp(odds / 2, -odds / 2)
        fit = (counts.first_better - counts.second_better) @ odds / 2
        if self.with_ties:
            normaliser = np.logaddexp(normaliser, at.tie)
            fit += counts.tied.sum() * at.tie - at.tie**2 / (2 * TIE_PRIOR_SCALE**2)
        penalty = at.items @ at.items / self.priors.residual_scale**2
        penalty += ((at.coefficients / self.priors.coefficient_scales) ** 2).sum()
        return float(counts.total @ normaliser - fit + penalty / 2)

    def point(self, at: Effects) -> "Point":
        """Slopes and curvature at one place; ties are the last column of the border."""
        counts, priors = self.counts, self.priors
        shares = davidson(self.log_odds(at), self.tie_log_weight(at))
        curvature, mixed, tie_curvature = (counts.total * part for part in information(shares))
        excess = (counts.first_better - counts.second_better) / 2
        excess -= counts.total * (shares[:, 0] - shares[:, 2]) / 2
        by_item = to_items(counts, excess, -excess)
        tie_score = (counts.tied - counts.total * shares[:, 1]).sum() - at.tie / TIE_PRIOR_SCALE**2
        border = laplacian(counts, curvature) @ self.features
        tie_border = to_items(counts, mixed, -mixed)
        return Point(
            problem=self,
            at=at,
            score=Effects(
                by_item - at.items / priors.residual_scale**2,
                self.features.T @ by_item - at.coefficients / priors.coefficient_scales**2,
                float(tie_score) if self.with_ties else 0.0,
            ),
            hessian=self.own_hessian(curvature),
            border=np.column_stack([border, tie_border]),
            corner=self._corner(border, tie_border, float(tie_curvature.sum())),
        )

    def own_hessian(self, curvature: Floats) -> BlockMatrix:
        counts = self.counts
        diagonal = to_items(counts, curvature, curvature) + self.priors.residual_scale**-2
        return BlockMatrix.assemble(
            self.layout,
            diagonal[:, None, None],
            counts.first,
            counts.second,
            -curvature[:, None, None],
        )

    def _corner(self, border: Floats, tie_border: Floats, tie_curvature: float) -> Floats:
        n = self.features.shape[1]
        corner = np.zeros((n + 1, n + 1))
        corner[:n, :n] = self.features.T @ border
        corner[:n, n] = corner[n, :n] = self.features.T @ tie_border
        precision = np.append(self.priors.coefficient_scales**-2.0, TIE_PRIOR_SCALE**-2)
        corner[np.diag_indices(n + 1)] += precision
        corner[n, n] += tie_curvature
        return corner


def laplacian(counts: PairCounts, weight: Floats) -> coo_array:
    """The graph Laplacian of the judged pairs, sparse, shape (n_items, n_items)."""
    diagonal = to_items(counts, weight, weight)
    items = np.arange(counts.n_items)
    rows = np.concatenate([items, counts.first, counts.second])
    columns = np.concatenate([items, counts.second, counts.first])
    values = np.concatenate([diagonal, -weight, -weight])
    return coo_array((values, (rows, columns)), (counts.n_items, counts.n_items)).tocsr()


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    r"""One place with slopes and curvature: :math:`\begin{pmatrix} A & C \\ C^T & H \end{pmatrix}`.

    Attributes
    ----------
    hessian : BlockMatrix
        A, of the item effects.
    border : ndarray, shape (n_items, n_features + 1)
        C, the last column being the tie weight's.
    corner : ndarray, shape (n_features + 1, n_features + 1)
        H.
    """

    problem: Problem
    at: Effects
    score: Effects
    hessian: BlockMatrix
    border: Floats
    corner: Floats

    def newton_step(self) -> Effects:
        """Solve with the bordered matrix."""
        sides = np.column_stack([self.border, self.score.items])[:, None, :]
        solved = self.hessian.solve(sides)[:, 0, :]
        along, plain = solved[:, :-1], solved[:, -1]
        remaining = np.append(self.score.coefficients, self.score.tie) - self.border.T @ plain
        step = cho_solve(cho_factor(self.corner - self.border.T @ along), remaining)
        tie = float(step[-1]) if self.problem.with_ties else 0.0
        return Effects(plain - along @ step, step[:-1], tie)

    def log_evidence(self) -> float:
        r"""Laplace approximation of log p(data | priors), constants left out [1]_.

        .. math::
            \log p(y, \hat u, \hat w) - \tfrac12 \log\det A - \tfrac12 \log\det(H - C^T A^{-1} C)

        References
        ----------
        .. [1] MacKay, "Bayesian interpolation", Neural Computation 4(3), 1992.
        """
        priors = self.problem.priors
        constant = len(self.at.items) * np.log(priors.residual_scale)
        constant += np.log(priors.coefficient_scales).sum()
        along = self.hessian.solve(self.border[:, None, :])[:, 0, :]
        schur = np.linalg.cholesky(self.corner - self.border.T @ along)
        determinant = self.hessian.log_determinant() + 2 * np.log(np.diag(schur)).sum()
        return float(-self.problem.loss(self.at) - constant - determinant / 2)


def find_optimum(
    problem: Problem, start: Effects | None = None, *, tolerance: float = 1e-8, n_steps: int = 100
) -> Point:
    """Newton's method with halved steps on a convex loss, until the score equations hold.

    Parameters
    ----------
    tolerance : float
        Largest difference between the two sides of a score equation, in wins times feature
        units, for a million judgments or fewer.

    Raises
    ------
    NotConvergedError
        If they do not hold after `n_steps`.
    """
    counts, n_features = problem.counts, problem.features.shape[1]
    allowed = tolerance * max(1.0, float(counts.total.sum()) / 1e6)
    if start is None:
        start = Effects(np.zeros(counts.n_items), np.zeros(n_features), 0.0)
    point = problem.point(start)
    for _ in range(n_steps):
        if _largest(point.score) <= allowed:
            return point
        point = _go_down(point)
    if _largest(point.score) <= allowed:
        return point
    raise NotConvergedError(_largest(point.score), allowed, n_steps)


def _largest(score: Effects) -> float:
    parts = [np.abs(score.items).max(initial=0.0), np.abs(score.coefficients).max(initial=0.0)]
    return max(*map(float, parts), abs(score.tie))


def _go_down(point: Point) -> Point:
    step, here = point.newton_step(), point.problem.loss(point.at)
    slope, length = step.dot(point.score), 1.0
    # Below this slope the loss cannot tell the points apart; a whole step is right there.
    while slope > 1e-9 * (1 + abs(here)) and length > SHORTEST_STEP:
        if point.problem.loss(point.at.moved(step, length)) <= here - 1e-4 * length * slope:
            break
        length /= 2
    return point.problem.point(point.at.moved(step, length))


def with_priors(problem: Problem, priors: Priors) -> Problem:
    return replace(problem, priors=priors)
