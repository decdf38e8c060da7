"""What the judgments say about each annotator, given the strengths: quadrature, and no fitting."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.annotator_models import Population, grid, log_expm1
from core.judgment import Comparisons, Floats, Indices

#: Judgments handled at once: few enough for the processor's cache, many enough for numpy.
AT_ONCE = 8_192
#: Nodes on each axis. Five integrate polynomials of degree nine around the mode exactly.
N_NODES = 5
#: Smallest curvature, in units of the prior's, with which nodes are spread.
LEAST_CURVATURE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Sheets:
    """Judgments sorted by annotator, so that each annotator's lie together.

    Attributes
    ----------
    first, second, outcome, person : ndarray of int64, shape (n,)
        `person` counts from 0 without gaps.
    order : ndarray of int64, shape (n,)
        Where each judgment stands in the comparisons.
    people : ndarray of int64, shape (n_people,)
        The number of each person in the comparisons.
    starts : ndarray of int64, shape (n_people + 1,)
    """

    first: Indices
    second: Indices
    outcome: Indices
    person: Indices
    order: Indices
    people: Indices
    starts: Indices

    @classmethod
    def of(cls, comparisons: Comparisons) -> "Sheets":
        people, person = np.unique(comparisons.annotator, return_inverse=True)
        order = np.argsort(person, kind="stable")
        person = person[order]
        starts = np.searchsorted(person, np.arange(len(people) + 1))
        first, second = comparisons.first[order], comparisons.second[order]
        outcome = comparisons.outcome[order]
        return cls(first, second, outcome, person, order, people, starts)

    @property
    def n_judgments(self) -> Indices:
        """Of each person; shape (n_people,)."""
        return np.diff(self.starts)

    def portions(self) -> Iterator[tuple[slice, slice]]:
        """Slices of people and of their judgments, about `AT_ONCE` judgments each."""
        begin = 0
        while begin < len(self.people):
            enough = self.starts[begin] + AT_ONCE
            end = max(begin + 1, int(np.searchsorted(self.starts, enough, "right")) - 1)
            yield slice(begin, end), slice(int(self.starts[begin]), int(self.starts[end]))
            begin = end


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Log-likelihood of single judgments and its derivatives; arrays of one shape.

    In x, the log-odds times the scale, and in τ, the log threshold. The curvatures are the
    negative second derivatives; that in τ can be negative for ties between unequal items.
    """

    value: Floats
    x: Floats
    tau: Floats
    xx: Floats
    x_tau: Floats
    tau_tau: Floats


def slopes(x: Floats, threshold: Floats, outcome: Indices) -> Slopes:
    r"""Rao-Kupper log-likelihood and derivatives [1]_.

    With :math:`p = \sigma(x - t)`, :math:`q = \sigma(-x - t)` and :math:`t = e^\tau` the outcomes
    first, second and tie have probabilities p, q and :math:`(e^{2t} - 1)\,p\,q`.

    Parameters
    ----------
    x, threshold : ndarrays, shape (n, ...)
    outcome : ndarray of int64, shape (n,)
        +1, 0, -1.

    References
    ----------
    .. [1] Rao and Kupper, "Ties in paired-comparison experiments: a generalization of the
       Bradley-Terry model", JASA 62(317), 1967.
    """
    side = np.where(outcome < 0, -1.0, 1.0).reshape(-1, *[1] * (x.ndim - 1))
    value = -np.logaddexp(0.0, threshold - side * x)
    chosen = np.exp(value)
    missed = chosen * (1 - chosen)
    slope, in_t = side * (1 - chosen), chosen - 1
    xx, x_t, tt = missed.copy(), -side * missed, missed.copy()
    tied = np.flatnonzero(outcome == 0)
    if len(tied):
        t = threshold[tied]
        reverse = -np.logaddexp(0.0, t + x[tied])
        other = np.exp(reverse)
        spread = -np.expm1(-2 * t)
        value[tied] += reverse + log_expm1(2 * t)
        slope[tied] -= 1 - other
        in_t[tied] += other - 1 + 2 / spread
        xx[tied] += other * (1 - other)
        x_t[tied] += other * (1 - other)
        tt[tied] += other * (1 - other) + 4 * np.exp(-2 * t) / spread**2
    tau = threshold * in_t
    return Slopes(value, slope, tau, xx, threshold * x_t, threshold**2 * tt - tau)


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What is expected over the annotators' posteriors, given strengths and population.

    Deviations are in standard deviations of the population.

    Attributes
    ----------
    log_marginal : ndarray, shape (n_people,)
        Log-likelihood of each person's judgments, the person integrated out.
    mean, covariance : ndarrays, shapes (n_people, 2) and (n_people, 2, 2)
        Posterior moments of the deviations.
    score, curvature, mixed : ndarray, shape (n,)
        Expected derivatives of each judgment in its log-odds, and in those and the mean of τ.
    tie_score, tie_curvature, safe_tie_curvature : float
        Summed over judgments, in the mean of τ; the last leaves out what can be negative.
    """

    log_marginal: Floats
    mean: Floats
    covariance: Floats
    score: Floats
    curvature: Floats
    mixed: Floats
    tie_score: float
    tie_curvature: float
    safe_tie_curvature: float


def modes(
    sheets: Sheets, odds: Floats, population: Population, start: Floats, n_steps: int
) -> tuple[Floats, Floats]:
    """Most likely deviation of each person and its curvature, by damped Newton steps.

    Nodes are put around these places; a place that is a little off costs nodes, not truth.
    """
    place, (gradient, curvature) = start, _bend(sheets, odds, population, start)
    for _ in range(n_steps):
        move = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        length = np.linalg.norm(move, axis=1, keepdims=True)
        place = place + move / np.maximum(length, 1.0)
        gradient, curvature = _bend(sheets, odds, population, place)
    return place, curvature


def _bend(
    sheets: Sheets, odds: Floats, population: Population, place: Floats
) -> tuple[Floats, Floats]:
    """Gradient and curvature, not below `LEAST_CURVATURE`, of each person's log posterior."""
    person, n_people = sheets.person, len(sheets.people)
    sds = np.array([population.scale_sd, population.threshold_sd])
    scale, threshold = population.at(place)
    of = slopes(scale[person] * odds, threshold[person], sheets.outcome)
    slope = [add_up(person, part, n_people) for part in (odds * of.x, of.tau)]
    gradient = np.stack(slope, axis=1) * sds - place
    cross = odds * of.x_tau
    bends = (odds**2 * of.xx, cross, cross, np.maximum(of.tau_tau, 0.0))
    bend = np.stack([add_up(person, part, n_people) for part in bends], axis=1).reshape(-1, 2, 2)
    values, axes = np.linalg.eigh(np.eye(2) + bend * np.outer(sds, sds))
    kept = np.maximum(values, LEAST_CURVATURE)[:, None, :]
    return gradient, (axes * kept) @ axes.transpose(0, 2, 1)


