"""The likeliest effects, and how far the truth may lie from them."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.sparse import csr_array, diags_array

from core.errors import NotConvergedError
from core.fitting.edge_votes.design import Design
from core.fitting.edge_votes.people import Integrated
from core.judgment import Floats
from core.value_graph.estimate import Widths

#: Effects up to which their joint covariance is computed in full, and those up to which each
#: Newton step is. A matrix of the first size takes 0.3 GB.
MAX_DENSE, FEW_EFFECTS = 6_000, 1_500
#: Largest slope left, for a step of one prior or posterior standard deviation.
TOLERANCE, N_STEPS, N_HALVINGS = 1e-4, 100, 30
#: Quadrature may be off by this share of the log-likelihood, where people differ very much.
ROUNDING = 1e-3
#: Of products of sparse matrices, and the entries of the largest that is made full for them.
SLOWER, MAX_FULL = 50, 10**8
#: Steps with the curvature of a mode nearby, before it is computed anew.
N_CHORD = 5
#: Of conjugate gradients, and their steps.
SOLVED, N_SOLVE_STEPS = 1e-6, 500


@dataclass(frozen=True, slots=True, eq=False)
class Information:
    r"""Posterior precision :math:`X^T W X - R^T R + P` of the effects, people integrated out.

    The Hessian of a person's marginal log-likelihood is, in the log-odds of the votes, minus W plus
    the covariance C of :math:`r_i p_i` over the person's tendency b. A row of R is
    :math:`\sum_i c_i x_i` with :math:`c_i = \text{cov}(r_i p_i, b) / \text{sd}(b)`: the part of C
    that is linear in b. As C - c cᵀ is a covariance matrix too, W - c cᵀ stays positive.
    """

    weighted: csr_array | Floats
    of_votes: csr_array | Floats
    people: csr_array | Floats
    precision: Floats

    @classmethod
    def at(cls, design: Design, found: Integrated, precision: Floats) -> "Information":
        matrix = design.matrix
        if isinstance(matrix, np.ndarray):
            weighted = np.sqrt(found.curvature)[:, None] * matrix
            rows = np.add.reduceat(found.shared[:, None] * matrix, design.people.starts, axis=0)
            return cls(weighted, weighted.T @ weighted, rows, precision)
        weighted = csr_array(diags_array(np.sqrt(found.curvature)) @ matrix)
        n_people, n = len(design.people.starts), len(found.shared)
        ends = np.append(design.people.starts, n)
        gather = csr_array((found.shared, np.arange(n), ends), (n_people, n))
        of_votes = csr_array(weighted.T @ weighted)
        return cls(weighted, of_votes, csr_array(gather @ matrix), precision)

    def dense(self) -> Floats:
        total = _less_gram(self.of_votes, self.people)
        total[np.diag_indices_from(total)] += self.precision
        return np.asarray(total)

    def times(self, vectors: Floats) -> Floats:
        """The product with (n_effects,) or (n_effects, k)."""
        prior = self.precision[:, None] * vectors if vectors.ndim > 1 else self.precision * vectors
        product: Floats = self.of_votes @ vectors - self.people.T @ (self.people @ vectors) + prior
        return product

    def diagonal(self) -> Floats:
        squares = self.of_votes.diagonal()
        taken = (self.people**2).sum(axis=0)
        return np.asarray(squares - taken).ravel() + self.precision

    def solve(self, right: Floats) -> Floats:
        """By conjugate gradients, each column by itself."""
        columns = right if right.ndim > 1 else right[:, None]
        scale = 1 / self.diagonal()[:, None]
        found = np.zeros_like(columns)
        rest = columns.copy()
        direction = scale * rest
        size = (rest * direction).sum(axis=0)
        enough = SOLVED**2 * size
        for _ in range(N_SOLVE_STEPS):
            if (size <= enough).all():
                break
            product = self.times(direction)
            step = size / np.maximum((direction * product).sum(axis=0), 1e-300)
            found += step * direction
            rest -= step * product
            turned = scale * rest
            grown = (rest * turned).sum(axis=0)
            direction = turned + grown / np.maximum(size, 1e-300) * direction
            size = grown
        return found if right.ndim > 1 else found[:, 0]


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """The likeliest effects under given widths.

    Attributes
    ----------
    effects : ndarray, shape (n_effects,)
    value : float
        Log marginal likelihood plus log prior without its constant, nats.
    """

    design: Design
    effects: Floats
    value: float
    found: Integrated
    information: Information
    widths: Widths

    def factor(self) -> Floats:
        """Lower triangular Cholesky factor of the precision; only where effects are few enough."""
        return np.asarray(np.linalg.cholesky(self.information.dense()), dtype=np.float64)

    def log_evidence(self, factor: Floats) -> float:
        """Laplace approximation of the log marginal likelihood of the widths, nats."""
        log_determinant = 2 * float(np.log(np.diagonal(factor)).sum())
        return self.value + 0.5 * (
            float(np.log(self.information.precision).sum()) - log_determinant
        )

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """From the Gaussian around the mode, shape (n_draws, n_effects)."""
        n_effects = len(self.effects)
        if n_effects <= MAX_DENSE:
            # Where effects are many, single precision takes half the time; what it costs is far
            # below what chance does to so many draws.
            kind = np.float64 if n_effects <= FEW_EFFECTS else np.float32
            factor = np.linalg.cholesky(self.information.dense().astype(kind, copy=False))
            noise = rng.standard_normal((n_effects, n_draws)).astype(kind, copy=False)
            away = solve_triangular(factor, noise, lower=True, trans="T", overwrite_b=True)
            return np.asarray(self.effects + away.T, dtype=np.float64)
        return self.effects + self._perturbed(n_draws, rng).T

    def covariance(self) -> Floats:
        """Of the effects; only where they are few enough."""
        factor = cho_factor(self.information.dense(), lower=True)
        return np.asarray(cho_solve(factor, np.eye(len(self.effects))))

    def _perturbed(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Draws by perturbing the normal equations, for effects that fill no matrix.

        With one further unknown a person, of unit precision, the precision is a sum of squares,
        one a vote, whose noise is drawn term by term; these unknowns are then eliminated
        (Papandreou and Yuille, "Gaussian sampling by local perturbations", NIPS 2010).
        """
        information, starts = self.information, self.design.people.starts
        noise = rng.standard_normal((len(self.found.curvature), n_draws))
        right = information.weighted.T @ noise
        right += np.sqrt(information.precision)[:, None] * rng.standard_normal(right.shape)
        coupling = self.found.shared / np.sqrt(np.maximum(self.found.curvature, 1e-300))
        left = np.maximum(1 - np.add.reduceat(coupling**2, starts), 0.0)
        of_people = np.add.reduceat(coupling[:, None] * noise, starts, axis=0)
        of_people += np.sqrt(left)[:, None] * rng.standard_normal(of_people.shape)
        right -= information.people.T @ of_people
        return information.solve(right)


