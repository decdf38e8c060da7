"""Bradley-Terry with ties, grades, weights and covariates: maximum a posteriori at any size."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from core.blocks import Layout
from core.bradley_terry import Effects, Thresholds
from core.comparison_graph import strongly_connected
from core.curvature import centred
from core.errors import NoComparisonsError
from core.estimates import NotDeterminedError
from core.fitting.averaged import climb_to_mean, matters
from core.fitting.evidence import likeliest_prior
from core.fitting.kernels import join
from core.fitting.likelihood import GAMMA_SHAPE, Davidson, Graded, Likelihood
from core.fitting.newton import JUDGMENTS_AT_TOLERANCE, LOOSEST, Place, find_optimum
from core.fitting.options import read_options
from core.fitting.rows import Rows
from core.judgment import Comparisons, Floats, Indices, PairCounts
from core.models import BradleyTerry

#: A log-odds of the smoothed win rate is about this share of the strength that it stands for.
START_SHARE = 1.15
#: Where the search for the prior scale may begin.
FIRST_SCALES = (0.3, 3.0)
TieModel = Literal["davidson", "rao_kupper"]
#: Which normal stands for the posterior.
Approximation = Literal["laplace", "variational"]
#: Change of a standard deviation, nats, that matters to the prior scale, and to a fit.
ROUGH_DEVIATION, DEVIATION = 1e-2, 1e-3


def fit_bradley_terry(
    comparisons: Comparisons,
    *,
    prior_scale: float | Literal["evidence"] = "evidence",
    tie_prior_scale: float = 3.0,
    ties: bool | None = None,
    tie_model: TieModel = "davidson",
    margins: Indices | None = None,
    weights: Floats | None = None,
    covariates: Mapping[str, Floats] | None = None,
    covariate_prior_scale: float = 3.0,
    approximation: Approximation = "variational",
    start: BradleyTerry | None = None,
    tolerance: float = 1e-8,
    n_iterations: int = 100,
) -> BradleyTerry:
    r"""Fit one strength per item, and what is asked for beside, by maximum a posteriori.

    Without options it minimises, over pairs e = (i, j) with :math:`a_e, t_e, b_e` judgments for
    the first, tied and for the second, :math:`N_e` in all, and :math:`s_e = \theta_i - \theta_j`
    [1]_ [2]_

    .. math::
        \sum_e N_e \log\bigl(e^{s_e/2} + e^{-s_e/2} + e^{\eta}\bigr)
        - \tfrac{a_e - b_e}{2} s_e - t_e \eta
        + \frac{\|\theta\|^2}{2\sigma^2} + \frac{\eta^2}{2\sigma_t^2}

    a convex function, by Newton's method with steps from conjugate gradients, so that memory is
    the data and a few vectors. At the optimum the observed minus the expected wins of every item
    (a tie is half a win) are :math:`\theta_i / \sigma^2`, and the observed minus the expected
    ties :math:`\eta / \sigma_t^2`: the score equations, which are checked. The prior makes the
    optimum finite and unique whatever the data, and the strengths of a component sum to zero.

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
        :math:`\sigma_t`, nats, of the log tie weight around 0. Of a threshold, or of the distance
        between two, a third of it is the mode of the gamma prior with shape 2. Infinite: none.
    ties : bool or None
        Whether a tie can be given at all; None: whether any was.
    tie_model : "davidson" or "rao_kupper"
        Ties with a weight of their own, or where two strengths seem equal; see
        `core.fitting.likelihood`.
    margins : ndarray of int64, shape (n_comparisons,), or None
        How much better the better item was, 1 being the least; what stands beside a tie is not
        read. The answers then follow the cumulative logit, with ties as Rao and Kupper's.
    weights : ndarray, shape (n_comparisons,), or None
        How many judgments each counts as, at least 0.
    covariates : mapping of str to ndarrays, shape (n_comparisons,), or None
        What else moves the log-odds, said of the first item: for the side it stood on, +1 left,
        -1 right and 0 unknown; or first minus second of a length.
    covariate_prior_scale : float
        Standard deviation, nats, of what a covariate of typical size (root mean square) moves.
    approximation : "laplace" or "variational"
        Strengths and covariance of the normal at the mode of the posterior, or of the normal
        nearest to it (`core.fitting.averaged`), whose score equations hold on average over it.
        The second is what to foretell with: where judgments are few the mode and its evidence
        are too near to zero. Where they are many, or without a prior, both are the first.
    start : BradleyTerry or None
        An earlier fit to begin from. Items are known by id, effects by name: items may have come
        and gone since, and other options may have been used.
    tolerance : float
        Largest difference between the two sides of a score equation, in wins; times
        :math:`(m / 10^4)^5` where there are m > 10,000 judgments, at most 100,000. The
        default is far below a thousandth of a standard error at any size.
    n_iterations : int
        Newton steps before giving up.

    Returns
    -------
    BradleyTerry
        With the inverse Hessian (Laplace approximation) as covariance, computed when asked for.

    Raises
    ------
    NoComparisonsError
        If `comparisons` is empty.
    NotDeterminedError
        If the data do not determine a covariate's effect at all, or there is no prior and the
        data alone do not determine the strengths or what describes ties and grades.
    UnusableOptionError
        If weights, margins or covariates hold what cannot be used.
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
    options = read_options(comparisons, margins, weights, covariates)
    comparisons, options = options.without_weightless(comparisons)
    if prior_scale == np.inf:
        _check_strengths_determined(comparisons)
    graded = margins is not None or tie_model == "rao_kupper"
    if margins is None and graded and not ties:  # without ties it is Bradley-Terry
        graded = bool((comparisons.outcome == 0).any())
    rows = options.rows(comparisons, graded=graded)
    with_ties = rows.n_tied > 0 if ties is None else ties
    precision = (options.typical_sizes / covariate_prior_scale) ** 2
    likelihood: Likelihood
    if graded:
        rate = 3 * (GAMMA_SHAPE - 1) / tie_prior_scale
        likelihood = Graded(rows, options.n_grades, with_ties or rows.n_tied > 0, rate, precision)
    else:
        likelihood = Davidson(rows, with_ties, tie_prior_scale**-2, precision)
    _check_ties_determined(likelihood, tie_prior_scale)
    search = _Search(likelihood, layout_of(rows), tolerance, n_iterations, approximation)
    optimum = search.optimum(prior_scale, _Known.of(start, comparisons.items, options.names))
    return _model(optimum, comparisons.items, comparisons.prompts, options.names)


