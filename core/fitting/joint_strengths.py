"""One fit of strengths to pairs, rankings, picks and thumbs together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any, Literal

import numpy as np
from scipy.optimize import minimize

from core.blocks import BlockMatrix, Layout
from core.errors import NoComparisonsError, NotConvergedError
from core.estimates import NotDeterminedError
from core.fitting.answers import Further, WorstChoice, read_answers
from core.fitting.joint_slopes import Part, Slopes
from core.joint_strengths import JointStrengths, Threshold, TieWeight
from core.judgment import Floats
from core.models import BradleyTerry
from core.rankings import AllAnswers, graph_of

#: What is believed about a prior scale before any data: log-normal, median and log spread.
SCALE_MEDIAN, SHIFT_MEDIAN, SCALE_LOG_SPREAD = 1.5, 1.0, 1.0
SCALE_RANGE = (0.02, 20.0)
SHORTEST_STEP = 1e-6
#: Of weights of ties and of the threshold, nats.
OTHER_PRIOR_SCALE = 3.0
TOLERANCE, N_ITERATIONS = 1e-8, 100


def fit_strengths(
    answers: AllAnswers,
    *,
    prior_scale: float | Literal["evidence"] = "evidence",
    annotator_scale: float | Literal["evidence"] | None = "evidence",
    worst_choice: WorstChoice = "last",
    tie_prior_scale: float = OTHER_PRIOR_SCALE,
    threshold_prior_scale: float = OTHER_PRIOR_SCALE,
    tolerance: float = TOLERANCE,
    n_iterations: int = N_ITERATIONS,
) -> JointStrengths:
    r"""Fit one strength per item to all answers by maximum a posteriori.

    Maximises the sum of the log-likelihoods of the answers - pairs by Bradley-Terry with
    Davidson's ties, `Races`, `Menus`, `Picks`, `Thumbs` - and the log of the priors

    .. math::
        \theta_i \sim N(0, \sigma^2), \quad \delta_a \sim N(0, \sigma_a^2), \quad
        \eta_d \sim N(0, \sigma_t^2), \quad \tau - \bar\theta \sim N(0, \sigma_\tau^2)

    where :math:`\bar\theta` is the mean strength of the items that thumbs connect, so that
    the zero of the strengths means nothing. A concave function, maximised by Newton's method with
    halved steps; the score equations are checked. Strengths sum to zero in each component. With
    pairs alone it is `fit_bradley_terry`.

    A prior scale given as "evidence" maximises the Laplace approximation of the marginal
    likelihood times a log-normal (median 1.5 for σ and 1 for :math:`\sigma_a`, log spread 1).

    Parameters
    ----------
    answers : AllAnswers
        At least one answer that says something.
    prior_scale : float or "evidence"
        σ, nats.
    annotator_scale : float, "evidence" or None
        :math:`\sigma_a`, nats, of each annotator's shift of the threshold. None, or thumbs of one
        person only: one threshold for all.
    worst_choice : "last" or "reversed"
        Of best and worst. "last": the worst is the last of a ranking of which only the ends were
        asked for, so that strengths are those of the same people's pairs and rankings.
        "reversed": the worst is chosen by :math:`1 / \pi` from all that are left, or first from
        all and then the best [1]_; turning best and worst round turns the strengths round. For
        up to three items, best first, both are the same; beyond, the second sees more
        contrast: strengths of people who rank come out larger.
    tie_prior_scale, threshold_prior_scale : float
        :math:`\sigma_t` and :math:`\sigma_\tau`, nats.
    tolerance : float
        Largest difference between the two sides of a score equation, in answers; times the number
        of millions of answers where there are more than one.
    n_iterations : int
        Newton steps before giving up.

    Returns
    -------
    JointStrengths
        With the inverse Hessian (Laplace approximation) as covariance, the level of each
        component taken out.

    Raises
    ------
    NoComparisonsError
        If no answer compares anything.
    NotDeterminedError
        If a prior scale is not a positive number.
    NotConvergedError
        If the score equations do not hold after `n_iterations`.
    TooManyTiesError
        If ties occur in rankings of too many items.
    TooLargeError
        If too many items are connected for their covariance.

    References
    ----------
    .. [1] Marley and Louviere, "Some probabilistic models of best, worst, and best-worst
       choices", Journal of Mathematical Psychology 49(6), 2005.
    """
    scales = (prior_scale, annotator_scale, tie_prior_scale, threshold_prior_scale)
    _check_scales([scale for scale in scales if not isinstance(scale, str) and scale is not None])
    if answers.n.total == 0:
        raise NoComparisonsError
    further = Further.of(answers, with_shifts=annotator_scale is not None)
    fixed = np.full(further.n, tie_prior_scale)
    if further.threshold is not None:
        fixed[further.threshold] = threshold_prior_scale
    search = _Search.of(
        answers, further, fixed, worst_choice, tolerance=tolerance, n_iterations=n_iterations
    )
    scales_now = {"strengths": prior_scale, "shifts": annotator_scale}
    return search.best(scales_now).joint_strengths(answers)


def variances_from_answers(
    strengths: Floats, answers: AllAnswers, *, prior_scale: float, annotator_scale: float | None
) -> Floats:
    """Variances of strengths if these answers had been all, at strengths that are given.

    Ties and thresholds are as these answers have them beside the strengths. At the strengths that
    `fit_strengths` finds from the same answers they are its own variances.

    Parameters
    ----------
    strengths : ndarray, shape (n_items,)
    prior_scale, annotator_scale : float
        As `fit_strengths` has them; None: one threshold for all.
    """
    further = Further.of(answers, with_shifts=annotator_scale is not None)
    fixed = np.full(further.n, OTHER_PRIOR_SCALE)
    search = _Search.of(answers, further, fixed, "last")
    scales = _Scales(prior_scale, SHIFT_MEDIAN if annotator_scale is None else annotator_scale)
    variances: Floats = search.beside(strengths, scales).covariance().variances()[0]
    return variances


@dataclass(frozen=True, slots=True)
class _Scales:
    """Prior standard deviations of strengths and of annotators' shifts, nats."""

    strengths: float
    shifts: float


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What stays the same while the optimum is looked for."""

    parts: tuple[Part, ...]
    layout: Layout
    further: Further
    fixed_scales: Floats
    tolerance: float
    n_iterations: int

    @classmethod
    def of(
        cls, answers: AllAnswers, further: Further, fixed: Floats, worst: WorstChoice, **how: Any
    ) -> "_Search":
        return cls(
            parts=tuple(read_answers(answers, further, worst)),
            layout=Layout.of(graph_of(answers).component, 1),
            further=further,
            fixed_scales=fixed,
            tolerance=how.get("tolerance", TOLERANCE) * max(1.0, answers.n.total / 1e6),
            n_iterations=how.get("n_iterations", N_ITERATIONS),
        )

    def further_scales(self, scales: _Scales) -> Floats:
        """Prior standard deviations of the further parameters; shape (n_further,)."""
        all_scales = self.fixed_scales.copy()
        all_scales[self.further.n - len(self.further.annotators) :] = scales.shifts
        return all_scales

    def loss(self, strengths: Floats, further: Floats, scales: _Scales) -> float:
        """Negative log posterior without the constants of the priors."""
        fit = sum(part.log_likelihood(strengths, further) for part in self.parts)
        penalty = strengths @ strengths / (2 * scales.strengths**2)
        penalty += ((further / self.further_scales(scales)) ** 2).sum() / 2
        return float(penalty - fit)

    def point(self, strengths: Floats, further: Floats, scales: _Scales) -> "_Point":
        """Everything of first and second order at one place, as a function of centred strengths."""
        slopes = Slopes.zero(self.layout, self.further.n)
        for part in self.parts:
            part.add_slopes(slopes, strengths, further)
        precision, own = scales.strengths**-2, self.further_scales(scales) ** -2
        for items, blocks in self.layout.stacks(slopes.information):
            blocks[:] -= blocks.mean(axis=1, keepdims=True)
            blocks[:] -= blocks.mean(axis=2, keepdims=True)
            places = np.arange(items.shape[1])
            blocks[:, places, places] += precision
        return _Point(
            search=self,
            strengths=strengths,
            further=further,
            scales=scales,
            score=self._centred(slopes.score) - precision * strengths,
            further_score=slopes.further_score - own * further,
            hessian=BlockMatrix(self.layout, slopes.information),
            border=self._centred(slopes.border),
            further_hessian=slopes.further_information + np.diag(own),
        )

    def _centred(self, values: Floats) -> Floats:
        """Take the mean of each component out of values of shape (n_items, …)."""
        component, sizes = self.layout.component, self.layout.sizes
        sums = np.zeros((len(sizes), *values.shape[1:]))
        np.add.at(sums, component, values)
        means: Floats = (sums.T / sizes).T[component]
        return values - means

    def optimum(self, scales: _Scales, start: "_Point | None") -> "_Point":
        """Newton's method from `start`, halving a step that does not go down enough."""
        if start is None:
            strengths, further = np.zeros(len(self.layout.component)), np.zeros(self.further.n)
            point = self.point(strengths, further, scales)
        else:
            point = self.point(start.strengths, start.further, scales)
        for _ in range(self.n_iterations):
            if point.largest_score <= self.tolerance:
                return point
            point = self._go_down(point)
        if point.largest_score <= self.tolerance:
            return point
        raise NotConvergedError(point.largest_score, self.tolerance, self.n_iterations)

    def beside(self, strengths: Floats, scales: _Scales) -> "_Point":
        """The best further parameters beside strengths that stay as they are."""
        point = self.point(self._centred(strengths), np.zeros(self.further.n), scales)
        for _ in range(self.n_iterations):
            if np.abs(point.further_score).max(initial=0.0) <= self.tolerance:
                return point
            step = np.linalg.solve(point.further_hessian, point.further_score).astype(float)
            point = self._go_down(point, (np.zeros(len(strengths)), step))
        largest = float(np.abs(point.further_score).max())
        raise NotConvergedError(largest, self.tolerance, self.n_iterations)

    def _go_down(self, point: "_Point", steps: tuple[Floats, Floats] | None = None) -> "_Point":
        step, further_step = point.newton_step() if steps is None else steps
        slope = float(step @ point.score + further_step @ point.further_score)
        here = self.loss(point.strengths, point.further, point.scales)
        length = 1.0
        # Below this slope the loss cannot tell the points apart; a whole step is right there.
        while slope > 1e-9 * (1 + abs(here)) and length > SHORTEST_STEP:
            there = self.loss(
                point.strengths + length * step, point.further + length * further_step, point.scales
            )
            if there <= here - 1e-4 * length * slope:
                break
            length /= 2
        return self.point(
            point.strengths + length * step, point.further + length * further_step, point.scales
        )

    def best(self, scales: dict[str, float | Literal["evidence"] | None]) -> "_Point":
        """The optimum under the scales given, or under those with the highest evidence."""
        medians = {"strengths": SCALE_MEDIAN, "shifts": SHIFT_MEDIAN}
        if not self.further.annotators:
            scales = scales | {"shifts": SHIFT_MEDIAN}  # of nothing: any number will do
        given = {name: scale for name, scale in scales.items() if isinstance(scale, float | int)}
        free = [name for name in scales if name not in given]
        # The evidence is flat at the optimum: a thousandth of an answer moves it by nothing.
        rough = replace(self, tolerance=max(self.tolerance, 1e-3))
        latest: _Point | None = None

        def at(log_scales: Floats) -> _Scales:
            found = {name: exp(value) for name, value in zip(free, log_scales, strict=True)}
            return _Scales(**given, **found)

        def unlikeliness(log_scales: Floats) -> float:
            nonlocal latest
            latest = rough.optimum(at(log_scales), latest)
            beliefs = [
                (value - log(medians[name])) / SCALE_LOG_SPREAD
                for name, value in zip(free, log_scales, strict=True)
            ]
            return float(sum(belief**2 for belief in beliefs)) / 2 - latest.log_evidence()

        if not free:
            return self.optimum(at(np.empty(0)), None)
        found = minimize(
            unlikeliness,
            np.log([medians[name] for name in free]),
            method="Nelder-Mead",
            bounds=[tuple(np.log(SCALE_RANGE))] * len(free),
            options={"xatol": 0.01, "fatol": 1e-3},
        )
        return self.optimum(at(found.x), latest)


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """One place in the space of strengths and further parameters, with slopes and curvature."""

    search: _Search
    strengths: Floats
    further: Floats
    scales: _Scales
    score: Floats
    further_score: Floats
    hessian: BlockMatrix
    border: Floats
    further_hessian: Floats

    @property
    def largest_score(self) -> float:
        return float(np.abs(np.concatenate([self.score, self.further_score])).max())

    def _solved(self) -> tuple[Floats, Floats, Floats]:
        """A⁻¹ times the score, A⁻¹ times the border, and what is left of the further Hessian."""
        sides = np.hstack([self.score[:, None], self.border])[:, None, :]
        solved = self.hessian.solve(sides)[:, 0, :]
        along = solved[:, 1:]
        return solved[:, 0], along, self.further_hessian - self.border.T @ along

    def newton_step(self) -> tuple[Floats, Floats]:
        """Solve with the bordered Hessian; blocks of strengths, one border for all else."""
        plain, along, remaining = self._solved()
        right = self.further_score - self.border.T @ plain
        further_step: Floats = np.linalg.solve(remaining, right).astype(np.float64)
        return plain - along @ further_step, further_step

    def _shared(self) -> tuple[Floats, Floats]:
        """Strengths moved by each further parameter, and the covariance of these."""
        _, along, remaining = self._solved()
        covariance = np.linalg.inv((remaining + remaining.T) / 2)
        return -along, covariance.astype(np.float64)

    def log_evidence(self) -> float:
        """Laplace approximation of log p(data | prior scales), constants left out."""
        search, scales = self.search, self.scales
        _, further_covariance = self._shared()
        determinant = self.hessian.log_determinant()
        determinant -= float(np.linalg.slogdet(further_covariance)[1])
        priors = len(self.strengths) * log(scales.strengths)
        priors += float(np.log(search.further_scales(scales)).sum())
        return -search.loss(self.strengths, self.further, scales) - priors - determinant / 2

    def covariance(self) -> BlockMatrix:
        """Of the strengths; the level of each component is taken out."""
        along, further_covariance = self._shared()
        covariance = self.hessian.inverse()
        for items, blocks in covariance.layout.stacks(covariance.values):
            directions = along[items]
            blocks[:] += directions @ further_covariance @ directions.transpose(0, 2, 1)
            blocks[:] -= self.scales.strengths**2 / items.shape[1]
        return covariance

    def joint_strengths(self, answers: AllAnswers) -> JointStrengths:
        """Turn the optimum into what is kept."""
        further, scale = self.search.further, self.scales.strengths
        along, further_covariance = self._shared()
        shared, variances = along @ further_covariance, np.diagonal(further_covariance)
        tie = further.pair_tie
        model = BradleyTerry(
            items=answers.items,
            prompts=answers.prompts,
            strengths=self.strengths,
            covariance=self.covariance(),
            prior_scale=scale,
            tie_log_weight=-np.inf if tie is None else float(self.further[tie]),
            tie_variance=0.0 if tie is None else float(variances[tie]),
        )
        ties = tuple(
            TieWeight(size, float(self.further[place]), float(variances[place]))
            for place, size in enumerate(further.tie_sizes, start=further.first_ranking_tie)
        )
        threshold = self._threshold(shared, variances)
        return JointStrengths(model, ties, threshold, answers.n, graph_of(answers))

    def _threshold(self, shared: Floats, variances: Floats) -> Threshold | None:
        further = self.search.further
        place = further.threshold
        if place is None:
            return None
        return Threshold(
            value=float(self.further[place]),
            variance=float(variances[place]),
            shared=shared[:, place],
            annotators=further.annotators,
            shifts=self.further[place + 1 :],
            shift_variances=variances[place + 1 :],
            annotator_scale=self.scales.shifts if further.annotators else None,
        )


def _check_scales(scales: Sequence[float]) -> None:
    for scale in scales:
        if not 0 < scale < np.inf:
            raise NotDeterminedError(
                f"A prior scale is {scale}; it must be positive and finite, as answers of several "
                "kinds hardly ever determine everything without a prior."
            )
