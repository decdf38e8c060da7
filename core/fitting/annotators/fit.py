"""Strengths, and how annotators differ: maximum marginal likelihood by expectation-maximisation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp, log
from typing import Literal

import numpy as np

from core.annotator_models import AnnotatorModel, Population
from core.annotator_spread import BELIEVED_PEOPLE, BELIEVED_SD, spread_information
from core.blocks import BlockMatrix, Layout
from core.comparison_graph import components
from core.errors import NoComparisonsError, NotConvergedError
from core.fitting.annotators.covariance import Precisions, joint_covariance
from core.fitting.annotators.likelihood import Expectation, Sheets, add_up, expect, modes
from core.fitting.annotators.recognise import recognise
from core.fitting.bradley_terry import fit_bradley_terry
from core.fitting.laplace import LEVEL_PRECISION, hold_levels
from core.judgment import Comparisons, Floats, Indices

#: What is believed about the prior scale of strengths before any data: log-normal.
SCALE_MEDIAN, SCALE_LOG_SPREAD = 1.5, 1.0
#: Prior of the mean log threshold: at its median a tie between equals has probability 0.24.
LOG_THRESHOLD, LOG_THRESHOLD_SD = -0.7, 1.5
#: The fit stops when nothing moves by more, nats; the second where annotators are all alike.
LEAST_MOVE, LEAST_MOVE_ALIKE = 1e-3, 1e-6
LARGEST_MOVE = 3.0

Report = Callable[[str, int, int], None]
Spread = tuple[float, float] | Literal["estimated"]


def fit_annotators(
    comparisons: Comparisons,
    *,
    seed: int = 0,
    report: Report | None = None,
    spread: Spread = "estimated",
    prior_scale: float | Literal["evidence"] = "evidence",
    ties: bool | None = None,
    n_iterations: int = 200,
    suspicions: bool = True,
) -> AnnotatorModel:
    r"""Fit strengths, a scale and a tie threshold per annotator, and how those vary.

    Judgment n of the pair (i, j) by annotator k follows Rao and Kupper's model of ties [1]_ with
    log-odds :math:`c_k (\theta_i - \theta_j)` and threshold :math:`e^{\tau_k}`, where

    .. math::
        c_k \sim N(1, \sigma_c^2), \quad \tau_k \sim N(\mu, \sigma_\tau^2), \quad
        \theta_i \sim N(0, \sigma^2)

    Each annotator is integrated out by adaptive Gauss-Hermite quadrature, as persons are in item
    response theory [2]_; :math:`\theta, \mu, \sigma_c, \sigma_\tau` maximise what is left, by
    Newton steps and by expectation-maximisation. The two standard deviations carry an inverse
    gamma prior worth two annotators with .3 and .5, :math:`\mu` a normal one. :math:`\sigma` has
    the log-normal prior of `fit_bradley_terry` and follows by expectation-maximisation, the
    strengths being normal around their optimum.

    Parameters
    ----------
    comparisons : Comparisons
        At least one judged pair.
    seed : int
        For the simulated honest annotators that suspicions are held against.
    report : callable or None
        Called with ("annotators", iterations done, most iterations).
    spread : tuple of two floats or "estimated"
        Standard deviations of scale and log threshold; (0, 0): the plain model of Rao and Kupper.
    prior_scale : float or "evidence"
        :math:`\sigma`, nats, finite.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was. Without ties the model is
        Bradley-Terry with a scale per annotator.
    suspicions : bool
        Whether to say who looks careless or inverted.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotConvergedError
        If the fit still moves after `n_iterations`.

    References
    ----------
    .. [1] Rao and Kupper, JASA 62(317), 1967.
    .. [2] Bock and Aitkin, "Marginal maximum likelihood estimation of item parameters:
       application of an EM algorithm", Psychometrika 46(4), 1981.
    """
    if len(comparisons) == 0:
        raise NoComparisonsError
    search = _Search.of(comparisons, spread, prior_scale, ties=ties)
    place, expected, odds = search.optimum(search.start(comparisons), n_iterations, report)
    model = _model(comparisons, search, place, expected)
    if not suspicions or spread == (0, 0):
        return model
    return replace(model, suspicions=recognise(search.sheets, odds, model, seed=seed))


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Everything that is looked for, the annotators' modes, and the variance (n,) of the odds."""

    strengths: Floats
    prior_scale: float
    population: Population
    deviation: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What stays the same while the optimum is looked for."""

    sheets: Sheets
    layout: Layout
    n_items: int
    pair: Indices
    pair_first: Indices
    pair_second: Indices
    ties: bool
    spread: Spread
    free_prior: bool
    prior_scale: float

    @classmethod
    def of(
        cls,
        comparisons: Comparisons,
        spread: Spread,
        prior_scale: float | Literal["evidence"],
        *,
        ties: bool | None,
    ) -> "_Search":
        sheets, n_items = Sheets.of(comparisons), len(comparisons.items)
        keys, pair = np.unique(sheets.first * n_items + sheets.second, return_inverse=True)
        label = components(n_items, comparisons.first, comparisons.second)
        return cls(
            sheets=sheets,
            layout=Layout.of(label, 1),
            n_items=n_items,
            pair=pair,
            pair_first=keys // n_items,
            pair_second=keys % n_items,
            ties=bool((comparisons.outcome == 0).any()) if ties is None else ties,
            spread=spread,
            free_prior=prior_scale == "evidence",
            prior_scale=SCALE_MEDIAN if prior_scale == "evidence" else prior_scale,
        )

    @property
    def alike(self) -> bool:
        """Whether annotators cannot differ."""
        return self.spread == (0, 0)

    def start(self, comparisons: Comparisons) -> _Place:
        prior: float | Literal["evidence"] = "evidence" if self.free_prior else self.prior_scale
        plain = fit_bradley_terry(
            comparisons, prior_scale=prior, ties=self.ties, approximation="laplace"
        )
        sd = BELIEVED_SD if self.spread == "estimated" else self.spread
        population = Population(*sd, LOG_THRESHOLD, self.ties)
        deviation = np.zeros((len(self.sheets.people), 2))
        variance = np.zeros(len(self.sheets.person))
        return _Place(plain.strengths, plain.prior_scale, population, deviation, variance)

    def optimum(
        self, place: _Place, n_iterations: int, report: Report | None
    ) -> tuple[_Place, Expectation, Floats]:
        """Move until nothing changes; also return what is expected there, and the odds."""
        step, least = np.inf, LEAST_MOVE_ALIKE if self.alike else LEAST_MOVE
        for number in range(n_iterations):
            if report is not None:
                report("annotators", number, n_iterations)
            expected, place = self.expect(place, n_steps=4 if number == 0 else 2)
            if step < least:
                return place, expected, self.odds(place.strengths)
            place, step = self.move(place, expected)
        raise NotConvergedError(step, least, n_iterations)

    def odds(self, strengths: Floats) -> Floats:
        return strengths[self.sheets.first] - strengths[self.sheets.second]

    def expect(self, place: _Place, n_steps: int) -> tuple[Expectation, _Place]:
        odds = self.odds(place.strengths)
        if self.alike:
            return expect(self.sheets, odds, place.population, None), place
        around = modes(self.sheets, odds, place.population, place.deviation, n_steps)
        expected = expect(self.sheets, odds, place.population, around, variance=place.variance)
        return expected, replace(place, deviation=around[0])

    def move(self, place: _Place, expected: Expectation) -> tuple[_Place, float]:
        """One Newton step for the strengths, one for the population; the largest of their moves."""
        precision = place.prior_scale**-2
        hessian = self.hessian(expected.curvature, precision)
        score = self.to_items(expected.score) - place.strengths * precision
        sides = np.stack([score, self.to_items(expected.mixed)], axis=1)[:, None, :]
        step, along = hessian.solve(sides)[:, 0, :].T
        population = place.population
        if self.ties and population.threshold_sd == 0:
            tie_step = self._tie_step(population, expected, step, along)
            step = step - tie_step * along
            population = replace(population, log_threshold=population.log_threshold + tie_step)
        if not self.alike:
            population = self._spread_out(population, expected)
        step = step / max(1.0, float(np.abs(step).max()) / LARGEST_MOVE)
        scale, covariance = place.prior_scale, hessian.inverse()
        if self.free_prior:
            scale = self._prior_scale(place.strengths + step, covariance, scale)
        moves = [
            float(np.abs(step).max()),
            abs(population.log_threshold - place.population.log_threshold),
            abs(log(scale / place.prior_scale)),
        ]
        strengths, variance = place.strengths + step, self._variance(covariance)
        return _Place(strengths, scale, population, place.deviation, variance), max(moves)

    def hessian(self, curvature: Floats, precision: float) -> BlockMatrix:
        """Curvature of the judgments (n,) added up by pair, with the prior; levels are held."""
        of_pair = add_up(self.pair, curvature, len(self.pair_first))
        diagonal = add_up(self.pair_first, of_pair, self.n_items) + precision
        diagonal += add_up(self.pair_second, of_pair, self.n_items)
        hessian = BlockMatrix.assemble(
            self.layout,
            diagonal[:, None, None],
            self.pair_first,
            self.pair_second,
            -of_pair[:, None, None],
        )
        hold_levels(hessian)
        return hessian

    def to_items(self, values: Floats) -> Floats:
        """Add up (n,) by item, the first's as they are and the second's with the other sign."""
        sums = add_up(self.sheets.first, values, self.n_items)
        return sums - add_up(self.sheets.second, values, self.n_items)

    def _tie_step(
        self, population: Population, expected: Expectation, plain: Floats, along: Floats
    ) -> float:
        score = expected.tie_score
        score -= (population.log_threshold - LOG_THRESHOLD) / LOG_THRESHOLD_SD**2
        mixed = self.to_items(expected.mixed)
        remaining = expected.tie_curvature + LOG_THRESHOLD_SD**-2 - float(mixed @ along)
        if remaining < expected.safe_tie_curvature / 10:
            remaining = expected.safe_tie_curvature + LOG_THRESHOLD_SD**-2
        return float(np.clip((score - float(mixed @ plain)) / remaining, -1, 1))

    def _spread_out(self, population: Population, expected: Expectation) -> Population:
        """Newton steps for mean and spread, with Louis' observed information.

        With posterior mean m and variance v of a person's deviation, the scores in the mean and
        in the log standard deviation are m / sd and m² + v - 1, the information (1 - v) / sd² and
        what `core.annotator_spread.spread_information` gives.
        """
        n_people = len(self.sheets.people)
        mean, variance = expected.mean, np.diagonal(expected.covariance, axis1=1, axis2=2)
        sd = np.array([population.scale_sd, population.threshold_sd])
        log_threshold = population.log_threshold
        if self.ties and sd[1] > 0:
            belief = LOG_THRESHOLD_SD**-2
            score = mean[:, 1].sum() / sd[1] - (log_threshold - LOG_THRESHOLD) * belief
            known = max(float((1 - variance[:, 1]).sum()), n_people / 10) / sd[1] ** 2
            log_threshold += float(np.clip(score / (known + belief), -0.5, 0.5))
        if self.spread == "estimated":
            pull = BELIEVED_PEOPLE * (np.array(BELIEVED_SD) / sd) ** 2
            score = (mean**2 + variance - 1).sum(axis=0) + pull - BELIEVED_PEOPLE
            known = np.maximum(spread_information(mean, variance), n_people / 5) + 2 * pull
            sd = sd * np.exp(np.clip(score / known, -0.5, 0.5))
        return Population(float(sd[0]), float(sd[1]), float(log_threshold), population.ties)

    def _variance(self, covariance: BlockMatrix) -> Floats:
        """Of the odds of each judgment, annotators taken as known; shape (n,)."""
        first, second = self.pair_first, self.pair_second
        own = covariance.between(first, first) + covariance.between(second, second)
        of_pair: Floats = (own - 2 * covariance.between(first, second))[:, 0, 0]
        return of_pair[self.pair]

    def _prior_scale(self, strengths: Floats, covariance: BlockMatrix, scale: float) -> float:
        """Maximise the expected log density of normal strengths, times the log-normal prior."""
        precision = scale**-2
        trace = float(covariance.between(*[np.arange(self.n_items)] * 2).sum())
        levels = len(self.layout.sizes)
        trace += levels * (1 / precision - 1 / (precision + LEVEL_PRECISION))
        square = float(strengths @ strengths) + trace
        value = log(scale)
        for _ in range(20):
            belief = (value - log(SCALE_MEDIAN)) / SCALE_LOG_SPREAD**2
            slope = square * exp(-2 * value) - self.n_items - belief
            bend = 2 * square * exp(-2 * value) + SCALE_LOG_SPREAD**-2
            value += float(np.clip(slope / bend, -1, 1))
        return exp(value)


def _model(
    comparisons: Comparisons, search: _Search, place: _Place, expected: Expectation
) -> AnnotatorModel:
    sheets, layout = search.sheets, search.layout
    covariance = joint_covariance(
        sheets,
        layout,
        search.odds(place.strengths),
        place.population,
        deviation=expected.mean,
        precisions=Precisions(place.prior_scale**-2, LOG_THRESHOLD_SD**-2),
    )
    means = np.bincount(layout.component, place.strengths) / layout.sizes
    return AnnotatorModel(
        items=comparisons.items,
        prompts=comparisons.prompts,
        strengths=place.strengths - means[layout.component],
        covariance=covariance,
        prior_scale=place.prior_scale,
        population=place.population,
        annotators=sheets.people,
        n_judgments=sheets.n_judgments,
        deviation=expected.mean,
        deviation_covariance=expected.covariance,
        suspicions=None,
    )