def fit_pair_counts(
    counts: PairCounts,
    items: tuple[str, ...],
    prompts: Indices,
    *,
    prior_scale: float | Literal["evidence"] = "evidence",
    tie_prior_scale: float = 3.0,
    ties: bool | None = None,
    approximation: Approximation = "variational",
    start: BradleyTerry | None = None,
    tolerance: float = 1e-8,
    n_iterations: int = 100,
) -> BradleyTerry:
    """Fit as `fit_bradley_terry` does to judgments that are added up by pair already.

    So that the judgments themselves never have to be in memory.

    Parameters
    ----------
    items, prompts
        As in `Comparisons`, both of length ``counts.n_items``.
    """
    rows = Rows.of_counts(counts)
    if rows.total == 0:
        raise NoComparisonsError
    if prior_scale == np.inf:
        _check_strengths_determined(counts.outcomes_once(items, prompts))
    with_ties = rows.n_tied > 0 if ties is None else ties
    likelihood = Davidson(rows, with_ties, tie_prior_scale**-2, np.empty(0))
    _check_ties_determined(likelihood, tie_prior_scale)
    search = _Search(likelihood, layout_of(rows), tolerance, n_iterations, approximation)
    optimum = search.optimum(prior_scale, _Known.of(start, items, ()))
    return _model(optimum, items, prompts, ())


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What stays the same while the optimum is looked for."""

    likelihood: Likelihood
    layout: Layout
    tolerance: float
    n_iterations: int
    approximation: Approximation

    def optimum(self, prior_scale: float | Literal["evidence"], known: "_Known | None") -> Place:
        first_scale = prior_scale
        if first_scale == "evidence":
            first_scale = known.model.prior_scale if known else np.inf
            if not np.isfinite(first_scale):
                first_scale = _first_scale(self.likelihood.rows)
        place = self._begin(first_scale**-2, known)
        excess = max(1.0, self.likelihood.rows.total / JUDGMENTS_AT_TOLERANCE)
        tolerance = self.tolerance * min(excess**5, LOOSEST)
        # The evidence is flat at the optimum: it hardly feels a thousandth of a win.
        roughly = partial(self._climb, max(tolerance, 1e-3))
        if prior_scale == "evidence":
            place = likeliest_prior(place, roughly)
        mode = self._climb(tolerance, place)
        if self.approximation == "laplace" or not matters(mode):
            return mode
        mean = mode
        if prior_scale == "evidence":
            mean = likeliest_prior(
                mode, lambda there: climb_to_mean(there, roughly, ROUGH_DEVIATION)
            )
        mean = climb_to_mean(mean, partial(self._climb, tolerance), DEVIATION)
        return replace(mean, likelihood=self.likelihood)

    def _climb(self, tolerance: float, place: Place) -> Place:
        return find_optimum(place, tolerance, self.n_iterations)

    def _begin(self, prior_precision: float, known: "_Known | None") -> Place:
        strengths, told = _rough_strengths(self.likelihood.rows)
        strengths *= told / np.where(told > 0, told + prior_precision, 1.0)
        further = self.likelihood.start()
        if known is not None:
            strengths, further = known.strengths(strengths), known.further(self.likelihood, further)
        middle = centred(self.layout, strengths)
        return Place.at(self.likelihood, self.layout, middle, further, prior_precision)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What an earlier fit says of the items and effects of this one."""

    model: BradleyTerry
    items: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(
        cls, start: BradleyTerry | None, items: tuple[str, ...], names: tuple[str, ...]
    ) -> "_Known | None":
        return None if start is None else cls(start, items, names)

    def strengths(self, guessed: Floats) -> Floats:
        """Of every item, shape (n_items,); as guessed where the earlier fit did not know it."""
        if self.model.items == self.items:
            return self.model.strengths
        index = {item: number for number, item in enumerate(self.model.items)}
        place = np.array([index.get(item, -1) for item in self.items], dtype=np.int64)
        return np.where(place >= 0, self.model.strengths[place], guessed)

    def further(self, likelihood: Likelihood, guessed: Floats) -> Floats:
        """Ties and grades where they were described in the same way, and effects; (n_further,)."""
        own = own_parameters(self.model)
        n_own = len(guessed) - len(self.names)
        alike = isinstance(likelihood, Graded) == bool(len(self.model.thresholds.values))
        effects = dict(zip(self.model.effects.names, self.model.effects.values, strict=True))
        known = [effects.get(name, 0.0) for name in self.names]
        return np.hstack([own if alike and len(own) == n_own else guessed[:n_own], known])