def find_mode(
    design: Design, widths: Widths, near: Mode | None = None, factor: Floats | None = None
) -> Mode:
    """Maximise the log marginal likelihood plus log prior, a concave function, by Newton's method.

    Parameters
    ----------
    near : Mode or None
        For nearly the same widths, to begin from.
    factor : ndarray or None
        Its `Mode.factor`, which serves for the first `N_CHORD` steps.

    Raises
    ------
    NotConvergedError
        If the slope has not vanished after `N_STEPS`.
    """
    precision = design.precisions(widths)
    effects = np.zeros(len(precision)) if near is None else near.effects
    tendency = None if near is None else near.found.mode
    value, found = _value(design, widths, precision, effects, tendency)
    left = np.inf
    for number in range(N_STEPS):
        slope = design.matrix.T @ found.slope - precision * effects
        information = Information.at(design, found, precision)
        left = float(np.abs(slope / np.sqrt(information.diagonal())).max())
        if left < TOLERANCE:
            return Mode(design, effects, value, found, information, widths)
        chord = factor if number < N_CHORD else None
        step = _step(information, slope, chord)
        tried, there = _value(design, widths, precision, effects + step, found.mode)
        for _ in range(N_HALVINGS):
            if tried >= value - ROUNDING * abs(value):
                break
            step = step / 2
            tried, there = _value(design, widths, precision, effects + step, found.mode)
        effects, value, found = effects + step, tried, there
    raise NotConvergedError(left, TOLERANCE, N_STEPS)


def _value(
    design: Design, widths: Widths, precision: Floats, effects: Floats, near: Floats | None
) -> tuple[float, Integrated]:
    found = design.people.integrate(design.matrix @ effects, widths.tendency, near)
    return found.value - 0.5 * float(precision @ effects**2), found


def _step(information: Information, slope: Floats, factor: Floats | None) -> Floats:
    if factor is not None:
        return np.asarray(cho_solve((factor, True), slope))
    if len(slope) > FEW_EFFECTS:
        return information.solve(slope)
    return np.asarray(cho_solve(cho_factor(information.dense(), lower=True), slope))


def _less_gram(matrix: csr_array | Floats, rows: csr_array | Floats) -> Floats:
    """A matrix less transposed rows times rows, in full.

    The product is one of full matrices where rows have so many entries that it pays: one of sparse
    entries takes about `SLOWER` times as long.
    """
    if isinstance(matrix, np.ndarray) or isinstance(rows, np.ndarray):
        return np.asarray(matrix - rows.T @ rows)
    n_rows, n_columns = rows.shape
    n_products = float((np.diff(rows.indptr).astype(np.float64) ** 2).sum())
    if n_products * SLOWER > n_rows * n_columns**2 and n_rows * n_columns < MAX_FULL:
        full = rows.toarray()
        return np.asarray(matrix.toarray() - full.T @ full)
    return np.asarray((matrix - rows.T @ rows).toarray())
