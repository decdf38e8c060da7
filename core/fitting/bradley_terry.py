"""Bradley-Terry with Davidson's ties: maximum a posteriori by Newton's method."""

from dataclasses import dataclass, replace
from math import exp, log, log1p
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from core.blocks import BlockMatrix, Layout
from core.comparison_graph import components, strongly_connected
from core.errors import NoComparisonsError, NotConvergedError
from core.estimates import NotDeterminedError
from core.fitting.laplace import (
    LEVEL_PRECISION,
    hold_levels,
    information,
    invert,
    release_levels,
    tie_direction,
    to_items,
)
from core.judgment import Comparisons, Floats, PairCounts
from core.models import BradleyTerry, davidson

#: What is believed about the prior scale before any data: log-normal, median and log spread.
SCALE_MEDIAN, SCALE_LOG_SPREAD = 1.5, 1.0
SCALE_RANGE = (0.02, 20.0)
SHORTEST_STEP = 1e-6


def fit_bradley_terry(
    comparisons: Comparisons,
    *,
    prior_scale: float | Literal["evidence"] = "evidence",
    tie_prior_scale: float = 3.0,
    ties: bool | None = None,
    tolerance: float = 1e-8,
    n_iterations: int = 100,
) -> BradleyTerry:
    r"""Fit one strength per item, and one tie weight, by maximum a posteriori.

    Minimises, over pairs e = (i, j) with :math:`a_e, t_e, b_e` judgments for the first, tied and
    for the second, :math:`N_e` in all, and :math:`s_e = \theta_i - \theta_j` [1]_ [2]_

    .. math::
        \sum_e N_e \log\bigl(e^{s_e/2} + e^{-s_e/2} + e^{\eta}\bigr)
        - \tfrac{a_e - b_e}{2} s_e - t_e \eta
        + \frac{\|\theta\|^2}{2\sigma^2} + \frac{\eta^2}{2\sigma_t^2}

    a convex function, by Newton's method with halved steps. At the optimum the observed minus
    the expected wins of every item (a tie is half a win) are :math:`\theta_i / \sigma^2`, and the
    observed minus the expected ties :math:`\eta / \sigma_t^2`: the score equations, which are
    checked. The prior makes the optimum finite and unique whatever the data, and the strengths of
    a component sum to zero.

    With ``prior_scale="evidence"`` :math:`\sigma` maximises the Laplace approximation of the
    marginal likelihood [3]_ times a log-normal with median 1.5 and log spread 1, which decides
    where the data say little.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair.
    prior_scale : float or "evidence"
        :math:`\sigma`, nats. Infinite: maximum likelihood.
    tie_prior_scale : float
        :math:`\sigma_t`, nats, of the log tie weight around 0.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.
    tolerance : float
        Largest difference between the two sides of a score equation, in wins; times the number
        of millions of judgments where there are more than one.
    n_iterations : int
        Newton steps before giving up.

    Returns
    -------
    BradleyTerry
        With the inverse Hessian (Laplace approximation) as covariance.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If there is no prior and the data alone do not determine the strengths or the tie weight.
    NotConvergedError
        If the score equations do not hold after `n_iterations`.

    References
    ----------
    .. [1] Bradley and Terry, Biometrika 39, 1952.
    .. [2] Davidson, JASA 65(329), 1970.
    .. [3] MacKay, "Bayesian interpolation", Neural Computation 4(3), 1992.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    counts = comparisons.counts()
    with_ties = bool(counts.tied.any()) if ties is None else ties
    _check_determined(comparisons, prior_scale, tie_prior_scale, with_ties=with_ties)
    label = components(len(comparisons.items), counts.first, counts.second)
    search = _Search(counts, Layout.of(label, 1), tie_prior_scale, with_ties, tolerance)
    if prior_scale == "evidence":
        optimum = search.best_prior(n_iterations)
    else:
        optimum = search.optimum(prior_scale, None, n_iterations)
    return optimum.model(comparisons)


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What stays the same while the optimum is looked for."""

    counts: PairCounts
    layout: Layout
    tie_prior_scale: float
    with_ties: bool
    tolerance: float

    def loss(self, strengths: Floats, tie: float, prior_scale: float) -> float:
        """Negative log posterior without the constants of the priors."""
        counts = self.counts
        odds = strengths[counts.first] - strengths[counts.second]
        normaliser = np.logaddexp(odds / 2, -odds / 2)
        fit = (counts.first_better - counts.second_better) @ odds / 2
        if self.with_ties:
            normaliser = np.logaddexp(normaliser, tie)
            fit += counts.tied.sum() * tie - tie**2 / (2 * self.tie_prior_scale**2)
        penalty = strengths @ strengths / (2 * prior_scale**2)
        return float(counts.total @ normaliser - fit + penalty)

    def point(self, strengths: Floats, tie: float, prior_scale: float) -> "_Point":
        """Everything of first and second order at one place."""
        counts = self.counts
        odds = strengths[counts.first] - strengths[counts.second]
        tie_log_weight = tie if self.with_ties else -np.inf
        shares = davidson(odds, tie_log_weight)
        curvature, mixed, tie_curvature = (counts.total * part for part in information(shares))
        excess = (counts.first_better - counts.second_better) / 2
        excess -= counts.total * (shares[:, 0] - shares[:, 2]) / 2
        diagonal = to_items(counts, curvature, curvature) + prior_scale**-2
        hessian = BlockMatrix.assemble(
            self.layout,
            diagonal[:, None, None],
            counts.first,
            counts.second,
            -curvature[:, None, None],
        )
        hold_levels(hessian)
        return _Point(
            search=self,
            strengths=strengths,
            tie=tie,
            prior_scale=prior_scale,
            score=to_items(counts, excess, -excess) - strengths * prior_scale**-2,
            tie_score=float(
                (counts.tied - counts.total * shares[:, 1]).sum() - tie / self.tie_prior_scale**2
            ),
            hessian=hessian,
            mixed=to_items(counts, mixed, -mixed),
            tie_hessian=float(tie_curvature.sum() + self.tie_prior_scale**-2),
        )

    def optimum(self, prior_scale: float, start: "_Point | None", n_iterations: int) -> "_Point":
        """Newton's method from `start`, halving a step that does not go down enough."""
        tolerance = self.tolerance * max(1.0, float(self.counts.total.sum()) / 1e6)
        if start is None:
            point = self.point(np.zeros(self.counts.n_items), 0.0, prior_scale)
        else:
            point = self.point(start.strengths, start.tie, prior_scale)
        for _ in range(n_iterations):
            if point.largest_score <= tolerance:
                return point
            point = self._go_down(point)
        if point.largest_score <= tolerance:
            return point
        raise NotConvergedError(point.largest_score, tolerance, n_iterations)

    def _go_down(self, point: "_Point") -> "_Point":
        step, tie_step = point.newton_step()
        slope = float(step @ point.score) + tie_step * point.tie_score
        here = self.loss(point.strengths, point.tie, point.prior_scale)
        length = 1.0
        # Below this slope the loss cannot tell the points apart; a whole step is right there.
        while slope > 1e-9 * (1 + abs(here)) and length > SHORTEST_STEP:
            there = self.loss(
                point.strengths + length * step, point.tie + length * tie_step, point.prior_scale
            )
            if there <= here - 1e-4 * length * slope:
                break
            length /= 2
        return self.point(
            point.strengths + length * step, point.tie + length * tie_step, point.prior_scale
        )

    def best_prior(self, n_iterations: int) -> "_Point":
        """The optimum under the prior scale with the highest evidence."""
        # The evidence is flat at the optimum: a thousandth of a win moves it by next to nothing.
        rough = replace(self, tolerance=max(self.tolerance, 1e-3))
        latest = rough.optimum(SCALE_MEDIAN, None, n_iterations)

        def unlikeliness(log_scale: float) -> float:
            nonlocal latest
            latest = rough.optimum(exp(log_scale), latest, n_iterations)
            belief = (log_scale - log(SCALE_MEDIAN)) / SCALE_LOG_SPREAD
            return belief**2 / 2 - latest.log_evidence()

        found = minimize_scalar(
            unlikeliness, bounds=np.log(SCALE_RANGE), method="bounded", options={"xatol": 0.02}
        )
        return self.optimum(exp(found.x), latest, n_iterations)


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """One place in the space of strengths and log tie weight, with slopes and curvature there."""

    search: _Search
    strengths: Floats
    tie: float
    prior_scale: float
    score: Floats
    tie_score: float
    hessian: BlockMatrix
    mixed: Floats
    tie_hessian: float

    @property
    def largest_score(self) -> float:
        largest = float(np.abs(self.score).max())
        return max(largest, abs(self.tie_score)) if self.search.with_ties else largest

    def newton_step(self) -> tuple[Floats, float]:
        """Solve with the bordered Hessian; blocks of strengths, one border for the ties."""
        sides = np.stack([self.score, self.mixed], axis=1)[:, None, :]
        plain, along = self.hessian.solve(sides)[:, 0, :].T
        if not self.search.with_ties:
            return plain, 0.0
        remaining = self.tie_hessian - float(self.mixed @ along)
        tie_step = (self.tie_score - float(self.mixed @ plain)) / remaining
        return plain - tie_step * along, tie_step

    def log_evidence(self) -> float:
        """Laplace approximation of log p(data | prior scale), constants left out."""
        n_items, n_components = len(self.strengths), len(self.search.layout.sizes)
        prior_precision = self.prior_scale**-2
        determinant = self.hessian.log_determinant()
        determinant -= n_components * log1p(LEVEL_PRECISION / prior_precision)
        if self.search.with_ties:
            _, tie_variance = tie_direction(self.hessian, self.mixed[:, None], self.tie_hessian)
            determinant -= log(tie_variance)
        loss = self.search.loss(self.strengths, self.tie, self.prior_scale)
        return -loss - n_items * log(self.prior_scale) - determinant / 2

    def model(self, comparisons: Comparisons) -> BradleyTerry:
        """Turn the optimum into a model; the level of each component is taken out."""
        layout, with_ties = self.search.layout, self.search.with_ties
        covariance, tie_variance = invert(
            self.hessian, self.mixed[:, None], self.tie_hessian, with_ties=with_ties
        )
        release_levels(covariance, self.prior_scale**-2)
        means = np.bincount(layout.component, self.strengths) / layout.sizes
        return BradleyTerry(
            items=comparisons.items,
            prompts=comparisons.prompts,
            strengths=self.strengths - means[layout.component],
            covariance=covariance,
            prior_scale=self.prior_scale,
            tie_log_weight=self.tie if with_ties else -np.inf,
            tie_variance=tie_variance,
        )


def _check_determined(
    comparisons: Comparisons,
    prior_scale: float | Literal["evidence"],
    tie_prior_scale: float,
    *,
    with_ties: bool,
) -> None:
    """Without a prior, the data must determine the strengths (Ford 1957) and the tie weight."""
    if prior_scale == np.inf and not strongly_connected(comparisons).all():
        raise NotDeterminedError(
            "Without a prior the strengths are not determined: some group of items always wins "
            "against the rest, or is never compared with it. Give a finite prior scale."
        )
    tied = comparisons.outcome == 0
    if with_ties and tie_prior_scale == np.inf and (tied.all() or not tied.any()):
        raise NotDeterminedError(
            "Without a prior the tie weight is not determined: all judgments are ties, or none is. "
            "Give a finite tie prior scale."
        )
