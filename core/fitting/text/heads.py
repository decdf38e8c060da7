"""The two heads on features of texts: Bradley-Terry, and the general one with a skew part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array

from core.blocks import BlockMatrix
from core.errors import NotConvergedError
from core.fitting.laplace import information, to_items
from core.fitting.text.cold_start import (
    Scales,
    best_scales,
    describe_problem,
    joint_covariance,
    to_model,
)
from core.fitting.text.posterior import (
    TIE_PRIOR_SCALE,
    Effects,
    Point,
    Problem,
    find_optimum,
    with_priors,
)
from core.judgment import Comparisons, Floats
from core.models import davidson, logistic
from core.text.model import FeatureModel, skew_and_slopes

#: Standard deviation of the slopes of the gates, whose logits are 0 where a prompt says nothing.
GATE_SCALE = 1.0
#: Draws of noise from which the noise level is taken.
N_DRAWS = 30
#: Pairs whose slopes are held at once.
CHUNK = 4_096
#: At the end of L-BFGS, per standard deviation of a parameter: the loss is then within about half
#: its square, times the number of parameters, of the optimum.
LARGEST_SLOPE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The Bradley-Terry head at its optimum, from which the general head starts."""

    comparisons: Comparisons
    point: Point
    scales: Scales

    @property
    def problem(self) -> Problem:
        return self.point.problem

    def model(self) -> FeatureModel:
        return to_model(self.comparisons, self.point, self.scales)


def fit_bradley_terry_head(
    comparisons: Comparisons,
    features: Floats,
    groups: Sequence[int],
    *,
    ties: bool | None = None,
) -> Start:
    """Ridge logistic regression on feature differences, with item effects and Davidson's ties.

    See `core.fitting.text.cold_start.fit_bradley_terry_with_covariates`.
    """
    problem, group = describe_problem(comparisons, features, groups, ties=ties)
    scales, near = best_scales(problem, group)
    point = find_optimum(with_priors(problem, scales.priors(group)), near)
    return Start(comparisons, point, scales)


def noise_level(start: Start, *, seed: int = 0) -> float:
    r"""Where the spectral norm of the skew gradient at B = 0 lies when nobody is cyclic.

    To first order a plane B = (b, c) adds :math:`b^T G c` to the log likelihood, with :math:`G =
    \sum_e r_e (x_i x_j^T - x_j x_i^T)` and the residuals :math:`r_e` of the Bradley-Terry head. The
    penalty :math:`\frac{\lambda}{2}(\|b\|^2 + \|c\|^2)` is at least :math:`\lambda \|b\| \|c\|`, so
    that zero is a minimum iff :math:`\lambda \ge \|G\|_2`. Residuals are drawn as normal with the
    variance that the head gives them; the mean of `N_DRAWS` norms is returned.

    Returns
    -------
    float
        A precision of B, in units of one over the squared unit of B.
    """
    problem, rng = start.problem, np.random.default_rng(seed)
    shares = davidson(problem.log_odds(start.point.at), problem.tie_log_weight(start.point.at))
    spread = np.sqrt(problem.counts.total * information(shares)[0])
    norms = [
        np.linalg.norm(_skew_gradient(problem, spread * rng.standard_normal(len(spread))), 2)
        for _ in range(N_DRAWS)
    ]
    return float(np.mean(norms))


def _skew_gradient(problem: Problem, residuals: Floats) -> Floats:
    """G of `noise_level` for one plane, shape (n_features, n_features)."""
    counts, features = problem.counts, problem.features
    places = (residuals, (counts.first, counts.second))
    crossed = features.T @ (csr_array(places, shape=(counts.n_items,) * 2) @ features)
    gradient: Floats = crossed - crossed.T
    return gradient


