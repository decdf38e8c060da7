"""The normal nearest to the posterior of strengths, in place of the one at its mode."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from core.fitting.likelihood import Likelihood, Slopes
from core.fitting.newton import Place
from core.fitting.rows import Rows
from core.judgment import Floats

#: Gauss-Hermite nodes where no log-odds is less certain than this (nats), and else.
FEW_NODES, CERTAIN, MANY_NODES = 5, 0.7, 15
#: Mean variance of the judged log-odds, nats squared, below which mode and mean are the same for
#: every purpose: foretold probabilities differ by a thousandth.
MATTERS = 0.1
#: Rounds until the deviations of the judged log-odds stand still, which they do after a few.
MAX_ROUNDS = 50

Climb = Callable[[Place], Place]


@dataclass(frozen=True, slots=True, eq=False)
class Averaged:
    """A likelihood with slopes and curvature averaged over log-odds that are normal.

    Attributes
    ----------
    alone : Likelihood
    moved : Likelihood
        The same of the rows at every node.
    """

    alone: Likelihood
    moved: Likelihood

    @classmethod
    def of(cls, alone: Likelihood, deviation: Floats) -> "Averaged":
        """Average each row over a normal with this standard deviation, nats; shape (n_rows,)."""
        certain = deviation.max(initial=0.0) <= CERTAIN
        nodes, weights = hermegauss(FEW_NODES if certain else MANY_NODES)
        rows = alone.rows.spread(nodes, weights / weights.sum(), deviation)
        return cls(alone, alone.over(rows))

    @property
    def rows(self) -> Rows:
        return self.alone.rows

    @property
    def with_ties(self) -> bool:
        return self.alone.with_ties

    @property
    def covariate_precision(self) -> Floats:
        return self.alone.covariate_precision

    def over(self, rows: Rows) -> Likelihood:
        return self.alone.over(rows)

    def start(self) -> Floats:
        return self.alone.start()

    def longest_step(self, further: Floats, step: Floats) -> float:
        return self.alone.longest_step(further, step)

    def slopes(self, strengths: Floats, further: Floats, *, by_row: bool = True) -> Slopes:
        slopes = self.moved.slopes(strengths, further, by_row=by_row)
        if len(slopes.curvature) == 0:
            return slopes
        by_node = slopes.curvature.reshape(-1, len(self.rows.first))
        return replace(slopes, curvature=by_node.sum(axis=0))


def matters(place: Place) -> bool:
    """Whether so little is known of the judged log-odds that mode and mean differ.

    The variance of each is taken to be that of its two strengths, all others being known.
    """
    if place.prior_precision == 0:
        return False
    rows = place.likelihood.rows
    return float((rows.n_judged / place.slopes.diagonal).sum()) >= MATTERS * rows.total


def climb_to_mean(start: Place, climb: Climb, accuracy: float) -> Place:
    r"""The normal with the least Kullback-Leibler divergence to the posterior [1]_.

    Of all normals with mean m and covariance C the one that is nearest to the posterior has

    .. math::
        E\Bigl[\frac{\partial \log p}{\partial \theta}\Bigr] = 0, \qquad
        C^{-1} = -E\Bigl[\frac{\partial^2 \log p}{\partial \theta^2}\Bigr],

    the expectations being over itself: the score equations and the curvature of the mode,
    averaged. The likelihood of a judgment depends on its log-odds alone, so that these are
    averages over one normal for each row. In turns m is found for the variances of the rows,
    which is a concave problem again, and the variances for m. The mode lies nearer to
    zero than the mean, and its curvature and evidence take the prior for narrower than it is, the
    more so the fewer judgments there are: by half where items have one or two.

    Parameters
    ----------
    start : Place
        An optimum, or one of the same rows under another prior.
    climb : callable
        Finds the optimum from a place.
    accuracy : float
        Change of a standard deviation, nats, at which the turns end.

    Returns
    -------
    Place
        With an `Averaged` likelihood.

    References
    ----------
    .. [1] Opper and Archambeau, "The variational Gaussian approximation revisited", Neural
       Computation 21(3), 2009; for answers of two kinds: Nickisch and Rasmussen, "Approximations
       for binary Gaussian process classification", JMLR 9, 2008.
    """
    place, deviation = start, deviations(start)
    for _ in range(MAX_ROUNDS):
        place = climb(averaged_at(place, deviation))
        former, deviation = deviation, deviations(place)
        if np.abs(deviation - former).max(initial=0.0) <= accuracy:
            break
    return place


def averaged_at(place: Place, deviation: Floats) -> Place:
    """The same place with the likelihood averaged over these deviations."""
    return place.with_likelihood(Averaged.of(alone(place.likelihood), deviation))


def alone(likelihood: Likelihood) -> Likelihood:
    """The likelihood itself."""
    return likelihood.alone if isinstance(likelihood, Averaged) else likelihood


def deviations(place: Place) -> Floats:
    """Standard deviations of the log-odds of the rows, nats; shape (n_rows,)."""
    rows, covariance = place.likelihood.rows, place.covariance()
    first, second = rows.first.astype(np.int64), rows.second.astype(np.int64)
    variance = covariance.of_differences(first, second)
    n_effects = rows.covariates.shape[1]
    if n_effects:
        shared = covariance.shared[:, -n_effects:]
        with_items = shared[first] - shared[second]
        own = rows.covariates @ covariance.further[-n_effects:, -n_effects:]
        variance = variance + ((2 * with_items + own) * rows.covariates).sum(axis=1)
    deviation: Floats = np.sqrt(np.maximum(variance, 0.0))
    return deviation