def expect(
    sheets: Sheets,
    odds: Floats,
    population: Population,
    around: tuple[Floats, Floats] | None,
    *,
    variance: Floats | None = None,
    n_nodes: int = N_NODES,
) -> Expectation:
    r"""Integrate each annotator out by adaptive Gauss-Hermite quadrature [1]_.

    Parameters
    ----------
    odds : ndarray, shape (n,)
        Differences of strengths, nats.
    around : tuple of ndarrays or None
        Modes and curvatures from `modes`; None: the population has no variance.
    variance : ndarray, shape (n,), or None
        Of the odds; with it, the odds are integrated out to second order where annotators are
        weighed: each log-likelihood loses half its curvature times the variance. Without it
        strengths would shrink towards their prior and scales grow in return.

    References
    ----------
    .. [1] Pinheiro and Bates, "Approximations to the log-likelihood function in the nonlinear
       mixed-effects model", Journal of Computational and Graphical Statistics 4(1), 1995.
    """
    n_people = len(sheets.people)
    nodes = grid(1 if around is None else n_nodes, both=population.ties)
    place, curvature = around or (np.zeros((n_people, 2)), np.zeros((n_people, 2, 2)) + np.eye(2))
    reach = np.linalg.inv(np.linalg.cholesky(curvature)).transpose(0, 2, 1)
    variance = np.zeros(len(odds)) if variance is None else variance
    parts = [
        _expect_some(
            _Portion(sheets, odds, variance, population, group, rows),
            place[group, None, :] + nodes[0] @ reach[group].transpose(0, 2, 1),
            nodes,
        )
        for group, rows in sheets.portions()
    ]
    log_marginal, mean, covariance, per_judgment = (
        np.concatenate([part[k] for part in parts]) for k in range(4)
    )
    log_marginal += np.log(np.abs(reach[:, 0, 0] * reach[:, 1, 1]))
    if not population.ties:
        covariance[:, 1, 1] = 1.0  # as before any judgment
    score, bend, mixed = per_judgment.T
    in_ties = np.sum([part[4] for part in parts], axis=0)
    return Expectation(log_marginal, mean, covariance, score, bend, mixed, *in_ties.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class _Portion:
    """Some people and their judgments."""

    sheets: Sheets
    odds: Floats
    variance: Floats
    population: Population
    group: slice
    rows: slice


def _expect_some(
    portion: _Portion, deviation: Floats, nodes: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Log marginals, moments, expected derivatives by judgment (n, 3), and those in ties (3,)."""
    sheets, rows = portion.sheets, portion.rows
    scale, threshold = portion.population.at(deviation)
    person = sheets.person[rows] - portion.group.start
    own = scale[person]
    of = slopes(own * portion.odds[rows, None], threshold[person], sheets.outcome[rows])
    value = of.value - own**2 * of.xx * (portion.variance[rows, None] / 2)
    begin = sheets.starts[portion.group] - rows.start
    joint = np.add.reduceat(value, begin, axis=0) + nodes[1]
    joint -= (deviation**2).sum(axis=2) / 2 - (nodes[0] ** 2).sum(axis=1) / 2
    log_marginal = np.logaddexp.reduce(joint, axis=1)
    share = np.exp(joint - log_marginal[:, None])
    mean = np.einsum("kq,kqi->ki", share, deviation)
    away = deviation - mean[:, None, :]
    covariance = np.einsum("kq,kqi,kqj->kij", share, away, away)
    mine = share[person]
    of_scale = mine * own
    per_judgment = [
        np.einsum("nq,nq->n", of_scale, of.x),
        np.einsum("nq,nq,nq->n", of_scale, own, of.xx),
        np.einsum("nq,nq->n", of_scale, of.x_tau),
    ]
    ties = [np.vdot(mine, of.tau), np.vdot(mine, of.tau_tau)]
    ties.append(np.vdot(mine, np.maximum(of.tau_tau, 0.0)))
    return log_marginal, mean, covariance, np.stack(per_judgment, axis=1), np.array(ties)


def add_up(index: Indices, values: Floats, size: int) -> Floats:
    """Sums of values with the same index, shape (size,)."""
    return np.bincount(index, values, size).astype(np.float64)