def fit_general_head(
    start: Start,
    prompt_features: Floats,
    *,
    penalty_share: float,
    n_planes: int = 2,
    n_starts: int = 2,
    level: float | None = None,
    seed: int = 0,
) -> FeatureModel:
    r"""Add a skew part that is linear in the features, gated by the prompt.

    Minimises the loss of the Bradley-Terry head, :math:`\frac{\lambda}{2}\|B\|^2` and the normal
    prior of the gates' slopes h by L-BFGS, in units of the curvature at the start, from the
    directions of the largest skew residuals and from random ones; the best end is taken. With
    :math:`\lambda` at the noise level the part is left out: the head is Bradley-Terry.

    Parameters
    ----------
    prompt_features : ndarray, shape (n_prompts, n_prompt_features)
        Without columns all gates are 1.
    penalty_share : float
        :math:`\lambda` as a share of `noise_level`.
    level : float or None
        The noise level, where it is known already.

    Returns
    -------
    FeatureModel
        Its covariance (Laplace, from Fisher information plus prior precision) takes gates,
        penalty and prior scales as known.

    Raises
    ------
    NotConvergedError
        If the best end is no optimum.
    """
    n_prompts = len(start.comparisons.prompts) and int(start.comparisons.prompts.max()) + 1
    if penalty_share >= 1 or start.problem.features.shape[1] < 2:  # noqa: PLR2004 - no plane in one
        plain = start.model()
        return replace(plain, gates=np.ones((n_prompts, 0)), gate_slopes=np.zeros((0, 0)))
    level = noise_level(start, seed=seed) if level is None else level
    search = GeneralSearch(start, prompt_features, n_planes, penalty_share * level)
    rng = np.random.default_rng(seed)
    ends = [_descend(search, begin) for begin in search.starts(n_starts, rng)]
    return search.model(min(ends, key=lambda end: end[0])[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Parameters:
    """Effects, planes B (n_features, 2k), slopes of the gates (n_prompt_features, k)."""

    effects: Effects
    planes: Floats
    gate_slopes: Floats


class GeneralSearch:
    """The loss of the general head and its slopes, over one vector of all parameters."""

    def __init__(
        self, start: Start, prompt_features: Floats, n_planes: int, penalty: float
    ) -> None:
        self.start, self.problem = start, start.problem
        self.prompt_features, self.n_planes, self.penalty = prompt_features, n_planes, penalty
        counts = self.problem.counts
        self.prompt = start.comparisons.prompts[counts.first]
        ends = (
            (np.arange(len(counts.first)), counts.first),
            (
                np.arange(len(counts.first)),
                counts.second,
            ),
        )
        shape, one = (len(counts.first), counts.n_items), np.ones(len(counts.first))
        self._precision = self.precision()
        self._first = csr_array((one, ends[0]), shape=shape)
        self._second = csr_array((one, ends[1]), shape=shape)

    def starts(self, n_starts: int, rng: np.random.Generator) -> list[Floats]:
        """Spectral, then random; never the saddle at zero."""
        n_features = self.problem.features.shape[1]
        counts, at = self.problem.counts, self.start.point.at
        shares = davidson(self.problem.log_odds(at), self.problem.tie_log_weight(at))
        residuals = (counts.first_better - counts.second_better) / 2
        residuals -= counts.total * (shares[:, 0] - shares[:, 2]) / 2
        left, values, _ = np.linalg.svd(_skew_gradient(self.problem, residuals))
        n_kept = min(2 * self.n_planes, n_features)
        planes = rng.normal(0, 0.1, (n_features, 2 * self.n_planes))
        if values[0] > 0:
            planes[:, :n_kept] = left[:, :n_kept] * np.sqrt(values[:n_kept] / values[0])
        random = [rng.normal(0, 0.3, planes.shape) for _ in range(n_starts - 1)]
        slopes = np.zeros((self.prompt_features.shape[1], self.n_planes))
        return [self.pack(_Parameters(at, planes, slopes)) for planes in (planes, *random)]

    def pack(self, values: _Parameters) -> Floats:
        at = values.effects
        parts = [at.items, at.coefficients, [at.tie], values.planes.ravel()]
        whole: Floats = np.concatenate([*parts, values.gate_slopes.ravel()])
        return whole

    def unpack(self, vector: Floats) -> _Parameters:
        n_items, n_features = self.problem.features.shape
        sizes = [n_items, n_features, 1, n_features * 2 * self.n_planes]
        items, slopes, tie, planes, gates = np.split(vector, np.cumsum(sizes))
        effects = Effects(items, slopes, float(tie[0]))
        return _Parameters(
            effects, planes.reshape(n_features, -1), gates.reshape(-1, self.n_planes)
        )

    def precision(self) -> Floats:
        """Of the normal prior of every parameter."""
        priors, (n_items, n_features) = self.problem.priors, self.problem.features.shape
        return self.pack(
            _Parameters(
                Effects(
                    np.full(n_items, priors.residual_scale**-2),
                    priors.coefficient_scales**-2.0,
                    TIE_PRIOR_SCALE**-2,
                ),
                np.full((n_features, 2 * self.n_planes), self.penalty),
                np.full((self.prompt_features.shape[1], self.n_planes), GATE_SCALE**-2),
            )
        )

    def scales(self) -> Floats:
        """One over the root of the curvature of every parameter at the start.

        In these units the loss is about as steep in all directions, and L-BFGS needs few steps.
        """
        point, curvature = self.start.point, self.precision()
        n_items, n_features = self.problem.features.shape
        every = np.arange(n_items)
        curvature[:n_items] = point.hessian.between(every, every)[:, 0, 0]
        curvature[n_items : n_items + n_features + 1] = np.diag(point.corner)
        return 1 / np.sqrt(curvature)

    def gates(self, slopes: Floats) -> Floats:
        """Shape (n_prompts, n_planes); 1 where there is nothing to tell prompts apart by."""
        return 2 * logistic(self.prompt_features @ slopes)

    def loss(self, vector: Floats) -> tuple[float, Floats]:
        """Negative log posterior without the constants of the priors, and its slopes."""
        values, counts = self.unpack(vector), self.problem.counts
        gates = self.gates(values.gate_slopes)
        embedded = self.problem.features @ values.planes
        here, there = embedded[counts.first], embedded[counts.second]
        products = here[:, ::2] * there[:, 1::2] - here[:, 1::2] * there[:, ::2]
        odds = self.problem.log_odds(values.effects) + (gates[self.prompt] * products).sum(axis=1)
        fit, pull, tie_pull = self._likelihood(odds, values.effects.tie)
        by_item = to_items(counts, pull, -pull)
        weight = pull[:, None] * gates[self.prompt]
        to_embedded = self._first.T @ _turned(weight, there) - self._second.T @ _turned(
            weight, here
        )
        to_gates = np.zeros_like(gates)
        np.add.at(to_gates, self.prompt, pull[:, None] * products)
        slopes = _Parameters(
            Effects(by_item, self.problem.features.T @ by_item, tie_pull),
            self.problem.features.T @ to_embedded,
            self.prompt_features.T @ (to_gates * gates * (1 - gates / 2)),
        )
        prior = self._precision * vector
        return float(vector @ prior / 2 - fit), prior - self.pack(slopes)

    def _likelihood(self, odds: Floats, tie: float) -> tuple[float, Floats, float]:
        """Log likelihood, its slopes in the log-odds (n_pairs,) and in the log tie weight."""
        counts, with_ties = self.problem.counts, self.problem.with_ties
        shares = davidson(odds, tie if with_ties else -np.inf)
        normaliser = np.logaddexp(odds / 2, -odds / 2)
        fit = (counts.first_better - counts.second_better) @ odds / 2
        pull = (counts.first_better - counts.second_better) / 2
        pull -= counts.total * (shares[:, 0] - shares[:, 2]) / 2
        if not with_ties:
            return float(fit - counts.total @ normaliser), pull, 0.0
        normaliser = np.logaddexp(normaliser, tie)
        fit += counts.tied.sum() * tie
        tie_pull = float((counts.tied - counts.total * shares[:, 1]).sum())
        return float(fit - counts.total @ normaliser), pull, tie_pull

    def model(self, vector: Floats) -> FeatureModel:
        values, problem = self.unpack(vector), self.problem
        gates = self.gates(values.gate_slopes)
        hessian, border, corner = self._curvature(values, gates)
        covariance, of_coefficients, cross = joint_covariance(problem, hessian, border, corner)
        at = values.effects
        return FeatureModel(
            items=self.start.comparisons.items,
            prompts=self.start.comparisons.prompts,
            features=problem.features,
            strengths=at.items + problem.features @ at.coefficients,
            covariance=covariance,
            coefficients=np.concatenate([at.coefficients, values.planes.ravel()]),
            coefficient_covariance=of_coefficients,
            cross=cross,
            residual_scale=self.start.scales.residual,
            log_scale_variance=self.start.scales.log_variance,
            gates=gates,
            gate_slopes=values.gate_slopes,
            tie_log_weight=problem.tie_log_weight(at),
        )

    def _curvature(self, values: _Parameters, gates: Floats) -> tuple[BlockMatrix, Floats, Floats]:
        """Fisher information plus prior precision, as in `posterior.Point`."""
        problem, counts = self.problem, self.problem.counts
        n_coefficients = len(values.effects.coefficients) + values.planes.size
        border = np.zeros((counts.n_items, n_coefficients + 1))
        corner = np.zeros((n_coefficients + 1, n_coefficients + 1))
        odds = self._odds(values, gates)
        shares = davidson(odds, problem.tie_log_weight(values.effects))
        curvature, mixed, tie_curvature = (counts.total * part for part in information(shares))
        for begin in range(0, len(odds), CHUNK):
            part = slice(begin, begin + CHUNK)
            slopes = self._slopes(values, gates, part)
            weighted = slopes * curvature[part, None]
            corner[:-1, :-1] += slopes.T @ weighted
            corner[:-1, -1] += slopes.T @ mixed[part]
            border[:, :-1] += (self._first[part] - self._second[part]).T @ weighted
        corner[-1, :-1] = corner[:-1, -1]
        border[:, -1] = to_items(counts, mixed, -mixed)
        precision = np.full(n_coefficients + 1, self.penalty)
        precision[: len(values.effects.coefficients)] = problem.priors.coefficient_scales**-2.0
        precision[-1] = TIE_PRIOR_SCALE**-2 + tie_curvature.sum()
        corner[np.diag_indices_from(corner)] += precision
        return problem.own_hessian(curvature), border, corner

    def _odds(self, values: _Parameters, gates: Floats) -> Floats:
        counts, embedded = self.problem.counts, self.problem.features @ values.planes
        here, there = embedded[counts.first], embedded[counts.second]
        products = here[:, ::2] * there[:, 1::2] - here[:, 1::2] * there[:, ::2]
        skew: Floats = (gates[self.prompt] * products).sum(axis=1)
        return self.problem.log_odds(values.effects) + skew

    def _slopes(self, values: _Parameters, gates: Floats, part: slice) -> Floats:
        counts, features = self.problem.counts, self.problem.features
        one, other = features[counts.first[part]], features[counts.second[part]]
        return skew_and_slopes(one, other, values.planes, gates[self.prompt[part]])[1]


def _turned(weight: Floats, embedded: Floats) -> Floats:
    """Slopes of weight times a cross product in its first factor; shape (n, 2 * n_planes)."""
    turned = np.empty_like(embedded)
    turned[:, ::2] = weight * embedded[:, 1::2]
    turned[:, 1::2] = -weight * embedded[:, ::2]
    return turned


def _descend(search: GeneralSearch, begin: Floats) -> tuple[float, Floats]:
    scales = search.scales()

    def loss(scaled: Floats) -> tuple[float, Floats]:
        value, slope = search.loss(scaled * scales)
        return value, slope * scales

    found = minimize(
        loss,
        begin / scales,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 2_000, "maxfun": 4_000, "ftol": 1e-13, "gtol": 1e-3, "maxcor": 20},
    )
    slope = float(np.abs(found.jac).max())
    if slope > LARGEST_SLOPE:
        raise NotConvergedError(slope, LARGEST_SLOPE, int(found.nit))
    return float(found.fun), found.x * scales
