"""Brier score and log loss, and what of them is calibration and what is knowing too little."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.calibration.forecasts import said_of_the_better
from core.calibration.pooling import grouped, pooled_shares
from core.estimates import Estimate, clustered_mean
from core.judgment import Floats, Indices

N_FOLDS = 5


class Rule(StrEnum):
    """A proper score; lower is better."""

    BRIER = "brier"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a score.

    Attributes
    ----------
    estimate : Estimate
        Its value lies between the two below; so does the interval's reach, see `decompose`.
    in_sample : float
        With the recalibration map fitted to the very judgments: too large on average for
        miscalibration and resolution.
    held_out : float
        With the map fitted to other pairs: too small on average.
    """

    estimate: Estimate
    in_sample: float
    held_out: float


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Score = miscalibration + refinement, and refinement = uncertainty − resolution.

    Attributes
    ----------
    score : Estimate
        The mean score.
    miscalibration : Part
        What the best monotone recalibration would gain.
    resolution : Part
        What the recalibrated forecast gains over even odds: how well it tells pairs apart.
    refinement : Part
        The score of the recalibrated forecast: what no recalibration can remove.
    uncertainty : float
        The score of even odds: 1/4, or log 2.
    """

    rule: Rule
    score: Estimate
    miscalibration: Part
    resolution: Part
    refinement: Part
    uncertainty: float


def brier_score(probability: Floats, outcome_first: Floats, cluster: Indices) -> Estimate:
    r"""Mean of :math:`(p - y)^2`, with a 95 % interval clustered by pair.

    0 is perfect, 0.25 what a coin gets. The same whichever item is named first. Parameters as in
    `reliability_curve`.

    References
    ----------
    .. [1] Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather
       Review 78(1), 1950 (half of his score, which sums over both outcomes).
    """
    return clustered_mean((probability - outcome_first) ** 2, cluster)


def log_score(probability: Floats, outcome_first: Floats, cluster: Indices) -> Estimate:
    r"""Mean of :math:`-\log P(\text{what was answered})`, nats, 95 % interval clustered by pair.

    0 is perfect, log 2 = 0.693 what a coin gets. Parameters as in `reliability_curve`.

    References
    ----------
    .. [1] Good, "Rational decisions", JRSS B 14(1), 1952.
    """
    return clustered_mean(losses(probability, outcome_first, Rule.LOG), cluster)


def losses(probability: Floats, outcome_first: Floats, rule: Rule) -> Floats:
    """The score of each judgment; shape (n,). Infinite where the impossible happened."""
    if rule is Rule.BRIER:
        squares: Floats = (probability - outcome_first) ** 2
        return squares
    with np.errstate(divide="ignore", invalid="ignore"):
        hit = np.where(outcome_first > 0, outcome_first * np.log(probability), 0.0)
        miss = np.where(outcome_first < 1, (1 - outcome_first) * np.log1p(-probability), 0.0)
    nats: Floats = -(hit + miss)
    return nats


def decompose(
    probability: Floats,
    outcome_first: Floats,
    cluster: Indices,
    rule: Rule = Rule.BRIER,
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Decomposition:
    r"""Split a proper score into miscalibration, resolution and uncertainty [1]_ [2]_.

    With S the mean score, q the best monotone map of the forecast said of the better item (pooled
    adjacent violators, never below one half: naming the items the other way round then mirrors
    q), and even odds as the forecast of one who knows nothing,

    .. math::
        S(p) = \underbrace{S(p) - S(q)}_{\text{miscalibration}}
             - \underbrace{(S(\tfrac12) - S(q))}_{\text{resolution}}
             + \underbrace{S(\tfrac12)}_{\text{uncertainty}}

    A map fitted to the judgments that it is scored on looks better than the best map, and one
    fitted to other pairs is worse. So the mean of the first kind is above the truth, that of the
    second below it, and to first order by the same amount: the estimate lies in the middle. The
    interval goes from the lower end of the second to the upper end of the first, both clustered by
    pair: it holds the truth with `level` or more.

    Parameters
    ----------
    probability, outcome_first, cluster : ndarray, shape (n,)
        As in `reliability_curve`.

    References
    ----------
    .. [1] Dimitriadis, Gneiting and Jordan, "Stable reliability diagrams for probabilistic
       classifiers", PNAS 118(8), 2021.
    .. [2] Murphy, "A new vector partition of the probability score", Journal of Applied
       Meteorology 12(4), 1973; Bröcker, "Reliability, sufficiency, and the decomposition of
       proper scores", QJRMS 135, 2009.
    """
    sure, right = said_of_the_better(probability, outcome_first)
    given = losses(sure, right, rule)
    inside = losses(_best_map(sure, right, sure), right, rule)
    outside = losses(_cross_fitted(sure, right, cluster, seed), right, rule)
    nothing = losses(np.full(len(sure), 0.5), right, rule)
    best, worst = (clustered_mean(loss, cluster, level=level) for loss in (inside, outside))
    middle = (best.value + worst.value) / 2
    refinement = Part(Estimate(middle, best.low, worst.high, best.n), best.value, worst.value)
    return Decomposition(
        rule=rule,
        score=clustered_mean(given, cluster, level=level),
        miscalibration=_part(given - inside, given - outside, cluster, level),
        resolution=_part(nothing - inside, nothing - outside, cluster, level),
        refinement=refinement,
        uncertainty=float(nothing.mean()),
    )


def _part(inside: Floats, outside: Floats, cluster: Indices, level: float) -> Part:
    above, below = (clustered_mean(gain, cluster, level=level) for gain in (inside, outside))
    middle = max(0.0, (above.value + below.value) / 2)
    interval = max(0.0, below.low), max(middle, above.high)
    return Part(
        Estimate(middle, min(interval[0], middle), interval[1], above.n), above.value, below.value
    )


def _best_map(sure: Floats, right: Floats, at: Floats) -> Floats:
    """The best monotone map, at or above one half, read at other forecasts in straight lines."""
    level, share, size = grouped(sure, right)
    return np.maximum(0.5, np.interp(at, level, pooled_shares(share, size)))


def _cross_fitted(sure: Floats, right: Floats, cluster: Indices, seed: int) -> Floats:
    """Recalibrated with maps fitted to other clusters; shape (n,).

    An end of the map where all or none were hits is drawn in by half a judgment, as it says
    nothing certain about other pairs.
    """
    _, number = np.unique(cluster, return_inverse=True)
    n_folds = min(N_FOLDS, int(number.max()) + 1)
    fold = np.random.default_rng(seed).permutation(int(number.max()) + 1)[number] % n_folds
    mapped = np.full(len(sure), 0.5)
    for part in range(n_folds if n_folds > 1 else 0):
        rest, held = fold != part, fold == part
        cap = 1 - 0.5 / (rest.sum() + 1)
        mapped[held] = np.minimum(_best_map(sure[rest], right[rest], sure[held]), cap)
    return mapped