def _rough_strengths(rows: Rows) -> tuple[Floats, Floats]:
    """What the win rates say, and about how precisely; shapes (n_items,)."""
    share = (rows.wins + 0.5) / (rows.n_judged + 1)
    # A judgment between items that are not far apart tells about a fifth.
    return START_SHARE * np.log(share / (1 - share)), rows.n_judged / 5


def _first_scale(rows: Rows) -> float:
    """The spread of win rates less what chance adds to it: where to look for the scale."""
    strengths, told = _rough_strengths(rows)
    strengths, told = strengths[told > 0], told[told > 0]
    spread = float(strengths.var() - (1 / told).mean())
    return float(np.clip(np.sqrt(max(spread, 0.0)), *FIRST_SCALES))


def layout_of(rows: Rows) -> Layout:
    """The groups of items that the rows connect."""
    label = np.arange(rows.n_items, dtype=np.int32)
    join(rows.first, rows.second, label)
    # Each component bears the number of its least item; number them without gaps.
    numbers = np.cumsum(label == np.arange(rows.n_items)) - 1
    return Layout.of(numbers[label], 1, dense=False)


def further_parameters(model: BradleyTerry) -> Floats:
    """The further parameters of a fitted model, as its likelihood knows them."""
    return np.hstack([own_parameters(model), model.effects.values])


