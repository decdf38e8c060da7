"""Bradley-Terry whose strengths have a prior mean that is linear in covariates of the items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from core.blocks import BlockMatrix, Layout
from core.comparison_graph import components
from core.errors import DiscernError, NoComparisonsError
from core.fitting.text.posterior import (
    Effects,
    Point,
    Priors,
    Problem,
    find_optimum,
    with_priors,
)
from core.judgment import Comparisons, Floats, Indices
from core.text.model import FeatureModel

#: What is believed about each scale before any data: log-normal, median and log spread.
SCALE_MEDIAN, SCALE_LOG_SPREAD = 1.0, 1.0
SCALE_RANGE = (0.02, 20.0)
#: How far apart in log scale the evidence is compared to find its curvature.
CURVATURE_STEP = 0.2


class CovariatesError(DiscernError):
    """Covariates that no model can use."""


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """Prior scales: of what covariates leave open, and of each group of coefficients; nats.

    Attributes
    ----------
    log_variance : float
        Posterior variance of the logarithm of `residual`; 0 where it is given, not estimated.
    """

    residual: float
    groups: tuple[float, ...]
    log_variance: float = 0.0

    def priors(self, group: Indices) -> Priors:
        return Priors(self.residual, np.array(self.groups)[group])


def fit_bradley_terry_with_covariates(
    comparisons: Comparisons,
    covariates: Floats,
    *,
    groups: Sequence[int] | None = None,
    scales: Scales | Literal["evidence"] = "evidence",
    ties: bool | None = None,
) -> FeatureModel:
    r"""Fit :math:`\theta_i = x_i^T w + u_i` by maximum a posteriori, exactly.

    With :math:`u_i \sim N(0, \sigma^2)` and :math:`w_c \sim N(0, \tau_{g(c)}^2)`, so that
    strengths have the prior mean :math:`x_i^T w` and an item without judgments gets it [1]_. The
    loss is convex and found by Newton's method on pair counts; the covariance of strengths and
    coefficients together is the inverse Hessian (Laplace).

    With ``scales="evidence"`` :math:`\sigma` and the :math:`\tau_g` maximise the Laplace
    approximation of the marginal likelihood times a log-normal (median 1, log spread 1) for each,
    which decides where the data say little. So the residual variance is an estimate, and the
    interval of a new item contains it; how well :math:`\sigma` is known follows from the curvature
    of the same in :math:`\log\sigma`, and widens intervals.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair.
    covariates : ndarray, shape (n_items, n_covariates)
        Finite. Scale them so that an unit is about a standard deviation; only differences count.
    groups : sequence of int or None, length n_covariates
        Which covariates share a prior scale, numbered from 0; None: all.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    CovariatesError
        If a covariate is missing, infinite or not a number.
    TooLargeError
        If more items are connected than a joint covariance can be held for.
    NotConvergedError
        If the score equations do not hold in the end.

    References
    ----------
    .. [1] Turner and Firth, "Bradley-Terry models in R: the BradleyTerry2 package", JSS 48(9),
       2012, section 3 (there by penalised quasi-likelihood).
    """
    problem, group = describe_problem(comparisons, covariates, groups, ties=ties)
    if scales == "evidence":
        scales, start = best_scales(problem, group)
    else:
        start = None
    point = find_optimum(with_priors(problem, scales.priors(group)), start)
    return to_model(comparisons, point, scales)


def describe_problem(
    comparisons: Comparisons,
    covariates: Floats,
    groups: Sequence[int] | None = None,
    *,
    ties: bool | None = None,
) -> tuple[Problem, Indices]:
    """Check the data, and put them into the form that the solver reads."""
    if len(comparisons) == 0:
        raise NoComparisonsError
    if covariates.ndim != 2 or len(covariates) != len(comparisons.items):  # noqa: PLR2004
        raise CovariatesError(
            f"Covariates need one row for each of the {len(comparisons.items)} items, received an "
            f"array of shape {covariates.shape}."
        )
    broken = np.flatnonzero(~np.isfinite(covariates).all(axis=1))
    if len(broken):
        raise CovariatesError(
            f"{len(broken)} items have a covariate that is not a finite number, the first of them "
            f"{comparisons.items[broken[0]]!r}. Give every item a value, or leave the column out."
        )
    counts = comparisons.counts()
    group = np.zeros(covariates.shape[1], np.int64) if groups is None else np.array(groups)
    label = components(len(comparisons.items), counts.first, counts.second)
    with_ties = bool(counts.tied.any()) if ties is None else ties
    start = Priors(SCALE_MEDIAN, np.full(covariates.shape[1], SCALE_MEDIAN))
    features = np.asarray(covariates, dtype=np.float64)
    return Problem(counts, Layout.of(label, 1), features, with_ties, start), group


def best_scales(problem: Problem, group: Indices) -> tuple[Scales, Effects]:
    """The scales with the highest evidence, and the optimum close to them."""
    latest: Effects | None = None
    n_groups = int(group.max(initial=-1)) + 1

    def unlikeliness(log_scales: Floats) -> float:
        nonlocal latest
        point = find_optimum(
            with_priors(problem, _scales(log_scales).priors(group)), latest, tolerance=1e-3
        )
        latest = point.at
        belief = (log_scales - np.log(SCALE_MEDIAN)) / SCALE_LOG_SPREAD
        return float(belief @ belief / 2) - point.log_evidence()

    # The evidence is flat at its top, and its noise is that of the inner optimum: slopes are
    # taken over a twentieth of a log unit.
    found = minimize(
        unlikeliness,
        np.zeros(1 + n_groups),
        method="L-BFGS-B",
        bounds=[tuple(np.log(SCALE_RANGE))] * (1 + n_groups),
        options={"eps": 0.05, "ftol": 1e-6, "gtol": 0.05, "maxiter": 25},
    )
    step = np.zeros(1 + n_groups)
    step[0] = CURVATURE_STEP
    middle = unlikeliness(found.x)
    near = latest
    around = unlikeliness(found.x + step) + unlikeliness(found.x - step)
    # The prior alone has this curvature; rounding, or an edge of the range, may hide the data's.
    curvature = max((around - 2 * middle) / CURVATURE_STEP**2, SCALE_LOG_SPREAD**-2)
    assert near is not None  # noqa: S101 - one place at least has been looked at
    scales = _scales(found.x)
    return Scales(scales.residual, scales.groups, 1 / curvature), near


def _scales(log_scales: Floats) -> Scales:
    first, *rest = np.exp(log_scales).tolist()
    return Scales(first, tuple(rest))


def to_model(comparisons: Comparisons, point: Point, scales: Scales) -> FeatureModel:
    """Turn an optimum without planes into a model."""
    problem, at = point.problem, point.at
    covariance, coefficients, cross = joint_covariance(
        problem, point.hessian, point.border, point.corner
    )
    n_prompts = int(comparisons.prompts.max()) + 1
    return FeatureModel(
        items=comparisons.items,
        prompts=comparisons.prompts,
        features=problem.features,
        strengths=at.items + problem.features @ at.coefficients,
        covariance=covariance,
        coefficients=at.coefficients,
        coefficient_covariance=coefficients,
        cross=cross,
        residual_scale=scales.residual,
        log_scale_variance=scales.log_variance,
        gates=np.ones((n_prompts, 0)),
        gate_slopes=np.zeros((0, 0)),
        tie_log_weight=problem.tie_log_weight(at),
    )


def joint_covariance(
    problem: Problem, hessian: BlockMatrix, border: Floats, corner: Floats
) -> tuple[BlockMatrix, Floats, Floats]:
    r"""Invert the bordered Hessian, and change from item effects to strengths.

    With :math:`M = -A^{-1} C` and :math:`S = H - C^T A^{-1} C`: the coefficients (and the tie
    weight, which is integrated out) have covariance :math:`S^{-1}`; strengths
    :math:`\theta = u + X w` have :math:`A^{-1} + G S^{-1} G^T` with :math:`G = M + X`, and
    :math:`G S^{-1}` with the coefficients.

    Returns
    -------
    tuple
        Covariance of the strengths within components; of the coefficients; of both with each
        other.
    """
    along = hessian.solve(border[:, None, :])[:, 0, :]
    inverse = np.linalg.inv(corner - border.T @ along)
    inverse = (inverse + inverse.T) / 2
    if not problem.with_ties:  # then nothing is to be known of the tie weight
        inverse[-1, :] = inverse[:, -1] = 0.0
    n_features = problem.features.shape[1]
    reach = -along
    reach[:, :n_features] += problem.features
    cross = reach @ inverse
    covariance = hessian.inverse()
    for items, blocks in problem.layout.stacks(covariance.values):
        blocks[:] += np.einsum("kmp,knp->kmn", reach[items], cross[items])
    return covariance, inverse[:-1, :-1], cross[:, :-1]