def own_parameters(model: BradleyTerry) -> Floats:
    """What describes ties and grades: the log tie weight, or distances between cutpoints."""
    cuts = model.thresholds.values
    if len(cuts):
        gaps: Floats = np.diff(cuts, prepend=0.0)[0 if cuts[0] > 0 else 1 :]
        return gaps
    return np.full(int(np.isfinite(model.tie_log_weight)), model.tie_log_weight)


def _model(
    place: Place, items: tuple[str, ...], prompts: Indices, names: tuple[str, ...]
) -> BradleyTerry:
    """Turn the optimum into a model; the level of each component is taken out."""
    likelihood, n_own = place.likelihood, len(place.further) - len(names)
    covariance = place.covariance()
    further, shared = covariance.further, covariance.shared
    thresholds, tie, tie_variance = Thresholds.none(), -np.inf, 0.0
    if isinstance(likelihood, Graded):
        thresholds = _thresholds(likelihood, place.further, further, shared)
        cut = thresholds.values[0]
        if cut > 0:
            tie = float(np.log(np.expm1(cut)))
            tie_variance = float(thresholds.covariance[0, 0] / np.expm1(-cut) ** 2)
    elif n_own:
        tie, tie_variance = float(place.further[0]), float(further[0, 0])
    return BradleyTerry(
        items=items,
        prompts=prompts,
        strengths=centred(place.layout, place.strengths),
        covariance=covariance,
        prior_scale=place.prior_precision**-0.5 if place.prior_precision else np.inf,
        tie_log_weight=tie,
        tie_variance=tie_variance,
        thresholds=thresholds,
        effects=Effects(
            names,
            place.further[n_own:],
            further[n_own:, n_own:],
            1 / likelihood.covariate_precision,
        ),
    )


def _thresholds(
    likelihood: Graded, further: Floats, covariance: Floats, shared: Floats
) -> Thresholds:
    """From distances between cutpoints to cutpoints, the first of which may be held at 0."""
    n_gaps, n_grades = likelihood.n_gaps, likelihood.n_grades
    sums = np.tril(np.ones((n_grades, n_grades)))[:, n_grades - n_gaps :]
    return Thresholds(
        likelihood.cutpoints(further[:n_gaps]),
        sums @ covariance[:n_gaps, :n_gaps] @ sums.T,
        shared[:, :n_gaps] @ sums.T,
    )


def _check_strengths_determined(comparisons: Comparisons) -> None:
    """Without a prior, the data alone must determine the strengths (Ford 1957)."""
    if not strongly_connected(comparisons).all():
        raise NotDeterminedError(
            "Without a prior the strengths are not determined: some group of items always wins "
            "against the rest, or is never compared with it. Give a finite prior scale."
        )


def _check_ties_determined(likelihood: Likelihood, tie_prior_scale: float) -> None:
    """Without a prior on them, ties and grades must all have been given, and not alone."""
    if tie_prior_scale < np.inf:
        return
    rows = likelihood.rows
    if likelihood.with_ties and not 0 < rows.n_tied < rows.total:
        raise NotDeterminedError(
            "Without a prior the tie weight is not determined: all judgments are ties, or none is. "
            "Give a finite tie prior scale."
        )
    if isinstance(likelihood, Graded):
        given = np.unique(np.abs(rows.category))
        if np.setdiff1d(np.arange(1, likelihood.n_grades + 1), given).size:
            raise NotDeterminedError(
                "Without a prior the distances between grades are not determined: some grade was "
                "never given. Give a finite tie prior scale, or number the grades without gaps."
            )
